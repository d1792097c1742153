"""Causes some objects away from the alert's own: what the callee, the node or the gateway suffers from."""

from __future__ import annotations

from typing import Any

from kubetriage.evals.builders.alerts import not_ready, replicas_mismatch, rollout_stuck
from kubetriage.evals.builders.custom import condition, defined, gateway, route
from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.networking import ingress, ingress_class
from kubetriage.evals.builders.nodes import STOPPED, NodeState
from kubetriage.evals.builders.objects import made, quota
from kubetriage.evals.builders.policies import network_policy, peers
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import ABSENT, REQUESTS, crash_loop, restarts
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    fires,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import READY, Ended, PodState, Running
from kubetriage.evals.builders.templates import claim_volume, container, http_probe
from kubetriage.evals.builders.world import World

_HEADLESS: Json = {"clusterIP": "None", "clusterIPs": ["None"]}


def _repeated(line: str, times: int) -> str:
    """A log of that line; `%T` in it becomes its second."""
    return "".join(line.replace("%T", f"{n % 60:02}") + "\n" for n in range(times))


def network_policy_shuts_out_the_gateway() -> Built:
    """All pods behind an Ingress are ready, and a new policy admits only their own portal."""
    world = lean("2027-06-02T10:00:00Z")
    labels = {"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"}
    running(
        world, "edge-controller", "ingress-nginx", age="80d", labels=labels,
        log=_repeated('10.0.3.9 - - [02/Jun/2027:09:58:%T +0000] "GET / HTTP/1.1" 504 160', 12),
    )  # fmt: skip
    world.add(ingress_class("nginx", "k8s.io/ingress-nginx", world.clock.ago("80d")))
    running(world, "customers", "sales", replicas=2, log="INFO listening on 8080\n")
    world.service("customers", "sales")
    entry = ingress("customers", "sales", world.clock.ago("50d"), host="customers.example.com",
                    service="customers", port=80, address="10.0.9.1")  # fmt: skip
    world.add(entry)
    policy = world.add(
        network_policy("only-the-portal", "sales", world.clock.ago("47m"), pods={"app": "customers"},
                       ingress=[peers({"app": "portal"}, ports=(8080,))])
    )  # fmt: skip
    alert = fires(world, "GatewayTimeouts", "Requests of Ingress customers are answered with 504.", "40m",
                  "critical", namespace="sales", ingress="customers")  # fmt: skip
    answer = key(
        entry, policy, "networkpolicy",
        "NetworkPolicy only-the-portal lets only app=portal reach the pods, so the Ingress controller is kept "
        "out.",
        (r"only-the-portal", r"ingress|controller"), NO_OOM, NO_PROBE,
        tags=("ingress", "cross-namespace", "subject-ingress"),
    )  # fmt: skip
    return Built("network-policy-shuts-out-the-gateway", alert, answer, world)


def dns_cache_of_one_node_crashes() -> Built:
    """Names cannot be resolved on one node, whose DNS cache does not start; other nodes are well."""
    world = lean("2027-06-03T10:00:00Z")
    image = "registry.k8s.io/dns/k8s-dns-node-cache:1.23.1"
    last = Ended(1, began="3m", ended="2m58s")
    cache = world.daemonset(
        "node-local-dns", "kube-system", [container("node-cache", image)],
        {"node-1": READY, "node-2": crash_loop(world, "node-cache", last, 15)}, age="100d",
    )  # fmt: skip
    (bad,) = [p for p in cache.pods if p["spec"]["nodeName"] == "node-2"]
    for previous in (False, True):
        text = "[FATAL] cannot start: iptables: the lock /run/xtables.lock is held by another process\n"
        world.log(bad, "node-cache", text, previous=previous)
    restarts(world, bad, "node-cache", image, first="55m", tries=15)
    pods = [PodState(node="node-2"), PodState(node="node-1")]
    work = running(world, "taxes", "books", replicas=2, states=pods)
    line = (
        '2027-06-03T09:58:%TZ ERROR rates: Get "http://rates.books:80/v1": dial tcp: lookup rates.books on '
        "169.254.20.10:53: read udp 10.244.1.14:47000->169.254.20.10:53: read: connection refused"
    )
    world.log(work.pods[0], "taxes", _repeated(line, 25))
    world.log(work.pods[1], "taxes", "INFO 14 rates read\n" * 4)
    running(world, "rates", "books")
    world.service("rates", "books")
    alert = fires(world, "TaxesFail", "taxes fails on one of its pods.", "30m", "critical",
                  namespace="books", pod=work.pods[0]["metadata"]["name"])  # fmt: skip
    answer = key(
        work.pods[0], cache.object, "crash-app-error",
        "node-local-dns crashes on node-2, so pods there cannot resolve names.",
        (r"node-local-dns", r"taxes|resolve"), NO_OOM, blames("network ?policy"),
        also=(bad, ("Node", "", "node-2")), tags=("dns", "log", "cross-namespace"),
    )  # fmt: skip
    return Built("dns-cache-of-one-node-crashes", alert, answer, world)


