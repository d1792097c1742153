"""Volumes made by hand, provisioners that do not answer, claims that wait for a pod."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood, Role, Specificity
from kubetriage.domain.rules.storage_claims import waiting_pods

Raw = dict[str, Any]
CLAIM = "PersistentVolumeClaim shop/data"
POD = "Pod shop/web-1"
WHOLE = [("StorageClass", ""), ("PersistentVolume", ""), ("CSIDriver", ""), ("PersistentVolumeClaim", "shop")]
DRIVER = "disk.csi.example.com"
WAITING = (
    f"Waiting for a volume to be created either by the external provisioner '{DRIVER}' or manually by the "
    f"system "
    "administrator. If volume creation is delayed, please verify that the provisioner is running and "
    "correctly registered."
)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"size": "1Gi"}, "it holds only 1Gi"),
        ({"accessModes": ["ReadOnlyMany"]}, "it offers ReadOnlyMany, not ReadWriteOnce"),
        ({"claimRef": {"namespace": "other", "name": "x"}, "phase": "Bound"}, "it belongs to claim other/x"),
        ({"claimRef": {"namespace": "shop", "name": "data"}, "phase": "Released"}, "it is Released"),
    ],
)
def test_nearest_volume(
    view_of: Any, k8s: Any, claim: Any, spec: Raw, words: str, found: Any, volume: Any
) -> None:
    """The volume that comes nearest is named with the one thing that does not fit."""
    view = view_of([claim(cls="manual"), volume("pv-1", cls="manual", **spec)], CLAIM, lists=WHOLE)
    (one,) = found(view)
    assert one.specificity is Specificity.EXACT
    assert words in one.statement.en


def test_named_volume_absent(view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any, volume: Any) -> None:
    """A claim that names a volume which does not exist."""
    view = view_of([claim(volumeName="pv-9"), fast, volume("pv-1")], CLAIM, lists=WHOLE)
    (one,) = found(view)
    assert one.rule == "storage.named-volume"
    assert "pv-9" in one.statement.en


def test_lost(view_of: Any, claim: Any, found: Any) -> None:
    """A claim whose volume is gone."""
    (one,) = found(view_of([claim(phase="Lost", volumeName="pv-1")], CLAIM, lists=WHOLE))
    assert (one.category, one.likelihood) == ("pvc-lost", Likelihood.HIGH)


def test_reason_not_visible(view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any, volume: Any) -> None:
    """Only ExternalProvisioning: no cause is stated, and the other claims' sizes are a hint."""
    event = k8s.event(
        CLAIM, "ExternalProvisioning", WAITING, kind="Normal", component="persistentvolume-controller"
    )
    driver = k8s.obj(f"CSIDriver {DRIVER}")
    other = claim("20Gi", "PersistentVolumeClaim shop/old", "Bound")
    bound = volume("pv-1", "10Gi", claimRef={"namespace": "else", "name": "logs"}, phase="Bound")
    view = view_of([claim(), fast, event, driver, other, bound], CLAIM, lists=WHOLE)
    symptom, hint = found(view)
    assert (symptom.role, symptom.likelihood, str(symptom.culprit)) == (Role.SYMPTOM, Likelihood.LOW, CLAIM)
    assert "not visible" in symptom.statement.en
    assert hint.role is Role.HINT
    for name in ("else/logs 10Gi", "shop/old 20Gi"):
        assert name in hint.statement.en
        assert name in hint.statement.zh


def test_driver_not_installed(view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any) -> None:
    """A class whose CSI driver is not there, beside one of a like name."""
    driver = k8s.obj("CSIDriver disks.csi.example.com")
    (one,) = found(view_of([claim(), fast, driver], CLAIM, lists=WHOLE))
    assert (one.rule, str(one.culprit), one.likelihood) == (
        "storage.no-driver",
        "StorageClass fast",
        Likelihood.HIGH,
    )


def test_provisioner_down(view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any, controller: Any) -> None:
    """A provisioner found by its arguments, without a ready pod: the claim waits on it."""
    objects = [claim(), fast, k8s.obj(f"CSIDriver {DRIVER}"), *controller(0)]
    (one,) = found(view_of(objects, CLAIM, lists=WHOLE))
    assert (one.rule, one.role) == ("storage.provisioner-down", Role.SYMPTOM)
    assert "Pod storage/disk-controller-1-a" in [str(r) for r in one.waits_on]


def test_provisioner_well(view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any, controller: Any) -> None:
    """A provisioner that is well is not blamed."""
    objects = [claim(), fast, k8s.obj(f"CSIDriver {DRIVER}"), *controller(1)]
    (one,) = found(view_of(objects, CLAIM, lists=WHOLE))
    assert one.rule == "storage.reason-not-visible"


def test_waits_for_first_consumer(view_of: Any, k8s: Any, claim: Any, fast: Raw, found: Any) -> None:
    """A claim that binds late waits on its pod."""
    late = fast | {"volumeBindingMode": "WaitForFirstConsumer"}
    pod = k8s.pod(
        POD, node="", phase="Pending", volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    )
    (one,) = found(view_of([claim(), late, pod], CLAIM, lists=WHOLE))
    assert (one.role, [str(r) for r in one.waits_on]) == (Role.SYMPTOM, [POD])


def test_late_claim_that_nobody_uses(view_of: Any, claim: Any, fast: Raw, found: Any) -> None:
    """Pending by design, and only said where the namespace's waiting pods were seen."""
    late = fast | {"volumeBindingMode": "WaitForFirstConsumer"}
    assert found(view_of([claim(), late], CLAIM, lists=WHOLE)) == []
    (one,) = found(view_of([claim(), late], CLAIM, lists=[*WHOLE, ("Pod", "shop")]))
    assert "by design" in one.statement.en
    assert waiting_pods("shop").field_selector == "status.phase=Pending"
