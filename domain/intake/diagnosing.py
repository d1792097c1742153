"""What the beginning and the end of a diagnosis change; pure, like `deciding`."""

from __future__ import annotations

from datetime import datetime

from kubetriage.domain.finding import Likelihood
from kubetriage.domain.intake.absorbing import absorb, release_all
from kubetriage.domain.intake.decisions import Decisions, Known
from kubetriage.domain.intake.desk import SEVERITIES, Desk
from kubetriage.domain.intake.keys import is_control_plane, object_key
from kubetriage.domain.intake.reading import Due, EventKind
from kubetriage.domain.intake.requeuing import recover, requeue
from kubetriage.domain.intake.values import Diagnosed, Hold, Incident, IncidentState, IntakeSettings
from kubetriage.domain.report import CheckState, Outcome, Report

_WEIGHT = 1000
"""Steps of priority between two severities."""


def due_of(incident: Incident, settings: IntakeSettings) -> Due:
    """The next attempt; priorities go by severity, then by how many alerts there are."""
    rank = SEVERITIES.index(incident.severity) * _WEIGHT
    return Due(
        incident=incident.id,
        attempt=incident.diagnosis_attempts + 1,
        priority=rank + max(_WEIGHT - incident.counts.alerts, 1),
        due_at=incident.due_at or incident.opened_at,
    )


def claim(known: Known, id: str, attempt: int, now: datetime, settings: IntakeSettings) -> Decisions:
    """WAITING → QUEUED, if it is due and this is the next attempt; else nothing."""
    desk = Desk(known, now, settings)
    incident = desk.incident(id)
    due = incident.state is IncidentState.WAITING and incident.due_at and incident.due_at <= now
    if due and attempt == incident.diagnosis_attempts + 1:
        changes = {"state": IncidentState.QUEUED, "claimed_at": now, "diagnosis_attempts": attempt}
        desk.tell(EventKind.CLAIMED, desk.change(id, **changes), attempt=attempt)
    return desk.decisions()


def start(
    known: Known, id: str, attempt: int, run: str, now: datetime, settings: IntakeSettings
) -> Decisions:
    """QUEUED → DIAGNOSING for this attempt; else nothing."""
    desk = Desk(known, now, settings)
    incident = desk.incident(id)
    if incident.state is not IncidentState.QUEUED or incident.diagnosis_attempts != attempt:
        return desk.decisions()
    diagnosed = Diagnosed(severity=incident.severity, alerts=incident.counts.alerts, names=incident.names)
    incident = desk.change(
        id, state=IncidentState.DIAGNOSING, diagnosed=diagnosed, run=run, failure="", again="", due_at=None
    )
    desk.tell(EventKind.STARTED, incident, attempt=attempt, run=run)
    return desk.decisions()


def finish(
    known: Known, id: str, attempt: int, run: str, report: Report, now: datetime, settings: IntakeSettings
) -> Decisions:
    """DIAGNOSING → REPORTED. The report of an attempt that was given up meanwhile is kept all the same."""
    desk = Desk(known, now, settings)
    incident = desk.incident(id)
    told = incident.absorbed_by is None and incident.state is not IncidentState.CLOSED
    current = incident.state is IncidentState.DIAGNOSING and incident.diagnosis_attempts == attempt
    state = {"state": IncidentState.REPORTED, "due_at": None, "failure": ""} if current else {}
    incident = desk.change(
        id,
        last_diagnosed_at=now,
        report_run=run,
        noticed_at=now if told else incident.noticed_at,
        explains=_is_an_explanation(incident, report),
        **state,
    )
    desk.tell(
        EventKind.REPORTED,
        incident,
        notice=told,
        run=run,
        attempt=attempt,
        outcome=report.outcome.value,
        summary=report.summary[:500],
        resolved=incident.resolved_at is not None,
    )
    incident = _explained(desk, incident, report)
    _explains(desk, incident, report)
    if current and incident.again and incident.hold is Hold.NONE and incident.counts.firing:
        requeue(desk, incident, incident.again)
    elif incident.again:
        desk.change(id, again="")
    return desk.decisions()


