"""StorageClasses, claims and volumes."""

from __future__ import annotations

from kubetriage.evals.builders.identity import Json, hexadecimal, uid
from kubetriage.evals.builders.objects import made

_BETA = "volume.beta.kubernetes.io/storage-provisioner"
_GA = "volume.kubernetes.io/storage-provisioner"


def storage_class(
    name: str,
    provisioner: str,
    created: str,
    *,
    parameters: dict[str, str] | None = None,
    immediate: bool = True,
    default: bool = False,
) -> Json:
    """A StorageClass that binds at once, or (not `immediate`) when a pod is scheduled."""
    return made(
        "storage.k8s.io/v1",
        "StorageClass",
        name,
        "",
        created,
        annotations={"storageclass.kubernetes.io/is-default-class": "true"} if default else None,
        provisioner=provisioner,
        parameters=parameters or {},
        reclaimPolicy="Delete",
        volumeBindingMode="Immediate" if immediate else "WaitForFirstConsumer",
        allowVolumeExpansion=True,
    )


def claim(
    name: str,
    ns: str,
    created: str,
    *,
    size: str,
    storage_class: str,
    provisioner: str = "",
    bound: bool = False,
) -> Json:
    """A claim, Pending or bound to the volume that its provisioner named after it."""
    annotations = {_BETA: provisioner, _GA: provisioner} if provisioner else {}
    volume = f"pvc-{uid('PersistentVolumeClaim', ns, name)}"
    spec: Json = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
        "storageClassName": storage_class,
        "volumeMode": "Filesystem",
    }
    status: Json = {"phase": "Pending"}
    if bound:
        annotations |= {
            "pv.kubernetes.io/bind-completed": "yes",
            "pv.kubernetes.io/bound-by-controller": "yes",
        }
        spec["volumeName"] = volume
        status = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "phase": "Bound"}
    return made(
        "v1",
        "PersistentVolumeClaim",
        name,
        ns,
        created,
        annotations=annotations,
        finalizers=["kubernetes.io/pvc-protection"],
        spec=spec,
        status=status,
    )


def volume_of(claimed: Json, created: str, driver: str) -> Json:
    """The volume that `driver` made for a bound claim."""
    meta, spec = claimed["metadata"], claimed["spec"]
    return made(
        "v1",
        "PersistentVolume",
        spec["volumeName"],
        "",
        created,
        annotations={"pv.kubernetes.io/provisioned-by": driver},
        finalizers=["kubernetes.io/pv-protection"],
        spec={
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": meta["name"],
                "namespace": meta["namespace"],
                "uid": meta["uid"],
            },
            "csi": {
                "driver": driver,
                "fsType": "ext4",
                "volumeHandle": f"disk-{hexadecimal(8, 'disk', spec['volumeName'])}",
            },
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec["storageClassName"],
            "volumeMode": "Filesystem",
        },
        status={"phase": "Bound"},
    )


def attachment(volume: Json, node: str, created: str) -> Json:
    """The VolumeAttachment of a volume that is attached to a node."""
    name = f"csi-{hexadecimal(64, 'attachment', volume['metadata']['name'], node)}"
    return made(
        "storage.k8s.io/v1",
        "VolumeAttachment",
        name,
        "",
        created,
        annotations={"csi.alpha.kubernetes.io/node-id": node},
        finalizers=[f"external-attacher/{volume['spec']['csi']['driver'].replace('.', '-')}"],
        spec={
            "attacher": volume["spec"]["csi"]["driver"],
            "nodeName": node,
            "source": {"persistentVolumeName": volume["metadata"]["name"]},
        },
        status={"attached": True},
    )
