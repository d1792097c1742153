"""One object under the versions that Kubernetes serves it in."""

from __future__ import annotations

from typing import Any

from kubetriage.adapters.cluster.snapshot.scope import parse_time

SAME_SHAPE = {
    ("batch/v1beta1", "CronJob"): "batch/v1",
    ("policy/v1beta1", "PodDisruptionBudget"): "policy/v1",
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler"): "autoscaling/v2",
    ("storage.k8s.io/v1beta1", "StorageClass"): "storage.k8s.io/v1",
    ("storage.k8s.io/v1beta1", "CSIDriver"): "storage.k8s.io/v1",
    ("storage.k8s.io/v1beta1", "CSINode"): "storage.k8s.io/v1",
    ("scheduling.k8s.io/v1beta1", "PriorityClass"): "scheduling.k8s.io/v1",
    ("coordination.k8s.io/v1beta1", "Lease"): "coordination.k8s.io/v1",
    ("rbac.authorization.k8s.io/v1beta1", "Role"): "rbac.authorization.k8s.io/v1",
    ("rbac.authorization.k8s.io/v1beta1", "RoleBinding"): "rbac.authorization.k8s.io/v1",
    ("rbac.authorization.k8s.io/v1beta1", "ClusterRole"): "rbac.authorization.k8s.io/v1",
    ("rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding"): "rbac.authorization.k8s.io/v1",
}
"""Older versions of built-in kinds whose objects read the same in the version served today."""

_MICRO_TIMES = {
    "Event": (("eventTime",), ("series", "lastObservedTime")),
    "Lease": (("spec", "acquireTime"), ("spec", "renewTime")),
}
"""Where a `metav1.MicroTime` stands: clients refuse one without exactly six decimals."""

_CORE_TO_NEW = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_NEW_TO_CORE = {new: core for core, new in _CORE_TO_NEW.items()}


def current(obj: dict[str, Any]) -> dict[str, Any]:
    """The object as it is stored: Events as core `v1`, older versions of the same shape as today's."""
    api_version, kind = obj["apiVersion"], obj["kind"]
    if kind == "Event" and api_version.startswith("events.k8s.io/"):
        return current(_renamed(obj, _NEW_TO_CORE, "v1"))
    if kind == "EndpointSlice" and obj.get("ports"):
        # The API server fills these in, and kubectl relies on it.
        obj = obj | {"ports": [{"name": "", "protocol": "TCP"} | port for port in obj["ports"]]}
    if kind in _MICRO_TIMES:
        obj = _with_micro_times(obj, _MICRO_TIMES[kind])
    newer = SAME_SHAPE.get((api_version, kind))
    return obj | {"apiVersion": newer} if newer else obj


def _with_micro_times(obj: dict[str, Any], places: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    for *above, last in places:
        holder = obj
        for step in above:
            holder = holder.get(step) or {}
        time = parse_time(holder.get(last) or "")
        if time:
            holder[last] = f"{time:%Y-%m-%dT%H:%M:%S.%f}Z"
    return obj


def event_as_new(event: dict[str, Any]) -> dict[str, Any]:
    """A core `v1` Event as `events.k8s.io/v1` names its fields."""
    return _renamed(event, _CORE_TO_NEW, "events.k8s.io/v1")


def _renamed(obj: dict[str, Any], names: dict[str, str], api_version: str) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in obj.items()} | {"apiVersion": api_version}
