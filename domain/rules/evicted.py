"""Pods that kubelet ended as a whole: evicted for their own use, for the node's sake, or by its shutdown.

Messages: kubelet `pkg/kubelet/eviction` (`eviction_manager.go`, `helpers.go`; the threshold is in them since
1.26) and `pkg/kubelet/nodeshutdown`. The pod stays behind as Failed until it is collected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, quantity, when
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.evicted_past import delete_it, made_up_for
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, fresh, group_pods
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_LOW = re.compile(r"node was low on resource: (?P<what>[\w./-]*\w)")
_USED = re.compile(
    r"Container (?P<container>\S+) was using (?P<usage>[^,\s]+), "
    r"(?:which exceeds its request of|request is) (?P<request>[0-9.]+\w*)"
)
_HAD = re.compile(r"node had condition: \[(?P<what>[^\]]+)\]")
_OWN = (
    re.compile(
        r"Container (?P<container>\S+) exceeded its local ephemeral storage limit \"(?P<limit>[^\"]+)\""
    ),
    re.compile(r"EmptyDir volume \"(?P<volume>[^\"]+)\" exceeds the limit \"(?P<limit>[^\"]+)\""),
    re.compile(r"ephemeral local storage usage exceeds the total limit of containers (?P<limit>[0-9.]+\w*)"),
)
_SHUTDOWN = frozenset({"Terminated", "Shutdown", "NodeShutdown"})
_HALF = 0.5
"""The share of a node's capacity from which one container is what the node ran out of room for."""


class Told(NamedTuple):
    """What an eviction's message says."""

    own: bool
    """Whether the pod went over a limit of its own."""
    shutdown: bool = False
    what: str = ""
    """The resource that ran out: memory, ephemeral-storage, inodes, pids, imagefs."""
    container: str = ""
    volume: str = ""
    limit: str = ""
    usage: str = ""
    request: str = ""


def told_by(pod: Obj) -> Told | None:
    """The eviction of a pod as its status tells it; None if it was not evicted."""
    reason, message = pod.text("status", "reason"), pod.text("status", "message")
    if reason in _SHUTDOWN and "shutdown" in message.lower():
        return Told(own=False, shutdown=True)
    if reason != "Evicted":
        return None
    for pattern in _OWN:
        found = pattern.search(message)
        if found:
            parts = found.groupdict()
            return Told(
                True,
                what="ephemeral-storage",
                container=parts.get("container") or "",
                volume=parts.get("volume") or "",
                limit=parts["limit"],
            )
    low, had = _LOW.search(message), _HAD.search(message)
    what = low["what"] if low else had["what"] if had else ""
    users = [(m["container"], m["usage"], m["request"]) for m in _USED.finditer(message)]
    if not users:
        return Told(False, what=what)
    container, usage, request = max(users, key=lambda u: (quantity(u[1]) or 0.0, u[0]))
    return Told(False, what=what, container=container, usage=usage, request=request)


def evicted_at(view: ClusterView, pod: Obj) -> datetime | None:
    """When kubelet ended the pod."""
    target = pod.conditions().get("DisruptionTarget")
    if target is not None and target.since is not None:
        return target.since
    events = view.events(pod.ref, "Evicted")
    if events and events[0].last is not None:
        return events[0].last
    ends = [when(s.get("state", {}).get("terminated", {}).get("finishedAt")) for s in _statuses(pod)]
    return max((e for e in ends if e is not None), default=when(pod.at("status", "startTime")))


def _statuses(pod: Obj) -> list[dict[str, dict[str, dict[str, str]]]]:
    return [
        s
        for s in pod.items("status", "containerStatuses")
        if isinstance(s.get("state"), dict) and isinstance(s["state"].get("terminated"), dict)
    ]


def evicted_by_pressure(view: ClusterView, node: str) -> list[Obj]:
    """The pods that were read and that this node evicted for its own sake, lately."""
    found = []
    for pod in view.pods_on(node):
        told = told_by(pod)
        if told is not None and not told.own and not told.shutdown and fresh(view, evicted_at(view, pod)):
            found.append(pod)
    return found


def greediest(pods: Sequence[Obj]) -> tuple[Obj, Told] | None:
    """The evicted pod whose message names the largest use."""
    named = [(p, t) for p in pods if (t := told_by(p)) is not None and t.usage]
    return max(named, key=lambda one: (quantity(one[1].usage) or 0.0, one[0].name), default=None)


# ---- findings


def evictions(view: ClusterView) -> Iterator[Finding]:
    """Pods in focus that were evicted, by what they ran out of."""
    shown = []
    for pod in focus_pods(view):
        told = told_by(pod)
        if told is None or (pod.ref != view.primary and not _matters(view, pod)):
            continue
        node = pod.text("spec", "nodeName")
        shown.append((pod, (told._replace(usage="", request=""), "" if told.own else node)))
    for (_, node), group in group_pods(view, shown):
        told = told_by(group.lead)
        if told is not None:
            yield _finding(view, group, told, node)


def _matters(view: ClusterView, pod: Obj) -> bool:
    """Evicted lately, and its workload still misses it: a Failed pod that was replaced is history."""
    if not fresh(view, evicted_at(view, pod)):
        return False
    owner = view.find(view.workload(pod.ref))
    if owner is None or owner.ref.kind not in ("Deployment", "StatefulSet", "ReplicaSet"):
        return True
    return owner.number("status", "readyReplicas") < owner.number("spec", "replicas", default=1)


