"""How far a workload is from what it should be, read from its status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kubetriage.domain.finding import Finding, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.rules.grouping import in_focus
from kubetriage.domain.rules.phrases import fit, say
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView


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


_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")


def workloads(view: ClusterView) -> Iterator[Obj]:
    """The workloads in focus; a ReplicaSet only if no Deployment speaks for it."""
    for kind in _KINDS:
        for found in view.objects(kind):
            if kind == "ReplicaSet" and found.controller is not None:
                continue
            if in_focus(view, found.ref) and found.deleted is None:
                yield found


def exact_cause(
    found: Obj, rule: str, category: str, statement: Text, *remedies: Remedy, quotes: tuple[str, ...] = ()
) -> Finding:
    """A cause that stands in the workload's own spec."""
    return Finding(
        rule=f"rollout.{rule}",
        category=category,
        role=Role.CAUSE,
        subject=found.ref,
        culprit=found.ref,
        statement=fit(statement),
        specificity=Specificity.EXACT,
        cites=(found.cite,),
        quotes=quotable(*quotes),
        remedies=remedies,
    )
