"""Callees that are reached and answer with a failure of their own, and what decides how requests get there."""

from __future__ import annotations

from typing import Any

from kubetriage.evals.builders.autoscaling import scaler
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.networking import ingress, ingress_class
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import REQUESTS
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    crashing,
    fires,
    key,
    lean,
    running,
)
from kubetriage.evals.builders.states import Ended
from kubetriage.evals.builders.templates import container
from kubetriage.evals.builders.world import World

_CONTROLLER = {"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"}


def _log(line: str, times: int = 25) -> str:
    """A log of that line; `%T` in it becomes its time of day."""
    return "".join(line.replace("%T", f"09:5{n % 9}:{n * 7 % 60:02}") + "\n" for n in range(times))


def _errors(world: World, work: Json, since: str = "25m") -> Json:
    meta = work["metadata"]
    text = f"{meta['name']} answers more than 20% of its requests with HTTP 500."
    return fires(world, "HighErrorRate", text, since, "critical", namespace=meta["namespace"],
                 deployment=meta["name"])  # fmt: skip


def cache_refuses_writes_at_its_limit() -> Built:
    """Redis has used up its maxmemory: its clients' own memory has nothing to do with it."""
    world = lean("2027-06-20T10:00:00Z")
    store = world.statefulset(
        "redis", "toys", [container("redis", "redis:7.2.5", ports=[6379], requests=REQUESTS)], age="80d"
    )
    for pod in store.pods:
        world.log(pod, "redis", "1:M 31 Mar 2027 08:10:11.004 * Ready to accept connections tcp\n")
    world.service("redis", "toys", port=6379, target=6379)
    line = "2027-06-20T%TZ ERROR redis: OOM command not allowed when used memory > 'maxmemory'."
    work = running(world, "baskets", "toys", main={"env": {"REDIS_URL": "redis://redis.toys.svc:6379"}},
                   log=_log(line))  # fmt: skip
    answer = key(
        work.object, store.object, "app-dependency",
        "redis has used up its maxmemory and refuses what baskets writes.",
        (r"redis", r"maxmemory"), NO_PULL, NO_PROBE, r"baskets (is|runs) out of memory|heap",
        tags=("log", "redis", "subject-deployment"),
    )  # fmt: skip
    return Built("cache-refuses-writes-at-its-limit", _errors(world, work.object), answer, world)


def callee_of_the_callee_is_refused() -> Built:
    """A Service's budget burns: its callee answers with 500, whose own database proxy does not start."""
    world = lean("2027-06-21T10:00:00Z")
    text = "FATAL config file /etc/pgbouncer/pgbouncer.ini: unknown parameter: max_client_con\n"
    proxy = crashing(world, "pgbouncer", "till", Ended(1, began="6m", ended="5m"), text, age="5d",
                     changed="34m")  # fmt: skip
    world.service("pgbouncer", "till", port=6432, target=6432)
    line = (
        '2027-06-21T%TZ ERROR psycopg2.OperationalError: connection to server at "pgbouncer.till.svc" '
        "(10.96.14.59), port 6432 failed: Connection refused"
    )
    running(world, "receipts", "till", log=_log(line))
    world.service("receipts", "till")
    line = "2027-06-21T%TZ ERROR POST http://receipts.till.svc/v1/entries: 500 Internal Server Error"
    running(world, "counter", "front", log=_log(line))
    service = world.service("counter", "front")
    alert = fires(world, "ErrorBudgetBurn", "counter burns its error budget 14.4 times too fast.", "28m",
                  "critical", namespace="front", service="counter", slo="counter-availability")  # fmt: skip
    answer = key(
        service, proxy.object, "crash-app-error",
        "pgbouncer does not start for an unknown parameter, so receipts fails and counter with it.",
        (r"pgbouncer", r"unknown parameter"), NO_OOM, NO_PULL, also=(proxy.pod,),
        tags=("log", "cross-namespace", "subject-service"),
    )  # fmt: skip
    return Built("callee-of-the-callee-is-refused", alert, answer, world)


def alias_of_a_service_that_is_gone() -> Built:
    """An ExternalName leads to a name that nothing has; the cluster DNS is well."""
    world = lean("2027-06-22T10:00:00Z")
    alias = world.service("stock-db", "depot", selector={}, more={
        "type": "ExternalName", "externalName": "mysql-primary.databases.svc.cluster.local"})  # fmt: skip
    for field in ("clusterIP", "clusterIPs"):
        alias["spec"].pop(field)
    world.need_namespace("databases")
    line = "2027-06-22T%TZ ERROR dial tcp: lookup stock-db.depot.svc.cluster.local on 10.96.0.10:53: no such host"
    work = running(world, "picking", "depot", log=_log(line))
    answer = key(
        work.object, alias, "dns",
        "Service stock-db is an alias of mysql-primary.databases, which does not resolve.",
        (r"stock-db", r"mysql-primary"), NO_OOM, blames("coredns|cluster DNS"),
        tags=("dns", "log", "subject-deployment"),
    )  # fmt: skip
    return Built("alias-of-a-service-that-is-gone", _errors(world, work.object), answer, world)


def traces_find_no_collector() -> Built:
    """Traces that cannot be sent fill the log; what fails the requests is the application's own error."""
    world = lean("2027-06-23T10:00:00Z")
    trace = (
        "2027-06-23T%TZ ERROR otel: failed to export traces: rpc error: code = Unavailable desc = dial tcp: "
        "lookup otel-collector.observe.svc on 10.96.0.10:53: no such host"
    )
    error = "2027-06-23T%TZ ERROR IllegalStateException in SeatMap.price (SeatMap.java:77): GET /seats: 500"
    work = running(world, "seats", "stage", replicas=2, log=_log(trace, 20) + _log(error))
    answer = key(
        work.object, work.object, "crash-app-error", "seats throws an IllegalStateException in SeatMap.",
        (r"IllegalState|SeatMap",), NO_OOM, blames("otel-collector"), also=(work.pod,),
        tags=("log", "red-herring", "subject-deployment"),
    )  # fmt: skip
    return Built("traces-find-no-collector", _errors(world, work.object), answer, world)


