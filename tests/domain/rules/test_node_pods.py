"""Nodes that hold as many pods as their kubelet takes."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.rules import node_pods
from kubetriage.domain.view import ClusterView

NODE = "Node n1"


def found(view: ClusterView) -> list[Finding]:
    return [f for r in node_pods.RULES for f in r(view) if isinstance(f, Finding)]


def crowded(view_of: Any, k8s: Any, count: int, words: str = "", ended: int = 0) -> ClusterView:
    """A node with room for 20 pods that holds `count`, `ended` of which are over."""
    node = k8s.obj(NODE, status={"allocatable": {"pods": "20"}})
    pods = [k8s.pod(f"Pod shop/app-{n}", k8s.container()) for n in range(count)]
    for n, pod in enumerate(pods):
        pod["spec"]["nodeName"] = "n1"
        if n < ended:
            pod["status"]["phase"] = "Succeeded"
    view: ClusterView = view_of(
        [node], NODE, answers={list_of("Pod", "", fields="spec.nodeName=n1"): pods}, description=words
    )
    return view


def test_full_node_of_an_alert_about_it(view_of: Any, k8s: Any) -> None:
    """A full node is the cause of an alert whose text speaks of its places for pods."""
    words = "Kubelet 'n1' is running at 100% of its Pod capacity."
    (one,) = found(crowded(view_of, k8s, 20, words))
    assert (one.role, str(one.culprit)) == (Role.CAUSE, NODE)
    assert "20 pods of the 20" in one.statement.en


def test_full_node_of_another_alert(view_of: Any, k8s: Any) -> None:
    """To any other alert about the node it is what the next pod will meet."""
    (one,) = found(crowded(view_of, k8s, 19, "Its load is high."))
    assert one.role is Role.RISK
    assert "nearly full" in one.statement.en


def test_pods_that_ended_hold_no_place(view_of: Any, k8s: Any) -> None:
    """A node is not full of pods that are over."""
    assert found(crowded(view_of, k8s, 20, ended=3)) == []
