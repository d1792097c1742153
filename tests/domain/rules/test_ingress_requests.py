"""domain.rules.ingress_requests: requests that a controller refuses, or sends on in the wrong protocol."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood, RemedyKind
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


def _found(view: Any) -> list[Finding]:
    return [one for one in refused_requests(view) if isinstance(one, Finding)]


def test_bodies_above_the_limit(k8s: Any, view_of: Any) -> None:
    """nginx logs the size; the limit is the annotation's, or the default."""
    (one,) = _found(_view(k8s, view_of, LARGE * 8, ""))
    assert str(one.culprit) == "Ingress office/docs" and "413" in one.statement.en
    assert "5242880" in one.statement.en and "default" in one.statement.en
    key = "nginx.ingress.kubernetes.io/proxy-body-size"
    (one,) = _found(_view(k8s, view_of, LARGE * 8, "", **{key: "4m"}))
    assert "4m" in one.statement.en


def test_bodies_of_another_host(k8s: Any, view_of: Any) -> None:
    """The controller serves others too."""
    assert list(refused_requests(_view(k8s, view_of, LARGE.replace("docs.", "cv.") * 8, ""))) == []


def test_plain_requests_to_pods_with_tls(k8s: Any, view_of: Any) -> None:
    """The pods say that they expect HTTPS; the Ingress does not say so to its controller."""
    (one,) = _found(_view(k8s, view_of, "", PLAIN * 8))
    assert "backend-protocol" in one.statement.en and str(one.culprit) == "Ingress office/docs"
    assert len(_found(_view(k8s, view_of, "", PLAIN * 8, "Ingress docs is unhealthy"))) == 1
    key = "nginx.ingress.kubernetes.io/backend-protocol"
    assert list(refused_requests(_view(k8s, view_of, "", PLAIN * 8, **{key: "HTTPS"}))) == []


def test_an_alert_that_measures_nothing(k8s: Any, view_of: Any) -> None:
    """What some requests meet is no reason for an alert on the Ingress' state."""
    assert list(refused_requests(_view(k8s, view_of, LARGE * 8, "", "Ingress docs has no address"))) == []


PREFIX = "nginx.ingress.kubernetes.io/"
TAIL = ', client: 10.0.3.9, server: docs.example.com, request: "GET / HTTP/1.1", host: "docs.example.com"\n'
HEAD = "2025/06/01 11:58:00 [error] 31#31: *8812 "
RATE = HEAD + 'limiting requests, excess: 50.920 by zone "office_docs_rps"' + TAIL
AUTH = HEAD + "auth request unexpected status: 503 while sending to client" + TAIL
HEADER = HEAD + "upstream sent too big header while reading response header from upstream" + TAIL
RULE = HEAD + "access forbidden by rule" + TAIL
SLOW = (
    HEAD + "upstream timed out (110: Operation timed out) while reading response header from upstream" + TAIL
)
OTHERS = RATE.replace("docs.example.com", "cv.example.com")


@pytest.mark.parametrize(
    ("line", "code", "key", "value"),
    [
        (RATE, "503", "limit-rps", "10"),
        (HEADER, "502", "proxy-buffer-size", ""),
        (RULE, "403", "whitelist-source-range", "10.9.0.0/16"),
    ],
)
def test_settings_of_the_ingress_that_refuse(
    k8s: Any, view_of: Any, line: str, code: str, key: str, value: str
) -> None:
    """The annotation that decides is told with its value, or with what holds by default; it is to be changed."""
    notes = {PREFIX + key: value} if value else {}
    text = f"30% of requests to docs.example.com are answered with {code}"
    (one,) = _found(_view(k8s, view_of, line * 8, "", text, **notes))
    assert str(one.culprit) == "Ingress office/docs" and one.likelihood is Likelihood.HIGH
    for said in (one.statement.en, one.statement.zh):
        assert key in said and (value or "4k") in said and "8812" not in said
    assert PREFIX + key in one.remedies[0].commands[0].command


@pytest.mark.parametrize("line", [RATE, HEADER, RULE, SLOW, LARGE])
def test_another_answer_than_the_one_that_is_measured(k8s: Any, view_of: Any, line: str) -> None:
    """What some clients are refused for with 413 or 403 does not explain answers with 500."""
    text = "30% of requests to docs.example.com are answered with 501"
    assert list(refused_requests(_view(k8s, view_of, line * 8, "", text))) == []


@pytest.mark.parametrize(
    "log",
    [
        OTHERS * 8,
        RATE * 2,
        OTHERS.replace('"\n', '", referrer: "https://docs.example.com/"\n') * 8,
        RATE.replace("server: docs.", "server: old-docs.").replace('host: "docs.', 'host: "old-docs.') * 8,
        RATE.replace("11:58:00", "08:58:00") * 8,
    ],
)
def test_refusals_that_do_not_count(k8s: Any, view_of: Any, log: str) -> None:
    """Of another host (be it called from a page of this one), only a few, or hours before the alert."""
    assert list(refused_requests(_view(k8s, view_of, log, ""))) == []


def test_a_service_that_authenticates(k8s: Any, view_of: Any) -> None:
    """The annotation names it: whatever is wrong with it is the cause."""
    url = "http://oauth.auth.svc.cluster.local:4180/check"
    made = list(refused_requests(_view(k8s, view_of, AUTH * 8, "", **{PREFIX + "auth-url": url})))
    (one,), (want,) = k8s.findings(made), k8s.wants(made)
    assert str(want.about) == "Service auth/oauth" and one.waits_on == (want.about,)
    assert one.likelihood is Likelihood.MEDIUM and "认证" in one.statement.zh


def test_pods_that_are_too_slow_for_the_controller(k8s: Any, view_of: Any) -> None:
    """The workload behind is to be looked at; a longer timeout would only hide it."""
    (one,) = _found(_view(k8s, view_of, SLOW * 8, ""))
    assert one.category == "slow-dependency" and str(one.culprit) == "Pod office/docs-0"
    assert "60 s" in one.statement.en and one.likelihood is Likelihood.MEDIUM
    assert one.remedies[0].kind is RemedyKind.ESCALATE
