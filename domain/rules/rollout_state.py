"""How far a workload is from what it should be, read from its status."""

from __future__ import annotations

from typing import NamedTuple

from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import say


class Count(NamedTuple):
    """Pods of a workload: how many there should be, exist, are up to date, ready and available."""

    want: int
    exist: int
    updated: int
    ready: int
    available: int

    @property
    def short(self) -> bool:
        return self.ready < self.want or self.available < self.want

    @property
    def stale(self) -> bool:
        """Pods of an older revision are still counted on."""
        return self.updated < self.want


def count(found: Obj) -> Count:
    if found.ref.kind == "DaemonSet":
        return Count(
            found.number("status", "desiredNumberScheduled"),
            found.number("status", "currentNumberScheduled"),
            found.number("status", "updatedNumberScheduled"),
            found.number("status", "numberReady"),
            found.number("status", "numberAvailable"),
        )
    want = found.number("spec", "replicas", default=1)
    ready = found.number("status", "readyReplicas")
    # StatefulSets count availability since 1.22 only; ReplicaSets have no revision of their own
    available = found.number("status", "availableReplicas", default=ready)
    updated = found.number("status", "updatedReplicas") if found.ref.kind != "ReplicaSet" else want
    if found.ref.kind == "StatefulSet" and found.text("status", "currentRevision") == found.text(
        "status", "updateRevision"
    ):
        updated = found.number("status", "replicas")
    return Count(want, found.number("status", "replicas"), updated, ready, available)


def stalled(found: Obj) -> bool:
    """Whether the controller has not seen the latest spec."""
    seen = found.at("status", "observedGeneration")
    made = found.at("metadata", "generation")
    return isinstance(seen, int) and isinstance(made, int) and seen < made


def words(found: Obj, now: Count) -> Text:
    """`Deployment web has 1 of 3 pods ready`."""
    return say(
        "{k} {n} has {r} of {w} pods ready", "{k} {n} 应有 {w} 个 Pod，就绪 {r} 个",
        k=found.ref.kind, n=found.name, r=now.ready, w=now.want,
    )  # fmt: skip
