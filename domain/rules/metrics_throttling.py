"""Containers that the kernel throttles, as cAdvisor counts it: periods in which they reached their CPU limit.

Only a limit throttles (CFS bandwidth control), so a container without one is left alone whatever is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import pod_ready
from kubetriage.domain.relations.usage import about_speed, limited
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.pod_samples import alert_measures, of_containers
from kubetriage.domain.rules.templates import limit
from kubetriage.domain.rules.throttling import MUCH, Throttled, raise_limit, stated_percent
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.samples import written
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_COUNTED = re.compile(r"throttl|cfs_periods", re.IGNORECASE)
_LATENCY = re.compile(r"duration|latency|response_time|_seconds_(?:bucket|sum)$", re.IGNORECASE)
"""Metrics of how long something takes."""


def throttled_periods(view: ClusterView) -> Iterator[Finding]:
    """Containers that are throttled in much of their periods, the worst of each workload."""
    measured = of_containers(view, "throttling")
    if not measured.values:
        return
    shown = [
        (pod, state.name)
        for pod in focus_pods(view)
        for state in limited(pod)
        if 100 * measured.values.get((pod.name, state.name), 0.0) >= MUCH
    ]
    for container, group in group_pods(view, shown):
        yield _finding(view, group, container, measured.values, measured.cite)


def _finding(
    view: ClusterView, group: PodGroup, container: str, shares: dict[tuple[str, str], float], cite: str
) -> Finding:
    worst = max(group.pods, key=lambda pod: (shares[pod.name, container], pod.name))
    state = next(state for state in limited(worst) if state.name == container)
    most, share = limit(state.spec, "cpu"), written(shares[worst.name, container], "ratio")
    role, likelihood = _part(view, all(pod_ready(pod) for pod in group.pods))
    held = Throttled(worst, state, most, "", "")
    return Finding(
        rule="metrics.throttled",
        category="cpu-throttling",
        role=role,
        subject=group.lead.ref,
        culprit=group.workload,
        statement=stated(
            "{who}: container {c} is throttled in {s} of its CPU periods by its limit of {l}.",
            "{who}：容器 {c} 在 {s} 的 CPU 周期中受其上限 {l} 限流。",
            who=group.who, c=container, s=share, l=most,
        ),
        likelihood=likelihood,
        specificity=Specificity.EXACT if likelihood is Likelihood.HIGH else Specificity.GENERAL,
        cites=(cite, *group.cites),
        quotes=(share, *quotable(most)),
        remedies=(raise_limit(view, held), remedies.check(
            say("Compare usage and limit", "对比用量与上限"),
            say("Usage that stays at the limit means that the container would take more.",
                "用量一直等于上限，说明容器需要更多 CPU。"),
            remedies.describe(worst.ref),
        )),
    )  # fmt: skip


def _part(view: ClusterView, ready: bool) -> tuple[Role, Likelihood]:
    """The cause of an alert about throttling, a likely one of slowness; of anything else a hint."""
    if ready and (stated_percent(view) or alert_measures(view, _COUNTED)):
        return Role.CAUSE, Likelihood.HIGH
    if ready and (about_speed(view) or alert_measures(view, _LATENCY)):
        return Role.CAUSE, Likelihood.MEDIUM
    return Role.HINT, Likelihood.LOW


RULES: tuple[Rule, ...] = (throttled_periods,)
"""One rule: what the API itself shows of throttling is in `throttling`."""
