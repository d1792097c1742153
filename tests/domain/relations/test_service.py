"""What is read around Services and Ingresses."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.relations.service import RELATIONS
from kubetriage.domain.view import ClusterView

SERVICE = "Service shop/web"
PODS = list_of("Pod", "shop", labels="app=web")
ASKED = {PODS: FailureKind.TIMEOUT}


def _service(k8s: Any, **selector: str) -> Any:
    return k8s.obj(SERVICE, spec={"selector": selector or {"app": "web"}})


def _wants(view: ClusterView) -> list[Want]:
    return [w for relation in RELATIONS for w in relation(view)]


def _reads(view: ClusterView) -> list[tuple[str, str]]:
    return [
        (w.read.kind, w.read.name or w.read.label_selector or w.read.field_selector) for w in _wants(view)
    ]


def test_endpoints_and_selected_pods(k8s: Any, view_of: Any) -> None:
    """By labels, not by the namespace; what could be meant is read only once nothing is known to be selected."""
    assert _reads(view_of([_service(k8s)], SERVICE)) == [
        ("EndpointSlice", "kubernetes.io/service-name=web"),
        ("Pod", "app=web"),
    ]
    nothing = _reads(view_of([_service(k8s)], SERVICE, failed=ASKED))
    assert [kind for kind, _ in nothing[2:]] == ["Deployment", "StatefulSet", "DaemonSet", "Pod"]


def test_a_workload_without_pods_is_looked_at(k8s: Any, view_of: Any) -> None:
    """The Service selects nothing because a workload has no pods: that workload is looked at."""
    labels = {"app": "web"}
    objects = [
        _service(k8s),
        k8s.obj("Deployment shop/web", spec={"replicas": 0, "template": {"metadata": {"labels": labels}}}),
        k8s.obj("Deployment shop/db", spec={"template": {"metadata": {"labels": {"app": "db"}}}}),
    ]
    about = [
        w.about.name for w in _wants(view_of(objects, SERVICE, failed=ASKED)) if w.about.kind == "Deployment"
    ]
    assert about == ["web"]


def test_unready_pods_and_owners_behind_it(k8s: Any, view_of: Any) -> None:
    """Three pods that are not ready, and of the alert's own Service the owners, one pod of each asked."""
    pods = [k8s.pod(f"Pod shop/web-{n}", k8s.container(ready=False), labels={"app": "web"},
                    owner="ReplicaSet shop/web-1") for n in range(4)]  # fmt: skip
    pods.append(k8s.pod("Pod shop/zed-1", labels={"app": "web"}, owner="ReplicaSet shop/zed-1"))
    wants = _wants(view_of([_service(k8s), *pods], SERVICE, failed=ASKED))
    assert [w.about.name for w in wants if w.about.kind == "Pod"] == ["web-0", "web-1", "web-2"]
    assert [w.about.name for w in wants if w.about.kind == "ReplicaSet"] == ["web-1", "zed-1"]


def test_services_without_selector(k8s: Any, view_of: Any) -> None:
    """Their endpoints are somebody else's: nothing is read."""
    assert _reads(view_of([k8s.obj(SERVICE, spec={"type": "ExternalName"})], SERVICE)) == []


def test_an_absent_service_beside_its_neighbours(view_of: Any) -> None:
    """One that is named and does not exist: the names that do."""
    assert _reads(view_of([], "Pod shop/x", looked=[SERVICE], absent=[SERVICE])) == [("Service", "")]


def test_an_ingress_leads_to_its_class_and_backends(k8s: Any, view_of: Any) -> None:
    """Events, all classes, and each backend Service once, the default one too."""
    words = "Ingress shop/site"
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    paths = [{"path": "/", "backend": backend}, {"path": "/b", "backend": backend}]
    spec = {"rules": [{"http": {"paths": paths}}], "defaultBackend": {"service": {"name": "fallback"}}}
    reads = _reads(view_of([k8s.obj(words, spec=spec)], words))
    assert reads[1:] == [("IngressClass", ""), ("Service", "fallback"), ("Service", "web")]
