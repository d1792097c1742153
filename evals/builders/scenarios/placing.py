"""Further reasons why no node takes a pod, or a pod loses its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubetriage.evals.builders.alerts import alert, exported, not_ready, replicas_mismatch, webhook
from kubetriage.evals.builders.deployments import Workload
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.nodes import STOPPED, NodeState
from kubetriage.evals.builders.policies import priority_class
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import ABSENT, born, placed, unfit
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PROBE,
    NO_PULL,
    NO_ROOM,
    fires,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import READY, Ended, PodState, creating, pending
from kubetriage.evals.builders.texts import failed_scheduling
from kubetriage.evals.builders.world import World


def _no_fit(
    world: World, reasons: Mapping[str, int], nodes: int = 2, hopeless: int | None = None, **more: Any
) -> str:
    """The scheduler's message; reasons by the names of their texts."""
    said = {world.say(name, **more): count for name, count in reasons.items()}
    return failed_scheduling(world.kubernetes, nodes, said, unresolvable=hopeless)


def _unplaced(world: World, name: str, ns: str, why: str, age: str, **more: Any) -> Workload:
    """A Deployment whose only pod has found no node since `age` ago."""
    work = running(world, name, ns, age=age, states=pending(why), progress="stuck", **more)
    unfit(world, work, age, 12)
    return work


