"""The support bundles of Troubleshoot (troubleshoot.sh), as its `clusterResources` and `logs` collectors do.

cluster-resources/nodes.json                        a list of a cluster-scoped kind
cluster-resources/configmaps/NS.json                a list of a namespaced kind
cluster-resources/…-errors.json                     what could not be listed, and why
cluster-resources/custom-resources/CRD/NS.json      an array; ….json for a cluster-scoped one
cluster-resources/pods/logs/NS/POD/CONTAINER.log    and CONTAINER-previous.log
COLLECTOR/POD/CONTAINER.log                         of older versions; later ones link to the former
"""

from __future__ import annotations

from pathlib import PurePosixPath

from kubetriage.adapters.cluster.bundles.places import Failures, Known, Log, Objects, Place
from kubetriage.domain.resource import KINDS

NAME = "support-bundle"
_ROOT, _CUSTOM = "cluster-resources", "custom-resources"
_CLUSTER = {
    "namespaces": "Namespace", "storage-classes": "StorageClass", "ingress-classes": "IngressClass",
    "priorityclasses": "PriorityClass", "custom-resource-definitions": "CustomResourceDefinition",
    "nodes": "Node", "pvs": "PersistentVolume", "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding", "volumeattachments": "VolumeAttachment",
    "certificatesigningrequests": "CertificateSigningRequest",
    "validating-webhook-configurations": "ValidatingWebhookConfiguration",
    "mutating-webhook-configurations": "MutatingWebhookConfiguration",
}  # fmt: skip
_NAMESPACED = {
    "pods": "Pod", "pod-disruption-budgets": "PodDisruptionBudget", "services": "Service",
    "deployments": "Deployment", "replicasets": "ReplicaSet", "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet", "jobs": "Job", "cronjobs": "CronJob", "ingress": "Ingress",
    "network-policy": "NetworkPolicy", "resource-quota": "ResourceQuota", "limitranges": "LimitRange",
    "events": "Event", "pvcs": "PersistentVolumeClaim", "roles": "Role", "rolebindings": "RoleBinding",
    "endpoints": "Endpoints", "endpointslices": "EndpointSlice", "serviceaccounts": "ServiceAccount",
    "leases": "Lease", "configmaps": "ConfigMap",
}  # fmt: skip
_ERRORS, _PREVIOUS = "-errors.json", "-previous"
CUSTOM = "CustomResource"
"""Stands for all kinds that definitions define, in `Failures`."""


def place(name: PurePosixPath) -> Place | None:
    """What a file is, from `cluster-resources` on."""
    if _ROOT in name.parts[:-1]:
        return _resource(name.parts[name.parts.index(_ROOT) + 1 :])
    if name.suffix == ".log" and len(name.parts) >= 3 and not name.stem.endswith("-errors"):
        return _log(name.parts[-2], name.stem, "")
    return Known() if name.stem in ("version", "analysis") else None


def _resource(rest: tuple[str, ...]) -> Place | None:
    last = rest[-1]
    if rest[:2] == ("pods", "logs"):
        if len(rest) != 5 or not last.endswith(".log"):
            return None
        return Known() if last.endswith("-logs-errors.log") else _log(rest[3], last[:-4], rest[2])
    if rest == (_CUSTOM, f"{_CUSTOM}{_ERRORS}"):
        return Failures(CUSTOM)
    if last.endswith(_ERRORS):
        kind = (_CLUSTER | _NAMESPACED).get(last.removesuffix(_ERRORS), "")
        return Failures(kind) if len(rest) == 1 and kind else Known()
    if rest[0] == _CUSTOM and last.endswith((".json", ".yaml")):
        # The whole array of a kind; that it is all there is follows from the list of definitions.
        return Objects(namespace=last[:-5] if len(rest) == 3 else "")
    if not last.endswith(".json"):
        return None
    if len(rest) == 1:
        kind = _CLUSTER.get(last[:-5], "")
        # Where namespaces were named, only those are in the list of them.
        return Objects(KINDS[kind].api_version, kind, whole=True) if kind else Known()
    kind = _NAMESPACED.get(rest[0], "")
    return (
        Objects(KINDS[kind].api_version, kind, last[:-5], whole=True) if kind and len(rest) == 2 else Known()
    )


def _log(pod: str, container: str, namespace: str) -> Log:
    return Log(pod, container.removesuffix(_PREVIOUS), namespace, container.endswith(_PREVIOUS))
