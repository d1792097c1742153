"""What a machine or a claim does not give twice: disks, drivers, a pod's only claim, the end of a pod."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import alert, exported, not_ready, rollout_stuck
from kubetriage.evals.builders.custom import condition, defined
from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.identity import Json, hexadecimal
from kubetriage.evals.builders.objects import made, owner_reference
from kubetriage.evals.builders.scenario import Built, blames
from kubetriage.evals.builders.scenarios.pod_life import ABSENT, REQUESTS, born, unbound, unfit
from kubetriage.evals.builders.scenarios.short import (
    NO_OOM,
    NO_PULL,
    NO_ROOM,
    fires,
    image_of,
    key,
    lean,
    main_of,
    running,
)
from kubetriage.evals.builders.states import READY, PodState, creating, pending
from kubetriage.evals.builders.templates import claim_volume, container, pod_spec, template
from kubetriage.evals.builders.texts import failed_scheduling, say
from kubetriage.evals.builders.world import World

_CLASS = ("fast", "disk.csi.example.com")


def _stateful_alert(world: World, work: Json, since: str) -> Json:
    meta = work["metadata"]
    text = f"StatefulSet {meta['namespace']}/{meta['name']} has not matched the expected number of replicas."
    labels = exported({"namespace": meta["namespace"], "statefulset": meta["name"]})
    return fires(world, "KubeStatefulSetReplicasMismatch", text, since, **labels)


def node_takes_no_more_disks() -> Built:
    """A disk is not attached, for all that the machine may have are: no other machine holds this one."""
    world = lean("2027-07-20T11:00:00Z", csi=_CLASS)
    claim = world.claim("data-ledger-0", "bank", size="20Gi", storage_class="fast", provisioner=_CLASS[1],
                        bound=True, age="40m")  # fmt: skip
    work = world.statefulset(
        "ledger", "bank", [main_of("ledger", "bank", mounts={"data": "/data"})], age="40m",
        states=creating(["ledger"], node="node-1"), volumes=[claim_volume("data", "data-ledger-0")],
    )  # fmt: skip
    world.service("ledger", "bank")
    why = world.say("attach-limit", node="node-1", count=25)
    world.event(work.pod, "attach-failed", first="39m", last="1m40s", count=25, code="ResourceExhausted",
                volume=claim["spec"]["volumeName"], why=why)  # fmt: skip
    answer = key(
        work.object, ("Node", "", "node-1"), "volume-attach",
        "node-1 has as many volumes attached as it may, so the one of ledger-0 is not attached.",
        (r"node-1", r"maximum|as many|limit"), NO_OOM, NO_ROOM, blames("another (node|pod|one)|ReadWriteOnce"),
        tags=("storage", "subject-statefulset"),
    )  # fmt: skip
    return Built("node-takes-no-more-disks", _stateful_alert(world, work.object, "24m"), answer, world)


def driver_is_not_on_the_chosen_node() -> Built:
    """The scheduler chose a node on which the claim's driver is not registered; the class is well."""
    world = lean("2027-07-21T11:00:00Z", csi=("zonal", _CLASS[1]))
    world.get("StorageClass", "zonal")["volumeBindingMode"] = "WaitForFirstConsumer"
    claim = world.claim("cache", "web", size="5Gi", storage_class="zonal", provisioner=_CLASS[1], age="35m")
    claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] = "node-2"
    text = world.say("bind-failed")
    work = running(world, "render", "web", age="35m", states=pending(text), progress="stuck",
                   volumes=[claim_volume("cache", "cache")])  # fmt: skip
    work.pod["status"]["conditions"][0]["reason"] = "SchedulerError"
    born(world, work, "35m")
    world.event(work.pod, "bind-failed", first="25m", last="5m", count=3)
    source = world.provisioner_identity
    world.event(claim, "provisioning", first="35m", last="1m", count=16, component=source, namespace="web",
                claim="cache")  # fmt: skip
    world.event(claim, "no-topology-key", first="35m", last="1m", count=16, component=source,
                storage_class="zonal", node="node-2")  # fmt: skip
    answer = key(
        work.pod, ("Node", "", "node-2"), "pvc-unbound",
        "The storage driver is not registered on node-2, which was chosen for render.",
        (r"node-2", r"driver|topology key"), NO_OOM, NO_ROOM, blames("StorageClass"), also=(claim,),
        tags=("storage", "csi"),
    )  # fmt: skip
    fired = not_ready(work.pod, world.clock, since="20m")
    return Built("driver-is-not-on-the-chosen-node", fired, answer, world)


