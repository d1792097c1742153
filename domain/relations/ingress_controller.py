"""Who calls from other namespaces: the controller of the alert's Ingress with its log, and Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.dependence import behind
from kubetriage.domain.evidence import get, list_of, log_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, containers, pod_ready
from kubetriage.domain.language import text
from kubetriage.domain.network_policies import Direction, isolating
from kubetriage.domain.relations.base import Relation
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.alert_words import SCRAPES, speaks_of
from kubetriage.domain.rules.health_scope import measured
from kubetriage.domain.view import ClusterView

_LABEL = "app.kubernetes.io/name"
_CONTROLLERS = {
    "k8s.io/ingress-nginx": "ingress-nginx",
    "nginx.org/ingress-controller": "nginx-ingress",
    "traefik.io/ingress-controller": "traefik",
    "haproxy-ingress.github.io/controller": "haproxy-ingress",
    "haproxy.org/ingress-controller": "kubernetes-ingress",
    "ingress-controllers.konghq.com/kong": "kong",
    "projectcontour.io/ingress-controller": "contour",
}
"""`spec.controller` of a class, and the name that the project's chart labels its pods with."""
_TAIL = 1000


def secrets_of(ingress: Obj) -> list[str]:
    """The Secrets that an Ingress takes its certificates from."""
    return [str(t["secretName"]) for t in ingress.items("spec", "tls") if t.get("secretName")]


def controllers(view: ClusterView, ingress: Obj) -> list[Obj]:
    """The ready pods that serve an Ingress, as far as they were read."""
    label = _label(view, ingress)
    pods = [p for p in view.objects("Pod") if label and p.labels.get(_LABEL) == label]
    return [p for p in pods if p.deleted is None and pod_ready(p)]


def _label(view: ClusterView, ingress: Obj) -> str:
    asked = ingress.text("spec", "ingressClassName") or ingress.annotations.get("kubernetes.io/ingress.class")
    served = (c.text("spec", "controller") for c in view.objects("IngressClass") if c.name == asked)
    return _CONTROLLERS.get(next(served, ""), "")


def controller_log(view: ClusterView) -> Iterator[Want]:
    """The controller's log, where the alert's Ingress has certificates, or its answers are measured."""
    ingress = view.find(view.primary)
    if ingress is None or ingress.ref.kind != "Ingress" or not (secrets_of(ingress) or measured(view)):
        return
    label = _label(view, ingress)
    if not label:
        return
    why = text("serves Ingress {i}", "处理 Ingress {i} 的控制器", i=ingress.name)
    yield Want(read=list_of("Pod", labels=f"{_LABEL}={label}"), about=ingress.ref, why=why)
    for pod in controllers(view, ingress)[:1]:
        for state in containers(pod)[:1]:
            yield Want(read=log_of(pod.ref, state.name, tail=_TAIL), about=ingress.ref, why=why)


def controller_pods(view: ClusterView) -> Iterator[Want]:
    """The controller's pods and their namespace, where policies isolate the pods that it sends to."""
    ingress = view.find(view.primary)
    if ingress is None or ingress.ref.kind != "Ingress":
        return
    policies = view.objects("NetworkPolicy", ingress.namespace)
    shut = any(isolating(policies, p, Direction.INGRESS) for p in behind(view, ingress.ref))
    label = _label(view, ingress)
    if not label or not shut:
        return
    why = text("serves Ingress {i}", "处理 Ingress {i} 的控制器", i=ingress.name)
    yield Want(read=list_of("Pod", labels=f"{_LABEL}={label}"), about=ingress.ref, why=why)
    for pod in controllers(view, ingress)[:1]:
        why = text("policies choose namespaces by labels", "策略按标签选择命名空间")
        yield Want(read=get(resource("Namespace", "", pod.namespace)), about=ingress.ref, why=why)


_PROMETHEUS = f"{_LABEL}=prometheus"


def scrapers(view: ClusterView) -> list[Obj]:
    """The ready pods of Prometheus, as far as they were read."""
    pods = [p for p in view.objects("Pod") if p.labels.get(_LABEL) == "prometheus"]
    return [p for p in pods if p.deleted is None and pod_ready(p)]


def scraper_pods(view: ClusterView) -> Iterator[Want]:
    """Prometheus and its namespace, where it says that it cannot scrape pods which policies isolate."""
    primary = view.find(view.primary)
    if primary is None or not speaks_of(view, SCRAPES):
        return
    pods = behind(view, primary.ref) or view.pods_of(primary.ref)
    policies = view.objects("NetworkPolicy", primary.namespace)
    if not any(isolating(policies, p, Direction.INGRESS) for p in pods):
        return
    why = text("scrapes its pods", "采集其 Pod 的指标")
    yield Want(read=list_of("Pod", labels=_PROMETHEUS), about=primary.ref, why=why)
    for pod in scrapers(view)[:1]:
        why = text("policies choose namespaces by labels", "策略按标签选择命名空间")
        yield Want(read=get(resource("Namespace", "", pod.namespace)), about=primary.ref, why=why)


RELATIONS: tuple[Relation, ...] = (controller_log, controller_pods, scraper_pods)
