"""Whether the server lives, whether it can do its work, and what it counts."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.server.asking import Parts
from kubetriage.server.parts import ServerParts
from kubetriage.server.problems import Problem, problem_response, problems

router = APIRouter(tags=["health"])
LOG = logging.getLogger(__name__)
TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text form, as every version of it reads."""
SECONDS = 3.0
"""How long the database may take to say that it is there."""
FRESH_SECONDS = 1.0
_WELL: dict[int | str, dict[str, Any]] = {
    200: {"description": "Yes.", "content": {"application/json": {"example": {"status": "ok"}}}}
}
_OPEN: dict[str, Any] = {"security": []}


class Readiness(BaseModel):
    """What of this process does its work."""

    status: Literal["ok"] = "ok"
    database: Literal["ok"] = "ok"
    worker: Literal["ok", "starting"] | None = Field(
        default=None, description="What diagnoses; left out where other processes do"
    )


class Pinged:
    """The database, asked at most once a second however many ask: anybody may, without a token."""

    def __init__(self) -> None:
        self._asking = asyncio.Lock()
        self._asked_at = -math.inf
        self._well = False

    async def well(self, parts: ServerParts, *, takes_alerts: bool) -> bool:
        async with self._asking:
            if time.monotonic() - self._asked_at > FRESH_SECONDS:
                # What takes alerts needs their inbox alone: a busy database keeps no alert away.
                self._well = await _answers(parts.inbox.ping if takes_alerts else parts.incidents.ping)
                self._asked_at = time.monotonic()
            return self._well


class EventsCounted:
    """Counts what was added to all timelines since the scrape before; from the first one on."""

    def __init__(self) -> None:
        self._counting = asyncio.Lock()
        self._last: int | None = None

    async def count(self, parts: ServerParts) -> None:
        async with self._counting:
            self._last, kinds = await parts.incidents.happened(self._last)
            parts.metrics.happened(kinds)


async def _answers(ping: Callable[[], Awaitable[None]]) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            await ping()
    except (TimeoutError, StoreUnavailable) as error:
        LOG.warning("not ready: %s", str(error) or "the database does not answer in time")
        return False
    return True


@router.head("/healthz", include_in_schema=False, response_model=None)
@router.get("/healthz", operation_id="healthz", responses=_WELL, response_model=None, openapi_extra=_OPEN)
async def healthz() -> Response:
    """Whether the process lives. Needs no token."""
    return JSONResponse({"status": "ok"})


@router.head("/readyz", include_in_schema=False, response_model=None)
@router.get(
    "/readyz",
    operation_id="readyz",
    responses={200: {"description": "Yes.", "model": Readiness}, 503: problems()[503]},
    response_model=None,
    openapi_extra=_OPEN,
)
async def readyz(request: Request, parts: Parts) -> Response:
    """Whether alerts can be taken now: the database can be written to, and the server is not about to end.

    A worker that has not begun yet is told and is no reason to send alerts elsewhere. Needs no token.
    """
    if parts.stopping.is_set():
        return problem_response(Problem.of(503, "The server is ending."))
    pinged: Pinged = request.app.state.pinged
    takes_alerts: bool = request.app.state.takes_alerts
    if not await pinged.well(parts, takes_alerts=takes_alerts):
        return problem_response(Problem.of(503, "The database cannot be written to now."))
    told = Readiness()
    if parts.ready is not None:
        told = Readiness(worker="ok" if await parts.ready() else "starting")
        if told.worker != "ok" and not takes_alerts:
            return problem_response(Problem.of(503, "The worker has not begun yet."))
    return JSONResponse(told.model_dump(exclude_none=True))


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={
        200: {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems(),
    },
)
async def metrics(request: Request, parts: Parts) -> Response:
    """What the server counts, in Prometheus' text form; also while the database is down."""
    now = parts.clock()
    try:
        async with asyncio.timeout(SECONDS):
            tallies, executors = await parts.incidents.tallies(now), await parts.runs.executors()
            backlog = await parts.inbox.backlog()
            await request.app.state.events.count(parts)
    except (TimeoutError, StoreUnavailable) as error:
        LOG.warning("metrics without the database: %s", str(error) or "it does not answer in time")
        tallies, executors, backlog = None, (), None
    page = parts.metrics.page(tallies, now, executors, backlog, own=parts.name)
    return Response(page, media_type=TEXT_FORMAT)
