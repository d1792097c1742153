"""One HTTP exchange, with what answers on purpose gone wrong need: the bare connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import Message, Receive, Scope, Send

TRANSPORT = "kubetriage.transport"
"""Where the connection stands in a scope's `extensions`."""
MOST_BODY = 32 * 2**20
"""Bytes of a request."""
_LINGER_NOT = struct.pack("ii", 1, 0)
_BEFORE_RESET = 0.02
"""Seconds in which what was written can arrive before it is taken back."""


class ClientGone(Exception):
    """The client closed the connection before it had its answer."""


class TooLarge(Exception):
    """The request's body is larger than `MOST_BODY`."""


class Exchange:
    """Reads one request, then writes its answer, and notices when nobody waits for it any more."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._transport: asyncio.Transport = scope["extensions"][TRANSPORT]
        self._gone: asyncio.Task[Message] | None = None
        self.ending: Callable[[], None] = lambda: None
        """Called before the client can see the end of the answer."""
        self.headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }

    async def body(self) -> bytes:
        """The request's body; from then on the client is watched. Raises `TooLarge` and `ClientGone`."""
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > MOST_BODY:
                raise TooLarge
            more = message.get("more_body", False)
        # The next message there is can only be the end of the connection.
        self._gone = asyncio.ensure_future(self._receive())
        return b"".join(parts)

    def done(self) -> None:
        """Stop watching the client."""
        if self._gone is not None:
            self._gone.cancel()

    async def wait(self, seconds: float) -> None:
        """Wait; raises `ClientGone` as soon as the client is."""
        if self._gone is None:
            await asyncio.sleep(seconds)
            return
        done, _ = await asyncio.wait([self._gone], timeout=seconds)
        if done:
            raise ClientGone

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self._put({"type": "http.response.start", "status": status, "headers": pairs})

    async def write(self, data: bytes, *, more: bool = True) -> None:
        if not more:
            self.ending()
        await self._put({"type": "http.response.body", "body": data, "more_body": more})

    async def _put(self, message: dict[str, Any]) -> None:
        if self._transport.is_closing():
            raise ClientGone
        await self._send(message)

    async def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """All at once."""
        await self.start(status, {**headers, "content-length": str(len(body))})
        await self.write(body, more=False)

    def write_bare(self, data: bytes) -> None:
        """Bytes past the HTTP layer; nothing else may be written to this exchange then but by this."""
        self._transport.write(data)

    async def close(self, last: bytes = b"") -> None:
        """Write some bare bytes and end the connection, whatever is missing."""
        self.ending()
        self._transport.write(last)
        self._transport.close()
        await self._until_gone()

    def abort(self) -> None:
        """End the connection at once; whoever waits for it hears that the client is gone."""
        self._transport.abort()

    async def reset(self) -> None:
        """End the connection by a TCP reset."""
        await asyncio.sleep(_BEFORE_RESET)
        self.ending()
        bare: socket.socket | None = self._transport.get_extra_info("socket")
        if bare is not None:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._transport.abort()
        await self._until_gone()

    async def _until_gone(self) -> None:
        # The HTTP layer must have heard of it, or it complains of an answer without an end.
        if self._gone is not None:
            await asyncio.wait([self._gone], timeout=1)
