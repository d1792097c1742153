"""Nodes with their conditions, capacity, taints and system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kubetriage.evals.builders.clock import Clock
from kubetriage.evals.builders.identity import Json, hexadecimal
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.texts import entry, say

_USUAL = {
    "MemoryPressure": "node-memory-ok",
    "DiskPressure": "node-disk-ok",
    "PIDPressure": "node-pid-ok",
    "Ready": "node-ready",
}
_GOOD = {"node-ready"}
_BAD = {"node-memory-pressure": "True", "node-disk-pressure": "True", "node-pid-pressure": "True"}


@dataclass(frozen=True)
class NodeState:
    """How a node is: texts of conditions that are not the usual ones, since when, and its last heartbeat."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """Condition type to the text's name (`DiskPressure`: `node-disk-pressure`)."""
    since: str = ""
    heartbeat: str = "2m"
    cordoned: bool = False
    taints: tuple[tuple[str, str, str], ...] = ()
    """(key, value, effect); those of conditions are added."""

    @property
    def ready(self) -> bool:
        return "Ready" not in self.texts


NODE_READY = NodeState()
STOPPED = dict.fromkeys(_USUAL, "node-unknown")
"""Every condition of a node whose kubelet is silent."""


def _condition(kind: str, state: NodeState, clock: Clock, kubernetes: str, age: str) -> Json:
    name = state.texts.get(kind, _USUAL[kind])
    status = "True" if name in _GOOD else _BAD.get(name, "False")
    since = clock.ago(state.since) if kind in state.texts else clock.ago(age, "20s")
    return {
        "lastHeartbeatTime": clock.ago(state.heartbeat),
        "lastTransitionTime": since,
        "message": say(name, kubernetes),
        "reason": entry(name).reason,
        "status": "Unknown" if name == "node-unknown" else status,
        "type": kind,
    }


def _taints(state: NodeState, clock: Clock) -> Iterable[Json]:
    for key, value, effect in state.taints:
        yield {"effect": effect, "key": key, **({"value": value} if value else {})}
    since = {"timeAdded": clock.ago(state.since)} if state.since else {}
    of_condition = {
        "node-unknown": "unreachable",
        "node-cni-not-ready": "not-ready",
        "node-pleg": "not-ready",
        "node-disk-pressure": "disk-pressure",
        "node-memory-pressure": "memory-pressure",
        "node-pid-pressure": "pid-pressure",
    }
    for key in sorted({of_condition[name] for name in state.texts.values()}):
        effects = ("NoSchedule", "NoExecute") if key in ("unreachable", "not-ready") else ("NoSchedule",)
        for effect in effects:
            yield {"effect": effect, "key": f"node.kubernetes.io/{key}", **since}
    if state.cordoned:
        yield {"effect": "NoSchedule", "key": "node.kubernetes.io/unschedulable", **since}


def node(
    name: str,
    clock: Clock,
    *,
    number: int,
    kubernetes: str,
    runtime: str,
    age: str,
    cpu: int = 4,
    memory_gi: int = 8,
    labels: Mapping[str, str] | None = None,
    state: NodeState = NODE_READY,
) -> Json:
    """Node `number` of the cluster; capacity in cores and GiB, a little less allocatable."""
    spec: Json = {"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]}
    if taints := list(_taints(state, clock)):
        spec["taints"] = taints
    if state.cordoned:
        spec["unschedulable"] = True
    every = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": f"zone-{'abc'[number % 3]}",
        **(labels or {}),
    }
    status = {
        "addresses": [
            {"address": address_of(number), "type": "InternalIP"},
            {"address": name, "type": "Hostname"},
        ],
        **_resources(cpu, memory_gi),
        "conditions": [_condition(kind, state, clock, kubernetes, age) for kind in _USUAL],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": _system(name, kubernetes, runtime),
    }
    return made("v1", "Node", name, "", clock.ago(age), labels=every, spec=spec, status=status)


def _resources(cpu: int, memory_gi: int) -> Json:
    kibibytes = memory_gi * 1024 * 1024
    rest = {"hugepages-1Gi": "0", "hugepages-2Mi": "0", "pods": "110"}
    return {
        "allocatable": {
            "cpu": f"{cpu * 1000 - 100}m",
            "ephemeral-storage": "94992122880",
            "memory": f"{kibibytes - 614400}Ki",
            **rest,
        },
        "capacity": {
            "cpu": str(cpu),
            "ephemeral-storage": "103079844Ki",
            "memory": f"{kibibytes}Ki",
            **rest,
        },
    }


def _system(name: str, kubernetes: str, runtime: str) -> Json:
    return {
        "architecture": "amd64",
        "bootID": hexadecimal(32, "boot", name),
        "containerRuntimeVersion": runtime,
        "kernelVersion": "5.15.0-122-generic",
        "kubeProxyVersion": f"v{kubernetes}",
        "kubeletVersion": f"v{kubernetes}",
        "machineID": hexadecimal(32, "machine", name),
        "operatingSystem": "linux",
        "osImage": "Ubuntu 22.04.5 LTS",
        "systemUUID": hexadecimal(32, "system", name),
    }


def address_of(number: int) -> str:
    """The InternalIP of node `number`."""
    return f"10.0.1.{11 + number}"
