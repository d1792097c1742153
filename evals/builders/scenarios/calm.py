"""Adversarial: alerts with nothing (or nothing any more) behind them, and several faults at once."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import (
    alert,
    crash_looping,
    exported,
    node_not_ready,
    not_ready,
    webhook,
)
from kubetriage.evals.builders.autoscaling import scaler, scaler_alert_labels
from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import (
    born,
    crash_loop,
    placed,
    pull_waiting,
    pulls,
    restarts,
    unfit,
)
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    NO_ROOM,
    fires,
    image_of,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import Ended, PodState, Running, Waiting, creating, pending
from kubetriage.evals.builders.templates import claim_volume, from_key
from kubetriage.evals.builders.texts import failed_scheduling
from kubetriage.evals.builders.world import World

WELL = (
    r"healthy|recovered|resolved|ready|running|no longer|normal|nothing (is )?wrong|not (true|any "
    r"?more)|complete|succe"
)
CALM = (NO_OOM, NO_PULL, NO_PROBE)


def healthy_node_is_back() -> Built:
    """The node was silent for ten minutes; its alert is resolved, and it has been ready since."""
    world = World("2026-12-11T09:00:00Z", names=("node-1", "node-2"))
    node = world.get("Node", "node-2")
    for condition in node["status"]["conditions"]:
        condition["lastTransitionTime"] = world.clock.ago("26m")
    world.event(node, "node-not-ready", last="36m", node="node-2")
    exporter = world.metrics["metadata"]["name"]
    one = node_not_ready("node-2", world.clock, since="31m", exporter=exporter)
    return Built(
        "healthy-node-is-back",
        webhook([one | {"status": "resolved", "endsAt": world.clock.ago("24m")}]),
        key(
            ("Node", "", "node-2"),
            None,
            "resolved",
            "The alert is resolved: node-2 has been ready again since 26 minutes ago.",
            (r"node-2", WELL),
            *CALM,
            outcome="healthy",
            tags=("adversarial", "healthy", "resolved", "node", "subject-node"),
        ),
        world,
    )


def healthy_pod_that_completed() -> Built:
    """A pod of a Job that ended well is not ready, and need not be."""
    world = lean("2026-12-12T10:00:00Z")
    done = Ended(0, "Completed", began="52m", ended="41m")
    work = world.job(
        "reindex-77",
        "search",
        [main_of("reindex", "search", ports=[])],
        [PodState(containers={"reindex": done})],
        age="52m",
        ended="41m",
    )
    world.event(work.object, "job-completed", last="41m")
    world.log(work.pod, "reindex", "INFO indexed 88,120 documents\nINFO done\n")
    return Built(
        "healthy-pod-that-completed",
        [not_ready(work.pod, world.clock, since="26m")],
        key(
            work.pod,
            None,
            "resolved",
            "Nothing is wrong: the pod belongs to Job search/reindex-77, which completed 41 minutes ago "
            "with exit code 0.",
            (r"reindex", WELL),
            *CALM,
            outcome="healthy",
            tags=("adversarial", "healthy", "job"),
        ),
        world,
    )


def healthy_inhibitor() -> Built:
    """InfoInhibitor fires by design, whenever an alert of severity info does."""
    world = lean("2026-12-13T11:00:00Z")
    running(world, "portal", "web")
    return Built(
        "healthy-inhibitor",
        alert(
            "InfoInhibitor",
            {"namespace": "web", "prometheus": "monitoring/k8s"},
            world.clock,
            since="3h",
            severity="none",
            summary="Info-level alert inhibition.",
            description="This is an alert that is used to inhibit info alerts.",
        ),
        key(
            None,
            None,
            "no-issue",
            "Nothing is wrong: InfoInhibitor fires by design, to inhibit alerts of severity info.",
            (r"InfoInhibitor", r"by design|inhibit|expected|meant to|nothing (is )?wrong|no action"),
            *CALM,
            outcome="healthy",
            tags=("adversarial", "healthy"),
        ),
        world,
    )


def healthy_autoscaler_came_down() -> Built:
    """The HPA was at its maximum; it has scaled down since, and the alert is resolved."""
    world = lean("2026-12-14T12:00:00Z")
    running(world, "feed", "social", replicas=2)
    made = scaler(world, "feed", "social", target="feed", high=3, now=2, usage=41, since="19m", age="30d")
    return Built(
        "healthy-autoscaler-came-down",
        webhook(
            [
                alert(
                    "KubeHpaMaxedOut",
                    exported(scaler_alert_labels("feed", "social")),
                    world.clock,
                    since="1h10m",
                    resolved="15m",
                    summary="HPA is running at max replicas",
                    description="HPA social/feed has been running at max replicas for longer than 15 "
                    "minutes.",
                )
            ]
        ),
        key(
            made,
            None,
            "resolved",
            "The alert is resolved: HorizontalPodAutoscaler social/feed wants 2 replicas, fewer than its "
            "maximum of 3, "
            "and both are ready.",
            (r"\bfeed\b", WELL),
            *CALM,
            outcome="healthy",
            tags=("adversarial", "healthy", "resolved", "hpa", "subject-hpa"),
        ),
        world,
    )


def healthy_since_one_crash() -> Built:
    """One OOM kill 25 minutes ago; the container runs and is ready since, and its rule has not noticed yet."""
    world = lean("2026-12-15T13:00:00Z")
    state = Running(since="24m", restarts=1, last=Ended(137, "OOMKilled", began="3d", ended="24m2s"))
    work = running(
        world,
        "mixer",
        "audio",
        age="9d",
        states=PodState(containers={"mixer": state}),
        main={"limits": {"memory": "512Mi"}},
        changed="24m",
        log="INFO mixer 1.4.2 ready\n",
    )
    return Built(
        "healthy-since-one-crash",
        [
            fires(
                world,
                "PodRestarted",
                f"Pod audio/{work.pod['metadata']['name']} was restarted in the last hour.",
                "23m",
                "info",
                namespace="audio",
                pod=work.pod["metadata"]["name"],
                container="mixer",
            )
        ],
        key(
            work.pod,
            None,
            "oom-killed",
            "Container mixer of Deployment audio/mixer was OOMKilled once, 24 minutes ago, and has been "
            "running and ready "
            "since.",
            (r"mixer", r"OOM|ready|running|since|recovered"),
            NO_PULL,
            NO_PROBE,
            r"(again and again|crash ?loop(s|ing)?)",
            outcome=("healthy", "diagnosed"),
            tags=("adversarial", "healthy", "memory"),
        ),
        world,
    )


def healthy_after_roll_back() -> Built:
    """The bad revision was rolled back eight minutes ago; its pod is gone and all replicas are ready."""
    world = lean("2026-12-16T14:00:00Z")
    good = main_of("quotes", "trade", image=image_of("quotes", "trade", "4.0.1"))
    bad = good | {"image": image_of("quotes", "trade", "4.1.0")}
    work = world.deployment(
        "quotes",
        "trade",
        [good],
        replicas=2,
        age="60d",
        rolled="31m",
        old=Revision([bad], []),
        states=[PodState(age="60d"), PodState(age="60d")],
    )
    gone = f"{work.old_replica_set['metadata']['name']}-f5x9t"
    named: Json = {
        "metadata": {"name": gone, "namespace": "trade", "uid": "a3f1c2d4-0b5e-5c6d-8e7f-112233445566"}
    }
    old = work.old_replica_set["metadata"]["name"]
    world.event(work.object, "scaled-down", last="8m", replica_set=old, was=1, to=0)
    world.event(work.old_replica_set, "replicaset-deleted-pod", last="8m", pod=gone)
    return Built(
        "healthy-after-roll-back",
        webhook([crash_looping(named, "quotes", world.clock, since="12m")]),
        key(
            ("Pod", "trade", gone),
            None,
            "resolved",
            "The alert's pod was removed 8 minutes ago, when its revision was rolled back; both replicas "
            "of Deployment "
            "trade/quotes are ready.",
            (r"quotes", rf"{WELL}|rolled back|removed|gone|deleted"),
            *CALM,
            outcome="healthy",
            tags=("adversarial", "healthy", "deleted-pod", "rollout"),
            absent=(("Pod", "trade", gone),),
        ),
        world,
    )


def two_containers_two_faults() -> Built:
    """One container is OOMKilled, the other lacks an environment variable."""
    world = lean("2026-12-17T15:00:00Z")
    text = {
        one: world.say("waiting-crash-loop", delay="5m0s", container=one, pod="<pod>")
        for one in ("scan", "index")
    }
    ends = {
        "scan": Ended(137, "OOMKilled", began="3m", ended="2m20s"),
        "index": Ended(1, began="2m40s", ended="2m38s"),
    }
    work = world.deployment(
        "library",
        "docs",
        [
            main_of("scan", "docs", limits={"memory": "200Mi"}),
            main_of("index", "docs", ports=[8090]),
        ],
        age="45m",
        states=PodState(
            containers={
                one: Waiting("CrashLoopBackOff", text[one], restarts=11, last=ends[one])
                for one in ("scan", "index")
            }
        ),
        progress="stuck",
    )
    born(world, work, "45m")
    placed(world, work.pod, "45m")
    for one in ("scan", "index"):
        restarts(world, work.pod, one, image_of(one, "docs"), first="44m50s", tries=11)
    world.log(work.pod, "scan", "INFO scanning page 881\n", previous=True)
    world.log(
        work.pod, "index", "fatal: environment variable INDEX_TOKEN is required but not set\n", previous=True
    )
    return Built(
        "two-containers-two-faults",
        [not_ready(work.pod, world.clock, since="29m")],
        key(
            work.pod,
            work.object,
            "oom-killed",
            "Two faults in Deployment docs/library: container scan is OOMKilled at its limit of 200Mi, "
            "and container "
            "index ends because the environment variable INDEX_TOKEN is not set.",
            (r"OOM|out of memory|memory limit", r"INDEX_TOKEN"),
            NO_PULL,
            NO_PROBE,
            NO_ROOM,
            tags=("adversarial", "two-faults", "log", "crash"),
        ),
        world,
    )


def old_revision_dies_new_one_cannot_start() -> Built:
    """The pods that serve are OOMKilled, and the rollout that should help has an image that is absent."""
    world = lean("2026-12-18T16:00:00Z")
    before = main_of("render", "maps", limits={"memory": "150Mi"}, image=image_of("render", "maps", "1.0.0"))
    image = image_of("render", "maps", "1.0.1-hotfix")
    why = world.pull_error("not-found", image)
    dying = crash_loop(world, "render", Ended(137, "OOMKilled", began="3m", ended="2m20s"), 15)
    work = world.deployment(
        "render",
        "maps",
        [before | {"image": image}],
        age="12d",
        rolled="25m",
        old=Revision([before], [dying]),
        states=[PodState(containers={"render": pull_waiting(world, image, why)})],
        progress="stuck",
        changed="55m",
    )
    born(world, work, "25m")
    placed(world, work.pod, "25m")
    pulls(world, work.pod, "render", image, why, first="24m58s", tries=9)
    restarts(world, work.old_pods[0], "render", before["image"], first="55m", tries=15)
    return Built(
        "old-revision-dies-new-one-cannot-start",
        webhook(
            [
                fires(
                    world,
                    "DeploymentUnavailable",
                    "Deployment maps/render has no available replica.",
                    "50m",
                    "critical",
                    namespace="maps",
                    deployment="render",
                )
            ]
        ),
        key(
            work.object,
            work.object,
            "image-pull",
            "Deployment maps/render has two faults: its old pod is OOMKilled at its limit of 150Mi, and "
            "the new revision's "
            "image render:1.0.1-hotfix is not in the registry.",
            (r"1\.0\.1-hotfix", r"OOM|out of memory|memory limit"),
            NO_PROBE,
            NO_ROOM,
            blames("unauthorized|denied|credential"),
            tags=("adversarial", "two-faults", "rollout", "subject-deployment"),
        ),
        world,
    )


def two_claims_two_reasons() -> Built:
    """A pod with two claims: one of a StorageClass that is absent, one that waits for the pod as it should."""
    world = lean("2026-12-19T17:00:00Z")
    world.storage_class("standard", "ebs.csi.aws.com", immediate=False)
    absent = world.claim("hot", "lake", size="10Gi", storage_class="fast-nvme", age="41m")
    waiting = world.claim("cold", "lake", size="50Gi", storage_class="standard", age="41m")
    world.event(absent, "storage-class-not-found", first="41m", last="9s", count=165, name="fast-nvme")
    world.event(waiting, "wait-for-first-consumer", first="41m", last="9s", count=165)
    why = failed_scheduling(world.kubernetes, 2, {world.say("no-fit-unbound-claim"): 0})
    work = running(
        world,
        "lakehouse",
        "lake",
        age="41m",
        states=pending(why),
        main={"mounts": {"hot": "/hot", "cold": "/cold"}},
        volumes=[claim_volume("hot", "hot"), claim_volume("cold", "cold")],
        progress="stuck",
    )
    unfit(world, work, "41m", 9)
    return Built(
        "two-claims-two-reasons",
        [not_ready(work.pod, world.clock, since="25m")],
        key(
            work.pod,
            absent,
            "pvc-unbound",
            "Pod of Deployment lake/lakehouse cannot be scheduled because its claim hot asks for "
            "StorageClass fast-nvme, "
            "which does not exist.",
            (r"fast-nvme", r"not found|not exist|does ?n.t exist|absent|missing"),
            NO_OOM,
            NO_PULL,
            blames(r"WaitForFirstConsumer|claim cold"),
            also=(("StorageClass", "", "fast-nvme"), work.object),
            tags=("adversarial", "look-alike", "storage"),
            absent=(("StorageClass", "", "fast-nvme"),),
        ),
        world,
    )


def still_being_created() -> Built:
    """A pod that is one minute old: its image is being pulled; nothing is wrong yet."""
    world = lean("2026-12-20T18:00:00Z")
    work = running(
        world, "fresh", "lab", age="1m5s", states=creating(["fresh"]), progress="ongoing",
        main={"env": {"MODE": from_key("ConfigMap", "fresh-settings", "mode")}},
    )  # fmt: skip
    world.configmap("fresh-settings", "lab", {"mode": "demo"})
    born(world, work, "1m5s")
    placed(world, work.pod, "1m4s")
    world.event(work.pod, "pulling", last="1m2s", image=image_of("fresh", "lab"), container="fresh")
    return Built(
        "still-being-created",
        fires(
            world,
            "PodNotReady",
            f"Pod lab/{work.pod['metadata']['name']} is not ready.",
            "40s",
            "info",
            namespace="lab",
            pod=work.pod["metadata"]["name"],
        ),
        key(
            work.pod,
            None,
            "insufficient-data",
            "Pod of Deployment lab/fresh is a minute old and still being created: its image is being "
            "pulled, and nothing "
            "has failed yet.",
            (r"fresh", r"creat|pull|start|young|minute|seconds"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            outcome=("inconclusive", "healthy"),
            tags=("adversarial", "too-early"),
        ),
        world,
    )


def healthy_job_second_try() -> Built:
    """The Job's first pod failed and its second one succeeded: the Job is complete."""
    world = lean("2026-12-21T19:00:00Z")
    states = [
        PodState(containers={"sync": Ended(1, began="38m", ended="37m40s")}, age="38m"),
        PodState(containers={"sync": Ended(0, "Completed", began="37m", ended="29m")}, age="37m10s"),
    ]
    work = world.job("sync-0412", "crm", [main_of("sync", "crm", ports=[])], states, age="38m", ended="29m")
    world.event(work.object, "job-completed", last="29m")
    world.log(work.pods[0], "sync", "ERROR upstream closed the connection\n")
    world.log(work.pods[1], "sync", "INFO 4120 contacts synced\n")
    return Built(
        "healthy-job-second-try",
        [
            fires(
                world,
                "PodFailed",
                f"Pod crm/{work.pod['metadata']['name']} has failed.",
                "36m",
                namespace="crm",
                pod=work.pod["metadata"]["name"],
            )
        ],
        key(
            work.pod,
            None,
            "resolved",
            "Job crm/sync-0412 is complete: its first pod failed with exit code 1, and its second "
            "succeeded 29 minutes "
            "ago.",
            (r"sync", WELL),
            *CALM,
            outcome=("healthy", "diagnosed"),
            tags=("adversarial", "healthy", "job"),
        ),
        world,
    )
