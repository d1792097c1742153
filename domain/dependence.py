"""How objects depend on each other: which are in trouble when one is, and which an object stands for."""

from __future__ import annotations

from collections.abc import Iterable

from kubetriage.domain.kube import Obj, selects
from kubetriage.domain.resource import WORKLOADS, Resource, resource
from kubetriage.domain.view import ClusterView


def dependents(view: ClusterView, ref: Resource) -> list[Resource]:
    """The objects that are in trouble when this one is."""
    found = view.find(ref)
    near: list[Resource] = []
    if found is not None and found.controller is not None:
        near.append(found.controller)
    if ref.kind == "Pod" and found is not None:
        near += _without_endpoints(view, view.services_of(found)) + _budgets_of(view, found)
    elif ref.kind == "PersistentVolumeClaim":
        near += [pod.ref for pod in view.pods_using_claim(ref)]
    elif ref.kind == "PersistentVolume" and found is not None:
        near += _claim_of_volume(view, ref)
    elif ref.kind == "Node":
        near += [pod.ref for pod in view.pods_on(ref.name)]
    elif ref.kind == "Service":
        near += _ingresses_to(view, ref)
    if ref.kind in WORKLOADS:
        near += _scalers_of(view, ref)
        if found is not None:  # a workload without pods still has Services before it
            labels = {str(k): str(v) for k, v in found.mapping(*_TEMPLATE_LABELS).items()}
            near += _without_endpoints(view, view.services_selecting(ref.namespace, labels))
    return near


_TEMPLATE_LABELS = ("spec", "template", "metadata", "labels")


def _without_endpoints(view: ClusterView, services: Iterable[Obj]) -> list[Resource]:
    return [s.ref for s in services if not view.has_ready_endpoints(s)]


def _budgets_of(view: ClusterView, pod: Obj) -> list[Resource]:
    budgets = view.objects("PodDisruptionBudget", pod.namespace)
    return [b.ref for b in budgets if selects(b.mapping("spec", "selector"), pod.labels)]


def _claim_of_volume(view: ClusterView, volume: Resource) -> list[Resource]:
    claims = view.objects("PersistentVolumeClaim")
    return [c.ref for c in claims if c.text("spec", "volumeName") == volume.name]


def _ingresses_to(view: ClusterView, service: Resource) -> list[Resource]:
    return [i.ref for i in view.objects("Ingress", service.namespace) if service.name in backends_of(i.raw)]


def backends_of(value: object) -> set[str]:
    """The Service names that an Ingress sends to, default backend included."""
    names: set[str] = set()
    if isinstance(value, dict):
        service = value.get("service")
        if isinstance(service, dict) and service.get("name"):
            names.add(str(service["name"]))
        for part in value.values():
            names |= backends_of(part)
    elif isinstance(value, list):
        for part in value:
            names |= backends_of(part)
    return names


def _scalers_of(view: ClusterView, ref: Resource) -> list[Resource]:
    scalers = view.objects("HorizontalPodAutoscaler", ref.namespace)
    return [
        h.ref
        for h in scalers
        if (h.text("spec", "scaleTargetRef", "kind"), h.text("spec", "scaleTargetRef", "name"))
        == (ref.kind, ref.name)
    ]


def behind(view: ClusterView, primary: Resource) -> list[Obj]:
    """The pods that a Service, an Ingress, an autoscaler or a disruption budget is there for."""
    found = view.find(primary)
    if found is None:
        return []
    if primary.kind == "Service":
        return view.pods_behind(found)
    if primary.kind == "Ingress":
        services = [s for s in view.objects("Service", found.namespace) if s.name in backends_of(found.raw)]
        return [pod for service in services for pod in view.pods_behind(service)]
    if primary.kind == "HorizontalPodAutoscaler":
        target = (found.text("spec", "scaleTargetRef", "kind"), found.text("spec", "scaleTargetRef", "name"))
        return view.pods_of(resource(target[0], found.namespace, target[1]))
    if primary.kind == "PodDisruptionBudget":
        return view.pods_selected(found.namespace, found.mapping("spec", "selector"))
    return []
