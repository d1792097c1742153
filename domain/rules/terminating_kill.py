"""Pods that stay because the container runtime does not stop them, as the kubelet says itself."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import NamedTuple

from kubetriage.domain.finding import Remedy
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.remedies import change, destroy, mutate
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

_LATELY = timedelta(minutes=30)
_ERROR = re.compile(r'desc = (?P<words>[^"\\\]]{5,140})')


class Unkilled(NamedTuple):
    """What the kubelet says of a kill that fails."""

    says: Text
    cite: str
    quotes: tuple[str, ...]


def unkilled(view: ClusterView, pod: Obj, node: Resource, late: Text) -> Unkilled | None:
    """The latest FailedKillPod of a pod that is `late`, if the event is of the last half hour."""
    for event in view.events(pod.ref, "FailedKillPod"):
        if not node.name or event.last is None or view.now - event.last > _LATELY:
            continue
        found = _ERROR.search(event.message)
        quote = short(found["words"].strip() if found else event.message, 110)
        says = stated(
            "Pod {p} should have ended {t} ago: the container runtime of node {n} cannot kill it "
            "(FailedKillPod, {k}×: “{q}”).",
            "Pod {p} 应在 {t}前结束：节点 {n} 的容器运行时无法终止它（FailedKillPod，{k} 次：“{q}”）。",
            p=pod.name, t=late, n=node.name, k=event.times, q=quote,
        )  # fmt: skip
        return Unkilled(says, event.cite, quotable("FailedKillPod", quote))
    return None


def kill_remedy(node: Resource) -> Remedy:
    return change(
        say("Restart the container runtime of node {n}", "重启节点 {n} 的容器运行时", n=node.name),
        say("A process in uninterruptible sleep (a hung NFS mount, a dead disk) goes with a reboot only: "
            "drain the node first.",
            "处于不可中断睡眠的进程（NFS 挂起、磁盘故障）只有重启才能清除：请先 drain 该节点。"),
        mutate(f"ssh {node.name} sudo systemctl restart containerd kubelet"),
        destroy(f"kubectl drain {node.name} --ignore-daemonsets --delete-emptydir-data"),
    )  # fmt: skip
