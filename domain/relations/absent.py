"""Around an alert's object that is gone or may not be read: what was said about it, and similar names."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import Relation, events_of, refused
from kubetriage.domain.relations.job import runs_of
from kubetriage.domain.relations.pod import owners_by_name
from kubetriage.domain.resource import KINDS, Resource, resource
from kubetriage.domain.view import ClusterView
from kubetriage.domain.workload_names import workload_name


def around_absent(view: ClusterView) -> Iterator[Want]:
    """Its events, its namespace, the objects of its kind there, and one of its name elsewhere.

    Pods of a large namespace are listed only when no controller of that pod's name exists.
    """
    ref = view.primary
    if ref is None or not view.is_absent(ref):
        return
    why = text("what was said about it before it was deleted", "删除之前关于它的记录")
    yield events_of(ref, why)
    info = KINDS.get(ref.kind)
    if info is None or not info.namespaced:
        yield Want(read=list_of(ref.kind), about=ref, why=text("similar names", "名称相近的对象"))
        return
    home = resource("Namespace", "", ref.namespace)
    yield Want(read=get(home), about=home, why=text("the alert's namespace", "告警所在的命名空间"))
    if ref.kind == "Pod" and not all(view.is_absent(owner) for owner in owners_by_name(ref)):
        return
    why = text("similar names in its namespace", "同一命名空间中名称相近的对象")
    yield Want(read=list_of(ref.kind, ref.namespace), about=ref, why=why)
    why = text("the same name in other namespaces", "其他命名空间中的同名对象")
    yield Want(read=list_of(ref.kind, fields=f"metadata.name={ref.name}"), about=ref, why=why)


def around_refused(view: ClusterView) -> Iterator[Want]:
    """The events of an object that may not be read itself: they are a resource of their own."""
    ref = view.primary
    if ref is not None and refused(view, ref):
        why = text("what was said about it, as it cannot be read itself", "它本身无法读取，查看关于它的记录")
        yield events_of(ref, why)


def absent_job(view: ClusterView) -> Iterator[Want]:
    """The CronJob that made a Job which is gone, and pods that outlived it."""
    ref = view.primary
    if ref is None or ref.kind != "Job" or not view.is_absent(ref):
        return
    why = text("pods that outlived the Job", "Job 删除后留下的 Pod")
    yield Want(read=list_of("Pod", ref.namespace, labels=f"job-name={ref.name}"), about=ref, why=why)
    cron = cronjob_of(ref)
    if cron is not None:
        why = text("makes Jobs of that name", "会创建该名称的 Job")
        yield Want(read=get(cron), about=cron, why=why)


def absent_pods_runs(view: ClusterView) -> Iterator[Want]:
    """The latest run of the CronJob that made a pod which is gone with its Job."""
    ref = view.primary
    if ref is None or ref.kind != "Pod" or not view.is_absent(ref):
        return
    for owner in owners_by_name(ref):
        for job in runs_of(view, owner)[:1] if owner.kind == "CronJob" else ():
            why = text("the latest run of CronJob {n}", "CronJob {n} 最近一次运行", n=owner.name)
            yield events_of(job.ref, why)


def cronjob_of(job: Resource) -> Resource | None:
    """The CronJob that would give a Job this name, None if the name is not of that form."""
    base = workload_name("Job", job.name)
    return resource("CronJob", job.namespace, base) if base != job.name else None


RELATIONS: tuple[Relation, ...] = (around_absent, around_refused, absent_job, absent_pods_runs)
