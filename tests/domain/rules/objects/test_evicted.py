"""Pods that were evicted, or ended by the shutdown of their node."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.rules import evicted as rules

POD = "Pod shop/web-1"


def _evicted(k8s: Any, message: str, reason: str = "Evicted", minutes: float = 8, owner: str = "") -> Any:
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet",
                 "lastTransitionTime": k8s.at(minutes)}  # fmt: skip
    status = {"reason": reason, "message": message, "conditions": [condition]}
    return k8s.pod(POD, k8s.container(state=k8s.ended(137)), phase="Failed", status=status, owner=owner)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ", "limit of 1Gi"),
        ('Container app exceeded its local ephemeral storage limit "512Mi". ', "container app used more"),
        (
            'Usage of EmptyDir volume "cache" exceeds the limit "500Mi". ',
            "emptyDir cache grew over its limit of 500Mi",
        ),
    ],
)
def test_over_its_own_limit(k8s: Any, view_of: Any, cause: Any, message: str, words: str) -> None:
    """A pod evicted for a limit of its own: the workload is the culprit and the limit is named."""
    one = cause(view_of([_evicted(k8s, message), k8s.deployment()], POD), rules.RULES)
    assert words in one.statement.en and str(one.culprit) == POD and one.category == "evicted"


LOW_OLD = (
    "The node was low on resource: memory. Container app was using {u}, which exceeds its request of {r}. "
)
LOW_NEW = (
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 88Mi. "
    "Container app was using {u}, request is {r}, has larger consumption of memory. "
)


@pytest.mark.parametrize("form", [LOW_OLD, LOW_NEW])
def test_for_the_nodes_sake(k8s: Any, view_of: Any, node: Any, cause: Any, form: str) -> None:
    """The node is the culprit where the pod is a victim, the workload where it used more than it asked for or most
    of the node."""
    victim = cause(view_of([_evicted(k8s, form.format(u="20Mi", r="0")), node()], POD), rules.RULES)
    assert str(victim.culprit) == "Node n1" and "20Mi" in victim.statement.en
    over = cause(view_of([_evicted(k8s, form.format(u="3Gi", r="1Gi")), node()], POD), rules.RULES)
    assert str(over.culprit) == POD
    most = cause(view_of([_evicted(k8s, form.format(u="9Gi", r="0")), node()], POD), rules.RULES)
    assert str(most.culprit) == POD and "most of it its own" in most.statement.en


def test_without_the_node_its_part_stays_open(k8s: Any, view_of: Any, cause: Any) -> None:
    """Whether the container took most of the node cannot be known unless the node was read: medium."""
    one = cause(view_of([_evicted(k8s, LOW_NEW.format(u="9Gi", r="0"))], POD), rules.RULES)
    assert (str(one.culprit), one.likelihood) == ("Node n1", Likelihood.MEDIUM)


def test_refused_by_a_node_under_pressure(k8s: Any, view_of: Any, cause: Any) -> None:
    """A pod that kubelet did not admit because of a condition names that condition."""
    one = cause(view_of([_evicted(k8s, "The node had condition: [DiskPressure]. ")], POD), rules.RULES)
    assert "DiskPressure" in one.statement.en and str(one.culprit) == "Node n1"


@pytest.mark.parametrize("reason", ["Terminated", "Shutdown", "NodeShutdown"])
def test_ended_by_the_nodes_shutdown(k8s: Any, view_of: Any, cause: Any, reason: str) -> None:
    """A graceful shutdown of the node in the words of several versions."""
    message = "Pod was terminated in response to imminent node shutdown."
    one = cause(view_of([_evicted(k8s, message, reason)], POD), rules.RULES)
    assert one.rule == "node.shutdown" and str(one.culprit) == "Node n1"


def test_a_leftover_of_a_workload_that_is_well_is_history(k8s: Any, view_of: Any, found: Any) -> None:
    """A Failed pod that was replaced, or that was evicted long before the alert, is not the alert's cause."""
    message = LOW_NEW.format(u="1Gi", r="0")
    objects = [_evicted(k8s, message, owner="StatefulSet shop/web"), k8s.obj("StatefulSet shop/web")]
    well, ill = ({"spec": {"replicas": 2}, "status": {"readyReplicas": n}} for n in (2, 1))
    asked = "StatefulSet shop/web"
    assert found(view_of([objects[0], objects[1] | well], asked), rules.RULES) == []
    assert len(found(view_of([objects[0], objects[1] | ill], asked), rules.RULES, Role.CAUSE)) == 1
    old = _evicted(k8s, message, owner=asked, minutes=600)
    assert found(view_of([old, objects[1] | ill], asked), rules.RULES) == []
    own = found(view_of([old], POD), rules.RULES)
    assert len(own) == 1, "the alert's own pod is told of however long ago it was"


def test_a_crash_is_no_eviction(k8s: Any, view_of: Any, found: Any) -> None:
    """A failed pod without kubelet's reason is left to the rules about crashes."""
    pod = k8s.pod(POD, k8s.container(state=k8s.ended(137)), phase="Failed")
    assert found(view_of([pod], POD), rules.RULES) == []


def test_a_pod_that_was_replaced(k8s: Any, view_of: Any, cause: Any, workload: Any) -> None:
    """Where its workload has all replicas again, that is said, and the failed pod may be deleted."""
    message = "Pod was terminated in response to imminent node shutdown."
    for ready, said in ((True, "has all 2 replicas ready without it"), (False, "orderly way")):
        pod = _evicted(k8s, message, "Terminated", owner="Deployment shop/web")
        one = cause(view_of([pod, workload(ready=ready)], POD), rules.RULES)
        assert said in one.statement.en
        assert any("delete pod" in c.command for r in one.remedies for c in r.commands) is ready
