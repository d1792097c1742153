"""Labels that no node has, and that a node of Karpenter's would have."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Likelihood
from kubetriage.domain.relations.scheduling import around_unscheduled

POD = "Pod shop/web-1"
NODES = [("Node", "")]
SELECTOR = "2 node(s) didn't match Pod's node affinity/selector"
POOLS = list_of("NodePool", "", api_version="karpenter.sh/v1")
ORDERS = list_of("NodeClaim", "", api_version="karpenter.sh/v1", labels="karpenter.sh/nodepool=gpu")


def _pool(k8s: Any, *requirements: dict[str, Any], **labels: str) -> Any:
    template = {"metadata": {"labels": labels}, "spec": {"requirements": list(requirements)}}
    return k8s.obj("NodePool gpu", apiVersion="karpenter.sh/v1", spec={"template": template})


def _order(k8s: Any) -> Any:
    failed = {"type": "Launched", "status": "Unknown", "reason": "LaunchFailed", "message": "no p4d capacity"}
    return k8s.obj("NodeClaim gpu-7x", labels={"karpenter.sh/nodepool": "gpu"}, apiVersion="karpenter.sh/v1",
                   status={"conditions": [failed]})  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "given"),
    [
        ("pool", "gpu", True),
        ("pool", "cpu", False),
        ("karpenter.sh/nodepool", "gpu", True),
        ("topology.kubernetes.io/zone", "eu-1b", True),
        ("topology.kubernetes.io/zone", "eu-1c", False),
        ("node.kubernetes.io/instance-type", "p4d.24xlarge", True),
        ("disk", "ssd", False),
    ],
)
def test_what_a_pool_gives(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any, key: str, value: str, given: bool
) -> None:
    """Its template's labels, the values of its requirements, and labels that every machine has."""
    zones = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["eu-1a", "eu-1b"]}
    pod = stuck(said(SELECTOR), nodeSelector={key: value})
    answers = {POOLS: [_pool(k8s, zones, pool="gpu")]}
    (one,) = found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES, answers=answers))
    assert (one.rule == "scheduling.node-not-made") is given
    if given:
        assert one.likelihood is Likelihood.MEDIUM and "NodePool gpu" in one.statement.en


def test_the_pools_order_fails(view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any) -> None:
    """Without the event that names the order, its pool leads to it."""
    pod = stuck(said(SELECTOR), nodeSelector={"pool": "gpu"})
    answers = {POOLS: [_pool(k8s, pool="gpu")], ORDERS: [_order(k8s)]}
    (one,) = found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES, answers=answers))
    assert one.likelihood is Likelihood.HIGH and "no p4d capacity" in one.statement.en
    assert str(one.culprit) == "NodeClaim gpu-7x"


def test_karpenter_refuses_the_pod(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any
) -> None:
    """What it says of why it orders none is passed on."""
    pod = stuck(said(SELECTOR), nodeSelector={"pool": "gpu"})
    words = 'Failed to schedule pod, all available instance types exceed limits for nodepool: "gpu"'
    refusal = k8s.event(POD, "FailedScheduling", words, component="karpenter")
    answers = {POOLS: [_pool(k8s, pool="gpu")]}
    view = view_of([pod, node("n1"), node("n2"), refusal], POD, lists=NODES, answers=answers)
    (one,) = found(view)
    assert "exceed limits for nodepool" in one.statement.en and one.likelihood is Likelihood.HIGH


def test_what_is_read(view_of: Any, stuck: Any, node: Any, said: Any, k8s: Any) -> None:
    """The pools where no node has the label, their orders once the pool is known, and older versions."""
    pod = stuck(said(SELECTOR), nodeSelector={"pool": "gpu"})

    def reads(**more: Any) -> set[Any]:
        view = view_of([pod, node("n1"), node("n2")], POD, lists=NODES, **more)
        return {w.read for w in k8s.wants(around_unscheduled(view))}

    assert POOLS in reads() and ORDERS not in reads()
    assert ORDERS in reads(answers={POOLS: [_pool(k8s, pool="gpu")]})
    older = list_of("NodePool", "", api_version="karpenter.sh/v1beta1")
    assert older in reads(failed={POOLS: FailureKind.UNSUPPORTED})
    plain = stuck(said("2 Insufficient cpu"), requests={"cpu": "9"})
    view = view_of([plain, node("n1"), node("n2")], POD, lists=NODES)
    assert POOLS not in {w.read for w in k8s.wants(around_unscheduled(view))}
