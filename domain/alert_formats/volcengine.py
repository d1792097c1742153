"""Volcengine VMP: Alertmanager's form; `alertname` is a rule's UUID, the severity has a label of its own.

The better title and the severity come from the general rules in `labelled` and `severity`.
"""

from __future__ import annotations

from kubetriage.domain.alert_formats.fields import Fields

SOURCE = "volcengine"


def is_volcengine(fields: Fields) -> bool:
    alerts = fields.value.get("alerts")
    first = alerts[0] if isinstance(alerts, list) and alerts else None
    labels = first.get("labels") if isinstance(first, dict) else None
    return isinstance(labels, dict) and any(str(name).startswith("internal_label_alert_") for name in labels)
