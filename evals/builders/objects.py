"""Objects of the API in general: metadata, owner references, and the small kinds that need little else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kubetriage.evals.builders.identity import Json, uid


def made(
    api_version: str,
    kind: str,
    name: str,
    namespace: str,
    created: str,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    owner: Json | None = None,
    generation: int = 0,
    finalizers: Iterable[str] = (),
    **body: object,
) -> Json:
    """An object with its metadata; `owner` is an owner reference, `body` the top-level fields."""
    metadata: Json = {"creationTimestamp": created, "name": name, "uid": uid(kind, namespace, name)}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = dict(labels)
    if annotations:
        metadata["annotations"] = dict(annotations)
    if owner:
        metadata["ownerReferences"] = [owner]
    if generation:
        metadata["generation"] = generation
    if finalizers := list(finalizers):
        metadata["finalizers"] = finalizers
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


def owner_reference(owner: Json) -> Json:
    """The reference by which `owner` controls another object."""
    return {
        "apiVersion": owner["apiVersion"],
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }


def namespace(name: str, created: str, labels: Mapping[str, str] | None = None) -> Json:
    """A Namespace; `labels` such as the PodSecurity level."""
    return made(
        "v1",
        "Namespace",
        name,
        "",
        created,
        labels={"kubernetes.io/metadata.name": name, **(labels or {})},
        spec={"finalizers": ["kubernetes"]},
        status={"phase": "Active"},
    )


def configmap(name: str, ns: str, created: str, data: Mapping[str, str]) -> Json:
    return made("v1", "ConfigMap", name, ns, created, data=dict(data))


def service_account(name: str, ns: str, created: str) -> Json:
    return made("v1", "ServiceAccount", name, ns, created)


def lease(node: str, created: str, renewed: str) -> Json:
    """The heartbeat of a node's kubelet, last `renewed` at that time."""
    owner = {"apiVersion": "v1", "kind": "Node", "name": node, "uid": uid("Node", "", node)}
    spec = {"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": renewed}
    return made("coordination.k8s.io/v1", "Lease", node, "kube-node-lease", created, owner=owner, spec=spec)


def quota(name: str, ns: str, created: str, hard: Mapping[str, str], used: Mapping[str, str]) -> Json:
    return made(
        "v1",
        "ResourceQuota",
        name,
        ns,
        created,
        spec={"hard": dict(hard)},
        status={"hard": dict(hard), "used": dict(used)},
    )


def limit_range(name: str, ns: str, created: str, **limits: Mapping[str, str]) -> Json:
    """A LimitRange for containers; `limits` are `max`, `min`, `default`, `defaultRequest`."""
    rule = {"type": "Container", **{key: dict(value) for key, value in limits.items()}}
    return made("v1", "LimitRange", name, ns, created, spec={"limits": [rule]})


def webhook(
    kind: str,
    name: str,
    created: str,
    *,
    service: tuple[str, str],
    hook: str,
    path: str = "/validate",
    fails: bool = True,
    timeout: int = 10,
    namespaces: Json | None = None,
) -> Json:
    """A `Validating` or `Mutating` webhook configuration for new pods; `service` is (namespace, name)."""
    entry = {
        "admissionReviewVersions": ["v1"],
        "clientConfig": {
            "caBundle": "",
            "service": {"name": service[1], "namespace": service[0], "path": path, "port": 443},
        },
        "failurePolicy": "Fail" if fails else "Ignore",
        "matchPolicy": "Equivalent",
        "name": hook,
        "namespaceSelector": namespaces or {},
        "objectSelector": {},
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["pods"],
                "scope": "*",
            }
        ],
        "sideEffects": "None",
        "timeoutSeconds": timeout,
    }
    return made(
        "admissionregistration.k8s.io/v1",
        f"{kind}WebhookConfiguration",
        name,
        "",
        created,
        generation=1,
        webhooks=[entry],
    )


_SCALING_WELL = (
    {
        "message": "recommended size matches current size",
        "reason": "ReadyForNewScale",
        "type": "AbleToScale",
    },
    {
        "message": "the HPA was able to successfully calculate a replica count from cpu resource utilization "
        "(percentage of request)",
        "reason": "ValidMetricFound",
        "type": "ScalingActive",
    },
)
"""Conditions of an autoscaler that works (pkg/controller/podautoscaler)."""


def autoscaler(
    name: str,
    ns: str,
    created: str,
    *,
    deployment: str,
    low: int,
    high: int,
    now: int,
    target: int,
    usage: int,
) -> Json:
    """A HorizontalPodAutoscaler on CPU that works; `target` and `usage` in percent of the requests."""
    metric = {
        "resource": {"name": "cpu", "target": {"averageUtilization": target, "type": "Utilization"}},
        "type": "Resource",
    }
    current = {
        "resource": {"current": {"averageUtilization": usage}, "name": "cpu"},
        "type": "Resource",
    }
    return made(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        name,
        ns,
        created,
        spec={
            "maxReplicas": high,
            "metrics": [metric],
            "minReplicas": low,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment},
        },
        status={
            "conditions": [{"lastTransitionTime": created, "status": "True", **one} for one in _SCALING_WELL],
            "currentMetrics": [current],
            "currentReplicas": now,
            "desiredReplicas": now,
        },
    )
