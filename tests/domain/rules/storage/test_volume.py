"""Volumes that the cluster gave up, and file systems that wait for their resize."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.relations import storage as relations
from kubetriage.domain.rules import storage_volume

VOLUME = "PersistentVolume pvc-1"
CLAIM = "PersistentVolumeClaim shop/data"


def _volume(k8s: Any, phase: str = "Failed", message: str = "") -> Any:
    spec = {
        "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data"},
        "persistentVolumeReclaimPolicy": "Delete",
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
    }
    return k8s.obj(VOLUME, spec=spec, status={"phase": phase, "message": message})


def _found(view: Any) -> list[Finding]:
    return [f for r in storage_volume.RULES for f in r(view) if isinstance(f, Finding)]


def test_a_disk_that_cannot_be_deleted(k8s: Any, view_of: Any) -> None:
    """The status's message says why; without one the driver's event does."""
    told = "rpc error: VolumeInUse: vol-1 is attached to i-1"
    (one,) = _found(view_of([_volume(k8s, message=told)], VOLUME, absent=[CLAIM]))
    assert str(one.culprit) == VOLUME and "cannot be deleted" in one.statement.en
    assert "VolumeInUse" in one.statement.zh and one.likelihood is Likelihood.HIGH
    event = k8s.event(VOLUME, "VolumeFailedDelete", told, times=9)
    (one,) = _found(view_of([_volume(k8s), event], VOLUME, absent=[CLAIM]))
    assert "VolumeInUse" in one.statement.en


def test_volumes_of_which_others_tell(k8s: Any, view_of: Any) -> None:
    """One of a claim that is there is the claim's story; one that is not Failed has none."""
    claim = k8s.obj(CLAIM, spec={"volumeName": "pvc-1"}, status={"phase": "Bound"})
    assert _found(view_of([_volume(k8s, message="x"), claim], VOLUME)) == []
    assert _found(view_of([_volume(k8s, "Released")], VOLUME)) == []


def test_what_is_read_of_it(k8s: Any, view_of: Any) -> None:
    """Its events, which stand in namespace default, and its claim."""
    view = view_of([_volume(k8s)], VOLUME)
    keys = [(w.read.kind, w.read.namespace) for r in relations.RELATIONS for w in r(view)]
    assert ("Event", "default") in keys and ("PersistentVolumeClaim", "shop") in keys


def _claim(k8s: Any, minutes_ago: float, have: str = "20Gi") -> Any:
    waits = {
        "type": "FileSystemResizePending", "status": "True", "lastTransitionTime": k8s.at(minutes_ago)
    }  # fmt: skip
    return k8s.obj(
        CLAIM,
        spec={"resources": {"requests": {"storage": "60Gi"}}, "volumeName": "pvc-1"},
        status={"phase": "Bound", "capacity": {"storage": have}, "conditions": [waits]},
    )


def test_a_file_system_that_waits_for_its_resize(k8s: Any, view_of: Any) -> None:
    """It is the cause once it has waited; the pod that holds the volume is to be started anew."""
    pod = k8s.pod("Pod shop/db-0", volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
    (one,) = _found(view_of([_claim(k8s, 60), pod], CLAIM))
    assert str(one.culprit) == CLAIM and "from 20Gi to 60Gi" in one.statement.en
    assert any("delete pod/db-0" in c.command for r in one.remedies for c in r.commands)
    assert _found(view_of([_claim(k8s, 2), pod], CLAIM)) == []
    assert _found(view_of([_claim(k8s, 60, "60Gi"), pod], CLAIM)) == []
