"""Pods that a kubelet turned away: bound to a node that has no room, no device or no label for them.

The scheduler had no say (`spec.nodeName`), or the node changed after it had (kubelet `pkg/kubelet/lifecycle`
and `pkg/kubelet/cm`). The pod ends as Failed, no container was started, and it stays behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role
from kubetriage.domain.kube import Obj, when
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.evicted_past import delete_it, made_up_for
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, fresh, group_pods
from kubetriage.domain.rules.phrases import NOTHING, given, say
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_OUT_OF = re.compile(r"^OutOf(?P<what>\S+)$")
_AMOUNTS = re.compile(
    r"resource: (?P<what>[^,\s]+), requested: (?P<asked>\d+), used: (?P<used>\d+), capacity: (?P<all>\d+)"
)
_DEVICE = re.compile(r"devices? (?P<what>[\w.\-]+/[\w.\-]+)")
_HEAD = re.compile(r"^(?:Pod was rejected: |Pod )")


class Rejection(NamedTuple):
    """Why a kubelet did not take a pod."""

    category: str
    says: Text
    of_node: bool = False
    """Whether the node itself is at fault, not what the pod asks for."""


_NAMED = {
    "NodeAffinity": Rejection(
        "node-selector",
        Text(en="the node's labels do not match its node selector or affinity",
             zh="节点标签不符合其节点选择器或亲和性")),
    "NodeName": Rejection("node-selector", Text(en="it is bound to another node", zh="它绑定的是另一个节点")),
    "NodePorts": Rejection(
        "port-conflict", Text(en="its host port is taken on the node", zh="其主机端口在该节点上已被占用")),
    "SysctlForbidden": Rejection(
        "pod-security",
        Text(en="the node's kubelet forbids its sysctls", zh="该节点的 kubelet 禁止其 sysctl"),
    ),
    "AppArmor": Rejection(
        "pod-security",
        Text(en="its AppArmor profile cannot be applied there", zh="无法应用其 AppArmor 配置")),
    "TopologyAffinityError": Rejection(
        "insufficient-resources",
        Text(en="its resources cannot be had on the NUMA nodes that the topology manager wants",
             zh="无法按拓扑管理器的要求在 NUMA 节点上分配资源")),
    "UnexpectedAdmissionError": Rejection(
        "insufficient-resources", Text(en="its devices cannot be allocated", zh="无法为其分配设备"), True),
}  # fmt: skip


def rejection_of(pod: Obj) -> Rejection | None:
    """The rejection that a pod's status tells; None if it was not turned away."""
    if pod.text("status", "phase") != "Failed":
        return None
    reason, message = pod.text("status", "reason"), pod.text("status", "message")
    out = _OUT_OF.match(reason)
    if out:
        return _out_of(out["what"], message)
    known = _NAMED.get(reason)
    device = _DEVICE.search(message) if known is not None and known.of_node else None
    if known is None or device is None:
        return known
    says = say("no healthy {d} is left to be allocated", "没有健康的 {d} 可供分配", d=device["what"])
    return Rejection(_category(device["what"]), says, True)


def _out_of(what: str, message: str) -> Rejection:
    found = _AMOUNTS.search(message)
    if found is None:
        return Rejection(
            _category(what), say("the node has too little {w} for it", "节点的 {w} 不足", w=what)
        )
    free = max(int(found["all"]) - int(found["used"]), 0)
    asked, left = (_amount(found["what"], n) for n in (int(found["asked"]), free))
    says = say("it requests {a} of {w}, and {f} is left there", "它请求 {w} {a}，而该节点只剩 {f}",
               a=asked, f=left, w=found["what"])  # fmt: skip
    return Rejection(_category(what), says)


def _category(what: str) -> str:
    if what == "pods":
        return "node-pod-capacity"
    return "insufficient-gpu" if "gpu" in what.lower() else "insufficient-resources"


