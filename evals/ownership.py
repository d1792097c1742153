"""Which objects are the same answer: a workload and what it owns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from kubetriage.adapters.cluster.snapshot.manifests import objects
from kubetriage.adapters.cluster.snapshot.store import object_files
from kubetriage.domain.resource import WORKLOADS

Place = tuple[str, str, str]
"""(kind, namespace, name)"""

_HASH, _END = "[a-z0-9]{5,10}", "[a-z0-9]{5}"
_NAMES: dict[tuple[str, str], str] = {
    ("Deployment", "ReplicaSet"): f"-{_HASH}",
    ("Deployment", "Pod"): f"-{_HASH}-{_END}",
    ("ReplicaSet", "Pod"): f"-{_END}",
    ("StatefulSet", "Pod"): r"-\d+",
    ("DaemonSet", "Pod"): f"-{_END}",
    ("Job", "Pod"): f"-{_END}",
    ("CronJob", "Job"): r"-\d+",
    ("CronJob", "Pod"): rf"-\d+-{_END}",
}
"""How what a workload owns is named after it, by the kinds of owner and owned."""


class Ownership(NamedTuple):
    """Who owns whom in a snapshot, as far as workloads go."""

    owners: dict[Place, Place | None]
    """Every object, with the workload that controls it if there is one."""

    def same(self, one: Place, other: Place) -> bool:
        """Whether both are one object, or one workload and what it owns.

        Decided by owner references; by names where one of the two is not in the snapshot.
        """
        if self._top(one) == self._top(other):
            return True
        if one in self.owners and other in self.owners:
            return False
        return _named_after(one, other) or _named_after(other, one)

    def _top(self, place: Place) -> Place:
        seen = set()
        while (owner := self.owners.get(place)) and place not in seen:
            seen.add(place)
            place = owner
        return place


NOTHING_KNOWN = Ownership({})
"""No snapshot: names alone decide."""


def _named_after(owner: Place, owned: Place) -> bool:
    end = _NAMES.get((owner[0], owned[0]))
    return bool(end and owner[1] == owned[1] and re.fullmatch(re.escape(owner[2]) + end, owned[2]))


def read_ownership(snapshot: Path) -> Ownership:
    """The ownership in a snapshot folder. Raises `BadSnapshot`."""
    owners: dict[Place, Place | None] = {}
    for file in object_files(snapshot):
        for obj, _ in objects(file):
            meta = obj["metadata"]
            namespace = meta.get("namespace", "")
            above = [
                (one["kind"], namespace, one["name"])
                for one in meta.get("ownerReferences", [])
                if one.get("controller") and one["kind"] in WORKLOADS
            ]
            owners[(obj["kind"], namespace, meta["name"])] = above[0] if above else None
    return Ownership(owners)
