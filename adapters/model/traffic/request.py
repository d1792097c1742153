"""HTTP as traffic needs it: a request that comes in, and where it says it is from."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

from kubetriage.adapters.model.fake.exchange import TRANSPORT
from kubetriage.adapters.model.traffic.naming import HEADER

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
"""As ASGI has them."""

MOST_BODY: Final = 32 * 2**20
"""Bytes of a request."""
COMPLETIONS: Final = "/chat/completions"


class Incoming(NamedTuple):
    """One request; empty names where the path has none."""

    model: str
    cell: str
    path: str
    """What comes after `/v1`."""
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ").strip()


def address(port: int, model: str) -> str:
    """The base URL of a profile at a server of traffic, never the same twice: nothing that was learned of one
    is taken for another one's."""
    return f"http://127.0.0.1:{port}/{secrets.token_hex(4)}/{quote(model, safe='')}/v1"


async def incoming(scope: Scope, receive: Receive) -> Incoming | None:
    """The request; None for one that is too large, or whose client went away."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BODY:
            return None
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    steps = scope["raw_path"].decode("latin-1").split("/")
    model = unquote(steps[2]) if len(steps) > 2 else ""
    path = "/".join(["", *steps[4:]])
    return Incoming(model, headers.get(HEADER, ""), path, headers, b"".join(parts))


async def begin(send: Send, status: int, headers: Mapping[str, str]) -> None:
    coded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": coded})


async def write(send: Send, body: bytes, *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def hang_up(scope: Scope, receive: Receive) -> None:
    """End the connection, whatever is missing of the answer."""
    scope["extensions"][TRANSPORT].close()
    # The HTTP layer must have heard of it, or it complains of an answer without an end.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(receive(), 1)


async def refuse(send: Send, status: int, sentence: str, code: str) -> None:
    """An error in OpenAI's form, which nobody need ask again."""
    body = json.dumps({"error": {"message": sentence, "type": code, "code": code}}).encode()
    await begin(send, status, {"content-type": "application/json", "x-should-retry": "false"})
    await write(send, body)
