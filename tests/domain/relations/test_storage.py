"""What is read around claims."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.relations import storage
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
CLAIM = "PersistentVolumeClaim shop/data"
DRIVER = "disk.csi.example.com"


def reads(view: ClusterView) -> set[str]:
    return {w.read.key for r in storage.RELATIONS for w in r(view)}


def kinds(view: ClusterView) -> set[str]:
    return {w.read.kind for r in storage.RELATIONS for w in r(view)}


def claim(k8s: Any, phase: str = "Pending", **spec: Any) -> Raw:
    body = {"storageClassName": "fast", "resources": {"requests": {"storage": "5Gi"}}, **spec}
    made: Raw = k8s.obj(CLAIM, spec=body, status={"phase": phase})
    return made


def fast(k8s: Any) -> Raw:
    made: Raw = k8s.obj("StorageClass fast", provisioner=DRIVER)
    return made


def test_pending_claim(view_of: Any, k8s: Any) -> None:
    """Events, classes, other claims, volumes and the pods that wait; all of them bounded."""
    view = view_of([claim(k8s)], CLAIM)
    assert kinds(view) == {"Event", "StorageClass", "PersistentVolumeClaim", "PersistentVolume", "Pod"}
    assert any("f=status.phase=Pending" in key for key in reads(view) if "|Pod|" in key)


def test_bound_claim(view_of: Any, k8s: Any) -> None:
    """A bound claim needs its volume and its events; the alert's own also the workload that uses it."""
    bound = claim(k8s, "Bound", volumeName="pv-1")
    assert kinds(view_of([bound], "Pod shop/web-1", looked=[CLAIM])) == {"Event", "PersistentVolume"}
    assert {"StatefulSet", "Deployment"} <= kinds(view_of([bound], CLAIM))


def test_claims_that_are_not_looked_at(view_of: Any, k8s: Any) -> None:
    """A claim that merely came with a list is not followed."""
    assert reads(view_of([claim(k8s)], "Pod shop/web-1", lists=[("PersistentVolumeClaim", "shop")])) == set()


def test_provisioner_is_looked_for(view_of: Any, k8s: Any) -> None:
    """When nobody says why, the driver, its leader's Lease and likely workloads are read."""
    keys = reads(view_of([claim(k8s), fast(k8s)], CLAIM))
    assert any("|CSIDriver|" in key for key in keys)
    assert any("metadata.name=disk-csi-example-com" in key for key in keys)
    assert any("|Deployment|kube-system|" in key for key in keys)


def test_provisioner_that_has_answered(view_of: Any, k8s: Any) -> None:
    """Once the provisioner has said why, nobody looks for it."""
    event = k8s.event(
        CLAIM, "ProvisioningFailed", "size is not valid. Must in [10, 32000]", component=f"{DRIVER}_c-0_1"
    )
    assert not any("|CSIDriver|" in key for key in reads(view_of([claim(k8s), fast(k8s), event], CLAIM)))


def test_leader_is_followed_to_its_workload(view_of: Any, k8s: Any) -> None:
    """The Lease's holder is read by name, and then the workload that owns it."""
    lease = k8s.obj("Lease storage/disk-csi-example-com", spec={"holderIdentity": "ctl-1-a"})
    objects = [claim(k8s), fast(k8s), lease]
    assert any("metadata.name=ctl-1-a" in key for key in reads(view_of(objects, CLAIM)))
    owner = "Deployment storage/ctl"
    pod = k8s.pod("Pod storage/ctl-1-a", owner="ReplicaSet storage/ctl-1")
    objects += [pod, k8s.replicaset("ReplicaSet storage/ctl-1", owner), k8s.deployment(owner)]
    about = {str(w.about) for r in storage.RELATIONS for w in r(view_of(objects, CLAIM))}
    assert owner in about


def test_static_class_has_no_provisioner(view_of: Any, k8s: Any) -> None:
    """A class without provisioner has nobody to look for."""
    manual = k8s.obj("StorageClass fast", provisioner="kubernetes.io/no-provisioner")
    assert not any("|CSIDriver|" in key for key in reads(view_of([claim(k8s), manual], CLAIM)))


def test_absent_claim(view_of: Any) -> None:
    """Beside a claim that is missing, those that exist are read."""
    view = view_of([], "Pod shop/web-1", absent=[CLAIM], looked=[CLAIM])
    assert kinds(view) == {"PersistentVolumeClaim"}


def test_attached_elsewhere(view_of: Any, k8s: Any) -> None:
    """A volume that is still on another node: the attachments, and that node."""
    pod = k8s.pod("Pod shop/web-1", node="n1")
    message = 'Multi-Attach error for volume "pv-1" Volume is already exclusively attached to one node'
    event = k8s.event("Pod shop/web-1", "FailedAttachVolume", message)
    assert kinds(view_of([pod, event], "Pod shop/web-1")) == {"VolumeAttachment"}
    spec = {"nodeName": "n9", "source": {"persistentVolumeName": "pv-1"}}
    held = k8s.obj("VolumeAttachment csi-1", spec=spec, status={"attached": True})
    assert "get|v1|Node||n9" in reads(view_of([pod, event, held], "Pod shop/web-1"))
