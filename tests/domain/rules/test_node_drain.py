"""domain.rules.node_drain: a cordoned node whose pods may not be evicted."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.relations.node import RELATIONS
from kubetriage.domain.rules.node_drain import held_by_budget

NODE, PDB = "Node n1", "PodDisruptionBudget mq/kafka"


def _budget(k8s: Any, allowed: int = 0, healthy: int = 3) -> Any:
    status = {
        "currentHealthy": healthy,
        "desiredHealthy": 3,
        "expectedPods": 3,
        "disruptionsAllowed": allowed,
    }
    return k8s.obj(PDB, spec={"selector": {"matchLabels": {"app": "kafka"}}}, status=status)


def _pod(k8s: Any, words: str, owner: str, **labels: str) -> Any:
    pod = k8s.pod(words, k8s.container(), node="n1", owner=owner)
    pod["metadata"]["labels"] = labels
    return pod


def _world(k8s: Any, *more: Any, closed: bool = True) -> list[Any]:
    node = k8s.obj(NODE, spec={"unschedulable": closed})
    kafka = _pod(k8s, "Pod mq/kafka-1", "StatefulSet mq/kafka", app="kafka")
    agent = _pod(k8s, "Pod kube-system/agent-1", "DaemonSet kube-system/agent", app="agent")
    return [node, kafka, agent, *more]


def test_a_drain_that_waits_for_a_budget(k8s: Any, view_of: Any) -> None:
    """Only pods of a budget that allows nothing, and of DaemonSets, are left: the budget is to blame."""
    (one,) = k8s.findings(held_by_budget(view_of(_world(k8s, _budget(k8s)), NODE)))
    assert (one.role, one.likelihood, str(one.culprit)) == (Role.CAUSE, Likelihood.HIGH, PDB)
    assert "PDB mq/kafka" in one.statement.en and "kafka-1" in one.statement.zh


def test_nobody_drains_the_node(k8s: Any, view_of: Any) -> None:
    """Pods that could be evicted are still there, the budget allows one, or the node is open: not that."""
    other = _pod(k8s, "Pod web/app-1", "ReplicaSet web/app", app="app")
    for world in (
        _world(k8s, _budget(k8s), other),
        _world(k8s, _budget(k8s, allowed=1)),
        _world(k8s, _budget(k8s), closed=False),
        _world(k8s),
    ):
        assert not k8s.findings(held_by_budget(view_of(world, NODE)))


def test_what_is_read_for_it(k8s: Any, view_of: Any) -> None:
    """The budgets of the namespaces of what a drain has to evict, and of no others."""
    view = view_of(_world(k8s), NODE)
    reads = [w.read for r in RELATIONS for w in r(view) if w.read.kind == "PodDisruptionBudget"]
    assert [r.namespace for r in reads] == ["mq"]
