"""Pods that are started together or not at all, and pods of schedulers that speak a language of their own.

Volcano, the scheduler-plugins' coscheduling and YuniKorn hold every pod of a group back until all fit; each
pod then only says that its group is not ready. The scheduler's word stands in the PodScheduled condition,
whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity, Want
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.grouping import group_pods
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.remedies import check, describe, escalate
from kubetriage.domain.rules.scheduling_reasons import Why, parse
from kubetriage.domain.rules.scheduling_stuck import pending, stuck
from kubetriage.domain.rules.wording import fitting, grounded, short
from kubetriage.domain.view import ClusterView

_GANG = re.compile(r"\bgang\b|pod ?group|min ?available|min ?member|task group", re.IGNORECASE)
_ANNOTATIONS = ("scheduling.k8s.io/group-name", "yunikorn.apache.org/task-group-name")
_LABELS = ("scheduling.x-k8s.io/pod-group", "pod-group.scheduling.sigs.k8s.io", "volcano.sh/job-name")
"""What ties the pods of a group together; the last is also set where an annotation names the group."""


def group_of(pod: Obj) -> str:
    """The name of the pod's group."""
    named = [pod.text("metadata", "annotations", key) for key in _ANNOTATIONS]
    return next((n for n in (*named, *(pod.labels.get(key, "") for key in _LABELS)) if n), "")


def _said(pod: Obj) -> str:
    condition = pod.conditions().get("PodScheduled")
    waits = condition is not None and condition.status == "False" and condition.reason == "Unschedulable"
    return condition.message if condition is not None and waits else ""


def members_read(pod: Obj) -> Iterator[Want]:
    """The other pods of a group that waits: one of them may say what there is too little of."""
    label = next((key for key in _LABELS if pod.labels.get(key)), "")
    if label and _GANG.search(_said(pod)):
        chosen = f"{label}={pod.labels[label]}"
        why = text("must be started together with Pod {p}", "须与 Pod {p} 一同启动", p=pod.name)
        yield Want(read=list_of("Pod", pod.namespace, labels=chosen), about=pod.ref, why=why)


def other_words(view: ClusterView) -> Iterator[Finding]:
    """Pods that a scheduler refuses in words that are not those about nodes."""
    shown = []
    for pod in pending(view):
        message = _said(pod)
        if message and stuck(view, pod) is None and not pod.items("spec", "schedulingGates"):
            shown.append((pod, (group_of(pod) if _GANG.search(message) else "", short(message, 60))))
    for _, group in group_pods(view, shown):
        yield _finding(view, group.lead, group.who, group.cites, group.culprit)


def _lack(view: ClusterView, pod: Obj, gang: str) -> tuple[Obj, str] | None:
    """A pod of the same group of which the scheduler said what is missing, and the words."""
    for one in view.objects("Pod", pod.namespace) if gang else ():
        verdict = parse(_said(one)) if group_of(one) == gang else None
        if verdict is not None and verdict.of(Why.RESOURCE, Why.SELECTOR, Why.TAINT, Why.PODS):
            return one, _said(one)
    return None


def _category(quote: str) -> str:
    return "insufficient-gpu" if re.search(r"Insufficient \S+/", quote) else "insufficient-resources"


def _finding(
    view: ClusterView, pod: Obj, who: object, cites: tuple[str, ...], workload: Resource | None
) -> Finding:
    message = _said(pod)
    gang = group_of(pod) if _GANG.search(message) else ""
    scheduler = pod.text("spec", "schedulerName") or "default-scheduler"
    lack = _lack(view, pod, gang)
    quote = lack[1] if lack is not None else message
    of_group = resource("PodGroup", pod.namespace, gang, "scheduling.volcano.sh/v1beta1")
    together = (
        say(
            "scheduler {s} starts the pods of group {g} all at once or not at all, and there is not room "
            "for all "
            "of them{o}",
            "调度器 {s} 要求组 {g} 的 Pod 同时启动，而资源不足以容纳全部{o}",
            s=scheduler, g=gang, o=say(" (Pod {p})", "（Pod {p}）", p=lack[0].name) if lack else NOTHING,
        )
        if gang
        else say("scheduler {s} does not place it", "调度器 {s} 未放置它", s=scheduler)
    )  # fmt: skip
    return Finding(
        rule="scheduling.gang" if gang else "scheduling.other-words",
        category=_category(quote) if gang else "insufficient-data",
        role=Role.CAUSE if gang else Role.SYMPTOM,
        subject=pod.ref,
        culprit=(of_group if view.find(of_group) is not None else workload) if gang else None,
        statement=fitting(
            lambda room: say("{who} cannot be scheduled: {t}: “{m}”.", "{who} 无法调度：{t}：“{m}”。",
                             who=who, t=together, m=short(quote, room))
        ),
        likelihood=Likelihood.HIGH if lack is not None else Likelihood.MEDIUM if gang else Likelihood.LOW,
        specificity=Specificity.EXACT if gang else Specificity.GENERAL,
        cites=(*cites, *((lack[0].cite,) if lack is not None else ())),
        quotes=(scheduler, *grounded(quote, short(quote, 80))),
        since=pod.created,
        remedies=(
            escalate(
                say("Have room made for the whole group, or let it need fewer pods",
                    "为整组腾出或增加资源，或降低该组所需的 Pod 数"),
                say("Free or add nodes until all of them fit at once; or lower minMember (minAvailable), or "
                    "what "
                    "each pod requests.",
                    "释放或增加节点直到能同时容纳全部 Pod；或降低 minMember（minAvailable）或每个 Pod "
                    "的请求。"),
            ),
            check(
                say("See what the scheduler says", "查看调度器的说明"),
                say("In the events of the pod; each of the group has its own.",
                    "查看该 Pod 的事件；组内每个 Pod 各有自己的事件。"),
                describe(pod.ref),
            ),
        ) if gang else (),
    )  # fmt: skip
