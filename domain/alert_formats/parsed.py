"""What one body held: its alerts, and what it said about the group they came in."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kubetriage.domain.alert import Alert


class AlertGroup(BaseModel):
    """What Alertmanager, or a source that speaks its form, says about the group of alerts in one post."""

    model_config = ConfigDict(frozen=True)

    group_key: str = ""
    """Stable over repeats and between HA members, but changes when a user edits the routes."""
    receiver: str = ""
    status: str = ""
    """`firing` while any alert of the group fires; each alert has its own status."""
    group_labels: dict[str, str] = Field(default_factory=dict)
    common_labels: dict[str, str] = Field(default_factory=dict)
    common_annotations: dict[str, str] = Field(default_factory=dict)
    external_url: str = ""
    """Differs between two HA members that post the same group."""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the post, as they came (Grafana: title, message, orgId, …)."""


class ParsedAlerts(BaseModel):
    """All alerts of one body, in the order they came; never empty."""

    model_config = ConfigDict(frozen=True)

    alerts: tuple[Alert, ...]
    truncated: int = 0
    """How many further alerts the sender held back (Alertmanager's `max_alerts`)."""
    group: AlertGroup | None = None
    """None when the body had no group around its alerts, or held several groups."""
    source: str
    """The format: `Alert.source` of the alerts, or `mixed`."""
