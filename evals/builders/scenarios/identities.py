"""Adversarial: names that contain names, alerts that name their subject badly, unusual owners."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import (
    alert,
    crash_looping,
    exported,
    not_ready,
    replicas_mismatch,
    webhook,
)
from kubetriage.evals.builders.custom import defined
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.nodes import NodeState
from kubetriage.evals.builders.objects import made, owner_reference
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import (
    backs_off,
    crash_loop,
    placed,
    pull_waiting,
    pulls,
    restarts,
)
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    NO_ROOM,
    crashing,
    fires,
    image_of,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import READY, Ended, PodState, Running, Waiting
from kubetriage.evals.builders.templates import http_probe, template

DIED = Ended(1, began="2m40s", ended="2m38s")


def names_contain_names() -> Built:
    """web, web-api and web-api-v2 in one namespace; the alert is about web-api, and the other two are worse."""
    world = lean("2026-11-20T09:00:00Z")
    crashing(
        world, "web", "site", Ended(137, "OOMKilled", began="3m", ended="2m"), None, age="9d", changed="50m"
    )
    why = world.pull_error("not-found", image_of("web-api-v2", "site", "2.0.0"))
    state = PodState(
        containers={"web-api-v2": pull_waiting(world, image_of("web-api-v2", "site", "2.0.0"), why)}
    )
    second = running(
        world,
        "web-api-v2",
        "site",
        age="50m",
        states=state,
        main={"image": image_of("web-api-v2", "site", "2.0.0")},
        progress="stuck",
    )
    pulls(
        world, second.pod, "web-api-v2", image_of("web-api-v2", "site", "2.0.0"), why, first="50m", tries=11
    )
    work = crashing(
        world,
        "web-api",
        "site",
        Ended(2, began="2m40s", ended="2m38s"),
        'panic: invalid value for PORT: "80a"\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:22 '
        "+0x9c\n",
        main={"env": {"PORT": "80a"}},
        age="34m",
    )
    return Built(
        "names-contain-names",
        [replicas_mismatch("web-api", "site", world.clock, since="18m")],
        key(
            work.object,
            work.object,
            "misconfigured-app",
            'Container web-api of Deployment site/web-api ends because PORT has an invalid value, "80a".',
            (r"web-api", r"PORT", r"80a"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            r"web-api-v2",
            tags=("adversarial", "names-contain-names", "log", "subject-deployment"),
        ),
        world,
    )


def service_names_contain_names() -> Built:
    """Services api and api-gateway: the alert is about api, whose selector fits nothing."""
    world = lean("2026-11-21T10:00:00Z")
    running(world, "api-gateway", "edge")
    world.service("api-gateway", "edge")
    running(world, "api", "edge", labels={"app": "api", "track": "stable"})
    service = world.service("api", "edge", selector={"app": "api", "track": "canary"})
    return Built(
        "service-names-contain-names",
        webhook(
            [
                fires(
                    world,
                    "ServiceDown",
                    "Nothing answers for Service edge/api.",
                    "21m",
                    "critical",
                    namespace="edge",
                    service="api",
                )
            ]
        ),
        key(
            service,
            service,
            "selector-mismatch",
            "Service edge/api has no endpoints because its selector asks for track=canary, and the pods "
            "of Deployment "
            "api have track=stable.",
            (r"\bapi\b", r"canary", r"selector|label|match|select"),
            NO_OOM,
            NO_PULL,
            r"api-gateway",
            also=(("Deployment", "edge", "api"),),
            tags=("adversarial", "names-contain-names", "service", "subject-service"),
        ),
        world,
    )


def same_name_in_two_namespaces() -> Built:
    """db-0 in staging is OOMKilled; the alert is about db-0 in prod, which is not ready for another reason."""
    world = lean("2026-11-22T11:00:00Z")
    main = main_of("db", "prod", ports=[5432], limits={"memory": "256Mi"})
    staging = world.statefulset(
        "db",
        "staging",
        [main],
        states=crash_loop(world, "db", Ended(137, "OOMKilled", began="3m", ended="2m"), 30),
    )
    restarts(world, staging.pod, "db", main["image"], first="58m", tries=30)
    state = PodState(containers={"db": Running(ready=False)}, changed="31m")
    probed = main | {"readinessProbe": http_probe("/ready", 8008)}
    prod = world.statefulset("db", "prod", [probed], states=state)
    world.event(
        prod.pod,
        "probe-status",
        first="31m",
        last="3s",
        count=186,
        container="db",
        probe="Readiness",
        code=503,
    )
    world.log(prod.pod, "db", "LOG:  replica is 41 GB behind its primary, not ready for reads\n" * 5)
    return Built(
        "same-name-in-two-namespaces",
        [not_ready(prod.pod, world.clock, since="15m")],
        key(
            prod.pod,
            prod.object,
            "probe-failure",
            "Pod prod/db-0 is not ready because its readiness probe gets 503: its log says that it is 41 "
            "GB behind its "
            "primary.",
            (r"readiness|not ready", r"503|behind"),
            NO_OOM,
            NO_PULL,
            r"staging",
            tags=("adversarial", "same-name", "probe", "statefulset"),
        ),
        world,
    )


def pod_known_by_its_address() -> Built:
    """TargetDown: the only label of the pod is its address and port."""
    world = lean("2026-11-23T12:00:00Z")
    state = PodState(containers={"sensor": Running(ready=False)}, changed="29m")
    work = running(
        world,
        "sensor",
        "plant",
        age="12d",
        states=state,
        main={"ports": [9000], "readinessProbe": http_probe("/ready", 9000)},
        changed="29m",
        log="ERROR cannot open /dev/ttyUSB0: no such device\n" * 5,
    )
    address = f"{work.pod['status']['podIP']}:9000"
    world.event(
        work.pod,
        "probe-refused",
        first="29m",
        last="4s",
        count=174,
        container="sensor",
        probe="Readiness",
        address=address,
        path="/ready",
    )
    return Built(
        "pod-known-by-its-address",
        webhook(
            [
                alert(
                    "InstanceDown",
                    {
                        "instance": address,
                        "job": "plant/sensor",
                        "namespace": "plant",
                        "prometheus": "monitoring/k8s",
                    },
                    world.clock,
                    since="24m",
                    summary="A target is down.",
                    description=f"{address} of job plant/sensor has been down for 5 minutes.",
                )
            ]
        ),
        key(
            work.pod,
            work.object,
            "misconfigured-app",
            "Pod of Deployment plant/sensor does not answer on port 9000 (readiness probe refused): its "
            "log says that it "
            "cannot open /dev/ttyUSB0.",
            (r"sensor", r"ttyUSB0|readiness|refused|not ready"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            tags=("adversarial", "subject-by-address", "log", "probe"),
        ),
        world,
    )


def invented_alert_name() -> Built:
    """The labels are the usual ones, the name and the text say nothing."""
    world = lean("2026-11-24T13:00:00Z")
    work = crashing(
        world,
        "pdf",
        "office",
        Ended(137, "OOMKilled", began="3m20s", ended="2m50s"),
        "INFO rendering 800 pages\n",
        main={"limits": {"memory": "300Mi"}},
        age="8d",
        changed="44m",
    )
    name = work.pod["metadata"]["name"]
    return Built(
        "invented-alert-name",
        [
            {
                "labels": {
                    "alertname": "PurpleElephant",
                    "container": "pdf",
                    "namespace": "office",
                    "pod": name,
                },
                "annotations": {},
                "startsAt": world.clock.ago("25m"),
            }
        ],
        key(
            work.pod,
            work.object,
            "oom-killed",
            "Container pdf of Deployment office/pdf is OOMKilled again and again at its memory limit of "
            "300Mi.",
            (r"\bpdf\b", r"OOM|out of memory|memory limit", r"300\s?Mi"),
            NO_PULL,
            NO_PROBE,
            NO_ROOM,
            tags=("adversarial", "invented-alertname", "memory", "crash"),
        ),
        world,
    )


def chinese_alert_name() -> Built:
    """服务不可用: the service is in the labels, the rest in Chinese."""
    world = lean("2026-11-25T14:00:00Z")
    missing = world.say("secret-key-not-found", key="dsn", namespace="crm", name="crm-db")
    work = running(
        world,
        "customers",
        "crm",
        age="26m",
        states=PodState(containers={"customers": Waiting("CreateContainerConfigError", missing)}),
        progress="stuck",
        main={"env": {"DSN": {"secretKeyRef": {"key": "dsn", "name": "crm-db"}}}},
    )
    world.event(
        work.pod, "start-failed", first="26m", last="9s", count=118, container="customers", why=missing
    )
    service = world.service("customers", "crm")
    return Built(
        "chinese-alert-name",
        webhook(
            [
                alert(
                    "服务不可用",
                    {"namespace": "crm", "service": "customers"},
                    world.clock,
                    since="15m",
                    severity="critical",
                    summary="服务 customers 不可用",
                    description="命名空间 crm 中的服务 customers 已超过 5 分钟没有可用的端点, 请尽快处理。",
                )
            ]
        ),
        key(
            service,
            ("Secret", "crm", "crm-db"),
            "config-key-missing",
            "Service crm/customers has no ready endpoints because its pod cannot start: Secret crm-db has "
            "no key dsn.",
            (r"crm-db", r"\bdsn\b"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(work.object,),
            tags=("adversarial", "chinese", "config", "subject-service"),
            absent=(("Secret", "crm", "crm-db"),),
        ),
        world,
    )


def text_blames_the_database() -> Built:
    """The alert's author is sure that the database is down; the liveness probe asks a path that is gone."""
    world = lean("2026-11-26T15:00:00Z")
    world.statefulset("pg", "crm", [main_of("pg", "crm", image="postgres:16.4", ports=[5432])], age="90d")
    world.service("pg", "crm", port=5432, target=5432)
    last = Ended(143, "Error", began="3m40s", ended="2m59s")
    work = running(
        world,
        "leads",
        "crm",
        age="40m",
        states=crash_loop(world, "leads", last, 10),
        main={"livenessProbe": http_probe("/health", 8080, delay=5)},
        progress="stuck",
    )
    pod = work.pod
    world.event(
        pod, "probe-status", first="39m", last="3m", count=31, container="leads", probe="Liveness", code=404
    )
    world.event(pod, "probe-killing", first="38m", last="3m", count=10, container="leads", probe="liveness")
    backs_off(world, pod, "leads", first="30m", last="12s", count=100)
    world.log(
        pod,
        "leads",
        "INFO connected to pg.crm:5432\nINFO GET /health 404 0ms\nINFO SIGTERM, bye\n",
        previous=True,
    )
    return Built(
        "text-blames-the-database",
        [
            fires(
                world,
                "LeadsDown",
                "leads is down. This is always the database pg: restart it.",
                "24m",
                "critical",
                namespace="crm",
                pod=pod["metadata"]["name"],
            )
        ],
        key(
            pod,
            work.object,
            "probe-failure",
            "Container leads of Deployment crm/leads is killed by its liveness probe, which gets 404 from "
            "/health.",
            (r"liveness", r"404"),
            NO_OOM,
            NO_PULL,
            blames("database|pg\\b"),
            r"restart (the database|pg)",
            tags=("adversarial", "misleading-text", "probe"),
        ),
        world,
    )


