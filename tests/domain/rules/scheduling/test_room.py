"""Nodes without room, and nodes that are closed."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Likelihood, Role, Specificity

POD = "Pod shop/web-1"
NODES = [("Node", "")]
Raw = dict[str, Any]


def test_request_above_every_node(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """A request that no node can ever meet is named with both numbers."""
    pod = stuck(said("2 Insufficient memory"), requests={"memory": "64Gi"})
    (one,) = found(view_of([pod, node("n1"), node("n2", memory="16Gi")], POD, lists=NODES))
    assert (one.rule, one.specificity, one.likelihood) == (
        "scheduling.request-above-nodes", Specificity.EXACT, Likelihood.HIGH)  # fmt: skip
    assert "64Gi" in one.statement.en
    assert "n2" in one.statement.en
    assert "16Gi" in one.statement.zh
    assert "64Gi" in one.quotes


def test_no_room_left(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """A request that fits a node which others have filled is a shortage, not an oversize."""
    pod = stuck(said("2 Insufficient cpu"), requests={"cpu": "3"})
    (one,) = found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES))
    assert one.rule == "scheduling.no-room"
    assert one.likelihood is Likelihood.HIGH
    assert "3 of CPU" in one.statement.en


def test_no_room_without_nodes(view_of: Any, stuck: Any, said: Any, found: Any) -> None:
    """Without the nodes, nothing is said about their sizes."""
    pod = stuck(said("2 Insufficient cpu"), requests={"cpu": "300"})
    view = view_of([pod], POD, failed={list_of("Node"): FailureKind.FORBIDDEN})
    (one,) = found(view)
    assert one.rule == "scheduling.no-room"


def test_device_not_offered(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """An extended resource that no node has is a device that is not there."""
    pod = stuck(said("2 Insufficient nvidia.com/gpu"), requests={"nvidia.com/gpu": "1"})
    (one,) = found(view_of([pod, node("n1")], POD, lists=NODES))
    assert (one.rule, one.category) == ("scheduling.not-offered", "insufficient-gpu")


def test_host_port(view_of: Any, stuck: Any, node: Any, k8s: Any, said: Any, found: Any) -> None:
    """The pod that holds the port is named."""
    ports = [{"containerPort": 80, "hostPort": 8080}]
    pod = stuck(said("1 node(s) didn't have free ports for the requested pod ports"))
    pod["spec"]["containers"][0]["ports"] = ports
    holder = k8s.pod("Pod infra/proxy", k8s.container(ports=ports), node="n1")
    (one,) = found(view_of([pod, holder, node("n1")], POD, lists=NODES))
    assert one.category == "port-conflict"
    assert "Pod infra/proxy" in one.statement.en


def test_nodes_in_trouble(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """Taints that the node controller sets make the nodes the cause, not the pod."""
    taint = {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}
    pod = stuck(said("2 node(s) had untolerated taint {node.kubernetes.io/unreachable: }"))
    view = view_of([pod, node("n1", taints=[taint]), node("n2", taints=[taint])], POD, lists=NODES)
    (one,) = found(view)
    assert one.role is Role.SYMPTOM
    assert [r.name for r in one.waits_on] == ["n1", "n2"]


def test_nodes_in_trouble_unseen(view_of: Any, stuck: Any, said: Any, found: Any) -> None:
    """Where the nodes cannot be read, the same is said with less confidence and without a culprit."""
    pod = stuck(said("2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }"))
    (one,) = found(view_of([pod], POD, failed={list_of("Node"): FailureKind.FORBIDDEN}))
    assert (one.role, one.likelihood, one.culprit) == (Role.CAUSE, Likelihood.MEDIUM, None)


def test_cordoned(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """The cordoned node that has the labels asked for is the culprit, though others were refused later."""
    words = ("1 node(s) were unschedulable", "1 node(s) didn't match Pod's node affinity/selector")
    pod = stuck(said(*words), nodeSelector={"pool": "gpu"})
    view = view_of([pod, node("n1", {"pool": "gpu"}, cordoned=True), node("n2")], POD, lists=NODES)
    (one,) = found(view)
    assert one.rule == "scheduling.cordoned"
    assert one.culprit is not None
    assert one.culprit.name == "n1"


def test_cordoned_node_with_room(
    view_of: Any, stuck: Any, node: Any, k8s: Any, said: Any, found: Any
) -> None:
    """A cordoned node seen to have the room that others lack explains the shortage."""
    pod = stuck(said("1 node(s) were unschedulable", "1 Insufficient cpu"), requests={"cpu": "2"})
    full = k8s.pod("Pod shop/other", k8s.container(resources={"requests": {"cpu": "3"}}), node="n2")
    view = view_of([pod, full, node("n1", cordoned=True), node("n2")], POD, lists=[*NODES, ("Pod", "")])
    closed = found(view, "cordoned")[0]
    assert closed.likelihood is Likelihood.HIGH
    assert [str(r) for r in closed.explains] == [POD]
    assert found(view, "no-room")[0].likelihood is Likelihood.MEDIUM


def test_full_cordoned_node_is_no_cause(
    view_of: Any, stuck: Any, node: Any, k8s: Any, said: Any, found: Any
) -> None:
    """A cordoned node that is full as well would not help."""
    pod = stuck(said("1 node(s) were unschedulable", "1 Insufficient cpu"), requests={"cpu": "2"})
    full = [k8s.pod(f"Pod shop/other-{n}", k8s.container(resources={"requests": {"cpu": "3"}}), node=n)
            for n in ("n1", "n2")]  # fmt: skip
    view = view_of([pod, *full, node("n1", cordoned=True), node("n2")], POD, lists=[*NODES, ("Pod", "")])
    assert [f.rule for f in found(view)] == ["scheduling.no-room"]
    assert found(view)[0].likelihood is Likelihood.HIGH


def test_mixed_reasons_without_nodes(view_of: Any, stuck: Any, said: Any, found: Any) -> None:
    """Several reasons and no sight of the nodes: nothing is said with high likelihood."""
    words = ("1 node(s) were unschedulable", "1 node(s) didn't match Pod's node affinity/selector")
    view = view_of(
        [stuck(said(*words), nodeSelector={"pool": "gpu"})],
        POD,
        failed={list_of("Node"): FailureKind.TIMEOUT},
    )
    assert found(view)
    assert all(f.likelihood is not Likelihood.HIGH for f in found(view))


def test_one_finding_for_many_pods(
    view_of: Any, stuck: Any, node: Any, k8s: Any, said: Any, found: Any
) -> None:
    """Pods of one workload with one reason make one finding, about the alert's own pod."""
    message = said("1 Insufficient cpu", total=1)
    pods = [
        stuck(message, f"Pod shop/web-{i}", owner="ReplicaSet shop/app-1", requests={"cpu": "3"})
        for i in (1, 2, 3)
    ]
    objects = [*pods, k8s.replicaset("ReplicaSet shop/app-1"), k8s.deployment(), node("n1")]
    (one,) = found(view_of(objects, "Pod shop/web-2", lists=NODES, looked=["Deployment shop/app"]))
    assert one.subject.name == "web-2"
    assert "3 of 3 pods of Deployment app" in one.statement.en


