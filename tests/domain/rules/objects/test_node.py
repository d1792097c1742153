"""Nodes that are not ready, under pressure, cordoned or with another problem."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Role
from kubetriage.domain.rules import node as rules

NODE = "Node n1"
CNI = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)


@pytest.mark.parametrize(
    ("status", "reason", "message", "rule", "words"),
    [
        ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", "kubelet-silent",
            "stopped posting"),
        ("Unknown", "NodeStatusNeverUpdated", "Kubelet never posted node status.", "kubelet-never-seen",
            "never"),
        ("False", "KubeletNotReady", CNI, "network-plugin", "cni plugin not initialized"),
        ("False", "KubeletNotReady",
            "runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
         "message:docker: network plugin is not ready: cni config uninitialized", "network-plugin",
         "cni config uninitialized"),
        ("False", "KubeletNotReady",
            "PLEG is not healthy: pleg was last seen active 4m1.2s ago; threshold is 3m0s",
         "pleg", "PLEG is not healthy"),
        ("False", "KubeletNotReady",
            "[container runtime is down, PLEG is not healthy: pleg was last seen active 5m0s "
         "ago; threshold is 3m0s, container runtime network not ready: NetworkReady=false]",
             "container-runtime",
         "container runtime is down"),
        ("False", "KubeletNotReady",
            "container runtime not ready: RuntimeReady=false reason:ContainerdNotReady",
         "container-runtime", "RuntimeReady=false"),
        ("False", "KubeletNotReady", "node is shutting down", "shutdown", "shutting down"),
        ("False", "KubeletNotReady", "[CSINode is not yet initialized]", "not-ready",
            "CSINode is not yet initialized"),
    ],
)  # fmt: skip
def test_why_a_node_is_not_ready(
    k8s: Any,
    view_of: Any,
    node: Any,
    cause: Any,
    status: str,
    reason: str,
    message: str,
    rule: str,
    words: str,
) -> None:
    """Kubelet's and the node controller's words, old and new, are told with what they mean; the node is the culprit."""
    one = cause(view_of([node(Ready=(status, reason, message))], NODE), rules.RULES)
    assert one.rule == f"node.{rule}" and one.category == (
        "cni" if rule.startswith("network") else "node-not-ready"
    )
    assert words in one.statement.en and str(one.culprit) == NODE
    assert "25 min" in one.statement.en and "25 分钟" in one.statement.zh


def test_the_last_heartbeat_is_told(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """The Lease says when kubelet was last heard of, more exactly than the conditions."""
    silent = node(Ready=("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."))
    lease = k8s.obj("Lease kube-node-lease/n1", spec={"renewTime": k8s.at(27)})
    assert "last heard of at 11:34 UTC" in cause(view_of([silent], NODE), rules.RULES).statement.en
    assert "last heard of at 11:33 UTC" in cause(view_of([silent, lease], NODE), rules.RULES).statement.en


def test_everything_that_a_node_reports_is_said_in_one_finding(view_of: Any, node: Any, cause: Any) -> None:
    """A node that is not ready and under pressure has one cause that names all its conditions."""
    ill = node(
        Ready=("False", "KubeletNotReady", CNI),
        MemoryPressure=("True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
        DiskPressure=("True", "KubeletHasDiskPressure", "kubelet has disk pressure"),
        NetworkUnavailable=("True", "NoRouteCreated", "Node created without a route"),
    )
    said = cause(view_of([ill], NODE), rules.RULES).statement.en
    assert all(kind in said for kind in ("NetworkUnavailable", "MemoryPressure", "DiskPressure"))
    assert "PIDPressure" not in said


def test_other_nodes_in_the_same_state_are_counted(view_of: Any, node: Any, cause: Any) -> None:
    """Several silent nodes at once speak for the network or the control plane: the report says how many."""
    silent = ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    nodes = [node("n1", Ready=silent), node("n2", Ready=silent), node("n3")]
    assert "2 of 3 nodes" in cause(view_of(nodes, NODE, lists=[("Node", "")]), rules.RULES).statement.en


def test_a_dead_node_explains_the_pods_that_were_well_on_it(
    k8s: Any, view_of: Any, node: Any, cause: Any
) -> None:
    """What a silent kubelet said last of a running pod is outdated; a pod that crashed before has its own cause."""
    silent = node(Ready=("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."))
    well = k8s.pod("Pod shop/a", k8s.container(ready=False))
    crashed = k8s.pod("Pod shop/b", k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1)))
    view = view_of([silent, well, crashed], "Pod shop/a", looked=[NODE, "Pod shop/b"])
    assert [str(r) for r in cause(view, rules.RULES).explains] == ["Pod shop/a"]


def test_a_healthy_node_is_not_spoken_of(view_of: Any, node: Any, found: Any) -> None:
    """Ready without pressure: nothing; an ill node that nobody looked at: nothing either."""
    assert found(view_of([node()], NODE), rules.RULES) == []
    silent = node("n2", Ready=("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."))
    assert found(view_of([node(), silent], NODE), rules.RULES) == []


# ---- pressure

DISK = ("True", "KubeletHasDiskPressure", "kubelet has disk pressure")
MEMORY = ("True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")


def _evicted(k8s: Any, words: str, message: str, node: str = "n1", minutes: float = 8) -> Any:
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet",
                 "lastTransitionTime": k8s.at(minutes)}  # fmt: skip
    status = {"reason": "Evicted", "message": message, "conditions": [condition]}
    return k8s.pod(words, k8s.container(state=k8s.ended(137)), phase="Failed", node=node, status=status)


def test_pressure_names_whom_it_evicted_and_who_used_most(
    k8s: Any, view_of: Any, node: Any, cause: Any
) -> None:
    """All pressures with their messages, the evicted pods and the container that used most."""
    low = "The node was low on resource: ephemeral-storage. "
    pods = [
        _evicted(k8s, "Pod shop/a", low + "Container app was using 61Gi, which exceeds its request of 0. "),
        _evicted(k8s, "Pod shop/b", low + "Container app was using 20Ki, which exceeds its request of 0. "),
    ]
    one = cause(view_of([node(DiskPressure=DISK, MemoryPressure=MEMORY), *pods], NODE), rules.RULES)
    assert one.rule == "node.pressure" and one.category == "node-pressure"
    assert "MemoryPressure, DiskPressure" in one.statement.en and "evicted 2 pods" in one.statement.en
    assert "61Gi" in one.statement.en and {str(r) for r in one.explains} == {"Pod shop/a", "Pod shop/b"}


def test_pressure_is_no_cause_for_a_pod_with_other_troubles(
    k8s: Any, view_of: Any, node: Any, found: Any
) -> None:
    """That the node of a crashing pod is under pressure is a fact beside the point; for an evicted one it is why."""
    crashed = k8s.pod("Pod shop/a", k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1)))
    (one,) = found(view_of([node(MemoryPressure=MEMORY), crashed], "Pod shop/a", looked=[NODE]), rules.RULES)
    assert one.role is Role.HINT
    gone = _evicted(k8s, "Pod shop/a", "The node was low on resource: memory. ")
    some = found(
        view_of([node(MemoryPressure=MEMORY), gone], "Pod shop/a", looked=[NODE]), rules.RULES, Role.CAUSE
    )
    assert {f.rule for f in some} == {"node.pressure", "node.evicted"}


def test_a_node_read_for_its_taint_is_judged(k8s: Any, view_of: Any, node: Any, cause: Any) -> None:
    """A pending pod has no node: one that was read beside it was read because of the pressure's taint."""
    pending = k8s.pod("Pod shop/a", node="", phase="Pending")
    one = cause(view_of([node(DiskPressure=DISK), pending], "Pod shop/a", looked=[NODE]), rules.RULES)
    assert one.rule == "node.pressure"


# ---- cordoned, other problems


def test_a_cordoned_node_is_the_cause_only_if_nothing_else_is_asked(view_of: Any, node: Any, found: Any,
                                                                    alerted: Any) -> None:  # fmt: skip
    """A ready node that is closed is told with medium likelihood; an alert about its Ready condition isn't about it."""
    view = view_of([node(cordoned=True)], NODE)
    (one,) = found(view, rules.RULES)
    assert (one.role, one.likelihood.value, one.category) == (Role.CAUSE, "medium", "node-cordoned")
    (hint,) = found(alerted(view, labels={"condition": "Ready"}), rules.RULES)
    assert hint.role is Role.HINT


def test_what_a_problem_detector_reports(view_of: Any, node: Any, cause: Any) -> None:
    """A ready node with a kernel deadlock or without routes is told with the detector's words."""
    deadlock = node(KernelDeadlock=("True", "DockerHung", "task docker:7 blocked for more than 120 seconds."))
    one = cause(view_of([deadlock], NODE), rules.RULES)
    assert one.category == "node-hardware" and "blocked for more than" in one.statement.en
    routes = node(NetworkUnavailable=("True", "NoRouteCreated", "Node created without a route"))
    assert cause(view_of([routes], NODE), rules.RULES).category == "cni"
