"""Taints, labels, other pods and volumes that rule nodes out."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Role, Specificity

POD = "Pod shop/web-1"
NODES = [("Node", "")]
Raw = dict[str, Any]


@pytest.mark.parametrize(
    "words",
    ["2 node(s) had untolerated taint {team: blue}",
        "2 node(s) had taint {team: blue}, that the pod didn't tolerate",
     "2 node(s) had untolerated taint(s)"],
)  # fmt: skip
def test_taint(view_of: Any, stuck: Any, node: Any, words: str, said: Any, found: Any) -> None:
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


def test_control_plane_taint_is_normal(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """The control plane's own taint beside another reason is not the matter."""
    words = (
        "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }",
        "1 Insufficient cpu",
    )
    (one,) = found(view_of([stuck(said(*words), requests={"cpu": "3"}), node("n1")], POD, lists=NODES))
    assert one.rule == "scheduling.no-room"


def test_node_selector_value(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """What is asked for stands beside what the nodes have."""
    pod = stuck(said("2 node(s) didn't match Pod's node affinity/selector"), nodeSelector={"disk": "ssd"})
    (one,) = found(
        view_of([pod, node("n1", {"disk": "hdd"}), node("n2", {"disk": "nvme"})], POD, lists=NODES)
    )
    assert one.rule == "scheduling.node-selector"
    assert "disk=ssd" in one.statement.en
    assert "hdd" in one.statement.zh


def test_node_selector_label_of_like_name(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """A label that no node has is set beside one that differs by a slip."""
    pod = stuck(said("1 node(s) didn't match Pod's node affinity/selector"), nodeSelector={"disktype": "ssd"})
    (one,) = found(view_of([pod, node("n1", {"disk-type": "ssd"})], POD, lists=NODES))
    assert "disk-type=ssd" in one.statement.en


def test_affinity_requirement(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """Required node affinity is read like a selector."""
    term = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["c"]}]}
    affinity = {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    }
    pod = stuck(said("1 node(s) didn't match Pod's node affinity/selector"), affinity=affinity)
    (one,) = found(view_of([pod, node("n1", {"zone": "a"})], POD, lists=NODES))
    assert "zone=c" in one.statement.en
    assert "zone=a" in one.statement.en


def test_anti_affinity(view_of: Any, stuck: Any, node: Any, k8s: Any, said: Any, found: Any) -> None:
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
    assert "3 replicas, 2 values of" in one.statement.en
    assert str(one.culprit) == "Deployment shop/app"


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
def test_volume_in_a_zone_without_nodes(
    view_of: Any, stuck: Any, node: Any, k8s: Any, words: str, said: Any, found: Any
) -> None:
    """A volume tied to where no node is makes the volume the culprit, zones of both named."""
    pod = stuck(said(f"2 node(s) {words}"), volumes=MOUNT)
    view = view_of(
        [pod, *volume(k8s, "c"), node("n1", {"zone": "a"}), node("n2", {"zone": "b"})], POD, lists=NODES
    )
    (one,) = found(view)
    assert str(one.culprit) == "PersistentVolume pv-1"
    assert "zone=c" in one.statement.en
    assert "a, b" in one.statement.en


def test_volume_beside_a_full_node(
    view_of: Any, stuck: Any, node: Any, k8s: Any, said: Any, found: Any
) -> None:
    """Where a node can reach the volume, what keeps the pod off that node is the matter."""
    words = ("1 Insufficient cpu", "1 node(s) had volume node affinity conflict")
    pod = stuck(said(*words), volumes=MOUNT, requests={"cpu": "3"})
    view = view_of(
        [pod, *volume(k8s, "a"), node("n1", {"zone": "a"}), node("n2", {"zone": "b"})], POD, lists=NODES
    )
    assert [f.rule for f in found(view)] == ["scheduling.no-room"]


def test_volume_beside_a_cordoned_node(
    view_of: Any, stuck: Any, node: Any, k8s: Any, said: Any, found: Any
) -> None:
    """The one node that reaches the volume is cordoned: that is the cause."""
    words = ("1 node(s) were unschedulable", "1 node(s) had volume node affinity conflict")
    nodes = [node("n1", {"zone": "a"}, cordoned=True), node("n2", {"zone": "b"})]
    view = view_of([stuck(said(*words), volumes=MOUNT), *volume(k8s, "a"), *nodes], POD, lists=NODES)
    (one,) = found(view)
    assert (one.rule, str(one.culprit)) == ("scheduling.cordoned", "Node n1")


def test_unbound_claim_is_a_symptom(view_of: Any, stuck: Any, said: Any, found: Any) -> None:
    """A pod that waits for its claim has no cause of its own."""
    (one,) = found(
        view_of([stuck(said("pod has unbound immediate PersistentVolumeClaims"), volumes=MOUNT)], POD)
    )
    assert one.role is Role.SYMPTOM
    assert [str(r) for r in one.waits_on] == ["PersistentVolumeClaim shop/data"]


def test_statements_are_short(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
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


def test_siblings_that_share_one_volume(
    view_of: Any, stuck: Any, node: Any, k8s: Any, said: Any, found: Any
) -> None:
    """Anti-affinity keeps a replica off the only node where its volume can be used."""
    rule = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "app"}}}
    apart = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}
    volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n2"]}]}
    tied = {"required": {"nodeSelectorTerms": [term]}}
    pod = stuck(
        said("1 node(s) didn't match pod anti-affinity rules", "1 node(s) had volume node affinity conflict"),
        affinity=apart, volumes=volumes, owner="Deployment shop/web",
    )  # fmt: skip
    sibling = k8s.pod("Pod shop/web-0", owner="Deployment shop/web", node="n2", volumes=volumes)
    claim = k8s.obj("PersistentVolumeClaim shop/data", spec={"volumeName": "pv"}, status={"phase": "Bound"})
    volume = k8s.obj("PersistentVolume pv", spec={"nodeAffinity": tied, "claimRef": {"name": "data"}})
    owner = k8s.deployment("Deployment shop/web", replicas=2)
    view = view_of([pod, sibling, claim, volume, owner, node("n1"), node("n2")], POD, lists=[("Node", "")])
    (one,) = found(view, "anti-affinity")
    assert "claim data) can only be used on n2" in one.statement.en and "Pod web-0" in one.statement.en
    assert "value(s)" not in one.statement.en and "web-0" in one.statement.zh


def _beside(k8s: Any, replicas: int) -> Raw:
    spec = {"replicas": replicas, "template": {"metadata": {"labels": {"app": "cache"}}}}
    made: Raw = k8s.deployment("Deployment shop/cache", spec=spec)
    return made


@pytest.mark.parametrize(("replicas", "culprit"), [(0, "Deployment shop/cache"), (2, POD)])
def test_affinity_to_pods_of_a_workload(
    view_of: Any, k8s: Any, stuck: Any, node: Any, said: Any, found: Any, replicas: int, culprit: str
) -> None:
    """Who must run first is named; scaled to 0 it is to blame, else the pod waits on it."""
    term = {"labelSelector": {"matchLabels": {"app": "cache"}}, "topologyKey": "kubernetes.io/hostname"}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    pod = stuck(said("2 node(s) didn't match pod affinity rules"), affinity=affinity)
    (one,) = found(view_of([pod, node("n1"), _beside(k8s, replicas)], POD, lists=NODES))
    assert str(one.culprit) == culprit
    assert "Deployment cache" in one.statement.en and "Deployment cache" in one.statement.zh
    assert ("scaled to 0" in one.statement.en) == (not replicas)
    assert ("Deployment shop/cache" in [str(r) for r in one.waits_on]) == bool(replicas)
