"""Containers killed for memory: their own limit, one that admission changed, or the node's end of memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Command, Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, quantity
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.crash import container_text, grouped
from kubetriage.domain.rules.ends import Ending, Kind, endings
from kubetriage.domain.rules.grouping import PodGroup, told_apart
from kubetriage.domain.rules.heap_room import Heap, heap_note
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.templates import container_of, limit
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "oom-killed"


@told_apart
def oom_killed(view: ClusterView) -> Iterator[Finding]:
    """Containers whose latest end was an OOM kill."""
    ends = [e for e in endings(view) if e.kind is Kind.OOM]
    for end, group in grouped(view, ends):
        own = limit(end.state.spec, "memory")
        if own:
            yield _by_limit(view, end, group, own)
        else:
            yield _by_node(view, end, group)


def _by_limit(view: ClusterView, end: Ending, group: PodGroup, own: str) -> Finding:
    given = container_of(view, group.workload, end.state.name)
    written = limit(given, "memory") if given is not None else own
    changed = written != own and quantity(written) != quantity(own)
    extra = NOTHING
    cites: tuple[str, ...] = ()
    if changed and written:
        extra = say(
            "; {w} says {l}, so admission (a webhook or autoscaler) changed it",
            "；而 {w} 中写的是 {l}，说明准入阶段（webhook 或自动伸缩器）改动了它",
            w=f"{group.workload.kind} {group.workload.name}",
            l=written,
        )
    elif changed:
        ranges = _defaulting(view, group.lead.namespace, own)
        if ranges is not None:
            extra = say(
                "; its template sets none, and LimitRange {n} gives that one",
                "；其模板未设置，由 LimitRange {n} 给出默认值",
                n=ranges.name,
            )
            cites = (ranges.cite,)
    heap = heap_note(end.state, own)
    if heap is not None and not extra.en:
        extra = heap[0]
    if end.message and "memory limit too low" in end.message.lower():
        extra = Text(en="; not even its first process fits in it", zh="；连首个进程都无法容纳")
    statement = say(
        "{who}: {what} is OOMKilled: it needs more memory than its limit of {own}{extra}.",
        "{who}：{what} 被 OOMKilled：所需内存超过其上限 {own}{extra}。",
        who=group.who,
        what=container_text(end),
        own=own,
        extra=extra,
    )
    return _finding(
        view,
        end,
        group,
        "oom.limit",
        group.culprit,
        statement,
        Likelihood.HIGH,
        (own, heap[1].setting) if heap is not None and extra is heap[0] else (own,),
        _more(view, end, group, heap[1] if heap is not None else None),
        cites,
    )


def _defaulting(view: ClusterView, namespace: str, own: str) -> Obj | None:
    """The LimitRange whose default limit the container got."""
    for found in view.objects("LimitRange", namespace):
        for item in found.items("spec", "limits"):
            default = item.get("default")
            if isinstance(default, dict) and quantity(default.get("memory")) == quantity(own):
                return found
    return None


def _by_node(view: ClusterView, end: Ending, group: PodGroup) -> Finding:
    """Without a limit of its own only the pod's or the node's memory can have run out."""
    name = group.lead.text("spec", "nodeName")
    node = resource("Node", "", name)
    found = view.find(node)
    pressed = found is not None and found.conditions().get("MemoryPressure")
    system = view.events(node, "SystemOOM", "OOMKilling")
    seen = bool(system) or bool(pressed and pressed.status == "True")
    statement = say(
        "{who}: {what} is OOMKilled without a memory limit of its own: node {n} ran out of memory{sure}.",
        "{who}：{what} 未设内存上限却被 OOMKilled：节点 {n} 的内存耗尽{sure}。",
        who=group.who,
        what=container_text(end),
        n=name,
        sure=Text(en=", as its events say", zh="，节点事件可证") if seen else NOTHING,
    )
    cites = (*(e.cite for e in system[:1]), *((found.cite,) if found is not None and seen else ()))
    return _finding(
        view,
        end,
        group,
        "oom.node",
        node if seen else group.culprit,
        statement,
        Likelihood.HIGH if seen else Likelihood.MEDIUM,
        (),
        _bounded(view, end, group, name),
        cites,
    )


def _bounded(view: ClusterView, end: Ending, group: PodGroup, node: str) -> tuple[Remedy, ...]:
    """A container without a limit is bounded, and the node relieved."""
    bound = remedies.change(
        say("Give {c} a memory request and limit", "为{c}设置内存 request 和 limit", c=container_text(end)),
        remedies.with_note(
            Text(en="With a request the scheduler keeps room for it, and the kernel chooses others first; a "
                    "limit keeps it from taking the node's memory.",
                 zh="设置 request 后调度器会为其预留内存，内核也会优先终止其他进程；"
                    "limit 防止其耗尽节点内存。"),
            view.find(group.workload)),
        *remedies.edit_template(group.workload),
    )  # fmt: skip
    look = remedies.check(
        say("See what uses the memory of node {n}", "查看节点 {n} 的内存使用情况", n=node),
        Text(en="Its events name what the kernel killed; “Allocated resources” shows what is promised.",
             zh="节点事件列出被内核终止的进程；“Allocated resources” 显示已承诺的资源。"),
        remedies.describe(resource("Node", "", node)),
    )  # fmt: skip
    return remedies.with_rollback(view, group.workload, bound, look)


def _finding(
    view: ClusterView,
    end: Ending,
    group: PodGroup,
    rule: str,
    culprit: Resource,
    statement: Text,
    likelihood: Likelihood,
    quotes: tuple[str, ...],
    advice: tuple[Remedy, ...],
    cites: tuple[str, ...] = (),
) -> Finding:
    return Finding(
        rule=rule,
        category=CATEGORY,
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=culprit,
        statement=statement,
        likelihood=likelihood,
        specificity=Specificity.EXACT if quotes else Specificity.NAMED,
        cites=(*group.cites, *cites),
        quotes=quotable(*quotes, "OOMKilled" if end.reason == "OOMKilled" else ""),
        since=end.at,
        remedies=advice,
    )


def _more(view: ClusterView, end: Ending, group: PodGroup, heap: Heap | None) -> tuple[Remedy, ...]:
    fit_heap = (
        remedies.change(
            say("Lower {s} to about 70% of the limit, or raise the limit",
                "把 {s} 降到上限的约 70%，或提高上限", s=heap.setting),
            remedies.with_note(
                say("What the runtime keeps outside the heap (threads, buffers, code) needs the rest.",
                    "其余部分留给堆外内存（线程、缓冲区、代码）。"), view.find(group.workload)),
            *remedies.edit_template(group.workload),
        ),
    ) if heap is not None else ()  # fmt: skip
    raise_it = raise_memory(view, group.workload, end.state.name, container_text(end))
    look = remedies.check(
        Text(en="See limit, restarts and last state", zh="查看内存上限、重启次数与上次状态"),
        Text(en="Compare the limit with what the container used before (working set in the metrics).",
             zh="将上限与此前的实际用量（监控中的 working set）对比。"),
        remedies.describe(end.pod.ref),
    )  # fmt: skip
    return remedies.with_rollback(view, group.workload, *fit_heap, raise_it, look)


def raise_memory(view: ClusterView, workload: Resource, container: str, what: Text) -> Remedy:
    """Another memory limit for a container, which is called `what`."""
    obj = view.find(workload)
    if workload.kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "ReplicationController"):
        commands: tuple[Command, ...] = (
            remedies.mutate(
                f"kubectl set resources {remedies.target(workload)} -c {container} --limits=memory=<limit>"
            ),
        )
    else:
        commands = remedies.edit_template(workload)
    return remedies.change(
        say("Raise the memory limit of {c}, or lower what it needs", "提高{c}的内存上限，或降低其内存需求",
            c=what),
        remedies.with_note(
            Text(en="Set it above the working set at peak; a limit that is reached again and again "
                    "means a leak or "
                    "a cache without bound.",
                 zh="上限应高于峰值工作集；若不断触顶，多半是内存泄漏或无界缓存。"), obj),
        *commands,
    )  # fmt: skip


RULES: tuple[Rule, ...] = (oom_killed,)
