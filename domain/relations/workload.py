"""Around a workload: its events, ReplicaSets, pods, governing objects, and the pods worth a closer look."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, containers, pod_settled, selector_of
from kubetriage.domain.language import Text, text
from kubetriage.domain.relations.base import Relation
from kubetriage.domain.resource import WORKLOADS, Resource, resource
from kubetriage.domain.rules.remedies import revision
from kubetriage.domain.view import ClusterView

CLOSER = 3
"""Unhealthy pods of one workload that are looked at."""


def events_of(ref: Resource, why: Text) -> Want:
    """The events about one object; those about cluster-scoped objects stand in any namespace."""
    chosen = f"involvedObject.kind={ref.kind},involvedObject.name={ref.name}"
    return Want(read=list_of("Event", ref.namespace, fields=chosen), about=ref, why=why)


def around_workloads(view: ClusterView) -> Iterator[Want]:
    for kind in sorted(WORKLOADS):
        for found in view.objects(kind):
            if view.looked_at(found.ref):
                yield from _around(view, found)


def _around(view: ClusterView, found: Obj) -> Iterator[Want]:
    ref = found.ref
    yield events_of(ref, text("what its controller said", "控制器的记录"))
    if found.controller is not None and found.controller.api_version:
        why = text("controls {k} {n}", "{k} {n} 的控制器", k=ref.kind, n=ref.name)
        yield Want(read=get(found.controller), about=found.controller, why=why)
    if ref.kind == "CronJob":
        why = text("the Jobs that it started", "它启动的 Job")
        yield Want(read=list_of("Job", ref.namespace), about=ref, why=why)
        yield from _latest_jobs(view, ref)
        return
    selector = selector_of(found)
    if not selector:
        return
    if ref.kind == "Deployment":
        why = text("its revisions", "它的各修订版")
        yield Want(read=list_of("ReplicaSet", ref.namespace, labels=selector), about=ref, why=why)
        yield from _short_sets(view, ref)
    why = text("its pods", "它的 Pod")
    yield Want(read=list_of("Pod", ref.namespace, labels=selector), about=ref, why=why)
    yield from _closer(view, found)
    if ref.kind == "StatefulSet" and found.text("spec", "serviceName"):
        service = resource("Service", ref.namespace, found.text("spec", "serviceName"))
        why = text("gives the pods of the StatefulSet their names", "为 StatefulSet 的 Pod 提供域名")
        yield Want(read=get(service), about=service, why=why)


def _short_sets(view: ClusterView, deployment: Resource) -> Iterator[Want]:
    """ReplicaSets that have fewer pods than they should: their events say why."""
    for one in view.owned(deployment, "ReplicaSet"):
        if one.number("spec", "replicas") > one.number("status", "replicas"):
            yield events_of(one.ref, text("has fewer pods than it should", "Pod 数少于期望值"))


def _latest_jobs(view: ClusterView, cron_job: Resource) -> Iterator[Want]:
    """The newest Job, and the newest one that failed."""
    jobs = sorted(
        view.owned(cron_job, "Job"), key=lambda j: (j.text("metadata", "creationTimestamp"), j.name)
    )
    failed = [j for j in jobs if "Failed" in j.conditions()]
    for job in dict.fromkeys(j.ref for j in (*jobs[-1:], *failed[-1:])):
        yield events_of(
            job, text("a recent run of CronJob {n}", "CronJob {n} 最近的一次运行", n=cron_job.name)
        )


def _closer(view: ClusterView, found: Obj) -> Iterator[Want]:
    """Unhealthy pods to look at; none beside a primary pod of the workload that is unhealthy itself."""
    pods = [p for p in view.pods_of(found.ref) if p.deleted is None]
    primary = view.find(view.primary)
    if primary is not None and primary in pods and not pod_settled(primary):
        return
    ill = [p for p in pods if not pod_settled(p)]
    if ill:
        chosen = sorted(ill, key=lambda p: _rank(view, p))[:CLOSER]
        why = text(
            "a pod of {k} {n} that is not ready", "{k} {n} 未就绪的 Pod", k=found.ref.kind, n=found.name
        )
    else:
        chosen = sorted((p for p in pods if _restarts(p)), key=lambda p: (-_restarts(p), p.name))[:1]
        why = text("its most restarted pod", "重启次数最多的 Pod")
    for pod in chosen:
        yield events_of(pod.ref, why)


def _rank(view: ClusterView, pod: Obj) -> tuple[int, int, str]:
    """Pods of the newest revision first, then those that restart most."""
    owner = view.find(pod.controller)
    return (-(revision(owner) if owner is not None else 0), -_restarts(pod), pod.name)


def _restarts(pod: Obj) -> int:
    return sum(s.restarts for s in containers(pod))


def scalers(view: ClusterView) -> Iterator[Want]:
    """What scales the alert's workload."""
    found = view.find(view.primary)
    if found is not None and found.ref.kind in ("Deployment", "StatefulSet", "ReplicaSet"):
        why = text("what scales the workload", "工作负载的自动伸缩")
        yield Want(read=list_of("HorizontalPodAutoscaler", found.namespace), about=found.ref, why=why)


def reached_by(view: ClusterView) -> Iterator[Want]:
    """The Services in front of the alert's workload: their endpoints are its use."""
    found = view.find(view.primary)
    if found is not None and found.ref.kind in WORKLOADS - {"Job", "CronJob"}:
        why = text("which Services select its pods", "哪些 Service 选中它的 Pod")
        yield Want(read=list_of("Service", found.namespace), about=found.ref, why=why)


RELATIONS: tuple[Relation, ...] = (around_workloads, scalers, reached_by)
