"""4: very many new incidents of one cluster at once are a storm: told once, and diagnosed within a budget."""

from __future__ import annotations

from datetime import timedelta

from kubetriage.domain.intake.desk import Desk
from kubetriage.domain.intake.reading import EventKind, Storm
from kubetriage.domain.intake.values import Incident, IncidentState


def note_opened(desk: Desk, incident: Incident) -> None:
    """Count a new incident; those that something explains need no diagnosis and make no storm."""
    cluster = incident.cluster
    storm = desk.storms.get(cluster)
    if storm is None:
        if incident.absorbed_by:
            return
        count = desk.opened[cluster] = desk.opened.get(cluster, 0) + 1
        if count < desk.settings.storm_incidents:
            return
        storm = Storm(id=_id(desk), cluster=cluster, began_at=desk.now)
        desk.keep_storm(storm)
        desk.tell_of_cluster(EventKind.STORM_BEGAN, cluster, incidents=count, storm=storm.id)
        since = desk.ago(minutes=desk.settings.storm_window_minutes)
        for other in desk.open_ones(cluster):
            if other.state is IncidentState.WAITING and other.opened_at >= since and other.storm is None:
                desk.change(other.id, storm=storm.id)
    if desk.incident(incident.id).storm is None:
        desk.change(incident.id, storm=storm.id)


def end_of_storm(desk: Desk, storm: Storm, incidents: int, diagnosed: int) -> None:
    """Told with what was not diagnosed; what still fires of it keeps its turn within the same budget."""
    ended = storm.model_copy(update={"ended_at": desk.now, "incidents": incidents, "diagnosed": diagnosed})
    desk.keep_storm(ended)
    desk.tell_of_cluster(
        EventKind.STORM_ENDED,
        storm.cluster,
        storm=storm.id,
        incidents=incidents,
        diagnosed=diagnosed,
        not_diagnosed=max(incidents - diagnosed, 0),
    )


def over(desk: Desk, storm: Storm) -> bool:
    """Whether less than half of what makes a storm came within the window, which it has lasted at least."""
    window = timedelta(minutes=desk.settings.storm_window_minutes)
    calm = desk.opened.get(storm.cluster, 0) * 2 < desk.settings.storm_incidents
    return calm and desk.now - storm.began_at >= window


def _id(desk: Desk) -> int:
    return round(desk.now.timestamp() * 1000) * 1000 + len(desk.storms) % 1000
