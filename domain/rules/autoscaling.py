"""HorizontalPodAutoscalers that cannot scale, and those that have reached their end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.kube import Condition, Obj
from kubetriage.domain.language import Text
from kubetriage.domain.relations.autoscaling import SCALABLE
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.alert_words import LOAD, speaks_of
from kubetriage.domain.rules.autoscaling_metrics import without_metrics
from kubetriage.domain.rules.autoscaling_target import scaler_finding, scalers, see_scaler, target_of
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.remedies import (
    change,
    mutate,
    target,
    with_note,
)
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.wording import listed, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def cannot_scale(view: ClusterView) -> Iterator[Finding]:
    """What the autoscaler's own conditions state: no target, no metrics, rivals, scaling turned off."""
    for found in scalers(view):
        states = found.conditions()
        able, active = states.get("AbleToScale"), states.get("ScalingActive")
        if able is not None and able.status == "False" and "GetScale" in able.reason:
            yield _no_target(view, found, able)
        elif active is not None and active.status == "False":
            made = _inactive(view, found, active)
            if made is not None:
                yield made
        elif not states:
            yield from _by_events(view, found)


# ---- the target


def _no_target(view: ClusterView, found: Obj, able: Condition) -> Finding:
    goal = target_of(found)
    have = [o.name for o in view.objects(goal.kind, goal.namespace)]
    like = nearest(goal.name, have)
    others = NOTHING
    if like or have:
        others = say(" (existing: {h})", "（现有 {h}）", h=listed([like] if like else have, 3))
    namesake = next((o for k in SCALABLE if (o := view.find(resource(k, goal.namespace, goal.name)))), None)
    if namesake is not None:
        others = say(": {n} is a {k}", "：{n} 是 {k}", n=namesake.name, k=namesake.ref.kind)
    gone = view.is_absent(goal) or "not found" in able.message
    what = (
        say("{k} {n}, which does not exist{o}", "{k} {n}，而它不存在{o}", k=goal.kind, n=goal.name, o=others)
        if gone
        else say("{k} {n}: “{m}”", "{k} {n}：“{m}”", k=goal.kind, n=goal.name, m=short(able.message, 110))
    )
    return scaler_finding(
        found,
        "no-target",
        say("HPA {h} cannot scale: its scaleTargetRef is {what}.",
            "HPA {h} 无法伸缩：其 scaleTargetRef 指向 {what}。",
            h=found.name, what=what),
        culprit=found.ref,
        cites=(namesake.cite,) if namesake is not None else (),
        quotes=(goal.name, able.reason),
        since=able,
        remedies=(
            change(
                say("Point the autoscaler at a workload that exists, or delete it",
                    "让 HPA 指向存在的工作负载，或删除它"),
                with_note(say("spec.scaleTargetRef names kind and name.",
                    "spec.scaleTargetRef 指定类型和名称。"), found),
                mutate(f"kubectl edit {target(found.ref)}"),
            ),
            see_scaler(found),
        ),
    )  # fmt: skip


# ---- turned off, or fought over


def _inactive(view: ClusterView, found: Obj, active: Condition) -> Finding | None:
    if active.reason == "ScalingDisabled":
        return _disabled(view, found, active)
    if active.reason == "AmbiguousSelector":
        return _rivals(view, found, active)
    return without_metrics(view, found, active)


def _disabled(view: ClusterView, found: Obj, active: Condition) -> Finding | None:
    goal = target_of(found)
    return scaler_finding(
        found,
        "target-at-zero",
        say("HPA {h} does nothing while {k} {n} has 0 replicas: it is not scaled up from zero.",
            "{k} {n} 的副本数为 0，HPA {h} 不起作用：HPA 不会从 0 "
            "扩容。", h=found.name, k=goal.kind, n=goal.name),
        role=Role.SYMPTOM,
        culprit=goal,
        waits_on=(goal,),
        quotes=(active.reason,),
        since=active,
        remedies=(see_scaler(found),),
    )  # fmt: skip


def _rivals(view: ClusterView, found: Obj, active: Condition) -> Finding:
    words = short(active.message, 140)
    return scaler_finding(
        found,
        "rivals",
        say("HPA {h} has stopped: its pods are also controlled by another autoscaler: “{w}”.",
            "HPA {h} 已停止：其 Pod 同时受另一个自动伸缩控制：“{w}”。", h=found.name, w=words),
        culprit=found.ref,
        quotes=(words,),
        since=active,
        remedies=(
            change(
                say("Keep one autoscaler for the workload", "一个工作负载只保留一个 HPA"),
                with_note(say("Delete the other one (KEDA makes its own), or let the selectors not overlap.",
                              "删除多余的（KEDA 会自建 HPA），或使选择器不重叠。"), found),
                mutate(f"kubectl edit {target(found.ref)}"),
            ),
            see_scaler(found),
        ),
    )  # fmt: skip


