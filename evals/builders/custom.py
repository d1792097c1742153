"""Objects of well-known operators, with the status that their controllers write."""

from __future__ import annotations

from collections.abc import Iterable

from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.objects import made
from kubetriage.evals.builders.world import World


def defined(
    world: World, group: str, kind: str, plural: str, version: str, *, namespaced: bool = True
) -> Json:
    """The CustomResourceDefinition of a kind; its schema keeps every field."""
    created = world.clock.ago(world.age)
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    conditions = [
        {"lastTransitionTime": created, "message": text, "reason": reason, "status": "True", "type": key}
        for key, reason, text in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
    ]
    return world.add(
        made(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            f"{plural}.{group}",
            "",
            created,
            generation=1,
            spec={
                "conversion": {"strategy": "None"},
                "group": group,
                "names": names,
                "scope": "Namespaced" if namespaced else "Cluster",
                "versions": [
                    {
                        "name": version,
                        "schema": schema,
                        "served": True,
                        "storage": True,
                        "subresources": {"status": {}},
                    }
                ],
            },
            status={"acceptedNames": dict(names), "conditions": conditions, "storedVersions": [version]},
        )
    )


def condition(kind: str, status: str, reason: str, message: str, at: str, generation: int = 0) -> Json:
    """A condition as most controllers write it."""
    observed = {"observedGeneration": generation} if generation else {}
    return {
        "lastTransitionTime": at,
        "message": message,
        **observed,
        "reason": reason,
        "status": status,
        "type": kind,
    }


def application(
    world: World,
    name: str,
    *,
    repository: str,
    target: str,
    message: str,
    failed: str,
    age: str,
    revision: str,
) -> Json:
    """An Argo CD Application whose last sync failed `failed` ago with that message."""
    defined(world, "argoproj.io", "Application", "applications", "v1alpha1")
    world.need_namespace("argocd")
    at = world.clock.ago(failed)
    error = f"Failed last sync attempt to {revision}: {message}"
    result: Json = {"message": message, "phase": "Failed", "retryCount": 5}
    result |= {"finishedAt": at, "startedAt": at}
    return world.add(
        made(
            "argoproj.io/v1alpha1",
            "Application",
            name,
            "argocd",
            world.clock.ago(age),
            generation=41,
            spec={
                "destination": {"namespace": target, "server": "https://kubernetes.default.svc"},
                "project": "default",
                "source": {"path": f"apps/{name}", "repoURL": repository, "targetRevision": "main"},
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
            },
            status={
                "conditions": [{"lastTransitionTime": at, "message": error, "type": "SyncError"}],
                "health": {"status": "Missing"},
                "operationState": result,
                "reconciledAt": world.clock.ago("40s"),
                "sync": {"revision": revision, "status": "OutOfSync"},
            },
        )
    )


def certificate(world: World, name: str, ns: str, *, host: str, issuer: str, age: str) -> tuple[Json, Json]:
    """A cert-manager Certificate that waits for its first issue, and its CertificateRequest."""
    defined(world, "cert-manager.io", "Certificate", "certificates", "v1")
    defined(world, "cert-manager.io", "CertificateRequest", "certificaterequests", "v1")
    defined(world, "cert-manager.io", "ClusterIssuer", "clusterissuers", "v1", namespaced=False)
    at = world.clock.ago(age)
    reference = {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": issuer}
    text = "Issuing certificate as Secret does not exist"
    made_ = world.add(
        made(
            "cert-manager.io/v1",
            "Certificate",
            name,
            ns,
            at,
            generation=1,
            spec={"dnsNames": [host], "issuerRef": dict(reference), "secretName": name},
            status={
                "conditions": [
                    condition("Ready", "False", "DoesNotExist", text, at, 1),
                    condition("Issuing", "True", "DoesNotExist", text, at, 1),
                ]
            },
        )
    )
    why = world.say("certificate-request-pending", kind="ClusterIssuer", plural="clusterissuer", name=issuer)
    request = world.add(
        made(
            "cert-manager.io/v1",
            "CertificateRequest",
            f"{name}-1",
            ns,
            at,
            annotations={"cert-manager.io/certificate-name": name},
            owner={
                "apiVersion": "cert-manager.io/v1",
                "blockOwnerDeletion": True,
                "controller": True,
                "kind": "Certificate",
                "name": name,
                "uid": made_["metadata"]["uid"],
            },
            generation=1,
            spec={"issuerRef": dict(reference), "request": "LS0tLS1CRUdJTi", "usages": ["digital signature"]},
            status={
                "conditions": [
                    condition("Approved", "True", "cert-manager.io", "Certificate request approved", at),
                    condition("Ready", "False", "Pending", why, at),
                ]
            },
        )
    )
    return made_, request


def route(
    world: World,
    name: str,
    ns: str,
    *,
    gateway: tuple[str, str],
    backend: tuple[str, str, int],
    host: str,
    conditions: Iterable[Json],
    age: str,
) -> Json:
    """A Gateway API HTTPRoute to `backend` (namespace, Service, port) with its parent's conditions."""
    parent = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
    parent |= {"name": gateway[1], "namespace": gateway[0]}
    to: Json = {"group": "", "kind": "Service", "name": backend[1], "port": backend[2], "weight": 1}
    to |= {"namespace": backend[0]} if backend[0] != ns else {}
    status = {
        "conditions": list(conditions),
        "controllerName": "gateway.envoyproxy.io/gatewayclass-controller",
        "parentRef": dict(parent),
    }
    return world.add(
        made(
            "gateway.networking.k8s.io/v1",
            "HTTPRoute",
            name,
            ns,
            world.clock.ago(age),
            generation=1,
            spec={
                "hostnames": [host],
                "parentRefs": [dict(parent)],
                "rules": [{"backendRefs": [to], "matches": [{"path": {"type": "PathPrefix", "value": "/"}}]}],
            },
            status={"parents": [status]},
        )
    )


def gateway(
    world: World,
    name: str,
    ns: str,
    *,
    of_class: str,
    conditions: Iterable[Json],
    age: str,
    address: str = "",
) -> Json:
    """A Gateway with one HTTP listener."""
    status: Json = {"conditions": list(conditions)}
    status |= {"addresses": [{"type": "IPAddress", "value": address}]} if address else {}
    listener = {
        "allowedRoutes": {"namespaces": {"from": "All"}},
        "name": "http",
        "port": 80,
        "protocol": "HTTP",
    }
    return world.add(
        made(
            "gateway.networking.k8s.io/v1",
            "Gateway",
            name,
            ns,
            world.clock.ago(age),
            generation=1,
            spec={"gatewayClassName": of_class, "listeners": [listener]},
            status=status,
        )
    )
