"""Which object an alert really means, once the cluster can be asked."""

from __future__ import annotations

import ipaddress

from kubetriage.domain.alert import Subject
from kubetriage.domain.custom_kinds import custom_kind
from kubetriage.domain.evidence import FailureKind, Read, get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text, text
from kubetriage.domain.resource import Resource, kind_info, resource
from kubetriage.domain.subject import BY_HOST, BY_NAME
from kubetriage.domain.view import ClusterView, Unknown

_SERVED_BY = ("Deployment", "StatefulSet", "DaemonSet")
"""Kinds whose name a `service` label often carries where no Service of that name exists."""


def why_primary(subject: Subject) -> Text:
    """Why the first resource was looked at."""
    if subject.why == BY_NAME:
        return text("asked for by name", "按名称查询的对象")
    return text("named by the alert", "告警所指的对象")


def first_reads(subject: Subject) -> list[Want]:
    """What to ask first: the object itself, or, without its namespace, all of that name."""
    ref = subject.resource
    if ref is None:
        return []
    why = why_primary(subject)
    info = kind_info(ref.kind)
    if ref.kind == "Node" and _address(ref.name) is not None:
        return [Want(read=list_of("Node"), about=ref, why=why)]
    if ref.kind == "Pod" and _address(ref.name) is not None:
        return [Want(read=_pods_at(ref, ref.namespace), about=ref, why=why)]
    if _by_host(subject):
        return [Want(read=list_of("Ingress"), about=ref, why=why)]
    if info is not None and info.namespaced and not ref.namespace:
        return [Want(read=list_of(ref.kind, fields=f"metadata.name={ref.name}"), about=ref, why=why)]
    return [Want(read=get(ref), about=ref, why=why)]


def second_reads(view: ClusterView) -> list[Want]:
    """What else the name may mean when the object itself is not there, or not in that version."""
    ref = view.subject.resource
    if ref is None or _by_host(view.subject):
        return []
    if ref.kind == "Pod" and ref.namespace and _address(ref.name) is not None:
        # The label's namespace may be that of who scraped it.
        why = text("who has this address", "谁拥有该地址")
        return [] if _pod_at(view, ref) else [Want(read=_pods_at(ref, ""), about=ref, why=why)]
    if not view.is_absent(ref):
        return _other_versions(view, ref)
    if ref.kind == "Node":
        why = text("no Node is called {n}; it may be an address of one", "没有名为 {n} 的节点；"
                   "可能是某个节点的地址", n=ref.name)  # fmt: skip
        return [Want(read=list_of("Node"), about=ref, why=why)]
    if ref.kind != "Service":
        return []
    why = text(
        "no Service {n} exists; a workload may carry its name",
        "没有 Service {n}；可能是同名工作负载",
        n=ref.name,
    )
    others = [resource(kind, ref.namespace, ref.name) for kind in _SERVED_BY]
    return [Want(read=get(other), about=other, why=why) for other in others]


def _other_versions(view: ClusterView, ref: Resource) -> list[Want]:
    """The same custom object in older versions of its API, where the newest is not served."""
    known, custom = view.get(ref), custom_kind(ref.kind)
    failure = known.failure if isinstance(known, Unknown) else None
    if custom is None or failure is None or failure.kind is not FailureKind.UNSUPPORTED:
        return []
    why = why_primary(view.subject)
    older = [resource(ref.kind, ref.namespace, ref.name, v) for v in custom.api_versions[1:]]
    return [Want(read=get(other), about=other, why=why) for other in older]


def located(view: ClusterView) -> Resource | None:
    """The object that the alert is about, as the cluster has it; the alert's own word if it is gone."""
    ref = view.subject.resource
    if ref is None or view.find(ref) is not None:
        return ref
    if _by_host(view.subject):
        return _ingress_for(view, ref.name)
    if ref.kind == "Pod" and _address(ref.name) is not None:
        return _pod_at(view, ref) or ref
    if ref.kind == "Node":
        return _node_at(view, ref) or ref
    if ref.kind == "Service":
        others = [resource(kind, ref.namespace, ref.name) for kind in _SERVED_BY]
        return next((other for other in others if view.find(other) is not None), ref)
    if not ref.namespace:
        same = [o for o in view.objects(ref.kind) if o.name == ref.name]
        return same[0].ref if len(same) == 1 else ref
    return ref


def _pods_at(ref: Resource, namespace: str) -> Read:
    return list_of("Pod", namespace, fields=f"status.podIP={_address(ref.name)}")


def _pod_at(view: ClusterView, ref: Resource) -> Resource | None:
    """The one Pod that has this address now: pods on a node's own network share one, ended ones keep it."""
    wanted = _address(ref.name)
    having = [p for p in view.objects("Pod") if _address(p.text("status", "podIP")) == wanted]
    alive = [p for p in having if p.text("status", "phase") not in ("Succeeded", "Failed")]
    return alive[0].ref if len(alive) == 1 else None


def _by_host(subject: Subject) -> bool:
    ref = subject.resource
    return ref is not None and ref.kind == "Ingress" and subject.why.endswith(BY_HOST)


def _ingress_for(view: ClusterView, host: str) -> Resource | None:
    """The Ingress that serves a host, None where no one does: the host is then outside what is known."""
    every = view.objects("Ingress")
    return next((i.ref for i in every if any(r.get("host") == host for r in i.items("spec", "rules"))), None)


def _node_at(view: ClusterView, ref: Resource) -> Resource | None:
    """The Node that has this address or host name (a scrape target's `instance`, its port cut off)."""
    wanted = _address(ref.name) or ref.name.lower()
    return next((node.ref for node in view.objects("Node") if wanted in _addresses(node)), None)


def _addresses(node: Obj) -> set[str]:
    values = [str(a.get("address")) for a in node.items("status", "addresses")]
    return {_address(value) or value.lower() for value in values}


def _address(value: str) -> str | None:
    """An IP address in its one spelling, None for a name."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return None
