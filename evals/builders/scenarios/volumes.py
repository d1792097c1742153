"""Volumes that cannot be attached, mounted or bound again, and volumes that are full."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import alert, exported, not_ready, webhook
from kubetriage.evals.builders.deployments import Revision
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.nodes import STOPPED, NodeState
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.scenario import Built
from kubetriage.evals.builders.scenarios.pod_life import (
    ABSENT,
    born,
    crash_loop,
    placed,
    restarts,
    unfit,
)
from kubetriage.evals.builders.scenarios.short import NO_OOM, NO_PULL, fires, key, lean, main_of, running
from kubetriage.evals.builders.states import Ended, PodState, creating, pending
from kubetriage.evals.builders.storage import attachment
from kubetriage.evals.builders.templates import claim_volume
from kubetriage.evals.builders.texts import failed_scheduling
from kubetriage.evals.builders.world import World

EBS = "ebs.csi.aws.com"
MOUNT = {"mounts": {"data": "/data"}}


def disks(time: str, **more: object) -> World:
    """A lean world with a StorageClass gp3 (its driver's pods are not part of the story)."""
    world = lean(time, **more)
    world.storage_class("gp3", EBS, immediate=False, default=True)
    return world


def bound(world: World, name: str, ns: str, size: str = "20Gi", age: str = "30d") -> Json:
    """A bound claim; its volume's name is in its spec."""
    return world.claim(name, ns, size=size, storage_class="gp3", provisioner=EBS, bound=True, age=age)


def volume_in_use_elsewhere() -> Built:
    """A rolling update of a Deployment with a ReadWriteOnce claim: the new pod is on another node."""
    world = disks("2026-07-19T08:00:00Z")
    claim = bound(world, "wiki-data", "docs")
    before = main_of("wiki", "docs", **MOUNT)
    work = world.deployment(
        "wiki",
        "docs",
        [before | {"image": "registry.example.com/docs/wiki:1.5.0"}],
        age="30d",
        rolled="24m",
        old=Revision([before], [PodState(node="node-1")]),
        states=[creating(["wiki"], node="node-2")],
        progress="stuck",
        volumes=[claim_volume("data", "wiki-data")],
    )
    born(world, work, "24m")
    placed(world, work.pod, "24m")
    volume = claim["spec"]["volumeName"]
    world.add(attachment(world.get("PersistentVolume", volume), "node-1", world.clock.ago("30d")))
    world.event(
        work.pod,
        "multi-attach-pods",
        last="24m",
        volume=volume,
        pods=work.old_pods[0]["metadata"]["name"],
    )
    world.event(
        work.pod, "mount-timed-out", first="22m", last="50s", count=10, volumes="data", all_volumes="data"
    )
    return Built(
        "volume-in-use-elsewhere",
        webhook([not_ready(work.pod, world.clock, since="9m")]),
        key(
            work.pod,
            work.object,
            "volume-attach",
            "The new pod of Deployment docs/wiki on node-2 cannot attach claim wiki-data (ReadWriteOnce), "
            "which the old "
            "pod uses on node-1: a RollingUpdate starts the new one before the old one ends.",
            (r"multi-?attach|already (used|attached)|in use|uses? (it )?on|attached to", r"wiki"),
            NO_OOM,
            NO_PULL,
            also=(claim,),
            tags=("storage", "rollout"),
        ),
        world,
    )


def volume_held_by_dead_node() -> Built:
    """Its node is silent, so the StatefulSet's pod was force-deleted; the volume is still attached there."""
    stopped = NodeState(texts=STOPPED, since="38m", heartbeat="38m40s")
    world = disks("2026-07-20T03:15:00Z", names=("node-1", "node-2", "node-3"), nodes={"node-3": stopped})
    claim = bound(world, "data-pg-0", "data", "50Gi")
    work = world.statefulset(
        "pg",
        "data",
        [main_of("pg", "data", ports=[5432], **MOUNT)],
        age="30d",
        states=creating(["pg"], node="node-1", age="26m"),
        volumes=[claim_volume("data", "data-pg-0")],
    )
    volume = claim["spec"]["volumeName"]
    world.add(attachment(world.get("PersistentVolume", volume), "node-3", world.clock.ago("30d")))
    placed(world, work.pod, "26m")
    world.event(work.pod, "multi-attach", last="26m", volume=volume)
    world.event(
        work.pod, "mount-timed-out", first="24m", last="1m10s", count=11, volumes="data", all_volumes="data"
    )
    world.event(world.get("Node", "node-3"), "node-not-ready", last="38m", node="node-3")
    return Built(
        "volume-held-by-dead-node",
        [not_ready(work.pod, world.clock, since="10m50s")],
        key(
            work.pod,
            ("Node", "", "node-3"),
            "volume-attach",
            "Pod data/pg-0 cannot start because its volume is still attached to node-3 (Multi-Attach), "
            "whose kubelet "
            "stopped posting its status 38 minutes ago.",
            (r"node-3", r"attach"),
            NO_OOM,
            NO_PULL,
            also=(claim,),
            tags=("storage", "node", "statefulset"),
        ),
        world,
    )


def volume_released_not_reused() -> Built:
    """A claim was deleted and made anew; its volume is Released, and keeps the uid of the old claim."""
    world = lean("2026-07-21T11:45:00Z", kubernetes="1.29.9")
    age = "33m"
    claim = world.claim("archive", "media", size="100Gi", storage_class="manual", age=age)
    world.storage_class("manual", "kubernetes.io/no-provisioner", immediate=True)
    old = made(
        "v1",
        "PersistentVolume",
        "archive-nfs",
        "",
        world.clock.ago("200d"),
        annotations={"pv.kubernetes.io/bound-by-controller": "yes"},
        finalizers=["kubernetes.io/pv-protection"],
        spec={
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "100Gi"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": "archive",
                "namespace": "media",
                "resourceVersion": "402117",
                "uid": "3d0c9d52-6a4b-4a58-8f61-92b3e7c8a0de",
            },
            "nfs": {"path": "/exports/archive", "server": "10.0.9.4"},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "manual",
            "volumeMode": "Filesystem",
        },
        status={"phase": "Released"},
    )
    world.add(old)
    why = failed_scheduling(world.kubernetes, 2, {world.say("no-fit-unbound-claim"): 0})
    work = running(
        world,
        "archiver",
        "media",
        age=age,
        states=pending(why),
        main=MOUNT,
        progress="stuck",
        volumes=[claim_volume("data", "archive")],
    )
    unfit(world, work, age, 7)
    return Built(
        "volume-released-not-reused",
        webhook([not_ready(work.pod, world.clock, since="17m30s")]),
        key(
            work.pod,
            old,
            "pvc-lost",
            "Claim media/archive stays Pending because its PersistentVolume archive-nfs is Released: it "
            "is still "
            "reserved for the claim that was deleted (another uid), so nothing can bind it.",
            (r"archive", r"released|previous claim|old claim|deleted claim|claimRef"),
            NO_OOM,
            NO_PULL,
            also=(claim,),
            tags=("storage",),
        ),
        world,
    )


