"""Posts of new alerts over a connection that is kept, at little cost of the sender's own."""

from __future__ import annotations

import asyncio
import time
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks import storms
else:  # a neighbour of this script, which is in no package
    import storms

KEPT_SECONDS = 3.0
"""A connection on which nothing came for longer may be closed by the server just now."""


class Refused(Exception):
    """A post was not answered with 202."""


class Sender:
    """A connection that is kept: posts one after the other, at little cost of its own."""

    def __init__(self, url: str) -> None:
        self._host, self._port = url.removeprefix("http://").split(":")
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used = 0.0

    async def post(self, body: bytes) -> float:
        """Seconds to the 202. Raises `Refused` for any other answer."""
        if self._streams is None or time.perf_counter() - self._used > KEPT_SECONDS:
            await self.close()
            self._streams = await asyncio.open_connection(self._host, int(self._port))
        reader, writer = self._streams
        began = time.perf_counter()
        head = f"POST /api/v1/alerts HTTP/1.1\r\nHost: {self._host}\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(answer.split("content-length:")[1].split("\r\n")[0])
        told = await reader.readexactly(length)
        self._used = time.perf_counter()
        seconds = self._used - began
        if not answer.startswith("http/1.1 202"):
            raise Refused(f"{answer.splitlines()[0]}: {told.decode()}")
        return seconds

    async def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            await self._streams[1].wait_closed()


_numbers = count()


def new_post(alerts: int) -> bytes:
    """A post of alerts that were never there before."""
    return storms.post_of([next(_numbers) for _ in range(alerts)])
