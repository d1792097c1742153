"""Errors that a running container logs again and again, and that no known sign reads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import ContainerState, Obj, containers, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.log_clients import client_left
from kubetriage.domain.log_orders import gives_orders
from kubetriage.domain.logs import Level, Record, records, signature
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.ends import endings
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, fresh, group_pods, node_down, told_apart
from kubetriage.domain.rules.health_scope import measured
from kubetriage.domain.rules.log_stated import FEW, REPEATED, is_grave, is_telemetry, of_primary, stated
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.times import moment
from kubetriage.domain.rules.wording import chained, fitting, grounded, named, short
from kubetriage.domain.view import ClusterView, LogText

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

QUIET = timedelta(minutes=2)
"""How long a log must have been without an error for its first time to be worth saying."""
RARE = 4
"""Times up to which an error that is the only one of a long log is a hint and no more."""
LONG = 100
"""Records of a log that is long enough for its only error to stand out."""
NEARLY = 0.8
"""Share of the most frequent error's count from which an exception goes before it: it says more."""


_COMPLAINS = re.compile(
    r"\b(?:errors?|exceptions?|fail(?:ed|ure|s)?|fatal|panic|unable|refused|denied|unreachable|timed? ?out"
    r"|crash(?:ed)?|abort(?:ed)?|cannot|could not)\b"
    r"|\b(?:is|went|goes|are|peer|link|node|connection|interface|upstream|backend|session) down\b",
    re.IGNORECASE,
)


def complains(record: Record) -> bool:
    """Whether a record calls itself an error or, without a level, says plainly that something failed."""
    if is_grave(record):
        return True
    plain = record.level is Level.NONE and bool(_COMPLAINS.search(record.said))
    return plain and not gives_orders(record.whole) and not client_left(record.whole[:4000])


class Common(NamedTuple):
    """An error that stands in a log again and again."""

    record: Record
    """Its latest occurrence."""
    times: int
    since: datetime | None
    """Its first occurrence, if the log was quiet before."""
    rare: bool = False
    """Whether it is not repeated, but the only one."""


@lru_cache(maxsize=64)
def common_error(text: str) -> Common | None:
    """The error that a log repeats most, None if it repeats none often enough to matter."""
    found: defaultdict[str, list[Record]] = defaultdict(list)
    began, count = None, 0
    for record in records(text):
        began = began or record.at
        if complains(record):
            count += 1
            found[signature(record.said)].append(record)
    often = [r for r in found.values() if len(r) >= REPEATED or (len(r) >= FEW and 2 * len(r) >= count)]
    often = [r for r in often if not is_telemetry(r[0])] or often
    most = max(map(len, often), default=0)
    first = [r for r in often if len(r) >= NEARLY * most]
    best = next((r for r in first if r[0].thrown), first[0] if first else None)
    if best is None and len(found) == 1 and count <= RARE and len(records(text)) >= LONG:
        (best,) = found.values()
    if best is None:
        return None
    at = best[0].at
    quiet = began is not None and at is not None and at - began >= QUIET
    return Common(best[-1], len(best), at if quiet else None, rare=not often)


@told_apart
def unknown_errors(view: ClusterView) -> Iterator[Finding]:
    """What the containers behind the alert complain of most, where nothing else reads it."""
    read = {(t.pod.ref, t.state.name) for t in stated(view)} | {
        (e.pod.ref, e.state.name) for e in endings(view)
    }
    found: dict[tuple[object, str], tuple[Common, LogText, bool]] = {}
    shown = []
    for pod, state in _candidates(view):
        log = view.log(pod.ref, state.name)
        common = common_error(log.text) if log is not None else None
        if (pod.ref, state.name) in read or log is None or common is None:
            continue
        if fresh(view, common.record.at):
            found[(pod.ref, state.name)] = (common, log, pod_ready(pod))
            shown.append((pod, (state.name, signature(common.record.said))))
    for (name, _), group in group_pods(view, shown):
        yield _finding(view, group, name, *found[(group.lead.ref, name)])


def _candidates(view: ClusterView) -> Iterator[tuple[Obj, ContainerState]]:
    """The running containers of pods that are not ready, and of ready ones if the alert measures errors."""
    asked = measured(view)
    for pod in focus_pods(view):
        if not node_down(view, pod) and (not pod_ready(pod) or (asked and of_primary(view, pod))):
            yield from ((pod, state) for state in containers(pod) if state.running and not state.init)


def _finding(
    view: ClusterView, group: PodGroup, name: str, common: Common, log: LogText, ready: bool
) -> Finding:
    since = NOTHING
    if common.since is not None:
        since = say(" since {t}", "（自 {t} 起）", t=moment(view, common.since))

    def statement(room: int) -> Text:
        quote = chained(common.record.said, room)
        state = NOTHING if ready else say(" is not ready; it", "未就绪；其")
        return say(
            "{who}: container {c}{state} logs {n}{since}: “{q}”.",
            "{who}：容器 {c} {state}日志{n}报错{since}：“{q}”。",
            who=group.who, c=name, state=state, since=since, q=quote,
            n=say("{n} times", " {n} 次", n=common.times) if common.times > 1 else say("once", "一次"),
        )  # fmt: skip

    look = remedies.check(
        Text(en="Read the log around the error", zh="查看错误前后的日志"),
        Text(en="The lines before its first time show what the application was doing.",
             zh="首次出现之前的几行能看出应用当时在做什么。"),
        *remedies.see_log(view, group.lead.ref, name),
    )  # fmt: skip
    ask = remedies.escalate(
        say("Ask who develops {w}", "联系 {w} 的开发者", w=named(group.workload)),
        Text(en="The quoted error, how often and since when is what they need.",
             zh="请提供引用的错误、次数和开始时间。"),
    )  # fmt: skip
    return Finding(
        rule="log.common-error",
        category="crash-app-error",
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=group.culprit,
        statement=fitting(statement),
        likelihood=Likelihood.LOW if common.rare else Likelihood.MEDIUM,
        specificity=Specificity.GENERAL,
        cites=(*group.cites, log.cite),
        quotes=grounded(log.text, short(common.record.said, 60)),
        since=common.since,
        remedies=remedies.with_rollback(view, group.workload, ask, look),
    )


RULES: tuple[Rule, ...] = (unknown_errors,)
