"""Pods that no node takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.rules import scheduling
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
POD = "Pod shop/web-1"
NODES = [("Node", "")]


def said(*parts: str, total: int = 2) -> str:
    return f"0/{total} nodes are available: {', '.join(parts)}. preemption: 0/{total} nodes are available."


def found(view: ClusterView, rule: str = "") -> list[Finding]:
    made = [f for r in scheduling.RULES for f in r(view) if isinstance(f, Finding)]
    return [f for f in made if not rule or f.rule == f"scheduling.{rule}"]


@pytest.fixture
def stuck(k8s: Any) -> Callable[..., Raw]:
    """A pending pod that the scheduler refused with a message."""

    def make(message: str, words: str = POD, requests: Raw | None = None, **spec: Any) -> Raw:
        container = k8s.container(state=k8s.waiting(""), resources={"requests": requests or {}})
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
                     "lastTransitionTime": k8s.at(8)}  # fmt: skip
        made: Raw = k8s.pod(words, container, node="", phase="Pending", owner=spec.pop("owner", ""), **spec)
        made["status"]["conditions"] = [condition]
        made["status"].pop("containerStatuses")
        return made

    return make


@pytest.fixture
def node(k8s: Any) -> Callable[..., Raw]:
    """A ready node."""

    def make(name: str, labels: Raw | None = None, taints: list[Raw] | None = None, cordoned: bool = False,
             **offers: str) -> Raw:  # fmt: skip
        offer = {"cpu": "4", "memory": "8Gi", "pods": "110", **offers}
        spec: Raw = {"taints": taints} if taints else {}
        if cordoned:
            spec["unschedulable"] = True
        marks = {"kubernetes.io/hostname": name, **(labels or {})}
        made: Raw = k8s.obj(
            f"Node {name}", labels=marks, spec=spec, status={"allocatable": offer, "capacity": offer}
        )
        return made

    return make


def test_request_above_every_node(view_of: Any, stuck: Any, node: Any) -> None:
    """A request that no node can ever meet is named with both numbers."""
    pod = stuck(said("2 Insufficient memory"), requests={"memory": "64Gi"})
    (one,) = found(view_of([pod, node("n1"), node("n2", memory="16Gi")], POD, lists=NODES))
    assert (one.rule, one.specificity, one.likelihood) == (
        "scheduling.request-above-nodes", Specificity.EXACT, Likelihood.HIGH)  # fmt: skip
    assert "64Gi" in one.statement.en
    assert "n2" in one.statement.en
    assert "16Gi" in one.statement.zh
    assert "64Gi" in one.quotes


def test_no_room_left(view_of: Any, stuck: Any, node: Any) -> None:
    """A request that fits a node which others have filled is a shortage, not an oversize."""
    pod = stuck(said("2 Insufficient cpu"), requests={"cpu": "3"})
    (one,) = found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES))
    assert one.rule == "scheduling.no-room"
    assert one.likelihood is Likelihood.HIGH
    assert "3 of CPU" in one.statement.en


def test_no_room_without_nodes(view_of: Any, stuck: Any) -> None:
    """Without the nodes, nothing is said about their sizes."""
    pod = stuck(said("2 Insufficient cpu"), requests={"cpu": "300"})
    view = view_of([pod], POD, failed={list_of("Node"): FailureKind.FORBIDDEN})
    (one,) = found(view)
    assert one.rule == "scheduling.no-room"


def test_device_not_offered(view_of: Any, stuck: Any, node: Any) -> None:
    """An extended resource that no node has is a device that is not there."""
    pod = stuck(said("2 Insufficient nvidia.com/gpu"), requests={"nvidia.com/gpu": "1"})
    (one,) = found(view_of([pod, node("n1")], POD, lists=NODES))
    assert (one.rule, one.category) == ("scheduling.not-offered", "insufficient-gpu")


@pytest.mark.parametrize(
    "words",
    ["2 node(s) had untolerated taint {team: blue}",
        "2 node(s) had taint {team: blue}, that the pod didn't tolerate",
     "2 node(s) had untolerated taint(s)"],
)  # fmt: skip
def test_taint(view_of: Any, stuck: Any, node: Any, words: str) -> None:
    """The taint is named, with its effect, in every wording; the workload lacks the toleration."""
    taint = {"key": "team", "value": "blue", "effect": "NoSchedule"}
    nodes = [node("n1", taints=[taint]), node("n2", taints=[taint])]
    (one,) = found(view_of([stuck(said(words)), *nodes], POD, lists=NODES))
    assert one.rule == "scheduling.taint"
    assert one.culprit is not None
    assert one.culprit.kind == "Pod"
    assert "team=blue:NoSchedule" in one.statement.en
    assert any(
        "kubectl taint nodes n1 team=blue:NoSchedule-" in c.command for r in one.remedies for c in r.commands
    )


def test_control_plane_taint_is_normal(view_of: Any, stuck: Any, node: Any) -> None:
    """The control plane's own taint beside another reason is not the matter."""
    words = (
        "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }",
        "1 Insufficient cpu",
    )
    (one,) = found(view_of([stuck(said(*words), requests={"cpu": "3"}), node("n1")], POD, lists=NODES))
    assert one.rule == "scheduling.no-room"


