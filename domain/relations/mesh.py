"""Around calls in a service mesh (Istio): the policies of the callee, the routes of the alert's Service."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.custom_kinds import custom_kind
from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, pod_ready
from kubetriage.domain.language import Text, text
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.mesh import ROOT, applying, in_mesh
from kubetriage.domain.relations.base import FOCUS, Relation
from kubetriage.domain.relations.custom_resources import listing
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.failed_calls import Call, calls_with, targets
from kubetriage.domain.view import ClusterView

DENIED = frozenset({Sign.MESH_DENIED})
CUT = frozenset({Sign.RESET, Sign.REFUSED})
"""How a call ends that the callee's proxy takes by mutual TLS only."""


def callees(view: ClusterView, call: Call) -> list[Obj]:
    """The ready pods that a call arrives at."""
    found = view.find(call.peer.ref)
    if found is None:
        return []
    if found.ref.kind == "Pod":
        return [found]
    return list({t.pod.ref: t.pod for t in targets(view, found, call.peer.port)}.values())


def policies_of_callees(view: ClusterView) -> Iterator[Want]:
    for call in calls_with(view, DENIED | CUT):
        pods = callees(view, call)
        if call.sign is not Sign.MESH_DENIED and not any(in_mesh(p) for p in pods):
            continue
        kinds = ("AuthorizationPolicy",) if call.sign is Sign.MESH_DENIED else ("PeerAuthentication",)
        for space in [*dict.fromkeys(p.namespace for p in pods), ROOT] if pods else ():
            why = text("who may call {h}, and how", "谁可以以何种方式调用 {h}", h=call.peer.name)
            for kind in kinds:
                yield from _listed(view, kind, space, call.pod.ref, why=why)
        for policy in [p for kind in kinds for p in applying(view.objects(kind), pods[0])] if pods else ():
            yield from _listed(view, policy.ref.kind, policy.namespace, policy.ref, why=_FOR_CALLEE)


_FOR_CALLEE = text("a policy for the pods that are called", "适用于被调用 Pod 的策略")


def _listed(view: ClusterView, kind: str, space: str, about: Resource, *, why: Text) -> Iterator[Want]:
    custom = custom_kind(kind)
    read = listing(view, custom, space) if custom is not None else None
    if read is not None:
        yield Want(read=read, about=about, why=why)


def before_meshed_pods(view: ClusterView) -> Iterator[Want]:
    """What the mesh does to calls of the alert's own pods, when these are well and in the mesh."""
    primary = view.find(view.primary)
    if primary is None or primary.ref.kind not in _CALLED:
        return
    pods = view.pods_behind(primary) if primary.ref.kind == "Service" else view.pods_of(primary.ref)
    alive = [p for p in pods if p.deleted is None]
    if not any(in_mesh(p) for p in alive) or not all(pod_ready(p) for p in alive):
        return
    why = text("what the mesh does to its calls", "网格对其调用的处理")
    for kind in ("VirtualService", "DestinationRule", "AuthorizationPolicy"):
        yield from _listed(view, kind, primary.namespace, primary.ref, why=why)
    if view.objects("VirtualService", primary.namespace):
        why = text("which Services routes lead to", "路由指向哪些 Service")
        yield Want(read=list_of("Service", primary.namespace), about=primary.ref, why=why)
    for route in view.objects("VirtualService", primary.namespace)[:FOCUS]:
        why = text("routes calls in its namespace", "其命名空间中的路由")
        yield from _listed(view, "VirtualService", route.namespace, route.ref, why=why)


_CALLED = frozenset({"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Service"})

RELATIONS: tuple[Relation, ...] = (policies_of_callees, before_meshed_pods)
