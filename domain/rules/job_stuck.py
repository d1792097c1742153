"""Jobs that wait or never end: suspended, kept running by a sidecar, or simply not finished yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Remedy, Role, Specificity
from kubetriage.domain.kube import Condition, Obj, containers, pod_settled, when
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.times import ago
from kubetriage.domain.rules.wording import duration, quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def jobs(view: ClusterView) -> list[Obj]:
    """The Jobs that the run looks at."""
    return [j for j in view.objects("Job") if view.looked_at(j.ref)]


def failed_condition(job: Obj) -> Condition | None:
    """The condition by which a Job has failed for good, None if it has not."""
    conditions = job.conditions()
    for kind in ("Failed", "FailureTarget"):
        if kind in conditions and conditions[kind].status == "True":
            return conditions[kind]
    return None


def finished(job: Obj) -> bool:
    done = job.conditions().get("Complete")
    return failed_condition(job) is not None or bool(done and done.status == "True")


def suspended(view: ClusterView) -> Iterator[Finding]:
    """A Job that is told to wait (`spec.suspend`), by a person or a queue."""
    for job in jobs(view):
        if job.at("spec", "suspend") is not True or finished(job):
            continue
        queue = job.labels.get("kueue.x-k8s.io/queue-name", "")
        by = (
            say(", it waits in the Kueue queue {q}", "，正在 Kueue 队列 {q} 中排队", q=queue)
            if queue
            else NOTHING
        )
        start = remedies.change(
            say("Start Job {j}", "启动 Job {j}", j=job.name),
            remedies.with_note(
                say("If a queue suspended it, it starts when its quota allows; else set suspend to false.",
                    "如果由队列挂起，配额允许时会自动启动；否则将 suspend 设为 false。"), job),
            remedies.suspend(job.ref, False),
        )  # fmt: skip
        yield Finding(
            rule="job.suspended",
            category="suspended",
            role=Role.CAUSE,
            subject=job.ref,
            culprit=job.ref,
            statement=say(
                "Job {j} is suspended (spec.suspend true){by}: it has no pods until it is resumed.",
                "Job {j} 已挂起（spec.suspend 为 true）{by}：恢复之前不会有 Pod。",
                j=job.name,
                by=by,
            ),
            specificity=Specificity.EXACT,
            cites=(job.cite,),
            quotes=("suspend",),
            since=job.conditions()["Suspended"].since if "Suspended" in job.conditions() else None,
            remedies=(start,),
        )


def kept_running(view: ClusterView) -> Iterator[Finding]:
    """A Job whose work is done in one container while another one, a sidecar, never exits."""
    for job in jobs(view):
        if finished(job):
            continue
        for pod in view.pods_of(job.ref):
            mains = [s for s in containers(pod) if not s.init]
            done = [s for s in mains if s.terminated and s.terminated.get("exitCode") == 0]
            running = [s for s in mains if s.running]
            if not done or not running or len(done) + len(running) < len(mains):
                continue
            at = when(done[0].terminated.get("finishedAt"))
            owner = view.workload(job.ref)
            yield Finding(
                rule="job.sidecar",
                category="job-stuck",
                role=Role.CAUSE,
                subject=job.ref,
                culprit=owner,
                statement=say(
                    "Job {j} does not complete: container {d} of pod {p} finished with exit code 0 {t}, "
                    "but container "
                    "{r} keeps running.",
                    "Job {j} 无法完成：Pod {p} 的容器 {d} 已于{t}以退出码 0 结束，但容器 {r} 仍在运行。",
                    j=job.name,
                    d=done[0].name,
                    p=pod.name,
                    t=ago(view, at),
                    r=running[0].name,
                ),
                specificity=Specificity.EXACT,
                cites=(job.cite, pod.cite),
                quotes=quotable(done[0].name, running[0].name),
                since=at,
                remedies=_end_sidecar(view, job, pod, running[0].name),
            )
            break


def _end_sidecar(view: ClusterView, job: Obj, pod: Obj, name: str) -> tuple[Remedy, ...]:
    owner = view.workload(job.ref)
    native = remedies.change(
        say(
            "Make {c} a native sidecar of {o}",
            "把 {c} 改为 {o} 的原生 sidecar",
            c=name,
            o=f"{owner.kind} {owner.name}",
        ),
        remedies.with_note(
            say(
                "An init container with restartPolicy Always (Kubernetes 1.29) is ended with the work; "
                "before, let the "
                "work end it (for Istio: POST localhost:15020/quitquitquit).",
                "restartPolicy 为 Always 的 init 容器（Kubernetes 1.29 起）会随主容器结束；"
                "旧版本需由主程序通知其退出"
                "（Istio：POST localhost:15020/quitquitquit）。",
            ),
            view.find(owner),
        ),
        *remedies.edit_template(owner),
    )
    now = remedies.change(
        say("End the sidecar of this run", "结束本次运行的 sidecar"),
        say("The Job completes as soon as it has exited.", "该容器退出后 Job 即完成。"),
        remedies.destroy(f"kubectl exec {pod.name}{remedies.in_namespace(pod.ref)} -c {name} -- kill 1"),
    )
    return (native, now)


def unfinished(view: ClusterView) -> Iterator[Finding]:
    """The alert's own Job has not finished: what keeps it is told by its pods, if anything does."""
    for job in jobs(view):
        if job.ref != view.primary or finished(job) or job.at("spec", "suspend") is True:
            continue
        pods = [p for p in view.pods_of(job.ref) if p.text("status", "phase") not in ("Succeeded", "Failed")]
        if any(s.terminated.get("exitCode") == 0 for p in pods for s in containers(p) if not s.init):
            continue
        started = when(job.at("status", "startTime")) or job.created
        ready = sum(pod_settled(p) for p in pods)
        yield Finding(
            rule="job.unfinished",
            category="job-stuck",
            role=Role.SYMPTOM,
            subject=job.ref,
            culprit=view.workload(job.ref),
            statement=say(
                "Job {j} is not finished: started {t} before now, {k} of {n} completions, {a} active pods "
                "({r} ready).",
                "Job {j} 尚未结束：已启动 {t}，完成 {k}/{n}，活动 Pod {a} 个（就绪 {r} 个）。",
                j=job.name,
                t=duration(view.now - started) if started is not None else say("some time", "一段时间"),
                k=job.number("status", "succeeded"),
                n=job.number("spec", "completions", default=1),
                a=len(pods),
                r=ready,
            ),
            waits_on=tuple(p.ref for p in pods),
            cites=(job.cite, *(p.cite for p in pods[:2])),
            since=started,
        )


RULES: tuple[Rule, ...] = (suspended, kept_running, unfinished)
