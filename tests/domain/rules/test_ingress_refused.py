"""An Ingress whose controller says why it has no address."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.rules import ingress

INGRESS = "Ingress shop/www"
DENIED = (
    "Failed deploy model due to AccessDenied: User: arn:aws:sts::1:assumed-role/lbc/1 is not authorized to perform: "
    "elasticloadbalancing:AddTags"
)


def _ingress(k8s: Any, address: str = "") -> Any:
    status = {"loadBalancer": {"ingress": [{"ip": address}]} if address else {}}
    return k8s.obj(INGRESS, spec={"ingressClassName": "alb", "rules": []}, status=status)


def _found(view: Any) -> list[Finding]:
    return [f for f in ingress.no_address(view) if isinstance(f, Finding)]


def test_its_controller_was_refused(k8s: Any, view_of: Any) -> None:
    """A fresh warning about it is the cause, whatever its reason is called."""
    for reason in ("FailedDeployModel", "Sync"):
        event = k8s.event(INGRESS, reason, DENIED, times=9, first=100)
        (one,) = _found(view_of([_ingress(k8s), event], INGRESS))
        assert one.role is Role.CAUSE and one.likelihood is Likelihood.HIGH
        assert reason in one.statement.en and "elasticloadbalancing:AddTags" in one.statement.zh


def test_nothing_was_said_lately(k8s: Any, view_of: Any) -> None:
    """Then it is only stated that there is no address."""
    old = k8s.event(INGRESS, "FailedDeployModel", DENIED, first=600, last=590)
    for more in ([], [old]):
        (one,) = _found(view_of([_ingress(k8s), *more], INGRESS))
        assert one.role is Role.SYMPTOM


def test_one_with_an_address(k8s: Any, view_of: Any) -> None:
    """A warning about an Ingress that is served is not this matter."""
    event = k8s.event(INGRESS, "FailedDeployModel", DENIED)
    assert _found(view_of([_ingress(k8s, "192.0.2.1"), event], INGRESS)) == []