def test_nodes_in_trouble(view_of: Any, stuck: Any, node: Any) -> None:
    """Taints that the node controller sets make the nodes the cause, not the pod."""
    taint = {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}
    pod = stuck(said("2 node(s) had untolerated taint {node.kubernetes.io/unreachable: }"))
    view = view_of([pod, node("n1", taints=[taint]), node("n2", taints=[taint])], POD, lists=NODES)
    (one,) = found(view)
    assert one.role is Role.SYMPTOM
    assert [r.name for r in one.waits_on] == ["n1", "n2"]


def test_nodes_in_trouble_unseen(view_of: Any, stuck: Any) -> None:
    """Where the nodes cannot be read, the same is said with less confidence and without a culprit."""
    pod = stuck(said("2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }"))
    (one,) = found(view_of([pod], POD, failed={list_of("Node"): FailureKind.FORBIDDEN}))
    assert (one.role, one.likelihood, one.culprit) == (Role.CAUSE, Likelihood.MEDIUM, None)


def test_cordoned(view_of: Any, stuck: Any, node: Any) -> None:
    """The cordoned node that has the labels asked for is the culprit, though others were refused later."""
    words = ("1 node(s) were unschedulable", "1 node(s) didn't match Pod's node affinity/selector")
    pod = stuck(said(*words), nodeSelector={"pool": "gpu"})
    view = view_of([pod, node("n1", {"pool": "gpu"}, cordoned=True), node("n2")], POD, lists=NODES)
    (one,) = found(view)
    assert one.rule == "scheduling.cordoned"
    assert one.culprit is not None
    assert one.culprit.name == "n1"


def test_cordoned_node_with_room(view_of: Any, stuck: Any, node: Any, k8s: Any) -> None:
    """A cordoned node seen to have the room that others lack explains the shortage."""
    pod = stuck(said("1 node(s) were unschedulable", "1 Insufficient cpu"), requests={"cpu": "2"})
    full = k8s.pod("Pod shop/other", k8s.container(resources={"requests": {"cpu": "3"}}), node="n2")
    view = view_of([pod, full, node("n1", cordoned=True), node("n2")], POD, lists=[*NODES, ("Pod", "")])
    closed = found(view, "cordoned")[0]
    assert closed.likelihood is Likelihood.HIGH
    assert [str(r) for r in closed.explains] == [POD]
    assert found(view, "no-room")[0].likelihood is Likelihood.MEDIUM


def test_full_cordoned_node_is_no_cause(view_of: Any, stuck: Any, node: Any, k8s: Any) -> None:
    """A cordoned node that is full as well would not help."""
    pod = stuck(said("1 node(s) were unschedulable", "1 Insufficient cpu"), requests={"cpu": "2"})
    full = [k8s.pod(f"Pod shop/other-{n}", k8s.container(resources={"requests": {"cpu": "3"}}), node=n)
            for n in ("n1", "n2")]  # fmt: skip
    view = view_of([pod, *full, node("n1", cordoned=True), node("n2")], POD, lists=[*NODES, ("Pod", "")])
    assert [f.rule for f in found(view)] == ["scheduling.no-room"]
    assert found(view)[0].likelihood is Likelihood.HIGH


def test_mixed_reasons_without_nodes(view_of: Any, stuck: Any) -> None:
    """Several reasons and no sight of the nodes: nothing is said with high likelihood."""
    words = ("1 node(s) were unschedulable", "1 node(s) didn't match Pod's node affinity/selector")
    view = view_of(
        [stuck(said(*words), nodeSelector={"pool": "gpu"})],
        POD,
        failed={list_of("Node"): FailureKind.TIMEOUT},
    )
    assert found(view)
    assert all(f.likelihood is not Likelihood.HIGH for f in found(view))


def test_node_selector_value(view_of: Any, stuck: Any, node: Any) -> None:
    """What is asked for stands beside what the nodes have."""
    pod = stuck(said("2 node(s) didn't match Pod's node affinity/selector"), nodeSelector={"disk": "ssd"})
    (one,) = found(
        view_of([pod, node("n1", {"disk": "hdd"}), node("n2", {"disk": "nvme"})], POD, lists=NODES)
    )
    assert one.rule == "scheduling.node-selector"
    assert "disk=ssd" in one.statement.en
    assert "hdd" in one.statement.zh


