"""Runs of diagnoses: how one is doing, and its progress live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from kubetriage.domain.intake.runs import Run, RunFilter, RunStatus
from kubetriage.server.asking import KNOWN_PARAMETERS, Line, Moment, PageOfRuns, Parts, RunId
from kubetriage.server.parts import ServerParts
from kubetriage.server.problems import Refused, problems
from kubetriage.server.streams import MEDIA_TYPE, Event, last_event_id, streamed

router = APIRouter(prefix="/api/v1/runs", tags=["runs"], dependencies=[KNOWN_PARAMETERS])
_LAST = ("end", "error")
"""Kinds of a run's last event."""
_QUIET_ROUNDS = 5
"""Looks at a run that has ended and told nothing of it, before its end is told for it."""


class RunView(BaseModel):
    """How a run is doing."""

    id: str
    status: RunStatus
    incident: str | None = Field(None, description="None for a triage on demand")
    attempt: int = 1
    worker: str = Field("", description="The worker that has it, or had it last")
    error: str = Field("", description="Why it failed")
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    events: str = Field(description="Where its progress is told")
    report: str = Field(description="Where its report is, once it has ended well")


class RunsPage(BaseModel):
    """Runs, newest first."""

    items: Sequence[RunView]
    next: str = Field("", description="The cursor of the next page; empty on the last")


def view_of(run: Run) -> RunView:
    return RunView(
        id=run.id,
        status=run.status,
        incident=run.incident,
        attempt=run.attempt,
        worker=run.executor,
        error=run.error,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        events=f"/api/v1/runs/{run.id}/events",
        report=f"/api/v1/runs/{run.id}/report",
    )


async def run_of(parts: ServerParts, run: str) -> Run:
    """Raises `Refused` (404)."""
    found = await parts.runs.run(run)
    if found is None:
        raise Refused(404, "There is no run of that id.")
    return found


@router.get("", operation_id="listRuns", responses=problems(422))
async def all_runs(
    parts: Parts,
    page: PageOfRuns,
    status: Annotated[list[RunStatus] | None, Query(description="Any of these")] = None,
    incident: Annotated[Line | None, Query(description="Of this incident")] = None,
    on_demand: Annotated[bool | None, Query(description="Of no incident, or only of incidents")] = None,
    worker: Annotated[Line | None, Query(description="Run by this worker")] = None,
    created_from: Annotated[Moment | None, Query(description="Then or later; with an offset")] = None,
    created_before: Annotated[Moment | None, Query(description="Earlier than that; with an offset")] = None,
) -> RunsPage:
    """Runs of incidents and on demand, newest first. All filters that are given must hold."""
    wanted = RunFilter(
        statuses=tuple(status or ()),
        incident=incident,
        on_demand=on_demand,
        executor=worker,
        created_from=created_from,
        created_before=created_before,
    )
    found = await parts.runs.search(wanted, page)
    return RunsPage(items=[view_of(each) for each in found.items], next=found.next)


@router.get("/{run}", operation_id="getRun", responses=problems(404, 422))
async def one_run(run: RunId, parts: Parts) -> RunView:
    """How a run is doing."""
    return view_of(await run_of(parts, run))


SAMPLE_EVENTS = (
    'retry: 2000\n\nid: 1\nevent: node\ndata: {"node": "parse_alert", "state": "began"}\n\n: heartbeat\n\n'
    'id: 9\nevent: end\ndata: {"status": "success", "outcome": "diagnosed"}\n\n'
)
EVENTS: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {
        200: {
            "description": "Events, each with its id, until the last one; a comment in silence.",
            "content": {MEDIA_TYPE: {"schema": {}, "example": SAMPLE_EVENTS}},
        },
        **problems(400, 404, 422),
    },
}
After = Annotated[int, Query(ge=0, le=2**53, description="Id of the last event known")]
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", max_length=40, description="The same; browsers send it")
]


@router.get("/{run}/events", operation_id="followRun", **EVENTS)
async def run_events(
    run: RunId, parts: Parts, after: After = 0, last: LastEventId = None
) -> StreamingResponse:
    """The progress of a run as server-sent events; `end` or `error` is the last."""
    await run_of(parts, run)
    return streamed(parts, _Followed(parts, run).since, last_event_id(last, after))


class _Followed:
    """A run as it is followed by one reader."""

    def __init__(self, parts: ServerParts, run: str) -> None:
        self._runs = parts.runs
        self._run = run
        self._quiet = 0

    async def since(self, seq: int) -> Sequence[Event]:
        found = await self._runs.run_events(self._run, seq)
        events = [
            Event(each.seq, each.kind, {"at": each.at.isoformat(), **each.data}, each.kind in _LAST)
            for each in found
        ]
        return events or await self._end()

    async def _end(self) -> Sequence[Event]:
        """Of a run whose last event the reader has, or whose worker died before it could write one."""
        run = await self._runs.run(self._run)
        if run is not None and not run.status.ended:
            self._quiet = 0
            return ()
        self._quiet += 1
        if run is not None and self._quiet < _QUIET_ROUNDS:
            return ()
        status = run.status if run is not None else RunStatus.CANCELLED
        return (Event(0, "end", {"status": status.value}, last=True),)
