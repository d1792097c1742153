"""Alerts as they are kept, and incidents."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.alert import Alert, AlertStatus, Severity


class Value(BaseModel):
    """What is kept is never changed in place. All times are in UTC."""

    model_config = ConfigDict(frozen=True)


class AlertRow(Value):
    """One episode of one alert: (fingerprint, starts_at). Arriving again, it is counted, not stored anew."""

    fingerprint: str
    starts_at: datetime
    """When it began to fire; when it was first seen, for sources that don't say."""
    cluster: str = ""
    name: str
    severity: Severity
    status: AlertStatus
    assumed: bool = False
    """Resolved without the source having said so: gone stale, or a newer episode took its place."""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    extra: dict[str, Any] = Field(default_factory=dict)
    generator_url: str = ""
    source: str = ""
    """The format it came in."""
    first_seen: datetime
    last_seen: datetime
    repeats: int = 0
    """How many times it arrived after the first."""
    ends_at: datetime | None = None
    incident: str | None = None
    """None for what is never triaged: Watchdog, InfoInhibitor."""

    def alert(self) -> Alert:
        """The alert as it was parsed, in its present state."""
        return Alert(
            name=self.name,
            status=self.status,
            severity=self.severity,
            labels=self.labels,
            annotations=self.annotations,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            fingerprint=self.fingerprint,
            generator_url=self.generator_url,
            source=self.source,
            extra=self.extra,
        )


class IncidentState(StrEnum):
    WAITING = "waiting"
    """For companions until `due_at`; or, without a `due_at`, held back for the reason in `hold`."""
    QUEUED = "queued"
    """Claimed by a worker; its diagnosis has not begun."""
    DIAGNOSING = "diagnosing"
    REPORTED = "reported"
    """The last diagnosis ended with a report."""
    FAILED = "failed"
    """The last diagnosis was given up; `failure` says why."""
    CLOSED = "closed"


class Hold(StrEnum):
    """Why an incident has no diagnosis coming."""

    NONE = ""
    FLAPPING = "flapping"
    ABSORBED = "absorbed"
    RECOVERED = "recovered"


class CloseReason(StrEnum):
    RESOLVED = "resolved"
    STALE = "stale"
    """No word of it for so long that it is assumed to be over."""
    ABSORBED = "absorbed"
    """Over together with the incident that explained it."""


class Counts(Value):
    """How many alerts an incident has."""

    alerts: int = 0
    """Different alerts, by fingerprint."""
    firing: int = 0
    episodes: int = 0
    repeats: int = 0
    """Arrivals beyond the first of each episode."""


class Diagnosed(Value):
    """What the last diagnosis was about, as it began: what came later may need another."""

    severity: Severity
    alerts: int
    names: tuple[str, ...]


class Incident(Value):
    """Alerts with one cause, as far as their labels tell: diagnosed once, reported once."""

    id: str
    """`INC-` and 14 characters (Crockford's base 32); later ones sort after earlier ones."""
    key: str
    """What its alerts share: `workload|CLUSTER|NAMESPACE|NAME`, `node|CLUSTER|NAME`, `cluster|CLUSTER|`, …"""
    cluster: str = ""
    title: str
    severity: Severity
    """The highest it ever had."""
    state: IncidentState = IncidentState.WAITING
    hold: Hold = Hold.NONE
    opened_at: datetime
    updated_at: datetime
    due_at: datetime | None = None
    """When its diagnosis may start; None if none is coming."""
    again: str = ""
    """Why another diagnosis must follow the one that runs, empty if none must."""
    claimed_at: datetime | None = None
    last_diagnosed_at: datetime | None = None
    """When the last diagnosis ended with a report."""
    diagnosis_attempts: int = 0
    """Number of the last attempt, from 1."""
    diagnosed: Diagnosed | None = None
    acked_by: str = ""
    acked_at: datetime | None = None
    flapping_until: datetime | None = None
    absorbed_by: str | None = None
    """The incident that explains this one."""
    explains: bool = True
    """False once its own diagnosis has shown that it does not explain others."""
    storm: int | None = None
    """The storm it came in."""
    last_seen_at: datetime
    """When an alert of it last arrived."""
    last_episode_at: datetime
    """When an episode that was not known last arrived."""
    resolved_at: datetime | None = None
    """Since when no alert of it fires; None while one does."""
    noticed_at: datetime | None = None
    """When people were last told that it is there; None if never."""
    checked_at: datetime | None = None
    """When its resource was last looked at because no word of its alerts came; None if never."""
    closed_at: datetime | None = None
    close_reason: CloseReason | None = None
    run: str | None = None
    """The run of the diagnosis that was last started."""
    report_run: str | None = None
    """The run that made the last report."""
    failure: str = ""
    """Why the last attempt failed, empty if it did not."""
    counts: Counts = Counts()
    names: tuple[str, ...] = ()
    """Different alert names, in order of their arrival."""
    nodes: tuple[str, ...] = ()
    """Nodes that its alerts' labels name."""

    @property
    def open(self) -> bool:
        return self.state is not IncidentState.CLOSED


class IntakeSettings(Value):
    """How alerts become incidents; the defaults fit Alertmanager's usual intervals."""

    wait_seconds: float = Field(default=25, ge=0)
    """From an incident's opening to its diagnosis, so that companions can arrive."""
    window_minutes: float = Field(default=10, gt=0)
    """How far apart a control plane's trouble and what it explains may begin."""
    cooldown_minutes: float = Field(default=30, ge=0)
    """A diagnosis younger than this is used again."""
    flap_episodes: int = Field(default=3, ge=2)
    flap_window_minutes: float = Field(default=30, gt=0)
    flap_hold_hours: float = Field(default=2, gt=0)
    storm_incidents: int = Field(default=30, ge=2)
    """New incidents of one cluster within `storm_window_minutes` that make a storm."""
    storm_window_minutes: float = Field(default=5, gt=0)
    storm_diagnoses: int = Field(default=5, ge=1)
    """Diagnoses of one storm's incidents that may begin within `storm_window_minutes`."""
    max_running: int = Field(default=4, ge=1)
    """Diagnoses that run at the same time in one worker."""
    stale_after_hours: float = Field(default=8, gt=0)
    """Twice Alertmanager's default repeat_interval."""
    check_after_hours: float = Field(default=4.5, ge=0)
    """No word of an incident's alerts for longer than a repeat takes: its resources are looked at, and if
    they are healthy it is assumed to be over. 0: never."""
    watchdog_silent_minutes: float = Field(default=10, gt=0)
    resolve_delay_seconds: float = Field(default=60, ge=0)
    reminder_hours: float = Field(default=0, ge=0)
    """Of an incident that still fires and nobody acknowledged; 0: none."""
    diagnose_recovered_severities: tuple[Severity, ...] = (Severity.CRITICAL,)
    """Diagnosed even if resolved before the diagnosis began."""


class Retention(Value):
    """How long things are kept, in days; open incidents and their alerts always are."""

    incidents_days: float = Field(default=90, gt=0)
    """Closed incidents with alerts, timeline, reports, feedback and messages."""
    runs_days: float = Field(default=14, gt=0)
    """Observations, events and threads of ended runs; their reports stay with the incident."""
    posts_days: float = Field(default=14, gt=0)
    """The list of what was posted, alerts that belong to no incident, and Watchdogs not heard for so long."""
