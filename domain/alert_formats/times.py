"""Times as alert sources write them → UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

from kubetriage.domain.alert_formats.fields import Fields, kind_of, whole_text
from kubetriage.domain.errors import BadAlert

CHINA = timezone(timedelta(hours=8), "+08:00")

_TIME = re.compile(
    r"(?P<date>\d{4}[-/]\d\d[-/]\d\d)[Tt ](?P<clock>\d\d:\d\d(:\d\d)?)([.,](?P<fraction>\d+))?"
    r"\s*(?P<zone>Z|z|[+-]\d\d:?(\d\d)?)?(\s+[A-Z]{3,5})?(\s+m=[+-][\d.]+)?"
)
"""RFC 3339, the same with a space, and what Go's `time.Time` prints."""

_EPOCH_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6))
"""Below which number an epoch is in seconds, milliseconds, microseconds; above all, in nanoseconds."""


class Moment(NamedTuple):
    at: datetime | None
    """UTC; None for the zero time, for no time, and for text that isn't a time."""
    note: str = ""
    """What had to be assumed, empty if nothing: goes into the alert's `extra`."""


NONE = Moment(None)


def moment(fields: Fields, *names: str, zone: timezone = UTC) -> Moment:
    """The time in the first of these fields that has one; `zone` is for times that name none.

    Year 1 is Go's zero time and means none; so does epoch 0. Raises BadAlert for a list or an object.
    """
    for name in names:
        value: Any = fields.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise BadAlert(f"{fields.at(name)} must be a time, not {kind_of(value)}.")
        found = _from_text(whole_text(value), zone) if isinstance(value, str) else _from_epoch(value)
        return Moment(found.at, f"{name}: {found.note}" if found.note else "")
    return NONE


def _from_text(text: str, zone: timezone) -> Moment:
    text = text.strip()
    match = _TIME.fullmatch(text)
    if match is None:
        if text.isdecimal() and len(text) < 20:
            return _from_epoch(float(text))
        return Moment(None, f"not a time: {text[:80]}")
    fraction = (match["fraction"] or "")[:6]
    written = match["date"].replace("/", "-") + "T" + match["clock"]
    if fraction:
        written += f".{fraction:0<6}"
    try:
        at = datetime.fromisoformat(written)
        if at.year <= 1:
            return NONE
        if match["zone"]:
            offset = match["zone"].upper().replace("Z", "+00:00")
            return Moment(datetime.fromisoformat(at.isoformat() + offset).astimezone(UTC))
        return Moment(at.replace(tzinfo=zone).astimezone(UTC), f"no time zone given, read as {_shown(zone)}")
    except (ValueError, OverflowError):  # a 13th month, the year 9999 in a zone west of Greenwich
        return Moment(None, f"not a time: {text[:80]}")


def _from_epoch(number: float) -> Moment:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size."""
    if not number > 0:
        return NONE
    per_second = next((unit for below, unit in _EPOCH_UNITS if number < below), 1e9)
    try:
        return Moment(datetime.fromtimestamp(number / per_second, UTC))
    except (ValueError, OverflowError, OSError):
        return Moment(None, "not a time: a number out of range")


def _shown(zone: timezone) -> str:
    return "UTC" if zone is UTC else str(zone)
