"""An event of an incident becomes a notice, if people are to be told of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.reading import EventKind, IncidentEvent
from kubetriage.domain.intake.values import Incident
from kubetriage.domain.messages.notice import Event, Links, Notice, links_of, notice_of
from kubetriage.domain.rendering.visible import clip
from kubetriage.domain.report import Report

EVENTS: Mapping[EventKind, Event] = {
    EventKind.REPORTED: Event.DIAGNOSED,
    EventKind.FAILED: Event.FAILED,
    EventKind.FLAPPING: Event.FLAPPING,
    EventKind.REOPENED: Event.REOPENED,
    EventKind.CLOSED: Event.RESOLVED,
    EventKind.STILL_FIRING: Event.STILL_FIRING,
    EventKind.STORM_BEGAN: Event.STORM,
    EventKind.STORM_ENDED: Event.STORM,
    EventKind.SILENT: Event.SILENT,
    EventKind.HEARD: Event.HEARD,
}
"""What people are told of."""

ERROR_LIMIT = 2000
"""Characters of an error that are told."""

FOLLOWING = frozenset({Event.RESOLVED, Event.STILL_FIRING, Event.REOPENED})
"""Events that are told only where the incident was told of before."""


def notice_for(
    event: IncidentEvent,
    incident: Incident | None,
    report: Report | None,
    report_url: str = "",
    alert: Alert | None = None,
) -> Notice | None:
    """None for what people are not told of. Without a report the message says where and since when, and leads
    to where the incident's leading `alert` does."""
    told = EVENTS.get(event.kind)
    if told is None:
        return None
    if incident is None:
        return _of_cluster(event, told, report_url)
    extra = max(incident.counts.alerts - 1, 0)
    if report is not None:
        made = notice_of(
            report, event=told, at=event.at, incident=incident.id, alike=extra, report_url=report_url
        )
        since = incident.opened_at if report.alert.starts_at is None else report.alert.starts_at
        known = {"severity": incident.severity.value, "since": since, "assumed": _assumed(event)}
        flaps = {"count": _episodes(event), "until": _moment(event, "until")}
        return made.model_copy(update={**known, **flaps, "topic": incident.title})
    why = str(event.data.get("why", ""))
    return Notice(
        event=told,
        at=event.at,
        incident=incident.id,
        title=incident.title,
        topic=incident.title,
        severity=incident.severity.value,
        cluster=incident.cluster,
        namespace=_namespace(incident),
        since=incident.opened_at,
        alike=extra,
        assumed=_assumed(event),
        failure=str(event.data.get("reason", "")) if told is Event.FAILED else "",
        count=_episodes(event),
        until=_moment(event, "until"),
        lines=(clip(why, ERROR_LIMIT),) if why else (),
        labels=alert.labels if alert else {},
        links=links_of(alert.annotations if alert else {}, report_url),
    )


def _of_cluster(event: IncidentEvent, told: Event, report_url: str) -> Notice:
    """What is about no incident: a storm, or a Watchdog."""
    return Notice(
        event=told,
        at=event.at,
        # A storm's end is as severe as its beginning: routes take it to the same people.
        severity="info" if told is Event.HEARD else "critical",
        cluster=event.cluster,
        count=_number(event, "incidents"),
        since=_moment(event, "last_heard") or _moment(event, "silent_since"),
        over=event.kind is EventKind.STORM_ENDED,
        diagnosed=_number(event, "diagnosed"),
        links=Links(report=report_url),
    )


def _number(event: IncidentEvent, name: str) -> int:
    found = event.data.get(name, 0)
    return found if isinstance(found, int) else 0


def _episodes(event: IncidentEvent) -> int:
    found = event.data.get("episodes")
    return len(found) if isinstance(found, list) else 0


def _moment(event: IncidentEvent, name: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(str(event.data.get(name)))
    return None


def _assumed(event: IncidentEvent) -> bool:
    return event.data.get("assumed") is True


def _namespace(incident: Incident) -> str:
    """Of a workload's key: `workload|CLUSTER|NAMESPACE|NAME`."""
    parts = incident.key.split("|")
    return parts[2] if parts[0] == "workload" and len(parts) > 3 else ""
