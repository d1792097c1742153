"""What is read around objects that do not go."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.relations import terminating
from kubetriage.domain.view import ClusterView

SPACE = "Namespace old"


def about(view: ClusterView) -> set[str]:
    reads = [w.read for r in terminating.RELATIONS for w in r(view)]
    return {f"{r.verb} {r.kind} {r.namespace}/{r.name}" for r in reads}


def space(k8s: Any, kind: str, message: str) -> dict[str, Any]:
    states = [{"type": kind, "status": "True", "message": message}]
    made: dict[str, Any] = k8s.obj(
        SPACE, metadata={"deletionTimestamp": k8s.at(60)}, status={"conditions": states}
    )
    return made


def test_what_is_left(view_of: Any, k8s: Any) -> None:
    """The definition of a kind first, then its objects in the namespace; built-in kinds need none."""
    words = (
        "Some resources are remaining: widgets.example.com has 1 resource instances, pods. has 2 resource "
        "instances"
    )
    left = space(k8s, "NamespaceContentRemaining", words)
    assert about(view_of([left], SPACE)) == {
        "get CustomResourceDefinition /widgets.example.com",
        "list Pod old/",
    }
    spec = {"names": {"kind": "Widget"}, "versions": [{"name": "v1", "storage": True}]}
    definition = k8s.obj("CustomResourceDefinition widgets.example.com", spec=spec)
    assert "list Widget old/" in about(view_of([left, definition], SPACE))


def test_api_that_does_not_answer(view_of: Any, k8s: Any) -> None:
    """The APIService, and then the Service behind it."""
    words = (
        "Discovery failed for some groups, 1 failing: custom.metrics.k8s.io/v1beta1: stale GroupVersion "
        "discovery"
    )
    failing = space(k8s, "NamespaceDeletionDiscoveryFailure", words)
    name = "APIService v1beta1.custom.metrics.k8s.io"
    assert about(view_of([failing], SPACE)) == {"get APIService /v1beta1.custom.metrics.k8s.io"}
    api = k8s.obj(name, spec={"service": {"name": "adapter", "namespace": "monitoring"}})
    assert "get Service monitoring/adapter" in about(view_of([failing, api], SPACE, looked=[name]))


def test_living_namespace(view_of: Any, k8s: Any) -> None:
    """A namespace that is not being deleted needs nothing."""
    assert about(view_of([k8s.obj(SPACE)], SPACE)) == set()
