"""What surrounds every request: its id, one line in the log, its metrics, headers that browsers heed.

The log names the route and never the address as it came: a token may stand anywhere in that.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kubetriage.server.auth import Caller
from kubetriage.server.logging import bound
from kubetriage.server.metrics import ServerMetrics
from kubetriage.server.problems import bug

LOG = logging.getLogger("kubetriage.server.access")
UNKNOWN: Final = "(none)"
"""The route of a request that no route was looked up for."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_ROUTINE = frozenset({"/healthz", "/readyz", "/metrics"})
_REFUSED, _SERVER_ERROR = 400, 500


class AccessLog:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, metrics: ServerMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        began = time.perf_counter()
        status = _SERVER_ERROR
        seconds = 0.0

        async def sending(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status = message["status"]
                seconds = time.perf_counter() - began
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        with bound(request=request):
            try:
                await self.app(scope, receive, sending)
            except Exception as error:
                LOG.error("a request ended in an error of ours", exc_info=error)
                self.metrics.error("http")
                if not seconds:
                    await bug()(scope, receive, sending)
                raise
            finally:
                self._answered(scope, status, seconds or time.perf_counter() - began)

    def _answered(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", UNKNOWN)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.request_seconds.labels(route).observe(seconds)
        caller: Caller | None = scope.get("state", {}).get("caller")
        client = scope.get("client")
        about = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "client": client[0][:64] if client else "",  # what a proxy says of it may be anything
            "token": caller.name if caller else "",
        }
        if status < _REFUSED:  # what stands in the place of an id that there is not may be a token
            parameters = scope.get("path_params") or {}
            about |= {name: str(parameters[name]) for name in ("incident", "run") if name in parameters}
        level = logging.DEBUG if route in _ROUTINE and status < _SERVER_ERROR else logging.INFO
        LOG.log(level, "%s %s %d", method, route, status, extra=about)