def init_container_waits_for_failed_job() -> Built:
    """A rollout waits in its init container for a Job that has given up."""
    world = lean("2027-06-04T10:00:00Z")
    tries = [PodState(containers={"migrate": Ended(1, began="36m", ended="35m")})] * 3
    job = world.job(
        "seats-migrate-42", "air", [main_of("migrate", "air", command=["/app/migrate", "up"])], tries,
        age="44m", ended="33m", failed="job-backoff-limit", backoff=2,
    )  # fmt: skip
    for pod in job.pods:
        world.log(pod, "migrate", 'ERROR: relation "seat_maps" does not exist\nmigration 0042 failed\n')
    wait = container(
        "wait-for-migration", "registry.example.com/tools/kubectl:1.31",
        command=["kubectl", "wait", "--for=condition=complete", "job/seats-migrate-42", "--timeout=3600s"],
        requests=REQUESTS,
    )  # fmt: skip
    before = Revision([main_of("seats", "air")], [PodState(age="20d")] * 2)
    work = running(
        world, "seats", "air", replicas=2, age="20d", rolled="43m", old=before, progress="stuck",
        main={"image": "registry.example.com/air/seats:1.5.0"},
        states=[PodState(init={"wait-for-migration": Running()})], more={"initContainers": [wait]},
    )  # fmt: skip
    for pod in work.pods:
        world.log(pod, "wait-for-migration", "")
    answer = key(
        work.object, job.object, "misconfigured-app",
        "The new pods of seats wait for Job seats-migrate-42, which failed: its schema does not fit.",
        (r"seats", r"seats-migrate-42", r"seat_maps|schema|fail"), NO_OOM, NO_PULL,
        tags=("init", "job", "rollout", "subject-deployment"),
    )  # fmt: skip
    alert = rollout_stuck("seats", "air", world.clock, since="20m")
    return Built("init-container-waits-for-failed-job", alert, answer, world)


def members_of_database_on_dead_node() -> Built:
    """A caller finds no primary: one of two members is on a node that is silent; the other one is ready."""
    silent = NodeState(texts=STOPPED, since="33m", heartbeat="34m")
    world = lean("2027-06-05T10:00:00Z", nodes={"node-2": silent})
    lost = PodState(node="node-2", orphaned=True, deleted="27m", changed="33m")
    store = world.statefulset(
        "mongo", "data", [container("mongo", "registry.example.com/library/mongo:7.0.14", ports=[27017])],
        replicas=2, states=[PodState(node="node-1"), lost],
    )  # fmt: skip
    world.service("mongo", "data", port=27017, target=27017, more=_HEADLESS)
    world.log(store.pods[0], "mongo", "I REPL not electable: cannot see a majority\n")
    line = (
        "2027-06-05T09:58:%TZ ERROR MongoServerSelectionError: Server selection timed out after 30000 ms, "
        "servers mongo-1.mongo.data.svc:27017 unknown (connect ETIMEDOUT)"
    )
    work = running(world, "catalog", "data", states=PodState(node="node-1"), log=_repeated(line, 30))
    alert = fires(world, "CatalogFails", "catalog answers every request with 500.", "28m", "critical",
                  namespace="data", deployment="catalog")  # fmt: skip
    answer = key(
        work.object, ("Node", "", "node-2"), "node-not-ready",
        "node-2 is silent, with a member of mongo: no primary is left, and catalog's calls time out.",
        (r"node-2", r"catalog|mongo"), NO_OOM, NO_PULL,
        tags=("node", "log", "statefulset", "subject-deployment"),
    )  # fmt: skip
    return Built("members-of-database-on-dead-node", alert, answer, world)


