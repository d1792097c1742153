"""What the events of a node say that its conditions do not: reboots, flapping, kernel kills, disks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, containers, when
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.grouping import focus_pods
from kubetriage.domain.rules.node_remedies import not_ready_remedies, pressure_remedies
from kubetriage.domain.rules.node_words import Ill, pressures
from kubetriage.domain.rules.phrases import stated
from kubetriage.domain.rules.times import ago
from kubetriage.domain.rules.wording import duration, quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_FLAPS = 3
"""Times that a node went not ready before it is called unsteady."""
_LATELY = timedelta(minutes=30)
_BETWEEN = timedelta(minutes=30)
"""How far apart these times may lie on average: an event's count may be of days."""
_REBOOTS = timedelta(hours=1)
_REPEATED = {"EvictionThresholdMet": timedelta(minutes=5)}
_REPEATED_ELSE = timedelta(minutes=15)
"""How often the kubelet says at least what it lacks, as long as it does: each 10 s, or with each collection
of images (5 min)."""
_NEAR = timedelta(minutes=2)
"""How far the kernel's and the kubelet's times of one kill may lie apart."""
_CLEANING = re.compile(r"garbage collect required amount|(?:wanted|attempted) to free|eligible to free", re.I)
"""Other failures of the garbage collection are of a kubelet that has just started."""
_VICTIM = re.compile(r"victim process: (?P<name>[^,\s]+)")
_KILLED = 137


def _ready_nodes(view: ClusterView) -> Iterator[Obj]:
    for node in view.objects("Node"):
        ready = node.conditions().get("Ready")
        if view.looked_at(node.ref) and ready is not None and ready.status == "True":
            yield node


def _within_last(view: ClusterView, event: EventRecord, span: timedelta) -> bool:
    return event.last is not None and view.now - event.last <= span


def reboot_of(view: ClusterView, node: str) -> EventRecord | None:
    """The event of the newest reboot of a node around the alert, as far as its events were read."""
    told = [e for e in view.events(resource("Node", "", node), "Rebooted") if view.recent(e.last)]
    return max(told, key=lambda e: e.last or view.now, default=None)


def flapping(view: ClusterView) -> Iterator[Finding]:
    """A node that is ready at the moment, and was not again and again."""
    for node in _ready_nodes(view):
        told = [e for e in view.events(node.ref, "NodeNotReady") if _within_last(view, e, _LATELY)]
        by_component: Counter[str] = Counter()
        for event in told:  # the kubelet and the node controller tell of the same loss
            by_component[event.component] += event.times
        times = max(by_component.values(), default=0)
        first = min((e.first or view.now for e in told), default=view.now)
        if times < _FLAPS or node.ref != view.primary or (view.now - first) / times > _BETWEEN:
            continue
        last = max(e.last or view.now for e in told)
        yield Finding(
            rule="node.flapping",
            category="node-not-ready",
            role=Role.CAUSE,
            subject=node.ref,
            culprit=node.ref,
            statement=stated(
                "Node {n} is flapping: it became not ready {k} times within {d}, last {t}, and is ready "
                "again each time; its kubelet reports late or its machine is overloaded.",
                "节点 {n} 状态反复切换：{d}内 {k} 次变为未就绪（最近一次在{t}），随后又恢复；"
                "其 kubelet 上报延迟或机器过载。",
                n=node.name, k=times, d=duration(view.now - first), t=ago(view, last),
            ),
            specificity=Specificity.NAMED,
            cites=(node.cite, *(e.cite for e in told[:2])),
            quotes=("NodeNotReady",),
            since=first,
            remedies=not_ready_remedies(view, node, Ill.SILENT),
        )  # fmt: skip


def reboots(view: ClusterView) -> Iterator[Finding]:
    """A node that reboots again and again: its machine, kernel or power, or someone's automation."""
    for node in view.objects("Node"):
        told = [e for e in view.events(node.ref, "Rebooted") if _within_last(view, e, _REBOOTS)]
        times = len({e.message for e in told})  # each has its boot id, and is told again with a write again
        if times < 2 or node.ref != view.primary or not any(_within_last(view, e, _LATELY) for e in told):
            continue
        first = min(e.first or view.now for e in told)
        yield Finding(
            rule="node.reboots",
            category="node-hardware",
            role=Role.CAUSE,
            subject=node.ref,
            culprit=node.ref,
            statement=stated(
                "Node {n} was rebooted {k} times within {d}, last {t} (Rebooted): its machine, kernel or an "
                "automation restarts it.",
                "节点 {n} 在{d}内重启了 {k} 次（Rebooted），最近一次在{t}："
                "可能是机器、内核故障或自动化任务所致。",
                n=node.name, k=times, d=duration(view.now - first),
                t=ago(view, max(e.last or view.now for e in told)),
            ),
            specificity=Specificity.EXACT,
            cites=(node.cite, *(e.cite for e in told[:2])),
            quotes=("Rebooted",),
            since=first,
            remedies=not_ready_remedies(view, node, Ill.OTHER),
        )  # fmt: skip


