"""Connections of strangers: who says nothing, or says it slowly, is not waited for, and takes nobody's place.

uvicorn bounds how long a connection lies idle between two requests, and nothing else: one that begins a
request and never ends its head stays for ever, until there are no more file descriptors to take alerts with.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""From a connection's beginning, or from the first byte of a later request, to the end of its head."""
IDLE_SECONDS = 75
"""Between two requests. Senders keep connections for about as long, and would else meet closed ones."""
GRACE_SECONDS = 5
"""For requests under way when the server ends."""
_OTHER_FILES = 256
"""File descriptors that are not for connections: the database, workers, clusters."""
_FEWEST, _MOST = 64, 10_000


class BoundedProtocol(H11Protocol):
    """One connection. Beyond `most` of them, the one that has been silent longest makes way for a new one."""

    head_seconds = HEAD_SECONDS
    most = _MOST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._late: asyncio.TimerHandle | None = None
        self.silent_since: float | None = self.loop.time()
        """None while a request is under way."""
        self._await_head()
        if len(self.connections) > self.most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._under_way():
            self._stop_waiting()
            self.silent_since = None
        elif self._late is None:
            self._await_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()  # may begin a request that has come meanwhile
        if not self._under_way():
            self.silent_since = self.loop.time()

    def _should_upgrade(self) -> bool:
        return False  # to nothing, and without two warnings in the log for whoever asks

    def _under_way(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        self._late = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if not self._under_way():
            self.transport.close()

    def _make_room(self) -> None:
        silent = [
            (each.silent_since, each.transport)
            for each in self.connections
            if isinstance(each, BoundedProtocol) and each.silent_since is not None
        ]
        _, longest = min(silent, key=lambda each: each[0])  # this one is among them
        longest.close()


def connections_for(files: int) -> int:
    """How many connections a process may have that may have so many files open."""
    return max(_FEWEST, min(files - _OTHER_FILES, _MOST))


def http_config(app: Any, **changes: Any) -> uvicorn.Config:
    """How uvicorn serves the application; `changes` to the protocol's bounds are for tests."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    bounds = {"most": connections_for(soft if soft > 0 else _MOST), **changes}
    return uvicorn.Config(
        app,
        http=type("Bounded", (BoundedProtocol,), bounds),
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="on",
    )
