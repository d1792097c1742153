"""What changed around a workload before an alert: scaling, drift, conditions, objects that appeared."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.rules import changes
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
APP = "Deployment shop/app"


def told(view: ClusterView) -> list[Finding]:
    return [f for rule in changes.RULES for f in rule(view) if isinstance(f, Finding)]


def words(view: ClusterView) -> list[str]:
    return [f.statement.en for f in told(view) if f.role is Role.CHANGE]


def template(image: str = "app:1") -> Raw:
    return {
        "metadata": {"labels": {"app": "app"}},
        "spec": {"containers": [{"name": "app", "image": image}]},
    }


def replica_set(k8s: Any, number: int, minutes: float, made: Raw) -> Raw:
    raw: Raw = k8s.replicaset(f"ReplicaSet shop/app-{number}", APP, revision=number)
    raw["metadata"]["creationTimestamp"] = k8s.at(minutes)
    raw["spec"]["template"] = made
    return raw


def deployment(k8s: Any, minutes: float = 9000, **spec: Any) -> Raw:
    """A Deployment whose three pods are ready."""
    meta = {"creationTimestamp": k8s.at(minutes)}
    made: Raw = k8s.deployment(APP, replicas=3, ready=3, metadata=meta, spec=spec)
    return made


# ---- scaling


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Scaled down replica set app-1 from 3 to 0", "was scaled from 3 to 0"),
        ("Scaled up replica set app-1 to 5", "was scaled to 5"),
    ],
)
def test_scaled(view_of: Any, k8s: Any, message: str, said: str) -> None:
    """A change of the number of pods is told from the event, in its old and its new wording."""
    event = k8s.event(APP, "ScalingReplicaSet", message, last=16, kind="Normal")
    view = view_of([deployment(k8s), replica_set(k8s, 1, 9000, template()), event], APP)
    assert words(view) == [f"Deployment app {said} (6 min before the alert)."]


def test_steps_of_a_rollout(view_of: Any, k8s: Any) -> None:
    """The scaling up and down of a rollout itself is not told as scaling."""
    sets = [replica_set(k8s, 1, 9000, template("app:1")), replica_set(k8s, 2, 20, template("app:2"))]
    events = [
        k8s.event(APP, "ScalingReplicaSet", "Scaled up replica set app-2 from 0 to 1", last=20),
        k8s.event(APP, "ScalingReplicaSet", "Scaled up replica set app-2 from 1 to 2", last=19),
        k8s.event(APP, "ScalingReplicaSet", "Scaled down replica set app-1 from 2 to 0", last=18.5),
    ]
    rules = [f.rule for f in told(view_of([deployment(k8s), *sets, *events], APP))]
    assert rules == ["change.rollout"]


def test_scaled_statefulset(view_of: Any, k8s: Any) -> None:
    """A deleted ordinal that is no longer wanted is scaling down; one that is made anew is not."""
    meta = {"creationTimestamp": k8s.at(9000)}
    top = k8s.obj("StatefulSet shop/db", metadata=meta, spec={"replicas": 2})
    events = [
        k8s.event(
            "StatefulSet shop/db", "SuccessfulDelete", f"delete Pod db-{n} in StatefulSet db successful"
        )
        for n in (1, 2)
    ]
    assert [w.partition(":")[2] for w in words(view_of([top, *events], "StatefulSet shop/db"))] == [
        " db-2 was deleted (9 min after the alert began)."
    ]


def test_rescaled(view_of: Any, k8s: Any) -> None:
    """An autoscaler's step is told with its reason."""
    hpa = "HorizontalPodAutoscaler shop/web"
    target = {"kind": "Deployment", "name": "app"}
    old = {"creationTimestamp": k8s.at(9000)}
    event = k8s.event(
        hpa, "SuccessfulRescale", "New size: 9; reason: cpu resource utilization above target", last=30
    )
    objects = [deployment(k8s), k8s.obj(hpa, metadata=old, spec={"scaleTargetRef": target}), event]
    assert words(view_of(objects, APP)) == [
        "HorizontalPodAutoscaler web set Deployment app to 9 pods: “cpu resource utilization above target” "
        "(20 min before the alert)."
    ]


def applied(**spec: Any) -> dict[str, str]:
    return {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"spec": spec})}


def test_drift(view_of: Any, k8s: Any) -> None:
    """Replicas or an image that are not those of the manifest last applied are told, once, without a time."""
    raw = deployment(k8s, template=template("app:2"))
    raw["metadata"]["annotations"] = applied(replicas=5, template=template("app:1"))
    (only,) = told(view_of([raw], APP))
    assert only.since is None
    assert "replicas is 3, applied was 5" in only.statement.en
    assert "image of app is “app:2”, applied was “app:1”" in only.statement.en


