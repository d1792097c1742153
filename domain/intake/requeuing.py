"""Whether an incident needs a diagnosis, and when."""

from __future__ import annotations

from datetime import datetime, timedelta

from kubetriage.domain.intake.desk import SEVERITIES, AlertEpisodes, Desk, Episode
from kubetriage.domain.intake.reading import EventKind
from kubetriage.domain.intake.values import Hold, Incident, IncidentState

_TWIN = timedelta(seconds=60)
"""Two Prometheus servers that watch the same start an episode a few seconds apart: that is no flapping."""


def wait(desk: Desk, incident: Incident) -> Incident:
    """A diagnosis after the usual wait, for companions."""
    return desk.change(
        incident.id,
        state=IncidentState.WAITING,
        hold=Hold.NONE,
        again="",
        due_at=desk.later(seconds=desk.settings.wait_seconds),
    )


def requeue(desk: Desk, incident: Incident, reason: str) -> Incident:
    incident = wait(desk, incident)
    desk.tell(EventKind.REQUEUED, incident, reason=reason)
    return incident


def reconsider(desk: Desk, incident: Incident) -> Incident:
    """6: after a new episode joined, whether what is known of its cause still covers it."""
    if incident.hold is Hold.RECOVERED:
        return wait(desk, incident)
    if incident.hold is not Hold.NONE or incident.flapping_until:
        return incident
    reason = why_again(desk, incident)
    if not reason:
        return incident
    if incident.state is IncidentState.DIAGNOSING:
        return desk.change(incident.id, again=reason)
    if incident.state in (IncidentState.REPORTED, IncidentState.FAILED):
        return requeue(desk, incident, reason)
    return incident


def why_again(desk: Desk, incident: Incident) -> str:
    """Why the last diagnosis does not cover the incident as it is now; empty if it does."""
    last = incident.diagnosed
    if last is None:
        return "it was not diagnosed yet"
    if SEVERITIES.index(incident.severity) < SEVERITIES.index(last.severity):
        return f"its severity rose to {incident.severity.value}"
    joined = [name for name in incident.names if name not in last.names]
    if joined:
        return f"{joined[0]} joined"
    if last.alerts and incident.counts.alerts >= 2 * last.alerts:
        return f"it grew from {last.alerts} to {incident.counts.alerts} alerts"
    at = incident.last_diagnosed_at or incident.claimed_at
    if incident.state is IncidentState.DIAGNOSING:
        return ""
    if at is None or at < desk.ago(minutes=desk.settings.cooldown_minutes):
        return "it fires anew, and its diagnosis is old"
    return ""


def recover(desk: Desk, incident: Incident) -> Incident:
    """7: nothing of it fires any more. A diagnosis that has not begun is cancelled, critical ones apart."""
    if incident.state not in (IncidentState.WAITING, IncidentState.QUEUED):
        return incident
    if incident.hold is not Hold.NONE:
        return incident
    if incident.report_run:
        return desk.change(incident.id, state=IncidentState.REPORTED, due_at=None)
    if incident.severity in desk.settings.diagnose_recovered_severities:
        return incident
    incident = desk.change(incident.id, state=IncidentState.WAITING, hold=Hold.RECOVERED, due_at=None)
    desk.tell(EventKind.RECOVERED, incident)
    return incident


def flap_if_it_does(desk: Desk, incident: Incident, newest: Episode, episodes: AlertEpisodes) -> Incident:
    """5: so many episodes of one alert within the window are flapping: told once, and waited out."""
    settings = desk.settings
    if incident.flapping_until:
        return incident
    since = desk.ago(minutes=settings.flap_window_minutes)
    apart = _apart([start for start in (*episodes.by_start, newest.starts_at) if start >= since])
    if len(apart) < settings.flap_episodes:
        return incident
    until = desk.later(hours=settings.flap_hold_hours)
    held = incident.hold in (Hold.NONE, Hold.RECOVERED) and incident.state not in (
        IncidentState.QUEUED,
        IncidentState.DIAGNOSING,
    )
    changes: dict[str, object] = {"hold": Hold.FLAPPING, "due_at": None} if held else {}
    told = incident.absorbed_by is None and incident.cluster not in desk.storms  # a storm is one message
    changes |= {"noticed_at": desk.now} if told else {}
    incident = desk.change(incident.id, flapping_until=until, again="", **changes)
    desk.tell(
        EventKind.FLAPPING,
        incident,
        notice=told,
        episodes=[start.isoformat() for start in apart],
        until=until.isoformat(),
    )
    return incident


def calm(desk: Desk, incident: Incident) -> Incident:
    """5: it flaps no more, or long enough: diagnosed if it fires and no young diagnosis covers it."""
    hold = Hold.NONE if incident.hold is Hold.FLAPPING else incident.hold
    incident = desk.change(incident.id, flapping_until=None, hold=hold)
    desk.tell(EventKind.STABLE, incident)
    if not incident.counts.firing or hold is not Hold.NONE:
        return incident
    if incident.state is IncidentState.WAITING:
        return requeue(desk, incident, "it stopped flapping and still fires")
    return reconsider(desk, incident)


def _apart(starts: list[datetime]) -> list[datetime]:
    """Starts that are not a twin's."""
    found: list[datetime] = []
    for start in sorted(set(starts)):
        if not found or start - found[-1] > _TWIN:
            found.append(start)
    return found
