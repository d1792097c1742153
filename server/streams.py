"""What happens, as server-sent events: from where a reader left off, with a sign of life in silence."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.server.parts import ServerParts
from kubetriage.server.problems import RETRY_AFTER, Refused

LOG = logging.getLogger(__name__)
MEDIA_TYPE: Final = "text/event-stream"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
UNHURRIED: Final = 50
"""Streams that look for what is new as often as is set."""
RETRY_MS: Final = 2000
"""When a reader whose connection broke should come again."""
_ID = re.compile(r"\d{1,15}")
_KIND = re.compile(r"[^A-Za-z0-9_.-]")


class Event(NamedTuple):
    """One thing that happened."""

    seq: int
    kind: str
    data: Mapping[str, Any]
    last: bool = False
    """Nothing follows it."""


Follow = Callable[[int], Awaitable[Sequence[Event]]]
"""What happened after that `seq`; the final event has `last`."""


def last_event_id(header: str | None, after: int) -> int:
    """Where a reader left off: by the header that browsers send, else `?after=`. Raises `Refused` (400)."""
    if header is None or not header.strip():
        return after
    if not _ID.fullmatch(header.strip()):
        raise Refused(400, "Last-Event-ID is not an id of this stream.")
    return int(header)


def streamed(parts: ServerParts, follow: Follow, after: int) -> StreamingResponse:
    """The answer that goes on until the last event. Raises `Refused` (503) if too many are open."""
    if parts.metrics.open_streams >= parts.settings.streams:
        raise Refused(503, "Too many event streams are open.", headers={"Retry-After": str(RETRY_AFTER)})
    return _Stream(parts, _lines(parts, follow, after))


class _Stream(StreamingResponse):
    """Counts as open from the moment that it was let in: those that are let in at once see each other."""

    def __init__(self, parts: ServerParts, lines: AsyncIterator[str]) -> None:
        super().__init__(lines, media_type=MEDIA_TYPE, headers=dict(HEADERS))
        self._counted = ExitStack()
        self._counted.enter_context(parts.metrics.stream())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._counted:
            await super().__call__(scope, receive, send)


async def _lines(parts: ServerParts, follow: Follow, after: int) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    settings = parts.settings
    said_at = loop.time()
    yield f"retry: {RETRY_MS}\n\n"
    while not parts.stopping.is_set():
        for event in await _found(follow, after):
            after = max(after, event.seq)
            said_at = loop.time()
            yield written(event)
            if event.last:
                return
        if loop.time() - said_at >= settings.heartbeat_seconds:
            said_at = loop.time()
            yield ": heartbeat\n\n"
        await _pause(parts.stopping, between(settings.poll_seconds, parts.metrics.open_streams))


def between(poll_seconds: float, streams: int) -> float:
    """Seconds from one look to the next: of many streams each looks less often, all together no more."""
    return poll_seconds * max(1.0, streams / UNHURRIED)


async def _found(follow: Follow, after: int) -> Sequence[Event]:
    try:
        return await follow(after)
    except StoreUnavailable as error:  # the reader stays; what happened meanwhile comes when it is back
        LOG.warning("an event stream waits for the database: %s", error)
        return ()


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return


def written(event: Event) -> str:
    """The event on the wire; JSON has no line breaks that could end it early."""
    data = json.dumps(event.data, ensure_ascii=False, default=str).replace("\r", "\\r").replace("\n", "\\n")
    number = f"id: {event.seq}\n" if event.seq else ""
    return f"{number}event: {_KIND.sub('', event.kind)[:64]}\ndata: {data}\n\n"
