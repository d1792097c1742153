"""An ASGI application on a port of this machine: in this event loop, or in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from kubetriage.adapters.loopback import bound
from kubetriage.adapters.model.fake.exchange import TRANSPORT
from kubetriage.domain.errors import KubetriageError

BACKLOG = 512
_STOPPING = 2.0
"""Seconds in which requests under way can end once they were let go."""

T = TypeVar("T")


class _Connection(H11Protocol):
    """Hands its transport down to the application, for answers that break the rules of HTTP."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        application = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await application(scope, receive, send)

        self.app = with_transport


@asynccontextmanager
async def listening(
    app: ASGIApp, port: int = 0, ending: Callable[[], object] = lambda: None
) -> AsyncIterator[int]:
    """The port at which the application is served while the block runs.

    `ending` is called when no new connection is taken any more, to let go what is under way. Raises
    `BadInput` for a port that is taken.
    """
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
    config.load()
    state = ServerState()
    with bound(port) as socket_:
        serving = await asyncio.get_running_loop().create_server(
            lambda: _Connection(config=config, server_state=state, app_state={}),
            sock=socket_,
            backlog=BACKLOG,
        )
        try:
            yield socket_.getsockname()[1]
        finally:
            serving.close()
            ending()
            for connection in list(state.connections):
                connection.shutdown()
            if state.tasks:
                await asyncio.wait(list(state.tasks), timeout=_STOPPING)
            for connection in list(state.connections):
                connection.transport.abort()


@contextmanager
def in_thread(served: Callable[[], AbstractAsyncContextManager[T]], name: str) -> Iterator[T]:
    """What an asynchronous block gives, for callers without an event loop: it runs in a thread of its own."""
    started: list[tuple[T, Callable[[], object]]] = []
    failed: list[KubetriageError] = []
    ready = threading.Event()

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        async with served() as made:
            started.append((made, lambda: loop.call_soon_threadsafe(stop.set)))
            ready.set()
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except KubetriageError as error:
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    ready.wait()
    if not started:
        thread.join()
        raise failed[0] if failed else RuntimeError(f"{name} did not start.")
    made, stop = started[0]
    try:
        yield made
    finally:
        stop()
        thread.join()
