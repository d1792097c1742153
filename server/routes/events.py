"""The timeline of an incident, live."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from kubetriage.domain.intake.reading import EventKind, IncidentEvent
from kubetriage.server.asking import KNOWN_PARAMETERS, IncidentId, Parts
from kubetriage.server.parts import ServerParts
from kubetriage.server.routes.incidents import incident_of
from kubetriage.server.routes.runs import EVENTS, After, LastEventId
from kubetriage.server.streams import Event, last_event_id, streamed

MANY = 500
"""Events that are read at once."""

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"], dependencies=[KNOWN_PARAMETERS])


@router.get("/{incident}/events", operation_id="followIncident", **EVENTS)
async def incident_events(
    incident: IncidentId, parts: Parts, after: After = 0, last: LastEventId = None
) -> StreamingResponse:
    """The timeline of an incident as server-sent events; `closed` is the last, if it is not reopened."""
    await incident_of(parts, incident)

    async def since(seq: int) -> Sequence[Event]:
        return await _since(parts, incident, seq)

    return streamed(parts, since, last_event_id(last, after))


async def _since(parts: ServerParts, incident: str, seq: int) -> Sequence[Event]:
    found = await parts.incidents.timeline(incident, seq, MANY)
    if found:
        *earlier, latest = found
        over = latest.kind is EventKind.CLOSED and len(found) < MANY  # what follows may reopen it
        return [*(_event(each) for each in earlier), _event(latest)._replace(last=over)]
    known = await parts.incidents.incident(incident)
    if known is not None and known.open:
        return ()
    return (Event(0, "end", {"incident": incident}, last=True),)


def _event(event: IncidentEvent) -> Event:
    return Event(event.seq, event.kind.value, {"at": event.at.isoformat(), **event.data})
