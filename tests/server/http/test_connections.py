"""Strangers on the wire: silence, half requests, and too many connections keep nobody else out."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from kubetriage.server.connections import connections_for, http_config

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers at once; `/slow` only after three seconds."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(3.0)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class Wire:
    """Opens connections to a server; `bounds` may be changed for those to come."""

    def __init__(self, address: Any, bounds: Any, opened: contextlib.ExitStack) -> None:
        self.bounds = bounds
        self._address, self._opened = address, opened

    def __call__(self) -> socket.socket:
        return self._opened.enter_context(socket.create_connection(self._address, timeout=60))


@contextmanager
def serving(**bounds: Any) -> Iterator[Wire]:
    """A server with those bounds."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    config = http_config(app, **bounds)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    with contextlib.ExitStack() as opened:
        yield Wire(address, config.http, opened)
        server.should_exit = True
    thread.join(60)
    assert not thread.is_alive()


def ended(connection: socket.socket, seconds: float) -> bool:
    """Whether the other side closes it within that time."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


def answer(connection: socket.socket, head: bytes = HEAD) -> bytes:
    connection.sendall(head + b"\r\n")
    found = b""
    while not found.endswith(b"ok"):
        part = connection.recv(4096)
        if not part:
            break
        found += part
    return found


@pytest.mark.parametrize("said", [b"", b"GET ", HEAD + b"X: "])
def test_who_does_not_end_a_request_is_not_waited_for(said: bytes) -> None:
    """A connection without a whole head is closed after a while, however far it came."""
    with serving(head_seconds=0.4) as connect:
        began = time.monotonic()
        silent = connect()
        silent.sendall(said)
        assert ended(silent, 60)
        assert time.monotonic() - began > 0.3


def test_a_head_that_drips_is_late_too() -> None:
    """A byte now and then is no sign of life: the time counts from the beginning."""
    with serving(head_seconds=0.6) as connect:
        slow = connect()
        slow.sendall(HEAD)
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 60 and not ended(slow, 0.1):
                slow.sendall(b"X")
        assert time.monotonic() - began < 30


def test_a_second_request_has_a_bound_of_its_own() -> None:
    """What was idle may begin another request, and has to end its head as well."""
    with serving(head_seconds=60) as connect:
        kept = connect()
        assert answer(kept).endswith(b"ok")
        connect.bounds.head_seconds = 0.4  # only now: the first head may come as late as the machine likes
        time.sleep(0.6)
        assert answer(kept).endswith(b"ok")
        kept.sendall(b"GET /he")
        assert ended(kept, 60)


def test_an_answer_may_take_longer_than_a_head() -> None:
    """Only heads are bounded: a request under way is not cut off, nor by more connections."""
    with serving(head_seconds=1.5, most=3) as connect:
        slow = connect()
        slow.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        others = [connect() for _ in range(6)]
        assert slow.recv(4096).startswith(b"HTTP/1.1 200")
        assert len(others) == 6


def test_a_crowd_keeps_nobody_out() -> None:
    """With more connections than there is room for, the longest silent one goes and the new one is answered."""
    with serving(head_seconds=30, most=5) as connect:
        crowd = []
        for _ in range(12):
            crowd.append(connect())
            crowd[-1].sendall(HEAD)
            time.sleep(0.01)
        assert answer(connect()).endswith(b"ok")
        assert all(ended(each, 60) for each in crowd[:7])
        assert not ended(crowd[-1], 0.1)


def test_the_room_for_connections_leaves_files_for_the_rest() -> None:
    """However few files a process may open, some are left for the database, workers and clusters."""
    assert [connections_for(files) for files in (256, 1024, 20_000)] == [64, 768, 10_000]


def test_upgrades_are_not_followed() -> None:
    """Who asks for another protocol is answered in this one."""
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    with serving() as connect:
        assert answer(connect(), HEAD + upgrade).startswith(b"HTTP/1.1 200")
