"""What can be counted in the cluster: pods of workloads, objects of lists, nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from kubetriage.domain.claim_ground import Ground
from kubetriage.domain.claim_stems import stems
from kubetriage.domain.evidence import ReadKind
from kubetriage.domain.kube import Obj, containers, pod_ready, quantity
from kubetriage.domain.resource import WORKLOADS, Resource
from kubetriage.domain.view import ClusterView

_GOOD = frozenset({"ready", "available", "healthy", "run"})
_BAD = frozenset({"unready", "fail", "crash"})


class Fact(NamedTuple):
    """A number and what it is of."""

    value: float
    labels: frozenset[str]
    times: bool = False
    """Whether it says how often something was seen: an event, a line of a log."""


class Pair(NamedTuple):
    """So many of so many."""

    part: int
    whole: int
    labels: frozenset[str]


def of_lists(ground: Ground) -> Iterator[Fact]:
    """How many objects are cited, listed, or there at all."""
    for seen in ground.seen:
        if seen.read.verb is ReadKind.LIST:
            yield Fact(len(seen.objects), frozenset({*stems(seen.read.kind), "object"}))
    kinds = Counter(obj.ref.kind for obj in ground.objects)
    for kind, count in kinds.items():
        if kind in ("Pod", "Node", "Job", "Event", "Service"):
            yield Fact(count, frozenset(stems(kind)))
    pods = [obj for obj in ground.objects if obj.ref.kind == "Pod"]
    restarts = sum(c.restarts for pod in pods for c in containers(pod))
    if pods:
        yield Fact(restarts, frozenset({"restart", "time"}))
    for service in (obj for obj in ground.objects if obj.key[0] == "Service"):
        yield Fact(len(ground.view.pods_behind(service)), frozenset({"pod", "endpoint", "select"}))
    nodes = ground.view.objects("Node")
    if nodes and ground.view.complete_list("Node", "") is not None:
        yield Fact(len(nodes), frozenset({"node"}))


def workloads(ground: Ground) -> list[Resource]:
    """The workloads that are cited, that own what is cited, or that the alert is about."""
    view = ground.view
    found = [obj.ref for obj in ground.objects if obj.ref.kind in WORKLOADS]
    for obj in ground.objects:
        if obj.ref.kind == "Pod":
            found += view.owners(obj.ref)
    return [ref for ref in dict.fromkeys([*found, *ground.always]) if ref.kind in WORKLOADS][:20]


def of_workload(ref: Resource, view: ClusterView) -> Iterator[Fact]:
    """How many pods a workload is meant to have, has, and has ready."""
    obj, pods = view.find(ref), view.pods_of(ref)
    ready = sum(pod_ready(pod) for pod in pods)
    if obj is not None:
        yield Fact(_wanted(obj), frozenset({"pod", "want"}))
        for field, label in (("readyReplicas", "ready"), ("availableReplicas", "available")):
            yield Fact(obj.number("status", field), frozenset({"pod", label, "healthy", "run"}))
        yield Fact(obj.number("status", "replicas"), frozenset({"pod", "exist", "create"}))
    if pods:
        yield Fact(len(pods), frozenset({"pod", "exist"}))
        yield Fact(ready, frozenset({"pod", *_GOOD}))
        yield Fact(len(pods) - ready, frozenset({"pod", *_BAD}))


def _wanted(obj: Obj) -> int:
    """How many pods a workload is meant to have."""
    for path in (("spec", "replicas"), ("status", "desiredNumberScheduled"), ("spec", "completions")):
        if obj.at(*path) is not None:
            return obj.number(*path)
    return 1


def pairs_of_quotas(ground: Ground) -> Iterator[Pair]:
    """How much of each limit that is a number is used."""
    for obj in ground.objects:
        used = obj.mapping("status", "used")
        for name, hard in obj.mapping("status", "hard").items():
            most, now = quantity(hard), quantity(used.get(name))
            if most is not None and now is not None and most < 1e6:
                yield Pair(int(now), int(most), frozenset({"use", *stems(name)}))


def pairs_of_workload(ref: Resource, ground: Ground) -> Iterator[Pair]:
    """How many of a workload's pods are ready, exist, are up to date, or are cited."""
    obj, pods = ground.view.find(ref), ground.view.pods_of(ref)
    if obj is not None and ref.kind == "Job":
        for field, label in (("succeeded", "completion"), ("failed", "fail"), ("active", "active")):
            done = obj.number("status", field)
            yield Pair(done, obj.number("spec", "completions", default=1), frozenset({label}))
    elif obj is not None and ref.kind != "CronJob":
        wanted = _wanted(obj)
        ready = obj.number("status", "readyReplicas") or obj.number("status", "numberReady")
        exist = obj.number("status", "replicas", default=len(pods))
        yield Pair(ready, wanted, _GOOD)
        yield Pair(exist, wanted, frozenset({"exist", "create"}))
        if ref.kind != "ReplicaSet":
            updated = obj.number("status", "updatedReplicas") or obj.number(
                "status", "updatedNumberScheduled"
            )
            yield Pair(updated, exist, frozenset({"update"}))
            yield Pair(exist - updated, exist, frozenset({"old"}))
    if not pods:
        return
    ready = sum(pod_ready(pod) for pod in pods)
    if obj is None:
        yield Pair(ready, len(pods), _GOOD)
    yield Pair(len(pods) - ready, len(pods), _BAD)
    cited = {each.key for each in ground.objects}
    known = sum(pod.key in cited for pod in pods)
    for whole in {len(pods), _wanted(obj) if obj is not None else len(pods)} if known else ():
        yield Pair(known, whole, frozenset())
