"""Services without a selector, whose endpoints somebody writes."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Likelihood
from kubetriage.domain.relations import service as relations
from kubetriage.domain.rules import service as rules

SERVICE = "Service shop/db"
SLICES = list_of("EndpointSlice", "shop", labels="kubernetes.io/service-name=db")


def _service(k8s: Any, **spec: Any) -> Any:
    return k8s.obj(SERVICE, spec={"type": "ClusterIP", "ports": [{"port": 5432}], **spec})


def test_a_slice_without_endpoints(k8s: Any, view_of: Any, endpoints: Any, cause: Any) -> None:
    """The slice that is kept for it is named, and who is to fill it."""
    view = view_of([_service(k8s)], SERVICE, answers={SLICES: [endpoints("db")]})
    one = cause(view, rules.RULES)
    assert (str(one.culprit), one.likelihood) == (SERVICE, Likelihood.HIGH)
    assert (
        "has no selector" in one.statement.en and "none of EndpointSlice db-x1 is ready" in one.statement.en
    )
    assert one.remedies[0].commands[0].command == "kubectl edit endpointslice/db-x1 -n shop"


def test_no_slice_at_all(k8s: Any, view_of: Any, cause: Any) -> None:
    """Nobody keeps any."""
    one = cause(view_of([_service(k8s)], SERVICE, answers={SLICES: []}), rules.RULES)
    assert "no EndpointSlice is kept for it" in one.statement.en


def test_endpoints_that_are_ready(k8s: Any, view_of: Any, endpoints: Any, found: Any) -> None:
    """A Service for a host outside the cluster is well with the address that was written."""
    made = endpoints("db", ("10.9.0.4", True, ""))
    assert found(view_of([_service(k8s)], SERVICE, answers={SLICES: [made]}), rules.RULES) == []


def test_a_name_for_another_host(k8s: Any, view_of: Any, found: Any) -> None:
    """ExternalName has no endpoints, and none are read."""
    view = view_of([_service(k8s, type="ExternalName", externalName="db.example.com")], SERVICE)
    assert found(view, rules.RULES) == []
    assert all(w.read != SLICES for r in relations.RELATIONS for w in r(view))


def test_slices_that_could_not_be_read(k8s: Any, view_of: Any, found: Any) -> None:
    """Whether there are endpoints is open then; they are asked for."""
    view = view_of([_service(k8s)], SERVICE)
    assert any(w.read == SLICES for r in relations.RELATIONS for w in r(view))
    hidden = view_of([_service(k8s)], SERVICE, failed={SLICES: FailureKind.FORBIDDEN})
    assert found(hidden, rules.RULES) == [] and found(view, rules.RULES) == []
