"""Budgets, quotas, load balancers and volumes that an alert is about themselves, and a pod on its way out."""

from __future__ import annotations

from kubetriage.evals.builders.alerts import alert, exported, not_ready, webhook
from kubetriage.evals.builders.identity import uid
from kubetriage.evals.builders.objects import made, quota
from kubetriage.evals.builders.policies import disruption_budget
from kubetriage.evals.builders.scenario import Built
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
from kubetriage.evals.builders.states import PodState
from kubetriage.evals.builders.templates import claim_volume

_DRIVER = "disk.csi.example.com"


def pdb_selects_no_pod() -> Built:
    """The budget asks for a label that its Deployment's pods lost with a rename."""
    world = lean("2027-03-03T09:10:00Z")
    running(world, "chat-api", "social", replicas=3, age="70d")
    budget = world.add(
        disruption_budget(
            "chat", "social", world.clock.ago("200d"), pods={"app": "chat"}, healthy=0, expected=0, at_least=2,
            desired=2, changed=world.clock.ago("70d"),
        )
    )  # fmt: skip
    return Built(
        "pdb-selects-no-pod",
        alert(
            "KubePdbNotEnoughHealthyPods",
            exported({"namespace": "social", "poddisruptionbudget": "chat"}),
            world.clock,
            since="69d",
            summary="PDB does not have enough healthy pods.",
            description="PDB social/chat expects 2 more healthy pods. The desired number of healthy pods has not "
            "been met for at least 15m.",
        ),
        key(
            budget,
            budget,
            "pdb",
            "PodDisruptionBudget social/chat selects no pod: none has the label app=chat, so the 2 healthy pods that "
            "it wants are never there.",
            (r"chat", r"selects? no|no pod|none has", r"app=chat"),
            NO_OOM,
            NO_PULL,
            tags=("pdb", "subject-pdb"),
        ),
        world,
    )


def quota_is_used_up() -> Built:
    """Nobody is refused yet; the namespace's memory is all given away, most of it to one Deployment."""
    world = lean("2027-03-04T10:20:00Z")
    running(
        world, "cache", "research", replicas=3, age="9d",
        main={"requests": {"cpu": "100m", "memory": "1536Mi"}},
    )  # fmt: skip
    found = world.add(
        quota(
            "compute", "research", world.clock.ago("90d"),
            hard={"requests.memory": "4608Mi", "requests.cpu": "4", "pods": "20"},
            used={"requests.memory": "4608Mi", "requests.cpu": "300m", "pods": "3"},
        )
    )  # fmt: skip
    return Built(
        "quota-is-used-up",
        [
            alert(
                "KubeQuotaFullyUsed",
                exported(
                    {"namespace": "research", "resource": "requests.memory", "resourcequota": "compute"}
                ),
                world.clock,
                since="2h",
                severity="info",
                summary="Namespace quota is fully used.",
                description="Namespace research is using 100% of its requests.memory quota.",
            )
        ],
        key(
            found,
            found,
            "quota",
            "ResourceQuota research/compute is used up: 4608Mi of 4608Mi requests.memory are taken, most by Deployment "
            "cache.",
            (r"compute", r"4608Mi", r"cache"),
            NO_OOM,
            NO_PULL,
            also=(("Deployment", "research", "cache"),),
            tags=("quota", "subject-quota"),
        ),
        world,
    )