def test_node_selector_label_of_like_name(view_of: Any, stuck: Any, node: Any) -> None:
    """A label that no node has is set beside one that differs by a slip."""
    pod = stuck(said("1 node(s) didn't match Pod's node affinity/selector"), nodeSelector={"disktype": "ssd"})
    (one,) = found(view_of([pod, node("n1", {"disk-type": "ssd"})], POD, lists=NODES))
    assert "disk-type=ssd" in one.statement.en


def test_affinity_requirement(view_of: Any, stuck: Any, node: Any) -> None:
    """Required node affinity is read like a selector."""
    term = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["c"]}]}
    affinity = {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    }
    pod = stuck(said("1 node(s) didn't match Pod's node affinity/selector"), affinity=affinity)
    (one,) = found(view_of([pod, node("n1", {"zone": "a"})], POD, lists=NODES))
    assert "zone=c" in one.statement.en
    assert "zone=a" in one.statement.en


def test_anti_affinity(view_of: Any, stuck: Any, node: Any, k8s: Any) -> None:
    """More replicas than places are counted."""
    rule = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "app"}}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}
    pod = stuck(
        said("2 node(s) didn't match pod anti-affinity rules"),
        owner="ReplicaSet shop/app-1",
        affinity=affinity,
    )
    objects = [
        pod,
        k8s.replicaset("ReplicaSet shop/app-1"),
        k8s.deployment(replicas=3),
        node("n1"),
        node("n2"),
    ]
    (one,) = found(view_of(objects, POD, lists=NODES))
    assert one.specificity is Specificity.EXACT
    assert "3 replicas, 2 value(s)" in one.statement.en
    assert str(one.culprit) == "Deployment shop/app"


def test_host_port(view_of: Any, stuck: Any, node: Any, k8s: Any) -> None:
    """The pod that holds the port is named."""
    ports = [{"containerPort": 80, "hostPort": 8080}]
    pod = stuck(said("1 node(s) didn't have free ports for the requested pod ports"))
    pod["spec"]["containers"][0]["ports"] = ports
    holder = k8s.pod("Pod infra/proxy", k8s.container(ports=ports), node="n1")
    (one,) = found(view_of([pod, holder, node("n1")], POD, lists=NODES))
    assert one.category == "port-conflict"
    assert "Pod infra/proxy" in one.statement.en


def volume(k8s: Any, zone: str) -> list[Raw]:
    term = {"matchExpressions": [{"key": "zone", "operator": "In", "values": [zone]}]}
    return [
        k8s.obj("PersistentVolumeClaim shop/data", spec={"volumeName": "pv-1"}, status={"phase": "Bound"}),
        k8s.obj("PersistentVolume pv-1", spec={"nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
                                               "claimRef": {"namespace": "shop", "name": "data"}}),
    ]  # fmt: skip


MOUNT = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]


@pytest.mark.parametrize(
    "words", ["had volume node affinity conflict", "didn't match PersistentVolume's node affinity"]
)
def test_volume_in_a_zone_without_nodes(view_of: Any, stuck: Any, node: Any, k8s: Any, words: str) -> None:
    """A volume tied to where no node is makes the volume the culprit, zones of both named."""
    pod = stuck(said(f"2 node(s) {words}"), volumes=MOUNT)
    view = view_of(
        [pod, *volume(k8s, "c"), node("n1", {"zone": "a"}), node("n2", {"zone": "b"})], POD, lists=NODES
    )
    (one,) = found(view)
    assert str(one.culprit) == "PersistentVolume pv-1"
    assert "zone=c" in one.statement.en
    assert "a, b" in one.statement.en


def test_volume_beside_a_full_node(view_of: Any, stuck: Any, node: Any, k8s: Any) -> None:
    """Where a node can reach the volume, what keeps the pod off that node is the matter."""
    words = ("1 Insufficient cpu", "1 node(s) had volume node affinity conflict")
    pod = stuck(said(*words), volumes=MOUNT, requests={"cpu": "3"})
    view = view_of(
        [pod, *volume(k8s, "a"), node("n1", {"zone": "a"}), node("n2", {"zone": "b"})], POD, lists=NODES
    )
    assert [f.rule for f in found(view)] == ["scheduling.no-room"]