def replica_set_of_a_rollout() -> Built:
    """The ReplicaSet belongs to an Argo Rollout, not to a Deployment."""
    world = lean("2026-11-27T16:00:00Z")
    defined(world, "argoproj.io", "Rollout", "rollouts", "v1alpha1")
    world.need_namespace("shop")
    image = image_of("offers", "shop", "5.1.0")
    spec = template({"app": "offers"}, {"containers": [main_of("offers", "shop", image=image)]})
    spec["spec"] |= {
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
    }
    age, hash_ = "38m", "6c9d7f5b8d"
    text = f'ReplicaSet "offers-{hash_}" has timed out progressing.'
    rollout = world.add(
        made(
            "argoproj.io/v1alpha1",
            "Rollout",
            "offers",
            "shop",
            world.clock.ago(age),
            generation=1,
            spec={
                "replicas": 1,
                "selector": {"matchLabels": {"app": "offers"}},
                "strategy": {"canary": {}},
                "template": template(spec["metadata"]["labels"], dict(spec["spec"])),
            },
            status={
                "conditions": [
                    {
                        "lastTransitionTime": world.clock.ago("28m"),
                        "lastUpdateTime": world.clock.ago("28m"),
                        "message": text,
                        "reason": "ProgressDeadlineExceeded",
                        "status": "False",
                        "type": "Progressing",
                    }
                ],
                "currentPodHash": hash_,
                "message": f"ProgressDeadlineExceeded: {text}",
                "phase": "Degraded",
                "replicas": 1,
                "updatedReplicas": 1,
            },
        )
    )
    labels = {"app": "offers", "rollouts-pod-template-hash": hash_}
    rs = world.add(
        made(
            "apps/v1",
            "ReplicaSet",
            f"offers-{hash_}",
            "shop",
            world.clock.ago(age),
            labels=labels,
            owner=owner_reference(rollout),
            generation=1,
            spec={
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": template(labels, dict(spec["spec"])),
            },
            status={"fullyLabeledReplicas": 1, "observedGeneration": 1, "replicas": 1},
        )
    )
    why = world.pull_error("not-found", image)
    pod = world.pod(
        f"offers-{hash_}-n4q8w",
        "shop",
        template(labels, spec["spec"]),
        PodState(containers={"offers": pull_waiting(world, image, why)}),
        age=age,
        owner=owner_reference(rs),
    )
    placed(world, pod, age)
    pulls(world, pod, "offers", image, why, first="37m58s", tries=11)
    return Built(
        "replica-set-of-a-rollout",
        webhook([not_ready(pod, world.clock, since="22m")]),
        key(
            pod,
            rollout,
            "image-pull",
            "The image shop/offers:5.1.0 of Rollout shop/offers does not exist in the registry (not "
            "found), so its pod "
            "cannot start.",
            (r"offers:5\.1\.0", r"not found|not exist|does ?n.t exist|no such|absent"),
            NO_OOM,
            NO_ROOM,
            blames("unauthorized|denied|credential"),
            also=(rs, pod),
            tags=("adversarial", "unusual-owner", "image", "custom-resource"),
        ),
        world,
    )


