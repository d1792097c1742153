"""Events without conditions, gates, silent schedulers, nodes named by hand, preemption."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Likelihood

POD = "Pod shop/web-1"
NODES = [("Node", "")]
Raw = dict[str, Any]


def test_event_without_condition(view_of: Any, k8s: Any, node: Any, said: Any, found: Any) -> None:
    """The event alone is enough."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="", phase="Pending")
    pod["status"]["conditions"] = []
    event = k8s.event(POD, "FailedScheduling", said("1 Insufficient cpu"), component="default-scheduler")
    assert found(view_of([pod, event, node("n1")], POD, lists=NODES), "no-room")


def test_scheduled_pod_with_an_old_event(view_of: Any, k8s: Any, said: Any, found: Any) -> None:
    """A pod that has a node by now is not unschedulable, whatever was said before."""
    event = k8s.event(POD, "FailedScheduling", said("1 Insufficient cpu"), first=60, last=50)
    assert found(view_of([k8s.pod(POD), event], POD)) == []


def test_gate(view_of: Any, k8s: Any, found: Any) -> None:
    """A scheduling gate is named."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="", phase="Pending",
                  schedulingGates=[{"name": "example.com/quota"}])  # fmt: skip
    (one,) = found(view_of([pod], POD))
    assert (one.rule, one.category) == ("scheduling.gated", "scheduling-gate")
    assert "example.com/quota" in one.statement.zh


def test_unknown_scheduler(view_of: Any, k8s: Any, found: Any) -> None:
    """A pod that asks for a scheduler which never looks at it: likely, not certain."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="", phase="Pending", schedulerName="batchy")
    pod["status"]["conditions"] = []
    (one,) = found(view_of([pod], POD))
    assert (one.rule, one.likelihood) == ("scheduling.silent", Likelihood.MEDIUM)
    assert "batchy" in one.statement.en


def test_new_pod_is_not_silent(view_of: Any, k8s: Any, found: Any) -> None:
    """A pod made a moment ago may still be looked at."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="", phase="Pending",
                  metadata={"creationTimestamp": k8s.at(0.5)})  # fmt: skip
    pod["status"]["conditions"] = []
    assert found(view_of([pod], POD)) == []


def test_scheduler_down(view_of: Any, k8s: Any, found: Any) -> None:
    """Where kube-scheduler's own pod is seen down, that is certain and its pod the culprit."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="", phase="Pending")
    pod["status"]["conditions"] = []
    down = k8s.pod("Pod kube-system/kube-scheduler-m1", k8s.container(state=k8s.waiting("CrashLoopBackOff")),
                   labels={"component": "kube-scheduler"})  # fmt: skip
    (one,) = found(view_of([pod, down], POD))
    assert (one.category, one.likelihood) == ("control-plane-down", Likelihood.HIGH)
    assert str(one.culprit) == "Pod kube-system/kube-scheduler-m1"


def test_node_name_of_an_absent_node(view_of: Any, k8s: Any, node: Any, found: Any) -> None:
    """nodeName bypasses the scheduler: a node that does not exist never starts the pod."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="n9", phase="Pending")
    (one,) = found(view_of([pod, node("n1")], POD, lists=NODES))
    assert one.rule == "scheduling.node-absent"
    assert "n9" in one.statement.en


def test_preempted(view_of: Any, stuck: Any, node: Any, k8s: Any, said: Any, found: Any) -> None:
    """A pod that a more important one pushed out explains why its replacement waits."""
    pod = stuck(
        said("1 Insufficient cpu", total=1),
        "Pod shop/app-1-new",
        owner="ReplicaSet shop/app-1",
        requests={"cpu": "3"},
    )
    event = k8s.event(
        "Pod shop/app-1-old",
        "Preempted",
        "Preempted by batch/train-0 on node n1",
        component="default-scheduler",
    )
    objects = [pod, event, k8s.replicaset("ReplicaSet shop/app-1"), k8s.deployment(), node("n1")]
    (one,) = found(view_of(objects, "Pod shop/app-1-new", lists=NODES), "preempted")
    assert str(one.culprit) == "Pod batch/train-0"
    assert [r.name for r in one.explains] == ["app-1-new"]