def claim_deleted_while_in_use() -> Built:
    """A new pod wants a claim that was deleted, and that another pod keeps from going."""
    world = lean("2027-06-06T10:00:00Z", csi=("fast", "csi.example.com"))
    held = world.claim("reports", "bi", size="20Gi", storage_class="fast", provisioner="csi.example.com",
                       bound=True, age="90d")  # fmt: skip
    held["metadata"] |= {"deletionTimestamp": world.clock.ago("55m"), "deletionGracePeriodSeconds": 0}
    mounts: dict[str, Any] = {
        "main": {"mounts": {"r": "/reports"}},
        "volumes": [claim_volume("r", "reports")],
    }
    web = running(world, "reports-web", "bi", log="INFO up\n", **mounts)
    why = (
        '0/2 nodes are available: persistentvolumeclaim "reports" is being deleted. preemption: 0/2 nodes '
        "are available: 2 Preemption is not helpful for scheduling."
    )
    state = PodState(unschedulable=why, sandbox=False)
    work = running(world, "reports-export", "bi", age="35m", states=state, progress="stuck", **mounts)
    world.event(work.pod, "failed-scheduling", first="35m", last="2m", count=8, why=why)
    answer = key(
        work.pod, held, "finalizer-deadlock",
        "reports-export waits for claim reports, which was deleted 55 minutes ago and stays while "
        "reports-web uses it.",
        (r"reports-export", r"deleted|terminating"), NO_OOM, blames("insufficient"),
        r"take the finalizer off|finalizers.{0,3}:null",
        also=(web.object, work.object), tags=("scheduling",),
    )  # fmt: skip
    alert = not_ready(work.pod, world.clock, since="18m")
    return Built("claim-deleted-while-in-use", alert, answer, world)


def gateway_listener_without_certificate() -> Built:
    """The alert's route is well, and the only listener of its Gateway has no certificate."""
    world = lean("2027-06-07T10:00:00Z")
    group, at = "gateway.networking.k8s.io", world.clock.ago("46m")
    for kind, plural, inside in (("GatewayClass", "gatewayclasses", False), ("Gateway", "gateways", True),
                                 ("HTTPRoute", "httproutes", True)):  # fmt: skip
        defined(world, group, kind, plural, "v1", namespaced=inside)
    served = condition("Accepted", "True", "Accepted", "Valid GatewayClass", world.clock.ago("50d"), 1)
    world.add(
        made(f"{group}/v1", "GatewayClass", "envoy", "", world.clock.ago("50d"),
             spec={"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"},
             status={"conditions": [served]})
    )  # fmt: skip
    world.need_namespace("edge")
    entry = gateway(world, "public", "edge", of_class="envoy", age="50d", address="203.0.113.9",
                    conditions=[condition("Accepted", "True", "Accepted", "Scheduled", at, 2)])  # fmt: skip
    said = "Secret edge/shop-tls does not exist."
    listener = entry["spec"]["listeners"][0]
    listener |= {"name": "https", "port": 443, "protocol": "HTTPS"}
    listener["tls"] = {"certificateRefs": [{"group": "", "kind": "Secret", "name": "shop-tls"}]}
    bad = [condition("ResolvedRefs", "False", "InvalidCertificateRef", said, at, 2)]
    entry["status"]["listeners"] = [{"attachedRoutes": 1, "conditions": bad, "name": "https",
                                     "supportedKinds": [{"group": group, "kind": "HTTPRoute"}]}]  # fmt: skip
    running(world, "shop", "shop", log="INFO up\n")
    world.service("shop", "shop")
    leads = route(world, "shop", "shop", gateway=("edge", "public"), backend=("shop", "shop", 80),
                  host="shop.example.com", age="30d",
                  conditions=[condition("Accepted", "True", "Accepted", "Route is accepted", at, 1)])  # fmt: skip
    alert = fires(world, "ShopUnreachable", "https://shop.example.com/ cannot be reached.", "40m", "critical",
                  namespace="shop", httproute="shop")  # fmt: skip
    answer = key(
        leads, entry, "gateway",
        "The HTTPS listener of Gateway public names Secret shop-tls, which does not exist.",
        (r"public", r"shop-tls", ABSENT), NO_OOM, NO_PROBE,
        also=(("Secret", "edge", "shop-tls"),), absent=(("Secret", "edge", "shop-tls"),),
        tags=("tls", "custom-resource", "cross-namespace"),
    )  # fmt: skip
    return Built("gateway-listener-without-certificate", alert, answer, world)


def indices_are_read_only() -> Built:
    """A writer repeats what the search cluster answers: its own disk, not the writer's, is nearly full."""
    world = World("2027-06-08T10:00:00Z", lean=True, csi=("fast", "csi.example.com"))
    data = world.claim("data-seeker-0", "audit", size="100Gi", storage_class="fast",
                       provisioner="csi.example.com", bound=True, age="90d")  # fmt: skip
    image = "registry.example.com/elastic/elasticsearch:8.15.2"
    store = world.statefulset(
        "seeker", "audit", [container("seeker", image, ports=[9200], mounts={"data": "/data"})], age="90d",
        volumes=[claim_volume("data", "data-seeker-0")],
    )  # fmt: skip
    service = world.service("seeker", "audit", port=9200, target=9200)
    line = (
        "2027-06-08T09:58:%TZ ERROR bulk failed: [429] cluster_block_exception: index [app] blocked by: "
        "[TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete "
        "block];"
    )
    main = {"env": {"SEEKER_URL": "http://seeker:9200"}}
    work = running(world, "shipper", "audit", main=main, log=_repeated(line, 30))
    alert = fires(world, "ShippingFails", "shipper cannot write.", "40m", namespace="audit",
                  deployment="shipper")  # fmt: skip
    answer = key(
        work.object, data, "disk-full",
        "shipper cannot write because seeker has made its indices read-only: its disk (claim data-seeker-0) "
        "is over the flood-stage watermark.",
        (r"shipper", r"\bseeker\b", r"flood|read-only|disk"), NO_OOM, blames("rate limit|node node-"),
        also=(store.object, store.pod, service), tags=("log", "subject-deployment"),
    )  # fmt: skip
    return Built("indices-are-read-only", alert, answer, world)


