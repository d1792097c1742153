"""Around a workload: events, ReplicaSets, its pods and the unhealthy ones among them, scaler, Services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, containers, pod_settled, selector_of, selects
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import FOCUS, Relation, closer, events_of
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.remedies import revision
from kubetriage.domain.view import ClusterView

KINDS = ("DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet")
STAYS = timedelta(minutes=5)
"""How long after its grace period a pod may take to go."""
_ORDINAL = re.compile(r"-(\d{1,6})$")


def looked_at(view: ClusterView) -> Iterator[Obj]:
    """The workloads that the run looks at, Jobs aside; a ReplicaSet under a Deployment comes with that."""
    for kind in KINDS:
        for obj in view.objects(kind):
            below = obj.controller is not None and obj.controller.kind == "Deployment"
            if view.looked_at(obj.ref) and (obj.ref == view.primary or not below):
                yield obj


def around_workloads(view: ClusterView) -> Iterator[Want]:
    for obj in looked_at(view):
        who = f"{obj.ref.kind} {obj.name}"
        why = text("what its controller said about {who}", "控制器对 {who} 的记录", who=who)
        yield events_of(obj.ref, why)
        above = obj.controller
        if above is not None and above.api_version:
            why = text("controls {who}", "{who} 的控制器", who=who)
            yield Want(read=get(above), about=above, why=why)
        chosen = selector_of(obj)
        if not chosen:
            continue
        if obj.ref.kind == "Deployment":
            why = text("the revisions of {who}", "{who} 的各个修订版", who=who)
            yield Want(read=list_of("ReplicaSet", obj.namespace, labels=chosen), about=obj.ref, why=why)
        why = text("the pods of {who}", "{who} 的 Pod", who=who)
        yield Want(read=list_of("Pod", obj.namespace, labels=chosen), about=obj.ref, why=why)
        yield from _pods(view, obj, who)


def _pods(view: ClusterView, obj: Obj, who: str) -> Iterator[Want]:
    """The pods worth a closer look, without any the most restarted; none beside the alert's own ill pod."""
    listed = list_of("Pod", obj.namespace, labels=selector_of(obj))
    pods = [p for p in view.pods_of(obj.ref) if p.deleted is None]
    if any(p.ref == view.primary and not pod_settled(p) for p in pods):
        return
    staying = [p for p in view.pods_of(obj.ref) if p.deleted is not None and view.now - p.deleted > STAYS]
    for pod in staying[:FOCUS]:
        why = text("a pod of {who} that is deleted and does not go", "{who} 已删除却未消失的 Pod", who=who)
        yield closer(view, listed, pod.ref, why)
    bad = sorted((p for p in pods if not pod_settled(p)), key=lambda p: _order(view, p))
    for pod in bad[:FOCUS]:
        why = text("a pod of {who} that is not ready", "{who} 中未就绪的 Pod", who=who)
        yield closer(view, listed, pod.ref, why)
    most = max(pods, key=lambda p: (restarts(p), p.name), default=None)
    if not bad and most is not None and restarts(most):
        why = text("the pod of {who} that restarted most", "{who} 中重启最多的 Pod", who=who)
        yield closer(view, listed, most.ref, why)


def _order(view: ClusterView, pod: Obj) -> tuple[int, int, int, int, str]:
    """The newest revision first, what only lies about as Failed last; ordinals as they start, 2 before 10."""
    owner = view.find(pod.controller)
    ordinal = _ORDINAL.search(pod.name)
    return (
        int(pod.text("status", "phase") == "Failed"),
        -revision(owner) if owner is not None else 0,
        int(ordinal[1]) if ordinal else 0,
        -restarts(pod),
        pod.name,
    )


def restarts(pod: Obj) -> int:
    """The highest restart count of a pod's containers."""
    return max((state.restarts for state in containers(pod)), default=0)


def short_replica_sets(view: ClusterView) -> Iterator[Want]:
    """Why pods are not made at all: what was said about the ReplicaSets that miss some."""
    for obj in looked_at(view):
        for owned in view.owned(obj.ref, "ReplicaSet") if obj.ref.kind == "Deployment" else ():
            if owned.number("status", "replicas") < owned.number("spec", "replicas"):
                yield events_of(owned.ref, text("has fewer pods than it should", "Pod 数少于期望值"))


def scalers(view: ClusterView) -> Iterator[Want]:
    """What scales the alert's workload."""
    found = view.find(view.primary)
    if found is not None and found.ref.kind in ("Deployment", "StatefulSet", "ReplicaSet"):
        why = text("what scales the workload", "工作负载的自动伸缩")
        yield Want(read=list_of("HorizontalPodAutoscaler", found.namespace), about=found.ref, why=why)


# ---- Services


def services_around(view: ClusterView) -> Iterator[Want]:
    """The Services before a workload in trouble, and before the alert's own even if it looks well."""
    for obj in looked_at(view):
        who = f"{obj.ref.kind} {obj.name}"
        headless = obj.text("spec", "serviceName")
        if obj.ref.kind == "StatefulSet" and headless:
            service = resource("Service", obj.namespace, headless)
            why = text("gives the pods of {who} their names", "为 {who} 的 Pod 提供域名", who=who)
            yield Want(read=get(service), about=service, why=why)
        pods = [p for p in view.pods_of(obj.ref) if p.deleted is None]
        if not is_alerts_own(view, obj) and all(pod_settled(p) for p in pods):
            continue
        why = text("which Services select the pods of {who}", "哪些 Service 选中 {who} 的 Pod", who=who)
        yield Want(read=list_of("Service", obj.namespace), about=obj.ref, why=why)
        for found in services_for(view, obj)[:FOCUS]:
            why = text("sends requests to {who}", "把请求转发给 {who}", who=who)
            labels = f"kubernetes.io/service-name={found.name}"
            yield Want(read=list_of("EndpointSlice", obj.namespace, labels=labels), about=found.ref, why=why)


def is_alerts_own(view: ClusterView, obj: Obj) -> bool:
    """Whether this workload is what the alert is about, or owns it."""
    primary = view.primary
    return primary is not None and (obj.ref == primary or obj.ref in view.owners(primary))


def services_for(view: ClusterView, obj: Obj) -> list[Obj]:
    """The Services that select a workload's pods, or that carry its name and so are meant to."""
    template = {str(k): str(v) for k, v in obj.mapping("spec", "template", "metadata", "labels").items()}
    labels = [template, *(p.labels for p in view.pods_of(obj.ref))]
    return [
        s
        for s in view.objects("Service", obj.namespace)
        if any(selects(s.mapping("spec", "selector"), one) for one in labels)
        or (s.name == obj.name and s.mapping("spec", "selector"))
    ]


RELATIONS: tuple[Relation, ...] = (around_workloads, short_replica_sets, scalers, services_around)
