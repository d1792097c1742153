"""A node that runs as many pods as its kubelet takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.relations.node import pods_on
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.alert_words import POD_CAPACITY, speaks_of
from kubetriage.domain.rules.listing import list_on_node
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.scheduling_fit import allocatable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

NEARLY = 0.95
"""Share of its places from which a kubelet counts as full: that of KubeletTooManyPods."""
ENDED = ("Succeeded", "Failed")


def full(view: ClusterView) -> Iterator[Finding]:
    """The alert's node has no place, or hardly one, for a further pod.

    That is the cause where the alert speaks of it, and else what the next pod will meet.
    """
    node = view.find(view.primary)
    if node is None or node.ref.kind != "Node":
        return
    seen = view.observation(pods_on(node.name))
    places = int(allocatable(node, "pods"))
    if seen is None or not seen.found or places <= 0:
        return
    living = [p for p in view.pods_on(node.name) if p.text("status", "phase") not in ENDED]
    if len(living) < NEARLY * places:
        return
    asked = speaks_of(view, POD_CAPACITY)
    yield Finding(
        rule="node.full",
        category="node-pod-capacity",
        role=Role.CAUSE if asked else Role.RISK,
        subject=node.ref,
        culprit=node.ref,
        statement=say(
            "Node {n} runs {c} pods of the {p} that its kubelet takes: {room}.",
            "节点 {n} 上已运行 {c} 个 Pod，而 kubelet 最多接受 {p} 个：{room}。",
            n=node.name,
            c=len(living),
            p=places,
            room=Text(en="no further pod fits", zh="无法再放置 Pod")
            if len(living) >= places
            else Text(en="it is nearly full", zh="几乎已满"),
        ),
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        cites=(node.cite, seen.read.key),
        quotes=(str(places),),
        remedies=_remedies(view, node),
    )


def _remedies(view: ClusterView, node: Obj) -> tuple[Remedy, ...]:
    spread = remedies.change(
        say("Move pods off node {n}, or add a node", "把部分 Pod 迁离节点 {n}，或增加节点", n=node.name),
        Text(
            en="Requests steer pods to nodes with room; a higher maxPods of the kubelet needs as many "
            "pod addresses, and cloud networks bound those by the machine's size.",
            zh="合理的 requests 会把 Pod 引向有余量的节点；调大 kubelet 的 maxPods 需要同样多的 Pod 地址，"
            "云网络按机型限制地址数。",
        ),
        remedies.mutate(f"kubectl cordon {node.name}"),
    )
    look = remedies.check(
        say("See what runs on node {n}", "查看节点 {n} 上的 Pod", n=node.name),
        Text(en="Completed pods do not count; many small ones may be packed.",
             zh="已结束的 Pod 不计入；大量小 Pod 可以合并。"),
        remedies.describe(node.ref),
        *list_on_node(view, node.name),
    )  # fmt: skip
    return (spread, look)


RULES: tuple[Rule, ...] = (full,)
