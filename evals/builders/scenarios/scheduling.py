"""Pods that no node fits."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import not_ready, replicas_mismatch, webhook
from kubetriage.evals.builders.nodes import NodeState
from kubetriage.evals.builders.scenario import Answer, Built, blames, place_of
from kubetriage.evals.builders.scenarios.pod_life import REQUESTS, unfit
from kubetriage.evals.builders.states import PodState, pending
from kubetriage.evals.builders.templates import container
from kubetriage.evals.builders.texts import failed_scheduling, say
from kubetriage.evals.builders.world import World

_NO_CLAIM = blames("pvc|persistentvolumeclaim|volume")
_NO_IMAGE = blames("image")
_NO_CPU = blames("insufficient (cpu|memory)")


def _fits(world: World, name: str, count: int, **values: str) -> dict[str, int]:
    return {say(name, world.kubernetes, **values): count}


def unschedulable_insufficient_cpu() -> Built:
    """Every node has fewer free cores than the pod asks for, though each could hold it when empty."""
    world = World("2026-05-04T08:20:00Z")
    busy = container(
        "encoder",
        "registry.example.com/video/encoder:2.0.0",
        requests={"cpu": "3", "memory": "1Gi"},
    )
    world.deployment("encoder", "video", [busy], replicas=3, age="14d")
    main = container(
        "packager",
        "registry.example.com/video/packager:1.1.0",
        requests={"cpu": "2", "memory": "512Mi"},
    )
    message = failed_scheduling(
        world.kubernetes, 3, _fits(world, "no-fit-insufficient", 3, resource="cpu"), unresolvable=0
    )
    work = world.deployment("packager", "video", [main], age="32m", states=pending(message), progress="stuck")
    unfit(world, work, "32m", 7)
    return Built(
        "unschedulable-insufficient-cpu",
        not_ready(work.pod, world.clock, since="16m50s"),
        Answer(
            root_cause="Pod packager requests 2 CPUs and no node has that much left: the three "
            "nodes of 3.9 allocatable "
            "CPUs each run an encoder pod that requests 3.",
            primary=place_of(work.pod),
            culprit=place_of(work.object),
            category="insufficient-resources",
            must_mention=(r"cpu", r"insufficient|not enough|no node|fewer|free|left|room"),
            must_not_claim=(
                _NO_CLAIM,
                _NO_IMAGE,
                blames("taint"),
                r"insufficient memory|not enough memory",
                r"(larger|bigger|more) than any node",
            ),
            tags=("scheduling",),
        ),
        world,
    )


def unschedulable_memory_larger_than_any_node() -> Built:
    """The request could not be met even by an empty node."""
    world = World("2026-05-05T12:00:00Z", kubernetes="1.29.8")
    main = container(
        "trainer",
        "registry.example.com/ml/trainer:0.9.0",
        requests={"cpu": "1", "memory": "64Gi"},
        limits={"memory": "64Gi"},
    )
    message = failed_scheduling(
        world.kubernetes,
        3,
        _fits(world, "no-fit-insufficient", 3, resource="memory"),
        unresolvable=0,
    )
    work = world.deployment("trainer", "ml", [main], age="50m", states=pending(message), progress="stuck")
    unfit(world, work, "50m", 11)
    exporter = world.metrics["metadata"]["name"]
    return Built(
        "unschedulable-memory-larger-than-any-node",
        webhook([replicas_mismatch("trainer", "ml", world.clock, since="34m", exporter=exporter)]),
        Answer(
            root_cause="Deployment ml/trainer requests 64Gi of memory for its pod, more than any "
            "of the three nodes of "
            "8Gi has, so it can never be scheduled.",
            primary=place_of(work.object),
            culprit=place_of(work.object),
            category="insufficient-resources",
            must_mention=(
                r"64\s?Gi",
                "memory",
                r"any|no node|every node|all (of the )?(3|three)?\s?nodes|largest|biggest|7\.\d|8\s?Gi",
            ),
            must_not_claim=(
                _NO_CLAIM,
                _NO_IMAGE,
                blames("taint"),
                r"insufficient cpu|not enough cpu",
                r"OOM",
            ),
            tags=("scheduling", "exporter-pod-in-labels"),
        ),
        world,
    )


def unschedulable_taint() -> Built:
    """The nodes are reserved by a taint that the pod does not tolerate; another workload does."""
    taint = NodeState(taints=(("dedicated", "database", "NoSchedule"),))
    world = World("2026-05-06T18:10:00Z", nodes={"node-1": taint, "node-2": taint, "node-3": taint})
    toleration = {"effect": "NoSchedule", "key": "dedicated", "operator": "Equal", "value": "database"}
    database = container("postgres", "postgres:16.4", ports=[5432], requests=REQUESTS)
    world.statefulset("postgres", "data", [database], age="70d", more={"tolerations": [toleration]})
    main = container("exporter", "registry.example.com/data/exporter:1.0.3", requests=REQUESTS)
    message = failed_scheduling(
        world.kubernetes, 3, _fits(world, "no-fit-taint", 3, taint="dedicated: database")
    )
    work = world.deployment("exporter", "data", [main], age="21m", states=pending(message), progress="stuck")
    unfit(world, work, "21m", 5)
    return Built(
        "unschedulable-taint",
        [not_ready(work.pod, world.clock, since="5m40s")],
        Answer(
            root_cause="Pod exporter cannot be scheduled: all three nodes have the taint "
            "dedicated=database:NoSchedule, "
            "which Deployment data/exporter does not tolerate.",
            primary=place_of(work.pod),
            culprit=place_of(work.object),
            category="taint",
            must_mention=("taint", "dedicated", r"tolerat"),
            must_not_claim=(_NO_CLAIM, _NO_IMAGE, _NO_CPU, r"cordoned"),
            tags=("scheduling",),
        ),
        world,
    )


def unschedulable_node_selector() -> Built:
    """The pod asks for a node label that no node has; one has another value."""
    world = World(
        "2026-05-07T09:35:00Z",
        labels={"node-1": {"disktype": "hdd"}, "node-2": {"disktype": "hdd"}, "node-3": {"disktype": "nvme"}},
    )
    main = container("cache", "registry.example.com/cdn/cache:5.2.1", ports=[3128], requests=REQUESTS)
    message = failed_scheduling(world.kubernetes, 3, _fits(world, "no-fit-selector", 3))
    work = world.deployment(
        "cache",
        "cdn",
        [main],
        age="28m",
        states=pending(message),
        progress="stuck",
        more={"nodeSelector": {"disktype": "ssd"}},
    )
    unfit(world, work, "28m", 6)
    return Built(
        "unschedulable-node-selector",
        webhook([not_ready(work.pod, world.clock, since="12m30s")]),
        Answer(
            root_cause="Deployment cdn/cache asks for a node with disktype=ssd, a label that no "
            "node has (they have hdd "
            "and nvme), so its pod cannot be scheduled.",
            primary=place_of(work.pod),
            culprit=place_of(work.object),
            category="node-selector",
            must_mention=("disktype", r"ssd", r"no node|none of|label|selector|affinity"),
            must_not_claim=(_NO_CLAIM, _NO_IMAGE, _NO_CPU, blames("taint")),
            tags=("scheduling",),
        ),
        world,
    )


def unschedulable_anti_affinity() -> Built:
    """Four replicas that must not share a node, on three nodes."""
    world = World("2026-05-08T14:55:00Z")
    main = container("broker", "registry.example.com/mq/broker:3.13.7", ports=[5672], requests=REQUESTS)
    rule = {
        "labelSelector": {"matchLabels": {"app": "broker"}},
        "topologyKey": "kubernetes.io/hostname",
    }
    message = failed_scheduling(world.kubernetes, 3, _fits(world, "no-fit-anti-affinity", 3), unresolvable=0)
    ready = [PodState(node=name, age="16d") for name in ("node-1", "node-2", "node-3")]
    work = world.deployment(
        "broker",
        "mq",
        [main],
        replicas=4,
        age="16d",
        states=[*ready, pending(message, age="37m")],
        more={"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}},
    )
    last = work.pods[-1]
    world.event(last, "failed-scheduling", first="37m", last="2m", count=8, why=message)
    world.event(work.replica_set, "replicaset-created-pod", last="37m", pod=last["metadata"]["name"])
    name = work.replica_set["metadata"]["name"]
    world.event(work.object, "scaled-up", last="37m", replica_set=name, was=3, to=4)
    return Built(
        "unschedulable-anti-affinity",
        webhook([replicas_mismatch("broker", "mq", world.clock, since="21m")]),
        Answer(
            root_cause="Deployment mq/broker wants 4 replicas, but its required anti-affinity "
            "allows one per node and "
            "there are three nodes, so the fourth pod stays Pending.",
            primary=place_of(work.object),
            culprit=place_of(work.object),
            category="pod-anti-affinity",
            must_mention=(r"anti-?affinity", r"node|host"),
            must_not_claim=(_NO_CLAIM, _NO_IMAGE, _NO_CPU, blames("taint")),
            tags=("scheduling",),
        ),
        world,
    )


def unschedulable_node_cordoned() -> Built:
    """The only node with the wanted label is cordoned."""
    labels = {"node-2": {"example.com/pool": "gpu"}}
    cordoned = NodeState(cordoned=True, since="2h10m")
    world = World("2026-05-09T20:40:00Z", labels=labels, nodes={"node-2": cordoned})
    main = container("infer", "registry.example.com/ml/infer:1.8.0", ports=[8000], requests=REQUESTS)
    message = failed_scheduling(
        world.kubernetes,
        3,
        _fits(world, "no-fit-cordoned", 1) | _fits(world, "no-fit-selector", 2),
    )
    work = world.deployment(
        "infer",
        "ml",
        [main],
        age="44m",
        states=pending(message),
        progress="stuck",
        more={"nodeSelector": {"example.com/pool": "gpu"}},
    )
    unfit(world, work, "44m", 9)
    return Built(
        "unschedulable-node-cordoned",
        not_ready(work.pod, world.clock, since="28m20s"),
        Answer(
            root_cause="Pod infer can only run on a node of pool gpu, and the only one, node-2, is cordoned "
            "(unschedulable).",
            primary=place_of(work.pod),
            culprit=("Node", "", "node-2"),
            category="node-cordoned",
            must_mention=("node-2", r"cordon|unschedulable|SchedulingDisabled"),
            must_not_claim=(_NO_CLAIM, _NO_IMAGE, _NO_CPU, r"node-2[^.;]{0,30} (is )?not ?ready"),
            tags=("scheduling",),
        ),
        world,
    )
