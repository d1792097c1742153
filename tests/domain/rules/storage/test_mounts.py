"""Network file systems that cannot be mounted: where they lie stands in the volume."""

from __future__ import annotations

from typing import Any

import pytest

POD = "Pod shop/web-1"
NFS = {"server": "10.0.9.5", "path": "/exports/data"}


def _waiting(k8s: Any, **volume: Any) -> Any:
    return k8s.pod(
        POD, k8s.container(state=k8s.waiting("ContainerCreating")), volumes=[{"name": "d", **volume}]
    )


def _refused(k8s: Any, volume: str, output: str) -> Any:
    message = (
        f'MountVolume.SetUp failed for volume "{volume}" : mount failed: exit status 32\nMounting command: mount\n'
        f"Mounting arguments: -t nfs 10.0.9.5:/exports/data /var/lib/kubelet/pods/0e5a/volumes/d\nOutput: {output}"
    )
    return k8s.event(POD, "FailedMount", message, times=9)


@pytest.mark.parametrize(
    ("output", "trouble"),
    [
        ("mount.nfs: Connection timed out", "unreachable"),
        ("mount.nfs: access denied by server while mounting 10.0.9.5:/exports/data", "refused"),
        ("mount.nfs: mounting 10.0.9.5:/exports/data failed, reason given by server: No such file or directory",
         "no-path"),
    ],
)  # fmt: skip
def test_the_server_of_an_inline_volume(
    view_of: Any, k8s: Any, found: Any, output: str, trouble: str
) -> None:
    """The server and its path are named, in both languages, whatever mount says of them."""
    (one,) = found(view_of([_waiting(k8s, nfs=NFS), _refused(k8s, "d", output)], POD))
    assert one.rule == f"storage.{trouble}"
    assert (
        "NFS 10.0.9.5:/exports/data" in one.statement.en and "NFS 10.0.9.5:/exports/data" in one.statement.zh
    )


def test_the_server_of_a_persistent_volume(view_of: Any, k8s: Any, found: Any) -> None:
    """A claim's volume is named by the kubelet as the PersistentVolume, which is the culprit and has the server."""
    volume = k8s.obj("PersistentVolume pv-nfs", spec={"nfs": NFS}, status={"phase": "Bound"})
    claim = k8s.obj(
        "PersistentVolumeClaim shop/data", spec={"volumeName": "pv-nfs"}, status={"phase": "Bound"}
    )
    pod = _waiting(k8s, persistentVolumeClaim={"claimName": "data"})
    event = _refused(k8s, "pv-nfs", "mount.nfs: Connection timed out")
    (one,) = found(view_of([pod, volume, claim, event], POD))
    assert str(one.culprit) == "PersistentVolume pv-nfs" and "NFS 10.0.9.5:/exports/data" in one.statement.en


def test_no_server_is_made_up(view_of: Any, k8s: Any, found: Any) -> None:
    """Another kind of volume with the same words has no server to name."""
    event = _refused(k8s, "d", "mount: connection timed out")
    (one,) = found(view_of([_waiting(k8s, hostPath={"path": "/srv"}), event], POD))
    assert "NFS" not in one.statement.en and "NFS" not in one.statement.zh


@pytest.mark.parametrize(
    "words",
    [
        "Attachment of disk to n1 failed: maximum number of volumes (25) are already attached to the instance",
        "AttachmentLimitExceeded: the instance's attach limit of 28 is reached",
        "The maximum number of data disks allowed to be attached to a VM of this size is 4.",
    ],
)
def test_a_node_that_takes_no_more_disks(view_of: Any, k8s: Any, found: Any, words: str) -> None:
    """“Already attached” beside a maximum speaks of the node's other disks: nobody else holds this volume."""
    message = (
        f'AttachVolume.Attach failed for volume "pv-1" : rpc error: code = ResourceExhausted desc = {words}'
    )
    event = k8s.event(POD, "FailedAttachVolume", message, component="attachdetach-controller")
    pod = _waiting(k8s, persistentVolumeClaim={"claimName": "data"})
    (one,) = found(view_of([pod, event], POD))
    assert (one.rule, str(one.culprit)) == ("storage.limit", "Node n1")
    assert "已达上限" in one.statement.zh and not any("DaemonSet" in r.detail.en for r in one.remedies)


def test_a_disk_that_another_machine_holds(view_of: Any, k8s: Any, found: Any) -> None:
    """Without a maximum in it, “already attached” is about this disk."""
    message = (
        'AttachVolume.Attach failed for volume "pv-limits" : rpc error: code = Internal desc = disk is already '
        "attached to instance i-7"
    )
    event = k8s.event(POD, "FailedAttachVolume", message, component="attachdetach-controller")
    (one,) = found(view_of([_waiting(k8s, persistentVolumeClaim={"claimName": "data"}), event], POD))
    assert one.rule != "storage.limit" and one.category == "volume-attach"