def _by_events(view: ClusterView, found: Obj) -> Iterator[Finding]:
    """An autoscaler without conditions yet: its events say the same."""
    for event in view.events(found.ref, "FailedGetScale")[:1]:
        yield _no_target(
            view, found, Condition("AbleToScale", "False", event.reason, event.message, event.first)
        )


def same_target(view: ClusterView) -> Iterator[Finding]:
    """Two autoscalers on one workload undo each other's work."""
    for found in scalers(view):
        rivals = [
            h
            for h in view.objects("HorizontalPodAutoscaler", found.namespace)
            if h.ref != found.ref and target_of(h) == target_of(found)
        ]
        state = found.conditions().get("ScalingActive")
        if not rivals or (state is not None and state.reason == "AmbiguousSelector"):
            continue
        if found.name > rivals[0].name and not view.looked_at(found.ref):
            continue  # said once, about the one looked at or the first by name
        goal = target_of(found)
        yield scaler_finding(
            found,
            "same-target",
            say("HPA {h} and HPA {o} both scale {k} {n}: each undoes what the other sets.",
                "HPA {h} 与 HPA {o} 同时伸缩 {k} {n}，"
                "互相覆盖。", h=found.name, o=rivals[0].name, k=goal.kind, n=goal.name),
            culprit=found.ref,
            cites=tuple(r.cite for r in rivals[:2]),
            quotes=(goal.name,),
            remedies=(
                change(
                    say("Keep one of them", "只保留其中一个"),
                    with_note(say("Put all metrics into one autoscaler.",
                        "把所有指标合并到一个 HPA。"), found),
                    mutate(f"kubectl edit {target(found.ref)}"),
                ),
            ),
        )  # fmt: skip


# ---- at its end


def maxed_out(view: ClusterView) -> Iterator[Finding]:
    """It wants more replicas than it may have."""
    for found in scalers(view):
        limited = found.conditions().get("ScalingLimited")
        top, now = found.number("spec", "maxReplicas"), found.number("status", "currentReplicas")
        wants = found.number("status", "desiredReplicas")
        if limited is None or limited.status != "True" or limited.reason != "TooManyReplicas":
            continue
        if not top or max(now, wants) < top:
            continue
        goal = target_of(found)
        fixed = top == found.number("spec", "minReplicas", default=1)
        same = (
            say(" (minReplicas is {t} too, so it never scales)", "（minReplicas 也是 {t}，不会伸缩）", t=top)
            if fixed
            else NOTHING
        )
        made = scaler_finding(
            found,
            "maxed-out",
            say("HPA {h} is at its maximum: it wants more than maxReplicas {t} for {k} {n}{same}{load}.",
                "HPA {h} 已达上限：{k} {n} 需要的副本数超过 maxReplicas {t}{same}{load}。",
                h=found.name, t=top, k=goal.kind, n=goal.name, same=same, load=_load(found)),
            culprit=found.ref,
            quotes=(str(top), limited.reason),
            since=limited,
            remedies=(
                change(
                    say("Raise maxReplicas, or lower the load on each pod",
                        "提高 maxReplicas，或降低每个 Pod 的负载"),
                    with_note(say("Check first that the nodes have room and that the load is real.",
                                  "先确认节点资源足够、负载真实。"), found),
                    mutate(f"kubectl patch {target(found.ref)} --type=merge -p "
                           f"'{{\"spec\":{{\"maxReplicas\":<number>}}}}'"),
                ),
                see_scaler(found),
            ),
        )  # fmt: skip
        loaded = view.primary is not None and view.workload(view.primary) == goal and speaks_of(view, LOAD)
        # what the alert measures of the workload may then come of too few replicas, or of something else
        yield made.model_copy(update={"subject": goal, "likelihood": Likelihood.MEDIUM}) if loaded else made


def _load(found: Obj) -> Text:
    """Current against target utilisation of the first resource metric."""
    for spec, now in zip(
        found.items("spec", "metrics"), found.items("status", "currentMetrics"), strict=False
    ):
        wanted = Obj(spec).text("resource", "target", "averageUtilization")
        have = Obj(now).text("resource", "current", "averageUtilization")
        if wanted and have:
            name = Obj(spec).text("resource", "name")
            return say(
                " ({n} at {h}% of request, target {w}%)",
                "（{n} 使用率 {h}%，目标 {w}%）",
                n=name,
                h=have,
                w=wanted,
            )
    return NOTHING


RULES: tuple[Rule, ...] = (cannot_scale, same_target, maxed_out)
