"""domain.view: how the objects that were read hang together, and what the run looks at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.evidence import (
    FailureKind,
    Observation,
    Read,
    ReadFailure,
    get,
    list_of,
)
from kubetriage.domain.finding import Want
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.view import ClusterView

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POD = resource("Pod", "shop", "web-1")
Raw = dict[str, Any]


def raw(kind: str, name: str, namespace: str = "shop", owner: str = "", **parts: Any) -> Raw:
    meta: Raw = {"name": name} | ({"namespace": namespace} if namespace else {})
    meta |= {"labels": parts.pop("labels")} if "labels" in parts else {}
    if owner:
        above, _, named = owner.partition(" ")
        meta["ownerReferences"] = [{"kind": above, "name": named, "controller": True}]
    return {"kind": kind, "metadata": meta, **parts}


def found(read: Read, *objects: Raw, cut: str = "") -> Observation:
    return Observation(read=read, tool="t", at=NOW, objects=objects, cut=cut)


def failed(read: Read, kind: FailureKind = FailureKind.FORBIDDEN) -> Observation:
    return Observation(read=read, tool="t", at=NOW, failure=ReadFailure(kind=kind))


def view(*seen: Observation, primary: Resource | None = POD, looked: tuple[Want, ...] = ()) -> ClusterView:
    alert = Alert(name="a", fingerprint="0" * 16, starts_at=NOW - timedelta(minutes=10))
    return ClusterView(
        alert, Subject(scope=SubjectScope.RESOURCE, resource=primary), primary, NOW, seen, looked
    )


# ---- how objects hang together


def test_the_workload_is_what_a_person_changes() -> None:
    """Pod → ReplicaSet → Deployment, and no further: an operator above it is not its workload."""
    chain = [
        raw("Pod", "web-1", owner="ReplicaSet web-6d"),
        raw("ReplicaSet", "web-6d", owner="Deployment web"),
        raw("Deployment", "web", owner="WebApp front"),
    ]
    seen = view(*(found(get(resource(o["kind"], "shop", o["metadata"]["name"])), o) for o in chain))
    assert [str(o) for o in seen.owners(POD)] == [
        "ReplicaSet shop/web-6d",
        "Deployment shop/web",
        "WebApp shop/front",
    ]
    assert seen.workload(POD) == resource("Deployment", "shop", "web")


@pytest.mark.parametrize(
    ("owners", "workload"),
    [
        ([], POD),
        ([raw("ReplicaSet", "web-6d", owner="Rollout web")], resource("Rollout", "shop", "web")),
        ([raw("ReplicaSet", "web-6d")], resource("ReplicaSet", "shop", "web-6d")),
    ],
)
def test_workloads_without_a_deployment(owners: list[Raw], workload: Resource) -> None:
    """A pod of nobody is its own; what makes ReplicaSets of its own is their pods' workload."""
    pod = raw("Pod", "web-1", owner="ReplicaSet web-6d" if owners else "")
    seen = view(found(get(POD), pod), found(list_of("ReplicaSet", "shop"), *owners))
    assert seen.workload(POD) == workload


def test_owners_that_name_each_other_end() -> None:
    """A ring of owner references, which nobody forbids, is walked once."""
    pods = [raw("Pod", "web-1", owner="Pod b"), raw("Pod", "b", owner="Pod web-1")]
    assert len(view(found(list_of("Pod", "shop"), *pods)).owners(POD)) == 2


@pytest.mark.parametrize(
    ("label", "above"), [("7d9f", "Deployment shop/web"), ("other", "ReplicaSet shop/web-7d9f")]
)
def test_the_deployment_above_an_unread_replica_set(label: str, above: str) -> None:
    """It is known by the ReplicaSet's name and the label that only Deployments give their pods."""
    pod = raw("Pod", "web-1", owner="ReplicaSet web-7d9f", labels={"pod-template-hash": label})
    assert str(view(found(get(POD), pod)).workload(POD)) == above


def test_pods_of_a_workload_come_through_what_lies_between() -> None:
    """A Deployment's pods through its ReplicaSets, a CronJob's through its Jobs."""
    seen = view(
        found(list_of("ReplicaSet", "shop"), raw("ReplicaSet", "web-6d", owner="Deployment web")),
        found(list_of("Job", "shop"), raw("Job", "nightly-1", owner="CronJob nightly")),
        found(
            list_of("Pod", "shop"),
            raw("Pod", "web-1", owner="ReplicaSet web-6d"),
            raw("Pod", "nightly-1-x", owner="Job nightly-1"),
        ),
    )
    assert [p.name for p in seen.pods_of(resource("Deployment", "shop", "web"))] == ["web-1"]
    assert [p.name for p in seen.pods_of(resource("CronJob", "shop", "nightly"))] == ["nightly-1-x"]
    assert [p.name for p in seen.pods_of(POD)] == ["web-1"]


