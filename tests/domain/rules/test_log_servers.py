"""domain.rules.log_servers and log_dns: servers that answer with a failure of their own, aliases, busy workers."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood, RemedyKind
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import signs
from kubetriage.domain.rules.log_causes import log_causes
from kubetriage.domain.rules.log_unknown import unknown_errors

POD = "Pod shop/app-1"
LOG = ("shop", "app-1", "app", False)
FAILS = "app answers more than 20% of its requests with HTTP 500"


def _sign(line: str) -> Sign | None:
    return next((seen.sign for seen in signs(f"ERROR {line}\n")), None)


def _one(k8s: Any, view_of: Any, line: str, *objects: Any, env: str = "", **more: Any) -> Any:
    main = {"env": [{"name": "STORE_URL", "value": env}]} if env else {}
    pod = k8s.pod(POD, k8s.container(**main), node="n1", owner="StatefulSet shop/app")
    view = view_of(
        [pod, k8s.obj("Node n1"), *objects], POD, logs={LOG: f"ERROR {line}\n" * 12},
        description=FAILS, alertname="Custom", **more,
    )  # fmt: skip
    (found,) = k8s.findings(log_causes(view))
    return found


@pytest.mark.parametrize(
    "line",
    [
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk",
        "READONLY You can't write against a read only replica.",
        "LOADING Redis is loading the dataset in memory",
        "CLUSTERDOWN The cluster is down",
        "org.apache.kafka.common.errors.NotEnoughReplicasException: Messages are rejected",
        "FATAL: the database system is starting up",
        "cannot execute UPDATE in a read-only transaction",
        "The MySQL server is running with the --read-only option so it cannot execute this statement",
        "NotWritablePrimary: not primary",
    ],
)
def test_states_in_which_a_server_refuses(line: str) -> None:
    """Redis, Kafka, PostgreSQL, MySQL and MongoDB say in their protocol what keeps them from serving."""
    assert _sign(line) is Sign.SERVER_STATE


@pytest.mark.parametrize(
    "line",
    [
        "POST http://ledger.pay.svc/v1/entries: 500 Internal Server Error",
        'Get "https://ledger.pay.svc/v1": 503 Service Unavailable',
        "cms responded with 502 Bad Gateway for http://cms.web.svc/pages",
        "requests.exceptions.HTTPError: 504 Server Error: Gateway Timeout for url: http://a.b.svc/",
    ],
)
def test_answers_of_a_server_that_fails(line: str) -> None:
    """A call with its URL and the 5xx that came back, in the order in which clients write them."""
    assert _sign(line) is Sign.SERVER_ERROR


@pytest.mark.parametrize(
    "line",
    [
        '10.0.0.1 "GET / HTTP/1.1" 500 12 "http://shop.example.com/cart"',
        "GET http://a.b.svc/items took 500ms and failed to parse",
        "could not price 503 items",
    ],
)
def test_numbers_that_are_no_answers(line: str) -> None:
    """An access log's own answer with a referrer, milliseconds and counts are no failing callee."""
    assert _sign(line) is not Sign.SERVER_ERROR


@pytest.mark.parametrize(
    "line",
    [
        "Unable to resolve service for type 'Shop.IRates' while attempting to activate 'Shop.Worker'.",
        "Cannot resolve placeholder 'db.url'",
        "Could not resolve dependency shop-core",
        "Can't resolve './cart' in '/app/src'",
    ],
)
def test_what_a_program_resolves_in_itself(line: str) -> None:
    """Dependency injection, builds and templates resolve too: no host name is meant."""
    assert _sign(line) is not Sign.DNS


@pytest.mark.parametrize("host", ["service db", "host db", "db"])
def test_hosts_that_are_not_resolved(host: str) -> None:
    """Resolvers keep being read."""
    wanted = None if host == "service db" else Sign.DNS
    assert _sign(f"could not resolve {host}: Unspecified") in (wanted, Sign.DNS)


def test_a_server_known_by_the_environment(k8s: Any, view_of: Any) -> None:
    """Redis' answer names no host: the only Service in the environment is it, and what runs behind is to blame."""
    store = k8s.pod("Pod shop/redis-0", labels={"app": "redis"}, owner="StatefulSet shop/redis")
    service = k8s.obj("Service shop/redis", spec={"selector": {"app": "redis"}, "ports": [{"port": 6379}]})
    one = _one(k8s, view_of, "OOM command not allowed when used memory > 'maxmemory'.", store, service,
               env="redis://redis:6379")  # fmt: skip
    assert str(one.culprit) == "StatefulSet shop/redis" and one.likelihood is Likelihood.MEDIUM
    assert "maxmemory" in one.statement.en and "heap" not in one.statement.en
    assert one.remedies[0].kind is RemedyKind.ESCALATE


