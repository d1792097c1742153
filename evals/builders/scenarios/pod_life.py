"""The usual events of a pod's life, and the ways to say things that several families share."""

from __future__ import annotations

from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.identity import Json, suffix
from kubetriage.evals.builders.scenario import blames
from kubetriage.evals.builders.states import Ended, PodState, Waiting
from kubetriage.evals.builders.texts import failed_scheduling, say
from kubetriage.evals.builders.world import World

REQUESTS = {"cpu": "100m", "memory": "128Mi"}
ABSENT = r"not found|not exist|does ?n.t exist|not have|missing|absent|no such|no longer exists|is gone"
"""Ways to say that something is not there."""


NO_IMAGE = blames("image (cannot|could not|can not) be pulled|image pull|ErrImagePull")
NO_NODE = r"insufficient (cpu|memory)|no node (fits|has)|cannot be scheduled|unschedulable"


def born(world: World, work: Workload, age: str, was: int = 0) -> None:
    """The controllers' events of pods that were made within the last hour."""
    for pod in work.pods:
        world.event(work.replica_set, "replicaset-created-pod", last=age, pod=pod["metadata"]["name"])
    name = work.replica_set["metadata"]["name"]
    world.event(work.object, "scaled-up", last=age, replica_set=name, was=was, to=was + len(work.pods))


def unbound(world: World) -> str:
    """The scheduler's message for a pod whose claim has no volume."""
    return failed_scheduling(world.kubernetes, 3, {say("no-fit-unbound-claim", world.kubernetes): 0})


def unfit(world: World, work: Workload, age: str, count: int) -> None:
    """The events of a pod that no node fits since it was made."""
    born(world, work, age)
    for pod in work.pods:
        for condition in pod["status"]["conditions"]:
            if condition.get("reason") == "Unschedulable":
                why = condition["message"]
                world.event(pod, "failed-scheduling", first=age, last="1m30s", count=count, why=why)


def placed(world: World, pod: Json, age: str) -> None:
    """The scheduler's event that a pod got its node."""
    meta, node = pod["metadata"], pod["spec"]["nodeName"]
    world.event(pod, "scheduled", last=age, namespace=meta["namespace"], pod=meta["name"], node=node)


def pull_waiting(world: World, image: str, why: str) -> Waiting:
    """A container whose image cannot be pulled, between two tries."""
    return Waiting("ImagePullBackOff", world.say("waiting-image-pull-back-off", image=image, why=why))


def pulls(world: World, pod: Json, container: str, image: str, why: str, *, first: str, tries: int) -> None:
    """The kubelet's events of a pull that fails again and again."""
    world.event(pod, "pulling", first=first, last="2m11s", count=tries, image=image, container=container)
    world.event(
        pod, "pull-failed", first=first, last="2m10s", count=tries, image=image, why=why, container=container
    )
    world.event(pod, "err-image-pull", first=first, last="2m10s", count=tries, container=container)
    world.event(
        pod, "back-off-pulling", first=first, last="9s", count=tries * 4, image=image, container=container
    )
    world.event(pod, "image-pull-back-off", first=first, last="9s", count=tries * 4, container=container)


def crash_loop(world: World, container: str, last: Ended, restarts: int, delay: str = "5m0s") -> PodState:
    """A pod whose container ended and waits to be started again."""
    message = world.say("waiting-crash-loop", delay=delay, container=container, pod="<pod>")
    return PodState(
        containers={container: Waiting("CrashLoopBackOff", message, restarts=restarts, last=last)}
    )


def restarts(
    world: World, pod: Json, container: str, image: str, *, first: str, tries: int, init: bool = False
) -> None:
    """The kubelet's events of a container that is started and fails again and again."""
    world.event(
        pod,
        "already-present",
        first=first,
        last="2m30s",
        count=tries,
        image=image,
        init=init,
        container=container,
    )
    world.event(pod, "created", first=first, last="2m30s", count=tries, init=init, container=container)
    world.event(pod, "started", first=first, last="2m30s", count=tries, init=init, container=container)
    backs_off(world, pod, container, first=first, last="14s", count=tries * 5, init=init)


def backs_off(
    world: World, pod: Json, container: str, *, first: str, last: str, count: int, init: bool = False
) -> None:
    """The kubelet's event that it waits before it starts a container again."""
    meta = pod["metadata"]
    whose = {"pod": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]}
    text = "back-off-restarting"
    world.event(pod, text, first=first, last=last, count=count, container=container, init=init, **whose)


def next_pod(name: str, hash_: str) -> str:
    """The name that the refused pod would have had."""
    return f"{name}-{hash_}-{suffix('refused', name)}"


def refused(world: World, work: Workload, why: str, *, first: str, tries: int) -> None:
    """The ReplicaSet's event; each try has another pod's name, so the recorder combines them after ten."""
    world.event(work.replica_set, "create-failed", first=first, last=first, why=why)
    world.event(
        work.replica_set, "create-failed", first=first, last="1m5s", count=tries, combined=True, why=why
    )
