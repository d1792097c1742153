"""Logs that tell the reason beside what would be taken for it: a server's own answers, addresses, settings."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import crash_looping, not_ready, webhook
from kubetriage.evals.builders.networking import ingress, ingress_class
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import REQUESTS, backs_off, born, crash_loop, placed
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
from kubetriage.evals.builders.states import Ended, PodState, Running
from kubetriage.evals.builders.templates import container, http_probe
from kubetriage.evals.builders.world import World

_CONTROLLER = {"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"}


def _log(line: str, times: int = 25) -> str:
    """A log of that line; `%T` in it becomes its time of day."""
    return "".join(line.replace("%T", f"09:5{n % 9}:{n * 7 % 60:02}") + "\n" for n in range(times))


def database_killed_while_it_recovers() -> Built:
    """PostgreSQL replays its log after a crash; the liveness probe does not wait, and has it killed each time."""
    world = lean("2027-07-01T10:00:00Z")
    probe = {"exec": {"command": ["pg_isready", "-U", "app"]}, "failureThreshold": 3,
             "initialDelaySeconds": 15, "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1}  # fmt: skip
    main = container("postgres", "postgres:15.6", ports=[5432], requests=REQUESTS, livenessProbe=probe)
    state = crash_loop(world, "postgres", Ended(137, began="4m", ended="3m"), 9)
    store = world.statefulset("accounts-db", "bank", [main], states=state, age="80d")
    world.event(store.pod, "probe-exec", first="52m", last="3m20s", count=27, container="postgres",
                probe="Liveness", output="/var/run/postgresql:5432 - rejecting connections")  # fmt: skip
    world.event(store.pod, "probe-killing", first="52m", last="3m30s", count=9, container="postgres",
                probe="liveness")  # fmt: skip
    backs_off(world, store.pod, "postgres", first="50m", last="12s", count=80)
    text = (
        "2027-07-01 09:56:01.120 UTC [29] LOG:  database system was interrupted; last known up at 2027-07-01 "
        "09:02:11 UTC\n2027-07-01 09:56:01.490 UTC [29] LOG:  redo starts at 12/A4000028\n"
    )
    text += "".join(f"2027-07-01 09:56:{n}.220 UTC [{40 + n}] FATAL:  the database system is starting up\n"
                    for n in range(10, 50, 10))  # fmt: skip
    text += "2027-07-01 09:56:51.220 UTC [1] LOG:  received fast shutdown request\n"
    for previous in (False, True):
        world.log(store.pod, "postgres", text, previous=previous)
    alert = webhook([crash_looping(store.pod, "postgres", world.clock, since="31m")])
    answer = key(
        store.pod, store.object, "probe-failure",
        "The liveness probe of accounts-db kills it while it recovers, for want of a startup probe.",
        (r"liveness", r"start"), NO_OOM, NO_PULL, blames("a server that it calls"), also=(store.pod,),
        tags=("probe", "log", "database"),
    )  # fmt: skip
    return Built("database-killed-while-it-recovers", alert, answer, world)


def record_that_cannot_be_decoded() -> Built:
    """One record of a topic holds a consumer up, while the broker is well."""
    world = lean("2027-07-02T10:00:00Z")
    line = (
        "2027-07-02T%TZ ERROR RecordDeserializationException: Error deserializing VALUE for partition "
        "invoices-3 at offset 48213. If needed, please seek past the record to continue consumption."
    )
    work = running(world, "billing", "fin", replicas=2, log=_log(line),
                   main={"env": {"KAFKA_BROKERS": "kafka.data.svc:9092"}})  # fmt: skip
    world.statefulset("kafka", "data", [container("kafka", "confluentinc/cp-kafka:7.5.1", ports=[9092],
                                                  requests=REQUESTS)], age="60d")  # fmt: skip
    world.service("kafka", "data", port=9092, target=9092)
    alert = fires(world, "KafkaConsumerLag", "Consumer group billing lags by 52000 messages on invoices.",
                  "35m", namespace="fin", deployment="billing")  # fmt: skip
    answer = key(
        work.object, work.object, "queue-lag",
        "billing cannot decode the record at offset 48213 of invoices-3 and does not get past it.",
        (r"48213", r"invoices-3"), NO_OOM, blames("kafka-0|broker"), also=(work.pod,),
        tags=("log", "queue", "subject-deployment"),
    )  # fmt: skip
    return Built("record-that-cannot-be-decoded", alert, answer, world)


def listens_inside_its_pod_only() -> Built:
    """A server started for a developer's machine: it listens on the loopback address, and no probe gets there."""
    world = lean("2027-07-03T10:00:00Z")
    state = PodState(containers={"forms": Running(ready=False)}, changed="42m")
    work = running(
        world, "forms", "office", age="42m", states=state, progress="stuck",
        main={"readinessProbe": http_probe("/ready", 8080)},
        log=" * Serving Flask app 'forms'\n * Running on http://127.0.0.1:8080\nPress CTRL+C to quit\n",
    )  # fmt: skip
    born(world, work, "42m")
    placed(world, work.pod, "42m")
    world.event(work.pod, "probe-refused", first="42m", last="5s", count=240, container="forms",
                probe="Readiness", address=f"{work.pod['status']['podIP']}:8080", path="/ready")  # fmt: skip
    answer = key(
        work.pod, work.object, "probe-failure",
        "forms listens on 127.0.0.1:8080 only, so its readiness probe is refused.",
        (r"127\.0\.0\.1", r"readiness"), NO_OOM, NO_PULL, also=(work.pod,), tags=("probe", "log"),
    )  # fmt: skip
    alert = webhook([not_ready(work.pod, world.clock, since="25m")])
    return Built("listens-inside-its-pod-only", alert, answer, world)


