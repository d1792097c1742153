"""Objects whose deletion does not end, and aggregated APIs that do not answer."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.rules import aggregated_api, terminating
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
SPACE = "Namespace old"
API = "APIService v1beta1.custom.metrics.k8s.io"


def found(view: ClusterView) -> list[Finding]:
    rules = (*terminating.RULES, *aggregated_api.RULES)
    return [f for r in rules for f in r(view) if isinstance(f, Finding)]


def going(k8s: Any, minutes: float = 60, *finalizers: str) -> Raw:
    return {"deletionTimestamp": k8s.at(minutes), **({"finalizers": list(finalizers)} if finalizers else {})}


def space(k8s: Any, **conditions: str) -> Raw:
    listed = [{"type": kind, "status": "True", "message": message} for kind, message in conditions.items()]
    made: Raw = k8s.obj(SPACE, metadata=going(k8s), status={"phase": "Terminating", "conditions": listed})
    return made


LEFT = {
    "NamespaceContentRemaining": "Some resources are remaining: widgets.example.com has 1 resource instances",
    "NamespaceFinalizersRemaining": "Some content in the namespace has finalizers remaining: "
    "example.com/hold in 1 resource instances",
}


def test_namespace_with_finalizers(view_of: Any, k8s: Any) -> None:
    """The object that keeps its finalizer is the culprit, found through its definition."""
    names = {"names": {"kind": "Widget"}, "versions": [{"name": "v1", "storage": True}]}
    definition = k8s.obj("CustomResourceDefinition widgets.example.com", spec=names)
    widget = {"apiVersion": "example.com/v1", "kind": "Widget",
              "metadata": {"name": "w", "namespace": "old", "finalizers": ["example.com/hold"]}}  # fmt: skip
    (one,) = found(view_of([space(k8s, **LEFT), definition, widget], SPACE))
    assert (one.category, str(one.culprit)) == ("finalizer-deadlock", "Widget old/w")
    assert "example.com/hold" in one.statement.zh


def test_namespace_whose_objects_are_unread(view_of: Any, k8s: Any) -> None:
    """Without sight of the object, the finalizer is named all the same."""
    (one,) = found(view_of([space(k8s, **LEFT)], SPACE))
    assert str(one.culprit) == SPACE
    assert "1 widgets" in one.statement.en
    assert "example.com/hold" in one.statement.en


def test_namespace_that_cannot_be_listed(view_of: Any, k8s: Any) -> None:
    """An aggregated API that does not answer keeps the controller from knowing what is left."""
    message = (
        "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server "
        "APIs: custom.metrics.k8s.io/v1beta1: stale"
    )
    (one,) = found(view_of([space(k8s, NamespaceDeletionDiscoveryFailure=message)], SPACE))
    assert str(one.culprit) == API


def test_just_deleted(view_of: Any, k8s: Any) -> None:
    """Deletion may take its time."""
    assert found(view_of([k8s.obj(SPACE, metadata=going(k8s, 2))], SPACE)) == []


def test_claim_in_use(view_of: Any, k8s: Any) -> None:
    """A protected claim waits for the pod that uses it."""
    claim = k8s.obj(
        "PersistentVolumeClaim shop/data", metadata=going(k8s, 60, "kubernetes.io/pvc-protection")
    )
    pod = k8s.pod("Pod shop/web", volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
    (one,) = found(view_of([claim, pod], "PersistentVolumeClaim shop/data"))
    assert str(one.culprit) == "Pod shop/web"


def test_finalizer_that_nobody_takes_off(view_of: Any, k8s: Any) -> None:
    """A finalizer without its controller is named, and forcing it is a last resort."""
    (one,) = found(
        view_of([k8s.obj("Service shop/web", metadata=going(k8s, 60, "example.com/lb"))], "Service shop/web")
    )
    assert (one.likelihood, str(one.culprit)) == (Likelihood.HIGH, "Service shop/web")
    assert "example.com/lb" in one.quotes


def test_pod_that_does_not_end(view_of: Any, k8s: Any) -> None:
    """A pod without finalizers waits for its node."""
    (one,) = found(view_of([k8s.pod("Pod shop/web", metadata=going(k8s))], "Pod shop/web"))
    assert (one.role, [str(r) for r in one.waits_on]) == (Role.SYMPTOM, ["Node n1"])


def test_api_not_available(view_of: Any, k8s: Any) -> None:
    """The reason of the APIService itself, and the Service that it misses."""
    state = {
        "type": "Available",
        "status": "False",
        "reason": "ServiceNotFound",
        "message": "service/adapter not present",
    }
    spec = {"service": {"name": "adapter", "namespace": "monitoring"}}
    api = k8s.obj(API, spec=spec, status={"conditions": [state]})
    (one,) = found(view_of([api], API, absent=["Service monitoring/adapter"]))
    assert "monitoring/adapter does not exist" in one.statement.en
    (one,) = found(view_of([api], API))
    assert "ServiceNotFound" in one.statement.en