def claim_is_for_one_pod_only() -> Built:
    """A rollout waits for a ReadWriteOncePod claim that the pod before it uses."""
    world = lean("2027-07-22T11:00:00Z", csi=_CLASS)
    claim = world.claim("state", "iot", size="5Gi", storage_class="fast", provisioner=_CLASS[1], bound=True,
                        age="40d")  # fmt: skip
    for part in ("spec", "status"):
        claim[part]["accessModes"] = ["ReadWriteOncePod"]
    text = failed_scheduling(world.kubernetes, 2, {say("no-fit-claim-in-use", world.kubernetes): 2})
    work = running(
        world, "hub", "iot", age="40d", rolled="46m", states=pending(text, age="46m"),
        main={"image": image_of("hub", "iot", "1.5.0"), "mounts": {"state": "/state"}},
        volumes=[claim_volume("state", "state")], progress="stuck",
        old=Revision([main_of("hub", "iot", mounts={"state": "/state"})], [READY]),
    )  # fmt: skip
    unfit(world, work, "46m", 9)
    world.log(work.old_pods[0], "hub", "INFO 412 sensors connected\n")
    answer = key(
        work.object, work.object, "volume-attach",
        "The new pod waits for claim state, which is ReadWriteOncePod and used by the pod before it.",
        (r"ReadWriteOncePod|one pod", r"claim state|state"), NO_ROOM, NO_PULL, also=(claim,),
        tags=("storage", "rollout"),
    )  # fmt: skip
    fired = rollout_stuck("hub", "iot", world.clock, since="20m")
    return Built("claim-is-for-one-pod-only", fired, answer, world)


def broker_waits_for_its_claim() -> Built:
    """An operator says that it waited for a pod; why that pod is not placed stands three objects further."""
    world = lean("2027-07-23T11:00:00Z", csi=_CLASS)
    defined(world, "kafka.strimzi.io", "Kafka", "kafkas", "v1beta2")
    defined(world, "core.strimzi.io", "StrimziPodSet", "strimzipodsets", "v1beta2")
    world.need_namespace("bus")
    words = "Exceeded timeout of 300000ms while waiting for Pods resource bus-kafka-0 in namespace bus to be ready"
    waits = condition("NotReady", "True", "TimeoutException", words, world.clock.ago("40m"))
    kafka = world.add(made("kafka.strimzi.io/v1beta2", "Kafka", "bus", "bus", world.clock.ago("52m"), generation=1,
                           spec={"kafka": {"replicas": 1}}, status={"conditions": [waits]}))  # fmt: skip
    pods = world.add(made(
        "core.strimzi.io/v1beta2", "StrimziPodSet", "bus-kafka", "bus", world.clock.ago("50m"), generation=1,
        owner=owner_reference(kafka), spec={"pods": []}, status={"currentPods": 1, "pods": 1, "readyPods": 0},
    ))  # fmt: skip
    claim = world.claim("data-bus-kafka-0", "bus", size="100Gi", storage_class="gp4", age="50m")
    world.event(claim, "storage-class-not-found", first="50m", last="9s", count=200, name="gp4")
    main = container("kafka", "quay.io/strimzi/kafka:0.43.0-kafka-3.8.0", ports=[9092], requests=REQUESTS,
                     mounts={"data": "/var/lib/kafka"})  # fmt: skip
    spec = pod_spec([main], volumes=[claim_volume("data", "data-bus-kafka-0")])
    labels = {"strimzi.io/cluster": "bus", "strimzi.io/name": "bus-kafka"}
    pod = world.pod("bus-kafka-0", "bus", template(labels, spec), pending(unbound(world)), age="50m",
                    owner=owner_reference(pods))  # fmt: skip
    why = pod["status"]["conditions"][0]["message"]
    world.event(pod, "failed-scheduling", first="50m", last="3m", count=10, why=why)
    text = "Kafka bus/bus is not ready."
    fired = alert("StrimziKafkaNotReady", {"namespace": "bus", "name": "bus"}, world.clock, since="35m",
                  summary=text, description=text)  # fmt: skip
    answer = key(
        kafka, claim, "pvc-unbound", "StorageClass gp4 does not exist, so the broker's claim stays unbound.",
        (r"gp4", ABSENT), NO_OOM, NO_PULL, also=(("StorageClass", "", "gp4"),),
        absent=(("StorageClass", "", "gp4"),), tags=("operator", "storage", "subject-custom"),
    )  # fmt: skip
    return Built("broker-waits-for-its-claim", fired, answer, world)


def network_plugin_keeps_a_pod() -> Built:
    """A deleted pod stays, for the network plugin may not read what it needs to free the pod's address."""
    world = lean("2027-07-24T11:00:00Z")
    going = PodState(node="node-2", deleted="52m")
    work = running(world, "stream", "media", replicas=2, age="12d", states=[PodState(node="node-1"), going],
                   log="INFO 12 viewers\n")  # fmt: skip
    pod = work.pods[1]
    name = pod["metadata"]["name"]
    world.event(pod, "killing", last="52m", container="stream")
    world.event(
        pod, "kill-pod-failed", first="51m", last="20s", count=240, uid=pod["metadata"]["uid"],
        sandbox=hexadecimal(64, "sandbox", name), plugin="calico",
        why="error getting ClusterInformation: connection is unauthorized: Unauthorized",
    )  # fmt: skip
    text = f"Pod media/{name} has been terminating for more than 10 minutes."
    fired = fires(world, "KubePodStuckTerminating", text, "40m", namespace="media", pod=name)
    answer = key(
        pod, ("Node", "", "node-2"), "cni",
        "The network plugin calico on node-2 is not authorized and cannot take the pod's network down.",
        (r"node-2", r"calico", r"[Uu]nauthorized|not authorized"), NO_OOM, NO_PULL, blames("finalizer"),
        tags=("network", "terminating"),
    )  # fmt: skip
    return Built("network-plugin-keeps-a-pod", fired, answer, world)
