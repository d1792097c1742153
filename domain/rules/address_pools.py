"""Calico's IPPools: what they have left is given out to all nodes, so no single node is to blame."""

from __future__ import annotations

from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Remedy
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import listed, short
from kubetriage.domain.view import ClusterView

_EVERY_NODE = ("", "all()")


def pools(view: ClusterView) -> list[Obj]:
    """Every pool, first those in use."""
    return sorted(view.objects("IPPool"), key=_disabled)


def unseen(view: ClusterView) -> bool:
    """Whether the cluster may have pools that could not be read."""
    asked = (seen.failure for seen in view.observations if seen.read.kind == "IPPool")
    failed = [failure for failure in asked if failure is not None]
    return not pools(view) and any(failure.kind is not FailureKind.UNSUPPORTED for failure in failed)


def at_fault(view: ClusterView) -> Resource | None:
    """The only pool in use; where none is, the only one that was disabled."""
    every = pools(view)
    used = [pool for pool in every if not _disabled(pool)]
    found = used or every
    return found[0].ref if len(found) == 1 else None


def described(view: ClusterView) -> Text:
    """Which pools there are to get an address from, and which are turned off."""
    every = pools(view)
    used = [pool for pool in every if not _disabled(pool)]
    off = listed([pool.name for pool in every if _disabled(pool)], 2)
    if unseen(view):
        return say("; Calico's IPPools could not be read", "；Calico 的 IPPool 未能读取")
    if not every:
        return NOTHING
    if not used:
        return say("; no IPPool is enabled: {o} is disabled", "；没有启用的 IPPool：{o} 已停用", o=off)
    names = listed([f"{pool.name} ({_range(pool)})" for pool in used], 2)
    disabled = say(", {o} is disabled", "，{o} 已停用", o=off) if off else NOTHING
    return say("; enabled IPPool: {n}{d}", "；启用的 IPPool：{n}{d}", n=names, d=disabled)


def remedy(view: ClusterView) -> Remedy:
    """What whoever runs Calico can do."""
    return remedies.escalate(
        say("Give the pods more addresses", "增加可分配的 Pod 地址"),
        say("Whoever runs Calico: enable a disabled IPPool or add one, or free addresses by scaling down "
            "what can be missed; with strictAffinity nodes do not lend each other free blocks.",
            "请 Calico 负责人启用已停用的 IPPool 或新增一个，或缩减不重要的负载以释放地址；"
            "开启 strictAffinity 时节点之间不能借用空闲地址块。"),
        *(remedies.see_yaml(pool.ref) for pool in pools(view)[:2]),
    )  # fmt: skip


def _disabled(pool: Obj) -> bool:
    return pool.at("spec", "disabled") is True


def _range(pool: Obj) -> str:
    """Its addresses, and which nodes it is for unless it is for all."""
    chosen = pool.text("spec", "nodeSelector").strip()
    cidr = pool.text("spec", "cidr")
    return cidr if chosen in _EVERY_NODE else f"{cidr}, nodeSelector {short(chosen, 50)}"
