"""Alerts with nothing around them: one, or one of a list; by hand, by amtool, or from Prometheus itself."""

from __future__ import annotations

from datetime import datetime

from kubetriage.domain.alert import Alert
from kubetriage.domain.alert_formats.alertmanager import is_stored
from kubetriage.domain.alert_formats.fields import Fields
from kubetriage.domain.alert_formats.labelled import labelled_alert

_NOT_LABELS = (
    "annotations",
    "status",
    "state",
    "startsAt",
    "starts_at",
    "endsAt",
    "ends_at",
    "generatorURL",
    "fingerprint",
    "summary",
    "description",
    "message",
)


def single_alert(fields: Fields, *, received_at: datetime) -> Alert:
    """An object with `labels`, or one that has `alertname` and its labels beside it."""
    if "labels" not in fields.value and "alertname" in fields.value:
        fields = _with_labels(fields)
    return labelled_alert(fields, source=_source(fields), received_at=received_at)


def is_single_alert(fields: Fields) -> bool:
    return "labels" in fields.value or "alertname" in fields.value


def _source(fields: Fields) -> str:
    """Prometheus and vmalert post times without a status, Alertmanager keeps one, people write neither."""
    if is_stored(fields) or (isinstance(fields.value.get("status"), str) and fields.get("fingerprint")):
        return "alertmanager"
    return (
        "prometheus"
        if fields.get("generatorURL", "startsAt", "endsAt") and not fields.get("status")
        else "bare"
    )


def _with_labels(fields: Fields) -> Fields:
    """The flat form people type, brought to the usual one."""
    flat = fields.value
    kept = {name: flat[name] for name in _NOT_LABELS if name in flat and name not in _TEXTS}
    labels = {k: v for k, v in flat.items() if k not in _NOT_LABELS and not isinstance(v, dict | list)}
    nested = {k: v for k, v in flat.items() if k not in _NOT_LABELS and isinstance(v, dict | list)}
    annotations = {name: flat[name] for name in _TEXTS if name in flat}
    annotations |= fields.annotations("annotations")
    return Fields({**nested, **kept, "labels": labels, "annotations": annotations}, fields.path)


_TEXTS = ("summary", "description", "message")