def canary_behind_one_service() -> Built:
    """A quarter of a Service's requests fail: the canary's, beside three pods that are well."""
    world = lean("2027-06-24T10:00:00Z")
    both: dict[str, Any] = {"app": "offers"}
    running(world, "offers", "mall", replicas=3, labels=both | {"track": "stable"},
            log=_log("2027-06-24T%TZ INFO GET /offers 200"))  # fmt: skip
    line = (
        "2027-06-24T%TZ ERROR GET /offers 500 panic recovered: runtime error: index out of range [3] with "
        "length 3"
    )
    canary = running(world, "offers-canary", "mall", age="50m", labels=both | {"track": "canary"},
                     main={"image": "registry.example.com/mall/offers:2.0.0-rc1"}, log=_log(line))  # fmt: skip
    service = world.service("offers", "mall")
    alert = fires(world, "HighErrorRate", "25% of the requests to offers fail with HTTP 500.", "40m",
                  "critical", namespace="mall", service="offers")  # fmt: skip
    answer = key(
        service, canary.object, "crash-app-error", "offers-canary panics with an index out of range.",
        (r"offers-canary", r"index out of range"), NO_OOM, NO_PULL, also=(canary.pod,),
        tags=("log", "canary", "subject-service"),
    )  # fmt: skip
    return Built("canary-behind-one-service", alert, answer, world)


def _entered(world: World, name: str, ns: str, port: int, controller_log: str, app_log: str) -> Json:
    running(world, "ingress-nginx-controller", "ingress-nginx", age="80d", labels=_CONTROLLER,
            main={"ports": [80, 443]}, log=controller_log)  # fmt: skip
    world.add(ingress_class("nginx", "k8s.io/ingress-nginx", world.clock.ago("80d")))
    running(world, name, ns, main={"ports": [port]}, log=app_log)
    world.service(name, ns, port=port, target=port)
    return world.add(ingress(name, ns, world.clock.ago("50d"), host=f"{name}.example.com", service=name,
                             port=port, address="10.0.9.1"))  # fmt: skip


def bodies_above_the_ingress_limit() -> Built:
    """Uploads are refused by the Ingress' controller; the pods behind never see them."""
    world = lean("2027-06-25T10:00:00Z")
    line = (
        "2027/06/25 %T [error] 31#31: *8812 client intended to send too large body: 5242880 bytes, client: "
        '10.0.3.9, server: papers.example.com, request: "POST /upload HTTP/1.1", host: "papers.example.com"'
    )
    entry = _entered(world, "papers", "office", 8080, _log(line), "INFO listening on 8080\n")
    alert = fires(world, "IngressHigh4xx", "30% of requests to papers.example.com are answered with 413.",
                  "30m", "warning", namespace="office", ingress="papers")  # fmt: skip
    answer = key(
        entry, entry, "ingress", "The controller refuses bodies above its default limit of 1m.",
        (r"413|body|bodies", r"5242880|limit|at most"), NO_OOM, NO_PROBE, tags=("ingress", "log"),
    )  # fmt: skip
    return Built("bodies-above-the-ingress-limit", alert, answer, world)


def ingress_speaks_plain_to_tls() -> Built:
    """The pods expect HTTPS, and the Ingress does not tell its controller."""
    world = lean("2027-06-26T10:00:00Z")
    line = (
        "2027/06/26 %T http: TLS handshake error from 10.244.1.4:40112: client sent an HTTP request to an "
        "HTTPS server"
    )
    access = '10.0.3.9 - - [26/Jun/2027:%T +0000] "GET / HTTP/1.1" 400 48 "-" "curl/8.5" 120 0.002'
    entry = _entered(world, "safe", "office", 8443, _log(access), _log(line))
    alert = fires(world, "IngressHigh4xx", "All requests to safe.example.com are answered with 400.", "30m",
                  "critical", namespace="office", ingress="safe")  # fmt: skip
    answer = key(
        entry, entry, "ingress", "Without a backend-protocol the Ingress sends plain HTTP to pods that expect HTTPS.",
        (r"HTTPS|TLS", r"backend[ -]protocol"), NO_OOM, blames("certificate"), tags=("ingress", "tls", "log"),
    )  # fmt: skip
    return Built("ingress-speaks-plain-to-tls", alert, answer, world)


def consumers_at_their_maximum() -> Built:
    """A queue grows: the autoscaler of its consumers may add none."""
    world = lean("2027-06-27T10:00:00Z")
    work = running(world, "parcels", "post", replicas=4, log=_log("INFO %T batch of 500 done"))
    limit = scaler(world, "parcels", "post", target="parcels", low=1, high=4, now=4, desired=4, usage=98,
                   says={"ScalingLimited": "hpa-too-many"}, since="55m")  # fmt: skip
    alert = fires(world, "KafkaConsumerLag", "Consumer group parcels lags by more than 80000 messages.",
                  "50m", namespace="post", deployment="parcels")  # fmt: skip
    answer = key(
        work.object, limit, "hpa", "HPA parcels is at its maximum of 4 while its pods are at 98%.",
        (r"HPA|autoscaler", r"max"), NO_OOM, NO_PULL, also=(work.object,), tags=("hpa", "subject-deployment"),
    )  # fmt: skip
    return Built("consumers-at-their-maximum", alert, answer, world)
