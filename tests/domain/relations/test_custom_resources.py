"""What is read around custom objects, from built-in ones to them, and where the mesh and experiments are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kubetriage.domain.custom_kinds import CHAOS, EXPERIMENTS
from kubetriage.domain.evidence import FailureKind, get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.relations import chaos, cluster_parts, custom_resources, mesh, network_policy
from kubetriage.domain.resource import resource

CERT = "cert-manager.io/v1"


def _asked(relations: Iterable[Callable[..., Iterable[Want]]], view: Any) -> list[str]:
    return [want.read.key for relation in relations for want in relation(view)]


def _status(kind: str, status: str) -> Any:
    return {"conditions": [{"type": kind, "status": status, "reason": "R", "message": "m",
                            "lastTransitionTime": "2025-06-01T09:00:00Z"}]}  # fmt: skip


def _certificate(k8s: Any, ready: str = "False") -> Any:
    spec = {"secretName": "tls", "issuerRef": {"kind": "ClusterIssuer", "name": "le"}}
    return k8s.obj("Certificate shop/tls", apiVersion=CERT, spec=spec, status=_status("Ready", ready))


def test_what_a_failing_object_names_and_made_is_read(k8s: Any, view_of: Any) -> None:
    """Its issuer, and the requests that its controller made for it."""
    asked = _asked(custom_resources.RELATIONS, view_of([_certificate(k8s)], "Certificate shop/tls"))
    assert get(resource("ClusterIssuer", "", "le")).key in asked
    assert list_of("CertificateRequest", "shop").key in asked


def test_beside_the_alerts_object_only_what_fails_is_followed(k8s: Any, view_of: Any) -> None:
    """A custom object that is well leads nowhere."""
    pod = k8s.pod("Pod shop/app-1")
    view = view_of([pod, _certificate(k8s, "True")], "Pod shop/app-1", looked=["Certificate shop/tls"])
    assert get(resource("ClusterIssuer", "", "le")).key not in _asked([custom_resources.around_custom], view)


def test_similar_names_are_read_where_one_is_absent(k8s: Any, view_of: Any) -> None:
    """What else there is of the kind tells a slip from an object that is missing."""
    view = view_of([_certificate(k8s)], "Certificate shop/tls", absent=["ClusterIssuer le"])
    assert list_of("ClusterIssuer").key in _asked(custom_resources.RELATIONS, view)


def test_older_versions_are_tried_where_the_newest_is_not_served(k8s: Any, view_of: Any) -> None:
    """A cluster that serves v1beta1 only is asked for that, and one without the kind for nothing more."""
    new = list_of("ExternalSecret", "shop")
    old = list_of("ExternalSecret", "shop", api_version="external-secrets.io/v1beta1")
    ingress = k8s.obj("Ingress shop/web", spec={"tls": [{"secretName": "tls"}]})

    def asked(*failed: Any) -> list[str]:
        view = view_of([ingress], "Ingress shop/web", failed=dict.fromkeys(failed, FailureKind.UNSUPPORTED))
        return [k for k in _asked(custom_resources.RELATIONS, view) if "ExternalSecret" in k]

    assert asked() == [new.key] and asked(new) == [old.key] and asked(new, old) == []


def test_who_writes_the_secret_that_a_pod_waits_for(k8s: Any, view_of: Any) -> None:
    """The writers of Secrets are read for a pod that says which one is missing, and looked at if it is theirs."""
    state = k8s.waiting("CreateContainerConfigError", 'secret "db" not found')
    env = [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}}]
    external = k8s.obj("ExternalSecret shop/db", apiVersion="external-secrets.io/v1", spec={})
    view = view_of(
        [k8s.pod("Pod shop/app-1", k8s.container(state=state, env=env)), external], "Pod shop/app-1"
    )
    wants = list(custom_resources.who_writes_secrets(view))
    assert {w.read.kind for w in wants} == {"Certificate", "ExternalSecret", "SealedSecret"}
    assert k8s.ref("ExternalSecret shop/db") in [w.about for w in wants]
    ready = view_of([k8s.pod("Pod shop/app-1")], "Pod shop/app-1")
    assert not list(custom_resources.who_writes_secrets(ready))


def test_the_maker_of_a_built_in_object_is_read(k8s: Any, view_of: Any) -> None:
    """KEDA's ScaledObject behind an HPA."""
    owner = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "web", "controller": True}
    scaler = k8s.obj("HorizontalPodAutoscaler shop/keda-hpa-web", metadata={"ownerReferences": [owner]})
    view = view_of([scaler], "HorizontalPodAutoscaler shop/keda-hpa-web")
    assert get(resource("ScaledObject", "shop", "web")).key in _asked([custom_resources.above], view)


def test_objects_that_events_say_fail_are_read(k8s: Any, view_of: Any) -> None:
    """Any kind that a warning names, by the apiVersion in the event; old and normal ones are left."""

    def about(name: str, reason: str, *, kind: str, last: float) -> Any:
        event = k8s.event(f"Database shop/{name}", reason, "m", kind=kind, first=last, last=last)
        event["involvedObject"]["apiVersion"] = "db.example.com/v1"
        return event

    events = [about("a", "ProvisioningFailed", kind="Warning", last=5), about("b", "Created", kind="Normal", last=5),
              about("c", "ProvisioningFailed", kind="Warning", last=600)]  # fmt: skip
    view = view_of(events, "Namespace shop")
    assert [w.about.name for w in custom_resources.named_by_events(view)] == ["a"]