def _amount(what: str, number: int) -> str:
    """As a manifest would write it: CPU in thousandths, sizes in mebibytes."""
    if what == "cpu":
        return f"{number}m"
    mebi = number / 2**20
    return f"{mebi:.0f}Mi" if what in ("memory", "ephemeral-storage") and mebi >= 1 else str(number)


def turned_away(view: ClusterView) -> Iterator[Finding]:
    """Pods in focus that the kubelet of their node did not take."""
    shown = []
    for pod in focus_pods(view):
        told = rejection_of(pod)
        if told is not None and (pod.ref == view.primary or fresh(view, when(pod.at("status", "startTime")))):
            shown.append((pod, (told.category, told.says.en, pod.text("spec", "nodeName"))))
    for (_, _, node), group in group_pods(view, shown):
        told = rejection_of(group.lead)
        if told is not None:
            yield _finding(view, group, told, node)


def _finding(view: ClusterView, group: PodGroup, told: Rejection, node: str) -> Finding:
    message = _HEAD.sub("", group.lead.text("status", "message"))
    past = made_up_for(view, group)
    pinned = _pinned(view, group)
    where = resource("Node", "", node)
    return Finding(
        rule="node.rejected",
        category=told.category,
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=where if told.of_node and node else group.culprit,
        statement=say(
            "{who} {were} rejected by the kubelet of node {n}: {w}{p}{since} (“{m}”).",
            "{who} 被节点 {n} 的 kubelet 拒绝：{w}{p}{since}（“{m}”）。",
            who=group.who,
            were="was" if len(group.pods) == 1 else "were",
            n=node,
            w=told.says,
            p=given("; {v} binds it there", "；{v} 把它固定在该节点", pinned),
            since=past,
            m=short(message, 130),
        ),
        likelihood=Likelihood.HIGH,
        cites=group.cites,
        quotes=quotable(short(message, 130)),
        since=when(group.lead.at("status", "startTime")),
        remedies=delete_it(group) if past.en else _remedies(view, group, told, where, pinned),
    )


def _pinned(view: ClusterView, group: PodGroup) -> str:
    """`spec.nodeName`, where the pod was not placed by a scheduler."""
    own = view.find(group.workload)
    if own is None or own.ref.kind == "Pod":
        seen = {e.reason for e in view.events(group.lead.ref)}
        return "spec.nodeName" if seen and "Scheduled" not in seen else ""
    return "spec.nodeName" if own.text("spec", "template", "spec", "nodeName") else ""


def _remedies(
    view: ClusterView, group: PodGroup, told: Rejection, node: Resource, pinned: str
) -> tuple[Remedy, ...]:
    look = remedies.check(
        say("See what the node has left", "查看该节点的剩余资源"),
        say("“Allocated resources” of the node against the pod's requests.",
            "对比节点的 Allocated resources 与 Pod 的 requests。"),
        *((remedies.describe(node),) if view.find(node) is not None else ()),
        remedies.describe(group.lead.ref),
    )  # fmt: skip
    if told.of_node:
        who = remedies.escalate(
            say("Have the devices of node {n} repaired", "修复节点 {n} 的设备", n=node.name),
            say("The log of the vendor's device plugin on the node says what is wrong with them.",
                "该节点上厂商设备插件的日志会说明设备的问题。"),
        )  # fmt: skip
        return (who, look)
    free = say(" Drop spec.nodeName, so that the scheduler finds a node with room.",
               " 去掉 spec.nodeName，由调度器选择有余量的节点。") if pinned else NOTHING  # fmt: skip
    fix = remedies.change(
        say("Make the pod anew so that it fits", "调整后重新创建该 Pod"),
        remedies.with_note(
            say("A rejected pod is never tried again.{f}", "被拒绝的 Pod 不会再被重试。{f}", f=free),
            view.find(group.workload),
        ),
        *remedies.edit_template(group.workload),
    )
    return (fix, look)


RULES: tuple[Rule, ...] = (turned_away,)
