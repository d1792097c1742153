"""Listening on an address, and answering there until the process is to end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubetriage.domain.errors import BadSettings


async def answer(app: Any, listener: socket.socket, stopping: asyncio.Event) -> None:
    """Answer requests until it is to stop; those under way then have a few seconds."""
    import uvicorn

    from kubetriage.server.connections import http_config

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # they are heeded elsewhere

    server = Server(http_config(app))

    async def end() -> None:
        await stopping.wait()
        server.should_exit = True

    ending = asyncio.ensure_future(end())
    try:
        await server.serve(sockets=[listener])
    finally:
        ending.cancel()


def address_of(listener: socket.socket) -> str:
    """Where it listens, as a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Raises `BadSettings` if that address cannot be listened on."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        listener = socket.create_server(address[:2], family=family, backlog=2048)
        # asyncio sets it on sockets of its own alone; without it an answer waits 40 ms for the other side.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        said = (error.strerror or "").partition(" (")[0]  # Python repeats the address there
        raise BadSettings(f"server: {host}:{port} cannot be listened on: {said}.") from error
    with listener:
        yield listener
