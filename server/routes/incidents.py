"""Incidents: the list, one with all that is known of it, its timeline and alerts, and acknowledgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.alert import Severity
from kubetriage.domain.intake.reading import IncidentEvent, IncidentFilter
from kubetriage.domain.intake.values import AlertRow, Incident, IncidentState
from kubetriage.server.asking import (
    KNOWN_PARAMETERS,
    CallerOf,
    IncidentId,
    Line,
    Moment,
    PageOfIncidents,
    Parts,
)
from kubetriage.server.long_lists import written
from kubetriage.server.parts import ServerParts
from kubetriage.server.problems import Refused, problems

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"], dependencies=[KNOWN_PARAMETERS])


class IncidentsPage(BaseModel):
    """Incidents, newest first."""

    items: tuple[Incident, ...]
    next: str = Field("", description="The cursor of the next page; empty on the last")


class IncidentDetail(BaseModel):
    """One incident with what belongs to it."""

    incident: Incident
    alerts: Sequence[AlertRow] = Field(description="Firing ones first; at most 1,000")
    timeline: Sequence[IncidentEvent] = Field(description="Oldest first; at most 1,000, and more by `after`")
    absorbed: Sequence[Incident] = Field(
        description="Incidents that this one explains; at most 1,000, and all by `absorbed_by`"
    )
    reports: Sequence[str] = Field(description="Runs that made a report, oldest first")


class Timeline(BaseModel):
    """What happened, oldest first."""

    items: Sequence[IncidentEvent]


class Alerts(BaseModel):
    """Alerts of an incident."""

    items: Sequence[AlertRow]


class Acknowledgement(BaseModel):
    """Somebody looks after it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"who": "Li Wei"}})

    who: Line = Field("", description="A person; the token's name if empty", examples=["Li Wei"])


@router.get("", operation_id="listIncidents", response_model=IncidentsPage, responses=problems(400, 422))
async def incidents(
    parts: Parts,
    page: PageOfIncidents,
    state: Annotated[list[IncidentState] | None, Query(description="Any of these")] = None,
    severity: Annotated[list[Severity] | None, Query(description="Any of these")] = None,
    open: Annotated[bool | None, Query(description="Not closed, or only closed ones")] = None,
    cluster: Annotated[Line | None, Query(description="The alerts' cluster label")] = None,
    alert: Annotated[Line | None, Query(description="An alert's name")] = None,
    absorbed_by: Annotated[Line | None, Query(description="The incident that explains it")] = None,
    q: Annotated[Line, Query(description="Part of the title or the key")] = "",
    opened_from: Annotated[Moment | None, Query(description="Then or later; with an offset")] = None,
    opened_before: Annotated[Moment | None, Query(description="Earlier than that; with an offset")] = None,
) -> Response:
    """Incidents, newest first. All filters that are given must hold."""
    wanted = IncidentFilter(
        states=tuple(state or ()),
        severities=tuple(severity or ()),
        open=open,
        cluster=cluster,
        alert_name=alert,
        absorbed_by=absorbed_by,
        text=q,
        opened_from=opened_from,
        opened_before=opened_before,
    )
    found = await parts.incidents.incidents(wanted, page)
    return await written(IncidentsPage(items=found.items, next=found.next))


@router.get(
    "/{incident}", operation_id="getIncident", response_model=IncidentDetail, responses=problems(404, 422)
)
async def one_incident(incident: IncidentId, parts: Parts) -> Response:
    """One incident with its alerts, its timeline, its reports and the incidents that it explains."""
    found = await incident_of(parts, incident)
    store = parts.incidents
    detail = IncidentDetail(
        incident=found,
        alerts=await store.alerts_of(incident),
        timeline=await store.timeline(incident),
        absorbed=await store.children(incident),
        reports=await store.reports_of(incident),
    )
    return await written(detail)


@router.get(
    "/{incident}/timeline", operation_id="getTimeline", response_model=Timeline, responses=problems(404, 422)
)
async def timeline(
    incident: IncidentId,
    parts: Parts,
    after: Annotated[int, Query(ge=0, le=2**53, description="`seq` of the last event known")] = 0,
) -> Response:
    """What happened to an incident, oldest first; at most 1,000 events."""
    await incident_of(parts, incident)
    return await written(Timeline(items=await parts.incidents.timeline(incident, after)))


@router.get(
    "/{incident}/alerts",
    operation_id="getAlertsOfIncident",
    response_model=Alerts,
    responses=problems(404, 422),
)
async def alerts(
    incident: IncidentId,
    parts: Parts,
    limit: Annotated[int, Query(ge=1, le=10_000, description="At most so many")] = 1000,
) -> Response:
    """Its alerts, firing ones first."""
    await incident_of(parts, incident)
    return await written(Alerts(items=await parts.incidents.alerts_of(incident, limit)))


@router.put(
    "/{incident}/acknowledgement", operation_id="acknowledge", responses=problems(400, 404, 408, 413, 422)
)
async def acknowledge(
    incident: IncidentId, parts: Parts, caller: CallerOf, body: Acknowledgement | None = None
) -> Incident:
    """Say that somebody looks after it: reminders end, the diagnosis goes on. The first one is kept."""
    who = (body.who if body else "") or caller.name or "somebody"
    return _found(await parts.incidents.acknowledge(incident, who, parts.clock()))


@router.delete("/{incident}/acknowledgement", operation_id="unacknowledge", responses=problems(404, 422))
async def unacknowledge(incident: IncidentId, parts: Parts, caller: CallerOf) -> Incident:
    """Take the acknowledgement back."""
    who = caller.name or "somebody"
    return _found(await parts.incidents.unacknowledge(incident, who, parts.clock()))


async def incident_of(parts: ServerParts, incident: str) -> Incident:
    """Raises `Refused` (404)."""
    return _found(await parts.incidents.incident(incident))


def _found(incident: Incident | None) -> Incident:
    if incident is None:
        raise Refused(404, "There is no incident of that id.")
    return incident
