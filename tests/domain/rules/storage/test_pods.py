"""Pods whose claims are absent, and volumes that cannot be attached, mounted or grown."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Likelihood, Role

CLAIM = "PersistentVolumeClaim shop/data"
POD = "Pod shop/web-1"
WHOLE = [("StorageClass", ""), ("PersistentVolume", ""), ("CSIDriver", ""), ("PersistentVolumeClaim", "shop")]


def test_claim_absent_with_a_like_name(view_of: Any, k8s: Any, claim: Any, found: Any, mounting: Any) -> None:
    """The reference is wrong where a claim of a like name exists."""
    view = view_of([mounting("dta", phase="Pending", node=""), claim(phase="Bound")], POD, lists=WHOLE)
    (one,) = found(view)
    assert (one.rule, str(one.culprit)) == ("storage.claim-absent", POD)
    assert "data" in one.statement.en


def test_claim_absent(view_of: Any, k8s: Any, found: Any, mounting: Any) -> None:
    """Without one, the claim itself is what is missing."""
    (one,) = found(view_of([mounting("data", phase="Pending", node="")], POD, lists=WHOLE))
    assert str(one.culprit) == CLAIM


def test_claim_unreadable(view_of: Any, k8s: Any, found: Any, mounting: Any) -> None:
    """A claim that could not be read is not absent."""
    view = view_of([mounting("data", phase="Pending", node="")], POD, failed={CLAIM: FailureKind.FORBIDDEN})
    assert found(view) == []


def test_multi_attach(view_of: Any, k8s: Any, claim: Any, found: Any, mounting: Any) -> None:
    """The pod that holds the volume on another node is named."""
    pod = mounting("data", phase="Pending", node="n2", owner="ReplicaSet shop/app-2")
    holder = k8s.pod("Pod shop/web-0", node="n1", owner="ReplicaSet shop/app-1",
                     volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])  # fmt: skip
    event = k8s.event(POD, "FailedAttachVolume",
        'Multi-Attach error for volume "pv-1" Volume is already used by pod(s) web-0',
                      component="attachdetach-controller")  # fmt: skip
    sets = [k8s.replicaset(f"ReplicaSet shop/app-{i}", revision=i) for i in (1, 2)]
    view = view_of([pod, holder, event, *sets, k8s.deployment(), claim(phase="Bound")], POD)
    (one,) = found(view)
    assert (one.category, str(one.culprit)) == ("volume-attach", "Deployment shop/app")
    assert "web-0" in one.statement.en
    assert [str(r) for r in one.waits_on] == ["Node n1"]


def test_attachment_without_a_pod(view_of: Any, k8s: Any, found: Any, mounting: Any) -> None:
    """Where no pod holds the volume any more, its VolumeAttachment says which node does."""
    message = 'Multi-Attach error for volume "pv-1" Volume is already exclusively attached to one node'
    spec = {"nodeName": "n9", "source": {"persistentVolumeName": "pv-1"}}
    held = k8s.obj("VolumeAttachment csi-1", spec=spec, status={"attached": True})
    freed = k8s.obj("VolumeAttachment csi-2", spec=spec | {"nodeName": "n8"}, status={"attached": False})
    event = k8s.event(POD, "FailedAttachVolume", message, component="attachdetach-controller")
    pod = mounting("data", phase="Pending", node="n2")
    (one,) = found(view_of([pod, event, held, freed], POD))
    assert [str(r) for r in one.waits_on] == ["Node n9"]
    assert (str(one.culprit), one.likelihood) == ("Node n9", Likelihood.MEDIUM)
    assert "n9" in one.statement.zh


@pytest.mark.parametrize(
    ("message", "rule", "culprit"),
    [
        ('MountVolume.SetUp failed for volume "pv-1" : mount failed: exit status 32\nMounting command: '
         'mount\nOutput: '
         "mount.nfs: Connection timed out", "unreachable", "PersistentVolume pv-1"),
        ('MountVolume.SetUp failed for volume "pv-1" : mount failed: exit status 32\nOutput: mount.nfs: '
         'access denied by '
         "server while mounting 10.0.0.9:/x", "refused", "PersistentVolume pv-1"),
        ('MountVolume.MountDevice failed for volume "pv-1" : kubernetes.io/csi: attacher.MountDevice '
         'failed: driver name '
         "disk.csi.example.com not found in the list of registered CSI drivers", "no-driver", "Node n1"),
        ('MountVolume.SetUp failed for volume "logs" : hostPath type check failed: /var/app is not a '
         'directory',
         "host-path", POD),
    ],
)  # fmt: skip
def test_mounts(
    view_of: Any, k8s: Any, message: str, rule: str, culprit: str, found: Any, volume: Any, mounting: Any
) -> None:
    """What a failed mount means, and whose it is."""
    pod = mounting("data", phase="Pending")
    objects = [pod, k8s.event(POD, "FailedMount", message), volume("pv-1")]
    (one,) = found(view_of(objects, POD))
    assert (one.rule, str(one.culprit)) == (f"storage.{rule}", culprit)
    assert one.likelihood is Likelihood.HIGH


def test_general_timeout_is_no_cause(view_of: Any, k8s: Any, found: Any, mounting: Any) -> None:
    """That the wait was in vain says nothing about why."""
    message = "Unable to attach or mount volumes: unmounted volumes=[d]: timed out waiting for the condition"
    (one,) = found(view_of([mounting("data", phase="Pending"), k8s.event(POD, "FailedMount", message)], POD))
    assert (one.role, one.likelihood) == (Role.SYMPTOM, Likelihood.LOW)


def test_config_volumes_are_left_to_their_rules(view_of: Any, k8s: Any, found: Any, mounting: Any) -> None:
    """A missing ConfigMap or Secret is not a storage fault."""
    message = 'MountVolume.SetUp failed for volume "conf" : configmap "app" not found'
    assert (
        found(view_of([mounting("data", phase="Pending"), k8s.event(POD, "FailedMount", message)], POD)) == []
    )


def test_mount_that_succeeded_later(view_of: Any, k8s: Any, found: Any) -> None:
    """A pod that runs by now has its volumes, whatever was said before."""
    event = k8s.event(
        POD, "FailedMount", 'MountVolume.SetUp failed for volume "pv-1" : timeout', first=60, last=55
    )
    assert found(view_of([k8s.pod(POD), event], POD)) == []


def test_not_grown(view_of: Any, k8s: Any, claim: Any, found: Any) -> None:
    """An expansion that fails names both sizes."""
    grown = claim("20Gi", phase="Bound")
    grown["status"]["capacity"] = {"storage": "10Gi"}
    event = k8s.event(
        CLAIM, "VolumeResizeFailed", "resize volume pv-1 failed: quota exceeded", component="external-resizer"
    )
    (one,) = found(view_of([grown, event], CLAIM))
    assert (one.category, "10Gi" in one.statement.en, "20Gi" in one.statement.zh) == (
        "volume-filling-up",
        True,
        True,
    )
