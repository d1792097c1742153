"""Containers that do not get as far as their application: images, init containers, slow starts, ports."""

from __future__ import annotations

from typing import Any

from kubetriage.evals.builders.alerts import container_waiting, crash_looping, not_ready, webhook
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.identity import hexadecimal
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import (
    ABSENT,
    backs_off,
    born,
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
from kubetriage.evals.builders.states import Ended, PodState, Running, Waiting
from kubetriage.evals.builders.templates import http_probe
from kubetriage.evals.builders.world import World


def _unpulled(world: World, name: str, ns: str, image: str, why: str, age: str, **more: Any) -> Workload:
    """A Deployment whose image cannot be pulled, for `why`."""
    state = PodState(containers={name: pull_waiting(world, image, why)}, node=more.pop("node", ""))
    work = running(world, name, ns, age=age, states=state, main={"image": image}, progress="stuck", **more)
    born(world, work, age)
    placed(world, work.pod, age)
    pulls(world, work.pod, name, image, why, first=age, tries=9)
    return work


def image_for_another_architecture() -> Built:
    """An image for arm64 on amd64 nodes: the binary cannot be executed."""
    world = lean("2026-09-14T10:00:00Z")
    work = crashing(
        world,
        "gateway",
        "iot",
        Ended(255, began="2m41s", ended="2m41s"),
        "exec /usr/local/bin/gateway: exec format error\n",
        age="33m",
        main={"image": "registry.example.com/iot/gateway:2.0.0-arm64"},
    )
    return Built(
        "image-for-another-architecture",
        webhook([crash_looping(work.pod, "gateway", world.clock, since="17m")]),
        key(
            work.pod,
            work.object,
            "image-architecture",
            "Container gateway of Deployment iot/gateway cannot be executed (exec format error): its image "
            "gateway:2.0.0-arm64 is built for another architecture than the amd64 nodes.",
            (r"gateway", r"exec format error|architecture"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("image", "crash", "log"),
        ),
        world,
    )


def image_must_be_on_the_node() -> Built:
    """imagePullPolicy Never, and the image is not on the node."""
    world = lean("2026-09-15T17:20:00Z")
    image = "local/trainer:dev"
    text = world.say("waiting-image-never-pull", image=image)
    work = running(
        world,
        "trainer",
        "lab",
        age="25m",
        states=PodState(containers={"trainer": Waiting("ErrImageNeverPull", text)}),
        main={"image": image, "imagePullPolicy": "Never"},
        progress="stuck",
    )
    born(world, work, "25m")
    placed(world, work.pod, "25m")
    world.event(
        work.pod, "image-never-pull", first="25m", last="5s", count=118, container="trainer", image=image
    )
    world.event(work.pod, "error-image-never-pull", first="25m", last="5s", count=118, container="trainer")
    return Built(
        "image-must-be-on-the-node",
        [container_waiting(work.pod, "trainer", "ErrImageNeverPull", world.clock, since="9m")],
        key(
            work.pod,
            work.object,
            "image-pull",
            "Container trainer of Deployment lab/trainer cannot start: its imagePullPolicy is Never and "
            "the image "
            "local/trainer:dev is not present on the node.",
            (r"local/trainer:dev", r"Never|not present|pull policy|imagePullPolicy"),
            NO_OOM,
            NO_ROOM,
            tags=("image",),
        ),
        world,
    )


def image_rate_limited() -> Built:
    """Docker Hub answers 429 to anonymous pulls."""
    world = lean("2026-09-16T08:35:00Z", runtime="containerd://1.7.22")
    image = "library/redis:7.4.1"
    why = world.pull_error("rate-limited", image, digest=f"sha256:{hexadecimal(64, 'redis')}")
    work = _unpulled(world, "session-cache", "web", image, why, "28m")
    return Built(
        "image-rate-limited",
        webhook([not_ready(work.pod, world.clock, since="12m")]),
        key(
            work.pod,
            work.object,
            "image-pull",
            "The image redis:7.4.1 of Deployment web/session-cache cannot be pulled because Docker Hub "
            "limits anonymous "
            "pulls (429 Too Many Requests, toomanyrequests).",
            (r"redis:7\.4\.1", r"rate limit|toomanyrequests|too many requests|429|limits"),
            r"(tag|image|manifest) (does not|doesn.t) exist",
            NO_OOM,
            NO_ROOM,
            tags=("image",),
        ),
        world,
    )


def image_registry_not_trusted() -> Built:
    """The nodes do not trust the CA of the company's registry; CRI-O's words."""
    world = lean("2026-09-17T12:40:00Z", runtime="cri-o://1.31.3")
    image = "harbor.corp.example/hr/portal:3.1.0"
    why = world.pull_error("unreachable", image, network=world.say("network.x509-unknown"))
    work = _unpulled(world, "portal", "hr", image, why, "36m")
    return Built(
        "image-registry-not-trusted",
        [not_ready(work.pod, world.clock, since="20m")],
        key(
            work.pod,
            work.object,
            "image-pull",
            "The image hr/portal:3.1.0 of Deployment hr/portal cannot be pulled because the nodes do not "
            "trust the "
            "certificate of harbor.corp.example (x509: unknown authority).",
            (r"harbor\.corp\.example", r"x509|certificate|trust|unknown authority"),
            r"(tag|image|manifest) (does not|doesn.t) exist",
            NO_OOM,
            NO_ROOM,
            tags=("image", "tls", "cri-o"),
        ),
        world,
    )


def image_does_not_fit_on_node() -> Built:
    """Two of three pods run; on node-2 the disk of the runtime is full, and the image cannot be unpacked."""
    world = lean("2026-09-18T05:25:00Z")
    image = image_of("vision", "ml", "9.0.0")
    why = world.pull_error("no-space", image, digest=hexadecimal(64, "layer"))
    state = PodState(containers={"vision": pull_waiting(world, image, why)}, node="node-2")
    work = running(
        world,
        "vision",
        "ml",
        replicas=2,
        age="42m",
        states=[PodState(node="node-1"), state],
        main={"image": image},
        progress="stuck",
    )
    born(world, work, "42m")
    pulls(world, work.pods[1], "vision", image, why, first="42m", tries=10)
    return Built(
        "image-does-not-fit-on-node",
        webhook([not_ready(work.pods[1], world.clock, since="26m")]),
        key(
            work.pods[1],
            ("Node", "", "node-2"),
            "image-pull",
            "The image vision:9.0.0 cannot be unpacked on node-2 because no space is left on its disk; "
            "the pod on "
            "node-1 runs.",
            (r"node-2", r"no space|disk|full"),
            NO_OOM,
            NO_ROOM,
            r"(tag|image|manifest) (does not|doesn.t) exist",
            also=(work.object,),
            tags=("image", "node", "healthy-sibling"),
        ),
        world,
    )


def init_container_out_of_memory() -> Built:
    """The init container loads more than its own limit allows."""
    world = lean("2026-09-19T19:30:00Z")
    ended = Ended(137, "OOMKilled", began="2m30s", ended="2m12s")
    text = world.say("waiting-crash-loop", delay="5m0s", container="load-index", pod="<pod>")
    state = PodState(init={"load-index": Waiting("CrashLoopBackOff", text, restarts=9, last=ended)})
    init = main_of(
        "load-index",
        "search",
        ports=[],
        limits={"memory": "64Mi"},
        requests={"cpu": "50m", "memory": "64Mi"},
    )
    work = running(
        world,
        "suggest",
        "search",
        age="31m",
        states=state,
        more={"initContainers": [init]},
        main={"limits": {"memory": "1Gi"}},
        progress="stuck",
    )
    born(world, work, "31m")
    placed(world, work.pod, "31m")
    restarts(world, work.pod, "load-index", init["image"], first="30m50s", tries=9, init=True)
    return Built(
        "init-container-out-of-memory",
        [container_waiting(work.pod, "suggest", "PodInitializing", world.clock, since="15m")],
        key(
            work.pod,
            work.object,
            "oom-killed",
            "Init container load-index of Deployment search/suggest is OOMKilled again and again at its "
            "memory limit "
            "of 64Mi, so the pod never gets to container suggest.",
            (r"load-index", r"OOM|out of memory|memory limit", r"64\s?Mi"),
            NO_PULL,
            NO_PROBE,
            NO_ROOM,
            tags=("init", "memory", "crash"),
        ),
        world,
    )


def init_container_waits_for_service() -> Built:
    """An init container waits for a database whose Service was never made."""
    world = lean("2026-09-20T07:45:00Z")
    init = main_of(
        "wait-for-db",
        "crm",
        image="busybox:1.36",
        ports=[],
        command=["sh", "-c", "until nc -z crm-db 5432; do echo waiting for crm-db:5432; sleep 2; done"],
    )
    work = running(
        world,
        "crm",
        "crm",
        age="46m",
        states=PodState(init={"wait-for-db": Running(ready=False)}),
        more={"initContainers": [init]},
        progress="stuck",
    )
    born(world, work, "46m")
    placed(world, work.pod, "46m")
    world.log(work.pod, "wait-for-db", "nc: bad address 'crm-db'\nwaiting for crm-db:5432\n" * 20)
    gone = ("Service", "crm", "crm-db")
    return Built(
        "init-container-waits-for-service",
        webhook([not_ready(work.pod, world.clock, since="30m")]),
        key(
            work.pod,
            gone,
            "init-container",
            "Pod of Deployment crm/crm stays in its init container wait-for-db, which waits for "
            "crm-db:5432: there is no "
            "Service crm-db.",
            (r"crm-db", r"wait", rf"{ABSENT}|no Service|bad address|resolve"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(work.object,),
            tags=("init", "log", "service"),
            absent=(gone,),
        ),
        world,
    )


def _killed_by_probe(
    world: World, name: str, ns: str, probe: str, text: str, last: Ended, log: str, **main: Any
) -> Workload:
    """A Deployment whose container a probe has killed again and again for half an hour."""
    work = running(
        world,
        name,
        ns,
        age="35m",
        states=crash_loop(world, name, last, 9),
        main=main,
        progress="stuck",
    )
    born(world, work, "35m")
    placed(world, work.pod, "35m")
    address = f"{work.pod['status']['podIP']}:8080"
    world.event(
        work.pod,
        text,
        first="34m30s",
        last="2m51s",
        count=29,
        container=name,
        probe=probe,
        address=address,
        path="/healthz",
    )
    world.event(
        work.pod, "probe-killing", first="34m", last="2m50s", count=9, container=name, probe=probe.lower()
    )
    backs_off(world, work.pod, name, first="33m", last="13s", count=110)
    world.log(work.pod, name, log, previous=True)
    return work


def startup_probe_gives_up() -> Built:
    """3 tries of 10 s for a start that needs a minute and a half."""
    world = lean("2026-09-21T14:15:00Z")
    work = _killed_by_probe(
        world,
        "ledger",
        "bank",
        "Startup",
        "probe-refused",
        Ended(143, began="3m22s", ended="2m50s"),
        "14:11:38.101 INFO  Starting LedgerApplication v1.4.2 using Java 21\n"
        "14:11:52.774 INFO  HikariPool-1 - Start completed.\n"
        "14:11:59.020 INFO  Replaying journal: 12000 of 61200 entries\n"
        "14:12:08.118 INFO  Replaying journal: 18000 of 61200 entries\n"
        "14:12:09.903 INFO  Shutdown requested (SIGTERM), stopping replay\n",
        startupProbe=http_probe("/healthz", 8080, period=10, failures=3),
        livenessProbe=http_probe("/healthz", 8080),
    )
    return Built(
        "startup-probe-gives-up",
        webhook([crash_looping(work.pod, "ledger", world.clock, since="19m")]),
        key(
            work.pod,
            work.object,
            "probe-failure",
            "Container ledger of Deployment bank/ledger is killed by its startup probe after 30 seconds "
            "(3 tries every "
            "10 s), while it is still replaying its journal.",
            (r"startup", r"ledger", r"probe"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            tags=("probe", "crash"),
        ),
        world,
    )


def liveness_probe_too_impatient() -> Built:
    """No delay, a timeout of one second and no startup probe, for a start of 45 seconds."""
    world = lean("2026-09-22T09:25:00Z", kubernetes="1.29.9")
    work = _killed_by_probe(
        world,
        "planner",
        "routes",
        "Liveness",
        "probe-timeout",
        Ended(137, began="3m18s", ended="2m20s"),
        "INFO planner 1.4.2\nINFO loading road graph (2.1 GB) ...\nINFO loading road graph: 22%\n"
        "INFO loading road graph: 41%\nINFO loading road graph: 58%\n",
        livenessProbe=http_probe("/healthz", 8080, period=5, timeout=1, failures=3),
    )
    return Built(
        "liveness-probe-too-impatient",
        [crash_looping(work.pod, "planner", world.clock, since="19m")],
        key(
            work.pod,
            work.object,
            "probe-failure",
            "Container planner of Deployment routes/planner is killed by its liveness probe (timeout 1 s, "
            "3 failures, no "
            "initial delay) while it is still loading its road graph.",
            (r"liveness", r"planner"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            tags=("probe", "crash"),
        ),
        world,
    )


def sidecar_takes_the_port() -> Built:
    """Two containers of one pod want port 9090; the application comes second."""
    world = lean("2026-09-23T11:05:00Z")
    ended = Ended(1, began="2m44s", ended="2m43s")
    text = world.say("waiting-crash-loop", delay="5m0s", container="api", pod="<pod>")
    work = world.deployment(
        "api",
        "telemetry",
        [
            main_of("api", "telemetry", ports=[9090]),
            main_of("metrics-proxy", "telemetry", ports=[9090]),
        ],
        age="29m",
        states=PodState(containers={"api": Waiting("CrashLoopBackOff", text, restarts=9, last=ended)}),
        progress="stuck",
    )
    born(world, work, "29m")
    placed(world, work.pod, "29m")
    restarts(world, work.pod, "api", image_of("api", "telemetry"), first="28m50s", tries=9)
    world.log(work.pod, "metrics-proxy", "proxy listening on 0.0.0.0:9090\n")
    world.log(
        work.pod,
        "api",
        "2026/09/23 11:02:16 starting api\n2026/09/23 11:02:16 listen tcp :9090: bind: address already in "
        "use\n",
        previous=True,
    )
    return Built(
        "sidecar-takes-the-port",
        webhook([crash_looping(work.pod, "api", world.clock, since="13m")]),
        key(
            work.pod,
            work.object,
            "port-conflict",
            "Container api of Deployment telemetry/api ends because port 9090 is already in use: "
            "container metrics-proxy "
            "of the same pod listens on it.",
            (r"\bapi\b", r"9090", r"in use|conflict|both|metrics-proxy"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("log", "crash"),
        ),
        world,
    )


def cpu_limit_throttles() -> Built:
    """A CPU limit of 50m under load: throttled nearly all the time, and slow."""
    world = lean("2026-09-24T20:55:00Z")
    work = running(
        world,
        "thumbnailer",
        "media",
        main={"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "50m", "memory": "256Mi"}},
        log="WARN  request took 9120 ms\nINFO  200 GET /t/1.png 9120ms\n" * 6,
    )
    name = work.pod["metadata"]["name"]
    world.add(
        {
            "apiVersion": "metrics.k8s.io/v1beta1",
            "kind": "PodMetrics",
            "metadata": {
                "creationTimestamp": world.clock.ago("10s"),
                "labels": dict(work.pod["metadata"]["labels"]),
                "name": name,
                "namespace": "media",
                "uid": "f2a9d8b0-3a0a-5d0d-8f5b-0c3d7a9e1b22",
            },
            "containers": [{"name": "thumbnailer", "usage": {"cpu": "49871204n", "memory": "91Mi"}}],
            "timestamp": world.clock.ago("20s"),
            "window": "15.2s",
        }
    )
    return Built(
        "cpu-limit-throttles",
        [
            fires(
                world,
                "CPUThrottlingHigh",
                f"94.1% throttling of CPU in namespace media for container thumbnailer in pod {name}.",
                "28m",
                "info",
                namespace="media",
                pod=name,
                container="thumbnailer",
            )
        ],
        key(
            work.pod,
            work.object,
            "cpu-throttling",
            "Container thumbnailer of Deployment media/thumbnailer is throttled because its CPU limit is "
            "only 50m and it "
            "uses all of it.",
            (r"thumbnailer", r"throttl", r"50m"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("cpu", "metrics", "alert-text"),
        ),
        world,
    )
