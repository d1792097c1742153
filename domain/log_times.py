"""The time that a log line carries, in the forms that loggers and servers write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from kubetriage.domain.kube import when

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"(?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
_ISO = re.compile(r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d)\b)?")
_OTHERS = tuple(
    re.compile(pattern)
    for pattern in (
        # access logs, redis:
        rf"\b(?P<day>\d\d)[/ ]{_MONTH}[/ ](?P<year>\d{{4}})[: ]{_CLOCK}(?: (?P<zone>[+-]\d{{4}}))?",
        rf"\b{_MONTH} (?P<day>[ \d]\d),? (?:(?P<year>\d{{4}}) )?{_CLOCK}",  # syslog
        rf"^[EWIF](?P<number>\d\d)(?P<day>\d\d) {_CLOCK}",  # klog
    )
)
_REACH = 100
"""Characters of a line within which its time stands."""
_EARLIEST, _LATEST = 10**9, 4 * 10**9
"""Seconds since 1970 that a number may mean: from 2001 to 2096."""


def time_in(line: str, now: datetime | None = None) -> datetime | None:
    """The time near the beginning of a line, UTC where it names no zone.

    Some forms carry no year: it is taken so that the time lies nearest before `now`, and without `now` such a
    line has no time.
    """
    head = line[:_REACH]
    found = _ISO.search(head)
    if found is not None:
        text = found[0].replace(",", ".").replace("/", "-")
        return when(text[:10] + "T" + text[11:].replace(" ", ""))
    if ":" not in head:
        return None
    for pattern in _OTHERS:
        other = pattern.search(head)
        if other is not None:
            return _composed(other.groupdict(), now)
    return None


def _composed(parts: dict[str, str | None], now: datetime | None) -> datetime | None:
    month = int(parts["number"] or 0) if "number" in parts else _MONTHS.index(str(parts["month"]).lower()) + 1
    year = parts.get("year")
    if year is None and now is None:
        return None
    zone = parts.get("zone")
    try:
        clock = datetime.strptime(str(parts["clock"]), "%H:%M:%S")
        made = datetime(
            int(year) if year is not None else now.year if now is not None else 1970, month,
            int(str(parts["day"])), clock.hour, clock.minute, clock.second, tzinfo=UTC,
        )  # fmt: skip
        if year is None and now is not None and made > now + timedelta(days=1):
            made = made.replace(year=made.year - 1)
    except ValueError:
        return None
    micro = int((parts.get("fraction") or "0")[:6].ljust(6, "0"))
    if zone:
        sign = -1 if zone[0] == "-" else 1
        made -= sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    return made.replace(microsecond=micro)


def time_of(value: Any, now: datetime | None = None) -> datetime | None:
    """The time that a field of a JSON line holds: text, or seconds, milli- or nanoseconds since 1970."""
    if isinstance(value, dict):
        value = value.get("$date") or value.get("epochSecond") or value.get("seconds")
    if isinstance(value, str):
        return when(value) or time_in(value, now)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    for unit in (1, 10**3, 10**6, 10**9):
        if _EARLIEST <= value / unit <= _LATEST:
            return datetime.fromtimestamp(value / unit, UTC)
    return None
