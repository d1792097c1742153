"""domain.relations.ingress_controller: when the log of an Ingress' controller is read."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.relations.ingress_controller import controller_log

MEASURED = "More than 30% of requests to docs.example.com are answered with 413"
STATE = "Ingress docs has no address"


def _asked(k8s: Any, view_of: Any, text: str, *, tls: bool = False, primary: str = "Ingress office/docs",
           controller: str = "k8s.io/ingress-nginx", name: str = "Custom") -> list[str]:  # fmt: skip
    spec: dict[str, Any] = {"ingressClassName": "edge", "rules": [{"host": "docs.example.com"}]}
    if tls:
        spec["tls"] = [{"secretName": "docs-tls", "hosts": ["docs.example.com"]}]
    pod = k8s.pod("Pod edge/nginx-0", labels={"app.kubernetes.io/name": "ingress-nginx"})
    view = view_of(
        [k8s.obj("Ingress office/docs", spec=spec), k8s.obj("Service office/docs", spec={}), pod,
         k8s.obj("IngressClass edge", spec={"controller": controller})],
        primary, description=text, alertname=name,
    )  # fmt: skip
    return [f"{w.read.verb} {w.read.kind} {w.read.name}" for w in controller_log(view)]


def test_answers_that_are_measured(k8s: Any, view_of: Any) -> None:
    """Error rates of an Ingress are counted, and explained, by its controller."""
    assert _asked(k8s, view_of, MEASURED) == ["list Pod ", "log Pod nginx-0"]


def test_certificates(k8s: Any, view_of: Any) -> None:
    """An Ingress with a certificate of its own: the controller says whether it could load it."""
    assert _asked(k8s, view_of, STATE, tls=True) == ["list Pod ", "log Pod nginx-0"]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (STATE, {}),
        (MEASURED, {"primary": "Service office/docs"}),
        (MEASURED, {"controller": "example.com/own-controller"}),
        (MEASURED, {"name": "KubePodNotReady"}),
    ],
)
def test_others_cost_no_reads(k8s: Any, view_of: Any, text: str, more: dict[str, Any]) -> None:
    """Alerts on a state, on other kinds, and controllers whose pods are not known by a label."""
    assert _asked(k8s, view_of, text, **more) == []
