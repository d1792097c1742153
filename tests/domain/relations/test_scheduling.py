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
    assert reads(view_of([stuck(k8s, message)], POD)) == {"list|v1|Node||"}
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
    assert len(keys) == 1 + scheduling.NODES_READ


def test_claims_need_no_nodes(view_of: Any, k8s: Any) -> None:
    """A pod that waits for its claim is not a matter of nodes."""
    message = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    assert reads(view_of([stuck(k8s, message)], POD)) == set()


def test_silence(view_of: Any, k8s: Any) -> None:
    """Where the scheduler has said nothing, it is looked for."""
    (key,) = reads(view_of([stuck(k8s, "")], POD))
    assert "component=kube-scheduler" in key