def volume_in_another_zone() -> Built:
    """The volume is in zone-c, where the cluster no longer has a node."""
    world = disks("2026-07-22T14:30:00Z", kubernetes="1.28.12")
    claim = bound(world, "data-influx-0", "metrics")
    volume = world.get("PersistentVolume", claim["spec"]["volumeName"])
    volume["spec"]["nodeAffinity"] = {
        "required": {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-c"]}
                    ]
                }
            ]
        }
    }
    why = failed_scheduling(world.kubernetes, 2, {world.say("no-fit-volume-affinity"): 2})
    work = world.statefulset(
        "influx",
        "metrics",
        [main_of("influx", "metrics", ports=[8086], **MOUNT)],
        age="30d",
        states=pending(why, age="50m"),
        volumes=[claim_volume("data", "data-influx-0")],
    )
    world.event(work.pod, "failed-scheduling", first="50m", last="35s", count=14, why=why)
    return Built(
        "volume-in-another-zone",
        not_ready(work.pod, world.clock, since="34m"),
        key(
            work.pod,
            claim,
            "volume-node-affinity",
            "Pod metrics/influx-0 cannot be scheduled: the volume of its claim data-influx-0 is in "
            "zone-c, and the two "
            "nodes are in zone-a and zone-b (volume node affinity conflict).",
            (r"zone-c", r"affinity|zone"),
            NO_OOM,
            NO_PULL,
            also=(volume, work.object),
            tags=("storage", "scheduling", "statefulset"),
        ),
        world,
    )


