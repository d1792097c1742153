"""Pods as the API server returns them: admitted spec, conditions with their times, container statuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kubetriage.evals.builders.clock import Clock
from kubetriage.evals.builders.identity import Json, suffix, uid
from kubetriage.evals.builders.states import (
    ContainerState,
    Ended,
    PodState,
    Running,
    Waiting,
    container_status,
)
from kubetriage.evals.builders.templates import admitted, quality
from kubetriage.evals.builders.texts import version_of


@dataclass(frozen=True)
class Place:
    """Where and when pods are made: the clock, versions, and the node with its address and the pod's own."""

    clock: Clock
    kubernetes: str
    runtime: str
    node: str = ""
    host: str = ""
    address: str = ""


def _states(
    specs: list[Json], named: Mapping[str, ContainerState], usual: ContainerState
) -> list[tuple[Json, ContainerState]]:
    return [(spec, named.get(spec["name"], usual)) for spec in specs]


def _phase(spec: Json, state: PodState, init: list[ContainerState], main: list[ContainerState]) -> str:
    if state.reason == "Evicted":
        return "Failed"
    if any(not isinstance(one, Ended) or one.code for one in init):
        return "Pending"
    if any(isinstance(one, Waiting) and one.last is None for one in main):
        return "Pending"
    if spec["restartPolicy"] != "Always" and all(isinstance(one, Ended) for one in main):
        return "Failed" if any(isinstance(one, Ended) and one.code for one in main) else "Succeeded"
    return "Running"


def _condition(kind: str, ok: bool, at: str, reason: str = "", message: str = "") -> Json:
    made: Json = {
        "lastProbeTime": None,
        "lastTransitionTime": at,
        "status": "True" if ok else "False",
        "type": kind,
    }
    if reason:
        made["reason"] = reason
    return made | ({"message": message} if message else {})


def _changed(state: PodState, main: list[ContainerState], default: str, clock: Clock) -> str:
    """When the Ready condition last changed, as the containers' own times say."""
    if state.changed:
        return clock.ago(state.changed)
    ended = [one if isinstance(one, Ended) else one.last for one in main if not isinstance(one, Running)]
    times = [clock.ago(one.ended) for one in ended if one]
    times += [clock.ago(one.since) for one in main if isinstance(one, Running) and one.since]
    return max([default, *times])


def _conditions(
    place: Place, state: PodState, phase: str, created: str, changed: str, init: list[Json], main: list[Json]
) -> list[Json]:
    """The pod's conditions, `init` and `main` being the statuses of its containers."""
    waiting = [one["name"] for one in init if not one["ready"]]
    unready = [one["name"] for one in main if not one["ready"]]
    done = phase in ("Succeeded", "Failed")
    usual = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(phase, "ContainersNotReady")
    bad: tuple[str, ...] = ()
    if unready:
        bad = (usual, "" if done else f"containers with unready status: [{' '.join(unready)}]")
    conditions = []
    if version_of(place.kubernetes) >= (1, 29):
        network = state.sandbox and not done
        conditions.append(_condition("PodReadyToStartContainers", network, changed if done else created))
    initialized: tuple[str, ...] = ("PodCompleted",) if phase == "Succeeded" else ()
    if waiting:
        initialized = (
            "ContainersNotInitialized",
            f"containers with incomplete status: [{' '.join(waiting)}]",
        )
    conditions.append(_condition("Initialized", not waiting, created, *initialized))
    conditions.append(_condition("Ready", not bad and not state.orphaned, changed, *bad))
    conditions.append(_condition("ContainersReady", not bad, changed, *bad))
    conditions.append(_condition("PodScheduled", True, created))
    return conditions


def _status(place: Place, spec: Json, state: PodState, who: str, age: str) -> Json:
    clock, created = place.clock, place.clock.ago(age)
    if state.unschedulable:
        unfit = _condition("PodScheduled", False, created, "Unschedulable", state.unschedulable)
        return {"conditions": [unfit], "phase": "Pending", "qosClass": quality(spec)}
    runtime, since = place.runtime.partition("://")[0], clock.ago(age, "3s")
    init_states = _states(spec.get("initContainers", []), state.init, Ended(0, "Completed", age, age))
    initialized = all(isinstance(now, Ended) and now.code == 0 for _, now in init_states)
    main_states = _states(
        spec["containers"], state.containers, Running() if initialized else Waiting("PodInitializing")
    )
    init = [container_status(one, now, clock, runtime, who, since, init=True) for one, now in init_states]
    main = [container_status(one, now, clock, runtime, who, since, init=False) for one, now in main_states]
    phase = _phase(spec, state, [now for _, now in init_states], [now for _, now in main_states])
    unready = any(not one["ready"] for one in main)
    default = created if unready else clock.ago(age, "4s")
    changed = _changed(state, [now for _, now in main_states], default, clock)
    conditions = _conditions(place, state, phase, created, changed, init, main)
    status: Json = {
        "conditions": [*state.conditions, *conditions],
        "phase": phase,
        "qosClass": quality(spec),
        "hostIP": place.host,
        "hostIPs": [{"ip": place.host}],
        "startTime": created,
        "containerStatuses": main,
    }
    status |= {"initContainerStatuses": init} if init else {}
    status |= {"podIP": place.address, "podIPs": [{"ip": place.address}]} if state.sandbox else {}
    return status | ({"reason": state.reason, "message": state.message} if state.reason else {})


def pod(
    place: Place,
    name: str,
    namespace: str,
    template: Json,
    state: PodState,
    *,
    age: str,
    owner: Json | None = None,
) -> Json:
    """A pod of `template` that `owner` (an owner reference) made `age` ago."""
    pod_uid = uid("Pod", namespace, name, age)
    spec = admitted(template["spec"], f"kube-api-access-{suffix('volume', pod_uid)}")
    metadata: Json = {
        "creationTimestamp": place.clock.ago(age),
        "labels": dict(template["metadata"]["labels"]),
        "name": name,
        "namespace": namespace,
        "uid": pod_uid,
    }
    if annotations := template["metadata"].get("annotations"):
        metadata["annotations"] = dict(annotations)
    if owner:
        stem = name.rpartition("-")[0]
        generated = {} if owner["kind"] == "StatefulSet" else {"generateName": f"{stem}-"}
        metadata |= {**generated, "ownerReferences": [owner]}
    if state.deleted:
        metadata |= {"deletionGracePeriodSeconds": 30, "deletionTimestamp": place.clock.ago(state.deleted)}
    if not state.unschedulable:
        spec["nodeName"] = place.node
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec,
        "status": _status(place, spec, state, f"{name}_{namespace}({pod_uid})", age),
    }
