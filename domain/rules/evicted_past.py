"""Evicted pods that others have replaced: what is left is a failed pod that nobody needs."""

from __future__ import annotations

from kubetriage.domain.finding import Remedy
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import PodGroup
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wellness import workload_is_well
from kubetriage.domain.view import ClusterView

_REPLACES = ("Deployment", "StatefulSet", "ReplicaSet")


def made_up_for(view: ClusterView, group: PodGroup) -> Text:
    """That the workload has all its replicas again; nothing if it has not."""
    owner = view.find(group.workload)
    count = workload_is_well(owner) if owner is not None and owner.ref.kind in _REPLACES else None
    if count is None:
        return NOTHING
    return say("; {w} has all {n} replicas ready without it", "；{w} 的 {n} 个副本（不含它）已全部就绪",
               w=f"{group.workload.kind} {group.workload.name}", n=count)  # fmt: skip


def delete_it(group: PodGroup) -> tuple[Remedy, ...]:
    return (
        remedies.change(
            say("Delete the failed pod", "删除失败的 Pod"),
            say("Its place is taken; the object stays, and alerts count it, until it is deleted.",
                "它已被替换；该对象会一直保留并被告警计入，直到删除。"),
            remedies.destroy(f"kubectl delete {remedies.target(group.lead.ref)}"),
        ),
        remedies.check(
            say("See why it ended", "查看它结束的原因"),
            say("Its status message and events.", "其状态消息和事件。"),
            remedies.describe(group.lead.ref),
        ),
    )  # fmt: skip
