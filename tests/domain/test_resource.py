"""References to objects: which are the same, and which only bear the same name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.events import about_key
from kubetriage.domain.evidence import Observation, get, object_cite
from kubetriage.domain.kube import Obj
from kubetriage.domain.observed import Observed
from kubetriage.domain.resource import Resource, kind_info, resource
from kubetriage.domain.rules.remedies import target

KNATIVE, ISTIO = "serving.knative.dev/v1", "networking.istio.io/v1"
GATEWAY_API = "gateway.networking.k8s.io/v1"


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("Service", "v1", KNATIVE),
        ("Gateway", GATEWAY_API, ISTIO),
        ("Job", "batch/v1", "batch.volcano.sh/v1alpha1"),
        ("NetworkPolicy", "networking.k8s.io/v1", "crd.projectcalico.org/v1"),
    ],
)
def test_kinds_of_one_name_are_told_apart(kind: str, one: str, other: str) -> None:
    """By their API group; what the name usually means needs no group."""
    usual, foreign = resource(kind, "shop", "web", one), resource(kind, "shop", "web", other)
    assert usual != foreign
    assert usual == resource(kind, "shop", "web") == Resource(kind=kind, namespace="shop", name="web")
    assert object_cite(usual) != object_cite(foreign)
    assert (usual.kind, str(usual)) == (foreign.kind, str(foreign))


@pytest.mark.parametrize(
    ("kind", "former"),
    [
        ("Deployment", "extensions/v1beta1"),
        ("Ingress", "extensions/v1beta1"),
        ("HorizontalPodAutoscaler", "autoscaling/v2beta2"),
        ("Event", "events.k8s.io/v1"),
        ("Gateway", "gateway.networking.k8s.io/v1beta1"),
        ("Database", "db.example.com/v1"),
    ],
)
def test_versions_and_former_groups_do_not_matter(kind: str, former: str) -> None:
    """One object has one reference, whichever version it was read in, and a kind that is not known one name."""
    assert resource(kind, "shop", "web", former) == resource(kind, "shop", "web")


def test_only_kubernetes_own_kinds_are_built_in() -> None:
    """Commands name the others with their group, and the core kind's place in the API is not theirs."""
    own, foreign = resource("Service", "shop", "web"), resource("Service", "shop", "web", KNATIVE)
    assert (own.builtin, foreign.builtin) == (True, False)
    assert target(foreign) == "service.serving.knative.dev/web -n shop"
    assert kind_info("Service", KNATIVE) is None


def test_objects_of_one_name_are_both_kept() -> None:
    """A Knative Service and the core Service that its controller makes; events know which one they mean."""
    meta = {"name": "web", "namespace": "shop"}
    raws: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Service", "metadata": meta},
        {"apiVersion": KNATIVE, "kind": "Service", "metadata": meta},
    ]
    now = datetime(2027, 1, 1, tzinfo=UTC)
    refs = [resource("Service", "shop", "web", str(raw["apiVersion"])) for raw in raws]
    read = [
        Observation(read=get(ref), tool="t", at=now, objects=(raw,))
        for ref, raw in zip(refs, raws, strict=True)
    ]
    seen = Observed(read)
    assert [o.raw["apiVersion"] for ref in refs if (o := seen.find(ref))] == ["v1", KNATIVE]
    assert [o.raw["apiVersion"] for o in seen.objects("Service", "shop")] == ["v1"]
    event = {"involvedObject": {"apiVersion": KNATIVE, "kind": "Service", **meta}, "metadata": meta}
    assert about_key(Obj(event)) == refs[1].key != refs[0].key
