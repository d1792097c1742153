"""What a node's conditions mean: kubelet's and the node controller's words, and what to look at on the host.

Messages: kubelet `pkg/kubelet/nodestatus/setters.go` (several errors come as one `[a, b]`), its runtime
state `pkg/kubelet/runtime.go`, node controller `pkg/controller/nodelifecycle`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from kubetriage.domain.kube import Condition, Obj
from kubetriage.domain.language import Text
from kubetriage.domain.relations.node import NETWORK, PRESSURES
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import short


class Ill(StrEnum):
    """Which part of a node does not work."""

    SILENT = "kubelet-silent"
    """Nothing is heard of its kubelet: that, the machine or its network is down."""
    NEVER = "kubelet-never-seen"
    RUNTIME = "container-runtime"
    PLEG = "pleg"
    NETWORK = "network-plugin"
    SHUTDOWN = "shutdown"
    OTHER = "not-ready"


class Meaning(NamedTuple):
    """Why a node is not ready."""

    ill: Ill
    says: Text
    """Follows “is not ready: ”."""
    quote: str
    """The decisive words of the condition's message."""


_PATTERNS: tuple[tuple[Ill, re.Pattern[str]], ...] = (
    (Ill.SHUTDOWN, re.compile(r"node is shutting down", re.IGNORECASE)),
    (
        Ill.RUNTIME,
        re.compile(
            r"container runtime is down|runtime status check may not have completed"
            r"|container runtime not ready:? ?[^,\]]{0,80}|RuntimeReady=false[^,\]]{0,80}"
            r"|(?:containerd|crio|cri-dockerd|dockershim)\.sock[^,\]]{0,80}",
            re.IGNORECASE,
        ),
    ),
    (Ill.PLEG, re.compile(r"PLEG is not healthy[^,\]]{0,80}")),
    (Ill.NETWORK, re.compile(r"cni plugin not initialized|cni config uninitialized", re.IGNORECASE)),
    (Ill.NETWORK, re.compile(r"(?<=message:)[^\]]{3,110}|container runtime network not ready[^,\]]{0,80}")),
    (Ill.NETWORK, NETWORK),
)
_SAYS = {
    Ill.SHUTDOWN: Text(en="it is shutting down", zh="节点正在关机"),
    Ill.RUNTIME: Text(en="its container runtime is down", zh="容器运行时不可用"),
    Ill.PLEG: Text(en="its container runtime answers too slowly (PLEG)", zh="容器运行时响应过慢（PLEG）"),
    Ill.NETWORK: Text(en="its network plugin (CNI) is not initialized", zh="网络插件（CNI）未初始化"),
}


def meaning(ready: Condition) -> Meaning:
    """What a Ready condition that is not True says."""
    message = ready.message
    if ready.status == "Unknown":
        if ready.reason == "NodeStatusNeverUpdated" or "never posted" in message:
            never = Text(en="its kubelet never posted a status", zh="kubelet 从未上报过状态")
            return Meaning(Ill.NEVER, never, short(message))
        silent = Text(
            en="its kubelet stopped posting status (the machine, its network or kubelet itself is down)",
            zh="kubelet 已停止上报状态（机器、其网络或 kubelet 本身不可用）",
        )
        return Meaning(Ill.SILENT, silent, short(message))
    for ill, pattern in _PATTERNS:
        found = pattern.search(message)
        if found:
            return Meaning(ill, _SAYS[ill], short(found[0], 110))
    other = Text(en="kubelet reports an error of its own", zh="kubelet 报告自身有错误")
    return Meaning(Ill.OTHER, other, short(message.strip("[]"), 110))


def pressures(node: Obj) -> list[Condition]:
    """The pressure conditions that hold, in the order of kubelet."""
    found = node.conditions()
    return [found[kind] for kind in PRESSURES if kind in found and found[kind].status == "True"]


