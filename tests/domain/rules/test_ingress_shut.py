"""Callers from other namespaces that a NetworkPolicy keeps out: the Ingress controller, and Prometheus."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Likelihood
from kubetriage.domain.rules.ingress_shut import kept_out

DOWN = "100% of the web/web targets in shop namespace are down."
SERVICE = "Service shop/web"
LISTS = [("NetworkPolicy", "shop")]


def objects(
    k8s: Any, caller: str, *, minutes: float = 40, allow: Any = None, host: bool = False
) -> list[Any]:
    rule = {"from": [allow or {"podSelector": {"matchLabels": {"app": "portal"}}}]}
    policy = k8s.obj("NetworkPolicy shop/only-portal", metadata={"creationTimestamp": k8s.at(minutes)},
                     spec={"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule]})  # fmt: skip
    pod = k8s.pod("Pod shop/web-1", labels={"app": "web"})
    service = k8s.obj(SERVICE, spec={"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]})
    who = k8s.pod("Pod other/caller-0", labels={"app.kubernetes.io/name": caller}, hostNetwork=host)
    return [policy, pod, service, who, k8s.obj("Namespace other", labels={"team": "ops"})]


def test_prometheus_is_kept_out(view_of: Any, k8s: Any) -> None:
    """Where the alert's text says that targets are down, Prometheus must be let in."""
    view = view_of(objects(k8s, "prometheus"), SERVICE, description=DOWN, alertname="AnyName",
                   lists=LISTS)  # fmt: skip
    (one,) = kept_out(view)
    assert (str(one.culprit), one.likelihood) == ("NetworkPolicy shop/only-portal", Likelihood.HIGH)
    assert "Pod caller-0 in namespace other, which scrapes them, is kept out" in one.statement.en
    assert (
        list(kept_out(view_of(objects(k8s, "prometheus"), SERVICE, description="It is slow.", lists=LISTS)))
        == []
    )


def test_callers_that_are_let_in(view_of: Any, k8s: Any) -> None:
    """A policy that admits the caller's namespace, and a caller on the host's network, show nothing."""
    open_ = {"namespaceSelector": {"matchLabels": {"team": "ops"}}}
    assert (
        list(
            kept_out(view_of(objects(k8s, "prometheus", allow=open_), SERVICE, description=DOWN, lists=LISTS))
        )
        == []
    )
    assert (
        list(kept_out(view_of(objects(k8s, "prometheus", host=True), SERVICE, description=DOWN, lists=LISTS)))
        == []
    )


def test_policy_of_long_ago(view_of: Any, k8s: Any) -> None:
    """A policy that was there for long may not be enforced: no certainty."""
    view = view_of(objects(k8s, "prometheus", minutes=60 * 24 * 9), SERVICE, description=DOWN, lists=LISTS)
    (one,) = kept_out(view)
    assert one.likelihood is Likelihood.MEDIUM


def test_ingress_controller(view_of: Any, k8s: Any) -> None:
    """The controller is found by its class and the label of its project."""
    cls = k8s.obj("IngressClass nginx", spec={"controller": "k8s.io/ingress-nginx"})
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    spec = {"ingressClassName": "nginx", "rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]}
    entry = k8s.obj("Ingress shop/web", spec=spec)
    view = view_of([*objects(k8s, "ingress-nginx"), cls, entry], "Ingress shop/web", lists=LISTS)
    (one,) = kept_out(view)
    assert "which serves Ingress web, is kept out" in one.statement.en
