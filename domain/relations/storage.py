"""Around a claim: events, volume, class, other claims of it, and who provisions it."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import Relation, events_about
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.storage_attach import attachments, multi_attached
from kubetriage.domain.rules.storage_claims import (
    STATIC,
    Claim,
    binds_late,
    claim_of,
    failures,
    focus_claims,
    lease_names,
    phase,
    placed,
    provisioner_of,
    provisioner_pod,
    waiting_pods,
)
from kubetriage.domain.rules.storage_driver import controllers
from kubetriage.domain.rules.storage_messages import Refusal, kind_of
from kubetriage.domain.view import ClusterView

SYSTEM = "kube-system"
"""Where provisioners are looked for when nothing names their pods."""


def around_claims(view: ClusterView) -> Iterator[Want]:
    for claim in focus_claims(view):
        ref = claim.ref
        if not view.looked_at(ref):
            continue
        volume = claim.object.text("spec", "volumeName")
        if volume:
            pv = resource("PersistentVolume", "", volume)
            why = text("the volume of claim {c}", "声明 {c} 的卷", c=claim.name)
            yield Want(read=get(pv), about=pv, why=why)
        chosen = f"involvedObject.kind=PersistentVolumeClaim,involvedObject.name={claim.name}"
        why = text("what was said about the claim", "关于该声明的记录")
        yield Want(read=list_of("Event", ref.namespace, fields=chosen), about=ref, why=why)
        if phase(claim) != "Bound":
            yield from _class_and_others(claim)
            users = text("the pods that wait for the claim", "等待该声明的 Pod")
            yield Want(read=waiting_pods(ref.namespace), about=ref, why=users)


def around_volumes(view: ClusterView) -> Iterator[Want]:
    """What was said of the alert's own volume, and the claim that it was made for."""
    volume = view.find(view.primary)
    if volume is None or volume.ref.kind != "PersistentVolume":
        return
    why = text("what was said about the volume", "关于该卷的记录")
    yield Want(read=events_about(volume.ref), about=volume.ref, why=why)
    namespace, name = (volume.text("spec", "claimRef", k) for k in ("namespace", "name"))
    if name:
        claim = resource("PersistentVolumeClaim", namespace, name)
        yield Want(
            read=get(claim), about=claim, why=text("the claim of volume {v}", "卷 {v} 的声明", v=volume.name)
        )


def _class_and_others(claim: Claim) -> Iterator[Want]:
    cls = _class_of(claim)
    why = text("the class that claim {c} asks for", "声明 {c} 指定的存储类", c=claim.name)
    yield Want(read=list_of("StorageClass"), about=cls or claim.ref, why=why)
    others = text("other claims of the class and their sizes", "同存储类的其他声明及其大小")
    yield Want(read=list_of("PersistentVolumeClaim", claim.ref.namespace), about=claim.ref, why=others)
    volumes = text("the cluster's volumes of the class", "集群中该存储类的卷")
    yield Want(read=list_of("PersistentVolume"), about=claim.ref, why=volumes)


def _class_of(claim: Claim) -> Resource | None:
    return resource("StorageClass", "", claim.class_name) if claim.class_name else None


def absent_claims(view: ClusterView) -> Iterator[Want]:
    """Where a claim is missing, the claims that exist beside it."""
    for ref in view.why_looked.values():
        about = ref.about
        if about.kind == "PersistentVolumeClaim" and view.is_absent(about):
            why = text("claims of a similar name", "名称相近的声明")
            yield Want(read=list_of("PersistentVolumeClaim", about.namespace), about=about, why=why)


def provisioners(view: ClusterView) -> Iterator[Want]:
    """Whoever should make the volume, when the claim waits and no reason was given."""
    for claim in focus_claims(view):
        driver, cls = provisioner_of(claim), _class_of(claim)
        if not driver or driver == STATIC or cls is None or phase(claim) != "Pending":
            continue
        if (binds_late(claim) and not placed(claim)) or _explained(view, claim):
            continue
        yield from _traces(view, claim, driver, cls)
        for found in controllers(view, claim):
            why = text("provisions for class {c}", "为存储类 {c} 创建卷", c=cls.name)
            yield Want(read=get(found.ref), about=found.ref, why=why)


def _explained(view: ClusterView, claim: Claim) -> bool:
    """Whether the provisioner itself has answered; that its backend is out of reach may be its own fault."""
    return any(
        kind_of(e.message, claim.size) not in (Refusal.UNREACHABLE, Refusal.OTHER)
        for e in failures(view, claim)[:1]
    )


def _traces(view: ClusterView, claim: Claim, driver: str, cls: Resource) -> Iterator[Want]:
    why = text("whether the driver {d} is installed", "驱动 {d} 是否已安装", d=driver)
    yield Want(read=list_of("CSIDriver"), about=cls, why=why)
    who = text("the pods behind the provisioner {d}", "provisioner {d} 的 Pod", d=driver)
    for name in lease_names(driver):
        yield Want(read=list_of("Lease", fields=f"metadata.name={name}"), about=cls, why=who)
    names = {provisioner_pod(view, claim)}
    names |= {
        lease.text("spec", "holderIdentity").partition("_")[0]
        for lease in view.objects("Lease")
        if lease.name in lease_names(driver)
    }
    for name in sorted(names - {""}):
        yield Want(read=list_of("Pod", fields=f"metadata.name={name}"), about=cls, why=who)
    for kind in ("Deployment", "StatefulSet"):
        yield Want(read=list_of(kind, SYSTEM), about=cls, why=who)


def attached_elsewhere(view: ClusterView) -> Iterator[Want]:
    """Where a volume is attached that a pod cannot have, and that node."""
    for pod in view.objects("Pod"):
        volume = multi_attached(view, pod) if view.looked_at(pod.ref) else ""
        if not volume:
            continue
        why = text("which node the volume is attached to", "卷挂接在哪个节点上")
        yield Want(read=list_of("VolumeAttachment"), about=pod.ref, why=why)
        for held in attachments(view, volume, pod.text("spec", "nodeName")):
            node = resource("Node", "", held.text("spec", "nodeName"))
            why = text("still has the volume of Pod {p} attached", "仍挂接着 Pod {p} 的卷", p=pod.name)
            yield Want(read=get(node), about=node, why=why)


def users_of_claim(view: ClusterView) -> Iterator[Want]:
    """Whose a bound claim is, when the alert is about it: workloads name claims in their templates."""
    found = view.find(view.primary)
    if found is None or found.ref.kind != "PersistentVolumeClaim" or phase(claim_of(view, found)) != "Bound":
        return
    for kind in ("StatefulSet", "Deployment"):
        why = text("who uses claim {c}", "谁在使用声明 {c}", c=found.name)
        yield Want(read=list_of(kind, found.namespace), about=found.ref, why=why)


RELATIONS: tuple[Relation, ...] = (
    around_claims,
    around_volumes,
    absent_claims,
    provisioners,
    attached_elsewhere,
    users_of_claim,
)
