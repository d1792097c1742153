"""3: a node's or a control plane's incident explains others, which are listed with it and not diagnosed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from kubetriage.domain.intake.desk import Desk
from kubetriage.domain.intake.keys import can_explain, is_control_plane, parents_of
from kubetriage.domain.intake.reading import EventKind
from kubetriage.domain.intake.requeuing import requeue
from kubetriage.domain.intake.values import Hold, Incident, IncidentState


def absorb_if_explained(desk: Desk, incident: Incident) -> Incident:
    """By the nearest open incident that can explain it."""
    if incident.absorbed_by:
        return incident
    for key in parents_of(incident.key, incident.cluster, incident.nodes):
        parent = desk.of_key(key)
        if parent and explains(desk, parent, incident):
            return absorb(desk, incident, parent)
    return incident


def absorb_what_they_explain(desk: Desk, parents: Iterable[str]) -> None:
    """Alerts of nodes or control planes came: look once at all that is open and could be explained."""
    keys = {parent.key for id in parents if can_explain(parent := desk.incident(id))}
    for incident in desk.incidents() if keys else ():
        if incident.open and keys.intersection(parents_of(incident.key, incident.cluster, incident.nodes)):
            absorb_if_explained(desk, incident)


def explains(desk: Desk, parent: Incident, child: Incident) -> bool:
    """A node explains what its labels say runs on it; a control plane what began at about its time."""
    if not can_explain(parent):
        return False
    if not is_control_plane(parent):
        return True
    apart = abs(child.opened_at - parent.opened_at)
    return apart <= timedelta(minutes=desk.settings.window_minutes)


def absorb(desk: Desk, child: Incident, parent: Incident, *, why: str = "") -> Incident:
    """A diagnosis of the child that has not begun is cancelled; one that runs is finished."""
    changes: dict[str, object] = {"absorbed_by": parent.id, "again": ""}
    if child.state in (IncidentState.WAITING, IncidentState.QUEUED):
        state = IncidentState.REPORTED if child.report_run else IncidentState.WAITING
        changes |= {"state": state, "due_at": None}
    changes |= {"hold": Hold.ABSORBED}
    child = desk.change(child.id, **changes)
    desk.tell(EventKind.ABSORBED, child, parent=parent.id, why=why)
    return child


def release(desk: Desk, child: Incident) -> Incident:
    """What explained it is over, or was not the reason, and it still fires: it needs its own diagnosis."""
    child = desk.change(child.id, absorbed_by=None, hold=Hold.NONE)
    desk.tell(EventKind.RELEASED, child)
    if child.state in (IncidentState.WAITING, IncidentState.FAILED):
        return requeue(desk, child, "it still fires, and what seemed to explain it does not")
    return child


def release_all(desk: Desk, parent: Incident) -> None:
    """It was not the reason after all."""
    for child in desk.open_ones(parent.cluster):
        if child.absorbed_by == parent.id:
            release(desk, child)
