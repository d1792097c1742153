"""Liveness and startup probes that fail again and again without kubelet acting on it yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import ContainerState, containers, when
from kubetriage.domain.rules.ends import endings
from kubetriage.domain.rules.grouping import focus_pods, fresh, group_pods, node_down, told_apart
from kubetriage.domain.rules.phrases import aside, say
from kubetriage.domain.rules.probe_words import Said, asks, judged, number, probe_of
from kubetriage.domain.rules.probes import CATEGORY, PROBE_ZH, latest_failure, probe_remedies
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

FAILURES = 3
"""Times a probe must have failed to be spoken of."""
ALWAYS = 0.8
"""Share of the probes in the time of the failures that makes them failures of every probe."""


@told_apart
def unheeded(view: ClusterView) -> Iterator[Finding]:
    """A running container whose liveness probe still fails each time, while its threshold is not reached."""
    found: dict[tuple[object, str], tuple[ContainerState, EventRecord, Said]] = {}
    shown = []
    down = {(e.pod.ref, e.state.name) for e in endings(view)}
    for pod in focus_pods(view):
        if node_down(view, pod):
            continue
        for state in containers(pod):
            if not state.running or (pod.ref, state.name) in down:
                continue
            event, said = latest_failure(view, pod, state, ("liveness", "startup"))
            if event is None or said is None or not _goes_on(view, state, event, said):
                continue
            found[(pod.ref, state.name)] = (state, event, said)
            shown.append((pod, (state.name, said.probe)))
    for (name, _), group in group_pods(view, shown):
        state, event, said = found[(group.lead.ref, name)]
        spec = probe_of(state, said.probe)
        log = view.log(group.lead.ref, name)
        why, wrong = judged(state, spec, said, log.text if log is not None else "")
        yield Finding(
            rule="probes.unheeded",
            category=CATEGORY,
            role=Role.CAUSE,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=say(
                "{who}: the {probe} probe {a} of container {c} fails each time ({n} time(s)): {why}{q}; "
                "kubelet restarts it after {t} failures in a row.",
                "{who}：容器 {c} 的{probe_zh} {a} 每次都失败（{n} 次）：{why}{q}；"
                "连续失败 {t} 次后 kubelet 会重启它。",
                who=group.who, c=name, probe=said.probe, probe_zh=PROBE_ZH[said.probe], n=event.times,
                a=short(asks(state, spec), 50), why=why, q=aside(short(said.what, 60)),
                t=number(spec, "failureThreshold", 3),
            ),
            likelihood=Likelihood.HIGH,
            specificity=Specificity.EXACT if wrong else Specificity.NAMED,
            cites=(*group.cites, event.cite),
            quotes=quotable(short(said.what, 60)),
            since=event.first,
            remedies=probe_remedies(view, group, state, said.probe, wrong),
        )  # fmt: skip


def _goes_on(view: ClusterView, state: ContainerState, event: EventRecord, said: Said) -> bool:
    """Whether about every probe since the first failure failed, up to now, in this run of the container."""
    period = timedelta(seconds=number(probe_of(state, said.probe), "periodSeconds", 10))
    started = when(state.running.get("startedAt"))
    if event.first is None or event.last is None or event.times < FAILURES or not fresh(view, event.last):
        return False
    if started is not None and event.first < started:
        return False
    return view.now - event.last <= 3 * period and event.times * period >= ALWAYS * (event.last - event.first)


RULES: tuple[Rule, ...] = (unheeded,)
