"""Pods that stay because the container runtime does not stop them, as the kubelet says itself."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import NamedTuple

from kubetriage.domain.finding import Remedy
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.relations.node import NETWORK, agents_on
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.node_remedies import network_remedy
from kubetriage.domain.rules.phrases import given, say, stated
from kubetriage.domain.rules.remedies import change, destroy, escalate, mutate
from kubetriage.domain.rules.wording import quotable, short_end
from kubetriage.domain.view import ClusterView

_LATELY = timedelta(minutes=30)
_ERROR = re.compile(r'desc = (?P<words>.{5,}?)"?\]*$', re.DOTALL)
_PLUGIN = re.compile(r'plugin type=\\*"(?P<name>[\w.-]+)')
_FRAME = re.compile(r"^(?:failed \(delete\)|to be killed|to stop|to exit)?:?\s*")
_SANDBOX = re.compile(r"KillPodSandbox|destroy network for sandbox|StopPodSandbox")


class Unkilled(NamedTuple):
    """What the kubelet says of a kill that fails."""

    says: Text
    category: str
    cite: str
    quotes: tuple[str, ...]
    remedy: Remedy


def unkilled(view: ClusterView, pod: Obj, node: Resource, late: Text) -> Unkilled | None:
    """The latest FailedKillPod of a pod that is `late`, if the event is of the last half hour."""
    for event in view.events(pod.ref, "FailedKillPod"):
        if not node.name or event.last is None or view.now - event.last > _LATELY:
            continue
        quote = _decisive(event.message)
        plugin = _PLUGIN.search(event.message)
        network = _SANDBOX.search(event.message) is not None and NETWORK.search(event.message) is not None
        by = given(" {v}", " {v}", plugin["name"] if plugin else "")
        says = stated(
            "Pod {p} should have ended {t} ago: {who} of node {n} cannot {do} (FailedKillPod, {k}×: “{q}”).",
            "Pod {p} 应在 {t}前结束：节点 {n} 的{who}无法{do}（FailedKillPod，{k} 次：“{q}”）。",
            p=pod.name, t=late, n=node.name, k=event.times, q=quote,
            who=say("the network plugin{b}", "网络插件{b} ", b=by) if network
            else Text(en="the container runtime", zh="容器运行时"),
            do=Text(en="take its network down", zh="拆除其网络") if network
            else Text(en="kill it", zh="终止它"),
        )  # fmt: skip
        remedy = _network_remedy(view, node) if network else _kill_remedy(node)
        return Unkilled(says, "cni" if network else "container-runtime", event.cite,
                        quotable("FailedKillPod", quote), remedy)  # fmt: skip
    return None


def _decisive(message: str) -> str:
    """What failed, behind the kubelet's and the runtime's frames and the quoted ids of containers."""
    found = _ERROR.search(message)
    words = (found["words"] if found else message).strip()
    tail = re.split(r'\\*"', words)[-1]
    tail = _FRAME.sub("", tail.strip()).strip(" :]\\")
    return short_end(tail if len(tail) > 4 else words, 110)


def _network_remedy(view: ClusterView, node: Resource) -> Remedy:
    read = view.find(node)
    if read is not None and agents_on(view, node.name):
        return network_remedy(view, read)
    return escalate(
        say("Have the network agent of node {n} looked at", "请检查节点 {n} 的网络组件", n=node.name),
        say("Its plugin frees the pod's address when the pod ends; until it can, the pod stays. On the node: "
            "`journalctl -u kubelet` repeats what it says.",
            "Pod 结束时由其插件释放地址；插件恢复之前该 Pod 会一直存在。"
            "该节点上的 `journalctl -u kubelet` 会重复其报错。"),
    )  # fmt: skip


def _kill_remedy(node: Resource) -> Remedy:
    return change(
        say("Restart the container runtime of node {n}", "重启节点 {n} 的容器运行时", n=node.name),
        say("A process in uninterruptible sleep (a hung NFS mount, a dead disk) goes with a reboot only: "
            "drain the node first.",
            "处于不可中断睡眠的进程（NFS 挂起、磁盘故障）只有重启才能清除：请先 drain 该节点。"),
        mutate(f"ssh {node.name} sudo systemctl restart containerd kubelet"),
        destroy(f"kubectl drain {node.name} --ignore-daemonsets --delete-emptydir-data"),
    )  # fmt: skip
