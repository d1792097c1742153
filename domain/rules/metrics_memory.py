"""Memory against its limit, as cAdvisor measures it: before a container is killed for it, and after.

The working set is what the kernel cannot take back; when it reaches the limit, the container is killed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, containers, quantity
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.ends import Kind, endings
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods
from kubetriage.domain.rules.oom import raise_memory
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.pod_samples import alert_measures, of_containers
from kubetriage.domain.rules.templates import limit
from kubetriage.domain.rules.wording import listed, quotable
from kubetriage.domain.samples import Samples, written
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

NEAR = 0.9
"""Part of the limit from which a peak counts as near to it: samples miss what happens between them."""
_MEMORY = re.compile(r"container_memory|working_set|memory_(?:usage|bytes|limit)", re.IGNORECASE)
_WORDS = re.compile(r"\bmemory\b|内存", re.IGNORECASE)


class Peak(NamedTuple):
    """The most that one container used in the last hour."""

    pod: Obj
    container: str
    used: float
    limit: str
    """As it is written."""
    most: float
    """Bytes of the limit."""


def near_limit(view: ClusterView) -> Iterator[Finding]:
    """Containers whose memory came near to its limit and that were not killed for it, by workload."""
    peaks, cite = _peaks(view)
    if not peaks:
        return
    killed = {(e.pod.ref, e.state.name) for e in endings(view) if e.kind is Kind.OOM}
    near = {
        (one.pod.ref, one.container): one
        for one in peaks
        if one.used >= NEAR * one.most and (one.pod.ref, one.container) not in killed
    }
    shown = [(one.pod, one.container) for one in near.values()]
    for container, group in group_pods(view, shown):
        worst = max((near[pod.ref, container] for pod in group.pods), key=lambda one: one.used / one.most)
        yield _near(view, group, worst, cite)


def _peaks(view: ClusterView) -> tuple[list[Peak], str]:
    """The peaks of the containers that have a limit in their pod, and the citation."""
    measured = of_containers(view, "memory", of="working set")
    found: list[Peak] = []
    for pod in focus_pods(view) if measured.values else ():
        for state in containers(pod):
            used, own = measured.values.get((pod.name, state.name)), limit(state.spec, "memory")
            most = quantity(own)
            if used is not None and most:
                found.append(Peak(pod, state.name, used, own, most))
    return found, measured.cite


def _near(view: ClusterView, group: PodGroup, worst: Peak, cite: str) -> Finding:
    used, share = written(worst.used, "bytes"), written(worst.used / worst.most, "ratio")
    asked = alert_measures(view, _MEMORY) or any(
        _WORDS.search(words[:2000]) for words in view.alert.annotations.values()
    )
    return Finding(
        rule="metrics.memory-near-limit",
        category="oom-killed",
        role=Role.CAUSE if asked else Role.RISK,
        subject=group.lead.ref,
        culprit=group.workload,
        statement=stated(
            "{who}: container {c} used up to {u} of its memory limit of {l} in the last hour ({s}); at the "
            "limit it is OOMKilled.",
            "{who}：容器 {c} 最近一小时内存最高用到 {u}，上限为 {l}（{s}）；达到上限就会被 OOMKilled。",
            who=group.who, c=worst.container, u=used, l=worst.limit, s=share,
        ),
        likelihood=Likelihood.HIGH if asked else Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
        cites=(cite, *group.cites),
        quotes=(used, *quotable(worst.limit)),
        remedies=(
            raise_memory(view, group.workload, worst.container, say(
                "container {c}", "容器 {c}", c=worst.container)),
            remedies.check(
                say("See limit and restarts", "查看内存上限与重启次数"),
                say("Memory that only grows is a leak; one that stays at a height is what it needs.",
                    "内存持续增长说明泄漏；稳定在某一水平则是实际需求。"),
                remedies.describe(worst.pod.ref),
            ),
        ),
    )  # fmt: skip


def before_the_kill(view: ClusterView) -> Iterator[Finding]:
    """What a container that was killed for memory had used before, as far as samples saw it."""
    peaks, cite = _peaks(view)
    if not peaks:
        return
    known = {(one.pod.ref, one.container): one for one in peaks}
    for end in endings(view):
        one = known.get((end.pod.ref, end.state.name)) if end.kind is Kind.OOM else None
        if one is None:
            continue
        missed = say("; the last of it came too fast for the samples", "；最后的增长过快，采样未捕捉到")
        used = written(one.used, "bytes")
        yield Finding(
            rule="metrics.memory-before-kill",
            category="oom-killed",
            role=Role.HINT,
            subject=one.pod.ref,
            statement=stated(
                "Before it was OOMKilled, container {c} was seen to use up to {u} of its memory limit of "
                "{l}{m}.",
                "容器 {c} 被 OOMKilled 之前，采样到的内存最高为 {u}，上限为 {l}{m}。",
                c=one.container, u=used, l=one.limit, m=missed if one.used < NEAR * one.most else NOTHING,
            ),
            cites=(cite, one.pod.cite),
            quotes=(used, *quotable(one.limit)),
            since=end.at,
        )  # fmt: skip


def gone_with(view: ClusterView) -> Iterator[Finding]:
    """How the containers of a pod that is gone ended, and how often they restarted in the last hour."""
    primary = view.primary
    if primary is None or primary.kind != "Pod" or not view.is_absent(primary):
        return
    seen = view.samples("restarts", primary)
    ends = _ends(seen) if seen is not None else []
    if seen is None or not ends:
        return
    yield Finding(
        rule="metrics.pod-before",
        category="insufficient-data",
        role=Role.HINT,
        subject=primary,
        statement=stated(
            "Before it was gone, by its metrics, the last end of a container of {p} was: {e}.",
            "据指标，{p} 消失之前其容器最后的终止原因：{e}。",
            p=str(primary), e=listed(ends),
        ),
        cites=(seen.cite,),
        quotes=tuple(end.partition(" ")[2] for end in ends[:1]),
    )  # fmt: skip


def _ends(seen: Samples) -> list[str]:
    """`container reason` of the series that tell a reason."""
    return sorted({f"{s.labels.get('container', '')} {s.labels['reason']}".strip() for s in seen.series
                   if s.labels.get("reason")})  # fmt: skip


RULES: tuple[Rule, ...] = (near_limit, before_the_kill, gone_with)
