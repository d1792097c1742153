"""Pods that wait for a node that an autoscaler ordered for them."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Likelihood
from kubetriage.domain.relations.scheduling import around_unscheduled
from kubetriage.domain.resource import resource

POD = "Pod shop/web-1"
NODES = [("Node", "")]
SELECTOR = "2 node(s) didn't match Pod's node affinity/selector"
CLAIM = resource("NodeClaim", "", "gpu-7x", "karpenter.sh/v1")
NO_STOCK = (
    "creating instance, insufficient capacity, with fleet error(s), InsufficientInstanceCapacity: We currently "
    "do not have sufficient p4d.24xlarge capacity in the Availability Zone you requested (eu-west-1a)."
)


def _claim(k8s: Any) -> Any:
    launched = {"type": "Launched", "status": "Unknown", "reason": "LaunchFailed", "message": NO_STOCK,
                "lastTransitionTime": k8s.at(1)}  # fmt: skip
    waits = {"type": "Ready", "status": "Unknown", "reason": "ReconcilingDependents", "message": "x",
             "lastTransitionTime": k8s.at(1)}  # fmt: skip
    return k8s.obj("NodeClaim gpu-7x", apiVersion="karpenter.sh/v1", status={"conditions": [waits, launched]})


def _nominated(k8s: Any) -> Any:
    words = "Pod should schedule on: nodeclaim/gpu-7x"
    return k8s.event(POD, "Nominated", words, kind="Normal", component="karpenter")


def test_a_cloud_without_such_machines(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any
) -> None:
    """The label that no node has is the new node's: the selector is right, and the claim tells the reason."""
    pod = stuck(said(SELECTOR), nodeSelector={"pool": "gpu"})
    view = view_of([pod, node("n1"), node("n2"), _nominated(k8s), _claim(k8s)], POD, lists=NODES)
    (one,) = found(view)
    assert (one.rule, one.category) == ("scheduling.node-not-made", "insufficient-resources")
    assert one.culprit == CLAIM and one.likelihood is Likelihood.HIGH
    assert "p4d.24xlarge capacity" in one.statement.en and "p4d.24xlarge" in one.statement.zh
    assert all("selector" not in r.title.en for r in one.remedies)


def test_a_claim_that_was_made_anew(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any
) -> None:
    """A claim that fails is deleted and ordered again; what was said of it stays in the events."""
    pod = stuck(said(SELECTOR), nodeSelector={"pool": "gpu"})
    told = k8s.event("NodeClaim gpu-1a", "InsufficientCapacityError", f"NodeClaim gpu-1a event: {NO_STOCK}")
    told["involvedObject"]["apiVersion"] = "karpenter.sh/v1"
    answers = {list_of("Event", "default", fields="involvedObject.kind=NodeClaim"): [told]}
    objects = [pod, node("n1"), node("n2"), _nominated(k8s)]
    (one,) = found(view_of(objects, POD, lists=NODES, absent=[CLAIM], answers=answers))
    assert one.rule == "scheduling.node-not-made" and one.likelihood is Likelihood.HIGH
    assert "p4d.24xlarge" in one.statement.en and str(one.culprit) == POD


def test_a_node_that_is_on_its_way(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any
) -> None:
    """An order without a failure is told as such, and no wrong selector is claimed."""
    pod = stuck(said(SELECTOR), nodeSelector={"pool": "gpu"})
    (one,) = found(view_of([pod, node("n1"), node("n2"), _nominated(k8s)], POD, lists=NODES))
    assert one.likelihood is Likelihood.MEDIUM and "nodeclaim/gpu-7x" in one.statement.en


def test_nobody_ordered_one(view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any) -> None:
    """Without an order, or with one of hours ago, the selector is the matter."""
    pod = stuck(said(SELECTOR), nodeSelector={"pool": "gpu"})
    old = k8s.event(POD, "Nominated", "Pod should schedule on: nodeclaim/gpu-7x", first=400, last=400)
    for more in ([], [old, _claim(k8s)]):
        (one,) = found(view_of([pod, node("n1"), node("n2"), *more], POD, lists=NODES))
        assert one.rule == "scheduling.node-selector"


def test_a_scale_up_that_failed(view_of: Any, stuck: Any, node: Any, said: Any, found: Any, k8s: Any) -> None:
    """The cluster autoscaler says so of the pod, or of its own ConfigMap."""
    pod = stuck(said("2 Insufficient cpu"), requests={"cpu": "3"})
    words = "Node scale up in zones europe-west4-a associated with this pod failed: GCE out of resources."
    failed = k8s.event(POD, "FailedScaleUp", words, component="cluster-autoscaler")
    (one,) = found(view_of([pod, node("n1"), node("n2"), failed], POD, lists=NODES))
    assert "GCE out of resources" in one.statement.en and "Insufficient cpu" in one.statement.en
    up = k8s.event(POD, "TriggeredScaleUp", "pod triggered scale-up: [{grp 3->4 (max: 9)}]", kind="Normal")
    status = "ConfigMap kube-system/cluster-autoscaler-status"
    group = k8s.event(
        status, "FailedToScaleUpGroup", "Scale-up failed for group grp: quota exceeded for CPUS"
    )
    (one,) = found(view_of([pod, node("n1"), node("n2"), up, group], POD, lists=NODES))
    assert "quota exceeded for CPUS" in one.statement.en
    (one,) = found(view_of([pod, node("n1"), node("n2"), up], POD, lists=NODES))
    assert one.rule != "scheduling.node-not-made"


def test_what_is_read_about_the_order(view_of: Any, stuck: Any, node: Any, said: Any, k8s: Any) -> None:
    """The claim that was named, and what was said about claims; nothing where none was ordered."""
    pod = stuck(said(SELECTOR), nodeSelector={"pool": "gpu"})
    for more, wanted in (([_nominated(k8s)], True), ([], False)):
        view = view_of([pod, node("n1"), node("n2"), *more], POD, lists=NODES)
        reads = {w.read for w in k8s.wants(around_unscheduled(view))}
        assert (get(CLAIM) in reads) is wanted
        assert (list_of("Event", "default", fields="involvedObject.kind=NodeClaim") in reads) is wanted