def test_pods_of_a_custom_workload_are_read(k8s: Any, view_of: Any) -> None:
    """A Rollout's pods by its selector."""
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": {}}
    rollout = k8s.obj("Rollout shop/web", apiVersion="argoproj.io/v1alpha1", spec=spec)
    view = view_of([rollout], "Rollout shop/web")
    assert list_of("Pod", "shop", labels="app=web").key in _asked(custom_resources.RELATIONS, view)


# ---- experiments


def test_every_kind_of_experiment_is_asked_for(k8s: Any, view_of: Any) -> None:
    """A cluster may have some of Chaos Mesh's kinds: that one is missing says nothing of the others."""
    pod = k8s.pod("Pod shop/app-1")
    first = chaos.experiments(CHAOS[0])
    missing = view_of([pod], "Pod shop/app-1", failed={first: FailureKind.UNSUPPORTED})
    assert len(_asked(chaos.RELATIONS, missing)) == len(EXPERIMENTS)


def test_a_pod_that_cannot_start_is_not_suspected_of_experiments(k8s: Any, view_of: Any) -> None:
    """What ails it is not what experiments do."""
    pod = k8s.pod("Pod shop/app-1", k8s.container(state=k8s.waiting("ImagePullBackOff", "no such image")))
    assert not _asked(chaos.RELATIONS, view_of([pod], "Pod shop/app-1"))


# ---- policies


def _callers(k8s: Any) -> list[Any]:
    spec = {
        "clusterIP": "10.96.5.5",
        "selector": {"app": "db"},
        "ports": [{"port": 5432, "targetPort": 5432}],
    }
    return [k8s.pod("Pod shop/web-1", labels={"app": "web"}), k8s.obj("Service data/db", spec=spec),
            k8s.pod("Pod data/db-0", labels={"app": "db"})]  # fmt: skip


def test_policies_of_both_ends_of_a_failed_call_are_read(k8s: Any, view_of: Any) -> None:
    """The caller's namespace and the callee's, and namespaces' labels only where a policy asks for them."""
    log = "ERROR connect to db.data.svc:5432: Connection timed out\n" * 12
    logs = {("shop", "web-1", "app", False): log}
    asked = _asked(network_policy.RELATIONS, view_of(_callers(k8s), "Pod shop/web-1", logs=logs))
    assert list_of("NetworkPolicy", "shop").key in asked and list_of("NetworkPolicy", "data").key in asked
    assert get(resource("Namespace", "", "shop")).key not in asked
    peers = [{"namespaceSelector": {"matchLabels": {"team": "a"}}}]
    policy = k8s.obj("NetworkPolicy data/p", spec={"podSelector": {}, "ingress": [{"from": peers}]})
    asked = _asked(network_policy.RELATIONS, view_of([*_callers(k8s), policy], "Pod shop/web-1", logs=logs))
    assert get(resource("Namespace", "", "shop")).key in asked


def test_policies_of_the_mesh_are_read_where_it_denies(k8s: Any, view_of: Any) -> None:
    """The callee's namespace and the root of the mesh; other failures of a call outside of a mesh ask nothing."""
    denied = {
        ("shop", "web-1", "app", False): "ERROR GET http://db.data.svc:5432/: RBAC: access denied\n" * 12
    }
    asked = _asked(mesh.RELATIONS, view_of(_callers(k8s), "Pod shop/web-1", logs=denied))
    assert asked == [list_of("AuthorizationPolicy", n).key for n in ("data", "istio-system")]
    reset = {
        ("shop", "web-1", "app", False): "ERROR http://db.data.svc:5432/: connection reset by peer\n" * 12
    }
    assert not _asked(mesh.RELATIONS, view_of(_callers(k8s), "Pod shop/web-1", logs=reset))


# ---- nodes and versions


def _about_cluster(view: Any, words: str) -> Any:
    view.alert = view.alert.model_copy(update={"annotations": {"description": words}})
    return view


def test_signing_requests_are_read_for_nodes_and_where_the_alert_speaks_of_certificates(
    k8s: Any, view_of: Any
) -> None:
    """A Node's own, and those of a cluster whose alert names no object but certificates."""
    requests = list_of("CertificateSigningRequest").key
    assert requests in _asked(cluster_parts.RELATIONS, view_of([], "Node n1"))
    asked = _asked(cluster_parts.RELATIONS, _about_cluster(view_of([]), "A client certificate expires soon"))
    assert requests in asked
    assert not _asked(cluster_parts.RELATIONS, _about_cluster(view_of([]), "CPU is overcommitted"))


def test_versions_are_read_where_the_alert_speaks_of_them(view_of: Any) -> None:
    """Nodes and the control plane's pods."""
    asked = _asked(cluster_parts.RELATIONS, _about_cluster(view_of([]), "2 different versions of Kubernetes"))
    assert list_of("Node").key in asked and len(asked) == 2
