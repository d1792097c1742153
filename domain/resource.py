"""Which Kubernetes object: the reference used from the alert to the report, and the kinds we know."""

from __future__ import annotations

from functools import lru_cache, total_ordering
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from kubetriage.domain.custom_kinds import custom_kind


@total_ordering
class Resource(BaseModel):
    """A reference to one Kubernetes object; equality and order ignore `cluster` and an API's version, and
    tell kinds of one name apart by their API group."""

    model_config = ConfigDict(frozen=True)

    kind: str
    namespace: str = ""
    """Empty for cluster-scoped kinds."""
    name: str
    api_version: str = ""
    cluster: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return (kind_key(self.kind, self.api_version), self.namespace, self.name)

    @property
    def builtin(self) -> bool:
        """Whether Kubernetes itself serves this kind; a Knative Service is not the core one."""
        return self.key[0] in KINDS

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Resource) and self.key == other.key

    def __lt__(self, other: Resource) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        """`Kind namespace/name`, as people write it."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class KindInfo(NamedTuple):
    """Where a kind lives in the API: `apiVersion`, whether it is namespaced, and kubectl's plural."""

    api_version: str
    namespaced: bool
    plural: str


KINDS: dict[str, KindInfo] = {
    "Pod": KindInfo("v1", True, "pods"),
    "Service": KindInfo("v1", True, "services"),
    "Endpoints": KindInfo("v1", True, "endpoints"),
    "ConfigMap": KindInfo("v1", True, "configmaps"),
    "Secret": KindInfo("v1", True, "secrets"),
    "Event": KindInfo("v1", True, "events"),
    "Namespace": KindInfo("v1", False, "namespaces"),
    "Node": KindInfo("v1", False, "nodes"),
    "PersistentVolume": KindInfo("v1", False, "persistentvolumes"),
    "PersistentVolumeClaim": KindInfo("v1", True, "persistentvolumeclaims"),
    "ResourceQuota": KindInfo("v1", True, "resourcequotas"),
    "LimitRange": KindInfo("v1", True, "limitranges"),
    "ServiceAccount": KindInfo("v1", True, "serviceaccounts"),
    "ReplicationController": KindInfo("v1", True, "replicationcontrollers"),
    "Deployment": KindInfo("apps/v1", True, "deployments"),
    "ReplicaSet": KindInfo("apps/v1", True, "replicasets"),
    "StatefulSet": KindInfo("apps/v1", True, "statefulsets"),
    "DaemonSet": KindInfo("apps/v1", True, "daemonsets"),
    "ControllerRevision": KindInfo("apps/v1", True, "controllerrevisions"),
    "Job": KindInfo("batch/v1", True, "jobs"),
    "CronJob": KindInfo("batch/v1", True, "cronjobs"),
    "HorizontalPodAutoscaler": KindInfo("autoscaling/v2", True, "horizontalpodautoscalers"),
    "PodDisruptionBudget": KindInfo("policy/v1", True, "poddisruptionbudgets"),
    "Ingress": KindInfo("networking.k8s.io/v1", True, "ingresses"),
    "IngressClass": KindInfo("networking.k8s.io/v1", False, "ingressclasses"),
    "NetworkPolicy": KindInfo("networking.k8s.io/v1", True, "networkpolicies"),
    "EndpointSlice": KindInfo("discovery.k8s.io/v1", True, "endpointslices"),
    "StorageClass": KindInfo("storage.k8s.io/v1", False, "storageclasses"),
    "VolumeAttachment": KindInfo("storage.k8s.io/v1", False, "volumeattachments"),
    "CSIDriver": KindInfo("storage.k8s.io/v1", False, "csidrivers"),
    "CSINode": KindInfo("storage.k8s.io/v1", False, "csinodes"),
    "PriorityClass": KindInfo("scheduling.k8s.io/v1", False, "priorityclasses"),
    "Lease": KindInfo("coordination.k8s.io/v1", True, "leases"),
    "Role": KindInfo("rbac.authorization.k8s.io/v1", True, "roles"),
    "RoleBinding": KindInfo("rbac.authorization.k8s.io/v1", True, "rolebindings"),
    "ClusterRole": KindInfo("rbac.authorization.k8s.io/v1", False, "clusterroles"),
    "ClusterRoleBinding": KindInfo("rbac.authorization.k8s.io/v1", False, "clusterrolebindings"),
    "ValidatingWebhookConfiguration": KindInfo(
        "admissionregistration.k8s.io/v1", False, "validatingwebhookconfigurations"
    ),
    "MutatingWebhookConfiguration": KindInfo(
        "admissionregistration.k8s.io/v1", False, "mutatingwebhookconfigurations"
    ),
    "CertificateSigningRequest": KindInfo("certificates.k8s.io/v1", False, "certificatesigningrequests"),
    "APIService": KindInfo("apiregistration.k8s.io/v1", False, "apiservices"),
    "CustomResourceDefinition": KindInfo("apiextensions.k8s.io/v1", False, "customresourcedefinitions"),
    "PodMetrics": KindInfo("metrics.k8s.io/v1beta1", True, "pods"),
    "NodeMetrics": KindInfo("metrics.k8s.io/v1beta1", False, "nodes"),
}
"""Built-in kinds by name (Kubernetes 1.27–1.33 preferred versions)."""

WORKLOADS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob"}
)
"""Kinds that own pods through a template."""


@lru_cache(maxsize=4096)
def kind_key(kind: str, api_version: str) -> str:
    """The kind's name, and behind it its API group where that is not the one that the name usually means.

    A group that is not known stands for the usual one, and so do Kubernetes' own former groups.
    """
    group = api_version.rpartition("/")[0]
    if kind in KINDS:
        foreign = "." in group and not group.endswith(".k8s.io")
    else:
        usual = custom_kind(kind)
        foreign = usual is not None and group not in ("", usual.group)
    return f"{kind}.{group}" if foreign else kind


def kind_info(kind: str, api_version: str = "") -> KindInfo | None:
    """Where a kind lives, built-in or well-known custom; None for one that is neither."""
    info = KINDS.get(kind)
    if info is not None and kind_key(kind, api_version) == kind:
        return info
    custom = custom_kind(kind, api_version)
    return KindInfo(custom.api_version, custom.namespaced, custom.plural) if custom is not None else None


def resource(kind: str, namespace: str, name: str, api_version: str = "", cluster: str = "") -> Resource:
    """A reference with the kind's own `apiVersion`; a namespace on a cluster-scoped kind is dropped."""
    info = kind_info(kind, api_version)
    if info:
        api_version = api_version or info.api_version
        namespace = namespace if info.namespaced else ""
    return Resource(kind=kind, namespace=namespace, name=name, api_version=api_version, cluster=cluster)
