"""One alert: what fired, since when, and its identity."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.resource import Resource


class AlertStatus(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    NONE = "none"


class Alert(BaseModel):
    """An alert in any source's format, brought to one form.

    Identity of the alert is `fingerprint`; of one episode `(fingerprint, starts_at)`.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    """The `alertname`, or the best title the source has."""
    status: AlertStatus = AlertStatus.FIRING
    severity: Severity = Severity.WARNING
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: datetime | None = None
    """When it began to fire, UTC; None when the source did not say."""
    ends_at: datetime | None = None
    """When it was resolved, UTC; None while it fires."""
    fingerprint: str
    """16 hex digits: FNV-1a 64 over the sorted labels, as Alertmanager computes it."""
    generator_url: str = ""
    source: str = "alertmanager"
    """The format it came in: alertmanager, grafana, prometheus, tencent, text, resource, …"""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Fields of the source's own that have no place above, JSON values, kept as they came."""

    @property
    def asked_for(self) -> bool:
        """Whether there is no alert: somebody asked for a resource by its name."""
        return self.source == "resource"


class SubjectScope(StrEnum):
    RESOURCE = "resource"
    """One Kubernetes object is meant."""
    CLUSTER = "cluster-wide"
    """The control plane or the cluster as a whole is meant; `resource` is None."""
    MONITORING = "monitoring-meta"
    """The monitoring stack talks about itself."""
    SKIP = "skip"
    """Not for triage: Watchdog, InfoInhibitor."""
    LOST = "lost"
    """The labels no longer hold the object (aggregated away, or only the exporter's own)."""


class Subject(BaseModel):
    """What an alert is about, read from its name and labels alone (not yet checked against a cluster)."""

    model_config = ConfigDict(frozen=True)

    scope: SubjectScope
    resource: Resource | None = None
    namespace: str = ""
    """The namespace to look in, also when the resource is lost."""
    container: str = ""
    cluster: str = ""
    """The value of the alert's cluster label, empty if it has none."""
    why: str = ""
    """How the resource was found, for the trace: `table:KubePodNotReady label pod`."""
    lost_because: str = ""
    """For LOST: `aggregated`, `exporter-only` or `no-labels`."""
    title_zh: str = ""
    """The alert's Chinese title where the table has one."""
    typical_causes: tuple[str, ...] = ()
    """What this alert name usually means, English, from the table: a first reading, never evidence."""
