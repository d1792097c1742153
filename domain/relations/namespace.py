"""Where an alert names no single object: what is not well in its namespace, or in the cluster's own parts."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.alert import SubjectScope
from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, pod_settled
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import FOCUS, Relation
from kubetriage.domain.relations.node import in_trouble
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.view import ClusterView

SYSTEM = "kube-system"
_SCALED = ("Deployment", "StatefulSet", "DaemonSet")


def namespace_in_question(view: ClusterView) -> Resource | None:
    """The namespace to look through; None when the alert is about one object, or not for triage."""
    if view.primary is not None:
        return view.primary if view.primary.kind == "Namespace" else None
    if view.subject.scope is SubjectScope.SKIP:
        return None
    if view.subject.resource is not None:
        return None
    return resource("Namespace", "", view.subject.namespace or SYSTEM)


def around_namespace(view: ClusterView) -> Iterator[Want]:
    ref = namespace_in_question(view)
    if ref is None:
        return
    named = view.primary is not None or view.subject.namespace
    why = (
        text("the namespace that the alert names", "告警所在的命名空间")
        if named
        else text("holds the cluster's own parts", "集群自身组件所在的命名空间")
    )
    yield Want(read=get(ref), about=ref, why=why)
    if view.is_absent(ref):
        yield Want(read=list_of("Namespace"), about=ref, why=text("similar names", "名称相近的命名空间"))
        return
    for kind in ("Pod", *_SCALED):
        yield Want(read=list_of(kind, ref.name), about=ref, why=why)
    for pod in _unwell(view, view.objects("Pod", ref.name))[:FOCUS]:
        why = text("not ready in namespace {n}", "命名空间 {n} 中未就绪", n=ref.name)
        yield Want(read=get(pod.ref), about=pod.ref, why=why)
    for obj in [o for kind in _SCALED for o in view.objects(kind, ref.name) if missing(o)][:FOCUS]:
        why = text("has fewer pods ready than it should", "就绪的 Pod 少于期望数")
        yield Want(read=get(obj.ref), about=obj.ref, why=why)
    yield from _services(view, ref)


def _services(view: ClusterView, ref: Resource) -> Iterator[Want]:
    """The Services of the namespace that no pod stands behind: their callers fail, and no pod is ill."""
    why = text("the Services of namespace {n}", "命名空间 {n} 的 Service", n=ref.name)
    for kind in ("Service", "EndpointSlice"):
        yield Want(read=list_of(kind, ref.name), about=ref, why=why)
    bare = [
        s
        for s in view.objects("Service", ref.name)
        if s.mapping("spec", "selector") and view.has_ready_endpoints(s) is False and not view.pods_behind(s)
    ]
    for service in bare[:FOCUS]:
        why = text("has no pods behind it", "没有后端 Pod")
        yield Want(read=get(service.ref), about=service.ref, why=why)


def _unwell(view: ClusterView, pods: list[Obj]) -> list[Obj]:
    """The pods in trouble, one of each owner first, what began around the alert before what is old."""
    bad = [p for p in pods if p.deleted is None and not pod_settled(p)]

    def order(pod: Obj) -> tuple[bool, bool, str]:
        ready = pod.conditions().get("Ready")
        old = not view.recent(ready.since if ready is not None else pod.created)
        return (pod.text("status", "phase") == "Failed", old, pod.name)

    bad.sort(key=order)
    first: dict[object, Obj] = {}
    for pod in bad:
        first.setdefault(pod.controller or pod.ref, pod)
    chosen = list(first.values())
    return [*chosen, *(p for p in bad if p not in chosen)]


def missing(obj: Obj) -> int:
    """How many pods a workload has fewer than it wants."""
    if obj.ref.kind == "DaemonSet":
        return obj.number("status", "desiredNumberScheduled") - obj.number("status", "numberReady")
    return obj.number("spec", "replicas", default=1) - obj.number("status", "readyReplicas")


def nodes_in_trouble(view: ClusterView) -> Iterator[Want]:
    """The nodes, when an alert names neither object nor namespace."""
    ref = namespace_in_question(view)
    if ref is None or view.primary is not None or view.subject.namespace:
        return
    why = text("whether the nodes are well", "节点是否正常")
    yield Want(read=list_of("Node"), about=Resource(kind="Node", name=""), why=why)
    for node in [n for n in view.objects("Node") if in_trouble(n)][:FOCUS]:
        why = text("not ready or under pressure", "未就绪或有压力")
        yield Want(read=get(node.ref), about=node.ref, why=why)


RELATIONS: tuple[Relation, ...] = (around_namespace, nodes_in_trouble)
