"""What the cluster autoscaler, or Karpenter, says of a pod that no node has room for."""

from __future__ import annotations

import re

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Remedy
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.rules.grouping import fresh
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.remedies import escalate
from kubetriage.domain.rules.scheduling_stuck import Case
from kubetriage.domain.rules.wording import short
from kubetriage.domain.view import ClusterView

_HEAD = re.compile(r"^(?:pod didn't trigger scale-up: |Failed to schedule pod, )")


def adds_none(said: EventRecord | None) -> Text:
    """That no node is added, in the autoscaler's words."""
    if said is None:
        return NOTHING
    return say("; the autoscaler adds none: “{m}”", "；自动扩缩容没有添加节点：“{m}”",
               m=short(_HEAD.sub("", said.message), 80))  # fmt: skip


def autoscaler_refuses(view: ClusterView, pod: Obj) -> EventRecord | None:
    """What the cluster autoscaler, or Karpenter, said last of why it adds no node for a pod."""
    told = [*view.events(pod.ref, "NotTriggerScaleUp")]
    told += [e for e in view.events(pod.ref, "FailedScheduling") if "karpenter" in e.component.lower()]
    return next((e for e in told if fresh(view, e.last)), None)


def more_nodes(view: ClusterView, case: Case) -> Remedy:
    said = autoscaler_refuses(view, case.pod)
    detail = say(
        "Whoever runs the cluster can add nodes, or free room by scaling down what is not needed.",
        "由集群管理员增加节点，或缩减不需要的工作负载来腾出资源。",
    )
    if said is not None:
        detail = say(
            "The cluster autoscaler adds none: “{m}”. Raise the node group's limit, or free room.",
            "集群自动扩缩容没有添加节点：“{m}”。请提高节点组上限，或腾出资源。",
            m=short(said.message, 160),
        )
    return escalate(say("Or ask for more nodes", "或申请增加节点"), detail)
