"""Probes that fail, and Services that lead nowhere."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import alert, crash_looping, webhook
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.networking import ingress
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import REQUESTS, backs_off, crash_loop
from kubetriage.evals.builders.states import Ended, PodState, Running
from kubetriage.evals.builders.templates import container, http_probe
from kubetriage.evals.builders.world import World

_NO_OOM = blames("OOM|out of memory|memory limit")
_NO_IMAGE = blames("image (cannot|could not) be pulled|image pull")


def _wrong_port() -> tuple[World, Workload]:
    """A pod that is killed by its own liveness probe."""
    world = World("2026-05-12T07:15:00Z")
    main = container(
        "renderer",
        "registry.example.com/blog/renderer:4.0.0",
        ports=[8080],
        requests=REQUESTS,
        livenessProbe=http_probe("/healthz", 8081, delay=10),
        readinessProbe=http_probe("/ready", 8080),
    )
    last = Ended(137, "Error", began="4m22s", ended="3m12s")
    state = crash_loop(world, "renderer", last, 11)
    work = world.deployment("renderer", "blog", [main], age="48m", states=state, changed="3m12s")
    pod, address = work.pod, f"{work.pod['status']['podIP']}:8081"
    world.event(
        pod,
        "probe-refused",
        first="47m30s",
        last="3m42s",
        count=33,
        container="renderer",
        probe="Liveness",
        address=address,
        path="/healthz",
    )
    world.event(
        pod, "probe-killing", first="47m10s", last="3m42s", count=11, container="renderer", probe="liveness"
    )
    backs_off(world, pod, "renderer", first="40m", last="11s", count=140)
    log = (
        "INFO renderer 4.0.0 starting\n"
        "INFO templates loaded: 214\n"
        "INFO listening on 0.0.0.0:8080\n"
        "INFO GET /ready 200 1ms\n"
        "INFO received SIGTERM, draining\n"
    )
    world.log(pod, "renderer", log)
    world.log(pod, "renderer", log, previous=True)
    return world, work


def liveness_probe_wrong_port() -> Built:
    """The application is well and listens on 8080; the liveness probe asks 8081 and has it killed."""
    world, work = _wrong_port()
    return Built(
        "liveness-probe-wrong-port",
        webhook([crash_looping(work.pod, "renderer", world.clock, since="31m")]),
        Answer(
            root_cause="The liveness probe of container renderer in Deployment blog/renderer asks "
            "port 8081, on which "
            "nothing listens (the container listens on 8080), so the kubelet kills it again and again.",
            primary=place_of(work.pod),
            culprit=place_of(work.object),
            category="probe-failure",
            must_mention=(r"liveness", "8081"),
            must_not_claim=(_NO_OOM, _NO_IMAGE, blames("panic|application error")),
            tags=("probe",),
        ),
        world,
    )


def _catalog_not_ready() -> tuple[World, Workload]:
    """Two pods that say 503, their Service, its Ingress, and the dependency that they wait for."""
    world = World("2026-05-13T15:25:00Z")
    main = container(
        "catalog",
        "registry.example.com/shop/catalog:8.1.0",
        ports=[8080],
        requests=REQUESTS,
        readinessProbe=http_probe("/ready", 8080),
        env={"SEARCH_URL": "http://search.shop:9200"},
    )
    state = PodState(containers={"catalog": Running(ready=False)}, changed="29m")
    work = world.deployment("catalog", "shop", [main], age="8d", states=state, replicas=2, changed="29m")
    world.service("catalog", "shop")
    search = container("search", "opensearchproject/opensearch:2.17.1", ports=[9200], requests=REQUESTS)
    world.deployment("search", "shop", [search], age="50d")
    world.service("search", "shop", port=9200, target=9200)
    world.add(
        ingress(
            "shop",
            "shop",
            world.clock.ago("40d"),
            host="shop.example.com",
            service="catalog",
            port=80,
            address="203.0.113.10",
        )
    )
    for pod in work.pods:
        world.event(
            pod,
            "probe-status",
            first="29m",
            last="5s",
            count=174,
            container="catalog",
            probe="Readiness",
            code=503,
        )
        world.log(
            pod,
            "catalog",
            "WARN  readiness: dependency search unavailable: GET "
            "http://search.shop:9200/_cluster/health: 503 "
            "cluster is read-only\n" * 3,
        )
    return world, work


def readiness_failing_no_endpoints() -> Built:
    """Both pods answer 503 to their readiness probe, so the Service behind an Ingress has no endpoints."""
    world, work = _catalog_not_ready()
    return Built(
        "readiness-failing-no-endpoints",
        webhook(
            [
                alert(
                    "ServiceNoReadyEndpoints",
                    {"namespace": "shop", "service": "catalog"},
                    world.clock,
                    since="24m",
                    severity="critical",
                    summary="Service has no ready endpoints.",
                    description="Service shop/catalog has had no ready address for 5 minutes.",
                )
            ]
        ),
        Answer(
            root_cause="Both pods of Deployment shop/catalog fail their readiness probe with 503, "
            "because their dependency "
            "search is unavailable as their log says, so Service catalog has no ready endpoints.",
            primary=place_of(world.get("Service", "catalog", "shop")),
            culprit=place_of(work.object),
            also=(("Service", "shop", "search"), ("Deployment", "shop", "search")),
            category="probe-failure",
            must_mention=(r"readiness|not ready|unready", r"503", "catalog"),
            must_not_claim=(
                r"selector (does not|doesn.t) match|selector mismatch",
                _NO_OOM,
                _NO_IMAGE,
            ),
            tags=("probe", "service", "log"),
        ),
        world,
    )


def service_selector_mismatch() -> Built:
    """The Service asks for a label value that the pods do not have; the pods themselves are ready."""
    world = World("2026-05-14T10:05:00Z")
    labels = {"app": "accounts", "tier": "backend"}
    main = container(
        "accounts",
        "registry.example.com/bank/accounts:2.12.0",
        ports=[8080],
        requests=REQUESTS,
        readinessProbe=http_probe("/ready", 8080),
    )
    work = world.deployment("accounts", "bank", [main], replicas=2, age="18d", labels=labels)
    service = world.service("accounts", "bank", selector={"app": "accounts", "tier": "back-end"})
    return Built(
        "service-selector-mismatch",
        webhook(
            [
                alert(
                    "ServiceDown",
                    {"namespace": "bank", "service": "accounts", "job": "blackbox"},
                    world.clock,
                    since="13m",
                    severity="critical",
                    summary="No answer from the service.",
                    description="http://accounts.bank.svc:80/ has not answered for 10 minutes.",
                )
            ]
        ),
        Answer(
            root_cause="Service bank/accounts has no endpoints because its selector asks for "
            "tier=back-end, while the "
            "ready pods of Deployment accounts have tier=backend.",
            primary=place_of(service),
            culprit=place_of(service),
            also=(place_of(work.object),),
            category="selector-mismatch",
            must_mention=("accounts", r"selector|label", r"back-end", r"endpoint|no pod|match|select"),
            must_not_claim=(
                _NO_OOM,
                _NO_IMAGE,
                blames("crash|readiness"),
                blames("network ?policy"),
                blames("target ?port"),
            ),
            tags=("service",),
        ),
        world,
    )
