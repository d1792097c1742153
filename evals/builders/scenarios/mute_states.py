"""Faults that the states of objects do not show, and states that do not refute what was measured."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import not_ready, webhook
from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.policies import priority_class
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import placed
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
from kubetriage.evals.builders.states import PodState
from kubetriage.evals.builders.templates import container
from kubetriage.evals.builders.world import World

NOT_THIS = (NO_OOM, NO_PULL, NO_PROBE)


def objective(
    world: World, work: Json, since: str, what: str = "answers more than 5% of its requests with 5xx"
) -> Json:
    """An alert on an application's own errors or slowness, with its Deployment as the subject."""
    ns, name = work["metadata"]["namespace"], work["metadata"]["name"]
    text = f"{name} in {ns} {what}."
    return webhook([fires(world, "ServiceObjective", text, since, "critical", namespace=ns, deployment=name)])


def log_lines(world: World, count: int, every: int, *words: str) -> str:
    """So many lines, one each `every` seconds up to now; `{n}` in a line is its number."""
    found = []
    for number in range(count):
        ago = (count - number) * every
        at = world.clock.ago(f"{ago}s")
        found += [f"{at} {one.format(n=number)}" for one in words]
    return "\n".join(found) + "\n"


def node_holds_all_its_pods() -> Built:
    """A kubelet runs as many pods as it takes."""
    world = lean("2027-03-01T08:20:00Z")
    node = world.get("Node", "node-2")
    for part in ("capacity", "allocatable"):
        node["status"][part]["pods"] = "12"
    there = [p for p in world.of_kind("Pod") if p["spec"].get("nodeName") == "node-2"]
    small = container(
        "job", "registry.example.com/batch/worker:3.1", requests={"cpu": "10m", "memory": "16Mi"}
    )
    world.deployment("worker", "batch", [small], replicas=12 - len(there), states=PodState(node="node-2"))
    text = "Kubelet 'node-2' is running at 100% of its Pod capacity."
    return Built(
        "node-holds-all-its-pods",
        webhook([fires(world, "KubeletTooManyPods", text, "40m", "info", node="node-2")]),
        key(
            node,
            node,
            "node-pod-capacity",
            "Node node-2 runs 12 pods, all that its kubelet takes: no further pod fits.",
            (r"node-2", r"\b12\b", r"pods"),
            NO_OOM,
            blames("(memory|disk) pressure"),
            tags=("node", "subject-node"),
        ),
        world,
    )


def liveness_probe_fails_unheeded() -> Built:
    """A liveness probe fails each time, and its threshold lets kubelet wait for hours."""
    world = lean("2027-03-02T10:00:00Z")
    probe = {"exec": {"command": ["test", "-S", "/run/agent.sock"]}, "periodSeconds": 15,
             "failureThreshold": 500, "timeoutSeconds": 2, "successThreshold": 1}  # fmt: skip
    work = running(world, "relay", "edge", age="2h", main={"livenessProbe": probe})
    world.event(work.pod, "probe-exec", first="50m", last="4s", count=200, probe="Liveness", output="",
                container="relay")  # fmt: skip
    world.log(work.pod, "relay", log_lines(world, 60, 30, "INFO relayed {n} frames"))
    text = "The kubelet's probes of relay fail."
    name = work.pod["metadata"]["name"]
    return Built(
        "liveness-probe-fails-unheeded",
        webhook([fires(world, "ProbesFail", text, "35m", namespace="edge", pod=name, container="relay")]),
        key(
            work.pod,
            work.object,
            "probe-failure",
            "The liveness probe of container relay (test -S /run/agent.sock) fails each time; its "
            "failureThreshold of 500 has kept kubelet from restarting it yet.",
            (r"relay", r"liveness", r"fail"),
            NO_OOM,
            NO_PULL,
            tags=("probe",),
        ),
        world,
    )


