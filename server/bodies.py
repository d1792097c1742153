"""Bodies of requests, bounded in size, in time, and in what all of them hold together."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from kubetriage.adapters.alerts.decode import MAX_BYTES
from kubetriage.server.problems import RETRY_AFTER, Refused

GZIP = b"\x1f\x8b"
_ENCODINGS = ("", "identity", "gzip", "x-gzip")
_STEP = 256 * 1024
"""Bytes that are unpacked at a time."""


class Room:
    """Bytes that bodies may hold together; who finds no room waits for it, in order of arrival."""

    def __init__(self, size: int) -> None:
        self._free = self._size = size
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def taken(self, size: int, seconds: float) -> AsyncIterator[None]:
        """Room for one body. Raises `Refused` (503) if there is none within `seconds`."""
        size = min(size, self._size)
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self._free >= size)
                self._free -= size
        except TimeoutError:
            busy = "Too many large requests at once."
            raise Refused(503, busy, headers={"Retry-After": str(RETRY_AFTER)}) from None
        try:
            yield
        finally:
            async with self._changed:
                self._free += size
                self._changed.notify_all()


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
    """Bytes that a request says its body has, `most` if it does not say. Raises `Refused` (413, 415)."""
    if request.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
        raise Refused(415, "The body may be packed with gzip, and in no other way.")
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 20 else most
    if size > most:
        await discard(request.receive)
        raise Refused(413, _too_large(most), headers={"Connection": "close"})
    return size


async def body_of(request: Request, seconds: float, most: int = MAX_BYTES) -> bytes:
    """The body as it came, still packed. Raises `Refused`: 413, 408, and 400 for a sender that went away."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    await discard(request.receive)
                    raise Refused(413, _too_large(most), headers={"Connection": "close"})
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
    parts: list[bytes] = []
    room = most
    rest = body
    try:
        while rest.startswith(GZIP):  # several may stand one after the other
            unpacker = zlib.decompressobj(wbits=31)
            while not unpacker.eof:
                part = unpacker.decompress(rest, min(_STEP, room + 1))
                rest = unpacker.unconsumed_tail
                room -= len(part)
                if room < 0:
                    raise Refused(413, _too_large(most, "unpacked "))
                if not part and not rest and not unpacker.eof:
                    raise Refused(400, "The end of the gzip body is missing.")
                parts.append(part)
            rest = unpacker.unused_data
    except zlib.error:
        raise Refused(400, "The body is packed with gzip, but damaged.") from None
    return b"".join(parts)


def _too_large(most: int, how: str = "") -> str:
    size = f"{most // 1048576} MB" if most >= 1048576 else f"{most // 1024} KB"
    return f"The {how}body is larger than {size}."