def test_daemon_pod_is_bound_to_its_node(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """That a DaemonSet's pod does not fit other nodes than its own is normal."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}
    affinity = {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    }
    words = ("1 Insufficient memory", "1 node(s) didn't match Pod's node affinity/selector")
    pod = stuck(said(*words), affinity=affinity, requests={"memory": "1Gi"})
    assert [f.rule for f in found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES))] == [
        "scheduling.no-room"
    ]


@pytest.mark.parametrize(
    ("reason", "component", "message"),
    [
        (
            "NotTriggerScaleUp",
            "cluster-autoscaler",
            "pod didn't trigger scale-up: 1 max node group size reached",
        ),
        ("FailedScheduling", "karpenter", "Failed to schedule pod, 1 max node group size reached"),
    ],
)
def test_the_autoscaler_adds_no_node(
    view_of: Any,
    stuck: Any,
    node: Any,
    k8s: Any,
    said: Any,
    found: Any,
    reason: str,
    component: str,
    message: str,
) -> None:
    """Why no node comes is said in the autoscaler's words, and cited."""
    pod = stuck(said("1 Insufficient cpu", total=1), requests={"cpu": "3"})
    event = k8s.event(POD, reason, message, component=component, times=4)
    busy = k8s.pod("Pod shop/other", k8s.container(resources={"requests": {"cpu": "2"}}), node="n1")
    view = view_of([pod, node("n1"), busy, event], POD, lists=[("Node", "")])
    (one,) = found(view, "no-room")
    assert "the autoscaler adds none: “1 max node group size reached”" in one.statement.en
    old = k8s.event(POD, reason, message, component=component, first=300, last=200)
    (one,) = found(view_of([pod, node("n1"), busy, old], POD, lists=[("Node", "")]), "no-room")
    assert "autoscaler" not in one.statement.en


def test_device_that_is_not_healthy(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """A node that has the device and offers none of it is the one to look at."""
    pod = stuck(said("2 Insufficient nvidia.com/gpu"), requests={"nvidia.com/gpu": "1"})
    ill = node("n1")
    ill["status"]["capacity"] = {"nvidia.com/gpu": "4"}
    ill["status"]["allocatable"]["nvidia.com/gpu"] = "0"
    (one,) = found(view_of([pod, ill], POD, lists=NODES))
    assert str(one.culprit) == "Node n1"
    assert "node n1 has 4 but offers none" in one.statement.en
