"""Whether the server lives, whether it can do its work, and what it counts."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from fastapi import APIRouter
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
_WELL: dict[int | str, dict[str, Any]] = {
    200: {"description": "Yes.", "content": {"application/json": {"example": {"status": "ok"}}}}
}
_OPEN: dict[str, Any] = {"security": []}


@router.get("/healthz", operation_id="healthz", responses=_WELL, response_model=None, openapi_extra=_OPEN)
async def healthz() -> Response:
    """Whether the process lives. Needs no token."""
    return JSONResponse({"status": "ok"})


@router.get(
    "/readyz",
    operation_id="readyz",
    responses={**_WELL, 503: problems()[503]},
    response_model=None,
    openapi_extra=_OPEN,
)
async def readyz(parts: Parts) -> Response:
    """Whether alerts can be taken now: the database answers, and nobody has asked the server to end."""
    if parts.stopping.is_set() or not await _ready(parts):
        return problem_response(Problem.of(503))
    return JSONResponse({"status": "ok"})


async def _ready(parts: ServerParts) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            await parts.incidents.ping()
            return parts.ready is None or await parts.ready()
    except (TimeoutError, StoreUnavailable) as error:
        LOG.warning("not ready: %s", error or "the database does not answer in time")
        return False


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={
        200: {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems(),
    },
)
async def metrics(parts: Parts) -> Response:
    """What the server counts, in Prometheus' text form; also while the database is down."""
    now = parts.clock()
    try:
        async with asyncio.timeout(SECONDS):
            tallies, executors = await parts.incidents.tallies(now), await parts.runs.executors()
    except (TimeoutError, StoreUnavailable) as error:
        LOG.warning("metrics without the database: %s", error or "it does not answer in time")
        tallies, executors = None, ()
    return Response(parts.metrics.page(tallies, now, executors, own=parts.name), media_type=TEXT_FORMAT)
