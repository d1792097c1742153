"""What a kubelet measured of a claim's volume."""

from __future__ import annotations

from typing import NamedTuple

from kubetriage.domain.resource import Resource
from kubetriage.domain.samples import Samples, written
from kubetriage.domain.view import ClusterView

PREFIX = "kubelet_volume_stats_"
"""What the names of its metrics begin with."""


class Filling(NamedTuple):
    """What is short in a volume."""

    free: float
    """Per cent."""
    inodes: bool
    used: str
    whole: str
    capacity: float
    """Bytes; 0 if not known."""
    cite: str


def filling_of(view: ClusterView, claim: Resource) -> Filling | None:
    """The scarcer of room and inodes, None if it was not measured."""
    seen = view.samples("volume", claim)
    if seen is None:
        return None
    capacity = _one(seen, "capacity_bytes")
    room = _filling(seen, _one(seen, "available_bytes"), capacity, _one(seen, "used_bytes"), inodes=False)
    every, taken = _one(seen, "inodes"), _one(seen, "inodes_used")
    files = _filling(seen, every - taken, every, taken, inodes=True)
    found = [one._replace(capacity=max(capacity, 0.0)) for one in (room, files) if one is not None]
    return min(found, key=lambda one: one.free, default=None)


def _one(seen: Samples, name: str) -> float:
    """The value of one of kubelet's metrics, NaN without it."""
    values = [s.value for s in seen.series if s.name == PREFIX + name]
    return values[0] if values else float("nan")


def _filling(seen: Samples, left: float, whole: float, used: float, *, inodes: bool) -> Filling | None:
    if not (whole > 0 and 0 <= left <= whole and used >= 0):  # NaN fails every comparison
        return None
    unit = "" if inodes else "bytes"
    return Filling(100 * left / whole, inodes, written(used, unit), written(whole, unit), 0.0, seen.cite)
