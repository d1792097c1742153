"""Taints of new nodes that an agent takes off once it runs there."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.rules.scheduling_reasons import STARTUP

POD = "Pod shop/web-1"
WHOLE = [("Node", "")]


@pytest.mark.parametrize(
    "key",
    [
        "node.cilium.io/agent-not-ready",
        "ebs.csi.aws.com/agent-not-ready",
        "karpenter.sh/unregistered",
        "node.cloudprovider.kubernetes.io/uninitialized",
        "node.cluster.x-k8s.io/uninitialized",
    ],
)
def test_the_agent_is_to_be_looked_at(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any, key: str
) -> None:
    """The node that keeps such a taint is the culprit; a toleration would run the pod without the agent."""
    tainted = node("n1", taints=[{"key": key, "effect": "NoExecute"}])
    words = said(f"1 node(s) had untolerated taint {{{key}: }}", total=1)
    (one,) = found(view_of([stuck(words), tainted], POD, lists=WHOLE), "taint")
    assert str(one.culprit) == "Node n1" and key in one.statement.en and key in one.statement.zh
    assert not any("tolerat" in r.title.en.lower() or "容忍" in r.title.zh for r in one.remedies)


@pytest.mark.parametrize(
    "key",
    [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/network-unavailable",
        "dedicated",
        "example.com/uninitialized-for-billing",
        "agent-not-ready",
    ],
)
def test_other_taints(key: str) -> None:
    """The node controller's own and those of people are told of otherwise."""
    assert not STARTUP.search(key)


def test_a_taint_of_people_is_still_to_be_tolerated(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any
) -> None:
    """A dedicated node is not taken for one that is not started."""
    taint = {"key": "team", "value": "ml", "effect": "NoSchedule"}
    view = view_of([stuck(said("1 node(s) had untolerated taint {team: ml}", total=1)), node("n1", taints=[taint])],
                   POD, lists=WHOLE)  # fmt: skip
    (one,) = found(view, "taint")
    assert str(one.culprit) == POD and any("toleration" in r.title.en for r in one.remedies)
