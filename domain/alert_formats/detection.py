"""`alerts_from`: which format a document is in, by its shape, and its alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from kubetriage.domain.alert import Alert
from kubetriage.domain.alert_formats import aliyun, grafana, prometheus, prometheusalert, tencent, volcengine
from kubetriage.domain.alert_formats.alertmanager import webhook
from kubetriage.domain.alert_formats.bare import is_single_alert, single_alert
from kubetriage.domain.alert_formats.fields import Fields, kind_of
from kubetriage.domain.alert_formats.labelled import aware
from kubetriage.domain.alert_formats.message import is_message, message
from kubetriage.domain.alert_formats.parsed import AlertGroup, ParsedAlerts
from kubetriage.domain.alert_formats.text import text_alerts
from kubetriage.domain.alert_formats.wrapped import is_wrapped, unwrapped
from kubetriage.domain.errors import BadAlert
from kubetriage.domain.redaction import redact_object, redact_text

MAX_ENVELOPES = 8
"""Lists within lists and envelopes within envelopes that are opened."""

Reader = Callable[..., ParsedAlerts]


def _one(fields: Fields, *, received_at: datetime) -> ParsedAlerts:
    alert = single_alert(fields, received_at=received_at)
    return ParsedAlerts(alerts=(alert,), source=alert.source)


_FORMATS: tuple[tuple[Callable[[Fields], bool], Reader], ...] = (
    (tencent.is_callback, tencent.callback),
    (prometheusalert.is_stock, prometheusalert.stock),
    (prometheus.is_answer, prometheus.answered_alerts),
    (grafana.is_unified, grafana.unified),
    (volcengine.is_volcengine, partial(webhook, source=volcengine.SOURCE)),
    (aliyun.is_aliyun, partial(webhook, source=aliyun.SOURCE)),
    (lambda fields: "alerts" in fields.value, webhook),
    (grafana.is_legacy, grafana.legacy),
    (is_single_alert, _one),
)
"""The first whose shape fits reads the object; the order is from the most to the least particular."""


def alerts_from(document: Any, *, received_at: datetime) -> ParsedAlerts:
    """The alerts of a decoded body: JSON values, or a text when the body was neither JSON nor YAML.

    `received_at` decides whether an `endsAt` lies in the past, for sources that give no status. Accepted are
    the formats of this package, lists of them, and n8n's envelope around them. Raises BadAlert, in one line
    that names the field, for anything else; never another error. Secrets in what alerts say are masked here:
    nobody sees them later; fingerprints are those of the labels as they came.
    """
    parsed = _read(document, aware(received_at), "", 0)
    return parsed.model_copy(update={"alerts": tuple(_redacted(alert) for alert in parsed.alerts)})


def _redacted(alert: Alert) -> Alert:
    said = {
        "name": redact_text(alert.name),
        "labels": redact_object(alert.labels),
        "annotations": redact_object(alert.annotations),
        "generator_url": redact_text(alert.generator_url),
        "extra": redact_object(alert.extra),
    }
    return alert.model_copy(update=said)


def has_alert_shape(document: Any) -> bool:
    """Whether a document is of an accepted shape, whatever is in it; False for text.

    Tells a YAML mapping that is an alert from a message that merely has colons in it.
    """
    if isinstance(document, list):
        return bool(document) and all(has_alert_shape(item) for item in document)
    if not isinstance(document, Mapping):
        return False
    fields = Fields(document)
    return is_wrapped(fields) or any(fits(fields) for fits, _ in _FORMATS)


def _read(document: Any, received_at: datetime, path: str, depth: int) -> ParsedAlerts:
    if depth > MAX_ENVELOPES:
        raise BadAlert(f"The alert is wrapped in more than {MAX_ENVELOPES} lists or envelopes.")
    if isinstance(document, str):
        return text_alerts(document, received_at=received_at)
    if isinstance(document, list | tuple):
        return _read_list(document, received_at, path, depth)
    if not isinstance(document, Mapping):
        where = path or "The alert body"
        raise BadAlert(f"{where} must be an object, a list or text, not {kind_of(document)}.")
    fields = Fields(document, path)
    if is_wrapped(fields):
        return _read(unwrapped(fields), received_at, fields.at("body"), depth + 1)
    for fits, read in _FORMATS:
        if fits(fields):
            return read(fields, received_at=received_at)
    if is_message(fields):  # not among the formats: text with colons is YAML of this shape
        return message(fields, received_at=received_at)
    raise BadAlert(_unknown(fields))


def _read_list(items: Sequence[Any], received_at: datetime, path: str, depth: int) -> ParsedAlerts:
    if not items:
        raise BadAlert("The list holds no alerts." if not path else f"{path} holds no alerts.")
    parts = []
    for number, item in enumerate(items):
        if isinstance(item, str):
            raise BadAlert(f"{path}[{number}] must be an object, not text.")
        parts.append(_read(item, received_at, f"{path}[{number}]", depth + 1))
    if len(parts) == 1:
        return parts[0]
    groups: list[AlertGroup] = [part.group for part in parts if part.group]
    sources = {part.source for part in parts}
    return ParsedAlerts(
        alerts=tuple(alert for part in parts for alert in part.alerts),
        truncated=sum(part.truncated for part in parts),
        group=groups[0] if len(groups) == 1 else None,
        source=sources.pop() if len(sources) == 1 else "mixed",
    )


def _unknown(fields: Fields) -> str:
    where = fields.path or "The body"
    kind = fields.value.get("kind")
    if "apiVersion" in fields.value and isinstance(kind, str):
        return f"{where} is a Kubernetes object ({' '.join(kind.split())[:60]}), not an alert."
    return f"{where} is not an alert: it has neither labels nor alerts."