def volume_mount_times_out() -> Built:
    """The NFS server of an inline volume does not answer."""
    world = lean("2026-07-23T09:05:00Z", kubernetes="1.31.4")
    volume = {"name": "share", "nfs": {"path": "/exports/share", "server": "10.0.9.40"}}
    work = running(
        world,
        "ingest",
        "media",
        age="31m",
        states=creating(["ingest"]),
        main={"mounts": {"share": "/share"}},
        progress="stuck",
        volumes=[volume],
    )
    born(world, work, "31m")
    placed(world, work.pod, "31m")
    target = f"/var/lib/kubelet/pods/{work.pod['metadata']['uid']}/volumes/kubernetes.io~nfs/share"
    world.event(
        work.pod,
        "mount-nfs-timed-out",
        first="28m",
        last="1m40s",
        count=9,
        volume="share",
        share="10.0.9.40:/exports/share",
        target=target,
    )
    return Built(
        "volume-mount-times-out",
        webhook([not_ready(work.pod, world.clock, since="15m30s")]),
        key(
            work.pod,
            work.object,
            "volume-mount",
            "Pod of Deployment media/ingest cannot start because its volume share cannot be mounted: the "
            "NFS server "
            "10.0.9.40 does not answer (Connection timed out).",
            (r"10\.0\.9\.40|share", r"timed? ?out|not answer|no answer|unreachable", r"mount|nfs"),
            NO_OOM,
            NO_PULL,
            tags=("storage",),
        ),
        world,
    )


def claim_lost_its_volume() -> Built:
    """The volume of a bound claim was deleted behind its back."""
    world = disks("2026-07-24T17:50:00Z")
    claim = bound(world, "uploads", "forum")
    volume = world.get("PersistentVolume", claim["spec"]["volumeName"])
    world.remove(volume)
    claim["status"] = {"phase": "Lost"}
    world.event(claim, "claim-lost", last="44m")
    why = failed_scheduling(
        world.kubernetes,
        2,
        {
            'persistentvolumeclaim "uploads" bound to non-existent '
            "persistentvolume "
            f'"{volume["metadata"]["name"]}"': 0
        },
    )
    work = running(
        world,
        "board",
        "forum",
        states=pending(why, age="40m"),
        main=MOUNT,
        changed="41m",
        volumes=[claim_volume("data", "uploads")],
    )
    world.event(work.pod, "failed-scheduling", first="40m", last="25s", count=9, why=why)
    return Built(
        "claim-lost-its-volume",
        webhook(
            [
                alert(
                    "KubePersistentVolumeClaimLost",
                    exported({"namespace": "forum", "persistentvolumeclaim": "uploads", "phase": "Lost"}),
                    world.clock,
                    since="39m",
                    severity="critical",
                    summary="A claim is lost.",
                    description="Claim forum/uploads is in phase Lost.",
                )
            ]
        ),
        key(
            claim,
            claim,
            "pvc-lost",
            "Claim forum/uploads is Lost: the PersistentVolume it was bound to does not exist any more, "
            "so its data "
            "cannot be reached and the pod of Deployment board is not scheduled.",
            (r"uploads", rf"{ABSENT}|deleted|lost reference|any more|non-existent"),
            NO_OOM,
            NO_PULL,
            also=(("PersistentVolume", "", volume["metadata"]["name"]),),
            tags=("storage", "subject-claim"),
            absent=(("PersistentVolume", "", volume["metadata"]["name"]),),
        ),
        world,
    )


def _full(world: World, name: str, ns: str, since: str, free: str) -> Json:
    """KubePersistentVolumeFillingUp of kubernetes-mixin, from the kubelet's metrics."""
    labels = {
        "endpoint": "https-metrics",
        "instance": "10.0.1.11:10250",
        "job": "kubelet",
        "metrics_path": "/metrics",
        "namespace": ns,
        "node": "node-1",
        "persistentvolumeclaim": name,
        "service": "kubelet",
    }
    return alert(
        "KubePersistentVolumeFillingUp",
        labels,
        world.clock,
        since=since,
        severity="critical",
        summary="PersistentVolume is filling up.",
        description=f"The PersistentVolume claimed by {name} in Namespace {ns} is only {free}% free.",
    )


