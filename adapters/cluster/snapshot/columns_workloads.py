"""Table columns of pods and of what owns them (`pkg/printers/internalversion`, Kubernetes 1.33)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kubetriage.adapters.cluster.snapshot.printing import (
    AGE,
    CONTAINERS,
    IMAGES,
    NAME,
    SELECTOR,
    Column,
    Object,
    age,
    age_of,
    at,
    containers,
    human_duration,
    joined,
    value,
)
from kubetriage.adapters.cluster.snapshot.scope import parse_time


def _restartable(container: Object) -> bool:
    return container.get("restartPolicy") == "Always"


def pod_ready(pod: Object, _: datetime) -> str:
    sidecars = {c.get("name") for c in at(pod, "spec.initContainers", ()) if _restartable(c)}
    total = len(at(pod, "spec.containers", ())) + len(sidecars)
    ready = sum(bool(s.get("ready")) for s in at(pod, "status.containerStatuses", ()))
    ready += sum(
        bool(s.get("ready")) and s.get("name") in sidecars
        for s in at(pod, "status.initContainerStatuses", ())
    )
    return f"{ready}/{total}"


def pod_status(pod: Object, _: datetime) -> str:
    """What `kubectl get pods` shows as STATUS: the most telling of phase, reasons and container states."""
    reason = at(pod, "status.reason") or at(pod, "status.phase", "Unknown")
    for condition in at(pod, "status.conditions", ()):
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    initialising = _init_reason(pod)
    started = not initialising or _initialized(pod)
    reason = _container_reason(pod, reason) if started else initialising
    if at(pod, "metadata.deletionTimestamp"):
        gone = at(pod, "status.reason") == "NodeLost"
        return (
            "Unknown"
            if gone
            else reason
            if at(pod, "status.phase") in ("Succeeded", "Failed")
            else "Terminating"
        )
    return str(reason)


def _initialized(pod: Object) -> bool:
    return any(
        c.get("type") == "Initialized" and c.get("status") == "True" for c in at(pod, "status.conditions", ())
    )


def _init_reason(pod: Object) -> str:
    specs = {c.get("name"): c for c in at(pod, "spec.initContainers", ())}
    for index, state in enumerate(at(pod, "status.initContainerStatuses", ())):
        terminated, waiting = at(state, "state.terminated"), at(state, "state.waiting")
        if terminated and terminated.get("exitCode") == 0:
            continue
        if _restartable(specs.get(state.get("name"), {})) and state.get("started"):
            continue
        if terminated:
            return "Init:" + (terminated.get("reason") or _exit(terminated))
        if waiting and waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{index}/{len(specs)}"
    return ""


def _exit(terminated: Object) -> str:
    signal = terminated.get("signal")
    return f"Signal:{signal}" if signal else f"ExitCode:{terminated.get('exitCode', 0)}"


def _container_reason(pod: Object, reason: str) -> str:
    running = False
    for state in reversed(at(pod, "status.containerStatuses", ())):
        waiting, terminated = at(state, "state.waiting"), at(state, "state.terminated")
        if waiting and waiting.get("reason"):
            reason = waiting["reason"]
        elif terminated:
            reason = terminated.get("reason") or _exit(terminated)
        elif state.get("ready") and at(state, "state.running") is not None:
            running = True
    if reason == "Completed" and running:
        ready = any(
            c.get("type") == "Ready" and c.get("status") == "True" for c in at(pod, "status.conditions", ())
        )
        return "Running" if ready else "NotReady"
    return reason


def pod_restarts(pod: Object, now: datetime) -> str:
    statuses = at(pod, "status.containerStatuses", ())
    initialising = bool(_init_reason(pod)) and not _initialized(pod)
    if initialising:
        statuses = at(pod, "status.initContainerStatuses", ())
    total = sum(int(s.get("restartCount") or 0) for s in statuses)
    ends = [t for t in (at(s, "lastState.terminated.finishedAt") for s in statuses) if t]
    return f"{total} ({age(max(ends), now)} ago)" if total and ends else str(total)


def _gates(pod: Object, _: datetime) -> str:
    gates = [gate.get("conditionType") for gate in at(pod, "spec.readinessGates", ())]
    true = {c.get("type") for c in at(pod, "status.conditions", ()) if c.get("status") == "True"}
    return f"{sum(gate in true for gate in gates)}/{len(gates)}" if gates else "<none>"


def _job_status(job: Object, _: datetime) -> str:
    conditions = {c.get("type") for c in at(job, "status.conditions", ()) if c.get("status") == "True"}
    for condition in ("Complete", "Failed"):
        if condition in conditions:
            return condition
    if at(job, "metadata.deletionTimestamp"):
        return "Terminating"
    for condition in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if condition in conditions:
            return condition
    return "Running"


def _job_completions(job: Object, _: datetime) -> str:
    done, wanted, at_once = (
        at(job, "status.succeeded", 0),
        at(job, "spec.completions"),
        at(job, "spec.parallelism", 0),
    )
    if wanted is not None:
        return f"{done}/{wanted}"
    return f"{done}/1 of {at_once}" if at_once > 1 else f"{done}/1"


def _job_duration(job: Object, now: datetime) -> str:
    start = parse_time(at(job, "status.startTime", ""))
    end = parse_time(at(job, "status.completionTime", ""))
    return human_duration(((end or now) - start).total_seconds()) if start else ""


def _number(path: str, default: int = 0) -> Any:
    return value(path, default)


def _of_replicas(ready: str) -> Any:
    return lambda o, _: f"{at(o, ready, 0)}/{at(o, 'spec.replicas', 0)}"


_JOB_POD = "spec.jobTemplate.spec.template.spec"

WORKLOAD_COLUMNS: dict[tuple[str, str], tuple[Column, ...]] = {
    ("", "Pod"): (
        NAME,
        Column("Ready", pod_ready),
        Column("Status", pod_status),
        Column("Restarts", pod_restarts),
        AGE,
        Column("IP", lambda o, _: at(o, "status.podIP") or "<none>", wide=True),
        Column("Node", lambda o, _: at(o, "spec.nodeName") or "<none>", wide=True),
        Column("Nominated Node", lambda o, _: at(o, "status.nominatedNodeName") or "<none>", wide=True),
        Column("Readiness Gates", _gates, wide=True),
    ),
    ("apps", "Deployment"): (
        NAME,
        Column("Ready", _of_replicas("status.readyReplicas")),
        Column("Up-to-date", _number("status.updatedReplicas"), type="integer"),
        Column("Available", _number("status.availableReplicas"), type="integer"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    ("apps", "ReplicaSet"): (
        NAME,
        Column("Desired", _number("spec.replicas"), type="integer"),
        Column("Current", _number("status.replicas"), type="integer"),
        Column("Ready", _number("status.readyReplicas"), type="integer"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    ("apps", "StatefulSet"): (
        NAME,
        Column("Ready", _of_replicas("status.readyReplicas")),
        AGE,
        CONTAINERS,
        IMAGES,
    ),
    ("apps", "DaemonSet"): (
        NAME,
        Column("Desired", _number("status.desiredNumberScheduled"), type="integer"),
        Column("Current", _number("status.currentNumberScheduled"), type="integer"),
        Column("Ready", _number("status.numberReady"), type="integer"),
        Column("Up-to-date", _number("status.updatedNumberScheduled"), type="integer"),
        Column("Available", _number("status.numberAvailable"), type="integer"),
        Column("Node Selector", lambda o, _: _node_selector(o)),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    ("", "ReplicationController"): (
        NAME,
        Column("Desired", _number("spec.replicas"), type="integer"),
        Column("Current", _number("status.replicas"), type="integer"),
        Column("Ready", _number("status.readyReplicas"), type="integer"),
        AGE,
        CONTAINERS,
        IMAGES,
    ),
    ("batch", "Job"): (
        NAME,
        Column("Status", _job_status),
        Column("Completions", _job_completions),
        Column("Duration", _job_duration),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ),
    ("batch", "CronJob"): (
        NAME,
        Column("Schedule", value("spec.schedule")),
        Column("Timezone", value("spec.timeZone")),
        Column("Suspend", lambda o, _: str(at(o, "spec.suspend", False))),
        Column("Active", lambda o, _: len(at(o, "status.active", ())), type="integer"),
        Column("Last Schedule", lambda o, now: _last_schedule(o, now)),
        AGE,
        Column("Containers", lambda o, _: containers(at(o, _JOB_POD), "name"), wide=True),
        Column("Images", lambda o, _: containers(at(o, _JOB_POD), "image"), wide=True),
    ),
    ("apps", "ControllerRevision"): (
        NAME,
        Column("Controller", lambda o, _: _controller(o)),
        Column("Revision", _number("revision"), type="integer"),
        Column("Age", age_of()),
    ),
}  # fmt: skip


def _node_selector(obj: Object) -> str:
    chosen = at(obj, "spec.template.spec.nodeSelector", {})
    return joined(f"{k}={v}" for k, v in sorted(chosen.items()))


def _last_schedule(obj: Object, now: datetime) -> str:
    last = at(obj, "status.lastScheduleTime")
    return age(last, now) if last else "<none>"


def _controller(obj: Object) -> str:
    for owner in at(obj, "metadata.ownerReferences", ()):
        if owner.get("controller"):
            group, _, _ = str(owner.get("apiVersion", "")).rpartition("/")
            kind = str(owner.get("kind", "")).lower()
            return f"{kind}.{group}/{owner.get('name')}" if group else f"{kind}/{owner.get('name')}"
    return "<none>"
