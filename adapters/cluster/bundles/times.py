"""When a bundle was made: nothing says it outright but a must-gather's `timestamp`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.snapshot.check import times_in
from kubetriage.adapters.cluster.snapshot.scope import parse_time

GATHERING = timedelta(hours=6)
"""How long after its first stamp a must-gather may still have read objects."""
HEARTBEAT = timedelta(minutes=10)
"""How far the newest time in the objects may be behind: a kubelet writes its node's status every five."""
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([-+])(\d\d)(\d\d)")
"""Go's `time.Time` as it prints itself."""
EARLIEST = datetime(2014, 6, 1, tzinfo=UTC)
"""Before there was a Kubernetes: the time that files have in archives made to be the same each time."""
_LEASE = ("acquireTime", "renewTime")


class Taken(NamedTuple):
    """The time of the snapshot."""

    at: datetime
    why: str
    """Where it comes from, for people: completes `as of …`."""


def taken(stamps: list[datetime], newest: datetime | None, written: datetime | None) -> Taken | None:
    """When the objects were read, as well as the bundle tells; None if it doesn't at all.

    `written` is when its files were, which copying may have changed: it is believed only where it fits.
    """
    if stamps:
        begun = min(stamps)
        if newest is not None and begun < newest <= begun + GATHERING:
            return Taken(newest, "the newest time in its objects, after the bundle's timestamp")
        return Taken(begun, "the bundle's timestamp")
    if newest is not None:
        if written is not None and newest <= written <= newest + HEARTBEAT:
            return Taken(written, "when its files were written")
        return Taken(newest, "the newest time in its objects")
    if written is None or written < EARLIEST:
        return None
    return Taken(written, "when its files were written")


def stamps_in(text: str) -> Iterator[datetime]:
    """The times of a `timestamp` file, in UTC."""
    for day, time, sign, hours, minutes in _STAMP.findall(text):
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        if offset >= timedelta(hours=24):
            continue
        try:
            local = datetime.fromisoformat(f"{day}T{time}")
            yield local.replace(tzinfo=timezone(offset if sign == "+" else -offset)).astimezone(UTC)
        except (ValueError, OverflowError):
            continue


def newest_in(obj: dict[str, Any]) -> datetime | None:
    """The latest time that an object says something happened at."""
    found = [time for _, text in times_in(obj) if (time := parse_time(text)) is not None]
    spec = obj.get("spec")
    if obj.get("kind") == "Lease" and isinstance(spec, dict):
        found += [time for key in _LEASE if (time := parse_time(str(spec.get(key) or ""))) is not None]
    return max(found, default=None)