def pod_without_owner() -> Built:
    """A pod that was made by hand."""
    world = lean("2026-11-28T17:00:00Z")
    main = main_of("debug", "lab", image="busybox:1.36", ports=[], command=["slep"], args=["3600"])
    why = world.start_error("executable-not-found", "slep")
    world.need_namespace("lab")
    spec = template(
        {"run": "debug"},
        {
            "containers": [main],
            "dnsPolicy": "ClusterFirst",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        },
    )
    last = Ended(128, "StartError", ended="2m30s", message=why, started=False)
    state = PodState(containers={"debug": Waiting("RunContainerError", why, restarts=7, last=last)})
    pod = world.pod("debug", "lab", spec, state, age="22m")
    placed(world, pod, "22m")
    world.event(pod, "start-failed", first="21m58s", last="2m30s", count=8, container="debug", why=why)
    backs_off(world, pod, "debug", first="21m50s", last="15s", count=88)
    return Built(
        "pod-without-owner",
        [crash_looping(pod, "debug", world.clock, since="6m")],
        key(
            pod,
            pod,
            "bad-command",
            "Pod lab/debug cannot start: its command slep is not found in the image's $PATH.",
            (r"\bslep\b", r"not found|no such|not an? executable|\$PATH|missing"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("adversarial", "no-owner", "command"),
        ),
        world,
    )


def node_takes_many_pods_down() -> Built:
    """Three workloads are short of a pod each; all of these pods are on node-3, whose runtime hangs."""
    state = NodeState(texts={"Ready": "node-pleg"}, since="22m", heartbeat="40s")
    world = lean("2026-11-29T18:00:00Z", names=("node-1", "node-2", "node-3"), nodes={"node-3": state})
    works = []
    for name in ("alpha", "beta"):
        there = PodState(node="node-3", changed="22m", orphaned=True)
        works.append(running(world, name, "multi", replicas=2, states=[READY, there], changed="22m"))
    node = world.get("Node", "node-3")
    world.event(node, "node-not-ready", last="22m", node="node-3")
    for work in works:
        world.event(work.pods[1], "pod-node-not-ready", last="22m")
    return Built(
        "node-takes-many-pods-down",
        webhook([replicas_mismatch(name, "multi", world.clock, since="6m") for name in ("alpha", "beta")]),
        key(
            works[0].object,
            node,
            "node-not-ready",
            "A pod of Deployment multi/alpha (and one of beta) is not ready because its node node-3 is "
            "not: PLEG is not "
            "healthy, the container runtime there hangs.",
            (r"node-3", r"PLEG|runtime|not ready"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("adversarial", "shared-node", "node", "subject-deployment"),
        ),
        world,
    )


def alert_lost_its_subject() -> Built:
    """Labels were aggregated away: only the namespace is left, where one Deployment is broken."""
    world = lean("2026-11-30T19:00:00Z")
    running(world, "green", "garden")
    work = crashing(
        world,
        "sprinkler",
        "garden",
        Ended(126, began="2m30s", ended="2m30s"),
        "/entrypoint.sh: line 3: /opt/sprinkler/run: Permission denied\n",
        age="33m",
    )
    labels: Json = exported({"namespace": "garden"})
    for gone in ("instance", "endpoint", "service", "job"):
        labels.pop(gone, None)
    return Built(
        "alert-lost-its-subject",
        [
            alert(
                "NamespaceRestartsHigh",
                labels,
                world.clock,
                since="17m",
                summary="Containers restart often.",
                description="Containers in namespace garden have restarted more than 10 times in 30 minutes.",
            )
        ],
        key(
            ("Namespace", "", "garden"),
            work.object,
            "bad-command",
            "In namespace garden, container sprinkler of Deployment sprinkler ends with 126: "
            "/opt/sprinkler/run may not "
            "be executed (Permission denied).",
            (r"sprinkler", r"permission denied|126|not executable|may not"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            outcome=("diagnosed",),
            tags=("adversarial", "alert-without-subject", "command", "log"),
        ),
        world,
    )
