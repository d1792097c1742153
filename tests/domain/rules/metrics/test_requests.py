"""domain.rules.metrics_requests: requests that fail, and the peers that fail them."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf, nan
from typing import Any

import pytest

from kubetriage.domain import measures
from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Finding, Likelihood, Role, Want
from kubetriage.domain.rules.metrics_requests import (
    about_requests,
    answers_with_errors,
    peers_that_fail,
    share_of,
)
from kubetriage.domain.samples import Point, Series
from kubetriage.domain.view import ClusterView

WEB = "Deployment shop/web"
FAILS = "web answers more than 5% of its requests with errors"


@pytest.fixture
def counted(k8s: Any, view_of: Any, measured: Any, row: Any) -> Any:
    """`counted("http_requests_total", [({"code": "503"}, 4), …])`: a Deployment with a pod and its rates."""

    def make(
        metric: str, *rates: tuple[dict[str, str], Any], calls: bool = False, **more: Any
    ) -> ClusterView:
        owner = "ReplicaSet shop/web-6d"
        objects = [k8s.deployment(WEB), k8s.replicaset(owner, WEB), k8s.pod("Pod shop/web-6d-a", owner=owner)]
        view = view_of([*objects, *more.pop("objects", ())], WEB)
        assert view.primary is not None
        pods = measures.pods_of(view.primary)
        read = next(r for r in measures.requests(view.primary, [metric], pods, view.now)
                    if (r.measure == "calls") is calls)  # fmt: skip
        made: ClusterView = measured(view, {read: [row(v, **labels) for labels, v in rates]}, **more)
        return made

    return make


@pytest.mark.parametrize(
    ("metric", "label", "failed", "well"),
    [
        ("http_requests_total", "code", "503", "200"),
        ("http_requests_total", "status", "5xx", "2xx"),
        ("http_requests_total", "status_code", "500", "404"),
        ("http_server_requests_seconds_count", "status", "500", "200"),
        ("http_server_request_duration_seconds_count", "http_response_status_code", "502", "204"),
        ("grpc_server_handled_total", "grpc_code", "Unavailable", "NotFound"),
        ("istio_requests_total", "response_code", "0", "200"),
    ],
)
def test_the_share_that_fails(counted: Any, metric: str, label: str, failed: str, well: str) -> None:
    """By whatever label the library gives the outcome; a client's own mistakes are no failures."""
    view = counted(metric, ({label: failed}, 4), ({label: well}, 28), words=FAILS)
    (one,) = answers_with_errors(view)
    assert one.role is Role.SYMPTOM
    assert f"answers 12.5% of its requests with errors: 4/s of 32/s, mostly {failed}" in one.statement.en
    assert "12.5%" in one.statement.zh and one.quotes == (failed,)


@pytest.mark.parametrize(
    "rates",
    [[], [({"code": "503"}, 0.1), ({"code": "200"}, 9)], [({"code": "503"}, "NaN")], [({"code": "503"}, 0)]],
)
def test_few_or_none(counted: Any, rates: Any) -> None:
    """No traffic, hardly any error, and a division by nothing say nothing."""
    assert list(answers_with_errors(counted("http_requests_total", *rates, words=FAILS))) == []


def test_an_alert_about_something_else(counted: Any) -> None:
    """Errors beside it are a hint."""
    view = counted("http_requests_total", ({"code": "503"}, 4), words="pod is not ready")
    assert [f.role for f in answers_with_errors(view)] == [Role.HINT]
    assert not about_requests(view)


@pytest.mark.parametrize(
    ("expr", "about"),
    [("rate(http_requests_total[5m]) > 1", True), ("rate(istio_requests_total[5m]) > 1", True),
     ("nginx_ingress_controller_requests > 1", True), ("envoy_cluster_upstream_rq_xx > 1", True),
     ("kube_pod_container_resource_requests > 1", False), ("kube_pod_status_ready == 0", False)],
)  # fmt: skip
def test_what_an_expression_is_about(counted: Any, expr: str, about: bool) -> None:
    """Metrics of requests, not those of requested resources."""
    assert about_requests(counted("http_requests_total", expr=expr)) is about