def test_volume_beside_a_cordoned_node(view_of: Any, stuck: Any, node: Any, k8s: Any) -> None:
    """The one node that reaches the volume is cordoned: that is the cause."""
    words = ("1 node(s) were unschedulable", "1 node(s) had volume node affinity conflict")
    nodes = [node("n1", {"zone": "a"}, cordoned=True), node("n2", {"zone": "b"})]
    view = view_of([stuck(said(*words), volumes=MOUNT), *volume(k8s, "a"), *nodes], POD, lists=NODES)
    (one,) = found(view)
    assert (one.rule, str(one.culprit)) == ("scheduling.cordoned", "Node n1")


def test_unbound_claim_is_a_symptom(view_of: Any, stuck: Any) -> None:
    """A pod that waits for its claim has no cause of its own."""
    (one,) = found(
        view_of([stuck(said("pod has unbound immediate PersistentVolumeClaims"), volumes=MOUNT)], POD)
    )
    assert one.role is Role.SYMPTOM
    assert [str(r) for r in one.waits_on] == ["PersistentVolumeClaim shop/data"]


def test_daemon_pod_is_bound_to_its_node(view_of: Any, stuck: Any, node: Any) -> None:
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


def test_one_finding_for_many_pods(view_of: Any, stuck: Any, node: Any, k8s: Any) -> None:
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


def test_event_without_condition(view_of: Any, k8s: Any, node: Any) -> None:
    """The event alone is enough."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="", phase="Pending")
    pod["status"]["conditions"] = []
    event = k8s.event(POD, "FailedScheduling", said("1 Insufficient cpu"), component="default-scheduler")
    assert found(view_of([pod, event, node("n1")], POD, lists=NODES), "no-room")


def test_scheduled_pod_with_an_old_event(view_of: Any, k8s: Any) -> None:
    """A pod that has a node by now is not unschedulable, whatever was said before."""
    event = k8s.event(POD, "FailedScheduling", said("1 Insufficient cpu"), first=60, last=50)
    assert found(view_of([k8s.pod(POD), event], POD)) == []


def test_gate(view_of: Any, k8s: Any) -> None:
    """A scheduling gate is named."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="", phase="Pending",
                  schedulingGates=[{"name": "example.com/quota"}])  # fmt: skip
    (one,) = found(view_of([pod], POD))
    assert (one.rule, one.category) == ("scheduling.gated", "scheduling-gate")
    assert "example.com/quota" in one.statement.zh


def test_unknown_scheduler(view_of: Any, k8s: Any) -> None:
    """A pod that asks for a scheduler which never looks at it: likely, not certain."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="", phase="Pending", schedulerName="batchy")
    pod["status"]["conditions"] = []
    (one,) = found(view_of([pod], POD))
    assert (one.rule, one.likelihood) == ("scheduling.silent", Likelihood.MEDIUM)
    assert "batchy" in one.statement.en


def test_new_pod_is_not_silent(view_of: Any, k8s: Any) -> None:
    """A pod made a moment ago may still be looked at."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="", phase="Pending",
                  metadata={"creationTimestamp": k8s.at(0.5)})  # fmt: skip
    pod["status"]["conditions"] = []
    assert found(view_of([pod], POD)) == []


def test_scheduler_down(view_of: Any, k8s: Any) -> None:
    """Where kube-scheduler's own pod is seen down, that is certain and its pod the culprit."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="", phase="Pending")
    pod["status"]["conditions"] = []
    down = k8s.pod("Pod kube-system/kube-scheduler-m1", k8s.container(state=k8s.waiting("CrashLoopBackOff")),
                   labels={"component": "kube-scheduler"})  # fmt: skip
    (one,) = found(view_of([pod, down], POD))
    assert (one.category, one.likelihood) == ("control-plane-down", Likelihood.HIGH)
    assert str(one.culprit) == "Pod kube-system/kube-scheduler-m1"


def test_node_name_of_an_absent_node(view_of: Any, k8s: Any, node: Any) -> None:
    """nodeName bypasses the scheduler: a node that does not exist never starts the pod."""
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("")), node="n9", phase="Pending")
    (one,) = found(view_of([pod, node("n1")], POD, lists=NODES))
    assert one.rule == "scheduling.node-absent"
    assert "n9" in one.statement.en


def test_preempted(view_of: Any, stuck: Any, node: Any, k8s: Any) -> None:
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


def test_statements_are_short(view_of: Any, stuck: Any, node: Any) -> None:
    """A statement stays within 300 characters in both languages, whatever the names."""
    long = "x" * 63
    pod = stuck(
        said("2 node(s) didn't match Pod's node affinity/selector"),
        f"Pod shop/{long}",
        nodeSelector={long: long},
    )
    for one in found(view_of([pod, node("n1")], f"Pod shop/{long}", lists=NODES)):
        assert len(one.statement.en) <= 300
        assert len(one.statement.zh) <= 300
