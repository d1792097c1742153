"""Taints of new nodes that an agent takes off once it runs there."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import list_of
from kubetriage.domain.relations.scheduling import around_unscheduled
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


def _daemons(k8s: Any, name: str, ready: int) -> Any:
    counts = {"desiredNumberScheduled": 1, "numberReady": ready, "updatedNumberScheduled": 1}
    return k8s.obj(f"DaemonSet kube-system/{name}", status=counts)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("node.cloudprovider.kubernetes.io/uninitialized", "openstack-cloud-controller-manager"),
        ("node.cilium.io/agent-not-ready", "cilium"),
        ("ebs.csi.aws.com/agent-not-ready", "ebs-csi-node"),
    ],
)
def test_the_agent_that_is_ill_explains_it(
    view_of: Any, k8s: Any, stuck: Any, node: Any, said: Any, found: Any, key: str, name: str
) -> None:
    """Whose taint it is stands in its key: if that one is not well the pod waits for it, else for nobody."""
    pod = stuck(said(f"1 node(s) had untolerated taint {{{key}: }}", total=1))
    tainted = node("n1", taints=[{"key": key, "effect": "NoSchedule"}])
    others = [_daemons(k8s, "kube-proxy", 0), pod, tainted]
    (one,) = found(view_of([_daemons(k8s, name, 0), *others], POD, lists=WHOLE), "taint")
    assert [str(r) for r in one.waits_on] == [f"DaemonSet kube-system/{name}"]
    (one,) = found(view_of([_daemons(k8s, name, 1), *others], POD, lists=WHOLE), "taint")
    assert not one.waits_on


def test_the_agents_are_read(view_of: Any, k8s: Any, stuck: Any, node: Any, said: Any) -> None:
    """The system's workloads are read for a startup taint only, and the ill one is looked at."""
    key = "node.cilium.io/agent-not-ready"
    tainted = node("n1", taints=[{"key": key, "effect": "NoSchedule"}])
    pod = stuck(said(f"1 node(s) had untolerated taint {{{key}: }}", total=1))
    wants = list(around_unscheduled(view_of([pod, tainted, _daemons(k8s, "cilium", 0)], POD, lists=WHOLE)))
    assert list_of("Deployment", "kube-system") in [w.read for w in wants]
    assert "DaemonSet kube-system/cilium" in [str(w.about) for w in wants]
    plain = stuck(said("1 node(s) had untolerated taint {team: ml}", total=1))
    tainted = node("n1", taints=[{"key": "team", "value": "ml", "effect": "NoSchedule"}])
    wants = list(around_unscheduled(view_of([plain, tainted], POD, lists=WHOLE)))
    assert list_of("Deployment", "kube-system") not in [w.read for w in wants]
