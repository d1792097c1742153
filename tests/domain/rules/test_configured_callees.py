"""Services that the environment of a mute application names, and that nobody answers for."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Role
from kubetriage.domain.rules.configured_callees import silent_callees

POD = "Pod shop/app-1"
ERRORS = "More than 5% of the requests to app fail"


def told(
    view_of: Any, k8s: Any, value: str, *, name: str = "DB_HOST", text: str = ERRORS, **more: Any
) -> Any:
    """Findings about a pod whose environment holds `value`, with a Service `db` that has no endpoints."""
    pod = k8s.pod(POD, k8s.container(env=[{"name": name, "value": value}]))
    service = k8s.obj("Service shop/db", spec={"selector": {"app": "db"}, "ports": [{"port": 5432}]})
    labels = "kubernetes.io/service-name=db"
    slices = {list_of("EndpointSlice", "shop", labels=labels): more.get("slices", [])}
    return silent_callees(view_of([pod, service], POD, answers=slices, description=text, alertname="Custom"))


@pytest.mark.parametrize(
    "value", ["db", "db:5432", "postgres://user@db:5432/app", "db.shop.svc.cluster.local"]
)
def test_a_callee_without_endpoints(view_of: Any, k8s: Any, value: str) -> None:
    """What the environment names and nobody answers for is a symptom that waits on the Service."""
    (one,) = k8s.findings(told(view_of, k8s, value))
    assert (one.role, [str(r) for r in one.waits_on]) == (Role.SYMPTOM, ["Service shop/db"])
    assert "DB_HOST" in one.statement.en


@pytest.mark.parametrize(("name", "value"), [("MODE", "db"), ("DB_HOST", "10.0.0.1"), ("DB_HOST", "")])
def test_what_is_no_host(view_of: Any, k8s: Any, name: str, value: str) -> None:
    """A word in a variable that names no host, an address, and an empty value are not followed."""
    assert list(told(view_of, k8s, value, name=name)) == []


def test_an_alert_about_a_state(view_of: Any, k8s: Any) -> None:
    """What a ready pod calls does not matter to an alert about its own state."""
    assert list(told(view_of, k8s, "db", text="It has too few replicas.")) == []


def test_a_callee_with_endpoints(view_of: Any, k8s: Any) -> None:
    """A Service that serves is no symptom, though it is looked at."""
    ready = {"addresses": ["10.1.0.9"], "conditions": {"ready": True}}
    part = k8s.obj("EndpointSlice shop/db-x", labels={"kubernetes.io/service-name": "db"}, endpoints=[ready])
    said = list(told(view_of, k8s, "db", slices=[part]))
    assert k8s.findings(said) == [] and k8s.wants(said)
