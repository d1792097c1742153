"""What a container and a pod are doing, said in spans before the snapshot, and their status made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubetriage.evals.builders.clock import Clock
from kubetriage.evals.builders.identity import Json, container_id, full_image, image_id


@dataclass(frozen=True)
class Ended:
    """A run of a container that ended, `began` and `ended` ago; as a current state: it stays ended."""

    code: int
    reason: str = "Error"
    began: str = "6m"
    ended: str = "5m"
    message: str = ""
    restarts: int = 0
    last: Ended | None = None
    started: bool = True
    """False when the runtime could not start it: no times of its own, and reason StartError."""


@dataclass(frozen=True)
class Running:
    """A container that runs, since the pod started or `since` ago."""

    since: str = ""
    ready: bool = True
    restarts: int = 0
    last: Ended | None = None


@dataclass(frozen=True)
class Waiting:
    """A container that is not running and is to be started (again)."""

    reason: str
    message: str = ""
    """`<pod>` in it becomes the pod as the kubelet writes it: `name_namespace(uid)`."""
    restarts: int = 0
    last: Ended | None = None


ContainerState = Running | Waiting | Ended


@dataclass(frozen=True)
class PodState:
    """What a pod is doing; a container that is not named runs and is ready."""

    containers: Mapping[str, ContainerState] = field(default_factory=dict)
    init: Mapping[str, ContainerState] = field(default_factory=dict)
    """An init container that is not named ended well."""
    unschedulable: str = ""
    """The scheduler's message, of a pod without a node."""
    node: str = ""
    """The node; empty takes the next one in turn."""
    age: str = ""
    """Empty: that of its workload."""
    changed: str = ""
    """How long ago its Ready condition last changed; empty: as the containers' times say."""
    sandbox: bool = True
    """Whether the pod's sandbox (its network) was made."""
    reason: str = ""
    message: str = ""
    """Reason and message of the whole pod (Evicted, NodeLost)."""
    conditions: tuple[Json, ...] = ()
    """Further conditions, complete."""
    orphaned: bool = False
    """Whether the node controller marked it not ready, because its node is; the containers' states stay."""
    deleted: str = ""
    """How long ago its deletion was asked for."""
    suffix: str = ""
    """The end of its generated name; empty makes one."""


READY = PodState()


def pending(message: str, **more: Any) -> PodState:
    """A pod that the scheduler finds no node for."""
    return PodState(unschedulable=message, sandbox=False, **more)


def creating(names: list[str], **more: Any) -> PodState:
    """A pod with a node, whose containers are not created yet (volumes, sandbox)."""
    return PodState(containers={name: Waiting("ContainerCreating") for name in names}, sandbox=False, **more)


def _ended(state: Ended, clock: Clock, container: str) -> Json:
    if not state.started:
        times: Json = {"startedAt": "1970-01-01T00:00:00Z", "finishedAt": clock.ago(state.ended)}
    else:
        times = {"startedAt": clock.ago(state.began), "finishedAt": clock.ago(state.ended)}
    made: Json = {"containerID": container, "exitCode": state.code, **times, "reason": state.reason}
    return {"terminated": made | ({"message": state.message} if state.message else {})}


def _current(state: ContainerState, clock: Clock, container: str, since: str, who: str) -> Json:
    if isinstance(state, Running):
        return {"running": {"startedAt": clock.ago(state.since) if state.since else since}}
    if isinstance(state, Ended):
        return _ended(state, clock, container)
    message = {"message": state.message.replace("<pod>", who)} if state.message else {}
    return {"waiting": {"reason": state.reason, **message}}


def container_status(
    spec: Json, state: ContainerState, clock: Clock, runtime: str, who: str, since: str, *, init: bool
) -> Json:
    """The status of one container of the pod `who` (`name_namespace(uid)`), usually running since `since`."""
    name, image = spec["name"], spec["image"]
    runs = state.restarts + (not isinstance(state, Waiting))
    current = container_id(runtime, who, name, str(runs))
    previous = container_id(runtime, who, name, str(runs if isinstance(state, Waiting) else runs - 1))
    ever = not isinstance(state, Waiting) or state.last is not None
    ready = (
        state.ready if isinstance(state, Running) else init and isinstance(state, Ended) and state.code == 0
    )
    return {
        "containerID": (current if not isinstance(state, Waiting) else previous) if ever else "",
        "image": full_image(image) if ever else image,
        "imageID": image_id(image) if ever else "",
        "lastState": _ended(state.last, clock, previous) if state.last else {},
        "name": name,
        "ready": ready,
        "restartCount": state.restarts,
        "started": isinstance(state, Running),
        "state": _current(state, clock, current, since, who),
    }