@pytest.mark.parametrize("annotation", ["{", "[]", '{"spec": 3}', '{"spec": {"replicas": 3}}', ""])
def test_no_drift(view_of: Any, k8s: Any, annotation: str) -> None:
    """A manifest that agrees, or cannot be read, says nothing."""
    raw = deployment(k8s)
    raw["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": annotation}
    assert words(view_of([raw], APP)) == []


def test_autoscaled_is_no_drift(view_of: Any, k8s: Any) -> None:
    """Where an autoscaler sets the replicas they may differ from the manifest."""
    raw = deployment(k8s)
    raw["metadata"]["annotations"] = applied(replicas=1)
    target = {"kind": "Deployment", "name": "app"}
    old = {"creationTimestamp": k8s.at(9000)}
    hpa = k8s.obj("HorizontalPodAutoscaler shop/web", metadata=old, spec={"scaleTargetRef": target})
    assert words(view_of([raw, hpa], APP)) == []


# ---- around


def test_node_turned(view_of: Any, k8s: Any) -> None:
    """A node's condition that turned bad marks the onset; one that is good says nothing."""
    conditions = [
        {
            "type": "Ready",
            "status": "Unknown",
            "reason": "NodeStatusUnknown",
            "lastTransitionTime": k8s.at(24),
        },
        {"type": "DiskPressure", "status": "False", "lastTransitionTime": k8s.at(24)},
    ]
    old = {"creationTimestamp": k8s.at(9000)}
    view = view_of([k8s.obj("Node n1", metadata=old, status={"conditions": conditions})], "Node n1")
    assert words(view) == ["Node n1: Ready turned Unknown, NodeStatusUnknown (14 min before the alert)."]


def test_node_events(view_of: Any, k8s: Any) -> None:
    """A reboot or a cordon is something done to the node."""
    old = {"creationTimestamp": k8s.at(9000)}
    events = [
        k8s.event("Node n1", "NodeNotSchedulable", "Node n1 status is now: NodeNotSchedulable", last=30)
    ]
    view = view_of([k8s.obj("Node n1", metadata=old), *events], "Node n1")
    assert words(view) == ["Node n1 was cordoned (20 min before the alert)."]


def test_availability_after_the_alert(view_of: Any, k8s: Any) -> None:
    """A crash loop's availability comes and goes: only its loss before the alert is told."""
    for minutes, count in ((30, 1), (2, 0)):
        raw = deployment(k8s)
        raw["status"]["conditions"] = [
            {"type": "Available", "status": "False", "lastTransitionTime": k8s.at(minutes)}
        ]
        assert len(words(view_of([raw], APP))) == count


@pytest.mark.parametrize(
    ("selector", "count"), [({}, 1), ({"matchLabels": {"app": "app"}}, 1), ({"matchLabels": {"app": "x"}}, 0)]
)
def test_policy_appeared(view_of: Any, k8s: Any, selector: Raw, count: int) -> None:
    """A new NetworkPolicy is told if it selects the workload's pods; an empty selector selects all."""
    made = {"creationTimestamp": k8s.at(30)}
    policy = k8s.obj("NetworkPolicy shop/deny", metadata=made, spec={"podSelector": selector})
    said = words(view_of([deployment(k8s, template=template()), policy], APP))
    assert said == ["NetworkPolicy shop/deny was created (20 min before the alert)."][:count]


def test_quota_appeared(view_of: Any, k8s: Any) -> None:
    """A new quota concerns the workloads of its namespace only; one made with the workload is no news."""
    made = {"creationTimestamp": k8s.at(30)}
    near = k8s.obj("ResourceQuota shop/q", metadata=made)
    far = k8s.obj("ResourceQuota other/q", metadata=made)
    assert words(view_of([deployment(k8s), near, far], APP)) == [
        "ResourceQuota shop/q was created (20 min before the alert)."
    ]
    together = words(view_of([deployment(k8s, 33), near], APP))
    assert together == ["Deployment app was created (23 min before the alert)."]


def test_configuration_cannot_be_excluded(view_of: Any, k8s: Any) -> None:
    """That a ConfigMap's last write is not served is said once for a workload in trouble, and is no change."""
    pod = k8s.pod(
        "Pod shop/app-1-x",
        k8s.container(
            state=k8s.waiting("CrashLoopBackOff"), envFrom=[{"configMapRef": {"name": "settings"}}]
        ),
        owner="ReplicaSet shop/app-1",
    )
    objects = [deployment(k8s), replica_set(k8s, 1, 9000, template()), pod]
    (only,) = told(view_of(objects, "Pod shop/app-1-x"))
    assert (only.role, only.subject.kind) == (Role.HINT, "Deployment")
    assert "ConfigMap settings" in only.statement.en
    gone = view_of(objects, "Pod shop/app-1-x", absent=["ConfigMap shop/settings"])
    assert told(gone) == []
