"""What is known about a claim that is not bound: its size, class, provisioner, events and look-alikes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kubetriage.domain.events import EventRecord
from kubetriage.domain.evidence import Read, list_of
from kubetriage.domain.kube import Obj, quantity
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.grouping import focus_pods, in_focus
from kubetriage.domain.view import ClusterView, claims_of

STATIC = "kubernetes.io/no-provisioner"
"""The provisioner of classes whose volumes are made by hand."""
_DEFAULT = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
_PROVISIONER_NOTE = (
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)
_COMPONENT = re.compile(r"^(?P<driver>[^_\s]+)_(?P<pod>[a-z0-9.-]+)_[0-9a-f-]{36}$")
"""The event source of external-provisioner: `<driver>_<pod>_<uuid>`."""


class Claim(NamedTuple):
    """A PersistentVolumeClaim and what hangs on it."""

    object: Obj
    class_name: str | None
    """None if the claim names no class, empty if it asks for none."""
    storage_class: Obj | None
    asked: str
    """The requested size as written."""
    size: float | None
    """The requested size in bytes."""

    @property
    def ref(self) -> Resource:
        return self.object.ref

    @property
    def name(self) -> str:
        return self.object.name


def focus_claims(view: ClusterView) -> Iterator[Claim]:
    """The claims that rules may speak of: looked at, or mounted by a pod that is looked at."""
    used = {ref for pod in focus_pods(view) for ref in claims_of(pod)}
    for found in view.objects("PersistentVolumeClaim"):
        if found.ref in used or in_focus(view, found.ref):
            yield claim_of(view, found)


def claim_of(view: ClusterView, found: Obj) -> Claim:
    name = found.at("spec", "storageClassName")
    if name is None:
        name = found.annotations.get("volume.beta.kubernetes.io/storage-class")
    class_name = None if name is None else str(name)
    storage_class = view.find(resource("StorageClass", "", class_name)) if class_name else None
    asked = found.text("spec", "resources", "requests", "storage")
    return Claim(found, class_name, storage_class, asked, quantity(asked))


def phase(claim: Claim) -> str:
    return claim.object.text("status", "phase")


def default_classes(view: ClusterView) -> list[Obj] | None:
    """The classes that claims without a class get; None if the classes were not listed."""
    if view.complete_list("StorageClass", "") is None:
        return None
    return [c for c in view.objects("StorageClass") if any(c.annotations.get(k) == "true" for k in _DEFAULT)]


def provisioner_of(claim: Claim) -> str:
    """The driver that is to make the volume: the claim's own annotation, else its class's."""
    for note in _PROVISIONER_NOTE:
        if claim.object.annotations.get(note):
            return claim.object.annotations[note]
    return claim.storage_class.text("provisioner") if claim.storage_class else ""


def binds_late(claim: Claim) -> bool:
    """Whether a volume is made only once a pod that uses the claim is placed."""
    return bool(claim.storage_class) and (
        claim.storage_class is not None
        and claim.storage_class.text("volumeBindingMode") == "WaitForFirstConsumer"
    )


def placed(claim: Claim) -> bool:
    """Whether the scheduler has chosen a node for a claim that binds late."""
    return "volume.kubernetes.io/selected-node" in claim.object.annotations


def failures(view: ClusterView, claim: Claim) -> list[EventRecord]:
    """What was said against provisioning, latest first."""
    return view.events(claim.ref, "ProvisioningFailed")


def provisioner_pod(view: ClusterView, claim: Claim) -> str:
    """The name of the provisioner's pod that wrote an event about the claim, empty if none did."""
    for event in view.events(claim.ref):
        found = _COMPONENT.match(event.component)
        if found:
            return found["pod"]
    return ""


def lease_names(driver: str) -> list[str]:
    """Names of the leader election Lease of a driver's provisioner (csi-lib-utils and its forerunner)."""
    return list(dict.fromkeys((re.sub(r"[^a-zA-Z0-9-]", "-", driver), driver.replace("/", "-"))))


def waiting_pods(namespace: str) -> Read:
    """The pods of a namespace that have not started: users of an unbound claim are among them."""
    return list_of("Pod", namespace, fields="status.phase=Pending")


def volumes_of_class(view: ClusterView, claim: Claim) -> list[Obj]:
    """The cluster's volumes of the claim's class that were read."""
    wanted = claim.class_name or ""
    return [v for v in view.objects("PersistentVolume") if v.text("spec", "storageClassName") == wanted]


def siblings(view: ClusterView, claim: Claim) -> list[tuple[str, str, float]]:
    """(claim, size, bytes) of the other bound claims of the class, smallest first.

    Claims of the namespace come from their list, those of others from the volumes they are bound to.
    """
    found: dict[str, tuple[str, float]] = {}
    for other in view.objects("PersistentVolumeClaim"):
        if other.ref == claim.ref or claim_of(view, other).class_name != claim.class_name:
            continue
        if other.text("status", "phase") == "Bound":
            size = other.text("status", "capacity", "storage") or claim_of(view, other).asked
            found[f"{other.namespace}/{other.name}"] = (size, quantity(size) or 0.0)
    for volume in volumes_of_class(view, claim):
        where = f"{volume.text('spec', 'claimRef', 'namespace')}/{volume.text('spec', 'claimRef', 'name')}"
        if where != "/" and where != f"{claim.object.namespace}/{claim.name}":
            size = volume.text("spec", "capacity", "storage")
            found.setdefault(where, (size, quantity(size) or 0.0))
    return sorted(((n, s, b) for n, (s, b) in found.items()), key=lambda item: (item[2], item[0]))
