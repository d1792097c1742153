"""Bodies of everything but alerts: small, and there in time. Alerts have bounds of their own (`bodies`)."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kubetriage.server.auth import INTAKE_PATHS
from kubetriage.server.bodies import discard
from kubetriage.server.problems import Problem, Refused, problem_response

MOST = 1024 * 1024


class BoundBodies:
    """ASGI middleware: what is too large is refused before it is read, or as soon as that shows."""

    def __init__(self, app: ASGIApp, seconds: float, most: int = MOST) -> None:
        self.app = app
        self.seconds = seconds
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(INTAKE_PATHS):
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        too_large = f"The body is larger than {self.most // 1024} KB."
        if not declared.isdigit() or len(declared) > 18 or int(declared) > self.most:
            await discard(receive)
            refused = Problem.of(413, too_large)
            await problem_response(refused, headers={"Connection": "close"})(scope, receive, send)
            return
        size = 0
        until = asyncio.get_running_loop().time() + self.seconds
        ended = False

        async def receiving() -> Message:
            nonlocal size, ended
            if ended:  # what follows the body is the news that the other side has gone
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise Refused(408, "The body did not arrive in time.") from None
            size += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if size > self.most:
                raise Refused(413, too_large)
            return message

        await self.app(scope, receiving, send)