def bare_pod_preempted() -> Built:
    """The scheduler deletes a pod without a controller to make room; nobody makes it anew."""
    world = lean("2027-03-03T15:30:00Z")
    world.add(priority_class("business-critical", world.clock.ago("90d"), 900000))
    one = main_of("indexer", "search", requests={"cpu": "3", "memory": "1Gi"})
    template = {"metadata": {"labels": {"run": "indexer"}}, "spec": {"containers": [one], "dnsPolicy": "ClusterFirst",
                "restartPolicy": "Always", "schedulerName": "default-scheduler"}}  # fmt: skip
    gone = world.pod("indexer", "search", template, PodState(node="node-1"), age="6d")
    taker = running(world, "payments", "shop", age="28m", states=PodState(node="node-1"),
                    more={"priorityClassName": "business-critical", "priority": 900000},
                    main={"requests": {"cpu": "3", "memory": "1Gi"}})  # fmt: skip
    placed(world, taker.pod, "27m")
    world.event(gone, "preempted", last="28m", uid=taker.pod["metadata"]["uid"], node="node-1")
    alert = not_ready(gone, world.clock, since="12m")
    world.remove(gone)
    place = ("Pod", "search", "indexer")
    return Built(
        "bare-pod-preempted",
        webhook([alert]),
        key(
            place,
            taker.object,
            "preemption",
            "Pod search/indexer was preempted: the scheduler deleted it to make room for a pod of Deployment "
            "shop/payments, which has the PriorityClass business-critical, and it has no controller that would make "
            "it anew.",
            (r"indexer", r"preempt", r"payments"),
            *NOT_THIS,
            also=(place, taker.pod, ("PriorityClass", "", "business-critical")),
            absent=(place,),
            tags=("scheduling", "gone"),
        ),
        world,
    )


def new_version_throws() -> Built:
    """A new version runs and is ready, and throws on each third request."""
    world = lean("2027-03-05T13:10:00Z")
    old = main_of("quotes", "store", image="registry.example.com/store/quotes:5.0")
    image = "registry.example.com/store/quotes:5.1"
    work = running(world, "quotes", "store", replicas=2, main={"image": image}, age="60d", rolled="33m",
                   old=Revision([old]))  # fmt: skip
    lines = ("INFO quote {n} asked", "INFO quote {n} given", "ERROR quote {n} failed",
             "java.util.NoSuchElementException: no surcharge for vehicle class 7")  # fmt: skip
    for pod in work.pods:
        world.log(pod, "quotes", log_lines(world, 90, 20, *lines))
    return Built(
        "new-version-throws",
        objective(world, work.object, "27m"),
        key(
            work.object,
            work.object,
            "crash-app-error",
            "Since the rollout of image quotes:5.1, quotes throws NoSuchElementException (no surcharge for vehicle "
            "class 7).",
            (r"quotes", r"NoSuchElement|surcharge"),
            *NOT_THIS,
            tags=("log", "java", "rollout", "subject-deployment"),
        ),
        world,
    )


def rollout_before_slowness() -> Built:
    """Slow since a rollout, and the application logs nothing."""
    world = lean("2027-03-06T16:00:00Z")
    old = main_of("render", "media", image="registry.example.com/media/render:11.4")
    image = "registry.example.com/media/render:12.0"
    work = running(world, "render", "media", replicas=2, main={"image": image}, age="60d", rolled="41m",
                   old=Revision([old]))  # fmt: skip
    for pod in work.pods:
        world.log(pod, "render", "")
    return Built(
        "rollout-before-slowness",
        objective(world, work.object, "30m", "has a p99 latency above 5 seconds"),
        key(
            work.object,
            work.object,
            "wrong-image",
            "render is slow since image render:12.0 was rolled out, shortly before the alert; nothing else changed.",
            (r"render", r"12\.0|rolled out|rollout"),
            *NOT_THIS,
            outcome=("diagnosed", "inconclusive"),
            tags=("rollout", "slow", "subject-deployment"),
        ),
        world,
    )


def latency_of_ready_pods() -> Built:
    """Ready pods and quiet logs say nothing about latency: the alert is not refuted."""
    world = lean("2027-03-07T09:00:00Z")
    work = running(world, "search", "portal", replicas=2, age="60d")
    for pod in work.pods:
        world.log(pod, "search", log_lines(world, 60, 30, "INFO GET /find 200"))
    name = "SearchLatencyHigh"
    text = "Searches are taking longer than they should."
    alert = fires(world, name, text, "50m", namespace="portal", deployment="search")
    return Built(
        "latency-of-ready-pods",
        webhook([alert]),
        key(
            work.object,
            None,
            "insufficient-data",
            "Nothing in the cluster's state or the logs shows why searches are slow; that the pods are ready does "
            "not refute it.",
            (r"search", r"not (be )?(visible|show|explain)|nothing|cannot"),
            *NOT_THIS,
            r"healthy|no longer (true|slow)",
            outcome="inconclusive",
            tags=("adversarial", "slow", "subject-deployment"),
        ),
        world,
    )
