"""Around nodes and alerts about the cluster as a whole: signing requests, and versions of its parts."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.alert import SubjectScope
from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import Relation
from kubetriage.domain.relations.namespace import SYSTEM
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.alert_words import CERTIFICATES, VERSIONS, speaks_of
from kubetriage.domain.view import ClusterView

CSR = "CertificateSigningRequest"
PARTS = "component in (kube-apiserver,kube-controller-manager,kube-scheduler)"
"""The control plane's static pods, as kubeadm labels them."""


def signing_requests(view: ClusterView) -> Iterator[Want]:
    """The signing requests, for a Node, and where the alert is about certificates of no single object."""
    primary = view.primary
    why = text("whether certificates are asked for in vain", "证书签发请求是否被处理")
    if primary is not None and primary.kind == "Node":
        yield Want(read=list_of(CSR), about=primary, why=why)
    elif _about_cluster(view) and speaks_of(view, CERTIFICATES):
        yield Want(read=list_of(CSR), about=Resource(kind=CSR, name=""), why=why)


def versions(view: ClusterView) -> Iterator[Want]:
    """The nodes and the control plane's pods, where the alert is about versions."""
    if not _about_cluster(view) or not speaks_of(view, VERSIONS):
        return
    why = text("which version each node runs", "各节点运行的版本")
    yield Want(read=list_of("Node"), about=Resource(kind="Node", name=""), why=why)
    why = text("which version the control plane runs", "控制面运行的版本")
    read = list_of("Pod", SYSTEM, labels=PARTS)
    yield Want(read=read, about=Resource(kind="Node", name=""), why=why)


def _about_cluster(view: ClusterView) -> bool:
    return view.primary is None and view.subject.scope is not SubjectScope.SKIP


RELATIONS: tuple[Relation, ...] = (signing_requests, versions)
