"""What is asked of the store of incidents, and what it answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import Field

from kubetriage.domain.alert import Severity
from kubetriage.domain.intake.values import IncidentState, Value

Item = TypeVar("Item")


class Accepted(Value):
    """One request, durably stored."""

    post: int
    """Number of the request."""
    alerts: int
    new: int
    """Episodes that were not known."""
    repeats: int
    """Arrivals that were counted at a known episode."""
    incidents: tuple[str, ...] = ()
    """Ids of the incidents that these alerts belong to."""


class Due(Value):
    """A diagnosis that may start."""

    incident: str
    attempt: int
    """From 1; with the incident's id, the identity of the diagnosis."""
    priority: int
    """1 is most urgent: severity first, then how many alerts, then age."""
    due_at: datetime


class IncidentFilter(Value):
    """All that are given must hold."""

    states: tuple[IncidentState, ...] = ()
    open: bool | None = None
    cluster: str | None = None
    severities: tuple[Severity, ...] = ()
    absorbed_by: str | None = None
    alert_name: str | None = None
    text: str = ""
    """Part of title or key, in any case of letters."""
    opened_from: datetime | None = None
    opened_before: datetime | None = None


class Page(Value):
    limit: int = Field(default=50, ge=1, le=1000)
    after: str = ""
    """`Paged.next` of the page before, empty for the first."""


class Paged(Value, Generic[Item]):
    items: tuple[Item, ...]
    next: str = ""
    """Empty on the last page."""


class EventKind(StrEnum):
    """What a timeline tells; those of a storm and of silence belong to a cluster, not to an incident."""

    OPENED = "opened"
    JOINED = "joined"
    """Alerts, or new episodes of them, came to an open incident."""
    CUT_OFF = "cut-off"
    """The sender of its alerts left some out: they never arrive."""
    REOPENED = "reopened"
    RESOLVED = "resolved"
    """Nothing of it fires any more."""
    RECOVERED = "recovered"
    """It was over before its diagnosis began."""
    REQUEUED = "requeued"
    CLAIMED = "claimed"
    STARTED = "started"
    REPORTED = "reported"
    FAILED = "failed"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    FLAPPING = "flapping"
    STABLE = "stable"
    ABSORBED = "absorbed"
    RELEASED = "released"
    """What had explained it is over, and it still fires."""
    STILL_FIRING = "still-firing"
    CLOSED = "closed"
    FEEDBACK = "feedback"
    STORM_BEGAN = "storm-began"
    STORM_ENDED = "storm-ended"
    SILENT = "silent"
    """No Watchdog any more: alerts may no longer reach us."""
    HEARD = "heard"


class IncidentEvent(Value):
    """One line of a timeline."""

    seq: int
    """Grows; unique over all incidents."""
    incident: str | None
    cluster: str = ""
    at: datetime
    kind: EventKind
    notice: bool = False
    """People are to be told."""
    data: dict[str, Any] = Field(default_factory=dict)
    """By kind: `names`, `alerts`, `reason`, `run`, `attempt`, `who`, `parent`, `until`, `outcome`, …"""


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    PARTLY = "partly"


class Feedback(Value):
    """What a person says of a report."""

    verdict: Verdict
    actual: str = ""
    """What it really was."""
    who: str = ""
    at: datetime


class Storm(Value):
    """Very many incidents of one cluster at once."""

    id: int
    cluster: str
    began_at: datetime
    ended_at: datetime | None = None
    incidents: int = 0
    diagnosed: int = 0


class Silence(Value):
    """When the Watchdog of one cluster was last heard."""

    cluster: str
    last_heard: datetime
    silent_since: datetime | None = None


class Tallies(Value):
    """The state of everything, for metrics."""

    incidents: dict[str, dict[str, int]] = Field(default_factory=dict)
    """Open ones: state → severity → how many."""
    due: int = 0
    """Diagnoses that may start now."""
    oldest_due_at: datetime | None = None
    firing_alerts: int = 0
    messages: dict[str, dict[str, int]] = Field(default_factory=dict)
    """Outbox: channel → state → how many."""
    storms: tuple[Storm, ...] = ()
    """Those that go on."""
    silences: tuple[Silence, ...] = ()
