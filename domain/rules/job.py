"""Jobs that failed; those that wait or never end, and CronJobs, have their own files.

Reasons of a Job's Failed condition: BackoffLimitExceeded, DeadlineExceeded, PodFailurePolicy, FailedIndexes,
MaxFailedIndexesExceeded (batch/v1; a FailureTarget condition precedes it since 1.27). What its pods and their
logs say is told by the rules about pods and explains the failure; here it is a cause where they are gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.events import EventRecord
from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Condition, Obj, containers, selector_of
from kubetriage.domain.language import Text
from kubetriage.domain.relations.job import pods_made
from kubetriage.domain.rules import cronjob, job_stuck, remedies
from kubetriage.domain.rules.evicted import told_by
from kubetriage.domain.rules.image_answers import decisive_words
from kubetriage.domain.rules.job_stuck import failed_condition, jobs
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.times import ago
from kubetriage.domain.rules.wording import quotable, short, short_end
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "job-failed"


# ---- failed


def failed(view: ClusterView) -> Iterator[Finding]:
    """A Job that failed for good: a symptom where its pods tell why, else the cause as far as it is known."""
    for job in jobs(view):
        ended = failed_condition(job)
        if ended is None:
            continue
        pods = view.pods_of(job.ref)
        if any(_tells(view, p) for p in pods):
            yield _symptom(view, job, ended)
        else:
            yield _cause(view, job, ended, pods)


def _tells(view: ClusterView, pod: Obj) -> bool:
    """Whether other rules find something to say about this try."""
    if told_by(pod) is not None or pod.text("status", "phase") in ("Pending", "Unknown"):
        return True
    states = containers(pod)
    return any(s.terminated.get("exitCode") or s.waiting or s.restarts for s in states)


def _reason(job: Obj, ended: Condition) -> Text:
    """What the controller's reason means, with the numbers of this Job."""
    count = job.number("status", "failed")
    match ended.reason:
        case "BackoffLimitExceeded":
            limit = job.number("spec", "backoffLimit", default=6)
            return say(
                "BackoffLimitExceeded: {k} failed tries, backoffLimit {n}",
                "BackoffLimitExceeded：失败 {k} 次，backoffLimit 为 {n}",
                k=count,
                n=limit,
            )
        case "DeadlineExceeded":
            return say(
                "DeadlineExceeded: it ran longer than its activeDeadlineSeconds of {n}",
                "DeadlineExceeded：运行时间超过 activeDeadlineSeconds（{n} 秒）的截止期限",
                n=job.number("spec", "activeDeadlineSeconds"),
            )
        case "PodFailurePolicy":
            said = short(ended.message, 110)
            return say("PodFailurePolicy: “{m}”", "PodFailurePolicy：“{m}”", m=said)
    said = short(ended.message, 100)
    return say("{r}: “{m}”", "{r}：“{m}”", r=ended.reason or "Failed", m=said)


def _symptom(view: ClusterView, job: Obj, ended: Condition) -> Finding:
    return Finding(
        rule="job.failed",
        category=CATEGORY,
        role=Role.SYMPTOM,
        subject=job.ref,
        culprit=view.workload(job.ref),
        statement=say(
            "Job {j} failed {t} ({r}).", "Job {j} 于{t}失败（{r}）。", j=job.name, t=ago(view, ended.since),
            r=_reason(job, ended),
        ),
        cites=(job.cite,),
        quotes=quotable(ended.reason),
        since=ended.since,
    )  # fmt: skip


_BARE = re.compile(r"(?:Error: )?(?:ErrImagePull|ImagePullBackOff)$|Back-off ")
"""What the kubelet says of a state whose reason stands in another event."""
_NO_PULL = "Failed to pull image"


def _said(event: EventRecord) -> str:
    pull = event.message.startswith(_NO_PULL)
    return short_end(decisive_words(event.message), 100) if pull else short(event.message, 100)


