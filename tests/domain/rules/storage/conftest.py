"""Claims, classes, volumes and provisioners, and what the storage rules find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.finding import Finding
from kubetriage.domain.rules import storage
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
CLAIM = "PersistentVolumeClaim shop/data"
POD = "Pod shop/web-1"
DRIVER = "disk.csi.example.com"


@pytest.fixture
def found() -> Callable[..., list[Finding]]:
    """All findings of the family, or those of one rule."""

    def find(view: ClusterView, rule: str = "") -> list[Finding]:
        made = [f for r in storage.RULES for f in r(view) if isinstance(f, Finding)]
        return [f for f in made if not rule or f.rule == f"storage.{rule}"]

    return find


@pytest.fixture
def claim(k8s: Any) -> Callable[..., Raw]:
    """A claim of class `fast` that is pending."""

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


@pytest.fixture
def volume(k8s: Any) -> Callable[..., Raw]:
    """A volume of class `fast` that is free."""

    def make(name: str, size: str = "10Gi", cls: str = "fast", phase: str = "Available", **spec: Any) -> Raw:
        modes = ["ReadWriteOnce"]
        body = {"capacity": {"storage": size}, "accessModes": modes, "storageClassName": cls, **spec}
        made: Raw = k8s.obj(f"PersistentVolume {name}", spec=body, status={"phase": phase})
        return made

    return make


@pytest.fixture
def failed(k8s: Any) -> Callable[..., Any]:
    """The event of a provisioner that refuses."""

    def make(words: str) -> Raw:
        frame = (
            'failed to provision volume with StorageClass "fast": rpc error: code = InvalidArgument desc = '
        )
        message = frame + words
        made: Raw = k8s.event(CLAIM, "ProvisioningFailed", message, times=9, component=f"{DRIVER}_ctl-0_0a1b")
        return made

    return make


@pytest.fixture
def controller(k8s: Any) -> Callable[..., Any]:
    """The workload of the driver, found by its arguments."""

    def make(ready: int) -> list[Raw]:
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

    return make


@pytest.fixture
def mounting(k8s: Any) -> Callable[..., Any]:
    """A pod that mounts a claim and waits for its containers."""

    def make(name: str, **spec: Any) -> Raw:
        volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": name}}]
        container = k8s.container(state=k8s.waiting("ContainerCreating"))
        made: Raw = k8s.pod(POD, container, volumes=volumes, **spec)
        return made

    return make
