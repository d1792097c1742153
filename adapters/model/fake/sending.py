"""The answer on its way: each token at its due time, and the faults of the wire."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kubetriage.adapters.model.fake.envelope import Chunk, Labels, Usage, chunks, completion
from kubetriage.adapters.model.fake.error_bodies import error_answer, html_page
from kubetriage.adapters.model.fake.exchange import Exchange
from kubetriage.adapters.model.fake.plan import Plan, Wire
from kubetriage.adapters.model.fake.timing import Pace, Timing
from kubetriage.adapters.model.fake.turn_text import Spoken

NO_USAGE = Usage(0, 0, 0, 0)
JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"
_KEEPALIVE_EVERY = 0.05
"""Seconds between the comments of a stall."""


@dataclass
class Sending:
    """How one answer is sent; `first` and `status` tell of its first byte."""

    exchange: Exchange
    plan: Plan
    pace: Pace
    timing: Timing
    usage: Usage = NO_USAGE
    queue_ms: float = 0.0
    """Modelled milliseconds for which the request waited for a place."""
    read: Callable[[], None] = lambda: None
    """Called once the prompt is read, at the first byte of the answer."""
    first: float | None = None
    status: int | None = None
    """What was sent; None while nothing was."""

    async def send_error(self, facts: dict[str, object]) -> None:
        """The error of the plan, at once but for what the wire does to it."""
        error = self.plan.error
        if error is None:
            raise ValueError("the plan has no error")
        headers, body = error_answer(error, facts)
        await self._hang()
        self._begin(error.status)
        await self.exchange.answer(error.status, headers, body)

    async def send(
        self, said: Spoken, labels: Labels, *, stream: bool, size: int, include_usage: bool
    ) -> None:
        """The turn, streamed or in one piece."""
        await self._hang()
        wire = self.plan.wire
        if wire.reset_after_bytes is not None and wire.reset_after_bytes < 0:
            await self.exchange.reset()
            return
        envelope, usage = self.plan.envelope, self.usage
        events = (
            chunks(said, usage, labels, envelope, size=size, include_usage=include_usage) if stream else []
        )
        whole = b"" if stream else _encoded(completion(said, usage, labels, envelope))
        if wire.html:
            whole, events, stream = html_page(200), [], False
        if wire.slow_headers_ms:
            await self._send_slowly(b"".join(map(_event, events)) if stream else whole, stream)
        elif stream:
            await self._send_stream(events)
        else:
            await self._send_whole(whole)

    async def _hang(self) -> None:
        if self.plan.wire.hang_ms:
            await self.exchange.wait(self.plan.wire.hang_ms / 1000)

    def _begin(self, status: int = 200) -> None:
        self.first, self.status = time.monotonic(), status
        self.read()

    def _content_type(self, usual: str) -> str:
        wire = self.plan.wire
        return wire.content_type or ("text/html" if wire.html else usual)

    # --- in one piece --------------------------------------------------------------------------------

    async def _send_whole(self, body: bytes) -> None:
        wire = self.plan.wire
        await self.pace.until(self.timing.total, self.exchange.wait)
        self._begin()
        if wire.garbage_after_tokens is not None:
            body = wire.garbage.encode()
        if wire.error_after_tokens is not None:
            body = _encoded(_error_body(wire))
        headers = {"content-type": self._content_type(JSON), "content-length": str(len(body))}
        await self.exchange.start(200, headers)
        if wire.stall_after_tokens is not None:
            await self.exchange.wait(wire.stall_ms / 1000)
        if wire.cut_after_tokens is not None:
            share = min(wire.cut_after_tokens / max(self.timing.tokens, 1), 0.99)
            await self._end_early(body[: int(len(body) * share)], abruptly=wire.cut_abruptly)
        elif wire.reset_after_bytes is not None:
            await self._end_early(body[: wire.reset_after_bytes], abruptly=True)
        else:
            await self.exchange.write(body, more=False)

    async def _end_early(self, body: bytes, *, abruptly: bool) -> None:
        await self.exchange.write(body)
        if abruptly:
            await self.exchange.reset()
        else:
            await self.exchange.close()

    async def _send_slowly(self, body: bytes, stream: bool) -> None:
        """The headers take their time; written past the HTTP layer, which sends them in one piece."""
        kind = self._content_type(SSE if stream else JSON)
        self.exchange.write_bare(b"HTTP/1.1 200 OK\r\nserver: slow\r\n")
        await self.exchange.wait(self.plan.wire.slow_headers_ms / 1000)
        self._begin()
        rest = f"content-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        await self.exchange.close(rest.encode("latin-1") + body)

    # --- as a stream ---------------------------------------------------------------------------------

    async def _send_stream(self, events: Sequence[Chunk]) -> None:
        wire = self.plan.wire
        await self.pace.until(self.timing.due(0), self.exchange.wait)
        await self.exchange.start(200, {"content-type": self._content_type(SSE), "cache-control": "no-cache"})
        self._begin()
        written = 0
        happened: set[str] = set()
        for event in events:
            await self.pace.until(self.timing.due(event.tokens), self.exchange.wait)
            if await self._interrupted(event.tokens, happened):
                return
            data = _event(event)
            if wire.reset_after_bytes is not None and written + len(data) > wire.reset_after_bytes:
                await self._end_early(data[: wire.reset_after_bytes - written], abruptly=True)
                return
            await self.exchange.write(data)
            written += len(data)
        await self.exchange.write(b"data: [DONE]\n\n", more=False)

    async def _interrupted(self, tokens: int, happened: set[str]) -> bool:
        """What the wire does before the event that ends at so many tokens; True where the stream ends."""
        wire = self.plan.wire

        def due(name: str, after: int | None) -> bool:
            if after is None or name in happened or tokens <= after:
                return False
            happened.add(name)
            return True

        if due("stall", wire.stall_after_tokens):
            await self._stall()
        if due("garbage", wire.garbage_after_tokens):
            await self.exchange.write(wire.garbage.encode() + b"\n\n")
        if due("error", wire.error_after_tokens):
            await self.exchange.write(b"data: " + _encoded(_error_body(wire)) + b"\n\n", more=False)
            return True
        if due("cut", wire.cut_after_tokens):
            if wire.cut_abruptly:
                await self.exchange.reset()
            else:
                await self.exchange.write(b"", more=False)
            return True
        return False

    async def _stall(self) -> None:
        end = time.monotonic() + self.plan.wire.stall_ms / 1000
        while (left := end - time.monotonic()) > 0:
            if not self.plan.wire.keepalive:
                await self.exchange.wait(left)
                continue
            await self.exchange.write(b": keepalive\n\n")
            await self.exchange.wait(min(left, _KEEPALIVE_EVERY))


def _encoded(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _event(chunk: Chunk) -> bytes:
    return b"data: " + _encoded(chunk.body) + b"\n\n"


def _error_body(wire: Wire) -> dict[str, object]:
    return {"error": {"message": wire.error_message, "type": "server_error", "param": None, "code": None}}
