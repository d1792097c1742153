"""Workloads that are not what they should be: too few pods, a rollout that does not end, or none at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, pod_settled, selects, whole_number
from kubetriage.domain.language import Text
from kubetriage.domain.rules.keda_pause import pauses, resume
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.remedies import (
    change,
    check,
    current_and_previous,
    describe,
    escalate,
    mutate,
    target,
    with_note,
)
from kubetriage.domain.rules.rollout_kinds import KIND_RULES
from kubetriage.domain.rules.rollout_state import count, exact_cause, stalled, words, workloads
from kubetriage.domain.rules.wording import duration, quotable, short
from kubetriage.domain.view import ClusterView

_NEW = timedelta(minutes=2)
_STARTING = timedelta(minutes=3)
"""Younger pods may simply not have had the time to become ready."""

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def unavailable(view: ClusterView) -> Iterator[Finding]:
    """Fewer pods ready or available than wanted: a symptom whose reason lies with the pods."""
    for found in workloads(view):
        now = count(found)
        if not now.short or stalled(found):
            continue
        late = found.conditions().get("Progressing")
        stuck = late is not None and late.status == "False" and late.reason == "ProgressDeadlineExceeded"
        tail = NOTHING
        if stuck and late is not None:
            tail = say(
                "; its rollout exceeded the progress deadline",
                "；发布已超过进度期限（ProgressDeadlineExceeded）",
            )
        kept = _kept(view, found) if found.ref.kind == "Deployment" else NOTHING
        pods = [p for p in view.pods_of(found.ref) if p.deleted is None and not pod_settled(p)]
        if pods and not stuck:
            tail = _young(view, pods)
        yield Finding(
            rule="rollout.unavailable",
            category="rollout-stuck",
            role=Role.SYMPTOM,
            subject=found.ref,
            culprit=found.ref,
            statement=stated(
                "{w}{tail}{kept}.", "{w}{tail}{kept}。", w=words(found, now), tail=tail, kept=kept
            ),
            likelihood=Likelihood.LOW,
            specificity=Specificity.GENERAL,
            waits_on=tuple(p.ref for p in pods[:20]),
            cites=(found.cite,),
            quotes=quotable("ProgressDeadlineExceeded") if stuck else (),
            since=_unavailable_since(found),
        )


def _unavailable_since(found: Obj) -> datetime | None:
    available = found.conditions().get("Available")
    return available.since if available is not None and available.status == "False" else None


def _young(view: ClusterView, pods: Sequence[Obj]) -> Text:
    """That the pods which are not ready have only just been made, if all of them have."""
    ages = [view.now - p.created for p in pods if p.created is not None]
    if len(ages) < len(pods) or max(ages) > _STARTING:
        return NOTHING
    return say("; what is missing was created {t} ago and is still starting",
        "；缺少的 Pod 创建于 {t}前，仍在启动",
               t=duration(max(ages)))  # fmt: skip


def _kept(view: ClusterView, found: Obj) -> Text:
    """What still serves while the new revision does not."""
    _, before = current_and_previous(view, found.ref)
    ready = before.number("status", "readyReplicas") if before is not None else 0
    if before is None or not ready:
        return NOTHING
    return say(
        "; still serving: {n} pod(s) of the previous revision", "；上一修订版仍有 {n} 个 Pod 在服务", n=ready
    )


# ---- nobody wants it to run


def scaled_to_zero(view: ClusterView) -> Iterator[Finding]:
    """`spec.replicas: 0`: no pods, on purpose or by mistake."""
    for found in dict.fromkeys((*workloads(view), *_behind_services(view))):
        if found.ref.kind == "DaemonSet" or found.at("spec", "replicas") != 0:
            continue
        events = [
            e for e in view.events(found.ref, "ScalingReplicaSet", "SuccessfulDelete") if " to 0" in e.message
        ]
        before = NOTHING
        if events:
            before = say(": “{m}”", "：“{m}”", m=short(events[0].message, 90))
        scaler = pauses(view, found)
        who = say("; ScaledObject {s} is paused at 0 (KEDA)", "；ScaledObject {s} 暂停在 0（KEDA）",
                  s=scaler.name) if scaler is not None else NOTHING  # fmt: skip
        yield Finding(
            rule="rollout.scaled-to-zero",
            category="scaled-to-zero",
            role=Role.CAUSE,
            subject=found.ref,
            culprit=scaler.ref if scaler is not None else found.ref,
            statement=stated(
                "{k} {n} is scaled to zero: replicas is 0, so it has no pods{who}{before}.",
                "{k} {n} 被缩容到 0：replicas 为 0，没有任何 Pod{who}{before}。",
                k=found.ref.kind, n=found.name, who=who, before=before,
            ),
            specificity=Specificity.EXACT,
            cites=(found.cite, *(e.cite for e in events[:1]), *((scaler.cite,) if scaler else ())),
            quotes=quotable(short(events[0].message, 90)) if events else quotable("0"),
            since=events[0].first if events else None,
            remedies=(
                resume(scaler) if scaler is not None else change(
                    say("Scale it up again, if it should run", "如果应当运行，请重新扩容"),
                    with_note(
                        say("Somebody or something set 0 replicas: find out who before undoing it.",
                            "副本数被人为或由程序设为 0：恢复前先确认原因。"), found),
                    mutate(f"kubectl scale {target(found.ref)} --replicas={_former(view, found)}"),
                ),
                check(say("See when it was scaled", "查看何时缩容"),
                      say("Events and annotations tell.", "查看事件和注解。"), describe(found.ref)),
            ),
        )  # fmt: skip


def _behind_services(view: ClusterView) -> Iterator[Obj]:
    """The workloads whose pods, if there were any, a Service that is looked at would select."""
    for service in view.objects("Service"):
        if not view.looked_at(service.ref):
            continue
        for kind in ("Deployment", "StatefulSet"):
            for found in view.objects(kind, service.namespace):
                labels = Obj(found.mapping("spec", "template")).labels
                if selects(service.mapping("spec", "selector"), labels):
                    yield found


def _former(view: ClusterView, found: Obj) -> str:
    """How many replicas it had, as far as events tell."""
    for event in view.events(found.ref, "ScalingReplicaSet"):
        _, _, tail = event.message.partition(" from ")
        if tail.strip().isdigit():
            return tail.strip()
    return "1"


# ---- nobody moves it


def paused(view: ClusterView) -> Iterator[Finding]:
    """A paused Deployment whose latest template is not rolled out."""
    for found in workloads(view):
        now = count(found)
        if found.ref.kind != "Deployment" or found.at("spec", "paused") is not True or not now.stale:
            continue
        yield exact_cause(
            found,
            "paused",
            "rollout-stuck",
            say(
                "Deployment {n} is paused (spec.paused), so its latest template is on {u} of {w} pods only.",
                "Deployment {n} 已暂停（spec.paused），最新模板只在 {w} 个 Pod 中的 {u} 个上生效。",
                n=found.name, u=now.updated, w=now.want,
            ),
            change(
                say("Resume the rollout", "恢复发布"),
                with_note(say("Ask whoever paused it first.", "请先询问暂停它的人。"), found),
                mutate(f"kubectl rollout resume {target(found.ref)}"),
            ),
        )  # fmt: skip


def not_observed(view: ClusterView) -> Iterator[Finding]:
    """The controller has not taken up the latest spec."""
    for found in workloads(view):
        young = found.created is not None and view.now - found.created < _NEW
        if not stalled(found) or young:
            continue
        made, seen = found.number("metadata", "generation"), found.number("status", "observedGeneration")
        managers = [
            p
            for p in view.objects("Pod", "kube-system")
            if p.labels.get("component") == "kube-controller-manager"
        ]
        down = [p for p in managers if not pod_settled(p)]
        yield Finding(
            rule="rollout.not-observed",
            category="controller-stalled",
            role=Role.CAUSE,
            subject=found.ref,
            culprit=down[0].ref if down else found.ref,
            statement=stated(
                "{k} {n} was changed (generation {g}), but its controller has only seen generation {o}: "
                "it is not "
                "reconciled{down}.",
                "{k} {n} 已被修改（generation {g}），但控制器只处理到 generation {o}：没有在协调{down}。",
                k=found.ref.kind, n=found.name, g=made, o=seen,
                down=say("; {p} is not ready", "；{p} 未就绪", p=down[0].name) if down else NOTHING,
            ),
            likelihood=Likelihood.HIGH if down else Likelihood.MEDIUM,
            waits_on=tuple(p.ref for p in down),
            cites=(found.cite, *(p.cite for p in down[:2])),
            quotes=(str(made), str(seen)),
            remedies=(
                escalate(
                    say("Ask the cluster's administrator about kube-controller-manager",
                        "请集群管理员检查 kube-controller-manager"),
                    say("It reconciles workloads; on a managed cluster the provider runs it: tell them the "
                        "workload, and that generation {g} was made and {o} observed.",
                        "工作负载由它协调；托管集群中由云厂商运行：请说明是哪个工作负载、"
                        "generation {g} 只处理到 {o}。",
                        g=made, o=seen),
                    describe(found.ref),
                ),
            ),
        )  # fmt: skip


def all_at_once(view: ClusterView) -> Iterator[Finding]:
    """A strategy that takes every pod down before new ones are ready, while a rollout is failing."""
    for found in workloads(view):
        if found.ref.kind != "Deployment":
            continue
        now = count(found)
        limit = found.text("spec", "strategy", "rollingUpdate", "maxUnavailable")
        everything = limit == "100%" or (whole_number(limit) or 0) >= now.want
        if now.available or not now.want or not everything or now.want == 1:
            continue
        yield Finding(
            rule="rollout.all-at-once",
            category="rollout-stuck",
            role=Role.RISK,
            subject=found.ref,
            culprit=found.ref,
            statement=stated(
                "Deployment {n} may take all {w} pods down at once (maxUnavailable {m}): a bad revision "
                "leaves "
                "none serving.",
                "Deployment {n} 允许同时停掉全部 {w} 个 Pod（maxUnavailable {m}）："
                "一次失败的发布会使服务全部中断。",
                n=found.name, w=now.want, m=limit,
            ),
            cites=(found.cite,),
            quotes=quotable(limit),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (unavailable, scaled_to_zero, paused, not_observed, all_at_once, *KIND_RULES)
