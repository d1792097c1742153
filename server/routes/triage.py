"""Triage on demand: of an alert or a resource, now; by id, or waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from kubetriage.domain.report import Report
from kubetriage.server.asking import KNOWN_PARAMETERS, CallerOf, Parts
from kubetriage.server.on_demand import TriageRequest, incidents_of
from kubetriage.server.parts import Asked, ServerParts
from kubetriage.server.problems import problems
from kubetriage.server.routes.runs import RunView, run_of, view_of

router = APIRouter(prefix="/api/v1/triage", tags=["triage"], dependencies=[KNOWN_PARAMETERS])


class TriagedRun(RunView):
    """A run on demand, with its report where it has one."""

    outcome: Report | None = Field(None, description="The report, if the run ended well within the wait")


class Triage(BaseModel):
    """The runs of a triage, one an incident."""

    runs: Sequence[TriagedRun]


_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "model": Triage,
        "description": "Not all have ended within the wait.",
        "headers": {"Location": {"schema": {"type": "string"}, "description": "Of the first run"}},
    }
}


@router.post("", operation_id="triage", responses={**_ACCEPTED, **problems(400, 408, 413, 422)})
async def triage(body: TriageRequest, response: Response, parts: Parts, caller: CallerOf) -> Triage:
    """Triage an alert or a resource that belongs to no incident. 200 if all runs ended within the wait."""
    incidents = await asyncio.to_thread(incidents_of, body, parts.clock())
    ids = []
    for alerts in incidents:
        asked = Asked(
            alerts=tuple(alerts),
            cluster=body.cluster,
            language=body.language,
            model=body.model or None,
            seconds=body.timeout_seconds,
            who=caller.name,
        )
        ids.append(await parts.triage.submit(asked))
    await _ended(parts, ids, min(body.wait_seconds, parts.settings.wait_seconds))
    runs = [await _run(parts, run) for run in ids]
    if not all(run.status.ended for run in runs):
        response.status_code = 202
        response.headers["Location"] = f"/api/v1/runs/{ids[0]}"
    return Triage(runs=runs)


async def _ended(parts: ServerParts, ids: Sequence[str], seconds: float) -> None:
    """Returns when all runs have ended, the time is over, or the server is asked to end."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    left = list(ids)
    while left and loop.time() < until and not parts.stopping.is_set():
        await asyncio.sleep(min(parts.settings.poll_seconds, max(0.0, until - loop.time())))
        left = [run for run in left if not (await run_of(parts, run)).status.ended]


async def _run(parts: ServerParts, run: str) -> TriagedRun:
    found = await run_of(parts, run)
    report = await parts.incidents.report(run) if found.status.ended else None
    return TriagedRun(**view_of(found).model_dump(), outcome=report)
