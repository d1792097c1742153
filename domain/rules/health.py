"""What is well now: only about the alert's own object, and only where its state contradicts the alert.

When that is so is said in `health_scope`. What became of an object that is gone is told in `gone`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.alert_expression import still_true
from kubetriage.domain.finding import Finding, Role, Specificity
from kubetriage.domain.kube import Obj, containers, elements, is_serving, pod_ready, when
from kubetriage.domain.language import Text
from kubetriage.domain.rules import gone
from kubetriage.domain.rules.health_scope import about_state
from kubetriage.domain.rules.job_stuck import failed_condition
from kubetriage.domain.rules.node_events import reboot_of
from kubetriage.domain.rules.node_words import pressures, problems
from kubetriage.domain.rules.phrases import NOTHING, joined, say
from kubetriage.domain.rules.times import ago, moment
from kubetriage.domain.rules.times import since as since_text
from kubetriage.domain.rules.wellness import workload_is_well
from kubetriage.domain.rules.wording import duration
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


class Well(NamedTuple):
    """That an object is well."""

    says: Text
    since: datetime | None
    pods: tuple[Obj, ...] = ()
    """The pods whose logs may contradict it."""
    cites: tuple[str, ...] = ()
    finished: bool = False
    """Whether its work is over, so that nothing of it can be measured any more."""


def healthy(view: ClusterView) -> Iterator[Finding]:
    """The alert's object is well now, with since when."""
    found = view.find(view.primary)
    if found is None or found.deleted is not None:
        return
    well = _well(view, found)
    if well is None or not (well.finished or about_state(view, well.pods)):
        return
    if still_true(view, well.since):
        return  # Prometheus says otherwise
    yield Finding(
        rule=f"health.{found.ref.kind.lower()}",
        category="resolved",
        role=Role.HEALTHY,
        subject=found.ref,
        statement=well.says,
        specificity=Specificity.NAMED,
        cites=(found.cite, *well.cites),
        since=well.since,
    )


def _well(view: ClusterView, found: Obj) -> Well | None:
    match found.ref.kind:
        case "Pod":
            return _pod(view, found)
        case "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet":
            return _workload(view, found)
        case "Node":
            return _node(view, found)
        case "PersistentVolumeClaim" | "PersistentVolume":
            return _bound(found)
        case "Job":
            return _job(view, found)
        case "CronJob":
            return _cronjob(view, found)
        case "Service":
            return _service(view, found)
        case "HorizontalPodAutoscaler":
            return _scaler(found)
    return None


def _pod(view: ClusterView, pod: Obj) -> Well | None:
    ended = [when(s.last_terminated.get("finishedAt")) for s in containers(pod) if not s.init]
    last = max((e for e in ended if e is not None), default=None)
    if pod.text("status", "phase") == "Succeeded":
        says = say(
            "{p} finished with success {t}.", "{p} 已于{t}成功结束。", p=str(pod.ref), t=ago(view, last)
        )
        return Well(says, last, finished=True)
    ready = pod.conditions().get("Ready")
    if pod.text("status", "phase") == "Failed":
        return _failed_try(view, pod)
    if not pod_ready(pod) or ready is None:
        return None
    restarts = max((s.restarts for s in containers(pod)), default=0)
    says = say(
        "{p} is ready{since}{restart}.",
        "{p} {since}就绪{restart}。",
        p=str(pod.ref),
        since=since_text(view, ready.since),
        restart=_last_restart(view, restarts, last, _how(pod, last)),
    )
    return _after_reboot(view, Well(says, ready.since, (pod,)), pod.text("spec", "nodeName"))


def _failed_try(view: ClusterView, pod: Obj) -> Well | None:
    """A pod that failed, of a Job that completed with another one: the Job made up for it."""
    job = view.find(pod.controller)
    well = _job(view, job) if job is not None and job.ref.kind == "Job" else None
    if job is None or well is None:
        return None
    says = say(
        "{p} failed, but another try of its {j} succeeded: the Job completed {t}.",
        "{p} 失败过，但 {j} 的另一次尝试已成功：该 Job 已于{t}完成。",
        p=str(pod.ref), j=f"Job {job.name}", t=ago(view, well.since),
    )  # fmt: skip
    return Well(says, well.since, cites=(job.cite,), finished=True)


def _how(pod: Obj, last: datetime | None) -> Text:
    """How the run ended that ended last: that it did is no reason to think nothing was wrong."""
    end = next(
        (
            e
            for s in containers(pod)
            if not s.init and when((e := s.last_terminated).get("finishedAt")) == last
        ),
        {},
    )
    reason, code = str(end.get("reason") or ""), end.get("exitCode")
    if last is None or not (reason or code):
        return NOTHING
    said = reason if reason not in ("", "Error", "Completed") else f"exit code {code}"
    return Text(en=f" ({said})", zh=f"（{said.replace('exit code', '退出码')}）")


def _last_restart(view: ClusterView, restarts: int, last: datetime | None, how: Text) -> Text:
    if not restarts:
        return say("; it never restarted", "；从未重启")
    if last is None:
        return say("; it restarted {n} time(s)", "；共重启 {n} 次", n=restarts)
    began = view.alert_began
    which = say("last of {n} restarts", "；共重启 {n} 次，最近一次在", n=restarts)
    if restarts == 1:
        which = Text(en="only restart", zh="；仅重启过 1 次，在")
    if began is not None and last < began:
        return say(
            "; its {w} was {d} before the alert{h}",
            "{w}告警前 {d}{h}",
            w=which,
            d=duration(began - last),
            h=how,
        )
    return say("; its {w} was {t}{h}", "{w}{t}{h}", w=which, t=ago(view, last), h=how)


