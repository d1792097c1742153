"""Claims that are not bound, and volumes that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.rules import storage
from kubetriage.domain.rules.storage_claims import waiting_pods
from kubetriage.domain.view import ClusterView

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


def found(view: ClusterView, rule: str = "") -> list[Finding]:
    made = [f for r in storage.RULES for f in r(view) if isinstance(f, Finding)]
    return [f for f in made if not rule or f.rule == f"storage.{rule}"]


@pytest.fixture
def claim(k8s: Any) -> Callable[..., Raw]:
    def make(
        size: str = "5Gi", words: str = CLAIM, phase: str = "Pending", cls: str | None = "fast", **spec: Any
    ) -> Raw:
        body = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}
        if cls is not None:
            body["storageClassName"] = cls
        status: Raw = {"phase": phase, **({"capacity": {"storage": size}} if phase == "Bound" else {})}
        made: Raw = k8s.obj(words, spec=body, status=status)
        return made

    return make


@pytest.fixture
def fast(k8s: Any) -> Raw:
    """A StorageClass of a CSI driver, which is installed."""
    made: Raw = k8s.obj("StorageClass fast", provisioner=DRIVER, volumeBindingMode="Immediate")
    return made


def volume(
    k8s: Any, name: str, size: str = "10Gi", cls: str = "fast", phase: str = "Available", **spec: Any
) -> Raw:
    body = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": cls, **spec}
    made: Raw = k8s.obj(f"PersistentVolume {name}", spec=body, status={"phase": phase})
    return made


def failed(k8s: Any, words: str) -> Raw:
    frame = 'failed to provision volume with StorageClass "fast": rpc error: code = InvalidArgument desc = '
    message = frame + words
    made: Raw = k8s.event(CLAIM, "ProvisioningFailed", message, times=9, component=f"{DRIVER}_ctl-0_0a1b")
    return made


# ---- the provisioner answers


def test_size_below_minimum(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """The size asked for and the least that is accepted are named; the claim is the culprit."""
    view = view_of([claim(), fast, failed(k8s, "size is not valid. Must in [10, 32000]")], CLAIM, lists=WHOLE)
    (one,) = found(view)
    assert (one.role, one.likelihood, one.specificity) == (Role.CAUSE, Likelihood.HIGH, Specificity.EXACT)
    assert str(one.culprit) == CLAIM
    for said in (one.statement.en, one.statement.zh):
        assert "5Gi" in said
        assert "10Gi" in said
    assert "[10, 32000]" in one.quotes
    commands = [c.command for r in one.remedies for c in r.commands]
    assert any("10Gi" in c and "kubectl apply" in c for c in commands)


def test_size_above_maximum(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """The other end of the range."""
    view = view_of([claim("40Ti"), fast, failed(k8s, "Must in [10, 32000]")], CLAIM, lists=WHOLE)
    (one,) = found(view)
    assert "at most 31.2Ti" in one.statement.en


def test_size_within_bounds_is_not_blamed(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """A message that names bounds which hold is about something else."""
    event = failed(k8s, "sizes [10, 32000] are served; disk quota exceeded")
    (one,) = found(view_of([claim("20Gi"), fast, event], CLAIM, lists=WHOLE))
    assert one.rule == "storage.refused-quota"


@pytest.mark.parametrize(
    ("words", "rule", "culprit"),
    [
        ("disk quota exceeded", "refused-quota", CLAIM),
        ("invalid parameter diskType", "refused-parameter", "StorageClass fast"),
        ("UnauthorizedOperation", "refused-denied", "StorageClass fast"),
        ("volume capability MULTI_NODE is not supported", "refused-access-mode", CLAIM),
    ],
)
def test_refusals(view_of: Any, k8s: Any, claim: Any, fast: Raw, words: str, rule: str, culprit: str) -> None:
    """Other refusals are quoted, and go to whoever can end them."""
    (one,) = found(view_of([claim(), fast, failed(k8s, words)], CLAIM, lists=WHOLE))
    assert (one.rule, str(one.culprit)) == (f"storage.{rule}", culprit)
    assert words in one.statement.en
    assert words in one.statement.zh


# ---- the class


def test_class_absent(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """A class that does not exist is set beside one of a like name."""
    (one,) = found(view_of([claim(cls="fsat"), fast], CLAIM, lists=WHOLE))
    assert one.rule == "storage.class-absent"
    assert "fast" in one.statement.en
    assert str(one.culprit) == CLAIM


def test_class_unreadable(view_of: Any, claim: Any) -> None:
    """Classes that cannot be read are not absent."""
    view = view_of([claim()], CLAIM, failed={list_of("StorageClass"): FailureKind.FORBIDDEN})
    assert found(view, "class-absent") == []
    assert all(f.likelihood is Likelihood.LOW for f in found(view))


def test_no_default_class(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """A claim that names no class in a cluster without a default one."""
    event = k8s.event(CLAIM, "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set",
                      kind="Normal")  # fmt: skip
    (one,) = found(view_of([claim(cls=None), fast, event], CLAIM, lists=WHOLE))
    assert one.rule == "storage.no-matching-volume"
    assert "no default" in one.statement.en


# ---- volumes made by hand


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"size": "1Gi"}, "it holds only 1Gi"),
        ({"accessModes": ["ReadOnlyMany"]}, "it offers ReadOnlyMany, not ReadWriteOnce"),
        ({"claimRef": {"namespace": "other", "name": "x"}, "phase": "Bound"}, "it belongs to claim other/x"),
        ({"claimRef": {"namespace": "shop", "name": "data"}, "phase": "Released"}, "it is Released"),
    ],
)
def test_nearest_volume(view_of: Any, k8s: Any, claim: Any, spec: Raw, words: str) -> None:
    """The volume that comes nearest is named with the one thing that does not fit."""
    view = view_of([claim(cls="manual"), volume(k8s, "pv-1", cls="manual", **spec)], CLAIM, lists=WHOLE)
    (one,) = found(view)
    assert one.specificity is Specificity.EXACT
    assert words in one.statement.en


def test_named_volume_absent(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """A claim that names a volume which does not exist."""
    view = view_of([claim(volumeName="pv-9"), fast, volume(k8s, "pv-1")], CLAIM, lists=WHOLE)
    (one,) = found(view)
    assert one.rule == "storage.named-volume"
    assert "pv-9" in one.statement.en


def test_lost(view_of: Any, claim: Any) -> None:
    """A claim whose volume is gone."""
    (one,) = found(view_of([claim(phase="Lost", volumeName="pv-1")], CLAIM, lists=WHOLE))
    assert (one.category, one.likelihood) == ("pvc-lost", Likelihood.HIGH)


# ---- nobody answers


def test_reason_not_visible(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """Only ExternalProvisioning: no cause is stated, and the other claims' sizes are a hint."""
    event = k8s.event(
        CLAIM, "ExternalProvisioning", WAITING, kind="Normal", component="persistentvolume-controller"
    )
    driver = k8s.obj(f"CSIDriver {DRIVER}")
    other = claim("20Gi", "PersistentVolumeClaim shop/old", "Bound")
    bound = volume(k8s, "pv-1", "10Gi", claimRef={"namespace": "else", "name": "logs"}, phase="Bound")
    view = view_of([claim(), fast, event, driver, other, bound], CLAIM, lists=WHOLE)
    symptom, hint = found(view)
    assert (symptom.role, symptom.likelihood, str(symptom.culprit)) == (Role.SYMPTOM, Likelihood.LOW, CLAIM)
    assert "not visible" in symptom.statement.en
    assert hint.role is Role.HINT
    for name in ("else/logs 10Gi", "shop/old 20Gi"):
        assert name in hint.statement.en
        assert name in hint.statement.zh


