"""Who makes a claim's volume: the pods and workloads behind a provisioner's name, as far as they were read.

Nothing in the API ties a driver's name to its pods. They are found by the source of the driver's events, by
the Lease of its leader, by its name in a container's arguments, environment or paths, last by a like name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubetriage.domain.kube import Obj, elements, pod_ready, pod_settled
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.storage_claims import Claim, lease_names, provisioner_of, provisioner_pod
from kubetriage.domain.view import ClusterView

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_VENDOR_PARTS = {
    "com", "io", "net", "org", "cloud", "csi", "k8s", "kubernetes", "storage", "driver", "plugin", "cluster",
    "local", "aws", "azure", "gke", "tencent", "alibabacloud", "huaweicloud", "volcengine", "sigs",
    "openstack", "vmware", "vsphere", "google", "cn", "provisioner", "external", "www",
}  # fmt: skip
"""Parts of a driver's name that say whose or what it is, not which."""


def controllers(view: ClusterView, claim: Claim) -> list[Obj]:
    """The workloads and bare pods that answer for the claim's provisioner, by the surest kind of trace."""
    driver = provisioner_of(claim)
    if not driver:
        return []
    by_pod = _by_pod_name(view, _leaders(view, claim, driver))
    if by_pod:
        return by_pod
    among = [w for kind in _WORKLOADS for w in view.objects(kind)]
    named = [w for w in among if _mentions(w, driver)] or [w for w in among if _like(w.name, driver)]
    if named:
        return named
    makers = [w for w in among if _has_provisioner(w)]
    return makers if len(makers) == 1 else []  # of several, nothing says which one it is


def _leaders(view: ClusterView, claim: Claim, driver: str) -> set[str]:
    """Names of pods that wrote the driver's events or hold its Lease."""
    found = {provisioner_pod(view, claim)} - {""}
    for lease in view.objects("Lease"):
        if lease.name in lease_names(driver):
            holder = lease.text("spec", "holderIdentity")
            found |= {holder, re.sub(r"_[0-9a-f-]{36}$", "", holder)} - {""}
    return found


def _by_pod_name(view: ClusterView, names: set[str]) -> list[Obj]:
    """The workloads of these pods; a pod whose workload was not read stands for itself."""
    found: dict[Resource, Obj] = {}
    for pod in view.objects("Pod"):
        if pod.name in names:
            top = view.find(view.workload(pod.ref)) or pod
            found[top.ref] = top
    return list(found.values())


def _mentions(workload: Obj, driver: str) -> bool:
    spec = Obj(workload.mapping("spec", "template"))
    for container in spec.items("spec", "containers"):
        words = [*elements(container.get("args")), *elements(container.get("command"))]
        words += [e.get("value") or "" for e in elements(container.get("env")) if isinstance(e, dict)]
        if any(driver in str(word) for word in words):
            return True
    paths = [Obj(v).text("hostPath", "path") for v in spec.items("spec", "volumes")]
    return any(driver in path for path in paths)


def _has_provisioner(workload: Obj) -> bool:
    """Whether a container is external-provisioner, which runs beside a CSI driver and makes its volumes."""
    spec = Obj(workload.mapping("spec", "template"))
    images = [str(c.get("image")) for c in spec.items("spec", "containers")]
    return any(re.search(r"(?:csi|external)-provisioner[:@-]", f"{i}:") for i in images)


def _like(name: str, driver: str) -> bool:
    """`csi-cbs-controller` for com.tencent.cloud.csi.cbs: the driver's own part, with csi or provisioner."""
    parts = {p for p in re.split(r"[./-]", driver) if p and p not in _VENDOR_PARTS}
    have = set(name.split("-"))
    whole = {p for p in re.split(r"[./]", driver) if "-" in p}
    return bool(parts & have and {"csi", "provisioner"} & have) or any(w in name for w in whole)


def pods_of(view: ClusterView, found: Obj) -> list[Obj]:
    return [found] if found.ref.kind == "Pod" else view.pods_of(found.ref)


def troubled(view: ClusterView, found: Obj) -> bool:
    """Whether a provisioner's workload has no pod that could do its work."""
    pods = [p for p in pods_of(view, found) if p.deleted is None]
    if pods:
        return not any(pod_ready(p) for p in pods)
    if found.ref.kind == "DaemonSet":
        return found.number("status", "numberReady") == 0
    return found.number("status", "readyReplicas") == 0


def troubled_objects(view: ClusterView, among: list[Obj]) -> Iterator[Resource]:
    """The workloads without a ready pod and their pods that are not well."""
    for found in among:
        if troubled(view, found):
            yield found.ref
            yield from (p.ref for p in pods_of(view, found) if not pod_settled(p))