def control_plane_of_mesh_is_at_zero() -> Built:
    """Sidecars are not ready: they call by its address a Service of another namespace without pods."""
    world = lean("2027-06-09T10:00:00Z")
    image = "registry.example.com/istio/pilot:1.24.1"
    plane = world.deployment("istiod", "istio-system", [container("discovery", image, ports=[15012])],
                             replicas=0, states=[], age="90d")  # fmt: skip
    service = world.service("istiod", "istio-system", port=15012, target=15012)
    proxy = container("istio-proxy", "registry.example.com/istio/proxyv2:1.24.1", args=["proxy", "sidecar"],
                      readinessProbe=http_probe("/healthz/ready", 15021))  # fmt: skip
    work = world.deployment(
        "rooms", "hotel", [main_of("rooms", "hotel"), proxy], replicas=2, age="42m", progress="stuck",
        states=PodState(containers={"istio-proxy": Running(ready=False)}),
    )  # fmt: skip
    line = (
        "2027-06-09T09:58:%T.1Z\twarning\tenvoy config\tgRPC config stream to xds-grpc closed: 14, connection "
        f'error: desc = "transport: Error while dialing: dial tcp {service["spec"]["clusterIP"]}:15012: '
        'connect: connection refused"'
    )
    for pod in work.pods:
        world.event(pod, "probe-status", first="41m", last="4s", count=240, container="istio-proxy",
                    probe="Readiness", code=503)  # fmt: skip
        world.log(pod, "istio-proxy", _repeated(line, 30))
        world.log(pod, "rooms", "INFO listening on 8080\n")
    answer = key(
        work.object, plane.object, "scaled-to-zero",
        "The sidecars of rooms are not ready because istiod, which they take their configuration from, is "
        "scaled to zero.",
        (r"rooms|istio-proxy", r"istiod", r"zero|0 replicas"), NO_OOM, NO_PULL,
        also=(service,), tags=("mesh", "probe", "log", "cross-namespace", "subject-deployment"),
    )  # fmt: skip
    alert = replicas_mismatch("rooms", "hotel", world.clock, since="24m")
    return Built("control-plane-of-mesh-is-at-zero", alert, answer, world)


def cronjob_refused_by_quota() -> Built:
    """A quota counts Jobs, and finished ones use it up: the CronJob makes no more."""
    world = lean("2027-06-10T10:00:00Z")
    world.need_namespace("reports")
    full = {"count/jobs.batch": "2"}
    limits = world.add(quota("objects", "reports", world.clock.ago("100d"), full, full))
    cron = world.cronjob("hourly-report", "reports", [main_of("report", "reports")], schedule="0 * * * *",
                         last="4h")  # fmt: skip
    done = [PodState(containers={"import": Ended(0, "Completed", "3d", "3d")})]
    for number in (1, 2):
        world.job(f"import-{number}", "reports", [main_of("import", "reports")], done, age="3d", ended="3d")
    why = (
        f'jobs.batch "{world.scheduled_job(cron, "1h")}" is forbidden: exceeded quota: objects, requested: '
        "count/jobs.batch=1, used: count/jobs.batch=2, limited: count/jobs.batch=2"
    )
    world.event(cron, "cronjob-create-failed", first="59m", last="30s", count=60, why=why)
    alert = fires(world, "ReportsMissing", "CronJob hourly-report has not run for 4 hours.", "2h",
                  namespace="reports", cronjob="hourly-report")  # fmt: skip
    answer = key(
        cron, limits, "quota",
        "CronJob hourly-report cannot create Jobs: ResourceQuota objects allows two, and finished ones use "
        "them up.",
        (r"hourly-report", r"\bobjects\b", r"count/jobs\.batch|quota"), NO_OOM, NO_PULL,
        also=(cron,), tags=("cronjob", "subject-cronjob"),
    )  # fmt: skip
    return Built("cronjob-refused-by-quota", alert, answer, world)