def _cause(view: ClusterView, job: Obj, ended: Condition, pods: list[Obj]) -> Finding:
    owner = view.workload(job.ref)
    left = _last_warning(view, job) if not pods else None
    deadline = ended.reason == "DeadlineExceeded"
    likelihood = Likelihood.HIGH if deadline else Likelihood.MEDIUM if left else Likelihood.LOW
    if not pods and not _pods_known(view, job):
        gone = say("its pods could not be listed", "无法列出其 Pod")
    elif not pods:
        gone = say("its pods are gone and their logs with them", "其 Pod 已被删除，日志也随之丢失")
    else:
        gone = say("its pods do not say why", "其 Pod 没有说明原因")
    pull = left is not None and left.message.startswith(_NO_PULL)
    events = NOTHING
    if left is not None:
        what = _NO_PULL if pull else left.reason
        events = say("; their last event was {r}: “{m}”", "；最后的事件是 {r}：“{m}”", r=what, m=_said(left))
    return Finding(
        rule="job.failed",
        category="image-pull" if pull else CATEGORY,
        role=Role.CAUSE,
        subject=job.ref,
        culprit=owner,
        statement=say(
            "Job {j} failed {t} ({r}); {g}{e}.",
            "Job {j} 于{t}失败（{r}）；{g}{e}。",
            j=job.name, t=ago(view, ended.since), r=_reason(job, ended), g=gone, e=events,
        ),
        likelihood=likelihood,
        specificity=Specificity.NAMED if deadline or left else Specificity.GENERAL,
        cites=(job.cite, *((left.cite,) if left else ()), *(p.cite for p in pods[:2])),
        quotes=quotable(ended.reason, _said(left) if left else ""),
        since=ended.since,
        remedies=_run_again(view, job, ended, left),
    )  # fmt: skip


def _pods_known(view: ClusterView, job: Obj) -> bool:
    """Whether a Job's pods were listed, so that none means none."""
    chosen = selector_of(job) or f"job-name={job.name}"
    seen = view.observation(list_of("Pod", job.namespace, labels=chosen))
    return bool(seen and seen.found) or view.complete_list("Pod", job.namespace) is not None


def _last_warning(view: ClusterView, job: Obj) -> EventRecord | None:
    """The latest warning about a pod that this Job made and that is gone, if any of one that says why."""
    events = [e for pod in pods_made(view, job.ref) for e in view.events(pod) if e.warning]
    events = [e for e in events if not _BARE.match(e.message)] or events
    return max(events, key=lambda e: (e.last is not None, e.last or view.now, e.cite), default=None)


def _run_again(view: ClusterView, job: Obj, ended: Condition, left: EventRecord | None) -> tuple[Remedy, ...]:
    owner = view.workload(job.ref)
    obj = view.find(owner)
    where = remedies.in_namespace(job.ref)
    if owner.kind == "CronJob":
        again = remedies.mutate(
            f"kubectl create job {job.name[:50]}-again --from=cronjob/{owner.name}{where}"
        )
        edit = remedies.mutate(f"kubectl edit {remedies.target(owner)}")
    else:
        again = remedies.destroy(f"kubectl delete {remedies.target(job.ref)}")
        edit = remedies.mutate(f"kubectl apply -f <manifest>.yaml{where}")
    if left is not None and left.reason in _NOT_STARTED:
        title = say("Mend what kept its pods from starting, then run it again",
                    "先解决其 Pod 无法启动的原因，再重新运行")  # fmt: skip
        detail = say("The last event of its pods says what it was: “{m}”.",
                     "其 Pod 的最后事件说明了原因：“{m}”。", m=_said(left))  # fmt: skip
        commands = [edit, again] if owner.kind == "CronJob" else [again, edit]
    elif ended.reason == "DeadlineExceeded":
        title = say("Give {j} more time, or make it faster", "给 {j} 更多时间，或使其更快完成", j=str(owner))
        detail = say("activeDeadlineSeconds covers all tries of a Job together.",
                     "activeDeadlineSeconds 包含一个 Job 的所有重试时间。")  # fmt: skip
        commands = [edit, again] if owner.kind == "CronJob" else [again, edit]
    else:
        title = say("Run it again and watch its log", "重新运行并查看日志")
        detail = say("A failed Job is not retried; its pods and logs last as long as the Job "
                     "(ttlSecondsAfterFinished, "
                     "failedJobsHistoryLimit, restartPolicy Never keeps failed pods).",
                     "失败的 Job 不会再重试；其 Pod 和日志只保留到 Job 被清理（ttlSecondsAfterFinished、"
                     "failedJobsHistoryLimit；restartPolicy Never 会保留失败的 Pod）。")  # fmt: skip
        commands = [again] if owner.kind == "CronJob" else [again, edit]
    look = remedies.check(
        say("See what is left of it", "查看留下的记录"),
        say("Conditions and events of the Job.", "Job 的状态条件和事件。"),
        remedies.describe(job.ref),
    )
    return (remedies.change(title, remedies.with_note(detail, obj), *commands), look)


_NOT_STARTED = frozenset({"Failed", "FailedMount", "FailedAttachVolume", "FailedScheduling",
                          "FailedCreatePodSandBox"})  # fmt: skip
"""Events of pods whose containers did not begin."""

RULES: tuple[Rule, ...] = (failed, *job_stuck.RULES, *cronjob.RULES)
