"""What people are to be told: one event of one incident, as it is stored before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.report import Report

_DASHBOARDS = ("dashboard_url", "dashboardURL", "panelURL", "grafana_url", "dashboard")
_RUNBOOKS = ("runbook_url", "runbook")
_SILENCES = ("silence_url", "silenceURL")


class Event(StrEnum):
    """Why a message is sent."""

    DIAGNOSED = "diagnosed"
    """A report was made."""
    FAILED = "failed"
    """The diagnosis was given up: people have to look for themselves."""
    RESOLVED = "resolved"
    """What was reported is over."""
    STILL_FIRING = "still_firing"
    """It goes on, and nothing new is known."""
    REOPENED = "reopened"
    """What was over fires again."""
    FLAPPING = "flapping"
    """It comes and goes: nothing more is told of it until it is stable."""
    STORM = "storm"
    """More incidents than are diagnosed one by one; told again when it is over."""
    SILENT = "silent"
    """No Watchdog any more: alerts may no longer reach us."""
    HEARD = "heard"
    """The Watchdog is back."""
    INSPECTION = "inspection"
    """A look at the cluster without an alert. Nothing makes such notices yet; routes may name it already."""
    DIGEST = "digest"
    """Several messages in one, because the channel takes no more of them."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Links(Part):
    """Addresses behind the message, empty where there is none; only http and https ones are shown."""

    report: str = ""
    runbook: str = ""
    dashboard: str = ""
    silence: str = ""


class Notice(Part):
    """One event and what is known of it. Plain JSON, so that it can wait in a table."""

    event: Event
    at: datetime
    """When it happened, UTC."""
    incident: str = ""
    """The incident's number; messages of one number belong together."""
    title: str = ""
    """The alert's name; for storms, digests and inspections words of one's own, or nothing."""
    topic: str = ""
    """What the incident is called from its beginning to its end, whichever alert a message tells of."""
    severity: str = "warning"
    cluster: str = ""
    namespace: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    since: datetime | None = None
    alike: int = 0
    """Further alerts of the same incident."""
    undelivered: int = 0
    """Alerts that their sender left out of the group."""
    count: int = 0
    """Incidents of a storm, messages of a digest, findings of an inspection, times that it came and went."""
    over: bool = False
    """Of a storm: it has ended."""
    diagnosed: int = 0
    """Incidents of a storm that has ended which have a report."""
    assumed: bool = False
    """Of an end: nobody said so, but no word came for long, or its resources are healthy."""
    until: datetime | None = None
    """Of what comes and goes: nothing more is told of it before."""
    untold: bool = False
    """Of an end: its beginning was held back and is told with it."""
    failure: str = ""
    """Of a failed diagnosis: the kind of error, a `FailureReason` or nothing; the error is in `lines`."""
    lines: tuple[str, ...] = ()
    """What a storm, a digest or an inspection lists, one line each."""
    links: Links = Links()
    report: Report | None = None


def notice_of(
    report: Report,
    *,
    event: Event = Event.DIAGNOSED,
    at: datetime | None = None,
    incident: str = "",
    alike: int = 0,
    report_url: str = "",
) -> Notice:
    """The notice of a report: everything that routes ask for is taken from it."""
    alert, primary = report.alert, report.primary
    places = [primary, *(each.resource for each in report.checked)]
    cluster = next((place.cluster for place in places if place and place.cluster), None)
    return Notice(
        event=event,
        at=at or report.created_at,
        incident=incident,
        title=alert.name,
        severity="none" if report.alert.asked_for else alert.severity,
        cluster=cluster or alert.labels.get("cluster", ""),
        namespace=(primary.namespace if primary else "") or alert.labels.get("namespace", ""),
        labels=alert.labels,
        since=alert.starts_at,
        alike=alike,
        links=links_of(alert.annotations, report_url),
        report=report,
    )


def links_of(annotations: Mapping[str, str], report_url: str = "") -> Links:
    """Where an alert's annotations lead, under the names that people give them."""
    return Links(
        report=report_url,
        runbook=_first(annotations, _RUNBOOKS),
        dashboard=_first(annotations, _DASHBOARDS),
        silence=_first(annotations, _SILENCES),
    )


def _first(annotations: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((annotations[name] for name in names if annotations.get(name)), "")
