"""Karpenter's NodePools: whether one of them would make a node with the labels that a pod asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kubetriage.domain.custom_kinds import custom_kind
from kubetriage.domain.evidence import FailureKind, Read, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.language import text
from kubetriage.domain.rules.scheduling_fit import holds, nodes
from kubetriage.domain.rules.scheduling_place import unmet_by
from kubetriage.domain.view import ClusterView

_OF_POOL = "karpenter.sh/nodepool"
_OWN = ("node.kubernetes.io/instance-type", "topology.kubernetes.io/", "karpenter.", "kubernetes.io/os",
        "kubernetes.io/arch")  # fmt: skip
"""Labels that every new node has; a pool without a requirement for one of them takes any value."""


def pool_for(view: ClusterView, pod: Obj) -> Obj | None:
    """The pool whose nodes would have every label that the pod asks for and that no node has."""
    wanted = unmet_by(pod, list(nodes(view) or []))
    pools = view.objects("NodePool") if wanted else []
    return next((p for p in pools if all(_gives(p, one) for one in wanted)), None)


def _gives(pool: Obj, wanted: Mapping[str, Any]) -> bool:
    key = str(wanted.get("key") or "")
    labels = {_OF_POOL: pool.name, **pool.mapping("spec", "template", "metadata", "labels")}
    if key in labels:
        return holds(dict(wanted), {key: str(labels[key])})
    asked = [r for r in pool.items("spec", "template", "spec", "requirements") if r.get("key") == key]
    if not asked:
        return key.startswith(_OWN)
    values = [str(v) for v in elements(asked[0].get("values"))]
    return asked[0].get("operator") != "In" or any(holds(dict(wanted), {key: v}) for v in values)


def _list(view: ClusterView, kind: str, labels: str = "") -> Read | None:
    """The list of a kind in the newest version that the cluster has not disowned."""
    custom = custom_kind(kind)
    for version in custom.api_versions if custom is not None else ():
        read = list_of(kind, "", api_version=version, labels=labels)
        failure = view.failure(read)
        if failure is None or failure.kind is not FailureKind.UNSUPPORTED:
            return read
    return None


def pools_read(view: ClusterView, pod: Obj) -> Iterator[Want]:
    """The pools, where no node has the labels asked for; and the orders of the pool that gives them."""
    if not unmet_by(pod, list(nodes(view) or [])):
        return
    read = _list(view, "NodePool")
    if read is not None:
        why = text("whether a new node would take Pod {p}", "新节点能否运行 Pod {p}", p=pod.name)
        yield Want(read=read, about=pod.ref, why=why)
    pool = pool_for(view, pod)
    orders = _list(view, "NodeClaim", f"{_OF_POOL}={pool.name}") if pool is not None else None
    if pool is not None and orders is not None:
        why = text("the nodes that NodePool {n} ordered", "NodePool {n} 申请的节点", n=pool.name)
        yield Want(read=orders, about=pod.ref, why=why)


def orders_of(view: ClusterView, pool: Obj | None) -> list[Obj]:
    """The NodeClaims of a pool, as far as they were read."""
    return [c for c in view.objects("NodeClaim") if pool is not None and c.labels.get(_OF_POOL) == pool.name]
