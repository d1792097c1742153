"""domain.rules.log_servers: servers that answer with a failure of their own, and workers that are all busy."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood, RemedyKind, Role, Specificity
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import signs
from kubetriage.domain.rules.log_causes import log_causes
from kubetriage.domain.rules.log_unknown import unknown_errors
from kubetriage.domain.rules.probes import killed_by_probe

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
        "redis.exceptions.OutOfMemoryError: command not allowed when used memory > 'maxmemory'.",
        "redis.exceptions.BusyLoadingError: Redis is loading the dataset in memory",
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
        'HTTP Request: POST http://ledger.pay.svc/v1 "HTTP/1.1 500 Internal Server Error"',
        '"call failed" url=http://ledger.pay.svc/v1 status=500 took=12ms',
        "GET http://ledger.pay.svc/v1 -> 500",
        "GET http://ledger.pay.svc/v1 500",
        "request to http://ledger.pay.svc/v1 failed with status code 503",
        "调用 http://ledger.pay.svc/v1 返回 500",
        "feign.FeignException$ServiceUnavailable: [503] during [GET] to [http://ledger.pay.svc/v1] [L#get()]: []",
        "502 Bad Gateway from GET http://ledger.pay.svc/v1",
        "urllib.error.HTTPError: HTTP Error 503: Service Unavailable",
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
        'GET /cart HTTP/1.1" 200 500 "https://shop.example.com/"',
        '10.0.0.1 - - "GET https://shop.example.com/a HTTP/1.1" 200 500 "-" "curl"',
        '"GET /a HTTP/1.1" 200 12 "https://shop.example.com/" "x" 500 0.012 [shop-web-80] 10.1.1.3:80 503 0.01',
        '"GET /ready HTTP/1.1" 200 2 "-" "kube-probe/1.31 (+https://k8s.io/)" 500 0.3',
        '"POST https://shop.example.com/checkout HTTP/2" 500',
        "GET https://api.example.com/items 200 (500 bytes)",
        "GET https://api.example.com/items 200 500",
        "fetched https://api.example.com/items, 500 items, limit=500",
        "downloaded http://repo.example.com/pkg.tar 503 kB",
        "url=https://a.b.svc/x status=200 duration=500 bytes=503",
        "connecting to https://a.b.svc, timeout=500 retries=3",
        "Listening on http://0.0.0.0:8080 (max 500 connections, workers: 500)",
        "retry policy for https://a.b.svc: retries on 502, 503, 504",
        "500 Internal Server Error while serving http://shop.example.com/cart",
    ],
)
def test_numbers_that_are_no_answers(line: str) -> None:
    """An access log's own answer with a referrer, milliseconds and counts are no failing callee."""
    assert _sign(line) is not Sign.SERVER_ERROR


@pytest.mark.parametrize(
    "line",
    [
        "leader changed, following pod-2",
        "switching primary to pod-2",
        "not the primary, standing by",
        "replica set primary stepped down",
        "entering standby mode, read-only until promoted",
        "user connection blocked by firewall",
        "CORS: connection blocked due to disk cache",
        "database system is ready to accept read-only connections",
        "RejectedExecutionException: Task rejected from ThreadPoolExecutor@1b[Terminated, pool size = 0]",
    ],
)
def test_words_of_servers_that_refuse_nothing(line: str) -> None:
    """Who leads changes, and a pool that shuts down takes no more: neither keeps a request from being served."""
    assert _sign(line) not in (Sign.SERVER_STATE, Sign.SATURATED)


@pytest.mark.parametrize(
    "line",
    [
        "Connection blocked: <Connection.Blocked(['reason=low on memory'])>",
        "connection is blocked: low on disk",
    ],
)
def test_a_broker_that_takes_no_messages(line: str) -> None:
    """RabbitMQ's alarm, as its clients are told."""
    assert _sign(line) is Sign.SERVER_STATE


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


def test_a_callee_of_another_kind(k8s: Any, view_of: Any) -> None:
    """Redis' words do not speak of an API or a database, be it the only Service in the environment."""
    for env in ("http://payments:8080", "postgres://payments:5432"):
        service = k8s.obj("Service shop/payments", spec={"selector": {"app": "p"}})
        one = _one(k8s, view_of, "OOM command not allowed when used memory > 'maxmemory'.", service, env=env)
        assert "payments" not in one.statement.en and str(one.culprit) == "StatefulSet shop/app"
        assert one.likelihood is Likelihood.MEDIUM and one.specificity is Specificity.GENERAL


