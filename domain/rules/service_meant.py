"""The pods that a Service was meant to select, where it selects none and they are not ready either.

Its selector and what keeps them from being ready are two faults: with one of them mended, it still has no
endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Role, Want
from kubetriage.domain.kube import Obj, pod_ready, selects
from kubetriage.domain.relations.base import FOCUS, events_of
from kubetriage.domain.relations.service import would_select
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.service_selection import NearMiss, near_miss, selected, selector
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def not_ready_either(view: ClusterView) -> Iterator[Finding | Want]:
    """That the pods whose labels a Service misses would give it no ready endpoint as they are."""
    for service in view.objects("Service"):
        if not (view.looked_at(service.ref) and selector(service)) or would_select(view, service):
            continue
        found = selected(view, service)
        if found is None or found[0] or view.complete_list("Pod", service.namespace) is None:
            continue
        miss = near_miss(view, service)
        pods = _pods(view, miss.target) if miss is not None and miss.alone else []
        if miss is None or not pods or any(pod_ready(p) for p in pods):
            continue
        who = f"{miss.target.ref.kind} {miss.target.name}"
        why = say("whose pods Service {s} misses", "Service {s} 未选中其 Pod", s=service.name)
        yield events_of(miss.target.ref, why)
        yield Finding(
            rule="service.not-ready-either",
            category="probe-failure",
            role=Role.SYMPTOM,
            subject=service.ref,
            culprit=miss.target.ref,
            statement=say(
                "Service {s} would have no ready endpoint with another selector either: none of the {n} pods "
                "of {w} is ready.",
                "即使修正 selector，Service {s} 也没有就绪的端点：{w} 的 {n} 个 Pod 均未就绪。",
                s=service.name, n=len(pods), w=who,
            ),
            waits_on=tuple(p.ref for p in pods[:FOCUS]),
            cites=(service.cite, found[1], *(p.cite for p in pods[:2])),
        )  # fmt: skip
        if view.primary is not None and view.workload(view.primary) == miss.target.ref:
            yield _missed_all_the_same(service, miss, pods, found[1])


def _missed_all_the_same(service: Obj, miss: NearMiss, pods: list[Obj], cite: str) -> Finding:
    """For an alert about the workload: what is still wrong once its pods are ready."""
    wants = ", ".join(f"{s.key}={s.wants}" for s in miss.slips[:3])
    given = [f"{s.other_key}={s.wants}" if s.other_key else f"{s.key}={s.has}" for s in miss.slips]
    has = ", ".join(label for label in given[:3] if not label.endswith("="))
    return Finding(
        rule="service.misses-the-alerts-own",
        category="selector-mismatch",
        role=Role.RISK,
        subject=service.ref,
        culprit=service.ref,
        statement=say(
            "Service {s} will not reach the pods of {w} when they are ready either: its selector asks for "
            "{a}, they have {b}.",
            "即使 {w} 的 Pod 就绪，Service {s} 也选不中它们：其 selector 要求 {a}，而它们的标签{b}。",
            s=service.name, w=f"{miss.target.ref.kind} {miss.target.name}", a=short(wants, 80),
            b=say("{h}", "是 {h}", h=short(has, 80)) if has else say("no such label", "中没有这一项"),
        ),
        cites=(service.cite, cite, *(p.cite for p in pods[:2])),
        quotes=quotable(miss.slips[0].wants),
    )  # fmt: skip


def _pods(view: ClusterView, target: Obj) -> list[Obj]:
    """The pods of a workload, by its selector: whose they are may not have been read yet."""
    if target.ref.kind == "Pod":
        return [target]
    chosen = target.mapping("spec", "selector", "matchLabels")
    every = view.objects("Pod", target.namespace) if chosen else []
    return [p for p in every if p.deleted is None and selects(chosen, p.labels)]


RULES: tuple[Rule, ...] = (not_ready_either,)
