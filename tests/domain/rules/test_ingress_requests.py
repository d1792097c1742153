"""domain.rules.ingress_requests: requests that a controller refuses, or sends on in the wrong protocol."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.rules.ingress_requests import refused_requests

CLASS = {"controller": "k8s.io/ingress-nginx"}
LABEL = {"app.kubernetes.io/name": "ingress-nginx"}
LARGE = (
    "[error] 31#31: *8 client intended to send too large body: 5242880 bytes, server: docs.example.com, x\n"
)
PLAIN = "http: TLS handshake error from 10.0.0.4:40112: client sent an HTTP request to an HTTPS server\n"
ASKS = "More than 30% of requests to docs.example.com fail"


def _view(k8s: Any, view_of: Any, edge: str, app: str, text: str = ASKS, **annotations: str) -> Any:
    backend = {"service": {"name": "docs", "port": {"number": 80}}}
    rules = [{"host": "docs.example.com", "http": {"paths": [{"path": "/", "backend": backend}]}}]
    entry = k8s.obj("Ingress office/docs", spec={"ingressClassName": "nginx", "rules": rules},
                    metadata={"annotations": annotations})  # fmt: skip
    service = k8s.obj("Service office/docs", spec={"selector": {"app": "docs"}, "ports": [{"port": 80}]})
    pods = [k8s.pod("Pod edge/nginx-0", labels=LABEL), k8s.pod("Pod office/docs-0", labels={"app": "docs"})]
    logs = {("edge", "nginx-0", "app", False): edge, ("office", "docs-0", "app", False): app}
    return view_of([entry, k8s.obj("IngressClass nginx", spec=CLASS), service, *pods], "Ingress office/docs",
                   logs={k: v for k, v in logs.items() if v}, description=text, alertname="Custom")  # fmt: skip


def test_bodies_above_the_limit(k8s: Any, view_of: Any) -> None:
    """nginx logs the size; the limit is the annotation's, or the default."""
    (one,) = refused_requests(_view(k8s, view_of, LARGE * 8, ""))
    assert str(one.culprit) == "Ingress office/docs" and "413" in one.statement.en
    assert "5242880" in one.statement.en and "default" in one.statement.en
    key = "nginx.ingress.kubernetes.io/proxy-body-size"
    (one,) = refused_requests(_view(k8s, view_of, LARGE * 8, "", **{key: "4m"}))
    assert "4m" in one.statement.en


def test_bodies_of_another_host(k8s: Any, view_of: Any) -> None:
    """The controller serves others too."""
    assert list(refused_requests(_view(k8s, view_of, LARGE.replace("docs.", "cv.") * 8, ""))) == []


def test_plain_requests_to_pods_with_tls(k8s: Any, view_of: Any) -> None:
    """The pods say that they expect HTTPS; the Ingress does not say so to its controller."""
    (one,) = refused_requests(_view(k8s, view_of, "", PLAIN * 8))
    assert "backend-protocol" in one.statement.en and str(one.culprit) == "Ingress office/docs"
    key = "nginx.ingress.kubernetes.io/backend-protocol"
    assert list(refused_requests(_view(k8s, view_of, "", PLAIN * 8, **{key: "HTTPS"}))) == []


def test_an_alert_that_measures_nothing(k8s: Any, view_of: Any) -> None:
    """What some requests meet is no reason for an alert on the Ingress' state."""
    assert list(refused_requests(_view(k8s, view_of, LARGE * 8, "", "Ingress docs has no address"))) == []