@pytest.mark.parametrize(
    ("image", "line"),
    [
        ("docker.io/bitnami/postgresql:15.4", "cannot execute UPDATE in a read-only transaction"),
        ("mysql:8.0", "running with the --super-read-only option"),
        ("confluentinc/cp-kafka:7.5.1", "NotEnoughReplicasException: The size of the current ISR Set(1)"),
    ],
)
def test_a_server_that_logs_its_own_answers(k8s: Any, view_of: Any, image: str, line: str) -> None:
    """It calls nobody: the state is its own, and why it is in it stays open."""
    pod = k8s.pod(POD, k8s.container(image=image, env=[{"name": "PEER_URL", "value": "http://other:5432"}]),
                  node="n1", owner="StatefulSet shop/app")  # fmt: skip
    view = view_of([pod, k8s.obj("Node n1")], POD, logs={LOG: f"ERROR {line}\n" * 12}, description=FAILS)
    (one,) = k8s.findings(log_causes(view))
    assert "calls" not in one.statement.en and "调用" not in one.statement.zh
    assert str(one.culprit) == "StatefulSet shop/app" and one.likelihood is not Likelihood.HIGH


def test_a_server_that_is_killed_while_it_starts(k8s: Any, view_of: Any) -> None:
    """What it answers its clients meanwhile does not end it: the probe that cannot wait does."""
    main = k8s.container(image="postgres:15", state=k8s.waiting("CrashLoopBackOff"), restarts=6,
                         last=k8s.ended(137, lasted=0.5), livenessProbe={"exec": {"command": ["pg_isready"]}})  # fmt: skip
    events = [
        k8s.event(POD, "Unhealthy", "Liveness probe failed: /run/postgresql:5432 - rejecting connections"),
        k8s.event(POD, "Killing", "Container app failed liveness probe, will be restarted", kind="Normal"),
    ]
    log = "UTC [1] LOG:  redo starts at 12/A4\n" + "UTC [33] FATAL:  the database system is starting up\n" * 4
    view = view_of([k8s.pod(POD, main), k8s.obj("Node n1"), *events], POD,
                   logs={("shop", "app-1", "app", True): log})  # fmt: skip
    assert k8s.findings(log_causes(view)) == []
    (one,) = killed_by_probe(view)
    assert one.role is Role.CAUSE and "liveness probe" in one.statement.en


def test_a_server_that_has_started(k8s: Any, view_of: Any) -> None:
    """It refused its clients while it came up; ready, it no longer does."""
    log = "FATAL:  the database system is starting up\n" * 8
    for image, count in (("postgres:15", 0), ("registry.example.com/shop/app:1", 1)):
        pod = k8s.pod(POD, k8s.container(image=image), node="n1", owner="StatefulSet shop/app")
        view = view_of([pod, k8s.obj("Node n1")], POD, logs={LOG: log}, description=FAILS)
        assert len(k8s.findings(log_causes(view))) == count


def test_a_healthy_server_with_a_few_failed_requests_of_others(k8s: Any, view_of: Any) -> None:
    """An access log with referrers, sizes and two 5xx among hundreds is no failing callee."""
    good = '10.0.0.7 - - [01/Jun/2025:11:58:00 +0000] "GET /a HTTP/1.1" 200 500 "https://shop.example.com/" "m"\n'
    bad = '10.0.0.8 - - [01/Jun/2025:11:58:30 +0000] "GET /b HTTP/1.1" 502 157 "https://shop.example.com/" "m"\n'
    pod = k8s.pod(POD, k8s.container(), node="n1", owner="StatefulSet shop/app")
    view = view_of([pod, k8s.obj("Node n1")], POD, logs={LOG: good * 200 + bad * 2 + good * 50},
                   description=FAILS, alertname="Custom")  # fmt: skip
    assert k8s.findings(log_causes(view)) == [] and k8s.findings(unknown_errors(view)) == []


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