def configmap_names_another_host() -> Built:
    """The address that is called in vain stands in a ConfigMap, which the Deployment only refers to."""
    world = lean("2027-07-04T10:00:00Z")
    config = world.configmap("baskets-env", "toys", {"LOG_LEVEL": "info", "REDIS_HOST": "redis-old"})
    world.statefulset("redis", "toys", [container("redis", "redis:7.2.5", ports=[6379], requests=REQUESTS)],
                      age="80d")  # fmt: skip
    world.service("redis", "toys", port=6379, target=6379)
    text = "INFO baskets starting\nERROR redis: dial tcp: lookup redis-old on 10.96.0.10:53: no such host\n"
    work = crashing(world, "baskets", "toys", Ended(1, began="6m", ended="5m"), text,
                    main={"env_from": [{"configMapRef": {"name": "baskets-env"}}]})  # fmt: skip
    answer = key(
        work.pod, config, "misconfigured-app",
        "ConfigMap baskets-env sets REDIS_HOST to redis-old, and the Service is redis.",
        (r"redis-old", r"baskets-env"), NO_OOM, NO_PROBE, blames("coredns|cluster DNS"),
        also=(work.object,), absent=(("Service", "toys", "redis-old"),), tags=("dns", "log", "configmap"),
    )  # fmt: skip
    alert = webhook([crash_looping(work.pod, "baskets", world.clock, since="31m")])
    return Built("configmap-names-another-host", alert, answer, world)


def headers_above_the_controllers_buffer() -> Built:
    """Sessions in cookies have grown; the controller answers 502 for pods that answered well."""
    world = lean("2027-07-05T10:00:00Z")
    head = "2027/07/05 %T [error] 31#31: *8812 "
    tail = ', client: 10.0.3.9, server: {h}, request: "GET /callback HTTP/1.1", host: "{h}"'
    own = head + "upstream sent too big header while reading response header from upstream" + tail.format(
        h="login.example.com")  # fmt: skip
    other = (
        head + "client intended to send too large body: 5242880 bytes" + tail.format(h="files.example.com")
    )
    running(world, "ingress-nginx-controller", "ingress-nginx", age="80d", labels=_CONTROLLER,
            main={"ports": [80, 443]}, log=_log(other, 12) + _log(own))  # fmt: skip
    world.add(ingress_class("nginx", "k8s.io/ingress-nginx", world.clock.ago("80d")))
    running(world, "login", "sso", replicas=2, log=_log("2027-07-05T%TZ INFO GET /callback 302"))
    world.service("login", "sso", port=8080)
    entry = _entry(world)
    alert = fires(world, "IngressHigh5xx", "35% of requests to login.example.com are answered with 502.",
                  "30m", "critical", namespace="sso", ingress="login")  # fmt: skip
    answer = key(
        entry, entry, "ingress", "The headers of login's answers are larger than proxy-buffer-size.",
        (r"header", r"buffer"), NO_OOM, NO_PROBE, blames("bod(y|ies)|413"),
        tags=("ingress", "log", "red-herring"),
    )  # fmt: skip
    return Built("headers-above-the-controllers-buffer", alert, answer, world)


def _entry(world: World) -> dict[str, object]:
    return world.add(ingress("login", "sso", world.clock.ago("50d"), host="login.example.com",
                             service="login", port=8080, address="10.0.9.1"))  # fmt: skip