def wants_and_findings(view: ClusterView) -> tuple[list[Want], list[Finding]]:
    every = list(peers_that_fail(view))
    return [w for w in every if isinstance(w, Want)], [f for f in every if isinstance(f, Finding)]


PEER = {"destination_service_name": "pay"}


def test_a_peer_that_fails_is_looked_at(k8s: Any, counted: Any) -> None:
    """Its Service is read, and is the culprit once it is known; its own trouble would explain the failures."""
    rates = [({**PEER, "response_code": "503"}, 9), ({**PEER, "response_code": "200"}, 1)]
    fine = [({"destination_service_name": "stock", "response_code": "200"}, 50)]
    wants, (one,) = wants_and_findings(
        counted("istio_requests_total", *rates, *fine, calls=True, words=FAILS)
    )
    assert [w.read for w in wants] == [get(k8s.ref("Service shop/pay"))]
    assert (one.role, one.likelihood, str(one.culprit)) == (Role.CAUSE, Likelihood.MEDIUM, WEB)
    assert "90% of its calls to pay fail (9/s of 10/s, mostly 503)" in one.statement.en
    assert "对 pay 的调用有 90% 失败" in one.statement.zh
    service = k8s.obj("Service shop/pay", spec={"selector": {"app": "pay"}})
    view = counted("istio_requests_total", *rates, calls=True, words=FAILS, objects=[service])
    _, (one,) = wants_and_findings(view)
    assert str(one.culprit) == "Service shop/pay" and one.waits_on == (k8s.ref("Service shop/pay"),)


@pytest.mark.parametrize(
    ("metric", "label", "name", "service"),
    [
        ("http_client_requests_seconds_count", "client_name", "pay.shop.svc.cluster.local", "Service shop/pay"),
        ("http_client_request_duration_seconds_count", "server_address", "pay:8080", "Service shop/pay"),
        ("envoy_cluster_upstream_rq_xx", "envoy_cluster_name", "outbound|80||pay.bank.svc.cluster.local",
         "Service bank/pay"),
        ("grpc_client_handled_total", "grpc_service", "pay.v1.Payments", None),
        ("http_client_requests_seconds_count", "client_name", "api.partner.example.com", None),
        ("http_client_requests_seconds_count", "client_name", 'x"} or up{', None),
    ],
)  # fmt: skip
def test_how_peers_are_named(counted: Any, metric: str, label: str, name: str, service: str | None) -> None:
    """A Service's name, its DNS name, with a port, or Envoy's word for it; what is none is only told."""
    status = measures.REQUESTS[[r.metric for r in measures.REQUESTS].index(metric)].statuses[0]
    failed = "5" if status.endswith("class") else "Unavailable" if status == "grpc_code" else "500"
    wants, (one,) = wants_and_findings(
        counted(metric, ({label: name, status: failed}, 3), calls=True, words=FAILS)
    )
    assert [str(w.about) for w in wants] == ([service] if service else [])
    assert name in one.statement.en


@pytest.mark.parametrize(
    ("rates", "words"),
    [([({**PEER, "response_code": "503"}, 1), ({**PEER, "response_code": "200"}, 9)], FAILS),
     ([({**PEER, "response_code": "503"}, 9)], "pod is not ready"), ([({"response_code": "503"}, 9)], FAILS)],
)  # fmt: skip
def test_what_is_no_failing_peer(counted: Any, rates: Any, words: str) -> None:
    """Few failures, an alert about something else, and calls to nobody in particular."""
    assert wants_and_findings(counted("istio_requests_total", *rates, calls=True, words=words)) == ([], [])


def test_shares_leave_out_what_is_no_number() -> None:
    """NaN and infinity are neither failed nor well."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    values = {"200": 3.0, "201": inf, "500": 1.0, "503": nan}
    share = share_of(Series({"code": code}, (Point(at, value),)) for code, value in values.items())
    assert (share.failed, share.whole, share.worst) == (1, 4, "500")
