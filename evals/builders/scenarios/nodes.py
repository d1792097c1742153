"""Nodes that are down or under pressure."""

from __future__ import annotations

from typing import Any

from kubetriage.evals.builders.alerts import alert, exported, node_not_ready, not_ready, webhook
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.nodes import STOPPED, NodeState
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import REQUESTS, born
from kubetriage.evals.builders.states import Ended, PodState, creating
from kubetriage.evals.builders.templates import container
from kubetriage.evals.builders.texts import entry
from kubetriage.evals.builders.world import World

_NO_OOM = blames("OOM|out of memory|memory limit")
_NO_IMAGE = blames("image (cannot|could not) be pulled|image pull")


def node_kubelet_stopped() -> Built:
    """A node's kubelet is silent: conditions Unknown, pods not ready, replacements elsewhere."""
    state = NodeState(texts=STOPPED, since="25m", heartbeat="25m40s")
    world = World("2026-06-08T01:45:00Z", nodes={"node-3": state})
    main = container("session", "registry.example.com/web/session:1.2.2", ports=[8080], requests=REQUESTS)
    lost = PodState(node="node-3", changed="25m", orphaned=True, deleted="20m")
    here = [PodState(node="node-1"), PodState(node="node-2", age="19m58s"), lost]
    work = world.deployment("session", "web", [main], replicas=2, age="33d", states=here)
    node = world.get("Node", "node-3")
    world.event(node, "node-not-ready", last="25m", node="node-3")
    world.event(work.pods[2], "pod-node-not-ready", last="25m")
    world.event(
        work.pods[2],
        "taint-eviction",
        last="20m",
        namespace="web",
        pod=work.pods[2]["metadata"]["name"],
    )
    exporter = world.metrics["metadata"]["name"]
    return Built(
        "node-kubelet-stopped",
        webhook([node_not_ready("node-3", world.clock, since="9m40s", exporter=exporter)]),
        Answer(
            root_cause="Node node-3 is not ready because its kubelet stopped posting its status 25 "
            "minutes ago; whether the "
            "machine, its network or the kubelet itself failed cannot be seen from the API.",
            primary=("Node", "", "node-3"),
            culprit=("Node", "", "node-3"),
            category="node-not-ready",
            must_mention=(
                "node-3",
                r"kubelet",
                r"stopped posting|stopped report|not report|silent|no (heartbeat|status)",
            ),
            must_not_claim=(
                _NO_OOM,
                _NO_IMAGE,
                r"disk ?pressure (is )?true",
                blames("memory ?pressure|disk ?pressure"),
            ),
            tags=("node", "exporter-pod-in-labels"),
        ),
        world,
    )


def _full_disk() -> tuple[World, Workload]:
    """A node whose disk a pod filled; the pod was evicted."""
    state = NodeState(texts={"DiskPressure": "node-disk-pressure"}, since="34m", heartbeat="1m")
    world = World("2026-06-09T18:00:00Z", nodes={"node-2": state})
    main = container(
        "thumbs", "registry.example.com/media/thumbs:0.8.0", requests=REQUESTS, mounts={"cache": "/cache"}
    )
    values: dict[str, Any] = {
        "resource": "ephemeral-storage",
        "threshold": "10307984384",
        "available": "9023488Ki",
    }
    used = "61874404Ki"
    message = world.say("evicted", name="thumbs", usage=used, request="0", **values)
    condition = {
        "lastProbeTime": None,
        "lastTransitionTime": world.clock.ago("33m"),
        "message": message,
        "reason": entry("terminated-by-kubelet").reason,
        "status": "True",
        "type": "DisruptionTarget",
    }
    evicted = PodState(
        containers={"thumbs": Ended(137, began="3d", ended="33m")},
        node="node-2",
        age="3d",
        reason="Evicted",
        message=message,
        conditions=(condition,),
    )
    work = world.deployment(
        "thumbs",
        "media",
        [main],
        age="29d",
        states=[evicted, PodState(node="node-1", age="32m50s")],
        volumes=[{"emptyDir": {}, "name": "cache"}],
    )
    node = world.get("Node", "node-2")
    world.event(node, "node-has-disk-pressure", last="34m", node="node-2")
    world.event(node, "eviction-threshold", first="34m", last="20s", count=190, resource="ephemeral-storage")
    world.event(node, "free-disk-failed", first="34m", last="4m", count=7, wanted=5153992192)
    world.event(work.pods[0], "evicted", last="33m", name="thumbs", usage=used, request="0", **values)
    return world, work


def node_disk_pressure_evictions() -> Built:
    """A full disk: the node is tainted, and the pod that filled it is evicted and replaced elsewhere."""
    world, work = _full_disk()
    return Built(
        "node-disk-pressure-evictions",
        webhook(
            [
                alert(
                    "KubeNodePressure",
                    exported({"condition": "DiskPressure", "node": "node-2", "status": "true"}),
                    world.clock,
                    since="24m",
                    severity="info",
                    summary="Node has as active Condition.",
                    description="node-2 has active Condition DiskPressure. This is caused by "
                    "resource usage exceeding "
                    "eviction thresholds.",
                )
            ]
        ),
        Answer(
            root_cause="Node node-2 is under disk pressure: container thumbs of Deployment "
            "media/thumbs, which has no "
            "limit for its emptyDir, used 61874404Ki of ephemeral storage and was evicted.",
            primary=("Node", "", "node-2"),
            culprit=("Node", "", "node-2"),
            also=(place_of(work.object),),
            category="node-pressure",
            must_mention=(
                "node-2",
                r"disk|ephemeral[- ]storage",
                r"evicted|ephemeral[- ]storage|reclaim|garbage|thumbs",
            ),
            must_not_claim=(_NO_OOM, _NO_IMAGE, r"kubelet (has )?stopped", blames("memory ?pressure")),
            tags=("node", "eviction"),
        ),
        world,
    )


def node_network_plugin_not_ready() -> Built:
    """The node's network plugin is not initialized: the kubelet says so, and pods there get no sandbox."""
    state = NodeState(texts={"Ready": "node-cni-not-ready"}, since="41m", heartbeat="30s")
    world = World("2026-06-10T07:20:00Z", nodes={"node-1": state})
    main = container("probe", "registry.example.com/net/probe:0.1.9", requests=REQUESTS)
    work = world.deployment(
        "probe",
        "net",
        [main],
        age="36m",
        states=creating(["probe"], node="node-1"),
        progress="stuck",
        more={"nodeName": "node-1"},
    )
    born(world, work, "36m")
    world.event(work.pod, "network-not-ready", first="36m", last="4s", count=1078)
    node = world.get("Node", "node-1")
    world.event(node, "node-not-ready", last="41m", node="node-1")
    return Built(
        "node-network-plugin-not-ready",
        not_ready(work.pod, world.clock, since="20m30s"),
        Answer(
            root_cause="Node node-1 is not ready because its network plugin is not initialized "
            "(cni plugin not "
            "initialized), so pod probe there gets no network and cannot start.",
            primary=place_of(work.pod),
            culprit=("Node", "", "node-1"),
            category="cni",
            must_mention=("node-1", r"cni|network plugin|network"),
            must_not_claim=(_NO_OOM, _NO_IMAGE, r"kubelet (has )?stopped posting", blames("insufficient")),
            tags=("node", "network"),
        ),
        world,
    )
