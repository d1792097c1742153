"""Services of type LoadBalancer without an address."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.relations import service as relations
from kubetriage.domain.rules import service_balancer

SERVICE = "Service shop/web"


def _service(k8s: Any, address: str = "", kind: str = "LoadBalancer", minutes_ago: float = 120) -> Any:
    status = {"loadBalancer": {"ingress": [{"ip": address}]} if address else {}}
    return k8s.obj(SERVICE, spec={"type": kind, "selector": {"app": "web"}}, status=status,
                   metadata={"creationTimestamp": k8s.at(minutes_ago)})  # fmt: skip


def _found(view: Any) -> list[Finding]:
    return [f for f in service_balancer.waits_for_balancer(view) if isinstance(f, Finding)]


def test_what_its_controller_says(k8s: Any, view_of: Any) -> None:
    """A fresh warning about the Service is the cause, whatever its reason."""
    for reason in ("SyncLoadBalancerFailed", "AllocationFailed"):
        event = k8s.event(SERVICE, reason, "no available IPs", times=9, first=100)
        (one,) = _found(view_of([_service(k8s), event], SERVICE))
        assert one.role is Role.CAUSE and one.likelihood is Likelihood.HIGH
        assert reason in one.statement.en and "no available IPs" in one.statement.zh


def test_nobody_says_anything(k8s: Any, view_of: Any) -> None:
    """Without a word from a controller it is only stated that there is no address."""
    (one,) = _found(view_of([_service(k8s)], SERVICE))
    assert one.role is Role.SYMPTOM


def test_those_that_wait_for_nothing(k8s: Any, view_of: Any) -> None:
    """One with an address, another type, and one that was just made."""
    event = k8s.event(SERVICE, "SyncLoadBalancerFailed", "x", first=100)
    for service in (
        _service(k8s, "192.0.2.1"),
        _service(k8s, kind="ClusterIP"),
        _service(k8s, minutes_ago=2),
    ):
        assert _found(view_of([service, event], SERVICE)) == []


def test_its_events_are_read(k8s: Any, view_of: Any) -> None:
    """They are asked for of this type alone."""
    for kind, asked in (("LoadBalancer", True), ("ClusterIP", False)):
        view = view_of([_service(k8s, kind=kind)], SERVICE)
        reads = [w.read.kind for r in relations.RELATIONS for w in r(view)]
        assert ("Event" in reads) is asked