def service_gets_no_balancer() -> Built:
    """The cloud refuses another load balancer, and the Service stays without an address."""
    world = lean("2027-03-05T11:30:00Z")
    running(world, "portal", "web", age="2h", log="INFO listening on :8080\n")
    service = world.service(
        "portal", "web", age="2h",
        more={
            "allocateLoadBalancerNodePorts": True,
            "externalTrafficPolicy": "Cluster",
            "type": "LoadBalancer",
        },
    )  # fmt: skip
    world.event(service, "ensuring-balancer", first="55m", last="3m", count=14)
    world.event(
        service, "balancer-failed", first="55m", last="3m", count=14,
        why="quota exceeded: the account may have 20 load balancers in region eu-1",
    )  # fmt: skip
    return Built(
        "service-gets-no-balancer",
        webhook(
            [
                fires(
                    world, "LoadBalancerPending", "Service web/portal has had no external address for an hour.",
                    "50m", namespace="web", service="portal",
                )
            ]
        ),
        key(
            service,
            service,
            "ingress",
            "Service web/portal gets no load balancer: the cloud's quota of 20 load balancers in region eu-1 is "
            "exceeded.",
            (r"portal", r"load ?balancer", r"quota|20 load"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            tags=("service", "subject-service"),
        ),
        world,
    )  # fmt: skip


def file_system_not_grown() -> Built:
    """The disk was enlarged an hour ago; its file system waits for the volume to be mounted anew."""
    world = lean("2027-03-06T12:40:00Z", csi=("standard", _DRIVER))
    claim = world.claim(
        "data-mail-0",
        "mail",
        size="20Gi",
        storage_class="standard",
        provisioner=_DRIVER,
        bound=True,
        age="100d",
    )
    claim["spec"]["resources"]["requests"]["storage"] = "50Gi"
    claim["status"]["conditions"] = [
        {
            "lastProbeTime": None,
            "lastTransitionTime": world.clock.ago("58m"),
            "message": "Waiting for user to (re-)start a pod to finish file system resize of volume on node.",
            "status": "True",
            "type": "FileSystemResizePending",
        }
    ]
    work = world.statefulset(
        "mail",
        "mail",
        [main_of("mail", "mail", mounts={"data": "/data"})],
        age="100d",
        volumes=[claim_volume("data", "data-mail-0")],
    )
    world.service("mail", "mail", age="100d")
    return Built(
        "file-system-not-grown",
        fires(
            world, "VolumeNotGrown", "Claim mail/data-mail-0 has been waiting for its resize.", "40m",
            namespace="mail", persistentvolumeclaim="data-mail-0",
        ),
        key(
            claim,
            claim,
            "volume-filling-up",
            "Claim mail/data-mail-0 was enlarged from 20Gi to 50Gi, but its file system is not: it waits for the pod to "
            "be started anew (FileSystemResizePending).",
            (r"data-mail-0", r"50Gi", r"file ?system|FileSystemResizePending"),
            NO_OOM,
            NO_PULL,
            also=(work.object,),
            tags=("storage", "subject-claim"),
        ),
        world,
    )  # fmt: skip


def volume_cannot_be_deleted() -> Built:
    """A released volume that its driver cannot delete: the disk is still attached to a machine."""
    world = lean("2027-03-07T13:50:00Z", csi=("standard", _DRIVER))
    why = "rpc error: code = FailedPrecondition desc = disk disk-77aa01bc is in use by machine node-9"
    volume = world.add(
        made(
            "v1", "PersistentVolume", "pvc-0b1f2f6e-9c0c-5d37-8a52-1f0f5a3c9d21", "", world.clock.ago("80d"),
            annotations={"pv.kubernetes.io/provisioned-by": _DRIVER},
            finalizers=["external-provisioner.volume.kubernetes.io/finalizer", "kubernetes.io/pv-protection"],
            spec={
                "accessModes": ["ReadWriteOnce"],
                "capacity": {"storage": "100Gi"},
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "name": "scratch",
                    "namespace": "lab",
                    "uid": uid("PersistentVolumeClaim", "lab", "scratch"),
                },
                "csi": {"driver": _DRIVER, "fsType": "ext4", "volumeHandle": "disk-77aa01bc"},
                "persistentVolumeReclaimPolicy": "Delete",
                "storageClassName": "standard",
                "volumeMode": "Filesystem",
            },
            status={"message": why, "phase": "Failed"},
        )
    )  # fmt: skip
    world.event(volume, "volume-delete-failed", first="59m", last="2m", count=31, why=why)
    return Built(
        "volume-cannot-be-deleted",
        [
            alert(
                "KubePersistentVolumeErrors",
                exported({"persistentvolume": volume["metadata"]["name"], "phase": "Failed"}),
                world.clock,
                since="50m",
                severity="critical",
                summary="PersistentVolume is having issues with provisioning.",
                description=f"The persistent volume {volume['metadata']['name']} has status Failed.",
            )
        ],
        key(
            volume,
            volume,
            "pvc-lost",
            f"PersistentVolume {volume['metadata']['name']} (once of claim lab/scratch) is Failed: its disk "
            "disk-77aa01bc cannot be deleted, because machine node-9 still uses it.",
            (r"disk-77aa01bc|scratch", r"delete|in use|node-9"),
            NO_OOM,
            NO_PULL,
            tags=("storage", "subject-volume"),
        ),
        world,
    )


def healthy_pod_on_its_way_out() -> Built:
    """The alert's pod is being deleted after a rollout; the Deployment has all its pods without it."""
    world = lean("2027-03-08T14:05:00Z")
    going = PodState(deleted="25s", age="3d", changed="24s")
    work = running(world, "editor", "docs", replicas=2, age="40d", states=[PodState(age="2m")] * 2 + [going])
    pod = work.pods[2]
    for condition in pod["status"]["conditions"]:
        if condition["type"] in ("Ready", "ContainersReady"):
            condition |= {"lastTransitionTime": world.clock.ago("24s"), "status": "False"}
            condition |= {
                "reason": "ContainersNotReady",
                "message": "containers with unready status: [editor]",
            }
    work.object["status"] |= {"availableReplicas": 2, "readyReplicas": 2, "replicas": 2, "updatedReplicas": 2}
    return Built(
        "healthy-pod-on-its-way-out",
        webhook([not_ready(pod, world.clock, since="10s")]),
        key(
            pod,
            None,
            "resolved",
            f"Pod docs/{pod['metadata']['name']} is being deleted; Deployment editor has its 2 replicas ready without it.",
            (r"editor", r"deleted|ready|healthy"),
            NO_OOM,
            NO_PULL,
            NO_PROBE,
            NO_ROOM,
            outcome="healthy",
            tags=("adversarial", "healthy", "deleted-pod"),
        ),
        world,
    )
