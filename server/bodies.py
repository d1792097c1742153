"""Bodies of requests, bounded in size, in time, and in what all of them hold together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from kubetriage.adapters.alerts import gzip_members
from kubetriage.adapters.alerts.decode import MAX_BYTES
from kubetriage.adapters.alerts.gzip_members import GZIP, MEMBERS, Fault, NotUnpacked
from kubetriage.server.problems import RETRY_AFTER, Refused

SMALL = 1024 * 1024
"""Bytes of a body that need not wait for large ones; what one of unknown length has room for at first."""
_ENCODINGS = ("", "identity", "gzip", "x-gzip", "utf-8", "utf8", "gbk")
"""The last ones are charsets, which many scripts name here by mistake."""


class Room:
    """Bytes that bodies may hold together; who finds no room waits for it.

    A quarter is kept for small bodies, which large ones that arrive slowly must not keep out.
    """

    def __init__(self, size: int) -> None:
        self._free = self._size = size
        self._changed = asyncio.Condition()
        self._giving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def held(self, seconds: float) -> AsyncIterator[Held]:
        """Nothing yet, of what a body may `grow` to; given back when this ends, and what it is `for_` too."""
        held = Held(self, seconds)
        try:
            yield held
        finally:
            if held.for_ is None or held.for_.done():
                await self._give_back(held.size)
            else:
                held.for_.add_done_callback(lambda _: self._give_back_later(held.size))

    async def _give_back(self, size: int) -> None:
        async with self._changed:
            self._free += size
            self._changed.notify_all()

    def _give_back_later(self, size: int) -> None:
        giving = asyncio.ensure_future(self._give_back(size))
        self._giving.add(giving)
        giving.add_done_callback(self._giving.discard)

    async def take(self, size: int, seconds: float) -> int:
        """What was taken of it. Raises `Refused` (503) if there is no room within `seconds`."""
        kept = 0 if size <= SMALL else self._size // 4
        size = min(size, self._size - kept)
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self._free - size >= kept)
                self._free -= size
        except TimeoutError:
            busy = "Too many large requests at once."
            raise Refused(503, busy, headers={"Retry-After": str(RETRY_AFTER)}) from None
        return size


class Held:
    """The room that one body has."""

    def __init__(self, room: Room, seconds: float) -> None:
        self._room = room
        self._seconds = seconds
        self.asked = self.size = 0
        self.for_: asyncio.Future[Any] | None = None
        """What goes on with the body in hand even if nobody waits for it any more."""

    async def grow(self, size: int) -> None:
        """Have room for that many bytes; raises as `Room.take` does."""
        if size > self.asked:
            self.size += await self._room.take(size - self.asked, self._seconds)
            self.asked = size


async def discard(receive: Receive, most: int = 2 * MAX_BYTES, seconds: float = 2.0) -> None:
    """Read on for a moment without keeping anything.

    Who is refused in the middle of sending would else see a broken connection instead of the answer.
    """
    try:
        async with asyncio.timeout(seconds):
            while most > 0:
                message = await receive()
                most -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return


async def declared_size(request: Request, most: int = MAX_BYTES) -> int:
    """Bytes that a request says its body has, `SMALL` if it does not say. Raises `Refused` (413, 415)."""
    if request.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
        raise Refused(415, "The body may be packed with gzip, and in no other way.")
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 20 else SMALL
    if size > most:
        await discard(request.receive)
        raise Refused(413, _too_large(most), headers={"Connection": "close"})
    return size


async def body_of(request: Request, held: Held, seconds: float, most: int = MAX_BYTES) -> bytes:
    """The body as it came, still packed.

    Raises `Refused`: 413, 408, 400 for a sender that went away, 503 where there is no room for it.
    """
    await held.grow(await declared_size(request, most))
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    await discard(request.receive)
                    raise Refused(413, _too_large(most), headers={"Connection": "close"})
                if size > held.asked:
                    await held.grow(most)
                parts.append(part)
    except TimeoutError:
        raise Refused(408, "The body did not arrive in time.", headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise Refused(400, "The body ended before its end.") from None
    return b"".join(parts)


def unpacked(body: bytes, most: int = MAX_BYTES) -> bytes:
    """The body without gzip, which is told by its first bytes: what a header says is often not true.

    Stops as soon as it is above the limit. Raises `Refused`: 413, or 400 for broken gzip.
    """
    if not body.startswith(GZIP):
        return body
    try:
        return gzip_members.unpacked(body, most)
    except NotUnpacked as error:
        raise _refused(error.fault) from None


def _refused(fault: Fault) -> Refused:
    match fault:
        case Fault.TOO_LARGE:
            return Refused(413, _too_large(MAX_BYTES, "unpacked "))
        case Fault.TOO_MANY_MEMBERS:
            return Refused(400, f"The body has more than {MEMBERS} gzip members.")
        case Fault.CUT:
            return Refused(400, "The end of the gzip body is missing.")
        case Fault.DAMAGED:
            return Refused(400, "The body is packed with gzip, but damaged.")


def _too_large(most: int, how: str = "") -> str:
    size = f"{most // 1048576} MB" if most >= 1048576 else f"{most // 1024} KB"
    return f"The {how}body is larger than {size}."