def test_a_file_system_that_is_damaged(view_of: Any, k8s: Any, found: Any) -> None:
    """The words about a helper program stand in every such message: of a device they mean its file system."""
    claim = {"name": "d", "persistentVolumeClaim": {"claimName": "data"}}
    pod = k8s.pod(POD, k8s.container(state=k8s.waiting("ContainerCreating")), volumes=[claim])
    volume = k8s.obj("PersistentVolume pv-1", spec={"csi": {"driver": "d"}}, status={"phase": "Bound"})
    words = (
        "wrong fs type, bad option, bad superblock on {}, missing codepage or helper program, or other error."
    )
    (one,) = found(view_of([pod, volume, _refused(k8s, "pv-1", f"mount: {words.format('/dev/vdc')}")], POD))
    assert one.rule == "storage.filesystem" and str(one.culprit) == "PersistentVolume pv-1"
    assert "snapshot" in one.remedies[0].detail.en and "快照" in one.remedies[0].detail.zh
    (one,) = found(view_of([pod, volume, _refused(k8s, "pv-1", words.format("10.0.9.5:/x"))], POD))
    assert one.rule == "storage.no-client"


def test_an_image_that_another_machine_has_mapped(view_of: Any, k8s: Any, found: Any) -> None:
    """Ceph lets one machine map an RBD image; one that died keeps it until it is fenced."""
    words = 'MountVolume.MountDevice failed for volume "pv-1" : rpc error: code = Internal desc = rbd image {} is still being used'
    event = k8s.event(POD, "FailedMount", words.format("pool/csi-vol-5f3c"), times=9)
    claim = {"persistentVolumeClaim": {"claimName": "data"}}
    (one,) = found(view_of([_waiting(k8s, **claim), event], POD))
    assert (one.rule, one.category) == ("storage.multi-attach", "volume-attach")
    assert "only one node may have it" in one.statement.en and "is still being used" in one.statement.zh


@pytest.mark.parametrize(
    "words",
    [
        "api error UnauthorizedOperation: You are not authorized to perform this operation.",
        "The client '1f' with object id '1f' does not have authorization to perform action "
        "'Microsoft.Compute/virtualMachines/write' over scope '/subscriptions/0'",
        "googleapi: Error 403: Required 'compute.instances.attachDisk' permission for 'projects/p'",
    ],
)
def test_a_driver_that_may_not_attach(view_of: Any, k8s: Any, found: Any, words: str) -> None:
    """The driver's account at the provider lacks a right: no other node has the volume."""
    message = f'AttachVolume.Attach failed for volume "pv-1" : rpc error: code = Internal desc = {words}'
    event = k8s.event(POD, "FailedAttachVolume", message, component="attachdetach-controller")
    volume = k8s.obj("PersistentVolume pv-1", spec={"csi": {"driver": "d"}}, status={"phase": "Bound"})
    (one,) = found(view_of([_waiting(k8s, persistentVolumeClaim={"claimName": "data"}), volume, event], POD))
    assert (one.rule, one.category) == ("storage.denied", "volume-attach")
    assert "lacks the right" in one.statement.en and "权限" in one.remedies[0].title.zh


def test_a_try_that_has_not_ended(view_of: Any, k8s: Any, found: Any) -> None:
    """“Already exists” is said of the driver's own first try, which hangs at its storage."""
    message = (
        'MountVolume.MountDevice failed for volume "pv-1" : rpc error: code = Aborted desc = an operation '
        "with the given Volume ID 0001-0009-ceph already exists"
    )
    claim = {"persistentVolumeClaim": {"claimName": "data"}}
    (one,) = found(view_of([_waiting(k8s, **claim), k8s.event(POD, "FailedMount", message, times=9)], POD))
    assert one.rule == "storage.hangs" and "earlier try has not ended" in one.statement.en


def test_a_server_whose_name_is_not_known(view_of: Any, k8s: Any, found: Any) -> None:
    """It is not that the server does not answer: nobody asked it."""
    event = _refused(
        k8s, "d", "mount.nfs: Failed to resolve server nas01: Temporary failure in name resolution"
    )
    (one,) = found(view_of([_waiting(k8s, nfs={"server": "nas01", "path": "/x"}), event], POD))
    assert one.rule == "storage.no-name" and "NFS nas01:/x" in one.statement.en
    assert "does not answer" not in one.statement.en and "无法解析" in one.statement.zh
