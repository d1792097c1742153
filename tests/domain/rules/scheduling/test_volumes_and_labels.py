"""Claims for one pod only, spreads over labels that no node has, and huge pages."""

from __future__ import annotations

from typing import Any

POD = "Pod shop/web-1"
NODES = [("Node", "")]
VOLUMES = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
IN_USE = "2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"


def _claim(k8s: Any) -> Any:
    spec = {"accessModes": ["ReadWriteOncePod"], "volumeName": "pv-1"}
    return k8s.obj("PersistentVolumeClaim shop/data", spec=spec, status={"phase": "Bound"})


def test_a_claim_for_one_pod(view_of: Any, k8s: Any, stuck: Any, said: Any, found: Any) -> None:
    """The pod that uses the claim is named, and that both are of one workload."""
    pod = stuck(said(IN_USE), volumes=VOLUMES, owner="ReplicaSet shop/app-2")
    old = k8s.pod("Pod shop/web-0", owner="ReplicaSet shop/app-1", volumes=VOLUMES)
    done = k8s.pod("Pod shop/web-9", phase="Succeeded", volumes=VOLUMES)
    sets = [k8s.replicaset(f"ReplicaSet shop/app-{n}", revision=n) for n in (1, 2)]
    (one,) = found(view_of([pod, done, old, *sets, k8s.deployment(), _claim(k8s)], POD))
    assert (one.rule, one.category, str(one.culprit)) == (
        "scheduling.claim-in-use", "volume-attach", "Deployment shop/app"
    )  # fmt: skip
    assert "claim data is ReadWriteOncePod" in one.statement.en and "web-0" in one.statement.en
    assert "of the same Deployment" in one.statement.en and "web-0" in one.statement.zh


def test_a_claim_whose_user_was_not_read(view_of: Any, k8s: Any, stuck: Any, said: Any, found: Any) -> None:
    """Nobody is named who was not seen."""
    (one,) = found(view_of([stuck(said(IN_USE), volumes=VOLUMES), _claim(k8s)], POD))
    assert "another pod uses it" in one.statement.en and "另一个 Pod" in one.statement.zh


def _spread(*keys: str) -> list[Any]:
    return [{"topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"} for key in keys]


def test_a_spread_over_a_label_that_no_node_has(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any
) -> None:
    """The key that is nowhere is named, not the first of the constraints."""
    words = said("2 node(s) didn't match pod topology spread constraints (missing required label)")
    pod = stuck(words, topologySpreadConstraints=_spread("kubernetes.io/hostname", "example.com/rack"))
    (one,) = found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES))
    assert one.rule == "scheduling.spread-label"
    assert (
        "example.com/rack, which no node carries" in one.statement.en
        and "example.com/rack" in one.statement.zh
    )


def test_a_spread_that_is_only_full(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """Where a node has the label, or the scheduler does not speak of labels, the constraint is what is told."""
    missing = said("1 node(s) didn't match pod topology spread constraints (missing required label)", total=1)
    full = said("1 node(s) didn't match pod topology spread constraints", total=1)
    for words, labels in ((missing, {"example.com/rack": "a"}), (full, {})):
        pod = stuck(words, topologySpreadConstraints=_spread("example.com/rack"))
        (one,) = found(view_of([pod, node("n1", labels)], POD, lists=NODES))
        assert one.rule == "scheduling.spread"


def test_huge_pages_are_no_devices(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """The kernel reserves them; no vendor's plugin is to be repaired."""
    words = said("1 Insufficient hugepages-2Mi", total=1)
    (one,) = found(view_of([stuck(words, requests={"hugepages-2Mi": "1Gi"}), node("n1")], POD, lists=NODES))
    told = " ".join(r.title.en + r.detail.en for r in one.remedies)
    assert "nr_hugepages" in told and "device plugin" not in told