def _workload(view: ClusterView, found: Obj) -> Well | None:
    well = workload_is_well(found)
    if well is None:
        return None
    pods = tuple(p for p in view.pods_of(found.ref) if p.deleted is None)
    available = found.conditions().get("Available")
    ready = [c.since for p in pods if (c := p.conditions().get("Ready")) is not None and c.since is not None]
    at = max(ready, default=available.since if available is not None else None)
    says = say(
        "{w} has all {n} replicas ready and up to date{since}.",
        "{w} 的 {n} 个副本{since}全部就绪且为最新。",
        w=str(found.ref),
        n=well,
        since=since_text(view, at),
    )
    return Well(says, at, pods)


def _node(view: ClusterView, node: Obj) -> Well | None:
    conditions = node.conditions()
    ready, network = conditions.get("Ready"), conditions.get("NetworkUnavailable")
    ill = pressures(node) or problems(node) or (network is not None and network.status == "True")
    cordoned = node.at("spec", "unschedulable") is True and not view.alert.labels.get("condition")
    if ready is None or ready.status != "True" or ill or cordoned:
        return None
    says = say("{n} is ready{since} and reports no pressure.", "{n} {since}就绪，没有压力报告。",
               n=str(node.ref), since=since_text(view, ready.since))  # fmt: skip
    return _after_reboot(view, Well(says, ready.since), node.name)


def _after_reboot(view: ClusterView, well: Well, node: str) -> Well:
    """With the reboot of the node that lies around the alert, which is what was wrong."""
    told = reboot_of(view, node)
    if told is None:
        return well
    more = say(
        " Node {n} was rebooted {t}.", "节点 {n} 在{t}重启过（Rebooted）。", n=node, t=ago(view, told.last)
    )
    return well._replace(says=joined([well.says, more], "", ""), cites=(*well.cites, told.cite))


def _bound(found: Obj) -> Well | None:
    phase = found.text("status", "phase")
    if phase == "Bound":
        other = found.text("spec", "volumeName") or found.text("spec", "claimRef", "name")
        return Well(say("{c} is bound to {v}.", "{c} 已绑定到 {v}。", c=str(found.ref), v=other), None)
    if phase == "Available" and found.ref.kind == "PersistentVolume":
        return Well(say("{c} is available.", "{c} 可用（Available）。", c=str(found.ref)), None)
    return None


def _job(view: ClusterView, job: Obj) -> Well | None:
    done = job.conditions().get("Complete")
    if failed_condition(job) is not None or done is None or done.status != "True":
        return None
    at = when(job.at("status", "completionTime")) or done.since
    says = say("{j} completed {t}.", "{j} 已于{t}完成。", j=str(job.ref), t=ago(view, at))
    return Well(says, at, finished=True)


def _cronjob(view: ClusterView, cron: Obj) -> Well | None:
    started, good = (when(cron.at("status", k)) for k in ("lastScheduleTime", "lastSuccessfulTime"))
    if cron.at("spec", "suspend") is True or started is None or good is None or good < started:
        return None
    says = say("{c} is not suspended and its latest run, started at {s}, succeeded at {t}.",
               "{c} 未挂起，最近一次运行于 {s} 启动并在 {t} 成功。",
               c=str(cron.ref), s=moment(view, started), t=moment(view, good))  # fmt: skip
    return Well(says, good)


def _service(view: ClusterView, service: Obj) -> Well | None:
    if not view.has_ready_endpoints(service):
        return None
    slices = [
        s
        for s in view.objects("EndpointSlice", service.namespace)
        if s.labels.get("kubernetes.io/service-name") == service.name
    ]
    ready = {
        str(address)
        for s in slices
        for e in s.items("endpoints")
        if is_serving(e)
        for address in elements(e.get("addresses"))
    }
    unready = [p for p in view.pods_behind(service) if p.deleted is None and not pod_ready(p)]
    if unready:
        return None
    says = say("{s} has {n} ready endpoints.", "{s} 有 {n} 个就绪端点。", s=str(service.ref), n=len(ready))
    return Well(says, None, tuple(view.pods_behind(service)), tuple(s.cite for s in slices[:2]))


def _scaler(scaler: Obj) -> Well | None:
    conditions = scaler.conditions()
    works = all(k in conditions and conditions[k].status == "True" for k in ("AbleToScale", "ScalingActive"))
    limited = conditions.get("ScalingLimited")
    now, wanted = scaler.number("status", "currentReplicas"), scaler.number("status", "desiredReplicas")
    if not works or now != wanted or (limited is not None and limited.reason == "TooManyReplicas"):
        return None
    says = say("{h} works: {n} replicas, as many as it wants.", "{h} 工作正常：当前 {n} 个副本，与期望一致。",
               h=str(scaler.ref), n=now)  # fmt: skip
    return Well(says, None)


RULES: tuple[Rule, ...] = (healthy, *gone.RULES)