def claim_filling_up() -> Built:
    """Little is left on a volume; the pod still works."""
    world = disks("2026-07-25T22:00:00Z")
    claim = bound(world, "data-loki-0", "logging", "40Gi")
    work = world.statefulset(
        "loki",
        "logging",
        [main_of("loki", "logging", ports=[3100], **MOUNT)],
        age="30d",
        volumes=[claim_volume("data", "data-loki-0")],
    )
    world.log(
        work.pod,
        "loki",
        'level=info ts=2026-07-25T21:59:48Z caller=table_manager.go:134 msg="uploading tables"\n',
    )
    return Built(
        "claim-filling-up",
        webhook([_full(world, "data-loki-0", "logging", "12m", "2.11")]),
        key(
            claim,
            claim,
            "volume-filling-up",
            "The volume of claim logging/data-loki-0 (40Gi, used by StatefulSet loki) is nearly full: "
            "2.11% is free.",
            (r"data-loki-0", r"2\.11|nearly full|almost full|filling|full", r"40\s?Gi|loki(?!-0)"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("storage", "subject-claim", "alert-text"),
        ),
        world,
    )


def volume_full_crashes_database() -> Built:
    """No space is left on the claim, and the database ends as it writes."""
    world = disks("2026-07-26T02:20:00Z")
    claim = bound(world, "data-orders-db-0", "shop", "10Gi")
    last = Ended(1, began="2m40s", ended="2m38s")
    work = world.statefulset(
        "orders-db",
        "shop",
        [
            main_of(
                "orders-db",
                "shop",
                image="postgres:16.4",
                ports=[5432],
                mounts={"data": "/var/lib/postgresql/data"},
            )
        ],
        age="30d",
        states=crash_loop(world, "orders-db", last, 9),
        volumes=[claim_volume("data", "data-orders-db-0")],
    )
    restarts(world, work.pod, "orders-db", "postgres:16.4", first="29m", tries=9)
    log = (
        "PostgreSQL Database directory appears to contain a database; Skipping initialization\n"
        "2026-07-26 02:17:20.112 UTC [1] LOG:  starting PostgreSQL 16.4 on x86_64-pc-linux-gnu\n"
        '2026-07-26 02:17:20.118 UTC [1] LOG:  listening on IPv4 address "0.0.0.0", port 5432\n'
        "2026-07-26 02:17:20.131 UTC [29] LOG:  database system was interrupted while in recovery\n"
        '2026-07-26 02:17:22.044 UTC [29] FATAL:  could not write to file "pg_wal/xlogtemp.29": '
        "No space left on device\n"
        "2026-07-26 02:17:22.049 UTC [1] LOG:  startup process (PID 29) exited with exit code 1\n"
        "2026-07-26 02:17:22.050 UTC [1] LOG:  aborting startup due to startup process failure\n"
    )
    world.log(work.pod, "orders-db", log, previous=True)
    return Built(
        "volume-full-crashes-database",
        [
            fires(
                world,
                "PodRestarting",
                f"Pod shop/{work.pod['metadata']['name']} restarts again and again.",
                "14m",
                "critical",
                namespace="shop",
                pod=work.pod["metadata"]["name"],
                container="orders-db",
            )
        ],
        key(
            work.pod,
            claim,
            "disk-full",
            "Container orders-db of StatefulSet shop/orders-db ends because no space is left on its "
            "volume, claim "
            "data-orders-db-0 of 10Gi: it cannot write pg_wal.",
            (r"orders-db", r"no space( is)? left|disk (is )?full|volume is full|out of space"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("storage", "log", "statefulset"),
        ),
        world,
    )


def claim_nobody_uses() -> Built:
    """WaitForFirstConsumer: a claim that no pod names stays Pending, as it should."""
    world = disks("2026-07-27T12:00:00Z")
    claim = world.claim("scratch", "lab", size="5Gi", storage_class="gp3", age="3h")
    world.event(claim, "wait-for-first-consumer", first="59m", last="20s", count=240)
    running(world, "notebook", "lab")
    return Built(
        "claim-nobody-uses",
        webhook(
            [
                fires(
                    world,
                    "PersistentVolumeClaimPending",
                    "Claim lab/scratch has been pending for an hour.",
                    "2h",
                    namespace="lab",
                    persistentvolumeclaim="scratch",
                )
            ]
        ),
        key(
            claim,
            claim,
            "pvc-unbound",
            "Claim lab/scratch is Pending because its StorageClass gp3 binds it only when a pod uses it "
            "(WaitForFirstConsumer), and no pod does.",
            (r"scratch", r"WaitForFirstConsumer|first consumer|no pod|until a pod|nothing uses"),
            NO_OOM,
            NO_PULL,
            r"provisioner (is|was) (down|missing|absent)",
            outcome=("diagnosed", "healthy"),
            tags=("storage", "subject-claim", "adversarial", "look-alike"),
        ),
        world,
    )
