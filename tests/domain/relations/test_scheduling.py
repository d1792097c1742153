"""What is read around pods without a node."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.relations import scheduling
from kubetriage.domain.view import ClusterView

POD = "Pod shop/web-1"


def reads(view: ClusterView) -> set[str]:
    return {w.read.key for r in scheduling.RELATIONS for w in r(view)}


def stuck(k8s: Any, message: str) -> dict[str, Any]:
    container = k8s.container(state=k8s.waiting(""), resources={"requests": {"cpu": "2"}})
    made: dict[str, Any] = k8s.pod(POD, container, node="", phase="Pending")
    made["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    ] if message else []  # fmt: skip
    return made


def node(k8s: Any, name: str, **spec: Any) -> dict[str, Any]:
    made: dict[str, Any] = k8s.obj(
        f"Node {name}", spec=spec, status={"allocatable": {"cpu": "4", "pods": "110"}}
    )
    return made


def test_nodes_then_their_pods(view_of: Any, k8s: Any) -> None:
    """First the nodes, then the pods of those that could take it; cordoned ones are looked at themselves."""
    message = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable."
    first = {"list|v1|Node||", "list|v1|Event|shop||f=reason=Preempted"}
    assert reads(view_of([stuck(k8s, message)], POD)) == first
    nodes = [node(k8s, "n1"), node(k8s, "n2", unschedulable=True)]
    keys = reads(view_of([stuck(k8s, message), *nodes], POD, lists=[("Node", "")]))
    assert {k for k in keys if "spec.nodeName" in k} == {
        f"list|v1|Pod|||f=spec.nodeName={n}" for n in ("n1", "n2")
    }
    assert "get|v1|Node||n2" in keys


def test_large_clusters(view_of: Any, k8s: Any) -> None:
    """However many nodes there are, the pods of a few are read."""
    pod = stuck(k8s, "0/50 nodes are available: 50 Insufficient cpu.")
    keys = reads(view_of([pod, *(node(k8s, f"n{i}") for i in range(50))], POD, lists=[("Node", "")]))
    assert len([k for k in keys if "spec.nodeName" in k]) == scheduling.NODES_READ


def test_claims_need_no_nodes(view_of: Any, k8s: Any) -> None:
    """A pod that waits for its claim is not a matter of nodes."""
    message = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    assert reads(view_of([stuck(k8s, message)], POD)) == set()


def test_silence(view_of: Any, k8s: Any) -> None:
    """Where the scheduler has said nothing, it is looked for."""
    (key,) = reads(view_of([stuck(k8s, "")], POD))
    assert "component=kube-scheduler" in key


def test_preemptor_is_followed_to_its_workload(view_of: Any, k8s: Any) -> None:
    """Who pushed a pod out is named by uid; its ReplicaSet says whose it is."""
    uid = "6f0c1ad2-9a3b-4d52-8a55-0d6a6e6b8d11"
    event = k8s.event("Pod shop/web-0", "Preempted", f"Preempted by pod {uid} on node n1")
    taker = k8s.pod("Pod ads/bid-1-a", owner="ReplicaSet ads/bid-1", metadata={"uid": uid})
    keys = reads(view_of([stuck(k8s, "0/1 nodes are available: 1 Insufficient cpu."), event, taker], POD))
    assert "get|apps/v1|ReplicaSet|ads|bid-1" in keys


def test_daemon_that_runs_on_wrong_nodes(view_of: Any, k8s: Any) -> None:
    """A DaemonSet that runs where it should not, or nowhere, is compared with the nodes; others are not."""
    wanted = {"list|v1|Node||"}
    for status, expected in (({"desiredNumberScheduled": 0}, wanted),
                             ({"desiredNumberScheduled": 2, "numberMisscheduled": 1}, wanted),
                             ({"desiredNumberScheduled": 2}, set())):  # fmt: skip
        agent = k8s.obj("DaemonSet infra/agent", status=status)
        assert reads(view_of([agent], "DaemonSet infra/agent")) == expected
