"""Containers that the kernel keeps at their CPU limit.

Throttling has one reason, the limit (CFS bandwidth control): what has to be shown is that it happens. That is
either what the alert itself measured, in its own text, or the container's usage at its limit now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import ContainerState, Obj, containers, pod_ready, quantity
from kubetriage.domain.relations.usage import about_speed, limited, usage_of
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import focus_pods
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.pod_samples import of_containers
from kubetriage.domain.rules.templates import limit
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_STATED = re.compile(
    r"(?P<before>\d{1,3}(?:\.\d+)?) ?%[^.%\n]{0,40}throttl"
    r"|throttl[^.%\n]{0,60}?(?P<after>\d{1,3}(?:\.\d+)?) ?%"
    r"|(?P<zh>\d{1,3}(?:\.\d+)?) ?%[^。%\n]{0,20}限流|限流[^。%\n]{0,20}?(?P<zh2>\d{1,3}(?:\.\d+)?) ?%",
    re.IGNORECASE,
)
MUCH = 25.0
"""Percent of periods throttled from which kubernetes-mixin takes it for a problem."""
_AT_LIMIT = 0.95
"""Part of the limit that is used by a container which would take more: metrics are means over a window."""


class Throttled(NamedTuple):
    pod: Obj
    state: ContainerState
    limit: str
    used: str
    """CPU now, empty where it is not known or below the limit."""
    cite: str
    """The read that says so."""


def throttled(view: ClusterView) -> Iterator[Finding]:
    """The container that the alert speaks of runs, has a CPU limit, and is held at it."""
    percent = stated_percent(view)
    if not percent and not about_speed(view):
        return
    held, shares = list(_held(view)), of_containers(view, "throttling").values
    if any(100 * shares.get((one.pod.name, one.state.name), 0.0) >= MUCH for one in held):
        return  # measured: metrics_throttling says how much
    found = [one for one in held if percent or one.used]
    found.sort(key=lambda one: (one.pod.ref != view.primary, not one.used, one.pod.name))
    if not found or (percent and not found[0].used and len({one.state.name for one in found}) > 1):
        return  # which of several containers it is stays open
    yield _finding(view, found[0], percent)


def stated_percent(view: ClusterView) -> str:
    """The share of throttled periods that the alert's own words give, empty if none or too little."""
    for words in view.alert.annotations.values():
        for match in _STATED.finditer(words[:2000]):
            number = next(value for value in match.groups() if value)
            if float(number) >= MUCH:
                return number
    return ""


def _held(view: ClusterView) -> Iterator[Throttled]:
    wanted = view.subject.container
    for pod in focus_pods(view):
        if not pod_ready(pod):
            continue
        read, rows = usage_of(view, pod)
        for state in limited(pod):
            if wanted and any(s.name == wanted for s in containers(pod)) and state.name != wanted:
                continue
            most = limit(state.spec, "cpu")
            used = str(rows.get(state.name, {}).get("cpu", ""))
            have, allowed = quantity(used), quantity(most)
            full = have is not None and allowed is not None and have >= _AT_LIMIT * allowed
            yield Throttled(pod, state, most, used if full else "", read if full else "")


def _finding(view: ClusterView, one: Throttled, percent: str) -> Finding:
    owner = view.workload(one.pod.ref)
    shown = say(
        "{percent}{both}{used}",
        "{percent}{both}{used}",
        percent=say("the alert measured {p}%", "告警测得 {p}%", p=percent) if percent else "",
        both=say(", and ", "，并且") if percent and one.used else "",
        used=say("it uses {u} now", "当前用量 {u}", u=one.used) if one.used else "",
    )
    return Finding(
        rule="cpu.throttled",
        category="cpu-throttling",
        role=Role.CAUSE,
        subject=one.pod.ref,
        culprit=owner,
        statement=say(
            "Pod {p}: container {c} is throttled by its CPU limit of {l} ({shown}).",
            "Pod {p}：容器 {c} 受 CPU 上限 {l} 限制而被限流（{shown}）。",
            p=one.pod.name, c=one.state.name, l=one.limit, shown=shown,
        ),
        likelihood=Likelihood.HIGH if percent else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if percent else Specificity.GENERAL,
        cites=tuple(c for c in (one.pod.cite, one.cite) if c),
        quotes=quotable(one.limit),
        remedies=(raise_limit(view, one), remedies.check(
            say("Compare usage and limit", "对比用量与上限"),
            say("Usage that stays at the limit means that the container would take more.",
                "用量一直等于上限，说明容器需要更多 CPU。"),
            remedies.describe(one.pod.ref),
        )),
    )  # fmt: skip


def raise_limit(view: ClusterView, one: Throttled) -> Remedy:
    """Another CPU limit for the container, or none."""
    owner = view.workload(one.pod.ref)
    return remedies.change(
        say("Raise or remove the CPU limit of container {c}", "提高或去掉容器 {c} 的 CPU 上限",
            c=one.state.name),
        remedies.with_note(
            say("The limit of {l} is what throttles it; the request alone reserves CPU without throttling.",
                "限流由上限 {l} 引起；仅设置 request 即可预留 CPU 而不会限流。", l=one.limit),
            view.find(owner)),
        *remedies.edit_template(owner),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (throttled,)
