"""Around calls that fail: the NetworkPolicies of caller and callee, and what they choose by."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.dependence import behind
from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, pod_ready, pod_settled
from kubetriage.domain.language import text
from kubetriage.domain.network_policies import Direction, isolating
from kubetriage.domain.relations.base import FOCUS, Relation
from kubetriage.domain.relations.namespace import namespace_in_question
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.failed_calls import Call, dns_targets, failed_calls, namespace_of, targets
from kubetriage.domain.rules.log_dns import CLUSTER_DNS
from kubetriage.domain.view import ClusterView

KIND = "NetworkPolicy"


def around_failed_calls(view: ClusterView) -> Iterator[Want]:
    """The policies of both ends of each call, and the labels of their namespaces where these decide."""
    for call in failed_calls(view):
        why = text("what Pod {p} may send to", "Pod {p} 可以访问哪些对端", p=call.pod.name)
        yield Want(read=list_of(KIND, call.pod.namespace), about=call.pod.ref, why=why)
        yield from _shown(view, call.pod, Direction.EGRESS)
        for other in _other_ends(view, call):
            why = text("who may reach Pod {p}", "谁可以访问 Pod {p}", p=other.name)
            yield Want(read=list_of(KIND, other.namespace), about=call.pod.ref, why=why)
            yield from _shown(view, other, Direction.INGRESS)
            yield from _spaces(view, call.pod, other)
        if call.dns and _isolated(view, call.pod, Direction.EGRESS):
            why = text("answers the pods' DNS queries", "为 Pod 提供 DNS 解析")
            yield Want(read=get(CLUSTER_DNS), about=CLUSTER_DNS, why=why)


def _other_ends(view: ClusterView, call: Call) -> list[Obj]:
    """One pod of each workload that the call may arrive at."""
    if call.dns:
        pods = [t.pod for t in dns_targets(view)]
    elif call.peer.ref is None or (found := view.find(call.peer.ref)) is None:
        pods = []
    else:
        pods = [found] if found.ref.kind == "Pod" else [t.pod for t in targets(view, found, call.peer.port)]
    return list({pod.controller: pod for pod in reversed(pods)}.values())


def _isolated(view: ClusterView, pod: Obj, direction: Direction) -> list[Obj]:
    return isolating(view.objects(KIND, pod.namespace), pod, direction)


def _shown(view: ClusterView, pod: Obj, direction: Direction) -> Iterator[Want]:
    for policy in _isolated(view, pod, direction)[:FOCUS]:
        why = text("isolates Pod {p} ({d})", "隔离了 Pod {p}（{d}）", p=pod.name, d=direction.value)
        yield Want(read=list_of(KIND, policy.namespace), about=policy.ref, why=why)


def _spaces(view: ClusterView, caller: Obj, other: Obj) -> Iterator[Want]:
    if caller.namespace == other.namespace:
        return
    why = text("policies choose namespaces by labels", "策略按标签选择命名空间")
    for policy, peer in [
        *((p, other) for p in _isolated(view, caller, Direction.EGRESS)),
        *((p, caller) for p in _isolated(view, other, Direction.INGRESS)),
    ]:
        if "namespaceSelector" in str(policy.raw.get("spec")):
            yield Want(read=get(namespace_of(peer)), about=caller.ref, why=why)


def before_healthy_pods(view: ClusterView) -> Iterator[Want]:
    """The policies of the alert's own namespace when nothing is wrong with its pods."""
    primary = view.find(view.primary)
    if primary is None or primary.ref.kind not in CALLED:
        return
    alive = [p for p in behind(view, primary.ref) or view.pods_of(primary.ref) if p.deleted is None]
    if not alive or not all(pod_ready(p) for p in alive):
        return
    why = text("who may reach its pods", "谁可以访问其 Pod")
    yield Want(read=list_of(KIND, primary.namespace), about=primary.ref, why=why)
    shut = _isolated(view, alive[0], Direction.INGRESS)
    if shut:
        why = text("which Services select its pods", "哪些 Service 选中其 Pod")
        yield Want(read=list_of("Service", primary.namespace), about=primary.ref, why=why)
    for policy in shut[:FOCUS]:
        yield _about(primary.ref, policy)


CALLED = frozenset({"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Service", "Ingress"})
"""Kinds whose pods somebody may call in vain although they are well."""


def in_quiet_namespace(view: ClusterView) -> Iterator[Want]:
    """The policies of a namespace that an alert without object is about, when all its pods are well."""
    space = namespace_in_question(view)
    if space is None or not (view.subject.namespace or view.primary is not None):
        return
    pods = [p for p in view.objects("Pod", space.name) if p.deleted is None]
    if pods and all(pod_settled(p) for p in pods):
        why = text("who may reach its pods", "谁可以访问其 Pod")
        for kind in (KIND, "Service"):
            yield Want(read=list_of(kind, space.name), about=space, why=why)


def _about(ref: Resource, policy: Obj) -> Want:
    why = text("isolates the pods of {k} {n}", "隔离了 {k} {n} 的 Pod", k=ref.kind, n=ref.name)
    return Want(read=list_of(KIND, policy.namespace), about=policy.ref, why=why)


RELATIONS: tuple[Relation, ...] = (around_failed_calls, before_healthy_pods, in_quiet_namespace)