PROBLEMS = (
    "KernelDeadlock",
    "ReadonlyFilesystem",
    "CorruptDockerOverlay2",
    "FrequentKubeletRestart",
    "FrequentContainerdRestart",
    "FrequentDockerRestart",
    "FrequentUnregisterNetDevice",
    "KubeletUnhealthy",
    "ContainerRuntimeUnhealthy",
    "CperHardwareErrorFatal",
    "XfsShutdown",
)
"""Conditions that node-problem-detector's own configurations set; True is bad."""


def problems(node: Obj) -> list[Condition]:
    """The problem detector's conditions that hold."""
    found = node.conditions()
    known = [found[kind] for kind in PROBLEMS if kind in found and found[kind].status == "True"]
    return known + [c for kind, c in found.items() if kind not in PROBLEMS and _is_problem(c)]


_BAD_IF_TRUE = re.compile(
    r"^(?!(?:No|Not|Without)[A-Z]).*(?:Problem|Deadlock|Unhealthy|Full|Fatal|Failures?|Errors?|Hung)$"
    r"|^Frequent|^Readonly"
)
_BAD_IF_FALSE = re.compile(
    r"(?:Kernel|Storage|Disk|Memory|Network(?:ing)?|CNI|CSI|DNS|NIC|RDMA|Runtime|Kubelet|Hardware|Accelerators?|GPUs?"
    r"|Drivers?|Devices?)Ready$"
)
"""Parts of a machine; that it is not ready for someone's upgrade or maintenance is no fault."""


def _is_problem(condition: Condition) -> bool:
    """Whether a condition of someone's own or of a provider's agent (`KernelReady`) tells of a fault."""
    if condition.status == "True":
        return bool(_BAD_IF_TRUE.search(condition.type))
    return condition.status == "False" and bool(_BAD_IF_FALSE.search(condition.type))


def also(node: Obj) -> Text:
    """The other conditions that hold beside a Ready one which does not: network, pressures, problems."""
    network = node.conditions().get("NetworkUnavailable")
    names = ["NetworkUnavailable"] if network is not None and network.status == "True" else []
    names += [c.type for c in [*pressures(node), *problems(node)]]
    if not names:
        return NOTHING
    return say("; it also reports {n}", "；同时报告 {n}", n=", ".join(names))


def runtime_unit(node: Obj) -> str:
    """The systemd unit of a node's container runtime."""
    version = node.text("status", "nodeInfo", "containerRuntimeVersion")
    return {"cri-o": "crio", "docker": "docker"}.get(version.partition(":")[0], "containerd")


def on_host(ill: Ill, node: Obj) -> Text:
    """What to look at on the machine itself."""
    unit = runtime_unit(node)
    if ill in (Ill.SILENT, Ill.NEVER):
        return say(
            "On the host (or its console at the provider, if it does not answer): `systemctl status "
            "kubelet`, "
            "`journalctl -u kubelet --since '1 hour ago'`, disk and memory, and whether it reaches the "
            "API server.",
            "在主机上（连不上时用云厂商控制台）查看：`systemctl status kubelet`、`journalctl -u kubelet "
            "--since "
            "'1 hour ago'`、磁盘和内存，以及能否访问 API 服务器。",
        )
    if ill in (Ill.RUNTIME, Ill.PLEG):
        return say(
            "On the host: `systemctl status {u}`, `journalctl -u {u}`, `journalctl -u kubelet`, "
            "`crictl ps` (does it answer?), load and disk latency.",
            "在主机上查看：`systemctl status {u}`、`journalctl -u {u}`、`journalctl -u kubelet`、"
            "`crictl ps`（是否有响应）、负载和磁盘延迟。",
            u=unit,
        )
    if ill is Ill.NETWORK:
        return say(
            "On the host: `ls /etc/cni/net.d /opt/cni/bin` (config and plugins written by the network's "
            "agent), "
            "`crictl info`, `journalctl -u kubelet`.",
            "在主机上查看：`ls /etc/cni/net.d /opt/cni/bin`（由网络组件写入的配置和插件）、`crictl info`、"
            "`journalctl -u kubelet`。",
        )
    return say(
        "On the host: `systemctl status kubelet`, `journalctl -u kubelet`.",
        "在主机上查看：`systemctl status kubelet`、`journalctl -u kubelet`。",
    )
