"""The scenario's clock: spans written as `1h30m` before the time of the snapshot."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_PART = re.compile(r"(\d+)([dhms])")
_UNIT = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def span(text: str) -> timedelta:
    """The length of `2d`, `1h30m`, `45s`, …; raises ValueError for anything else."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a span such as 2d, 1h30m or 45s")
    return sum((timedelta(**{_UNIT[unit]: int(number)}) for number, unit in parts), timedelta())


class Clock:
    """Times relative to one moment, in the API's RFC 3339 form (UTC, whole seconds)."""

    def __init__(self, now: str) -> None:
        self.now = datetime.fromisoformat(now.replace("Z", "+00:00")).astimezone(UTC)

    def moment(self, ago: str, later: str = "") -> datetime:
        """The moment `ago` before now, moved `later` towards now."""
        return self.now - span(ago) + (span(later) if later else timedelta())

    def ago(self, ago: str, later: str = "") -> str:
        """That moment as metav1.Time writes it."""
        return self.moment(ago, later).strftime("%Y-%m-%dT%H:%M:%SZ")

    def ago_micro(self, ago: str) -> str:
        """That moment as metav1.MicroTime writes it: six digits, here derived from the moment."""
        moment = self.moment(ago)
        return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{int(moment.timestamp()) * 7919 % 1_000_000:06d}Z"

    def __str__(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