def host_port_taken() -> Built:
    """Three replicas with a host port on two nodes."""
    world = lean("2026-09-01T08:00:00Z", kubernetes="1.30.4")
    why = _no_fit(world, {"no-fit-ports": 2}, hopeless=0)
    ports = [{"containerPort": 8125, "hostPort": 8125, "protocol": "UDP"}]
    work = running(
        world,
        "statsd",
        "metrics",
        replicas=3,
        age="39m",
        states=[PodState(node="node-1"), PodState(node="node-2"), pending(why)],
        main={"ports": []},
        progress="stuck",
    )
    for spec in (work.object["spec"]["template"], work.replica_set["spec"]["template"], *work.pods):
        spec["spec"]["containers"][0]["ports"] = [dict(one) for one in ports]
    born(world, work, "39m")
    world.event(work.pods[2], "failed-scheduling", first="39m", last="1m30s", count=9, why=why)
    return Built(
        "host-port-taken",
        webhook([replicas_mismatch("statsd", "metrics", world.clock, since="23m")]),
        key(
            work.object,
            work.object,
            "port-conflict",
            "The third pod of Deployment metrics/statsd cannot be scheduled: it wants host port 8125, "
            "which the other "
            "two replicas hold on both nodes.",
            (r"statsd", r"8125|host ?port", r"port"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            tags=("scheduling", "subject-deployment"),
        ),
        world,
    )


def topology_spread_cannot_be_kept() -> Built:
    """maxSkew 1 over zones with DoNotSchedule; one of the two zones' nodes is cordoned."""
    world = lean("2026-09-02T16:10:00Z", nodes={"node-2": NodeState(cordoned=True, since="3h")})
    why = _no_fit(world, {"no-fit-topology-spread": 1, "no-fit-cordoned": 1}, hopeless=2)
    rule = {
        "labelSelector": {"matchLabels": {"app": "relay"}},
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
    }
    work = running(
        world,
        "relay",
        "chat",
        replicas=2,
        age="52m",
        states=[PodState(node="node-1"), pending(why)],
        progress="stuck",
        more={"topologySpreadConstraints": [rule]},
    )
    born(world, work, "52m")
    world.event(work.pods[1], "failed-scheduling", first="52m", last="40s", count=13, why=why)
    return Built(
        "topology-spread-cannot-be-kept",
        [replicas_mismatch("relay", "chat", world.clock, since="36m")],
        key(
            work.object,
            work.object,
            "pod-anti-affinity",
            "The second pod of Deployment chat/relay fits no node: its topology spread constraint (zone, "
            "maxSkew 1) "
            "rules out node-1, and node-2 in the other zone is cordoned.",
            (r"relay", r"spread", r"zone|cordon|unschedulable|node-2|maxSkew"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(("Node", "", "node-2"),),
            tags=("scheduling", "subject-deployment"),
        ),
        world,
    )


def gpu_nowhere() -> Built:
    """A GPU is asked for, and no node offers one."""
    world = lean("2026-09-03T10:30:00Z")
    why = _no_fit(world, {"no-fit-insufficient": 2}, hopeless=2, resource="nvidia.com/gpu")
    gpu = {"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "1"}
    work = _unplaced(world, "embedder", "ml", why, "44m", main={"limits": gpu, "requests": gpu})
    return Built(
        "gpu-nowhere",
        webhook([not_ready(work.pod, world.clock, since="28m")]),
        key(
            work.pod,
            work.object,
            "insufficient-gpu",
            "Pod of Deployment ml/embedder cannot be scheduled: it asks for 1 nvidia.com/gpu, and no node "
            "offers any.",
            (r"embedder", r"nvidia\.com/gpu|GPU"),
            NO_OOM,
            NO_PULL,
            tags=("scheduling", "gpu"),
        ),
        world,
    )


def nodes_hold_no_more_pods() -> Built:
    """The nodes allow 3 pods each (CPU and memory are free); all places are taken."""
    world = lean("2026-09-04T12:00:00Z")
    for name in ("node-1", "node-2"):
        for part in ("capacity", "allocatable"):
            world.get("Node", name)["status"][part]["pods"] = "2"
    running(world, "small", "lab", replicas=3, states=[READY, READY, READY])
    why = _no_fit(world, {"no-fit-pods": 2}, hopeless=0)
    work = _unplaced(world, "extra", "lab", why, "29m")
    return Built(
        "nodes-hold-no-more-pods",
        [not_ready(work.pod, world.clock, since="13m")],
        key(
            work.pod,
            ("Node", "", "node-1"),
            "node-pod-capacity",
            "Pod of Deployment lab/extra cannot be scheduled because both nodes already hold as many pods "
            "as they may "
            "(Too many pods: 2 each); CPU and memory are free.",
            (
                r"extra",
                r"too many pods|pods? (capacity|limit)|max(imum)?( number of)? pods|as many "
                r"pods|number of pods",
            ),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(("Node", "", "node-2"), work.object),
            tags=("scheduling", "node"),
        ),
        world,
    )


def node_of_selector_gone() -> Built:
    """A hostname in the nodeSelector that no node has any more."""
    world = lean("2026-09-05T09:45:00Z", kubernetes="1.27.16")
    why = _no_fit(world, {"no-fit-selector": 2})
    work = _unplaced(
        world, "cache-warmer", "shop", why, "58m", more={"nodeSelector": {"kubernetes.io/hostname": "node-7"}}
    )
    return Built(
        "node-of-selector-gone",
        webhook([not_ready(work.pod, world.clock, since="42m")]),
        key(
            work.pod,
            work.object,
            "node-selector",
            "Pod of Deployment shop/cache-warmer cannot be scheduled: its nodeSelector wants the node "
            "node-7, which "
            "does not exist.",
            (r"cache-warmer", r"node-7"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(("Node", "", "node-7"),),
            tags=("scheduling",),
            absent=(("Node", "", "node-7"),),
        ),
        world,
    )


def scheduling_gate_closed() -> Built:
    """A gate that nobody removes: the scheduler does not even try."""
    world = lean("2026-09-06T14:20:00Z")
    work = running(
        world,
        "trainer",
        "ml",
        age="1h10m",
        states=pending("gated"),
        progress="stuck",
        more={"schedulingGates": [{"name": "quota.example.com/approved"}]},
    )
    work.pod["status"]["conditions"][0] |= {"message": world.say("gated"), "reason": "SchedulingGated"}
    return Built(
        "scheduling-gate-closed",
        not_ready(work.pod, world.clock, since="54m"),
        key(
            work.pod,
            work.object,
            "scheduling-gate",
            "Pod of Deployment ml/trainer is not scheduled because of its scheduling gate "
            "quota.example.com/approved, "
            "which nobody has removed.",
            (r"trainer", r"gate"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            tags=("scheduling",),
        ),
        world,
    )


def scheduler_of_pod_absent() -> Built:
    """schedulerName names a scheduler that does not run: no condition, no event, no node."""
    world = lean("2026-09-07T17:35:00Z")
    work = running(
        world,
        "simulation",
        "lab",
        age="43m",
        states=pending("nobody looked"),
        progress="stuck",
        more={"schedulerName": "volcano"},
    )
    work.pod["status"] = {"phase": "Pending", "qosClass": work.pod["status"]["qosClass"]}
    born(world, work, "43m")
    return Built(
        "scheduler-of-pod-absent",
        webhook([not_ready(work.pod, world.clock, since="27m")]),
        key(
            work.pod,
            work.object,
            "scheduling-gate",
            "Pod of Deployment lab/simulation is looked at by no scheduler: its schedulerName is volcano, "
            "and nothing "
            "of that name has recorded anything about it.",
            (r"simulation", r"volcano", r"scheduler"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            tags=("scheduling",),
        ),
        world,
    )


def _squeezed(world: World) -> tuple[Workload, Workload]:
    """A batch Deployment that lost its pod to a Deployment of higher priority, and that one."""
    world.add(priority_class("critical", world.clock.ago("90d"), 1000000, "revenue"))
    big = {"requests": {"cpu": "3", "memory": "1Gi"}}
    preemptor = running(
        world,
        "auction",
        "ads",
        replicas=2,
        age="21m",
        main=big,
        more={"priorityClassName": "critical", "priority": 1000000},
    )
    why = _no_fit(world, {"no-fit-insufficient": 2}, hopeless=2, resource="cpu")
    victim = running(
        world, "rollup", "batch", age="14d", states=pending(why, age="20m"), main=big, changed="20m"
    )
    born(world, preemptor, "21m")
    return preemptor, victim


def preempted_by_higher_priority() -> Built:
    """Pods of a higher priority took the room; the preempted one finds no other."""
    world = lean("2026-09-08T20:05:00Z")
    preemptor, victim = _squeezed(world)
    name = victim.replica_set["metadata"]["name"]
    gone: Json = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{name}-w8rkz",
            "namespace": "batch",
            "resourceVersion": "1840100",
            "uid": "8b1f2c55-0a0e-5e2f-8a74-9f0c7b1d2e3a",
        },
    }
    world.event(gone, "preempted", last="20m30s", uid=preemptor.pods[1]["metadata"]["uid"], node="node-2")
    world.event(victim.replica_set, "replicaset-created-pod", last="20m", pod=victim.pod["metadata"]["name"])
    why = victim.pod["status"]["conditions"][0]["message"]
    world.event(victim.pod, "failed-scheduling", first="20m", last="30s", count=6, why=why)
    return Built(
        "preempted-by-higher-priority",
        webhook([replicas_mismatch("rollup", "batch", world.clock, since="4m")]),
        key(
            victim.object,
            preemptor.object,
            "preemption",
            "The pod of Deployment batch/rollup was preempted by a pod of Deployment ads/auction, whose "
            "PriorityClass "
            "critical is higher, and now no node has enough CPU left.",
            (r"rollup", r"preempt", r"cpu|priority|critical|auction"),
            NO_OOM,
            NO_PULL,
            also=(victim.object, ("PriorityClass", "", "critical")),
            tags=("scheduling", "subject-deployment"),
            absent=(("Pod", "batch", gone["metadata"]["name"]),),
        ),
        world,
    )


def no_addresses_left_on_node() -> Built:
    """The node's range of pod addresses is used up: no sandbox can be made there."""
    world = lean("2026-09-09T06:50:00Z")
    work = running(
        world,
        "edge-cache",
        "cdn",
        age="33m",
        states=creating(["edge-cache"], node="node-2"),
        progress="stuck",
    )
    born(world, work, "33m")
    placed(world, work.pod, "33m")
    world.event(
        work.pod,
        "sandbox-failed",
        first="33m",
        last="9s",
        count=152,
        sandbox="4be1f3c9d0a75f0a4d5a9b62",
        why='plugin type="host-local" failed (add): failed to allocate for range 0: no IP addresses '
        "available in range "
        "set: 10.244.1.1-10.244.1.254",
    )
    return Built(
        "no-addresses-left-on-node",
        [not_ready(work.pod, world.clock, since="17m")],
        key(
            work.pod,
            ("Node", "", "node-2"),
            "ip-exhaustion",
            "Pod of Deployment cdn/edge-cache gets no network on node-2: no IP addresses are left in the "
            "node's range "
            "10.244.1.1-10.244.1.254.",
            (r"edge-cache|node-2", r"IP address|no (more )?(free )?(IP|address)|addresses"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(work.object,),
            tags=("network", "node"),
        ),
        world,
    )


def evicted_for_its_own_volume() -> Built:
    """An emptyDir grew over its sizeLimit: the kubelet evicts the pod, and its replacement will be too."""
    world = lean("2026-09-10T23:25:00Z")
    text = world.say("evicted-empty-dir", volume="scratch", limit="500Mi")
    state = PodState(
        containers={"encoder": Ended(137, began="2h", ended="31m")},
        age="2h",
        reason="Evicted",
        message=text,
    )
    work = running(
        world,
        "encoder",
        "media",
        states=[state, PodState(age="30m50s")],
        main={"mounts": {"scratch": "/scratch"}},
        volumes=[{"emptyDir": {"sizeLimit": "500Mi"}, "name": "scratch"}],
    )
    world.event(work.pod, "evicted-empty-dir", last="31m", volume="scratch", limit="500Mi")
    labels = {"namespace": "media", "pod": work.pod["metadata"]["name"], "reason": "Evicted"}
    return Built(
        "evicted-for-its-own-volume",
        webhook(
            [
                alert(
                    "PodEvicted",
                    exported(labels),
                    world.clock,
                    since="30m",
                    summary="Pod was evicted.",
                    description=f"Pod media/{labels['pod']} was evicted.",
                )
            ]
        ),
        key(
            work.pod,
            work.object,
            "evicted",
            "Pod of Deployment media/encoder was evicted because its emptyDir volume scratch grew over "
            "its sizeLimit of "
            "500Mi; a new pod has replaced it.",
            (r"encoder", r"scratch|emptyDir", r"500\s?Mi"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            r"node (has|is under|was under) (disk|memory) ?pressure",
            outcome=("diagnosed", "healthy"),
            tags=("eviction", "storage"),
        ),
        world,
    )


def daemon_pod_does_not_fit_its_node() -> Built:
    """A DaemonSet's pod is bound to one node, whose CPU others have requested."""
    world = lean("2026-09-11T11:55:00Z", kubernetes="1.32.1")
    running(
        world,
        "grinder",
        "batch",
        replicas=1,
        states=[PodState(node="node-2")],
        main={"requests": {"cpu": "3800m", "memory": "256Mi"}},
    )
    why = failed_scheduling(
        world.kubernetes,
        2,
        {world.say("no-fit-insufficient", resource="cpu"): 1, world.say("no-fit-selector"): 1},
        unresolvable=1,
    )
    work = world.daemonset(
        "log-agent",
        "logging",
        [main_of("log-agent", "logging", ports=[], requests={"cpu": "500m", "memory": "128Mi"})],
        {"node-1": PodState(age="30d"), "node-2": pending(why, age="48m")},
        age="30d",
    )
    world.event(work.object, "daemonset-created-pod", last="48m", pod=work.pods[1]["metadata"]["name"])
    world.event(work.pods[1], "failed-scheduling", first="48m", last="1m", count=11, why=why)
    return Built(
        "daemon-pod-does-not-fit-its-node",
        [
            alert(
                "KubeDaemonSetRolloutStuck",
                exported({"daemonset": "log-agent", "namespace": "logging"}),
                world.clock,
                since="32m",
                summary="DaemonSet rollout is stuck.",
                description="DaemonSet logging/log-agent has not finished or progressed for at least 15m.",
            )
        ],
        key(
            work.object,
            work.object,
            "insufficient-resources",
            "The pod of DaemonSet logging/log-agent for node-2 cannot be scheduled: it requests 500m of "
            "CPU, and pods "
            "like that of Deployment grinder have requested nearly all of the node's.",
            (r"log-agent", r"cpu", r"node-2|insufficient|500m"),
            NO_OOM,
            NO_PULL,
            also=(("Node", "", "node-2"), ("Deployment", "batch", "grinder")),
            tags=("daemonset", "scheduling", "subject-daemonset"),
        ),
        world,
    )


def daemonset_selects_no_node() -> Built:
    """The nodeSelector of a DaemonSet fits no node: it wants nothing, and is complete with nothing."""
    world = lean("2026-09-12T15:40:00Z")
    work = world.daemonset(
        "gpu-metrics",
        "metrics",
        [main_of("gpu-metrics", "metrics", ports=[9400])],
        {},
        age="2d",
        more={"nodeSelector": {"accelerator": "nvidia"}},
    )
    return Built(
        "daemonset-selects-no-node",
        webhook(
            [
                fires(
                    world,
                    "GpuMetricsAbsent",
                    "DaemonSet metrics/gpu-metrics has no pods.",
                    "1d23h",
                    namespace="metrics",
                    daemonset="gpu-metrics",
                )
            ]
        ),
        key(
            work.object,
            work.object,
            "daemonset-scheduling",
            "DaemonSet metrics/gpu-metrics has no pods because its nodeSelector accelerator=nvidia fits "
            "none of the "
            "nodes.",
            (r"gpu-metrics", r"accelerator", r"node"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            tags=("daemonset", "subject-daemonset"),
        ),
        world,
    )


def daemon_pod_misplaced() -> Built:
    """A node was tainted later: the pod of a DaemonSet that does not tolerate it runs on there."""
    tainted = NodeState(taints=(("dedicated", "ml", "NoSchedule"),))
    world = lean("2026-09-13T08:30:00Z", nodes={"node-2": tainted})
    work = world.daemonset(
        "shipper",
        "logging",
        [main_of("shipper", "logging", ports=[])],
        {"node-1": READY, "node-2": READY},
        misplaced=1,
        age="60d",
    )
    work.object["status"] |= {"numberReady": 1, "numberAvailable": 1}
    return Built(
        "daemon-pod-misplaced",
        webhook(
            [
                alert(
                    "KubeDaemonSetMisScheduled",
                    exported({"daemonset": "shipper", "namespace": "logging"}),
                    world.clock,
                    since="3h",
                    summary="DaemonSet pods are misscheduled.",
                    description="1 Pods of DaemonSet logging/shipper are running where they are not "
                    "supposed to run.",
                )
            ]
        ),
        key(
            work.object,
            work.object,
            "daemonset-scheduling",
            "A pod of DaemonSet logging/shipper runs on node-2 where it should not: the node has the taint "
            "dedicated=ml:NoSchedule, which the DaemonSet does not tolerate.",
            (r"shipper", r"node-2", r"taint|dedicated"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(("Node", "", "node-2"),),
            tags=("daemonset", "node", "subject-daemonset"),
        ),
        world,
    )


def pod_bound_to_silent_node() -> Built:
    """nodeName passes the scheduler by, and the kubelet of that node is silent: nothing ever happens."""
    stopped = NodeState(texts=STOPPED, since="3h", heartbeat="3h")
    world = lean("2026-09-14T19:20:00Z", names=("node-1", "node-2", "node-3"), nodes={"node-3": stopped})
    work = running(
        world,
        "probe",
        "net",
        age="4m30s",
        states=creating(["probe"], node="node-3"),
        progress="ongoing",
        more={"nodeName": "node-3"},
    )
    work.pod["status"] = {"phase": "Pending", "qosClass": work.pod["status"]["qosClass"]}
    born(world, work, "4m30s")
    return Built(
        "pod-bound-to-silent-node",
        [not_ready(work.pod, world.clock, since="3m")],
        key(
            work.pod,
            ("Node", "", "node-3"),
            "node-not-ready",
            "Pod of Deployment net/probe does not start because its template binds it to node-3 "
            "(nodeName), whose kubelet "
            "stopped posting its status 3 hours ago.",
            (r"probe", r"node-3"),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(work.object,),
            tags=("scheduling", "node"),
        ),
        world,
    )


def node_name_absent() -> Built:
    """nodeName passes the scheduler by, and no node is called so: no kubelet ever takes the pod."""
    world = lean("2026-09-15T09:40:00Z")
    work = running(
        world,
        "exporter",
        "lab",
        age="33m",
        states=creating(["exporter"], node="node-1"),
        progress="stuck",
        more={"nodeName": "worker-7"},
    )
    work.pod["spec"]["nodeName"] = "worker-7"
    work.pod["status"] = {"phase": "Pending", "qosClass": work.pod["status"]["qosClass"]}
    born(world, work, "33m")
    return Built(
        "node-name-absent",
        [not_ready(work.pod, world.clock, since="17m")],
        key(
            work.pod,
            work.object,
            "node-selector",
            "The pod of Deployment lab/exporter never starts because its template binds it to node worker-7 "
            "(nodeName), which does not exist.",
            (r"exporter", r"worker-7", ABSENT),
            NO_OOM,
            NO_PULL,
            NO_ROOM,
            also=(work.pod,),
            tags=("scheduling", "node"),
            absent=(("Node", "", "worker-7"),),
        ),
        world,
    )
