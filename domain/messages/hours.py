"""Hours of the week, as people write them: `mon-fri 09:00-18:00`, `22:00-08:00`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(?:(?P<days>[a-z]{3}(?:[-,][a-z]{3})*)\s+)?(?P<from>\d\d?:\d\d)-(?P<to>\d\d?:\d\d)")


class Hours(NamedTuple):
    """A span of each of the days; one that ends before it begins lasts into the next day."""

    days: frozenset[int]
    """0 is Monday: the days on which it begins."""
    begin: time
    end: time

    def end_of(self, at: datetime, zone: tzinfo) -> datetime | None:
        """When the span that holds this time ends, in UTC; None if none holds it."""
        local = at.astimezone(zone)
        for back in (0, 1):
            day = (local - timedelta(days=back)).date()
            if day.weekday() not in self.days:
                continue
            begin = datetime.combine(day, self.begin, zone)
            last = day + timedelta(days=1) if self.end <= self.begin else day
            end = datetime.combine(last, self.end, zone)
            if begin <= local < end:
                return end.astimezone(UTC)
        return None


def hours(words: str) -> Hours:
    """Raises `ValueError` with an example for anything else."""
    match = _SPAN.fullmatch(words.strip().lower())
    if match is None:
        raise ValueError(f"{words!r} is not like 22:00-08:00 or mon-fri 09:00-18:00")
    try:
        begin, end = (_time(match[part]) for part in ("from", "to"))
        return Hours(_days(match["days"] or "mon-sun"), begin, end)
    except ValueError:
        raise ValueError(f"{words!r} is not like 22:00-08:00 or mon-fri 09:00-18:00") from None


def zone_name(name: str) -> str:
    """The name of a time zone, or nothing; raises `ValueError` for any other word."""
    if name:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no time zone {name}") from None
    return name


def _time(words: str) -> time:
    hour, minute = words.split(":")
    return time(0) if words == "24:00" else time(int(hour), int(minute))


def _days(words: str) -> frozenset[int]:
    found: set[int] = set()
    for part in words.split(","):
        first, _, last = part.partition("-")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return frozenset(found)