def fail(
    known: Known,
    id: str,
    attempt: int,
    why: str,
    retry_at: datetime | None,
    now: datetime,
    settings: IntakeSettings,
    reason: str = "",
) -> Decisions:
    """Back to WAITING, or FAILED for good, which people are told. `reason` is the kind of error."""
    desk = Desk(known, now, settings)
    incident = desk.incident(id)
    running = incident.state in (IncidentState.QUEUED, IncidentState.DIAGNOSING)
    if not running or incident.diagnosis_attempts != attempt:
        return desk.decisions()
    if retry_at is not None and incident.hold is Hold.NONE:
        incident = desk.change(id, state=IncidentState.WAITING, due_at=retry_at, failure=why)
        retry = retry_at.isoformat()
        desk.tell(EventKind.FAILED, incident, attempt=attempt, why=why, reason=reason, retry_at=retry)
        if incident.resolved_at:
            recover(desk, incident)
        return desk.decisions()
    told = incident.absorbed_by is None and retry_at is None
    noticed = now if told else incident.noticed_at
    incident = desk.change(
        id, state=IncidentState.FAILED, due_at=None, failure=why, noticed_at=noticed, again=""
    )
    desk.tell(EventKind.FAILED, incident, notice=told, attempt=attempt, why=why, reason=reason)
    if is_control_plane(incident):
        release_all(desk, desk.change(id, explains=False))
    return desk.decisions()


def acknowledge(known: Known, id: str, who: str, at: datetime, settings: IntakeSettings) -> Decisions:
    """9: the first one stays until a new episode takes it back."""
    desk = Desk(known, at, settings)
    incident = desk.incident(id)
    if incident.acked_at is None:
        incident = desk.change(id, acked_by=who, acked_at=at)
        desk.tell(EventKind.ACKNOWLEDGED, incident, who=who)
    return desk.decisions()


def unacknowledge(known: Known, id: str, who: str, at: datetime, settings: IntakeSettings) -> Decisions:
    """Somebody gives it back."""
    desk = Desk(known, at, settings)
    incident = desk.incident(id)
    if incident.acked_at is not None:
        by = incident.acked_by
        incident = desk.change(id, acked_by="", acked_at=None)
        desk.tell(EventKind.UNACKNOWLEDGED, incident, who=who, acknowledged_by=by)
    return desk.decisions()


def keys_in(report: Report, cluster: str) -> tuple[str, ...]:
    """Keys of the incidents that a report may say something about: culprit, and what was found abnormal."""
    culprit = _culprit_key(report, cluster)
    abnormal = [
        object_key(cluster, c.resource.kind, c.resource.namespace, c.resource.name)
        for c in report.checked
        if c.state is CheckState.ABNORMAL
    ]
    return tuple(dict.fromkeys(([culprit] if culprit else []) + abnormal))


def _is_an_explanation(incident: Incident, report: Report) -> bool:
    """A node that is not ready explains its pods, known cause or not. An API server that could be asked all

    that was asked, and of which nothing wrong is known, explains nothing."""
    if is_control_plane(incident):
        return report.outcome is Outcome.DIAGNOSED
    return report.outcome is not Outcome.HEALTHY


def _culprit_key(report: Report, cluster: str) -> str:
    first = report.root_causes[0] if report.root_causes else None
    if report.outcome is not Outcome.DIAGNOSED or first is None or first.culprit is None:
        return ""
    if first.likelihood is not Likelihood.HIGH:
        return ""
    return object_key(cluster, first.culprit.kind, first.culprit.namespace, first.culprit.name)


def _explained(desk: Desk, incident: Incident, report: Report) -> Incident:
    """3: the evidence leads to the object of another open incident, which then explains this one."""
    parent = desk.of_key(_culprit_key(report, incident.cluster))
    if parent is None or not parent.open or parent.id == incident.id:
        return incident
    cycle = parent.absorbed_by is not None
    if incident.absorbed_by or cycle or not parent.counts.firing:
        return incident
    return absorb(desk, incident, parent, why=report.summary[:300])


def _explains(desk: Desk, incident: Incident, report: Report) -> None:
    """3: a node that is the cause explains what was found abnormal on it."""
    if not incident.explains:
        if not incident.resolved_at:
            release_all(desk, incident)
        return
    if not incident.key.startswith("node|") or _culprit_key(report, incident.cluster) != incident.key:
        return
    for key in keys_in(report, incident.cluster):
        found = desk.of_key(key)
        if found and found.state is IncidentState.WAITING and not found.absorbed_by:
            absorb(desk, found, incident, why=report.summary[:300])
