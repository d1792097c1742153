"""Pods whose devices no node can give."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Likelihood

POD = "Pod shop/web-1"
NODES = [("Node", "")]
ALL = (
    "0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, preemption: 0/2 nodes are "
    "available: 2 Preemption is not helpful for scheduling."
)
CLAIM = {"name": "gpu", "resourceClaimName": "two-gpus"}


def test_the_claim_is_named(view_of: Any, stuck: Any, node: Any, found: Any) -> None:
    """The scheduler's word says that no node has the devices; preemption's part is not taken for it."""
    pod = stuck(ALL, resourceClaims=[CLAIM])
    (one,) = found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES))
    assert (one.rule, one.category) == ("scheduling.no-devices", "insufficient-gpu")
    assert str(one.culprit) == "ResourceClaim shop/two-gpus" and one.likelihood is Likelihood.HIGH
    assert "its ResourceClaim two-gpus (“cannot allocate all claims”)" in one.statement.en
    assert "two-gpus" in one.statement.zh and one.quotes == ("cannot allocate all claims",)


def test_a_claim_that_was_made_from_a_template(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any
) -> None:
    """Its name stands in the pod's status."""
    pod = stuck(ALL, resourceClaims=[{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}])
    pod["status"]["resourceClaimStatuses"] = [{"name": "gpu", "resourceClaimName": "web-1-gpu-x7k2p"}]
    (one,) = found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES))
    assert one.culprit.name == "web-1-gpu-x7k2p"


@pytest.mark.parametrize(
    "words",
    [
        "2 request gpu: device class gpu.example.com does not exist",
        'waiting for dynamic resource controller to create the resourceclaim "web-1-gpu"',
    ],
)
def test_other_words_about_devices(
    view_of: Any, stuck: Any, node: Any, said: Any, found: Any, words: str
) -> None:
    """A class that does not exist, and a claim that is not made yet; without a name the workload is to change."""
    pod = stuck(said(words), resourceClaims=[{"name": "gpu", "resourceClaimTemplateName": "one-gpu"}])
    (one,) = found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES))
    assert one.rule == "scheduling.no-devices" and str(one.culprit) == POD
    assert words.removeprefix("2 ")[:40] in one.statement.en


def test_other_claims_and_resources(view_of: Any, stuck: Any, node: Any, said: Any, found: Any) -> None:
    """Volumes are claimed too, and GPUs asked for as a resource are counted by the node."""
    for words in ("pod has unbound immediate PersistentVolumeClaims", "2 Insufficient nvidia.com/gpu"):
        pod = stuck(said(words), requests={"nvidia.com/gpu": "8"})
        made = found(view_of([pod, node("n1"), node("n2")], POD, lists=NODES))
        assert made and all(one.rule != "scheduling.no-devices" for one in made)


def test_beside_a_reason_of_other_nodes_that_could_not_be_seen(
    view_of: Any, stuck: Any, said: Any, found: Any
) -> None:
    """Without the nodes it cannot be weighed which of two reasons counts."""
    pod = stuck(said("1 Insufficient cpu", "1 cannot allocate all claims"), resourceClaims=[CLAIM])
    made = found(view_of([pod], POD, failed={list_of("Node"): FailureKind.FORBIDDEN}))
    assert made and all(one.likelihood is not Likelihood.HIGH for one in made)
