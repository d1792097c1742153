"""Reading the scheduler's message."""

from __future__ import annotations

import pytest

from kubetriage.domain.rules.scheduling_reasons import Refusal, Why, parse

NEW = (
    "0/6 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable, 2 node(s) had untolerated "
    "taint "
    "{dedicated: gpu}, 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/6 nodes are "
    "available: "
    "1 No preemption victims found for incoming pod, 5 Preemption is not helpful for scheduling."
)
OLD = (
    "0/6 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable, 2 node(s) had taint "
    "{dedicated: gpu}, that the pod didn't tolerate, 3 node(s) didn't match node selector."
)


@pytest.mark.parametrize("message", [NEW, OLD], ids=["1.24 and later", "1.19"])
def test_parts(message: str) -> None:
    """Counts, kinds and details are the same in old and new wording, and preemption's part is not read."""
    verdict = parse(message)
    assert verdict is not None
    assert verdict.total == 6
    assert [(r.why, r.nodes, r.detail) for r in verdict.refusals] == [
        (Why.RESOURCE, 1, "cpu"),
        (Why.CORDONED, 1, ""),
        (Why.TAINT, 2, "dedicated=gpu"),
        (Why.SELECTOR, 3, ""),
    ]


@pytest.mark.parametrize(
    ("words", "why", "detail"),
    [
        ("3 Insufficient memory", Why.RESOURCE, "memory"),
        ("3 Insufficient nvidia.com/gpu", Why.RESOURCE, "nvidia.com/gpu"),
        ("3 Insufficient ephemeral-storage", Why.RESOURCE, "ephemeral-storage"),
        ("3 Too many pods", Why.PODS, ""),
        ("3 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }", Why.TAINT,
         "node-role.kubernetes.io/control-plane"),
        ("3 node(s) had untolerated taint(s)", Why.TAINT, ""),
        ("3 node(s) had taints that the pod didn't tolerate", Why.TAINT, ""),
        ("3 node(s) didn't match pod anti-affinity rules", Why.ANTI_AFFINITY, ""),
        ("3 node(s) didn't match pod affinity/anti-affinity rules", Why.ANTI_AFFINITY, ""),
        ("3 node(s) didn't match pod affinity rules", Why.AFFINITY, ""),
        ("3 node(s) didn't satisfy existing pods anti-affinity rules", Why.EXISTING_ANTI_AFFINITY, ""),
        ("3 node(s) didn't match pod topology spread constraints", Why.SPREAD, ""),
        ("3 node(s) didn't have free ports for the requested pod ports", Why.PORTS, ""),
        ("3 node(s) had volume node affinity conflict", Why.VOLUME, ""),
        ("3 node(s) didn't match PersistentVolume's node affinity", Why.VOLUME, ""),
        ("3 node(s) didn't find available persistent volumes to bind", Why.NO_VOLUME, ""),
        ("3 node(s) exceed max volume count", Why.VOLUME_LIMIT, ""),
        ("3 node(s) didn't match the requested node name", Why.NODE_NAME, ""),
        ("3 pod has unbound immediate PersistentVolumeClaims", Why.CLAIM, ""),
        ("pod has unbound immediate PersistentVolumeClaims", Why.CLAIM, ""),
        ('persistentvolumeclaim "data" not found', Why.CLAIM, "data"),
        ("3 something that a plugin of one's own says", Why.OTHER, ""),
    ],
)  # fmt: skip
def test_every_filter(words: str, why: Why, detail: str) -> None:
    """Each filter plugin's reason is recognised; a part without a count speaks for all nodes."""
    verdict = parse(f"0/3 nodes are available: {words}.")
    assert verdict is not None
    assert [(r.why, r.nodes, r.detail) for r in verdict.refusals] == [(why, 3, detail)]


def test_claims_before_nodes() -> None:
    """Older schedulers and the volume binder speak of claims without counting nodes."""
    told = ("pod has unbound immediate PersistentVolumeClaims (repeated 2 times)",
            'running PreBind plugin "VolumeBinding": binding volumes: timed out waiting for the '
            'condition')  # fmt: skip
    for message in told:
        verdict = parse(message)
        assert verdict is not None
        assert verdict.refusals[0].why is Why.CLAIM


def test_dynamic_resources_suffix() -> None:
    """The words that 1.31 and later put before preemption are not a reason."""
    verdict = parse(
        "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes "
        "are available."
    )
    assert verdict is not None
    assert verdict.refusals == (Refusal(Why.RESOURCE, 2, "cpu", "Insufficient cpu"),)


def test_other_messages() -> None:
    """A message that judges no node is no verdict."""
    assert parse("skip schedule deleting pod: shop/web-1") is None
    assert parse("") is None
