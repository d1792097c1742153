"""Around a Service: endpoints, the pods it selects or should select; around an Ingress: its Services."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.dependence import backends_of
from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, pod_settled, selects
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import FOCUS, Relation, closer, events_of
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.wellness import lingers
from kubetriage.domain.view import ClusterView

OWNERS = ("Deployment", "StatefulSet", "DaemonSet")
"""Workloads whose template's labels a Service's selector is compared with."""


def around_services(view: ClusterView) -> Iterator[Want]:
    for service in view.objects("Service"):
        if not view.looked_at(service.ref):
            continue
        if service.text("spec", "type") == "LoadBalancer":
            why = text("what was said about Service {n}", "关于 Service {n} 的记录", n=service.name)
            yield events_of(service.ref, why)
        if service.text("spec", "type") == "ExternalName":
            continue  # has no endpoints
        name, chosen = service.name, _selector(service)
        why = text("the endpoints of Service {n}", "Service {n} 的端点", n=name)
        slices = list_of("EndpointSlice", service.namespace, labels=f"kubernetes.io/service-name={name}")
        yield Want(read=slices, about=service.ref, why=why)
        if not chosen:
            continue  # its endpoints are written by others
        why = text("the pods that Service {n} selects", "Service {n} 选中的 Pod", n=name)
        listed = list_of("Pod", service.namespace, labels=chosen)
        yield Want(read=listed, about=service.ref, why=why)
        if not view.asked(listed):
            continue
        pods = [p for p in view.pods_behind(service) if p.deleted is None or lingers(p, view.now)]
        if not pods:
            yield from _candidates(view, service)
        for pod in [p for p in pods if not pod_settled(p)][:FOCUS]:
            why = text("a pod behind Service {n} that is not ready", "Service {n} 后端未就绪的 Pod", n=name)
            yield closer(view, listed, pod.ref, why)


def _selector(service: Obj) -> str:
    chosen = service.mapping("spec", "selector")
    return ",".join(f"{k}={v}" for k, v in sorted(chosen.items()))


def _candidates(view: ClusterView, service: Obj) -> Iterator[Want]:
    """What the selector may be meant to select, when it selects nothing, and who has no pods for it."""
    why = text("labels that Service {n} could select", "Service {n} 可能要选中的标签", n=service.name)
    for kind in (*OWNERS, "Pod"):
        yield Want(read=list_of(kind, service.namespace), about=service.ref, why=why)
    for owner in would_select(view, service)[:FOCUS]:
        why = text("its pods would be behind Service {n}", "其 Pod 应在 Service {n} 后端", n=service.name)
        yield events_of(owner.ref, why)


def would_select(view: ClusterView, service: Obj) -> list[Obj]:
    """Workloads whose pods, if they had any, the Service would select."""
    return [
        obj
        for kind in OWNERS
        for obj in view.objects(kind, service.namespace)
        if selects(service.mapping("spec", "selector"), obj.mapping("spec", "template", "metadata", "labels"))
    ]


def owners_behind(view: ClusterView) -> Iterator[Want]:
    """The workloads of the pods behind the alert's own Service."""
    service = view.find(view.primary)
    if service is None or service.ref.kind != "Service":
        return
    first = {pod.controller: pod for pod in reversed(view.pods_behind(service))}
    for pod in sorted(first.values(), key=lambda p: p.name)[:FOCUS]:
        for owner in view.owners(pod.ref):
            why = text("its pods are behind Service {n}", "其 Pod 在 Service {n} 后端", n=service.name)
            yield Want(read=get(owner), about=owner, why=why)


def absent_services(view: ClusterView) -> Iterator[Want]:
    """Where a Service is missing, the Services that exist beside it."""
    for want in view.why_looked.values():
        ref = want.about
        if ref.kind == "Service" and view.is_absent(ref):
            why = text("Services of a similar name", "名称相近的 Service")
            yield Want(read=list_of("Service", ref.namespace), about=ref, why=why)


# ---- Ingress


def around_ingresses(view: ClusterView) -> Iterator[Want]:
    for ingress in view.objects("Ingress"):
        if not view.looked_at(ingress.ref):
            continue
        why = text("what was said about Ingress {n}", "关于 Ingress {n} 的记录", n=ingress.name)
        yield events_of(ingress.ref, why)
        why = text("which controllers serve Ingresses", "由哪些控制器处理 Ingress")
        yield Want(read=list_of("IngressClass"), about=ingress.ref, why=why)
        for service in backends(ingress):
            why = text("receives the requests of Ingress {n}", "接收 Ingress {n} 的请求", n=ingress.name)
            yield Want(read=get(service), about=service, why=why)


def backends(ingress: Obj) -> list[Resource]:
    """The Services that an Ingress sends requests to."""
    return [resource("Service", ingress.namespace, name) for name in sorted(backends_of(ingress.raw))]


RELATIONS: tuple[Relation, ...] = (around_services, owners_behind, absent_services, around_ingresses)
