"""Alerts in any source's form → `Alert`, one source a file.

`alerts_from` tells the formats apart by their shape, never by who sent them.
"""

from __future__ import annotations

from kubetriage.domain.alert_formats.detection import alerts_from, has_alert_shape
from kubetriage.domain.alert_formats.parsed import AlertGroup, ParsedAlerts

__all__ = ["AlertGroup", "ParsedAlerts", "alerts_from", "has_alert_shape"]