def test_services_and_pods_find_each_other() -> None:
    """By selector, in one namespace; a Service without a selector has no pods."""
    web = {"app": "web", "tier": "front"}
    seen = view(
        found(
            list_of("Pod"),
            raw("Pod", "web-1", labels=web),
            raw("Pod", "db-1", labels={"app": "db"}),
            raw("Pod", "web-1", "other", labels=web),
        ),
        found(
            list_of("Service"),
            raw("Service", "web", spec={"selector": {"app": "web"}}),
            raw("Service", "front", spec={"selector": {"tier": "front", "app": "web"}}),
            raw("Service", "back", spec={"selector": {"tier": "back", "app": "web"}}),
            raw("Service", "outside", spec={}),
        ),
    )
    pod, service = seen.find(POD), seen.find(resource("Service", "shop", "front"))
    assert pod is not None
    assert service is not None
    assert [s.name for s in seen.services_of(pod)] == ["front", "web"]
    assert [p.ref for p in seen.pods_behind(service)] == [POD]
    outside = seen.find(resource("Service", "shop", "outside"))
    assert outside is not None
    assert seen.pods_behind(outside) == []


def test_pods_use_claims_and_stand_on_nodes() -> None:
    """Claims by name, those of ephemeral volumes too; a pod that was not placed is on no node."""
    volumes = [
        {"name": "d", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "tmp", "ephemeral": {}},
    ]
    pods = [
        raw("Pod", "web-1", spec={"nodeName": "n1", "volumes": [*volumes, volumes[0]]}),
        raw("Pod", "new"),
    ]
    seen = view(found(list_of("Pod", "shop"), *pods))
    for claim in ("data", "web-1-tmp"):
        using = seen.pods_using_claim(resource("PersistentVolumeClaim", "shop", claim))
        assert [p.name for p in using] == ["web-1"]
    assert [p.name for p in seen.pods_on("n1")] == ["web-1"]
    assert seen.pods_on("") == []


LABELS = "kubernetes.io/service-name=web"
SERVICE = raw("Service", "web", spec={"selector": {"app": "web"}})


def slices(*endpoints: Raw) -> Observation:
    labels = {"kubernetes.io/service-name": "web"}
    made = raw("EndpointSlice", "web-x", labels=labels, endpoints=list(endpoints))
    return found(list_of("EndpointSlice", "shop", labels=LABELS), made)


@pytest.mark.parametrize(
    ("seen", "ready"),
    [
        (slices({"addresses": ["10.0.0.1"], "conditions": {"ready": True}}), True),
        (slices({"addresses": ["10.0.0.1"], "conditions": {"ready": None}}), True),
        (slices({"addresses": ["10.0.0.1"]}), True),
        (slices({"addresses": ["10.0.0.1"], "conditions": {"ready": False}}), False),
        (slices({"addresses": [], "conditions": {"ready": True}}), False),
        (slices(), False),
        (found(list_of("EndpointSlice", "shop", labels=LABELS)), False),
        (found(list_of("EndpointSlice", "shop")), False),
        (found(list_of("EndpointSlice", "shop"), cut="objects were left out"), None),
        (failed(list_of("EndpointSlice", "shop", labels=LABELS)), None),
    ],
)
def test_ready_endpoints(seen: Observation, ready: bool | None) -> None:
    """A nil `ready` means ready (discovery/v1); no slices at all is none ready, unread ones is unknown."""
    seen_view = view(found(get(resource("Service", "shop", "web")), SERVICE), seen)
    service = seen_view.find(resource("Service", "shop", "web"))
    assert service is not None
    assert seen_view.has_ready_endpoints(service) is ready


def test_what_is_looked_at_is_the_primary_and_what_was_wanted() -> None:
    """An object that merely came with a list is not looked at; the first reason to look is kept."""
    first, second = Text(en="first", zh="一"), Text(en="second", zh="二")
    node = resource("Node", "", "n1")
    wants = (Want(read=get(node), about=node, why=first), Want(read=list_of("Node"), about=node, why=second))
    seen = view(found(list_of("Pod", "shop"), raw("Pod", "other")), looked=wants)
    assert seen.looked_at(POD)
    assert seen.looked_at(node)
    assert not seen.looked_at(resource("Pod", "shop", "other"))
    assert seen.why_looked[node.key].why == first


@pytest.mark.parametrize(("minutes", "recent"), [(5, True), (35, True), (45, False)])
def test_recent_is_near_or_after_the_alerts_start(minutes: int, recent: bool) -> None:
    """The alert began 10 minutes ago: half an hour before that still counts."""
    assert view().recent(NOW - timedelta(minutes=minutes)) is recent
    assert view().recent(None)
