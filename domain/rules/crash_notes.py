"""What a reader should know beside the causes: restarts that are over, and log lines that give orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.evidence import ReadKind
from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.kube import containers, when
from kubetriage.domain.log_orders import order_in
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.crash import CATEGORY
from kubetriage.domain.rules.ends import endings
from kubetriage.domain.rules.exit_codes import exit_code
from kubetriage.domain.rules.grouping import focus_pods, group_pods, in_focus, told_apart
from kubetriage.domain.rules.phrases import given, joined, say
from kubetriage.domain.rules.wording import grounded, quotable, short, short_end
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


@told_apart
def past_restarts(view: ClusterView) -> Iterator[Finding]:
    """Ends of containers that are well again: a hint for the reader, no fault now."""
    now = {(e.pod.ref, e.state.name) for e in endings(view)}
    for pod in focus_pods(view):
        for state in containers(pod):
            end, code = state.last_terminated, state.last_terminated.get("exitCode")
            if not (state.ready and state.running and code) or (pod.ref, state.name) in now:
                continue
            reason = str(end.get("reason") or "")
            ended = [given("{v}", "{v}", reason), exit_code(int(code))]
            yield Finding(
                rule="crash.past",
                category="oom-killed" if reason == "OOMKilled" else CATEGORY,
                role=Role.HINT,
                subject=pod.ref,
                statement=say(
                    "Pod {p}: container {c} was restarted {n} time(s), last{t} ({how}), and is ready again.",
                    "Pod {p}：容器 {c} 曾重启 {n} 次，最近一次{t}（{how}），现已恢复就绪。",
                    p=pod.name, c=state.name, n=state.restarts,
                    t=given(" at {v}", "在 {v}", end.get("finishedAt")),
                    how=joined([part for part in ended if part.en], ", ", "，"),
                ),
                cites=(pod.cite,),
                since=when(end.get("finishedAt")),
            )  # fmt: skip


_SHORTLY = frozenset({"ContainerCreating", "PodInitializing"})
"""Reasons for which every container waits at first."""


@told_apart
def waiting(view: ClusterView) -> Iterator[Finding]:
    """That a container waits, and kubelet's word for why: shown even when no rule knows the reason."""
    shown = []
    for pod in focus_pods(view):
        old = pod.created is not None and view.now - pod.created > timedelta(minutes=2)
        for state in containers(pod):
            reason = state.waiting_reason
            if reason and reason != "CrashLoopBackOff" and (old or reason not in _SHORTLY):
                shown.append((pod, (state.name, reason)))
    for (name, reason), group in group_pods(view, shown):
        state = next(s for s in containers(group.lead) if s.name == name)
        message = short_end(str(state.waiting.get("message") or ""), 110)
        yield Finding(
            rule="crash.waiting",
            category=CATEGORY,
            role=Role.SYMPTOM,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=say(
                "{who}: container {c} waits: {r}{m}.",
                "{who}：容器 {c} 处于等待状态：{r}{m}。",
                who=group.who, c=name, r=reason, m=f" “{message}”" if message else "",
            ),
            cites=group.cites,
            quotes=quotable(reason),
        )  # fmt: skip


@told_apart
def suspicious_log(view: ClusterView) -> Iterator[Finding]:
    """A log line that speaks to its reader: shown, never followed."""
    for seen in view.observations:
        if seen.read.verb is not ReadKind.LOG or not seen.text:
            continue
        pod = resource("Pod", seen.read.namespace, seen.read.name)
        line = order_in(seen.text)
        if line and in_focus(view, pod):
            yield Finding(
                rule="crash.suspicious-log",
                category="no-issue",
                role=Role.HINT,
                subject=pod,
                statement=say(
                    "A line in the log of Pod {p} gives orders to its reader (“{q}”); it was read as data.",
                    "Pod {p} 的日志中有一行试图指挥读者（“{q}”）；它只被当作数据，未被执行。",
                    p=pod.name,
                    q=short(line, 100),
                ),
                cites=(seen.read.key,),
                quotes=grounded(seen.text, short(line, 60)),
            )


RULES: tuple[Rule, ...] = (past_restarts, waiting, suspicious_log)
