"""A cordoned node that a PodDisruptionBudget keeps from being drained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity, Want
from kubetriage.domain.kube import Obj, pod_ready, selects
from kubetriage.domain.language import text
from kubetriage.domain.rules.pdb import let_one_go, see_budget
from kubetriage.domain.rules.phrases import stated
from kubetriage.domain.rules.wording import listed
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_NAMESPACES = 5
"""Namespaces whose budgets are read."""
_MIRROR = "kubernetes.io/config.mirror"


def drained(view: ClusterView) -> Obj | None:
    """The alert's node if it is closed for new pods."""
    node = view.find(view.primary)
    closed = node is not None and node.ref.kind == "Node" and node.at("spec", "unschedulable") is True
    return node if closed else None


def movable(view: ClusterView, node: Obj) -> list[Obj]:
    """The pods on a node that a drain has to evict: those of DaemonSets and of its kubelet stay."""
    return [
        pod
        for pod in view.pods_on(node.name)
        if pod.text("status", "phase") not in ("Succeeded", "Failed")
        and _MIRROR not in pod.annotations
        and not ((owner := pod.controller) is not None and owner.kind in ("DaemonSet", "Node"))
    ]


def budgets_read(view: ClusterView) -> Iterator[Want]:
    """The budgets that may forbid the eviction of what is left on a cordoned node."""
    node = drained(view)
    if node is None:
        return
    namespaces = sorted({pod.namespace for pod in movable(view, node)})
    for namespace in namespaces[:_NAMESPACES]:
        why = text("whether the pods left on node {n} may be evicted", "节点 {n} 上剩余的 Pod 能否被驱逐",
                   n=node.name)  # fmt: skip
        yield Want(read=list_of("PodDisruptionBudget", namespace), about=node.ref, why=why)


def held_by_budget(view: ClusterView) -> Iterator[Finding]:
    """Nothing but pods that may not be evicted is left on a cordoned node: its drain waits for them.

    Where other pods are left too nobody is draining it, or not yet.
    """
    node = drained(view)
    left = movable(view, node) if node is not None else []
    keepers = [(pod, _keeper(view, pod)) for pod in left]
    if node is None or not left or any(budget is None for _, budget in keepers):
        return
    held = [(pod, budget) for pod, budget in keepers if budget is not None]
    for found in {b.ref: b for _, b in held}.values():
        yield _finding(view, node, found, [pod for pod, budget in held if budget.ref == found.ref])


def _keeper(view: ClusterView, pod: Obj) -> Obj | None:
    return next(
        (
            b
            for b in view.objects("PodDisruptionBudget", pod.namespace)
            if selects(b.mapping("spec", "selector"), pod.labels)
            and b.number("status", "disruptionsAllowed") == 0
            and b.number("status", "expectedPods")
        ),
        None,
    )


def _finding(view: ClusterView, node: Obj, found: Obj, pods: list[Obj]) -> Finding:
    healthy, wanted = found.number("status", "currentHealthy"), found.number("status", "desiredHealthy")
    ill = [p for p in view.pods_behind(found) if not pod_ready(p)] if healthy < wanted else []
    return Finding(
        rule="node.drain-held-by-budget",
        category="pdb",
        role=Role.CAUSE,
        subject=node.ref,
        culprit=found.ref,
        statement=stated(
            "Node {n} is cordoned and cannot be drained: PDB {b} lets no pod be evicted ({h} healthy, {w} "
            "wanted), so {pods} stays on it.",
            "节点 {n} 已被 cordon 但无法排空：PDB {b} 不允许驱逐任何 Pod（健康 {h} 个，要求 {w} 个），"
            "{pods} 因此留在该节点上。",
            n=node.name, b=f"{found.namespace}/{found.name}", h=healthy, w=wanted,
            pods=listed([p.name for p in pods], 2),
        ),
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        explains=(node.ref,),
        waits_on=tuple(p.ref for p in ill[:3]),
        cites=(node.cite, found.cite, *(p.cite for p in pods[:3])),
        quotes=("unschedulable", found.name),
        remedies=(let_one_go(found), see_budget(found)),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (held_by_budget,)