def disk_not_cleaned(view: ClusterView) -> Iterator[Finding]:
    """A kubelet that needs room for images and finds nothing it may delete: pressure comes next."""
    for node in _ready_nodes(view):
        told = [
            e
            for e in view.events(node.ref, "FreeDiskSpaceFailed", "ImageGCFailed", "EvictionThresholdMet")
            if _within_last(view, e, _REPEATED.get(e.reason, _REPEATED_ELSE))
            and (e.reason == "EvictionThresholdMet" or _CLEANING.search(e.message))
        ]
        if not told:
            continue
        event = max(told, key=lambda e: (bool(_CLEANING.search(e.message)), e.last or view.now))
        short_of, what = _short_of(event.message)
        if any(c.type == short_of for c in pressures(node)):
            continue  # told with the pressure
        words = short(event.message, 140)
        yield Finding(
            rule="node.disk-not-cleaned",
            category="node-pressure" if event.reason == "EvictionThresholdMet" else "disk-full",
            role=Role.CAUSE if view.primary == node.ref else Role.HINT,
            subject=node.ref,
            culprit=node.ref,
            statement=stated(
                "Node {n} runs out of {what}: its kubelet tries to free some and reports {r}: “{m}”.",
                "节点 {n} 的{what}即将耗尽：kubelet 尝试释放并报告 {r}：“{m}”。",
                n=node.name, r=event.reason, m=words, what=what,
            ),
            specificity=Specificity.NAMED,
            cites=(event.cite, node.cite),
            quotes=quotable(event.reason, words),
            since=event.first,
            remedies=pressure_remedies(view, node, [short_of], ()),
        )  # fmt: skip


def _short_of(message: str) -> tuple[str, Text]:
    """The pressure that an event of the eviction manager or of the collection of images tells of."""
    words = message.lower()
    if "memory" in words:
        return "MemoryPressure", Text(en="memory", zh="内存")
    if re.search(r"reclaim pids?\b", words):
        return "PIDPressure", Text(en="process ids", zh="进程号（PID）")
    return "DiskPressure", Text(en="disk space", zh="磁盘空间")


def kernel_kills(view: ClusterView) -> Iterator[Finding]:
    """A node whose own memory ran out, so that the kernel chose a process to kill: no container's limit."""
    for node in view.objects("Node"):
        told = [e for e in view.events(node.ref, "SystemOOM") if view.recent(e.last)]
        if not told:
            continue
        hit = [p.ref for p in focus_pods(view) if p.text("spec", "nodeName") == node.name and _died(p, told)]
        if not hit and view.primary != node.ref:
            continue
        event = max(told, key=lambda e: e.last or view.now)
        yield _killed(view, node, event, sum(e.times for e in told), hit)


def _died(pod: Obj, told: list[EventRecord]) -> bool:
    """Whether a container of the pod was killed when the kernel killed one, and not at its own limit."""
    for state in containers(pod):
        for end in (state.last_terminated, state.terminated):
            at = when(end.get("finishedAt"))
            by_signal = end.get("exitCode") == _KILLED and end.get("reason") != "OOMKilled"
            if by_signal and at is not None and any(_within(at, e) for e in told):
                return True
    return False


def _within(at: datetime, event: EventRecord) -> bool:
    first, last = event.first or event.last, event.last
    return first is not None and last is not None and first - _NEAR <= at <= last + _NEAR


def _killed(view: ClusterView, node: Obj, event: EventRecord, times: int, hit: list[Resource]) -> Finding:
    found = _VICTIM.search(event.message)
    victim = found["name"] if found else ""
    who_en = f"; Pod {hit[0].name} was killed (exit code 137) by it" if hit else ""
    who_zh = f"；Pod {hit[0].name} 因此被终止（退出码 137）" if hit else ""
    return Finding(
        rule="node.system-oom",
        category="node-pressure",
        role=Role.CAUSE,
        subject=node.ref,
        culprit=node.ref,
        statement=stated(
            "Node {n} ran out of memory: its kernel killed {v} (SystemOOM, {k}×, last {t}){who}.",
            "节点 {n} 内存耗尽：内核终止了 {v}（SystemOOM，{k} 次，最近在{t}）{zh}。",
            n=node.name, v=f"process {victim}" if victim else "a process", k=times, t=ago(view, event.last),
            who=who_en, zh=who_zh,
        ),
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        explains=tuple(hit),
        cites=(event.cite, node.cite),
        quotes=quotable("SystemOOM", *((victim,) if victim else ())),
        since=event.first,
        remedies=pressure_remedies(view, node, ["MemoryPressure"], [p for r in hit if (p := view.find(r))]),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (flapping, reboots, disk_not_cleaned, kernel_kills)
