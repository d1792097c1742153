"""Around a Job: events, its pods and the failed ones; around a CronJob: its latest run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from kubetriage.domain.evidence import Read, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, pod_settled, selector_of
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import FOCUS, Relation, closer, events_about, events_of
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.view import ClusterView

_EPOCH = datetime.fromtimestamp(0, UTC)


def around_jobs(view: ClusterView) -> Iterator[Want]:
    for job in view.objects("Job"):
        if not view.looked_at(job.ref):
            continue
        why = text("what the Job controller said about Job {n}", "Job 控制器对 Job {n} 的记录", n=job.name)
        yield events_of(job.ref, why)
        # job-name is the label of every version; batch.kubernetes.io/job-name came with 1.27.
        listed = list_of("Pod", job.namespace, labels=selector_of(job) or f"job-name={job.name}")
        why = text("the pods of Job {n}", "Job {n} 的 Pod", n=job.name)
        yield Want(read=listed, about=job.ref, why=why)
        if view.asked(listed):
            yield from _tries(view, job, listed)


def _tries(view: ClusterView, job: Obj, listed: Read) -> Iterator[Want]:
    """The pods that failed or still run, the last tries first; of those that are gone, their events."""
    pods = view.pods_of(job.ref)
    bad = [p for p in pods if p.text("status", "phase") != "Succeeded"]
    bad.sort(key=lambda p: (pod_settled(p), -(p.created or _EPOCH).timestamp(), p.name))
    for pod in bad[:FOCUS]:
        failed = pod.text("status", "phase") == "Failed"
        why = (
            text("a failed try of Job {n}", "Job {n} 的一次失败尝试", n=job.name)
            if failed
            else text("a try of Job {n}", "Job {n} 的一次尝试", n=job.name)
        )
        yield closer(view, listed, pod.ref, why)
    if not pods:
        for gone in pods_made(view, job.ref)[:FOCUS]:
            why = text("left of Job {n}'s deleted pods", "Job {n} 已删除的 Pod 留下的记录", n=job.name)
            yield Want(read=events_about(gone), about=job.ref, why=why)


def pods_made(view: ClusterView, job: Resource) -> list[Resource]:
    """The pods that a Job's events say it created, the latest first."""
    found = []
    for event in view.events(job, "SuccessfulCreate"):
        name = event.message.rpartition(": ")[2].strip()
        if name and " " not in name:
            found.append(resource("Pod", job.namespace, name))
    return list(dict.fromkeys(found))


def around_cronjobs(view: ClusterView) -> Iterator[Want]:
    for cron in view.objects("CronJob"):
        if not view.looked_at(cron.ref):
            continue
        why = text("what was said about CronJob {n}", "关于 CronJob {n} 的记录", n=cron.name)
        yield events_of(cron.ref, why)
        why = text("the runs of CronJob {n}", "CronJob {n} 的各次运行", n=cron.name)
        yield Want(read=list_of("Job", cron.namespace), about=cron.ref, why=why)
        runs = runs_of(view, cron.ref)
        for job in dict.fromkeys([*runs[:1], *(r for r in runs if _active(cron, r))][:FOCUS]):
            why = text("a recent run of CronJob {n}", "CronJob {n} 最近的一次运行", n=cron.name)
            yield events_of(job.ref, why)


def runs_of(view: ClusterView, cron: Resource) -> list[Obj]:
    """A CronJob's Jobs, the latest first."""
    jobs = view.owned(cron, "Job")
    return sorted(jobs, key=lambda j: (j.created or _EPOCH, j.name), reverse=True)


def _active(cron: Obj, job: Obj) -> bool:
    return any(one.get("name") == job.name for one in cron.items("status", "active"))


RELATIONS: tuple[Relation, ...] = (around_jobs, around_cronjobs)
