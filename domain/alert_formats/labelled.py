"""One alert in Prometheus' own shape, which most sources share: labels, annotations, startsAt, endsAt."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kubetriage.domain.alert import Alert, AlertStatus
from kubetriage.domain.alert_formats.fields import Fields, json_value, kind_of, whole_text
from kubetriage.domain.alert_formats.severity import severity_of
from kubetriage.domain.alert_formats.times import Moment, moment
from kubetriage.domain.errors import BadAlert
from kubetriage.domain.fingerprint import fingerprint, is_fingerprint

_KNOWN = (
    "labels",
    "annotations",
    "status",
    "startsAt",
    "starts_at",
    "endsAt",
    "ends_at",
    "activeAt",
    "generatorURL",
    "fingerprint",
)
_FIRING = frozenset(
    [
        "firing",
        "active",
        "alerting",
        "alert",
        "alarm",
        "problem",
        "triggered",
        "suppressed",
        "unprocessed",
        "pending",
    ]
)
_RESOLVED = frozenset(["resolved", "resolve", "ok", "normal", "recovered", "recovery", "inactive", "closed"])
UNNAMED = "unnamed alert"
MAX_CHARACTERS = 32_768
"""Of one annotation, and of a text alert."""

MAX_EXTRA = 65_536
"""Characters of JSON that an alert's extra fields may have together."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TITLE_LABELS = ("rule_name", "rulename", "alert_name", "alert_rule_name", "ruleName", "alertName", "title")
_TITLE_ANNOTATIONS = ("title", "alert_name", "rule_name", "summary", "description", "message")


def labelled_alert(
    fields: Fields, *, source: str, received_at: datetime, group_status: str = "", title: str = ""
) -> Alert:
    """An object with `labels` as an alert.

    Firing or resolved is said by its own `status`, else by `endsAt` (Prometheus posts a time in the
    future while the alert fires), else by the group. An Alertmanager's stored alert (`status` is an object)
    fires: its `endsAt` is only when it would expire unheard of. Raises BadAlert that names the field.
    """
    labels = fields.labels("labels")
    if not labels:
        raise BadAlert(f"{fields.path or 'The alert'} has no labels, so nothing says what it is about.")
    annotations = fields.annotations("annotations")
    starts = moment(fields, "startsAt", "starts_at", "activeAt")
    ends = moment(fields, "endsAt", "ends_at")
    status, word = _status(fields, ends.at, group_status, received_at)
    extra = fields.rest(*_KNOWN)
    if word:
        extra["status"] = word
    return assembled(
        name=title or title_of(labels, annotations, fields.text("name", "title")),
        status=status,
        labels=labels,
        annotations=annotations,
        starts=starts,
        ends=ends,
        given_fingerprint=fields.text("fingerprint"),
        generator_url=fields.text("generatorURL"),
        source=source,
        extra=extra,
    )


def assembled(
    *,
    name: str,
    status: AlertStatus,
    labels: dict[str, str],
    annotations: dict[str, str],
    starts: Moment,
    ends: Moment,
    source: str,
    extra: dict[str, Any],
    given_fingerprint: str = "",
    generator_url: str = "",
) -> Alert:
    """The alert, with its fingerprint computed where the source gave none in Alertmanager's form."""
    if given_fingerprint and not is_fingerprint(given_fingerprint):
        extra = {**extra, "fingerprint": given_fingerprint}
        given_fingerprint = ""
    notes = [note for note in (starts.note, ends.note) if note]
    annotations, extra = _bounded(annotations, extra)
    if notes:
        extra = {**extra, "time_notes": notes}
    return Alert(
        name=name,
        status=status,
        severity=severity_of(labels),
        labels=labels,
        annotations=annotations,
        starts_at=starts.at,
        ends_at=ends.at if status is AlertStatus.RESOLVED else None,
        fingerprint=given_fingerprint or fingerprint(labels),
        generator_url=generator_url,
        source=source,
        extra=extra,
    )


def _bounded(annotations: dict[str, str], extra: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Annotations and extra fields of a size that can be carried along; what was cut is said in `cut`."""
    cut = [name for name, text in annotations.items() if len(text) > MAX_CHARACTERS]
    kept = dict(extra)
    room = MAX_EXTRA
    for name, value in extra.items():
        size = len(json.dumps(value))
        if size > room:
            cut.append(name)
            del kept[name]
        else:
            room -= size
    if not cut:
        return annotations, extra
    short = {name: text[:MAX_CHARACTERS] for name, text in annotations.items()}
    return short, {**kept, "cut": sorted(cut)}


def title_of(labels: Mapping[str, str], annotations: Mapping[str, str], *titles: str) -> str:
    """The alertname, or, where a source puts a rule's id or nothing there, the next best name; one line."""
    name = labels.get("alertname", "")
    if name and not _UUID.fullmatch(name):
        return one_line(name)
    candidates = [
        *titles,
        *(labels.get(label, "") for label in _TITLE_LABELS),
        *(annotations.get(annotation, "") for annotation in _TITLE_ANNOTATIONS),
        labels.get("__name__", ""),
        name,
    ]
    return next((one_line(c) for c in candidates if c.strip() and not _UUID.fullmatch(c)), name or UNNAMED)


def one_line(text: str, limit: int = 200) -> str:
    """The first line that has letters, cut at `limit` characters."""
    line = next((" ".join(line.split()) for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def status_of(word: str) -> AlertStatus | None:
    """What a source's word for the state means; None for a word we don't know."""
    word = word.strip().lower()
    if word in _RESOLVED:
        return AlertStatus.RESOLVED
    return AlertStatus.FIRING if word in _FIRING else None


def aware(at: datetime) -> datetime:
    """The time with a zone; UTC when it has none."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _status(
    fields: Fields, ends_at: datetime | None, group_status: str, received_at: datetime
) -> tuple[AlertStatus, Any]:
    """The status, and what of the source's own status is worth keeping."""
    given = fields.get("status")
    if isinstance(given, Mapping):
        return AlertStatus.FIRING, json_value(given)
    if given is not None and not isinstance(given, str):
        raise BadAlert(f"{fields.at('status')} must be text, not {kind_of(given)}.")
    given = whole_text(given) if given else None
    word = given or fields.text("state")
    known = status_of(word)
    if known:
        return known, given if given and given.strip().lower() not in ("firing", "resolved") else None
    if ends_at:
        status = AlertStatus.RESOLVED if ends_at <= aware(received_at) else AlertStatus.FIRING
        return status, given
    return status_of(group_status) or AlertStatus.FIRING, given
