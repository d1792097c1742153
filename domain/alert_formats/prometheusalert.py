"""PrometheusAlert's stock webhook template: a few fields of the group's first alert, its labels lost.

The template doesn't escape what it fills in, so a description with quotes makes the body broken JSON:
`stock_fields` then reads the lines one by one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.alert_formats.fields import Fields
from kubetriage.domain.alert_formats.labelled import UNNAMED, assembled, aware, one_line
from kubetriage.domain.alert_formats.parsed import ParsedAlerts
from kubetriage.domain.alert_formats.times import moment

SOURCE = "prometheusalert"

_NAMES = (
    "title",
    "prometheus-url",
    "alert-name",
    "alertmanager-url",
    "alert-level",
    "alert-start-time",
    "alert-end-time",
    "alert-instance",
    "message",
)
_NAME = "|".join(_NAMES)
_BEGIN = re.compile(rf'"(?P<name>{_NAME})"\s*:\s*"')
_END = re.compile(rf'"(?=\s*,\s*"(?:{_NAME})"\s*:)')
_LAST = re.compile(r"\s*,?\s*\}?\s*\Z")


def is_stock(fields: Fields) -> bool:
    return "alert-name" in fields.value


def stock_fields(text: str) -> dict[str, str] | None:
    """The fields of a body that is this template but not valid JSON; None for any other text."""
    if '"alert-name"' not in text:
        return None
    found = dict(_told(text))
    return found if found.get("alert-name") else None


def _told(text: str) -> Iterator[tuple[str, str]]:
    """Names and values; a value goes on to the first quote that another field, or the end, comes after.

    The ends are looked for once: a pattern for whole fields would look for them anew from each name.
    """
    last = text.rfind('"')
    ends = [each.start() for each in _END.finditer(text)]
    if last >= 0 and _LAST.match(text, last + 1):
        ends.append(last)
    begin = _BEGIN.search(text)
    while begin is not None:
        at = bisect_left(ends, begin.end())
        if at == len(ends):
            return
        yield begin["name"], text[begin.end() : ends[at]]
        begin = _BEGIN.search(text, ends[at] + 1)


def stock(fields: Fields, *, received_at: datetime) -> ParsedAlerts:
    """The one alert that is left of the group."""
    name = one_line(fields.text("alert-name", "title")) or UNNAMED
    found = {
        "alertname": name,
        "severity": fields.text("alert-level"),
        "instance": fields.text("alert-instance"),
    }
    texts = {"message": fields.text("message"), "title": fields.text("title")}
    ends = moment(fields, "alert-end-time")
    resolved = ends.at is not None and ends.at <= aware(received_at)
    alert = assembled(
        name=name,
        status=AlertStatus.RESOLVED if resolved else AlertStatus.FIRING,
        labels={key: value for key, value in found.items() if value},
        annotations={key: value for key, value in texts.items() if value},
        starts=moment(fields, "alert-start-time"),
        ends=ends,
        generator_url=fields.text("prometheus-url"),
        source=SOURCE,
        extra={
            **fields.rest(*_NAMES),
            "alertmanager-url": fields.text("alertmanager-url"),
            "lossy": "the template forwards one alert of its group, without its labels",
        },
    )
    return ParsedAlerts(alerts=(alert,), source=SOURCE)