def test_a_server_outside(k8s: Any, view_of: Any) -> None:
    """Whoever runs it is to be asked; nothing in the cluster is to be changed."""
    one = _one(k8s, view_of, "POST https://api.carrier.example/v3/labels: 503 Service Unavailable")
    assert "api.carrier.example" in one.statement.en and "5xx" in one.statement.zh
    assert [r.kind for r in one.remedies] == [RemedyKind.ESCALATE, RemedyKind.CHECK]


def test_the_logs_behind_a_server_that_fails(k8s: Any, view_of: Any) -> None:
    """They are read when requests are what the alert measures: the reason stands one hop further."""
    pod = k8s.pod(POD, k8s.container(), node="n1", owner="StatefulSet shop/app")
    back = k8s.pod("Pod pay/ledger-0", labels={"app": "ledger"}, owner="StatefulSet pay/ledger")
    service = k8s.obj("Service pay/ledger", spec={"selector": {"app": "ledger"}, "ports": [{"port": 80}]})
    line = "ERROR POST http://ledger.pay.svc/v1: 500 Internal Server Error\n"
    view = view_of([pod, k8s.obj("Node n1"), back, service], POD, logs={LOG: line * 12},
                   description=FAILS, alertname="Custom")  # fmt: skip
    asked = [w.read for w in k8s.wants(log_causes(view))]
    assert any("ledger-0" in str(read) for read in asked)


def test_workers_that_are_all_busy(k8s: Any, view_of: Any) -> None:
    """A pool of processes at its limit is told with the limit."""
    one = _one(k8s, view_of, "[pool www] server reached pm.max_children setting (5), consider raising it")
    assert "limit 5" in one.statement.en and one.category == "misconfigured-app"


def test_an_alias_that_leads_nowhere(k8s: Any, view_of: Any) -> None:
    """The cluster DNS answers rightly: an ExternalName names a host that is not there."""
    alias = k8s.obj("Service shop/legacy", spec={"type": "ExternalName", "externalName": "db.old.example"})
    one = _one(k8s, view_of, "dial tcp: lookup legacy on 10.96.0.10:53: no such host", alias)
    assert str(one.culprit) == "Service shop/legacy" and "db.old.example" in one.statement.en


def test_a_headless_service_without_endpoints(k8s: Any, view_of: Any) -> None:
    """Its name has no address then, which is no fault of the cluster DNS."""
    spec = {"clusterIP": "None", "selector": {"app": "zk"}, "ports": [{"port": 2181}]}
    one = _one(k8s, view_of, "lookup zk on 10.96.0.10:53: no such host",
               k8s.obj("Service shop/zk", spec=spec), lists=[("EndpointSlice", "shop")])  # fmt: skip
    assert str(one.culprit) == "Service shop/zk" and "headless" in one.statement.en


def test_telemetry_that_is_not_sent(k8s: Any, view_of: Any) -> None:
    """Traces that find no collector fail no request: other errors of the log go first."""
    trace = "ERROR otel: failed to export traces: dial tcp: lookup collector.obs.svc: no such host\n"
    log = trace * 20 + "ERROR NullPointerException in Ranker.score: 500\n" * 8
    pod = k8s.pod(POD, k8s.container(), node="n1", owner="StatefulSet shop/app")
    view = view_of([pod, k8s.obj("Node n1")], POD, logs={LOG: log}, description=FAILS, alertname="Custom")
    assert k8s.findings(log_causes(view)) == []
    (one,) = k8s.findings(unknown_errors(view))
    assert "NullPointerException" in one.statement.en


def test_a_full_volume_named_after_the_error(k8s: Any, view_of: Any) -> None:
    """Python names the file behind the message; its volume, not the node's disk, is full."""
    main = k8s.container(volumeMounts=[{"name": "tmp", "mountPath": "/tmp"}])
    pod = k8s.pod(POD, main, node="n1", owner="StatefulSet shop/app",
                  volumes=[{"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "200Mi"}}])  # fmt: skip
    line = "ERROR OSError: [Errno 28] No space left on device: '/tmp/a.png'\n"
    view = view_of([pod, k8s.obj("Node n1")], POD, logs={LOG: line * 12})
    (one,) = k8s.findings(log_causes(view))
    assert str(one.culprit) == "StatefulSet shop/app" and "200Mi" in one.statement.en