def _finding(view: ClusterView, group: PodGroup, told: Told, node: str) -> Finding:
    message = short(group.lead.text("status", "message"), 140)
    culprit, greedy = _culprit(view, group, told, node)
    cites = [*group.cites, *(e.cite for e in view.events(group.lead.ref, "Evicted")[:1])]
    found = view.find(culprit)
    if found is not None and culprit.kind == "Node":
        cites.append(found.cite)
    return Finding(
        rule="node.shutdown" if told.shutdown else "node.evicted",
        category="evicted",
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=culprit,
        statement=say(
            "{who} {were} {was}: {why} (“{m}”){since}.",
            "{who}{was}：{why}（“{m}”）{since}。",
            who=group.who,
            were="was" if len(group.pods) == 1 else "were",
            was=_was(told, node),
            why=_why(told, node, greedy),
            m=message,
            since=made_up_for(view, group),
        ),
        likelihood=_likelihood(view, told, node),
        specificity=Specificity.EXACT if told.own else Specificity.NAMED,
        cites=tuple(dict.fromkeys(cites)),
        quotes=quotable(message),
        since=evicted_at(view, group.lead),
        remedies=_remedies(view, group, told, node),
    )


def _likelihood(view: ClusterView, told: Told, node: str) -> Likelihood:
    """High where the message decides; whether one container was too much for a node depends on its size."""
    if told.shutdown or told.own:
        return Likelihood.HIGH
    sized = not told.usage or view.find(resource("Node", "", node)) is not None
    return Likelihood.HIGH if told.what and sized else Likelihood.MEDIUM


def _was(told: Told, node: str) -> Text:
    if told.shutdown:
        return say("ended by the shutdown of node {n}", "因节点 {n} 关机被终止", n=node)
    where = say(" from node {n}", "（节点 {n}）", n=node) if node else NOTHING
    return say("evicted{w}", "被驱逐{w}", w=where)


def _why(told: Told, node: str, greedy: bool) -> Text:
    if told.shutdown:
        return say("the node went down in an orderly way", "节点正常关机")
    if told.own:
        if told.volume:
            return say("emptyDir {v} grew over its limit of {l}", "emptyDir {v} 超过其上限 {l}",
                       v=told.volume, l=told.limit)  # fmt: skip
        who = say("container {c}", "容器 {c}", c=told.container) if told.container else say("it", "其")
        return say("{w} used more ephemeral storage than its limit of {l}", "{w}使用的临时存储超过上限 {l}",
                   w=who, l=told.limit)  # fmt: skip
    what = told.what or "a resource"
    ran = say("the node ran out of {w}", "节点的 {w} 不足", w=what)
    if not told.usage:
        return ran
    over = say(", most of it its own use", "，主要由其自身占用") if greedy else NOTHING
    return say("{r} while container {c} used {u} with a request of {q}{o}",
               "{r}，此时容器 {c} 使用 {u}，请求值为 {q}{o}",
               r=ran, c=told.container, u=told.usage, q=told.request, o=over)  # fmt: skip


def _culprit(view: ClusterView, group: PodGroup, told: Told, node: str) -> tuple[Resource, bool]:
    """The workload that took too much, else the node; and whether it took most of the node's room."""
    if told.own or not node:
        return group.culprit, False
    ref = resource("Node", "", node)
    used, asked = quantity(told.usage), quantity(told.request)
    found = view.find(ref)
    capacity = quantity(found.at("status", "capacity", told.what)) if found is not None else None
    greedy = bool(used and capacity and used >= capacity * _HALF)
    over = bool(used and asked and used > asked)
    return (group.culprit if greedy or over else ref), greedy


def _remedies(view: ClusterView, group: PodGroup, told: Told, node: str) -> tuple[Remedy, ...]:
    work = group.workload
    obj = view.find(work)
    name = f"{work.kind} {work.name}"
    if made_up_for(view, group).en:
        return delete_it(group)
    seen = remedies.check(
        say("See the eviction", "查看驱逐记录"),
        say("The pod's status message and events say what ran out.", "Pod 的状态消息和事件写明耗尽的资源。"),
        remedies.describe(group.lead.ref),
    )
    if told.shutdown:
        who = remedies.escalate(
            say("Ask who shut node {n} down", "确认是谁关闭了节点 {n}", n=node),
            say("A workload with a controller is started elsewhere.", "有控制器的工作负载会在其他节点启动。"),
        )
        return (who, seen)
    if told.own:
        fix = remedies.change(
            say(
                "Let {w} write less, or raise the limit of {l}",
                "减少 {w} 的写入，或提高上限 {l}",
                w=name,
                l=told.limit,
            ),
            remedies.with_note(
                say(
                    "Ephemeral storage is logs, emptyDir volumes and the container's own files; what must "
                    "be kept "
                    "belongs into a PersistentVolumeClaim.",
                    "临时存储包括日志、emptyDir 卷和容器内写入的文件；需要保留的数据应放入 "
                    "PersistentVolumeClaim。",
                ),
                obj,
            ),
            *remedies.edit_template(work),
        )
        return (fix, seen)
    fix = remedies.change(
        say("Set a request for {r} on {w} that covers its use", "为 {w} 设置能覆盖实际用量的 {r} 请求值",
            r=told.what or "the resource", w=name),
        remedies.with_note(
            say(
                "Kubelet evicts first what uses more than it requested; with an honest request the "
                "scheduler finds a "
                "node with room.",
                "kubelet 优先驱逐用量超过请求值的 Pod；请求值合理时调度器会选择空间足够的节点。",
            ),
            obj,
        ),
        *remedies.edit_template(work),
    )  # fmt: skip
    return (fix, seen)


RULES: tuple[Rule, ...] = (evictions,)
