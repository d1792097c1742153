"""Around pods without a node: the nodes, the pods that fill them, and the scheduler."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import Relation
from kubetriage.domain.resource import WORKLOADS
from kubetriage.domain.rules.node_pools import pools_read
from kubetriage.domain.rules.scheduling_awaited import orders_read
from kubetriage.domain.rules.scheduling_beside import beside_read
from kubetriage.domain.rules.scheduling_fit import candidates, nodes, pods_read
from kubetriage.domain.rules.scheduling_gang import members_read
from kubetriage.domain.rules.scheduling_keepers import keepers_read
from kubetriage.domain.rules.scheduling_plugins import plugins_read
from kubetriage.domain.rules.scheduling_reasons import Why
from kubetriage.domain.rules.scheduling_stuck import Decision, Stuck, decide, pending, stuck
from kubetriage.domain.rules.scheduling_unjudged import preemptor
from kubetriage.domain.view import ClusterView

NODES_READ = 4
"""Nodes whose pods are read to see what room they have."""


def around_unscheduled(view: ClusterView) -> Iterator[Want]:
    """What the scheduler's reasons have to be compared with, for the pods looked at."""
    for pod in pending(view):
        if not view.looked_at(pod.ref):
            continue
        told = stuck(view, pod)
        yield from members_read(pod)
        if told is None:
            yield from _scheduler(view, pod)
            continue
        choice = decide(view, told)
        if choice.why is not Why.CLAIM:
            why = text("which nodes could take the pod", "哪些节点可以运行该 Pod")
            yield Want(read=list_of("Node"), about=pod.ref, why=why)
            yield from _room(view, told, choice)
            yield from orders_read(view, pod)
            if choice.why is Why.SELECTOR and nodes(view):
                yield from pools_read(view, pod)
            if choice.why is Why.AFFINITY:
                yield from beside_read(pod)
            yield from plugins_read(view, pod, choice)
            yield from keepers_read(view, pod, choice)


def _room(view: ClusterView, told: Stuck, choice: Decision) -> Iterator[Want]:
    for node in (*choice.ill[:2], *choice.closed[:2]):
        why = text("would take Pod {p} if it were well", "正常时可以运行 Pod {p}", p=told.pod.name)
        yield Want(read=get(node.ref), about=node.ref, why=why)
    if choice.why in (Why.RESOURCE, Why.PORTS):
        some = [*choice.closed[:2], *candidates(told.pod, nodes(view) or [])[:NODES_READ]]
        for node in some:
            why = text("how much of node {n} is taken", "节点 {n} 已被占用多少", n=node.name)
            yield Want(read=pods_read(node.name), about=told.pod.ref, why=why)


def daemon_nodes(view: ClusterView) -> Iterator[Want]:
    """The nodes to compare a DaemonSet with that runs where it should not, or nowhere."""
    for found in view.objects("DaemonSet"):
        wanted = found.number("status", "desiredNumberScheduled")
        if view.looked_at(found.ref) and (not wanted or found.number("status", "numberMisscheduled")):
            why = text(
                "on which nodes DaemonSet {n} should run", "DaemonSet {n} 应运行在哪些节点上", n=found.name
            )
            yield Want(read=list_of("Node"), about=found.ref, why=why)


def preemptions(view: ClusterView) -> Iterator[Want]:
    """Who pushed out the pod that one without room replaces."""
    for pod in pending(view):
        told = stuck(view, pod) if view.looked_at(pod.ref) else None
        if told is None or not told.verdict.of(Why.RESOURCE, Why.PODS):
            continue
        why = text("whether pods of this namespace were preempted", "该命名空间是否有 Pod 被抢占")
        yield Want(read=list_of("Event", pod.namespace, fields="reason=Preempted"), about=pod.ref, why=why)
        for event in view.events_of("Preempted"):
            taker = view.find(preemptor(view, event.message))
            owner = taker.controller if taker is not None else None
            if owner is not None and owner.kind in WORKLOADS:
                why = text("preempted a pod of {n}", "抢占了 {n} 中的 Pod", n=pod.namespace)
                yield Want(read=get(owner), about=owner, why=why)


_ON_NODE = re.compile(r"\bon node (?P<node>[\w.\-]{1,253})")


def around_preempted(view: ClusterView) -> Iterator[Want]:
    """Who took the place of the alert's pod, which the scheduler deleted: its event tells the node."""
    ref = view.primary
    if ref is None or ref.kind != "Pod" or not view.is_absent(ref):
        return
    for event in view.events(ref, "Preempted"):
        if found := _ON_NODE.search(event.message):
            why = text("which pod took its place", "哪个 Pod 占用了它的位置")
            yield Want(read=pods_read(found["node"]), about=ref, why=why)
        taker = view.find(preemptor(view, event.message))
        if taker is not None and taker.controller is not None and taker.controller.kind in WORKLOADS:
            yield Want(
                read=get(taker.controller),
                about=ref,
                why=text("which workload it is of", "它属于哪个工作负载"),
            )


def _scheduler(view: ClusterView, pod: Obj) -> Iterator[Want]:
    if pod.conditions().get("PodScheduled") is None and not pod.items("spec", "schedulingGates"):
        why = text("whether the scheduler runs", "调度器是否在运行")
        labels = "component=kube-scheduler"
        yield Want(read=list_of("Pod", "kube-system", labels=labels), about=pod.ref, why=why)


RELATIONS: tuple[Relation, ...] = (around_unscheduled, daemon_nodes, preemptions, around_preempted)