def test_driver_not_installed(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """A class whose CSI driver is not there, beside one of a like name."""
    driver = k8s.obj("CSIDriver disks.csi.example.com")
    (one,) = found(view_of([claim(), fast, driver], CLAIM, lists=WHOLE))
    assert (one.rule, str(one.culprit), one.likelihood) == (
        "storage.no-driver",
        "StorageClass fast",
        Likelihood.HIGH,
    )


def controller(k8s: Any, ready: int) -> list[Raw]:
    template = {
        "spec": {
            "containers": [
                {"name": "c", "image": "registry.example.com/csi:1", "args": [f"--drivername={DRIVER}"]}
            ]
        }
    }
    owner = "Deployment storage/disk-controller"
    return [
        k8s.deployment(owner, ready=ready, spec={"template": template}),
        k8s.replicaset("ReplicaSet storage/disk-controller-1", owner, ready=ready),
        k8s.pod("Pod storage/disk-controller-1-a",
                k8s.container(state=k8s.running() if ready else k8s.waiting("CrashLoopBackOff")),
                owner="ReplicaSet storage/disk-controller-1"),
    ]  # fmt: skip


def test_provisioner_down(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """A provisioner found by its arguments, without a ready pod: the claim waits on it."""
    objects = [claim(), fast, k8s.obj(f"CSIDriver {DRIVER}"), *controller(k8s, 0)]
    (one,) = found(view_of(objects, CLAIM, lists=WHOLE))
    assert (one.rule, one.role) == ("storage.provisioner-down", Role.SYMPTOM)
    assert "Pod storage/disk-controller-1-a" in [str(r) for r in one.waits_on]


def test_provisioner_well(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """A provisioner that is well is not blamed."""
    objects = [claim(), fast, k8s.obj(f"CSIDriver {DRIVER}"), *controller(k8s, 1)]
    (one,) = found(view_of(objects, CLAIM, lists=WHOLE))
    assert one.rule == "storage.reason-not-visible"


# ---- waits for a pod


def test_waits_for_first_consumer(view_of: Any, k8s: Any, claim: Any, fast: Raw) -> None:
    """A claim that binds late waits on its pod."""
    late = fast | {"volumeBindingMode": "WaitForFirstConsumer"}
    pod = k8s.pod(
        POD, node="", phase="Pending", volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    )
    (one,) = found(view_of([claim(), late, pod], CLAIM, lists=WHOLE))
    assert (one.role, [str(r) for r in one.waits_on]) == (Role.SYMPTOM, [POD])


def test_late_claim_that_nobody_uses(view_of: Any, claim: Any, fast: Raw) -> None:
    """Pending by design, and only said where the namespace's waiting pods were seen."""
    late = fast | {"volumeBindingMode": "WaitForFirstConsumer"}
    assert found(view_of([claim(), late], CLAIM, lists=WHOLE)) == []
    (one,) = found(view_of([claim(), late], CLAIM, lists=[*WHOLE, ("Pod", "shop")]))
    assert "by design" in one.statement.en
    assert waiting_pods("shop").field_selector == "status.phase=Pending"


# ---- pods


def mounting(k8s: Any, name: str, **spec: Any) -> Raw:
    volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": name}}]
    container = k8s.container(state=k8s.waiting("ContainerCreating"))
    made: Raw = k8s.pod(POD, container, volumes=volumes, **spec)
    return made


def test_claim_absent_with_a_like_name(view_of: Any, k8s: Any, claim: Any) -> None:
    """The reference is wrong where a claim of a like name exists."""
    view = view_of([mounting(k8s, "dta", phase="Pending", node=""), claim(phase="Bound")], POD, lists=WHOLE)
    (one,) = found(view)
    assert (one.rule, str(one.culprit)) == ("storage.claim-absent", POD)
    assert "data" in one.statement.en


def test_claim_absent(view_of: Any, k8s: Any) -> None:
    """Without one, the claim itself is what is missing."""
    (one,) = found(view_of([mounting(k8s, "data", phase="Pending", node="")], POD, lists=WHOLE))
    assert str(one.culprit) == CLAIM


def test_claim_unreadable(view_of: Any, k8s: Any) -> None:
    """A claim that could not be read is not absent."""
    view = view_of(
        [mounting(k8s, "data", phase="Pending", node="")], POD, failed={CLAIM: FailureKind.FORBIDDEN}
    )
    assert found(view) == []


def test_multi_attach(view_of: Any, k8s: Any, claim: Any) -> None:
    """The pod that holds the volume on another node is named."""
    pod = mounting(k8s, "data", phase="Pending", node="n2", owner="ReplicaSet shop/app-2")
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
def test_mounts(view_of: Any, k8s: Any, message: str, rule: str, culprit: str) -> None:
    """What a failed mount means, and whose it is."""
    pod = mounting(k8s, "data", phase="Pending")
    objects = [pod, k8s.event(POD, "FailedMount", message), volume(k8s, "pv-1")]
    (one,) = found(view_of(objects, POD))
    assert (one.rule, str(one.culprit)) == (f"storage.{rule}", culprit)
    assert one.likelihood is Likelihood.HIGH


def test_general_timeout_is_no_cause(view_of: Any, k8s: Any) -> None:
    """That the wait was in vain says nothing about why."""
    message = "Unable to attach or mount volumes: unmounted volumes=[d]: timed out waiting for the condition"
    (one,) = found(
        view_of([mounting(k8s, "data", phase="Pending"), k8s.event(POD, "FailedMount", message)], POD)
    )
    assert (one.role, one.likelihood) == (Role.SYMPTOM, Likelihood.LOW)


def test_config_volumes_are_left_to_their_rules(view_of: Any, k8s: Any) -> None:
    """A missing ConfigMap or Secret is not a storage fault."""
    message = 'MountVolume.SetUp failed for volume "conf" : configmap "app" not found'
    assert (
        found(view_of([mounting(k8s, "data", phase="Pending"), k8s.event(POD, "FailedMount", message)], POD))
        == []
    )


def test_mount_that_succeeded_later(view_of: Any, k8s: Any) -> None:
    """A pod that runs by now has its volumes, whatever was said before."""
    event = k8s.event(
        POD, "FailedMount", 'MountVolume.SetUp failed for volume "pv-1" : timeout', first=60, last=55
    )
    assert found(view_of([k8s.pod(POD), event], POD)) == []


def test_not_grown(view_of: Any, k8s: Any, claim: Any) -> None:
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
