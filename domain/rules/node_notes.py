"""What stands beside a node's conditions: what its kubelet tries to free, and that its machine goes."""

from __future__ import annotations

import re
from datetime import timedelta

from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import short
from kubetriage.domain.view import ClusterView

_LATELY = timedelta(hours=1)
_TAKEN = (
    "SpotInterruption", "RebalanceRecommendation", "ScheduledEvent", "InstanceTermination",
    "PreemptScheduled", "NodeTermination",
    "TerminationHandler", "TerminateScheduled", "SpotInterrupted", "Preempted",
)  # fmt: skip
"""Reasons of events by which providers and their handlers tell that a machine goes."""
_TAINTED = re.compile(
    r"spot-itn|spot-termination|scheduled-maintenance|impending-(?:node-)?termination|asg-lifecycle-termin"
    r"|rebalance-recommendation|ToBeDeletedByClusterAutoscaler|karpenter\.sh/disrupt",
)


def reclaims(view: ClusterView, node: Obj, *, whole: bool) -> list[str]:
    """What the kubelet says that it tries to free, in quotes: memory, ephemeral-storage or inodes.

    `whole`: there is room for a long message.
    """
    failed = [*view.events(node.ref, "FreeDiskSpaceFailed"), *view.events(node.ref, "ImageGCFailed")]
    every = [*failed, *view.events(node.ref, "EvictionThresholdMet")]
    told = [e for e in every if e.last and view.now - e.last <= _LATELY]
    return [f"“{short(told[0].message, 150 if whole and told[0] in failed else 80)}”"] if told else []


def leaving(view: ClusterView, node: Obj) -> Text:
    """That the machine is taken back, as an event or a taint tells."""
    told = [e for e in view.events(node.ref, *_TAKEN) if e.last and view.now - e.last <= _LATELY]
    if told:
        words = short(told[0].message, 90)
        return say("; {r}: “{m}”", "；{r}：“{m}”", r=told[0].reason, m=words)
    for taint in node.items("spec", "taints"):
        key = str(taint.get("key") or "")
        if _TAINTED.search(key):
            return say("; its taint {k} says that the machine is taken away", "；污点 {k} 表明该机器将被收回",
                       k=key)  # fmt: skip
    return NOTHING
