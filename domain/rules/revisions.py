"""The revisions of a workload's pod template: a Deployment's ReplicaSets, the others' ControllerRevisions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from kubetriage.domain.dependence import behind
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.grouping import per_view
from kubetriage.domain.rules.remedies import revision
from kubetriage.domain.rules.rollout_state import count, workloads
from kubetriage.domain.template_diff import RESTARTED, Difference, template_differences
from kubetriage.domain.view import ClusterView

KINDS = ("Deployment", "StatefulSet", "DaemonSet")
MAX_WORKLOADS = 4
"""Workloads whose changes are told: the alert's own first."""


class Revision(NamedTuple):
    """One state that a workload's pod template was in."""

    number: int
    """The newest has the highest; going back gives the old state a new number."""
    object: Obj
    """The ReplicaSet or ControllerRevision that keeps it."""
    template: dict[str, Any]

    @property
    def created(self) -> datetime | None:
        """When the template first had this state."""
        return self.object.created

    @property
    def former(self) -> list[str]:
        """The numbers that the same template had before it was set again."""
        history = self.object.annotations.get("deployment.kubernetes.io/revision-history", "")
        return [number for number in history.split(",") if number.isdigit()]


class Rollout(NamedTuple):
    """The step from one revision to the next."""

    before: Revision
    after: Revision

    @property
    def back(self) -> bool:
        """Whether it went back to a state that is older than the one before."""
        left, right = self.before.created, self.after.created
        return left is not None and right is not None and right < left

    def differences(self) -> list[Difference]:
        return template_differences(self.before.template, self.after.template)


def revisions(view: ClusterView, workload: Resource) -> list[Revision]:
    """The revisions of a workload that were read, newest first."""
    if workload.kind == "Deployment":
        sets = view.owned(workload, "ReplicaSet")
        found = [Revision(revision(s), s, s.mapping("spec", "template")) for s in sets]
    else:
        kept = [r for r in view.objects("ControllerRevision", workload.namespace) if r.controller == workload]
        found = [Revision(r.number("revision"), r, r.mapping("data", "spec", "template")) for r in kept]
    found = [r for r in found if r.number and r.template]
    return sorted(found, key=lambda r: (-r.number, r.object.name))


def rollouts(view: ClusterView, workload: Resource) -> list[Rollout]:
    """The steps between the revisions that were read, newest first.

    Going back moves a revision to the top, so that its former place is lost: the steps before that one are
    told from what is left.
    """
    found = revisions(view, workload)
    return [Rollout(before, after) for after, before in pairwise(found)]


def rolled_out(view: ClusterView, workload: Resource, step: Rollout) -> datetime | None:
    """When a step was made: as its revision was created, or, where that one is older, as its ReplicaSet was
    scaled up again."""
    if not step.back and not step.after.former:
        return step.after.created
    events = view.events(workload, "ScalingReplicaSet")
    ups = [e for e in events if f"up replica set {step.after.object.name} " in f"{e.message} "]
    first = step.before.created
    if step.back:
        return min((e.first for e in ups if e.first and first and e.first > first), default=None)
    return max((e.last for e in ups if e.last), default=None)


def restarted_only(differences: list[Difference]) -> bool:
    """Whether a template differs only by the mark of `kubectl rollout restart`."""
    return bool(differences) and all(d.path == RESTARTED for d in differences)


# ---- whose changes are told


@per_view
def changing(view: ClusterView) -> list[Obj]:
    """The alert's workload, those behind its object, and others in focus that miss pods or want none."""
    found: dict[Resource, Obj] = {}
    for ref in _candidates(view):
        obj = view.find(ref)
        if obj is not None and obj.ref.kind in KINDS:
            found.setdefault(obj.ref, obj)
        if len(found) == MAX_WORKLOADS:
            break
    return list(found.values())


def _candidates(view: ClusterView) -> Iterator[Resource]:
    primary = view.primary
    if primary is not None:
        yield view.workload(primary)
        target = view.find(primary)
        if target is not None and primary.kind not in ("Pod", "Node", *KINDS):
            for pod in behind(view, primary):
                yield view.workload(pod.ref)
    for obj in workloads(view):
        idle = obj.at("spec", "replicas") == 0
        if obj.ref.kind in KINDS and view.looked_at(obj.ref) and (idle or count(obj).short):
            yield obj.ref


def is_own(view: ClusterView, workload: Resource) -> bool:
    """Whether it is the alert's workload."""
    return view.primary is not None and view.workload(view.primary) == workload
