"""Since when a container logs errors: the burst that its log tells apart from what was usual before.

That errors rose is no reason: rules that read what the errors say give one. It says when it began, which is
what changes and the trouble of others are held against.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Role, Specificity
from kubetriage.domain.kube import ContainerState, Obj, containers, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.log_clients import client_left
from kubetriage.domain.log_digest import ErrorRise
from kubetriage.domain.log_orders import gives_orders
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, fresh, group_pods, node_down, told_apart
from kubetriage.domain.rules.health_scope import measured
from kubetriage.domain.rules.log_stated import of_primary
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.times import moment
from kubetriage.domain.rules.wording import duration, fitting, grounded, short
from kubetriage.domain.view import ClusterView, LogText

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

MANY = 10
"""Errors in a burst that are a symptom by themselves where the alert measures errors."""


@told_apart
def error_bursts(view: ClusterView) -> Iterator[Finding]:
    """When the errors in a container's log became more frequent, and which one came first."""
    found: dict[tuple[object, str], tuple[LogText, ErrorRise]] = {}
    shown: list[tuple[Obj, str]] = []
    for pod in focus_pods(view):
        if node_down(view, pod):
            continue
        for state in containers(pod):
            told = _risen(view, pod, state)
            if told is not None:
                found[(pod.ref, state.name)] = told
                shown.append((pod, state.name))
    for name, group in group_pods(view, shown):
        yield _finding(view, group, name, *found[(group.lead.ref, name)])


def _risen(view: ClusterView, pod: Obj, state: ContainerState) -> tuple[LogText, ErrorRise] | None:
    """The burst in the log of a container that runs, if it is of about the alert's time."""
    log = view.log(pod.ref, state.name) if state.running else None
    rise = log.digest.rise if log is not None and log.digest is not None else None
    if log is None or rise is None or not (rise.lasting or fresh(view, rise.last.at)):
        return None
    if gives_orders(rise.example) or client_left(rise.example):
        return None
    return (log, rise) if fresh(view, rise.first.at) else None


def _finding(view: ClusterView, group: PodGroup, name: str, log: LogText, rise: ErrorRise) -> Finding:
    pod = group.lead
    asked = measured(view) and of_primary(view, pod) and pod_ready(pod) and rise.errors >= MANY

    def statement(room: int) -> Text:
        return say(
            "{who}: errors in the log of container {c} rose{at}: {inside} after {before}; first “{q}”.",
            "{who}：容器 {c} 的日志中错误{at}增多：{inside}，此前 {before}；首个错误为“{q}”。",
            who=group.who, c=name, at=_begin(view, rise), inside=_inside(rise), before=_before(rise),
            q=short(rise.says, room),
        )  # fmt: skip

    look = remedies.check(
        Text(en="Read the log around the first error", zh="查看首个错误前后的日志"),
        Text(en="What was changed, or failed elsewhere, just before it is the likeliest reason.",
             zh="在它之前发生的变更，或别处出现的故障，最可能是原因。"),
        *remedies.see_log(view, pod.ref, name),
    )  # fmt: skip
    return Finding(
        rule="log.burst",
        category="crash-app-error",
        role=Role.SYMPTOM if asked else Role.HINT,
        subject=pod.ref,
        culprit=group.culprit,
        statement=fitting(statement),
        specificity=Specificity.GENERAL,
        cites=(*group.cites, log.cite),
        quotes=grounded(log.text, short(rise.says, 60)),
        since=rise.first.at,
        remedies=(look,),
    )


def _begin(view: ClusterView, rise: ErrorRise) -> Text:
    if rise.first.at is None:
        return say(" from line {n}", "自第 {n} 行起", n=rise.first.line)
    return say(" at {t}", "自 {t} 起", t=moment(view, rise.first.at))


def _inside(rise: ErrorRise) -> Text:
    """`300 in 16 min`, or `300 of 400 records` where lines carry no times."""
    return _rate(rise.errors, rise.seconds, rise.records)


def _before(rise: ErrorRise) -> Text:
    return _rate(rise.before_errors, rise.before_seconds, rise.before_records)


def _rate(errors: int, seconds: float | None, records: int) -> Text:
    if seconds is None:
        return say("{n} in {r} records", "{r} 条记录中 {n} 个", n=errors, r=records)
    whole = max(round(seconds), 1) if seconds < 120 else 60 * round(seconds / 60)
    return say("{n} in {d}", "{d}内 {n} 个", n=errors, d=duration(timedelta(seconds=whole)))


RULES: tuple[Rule, ...] = (error_bursts,)
