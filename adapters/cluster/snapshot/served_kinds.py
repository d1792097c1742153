"""Which kinds a snapshot serves, under which group, versions and plural."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubetriage.domain.resource import KINDS

SHORT_NAMES: dict[str, tuple[str, ...]] = {
    "Pod": ("po",), "Service": ("svc",), "Endpoints": ("ep",), "ConfigMap": ("cm",), "Event": ("ev",),
    "Namespace": ("ns",), "Node": ("no",), "PersistentVolume": ("pv",), "PersistentVolumeClaim": ("pvc",),
    "ResourceQuota": ("quota",), "LimitRange": ("limits",), "ServiceAccount": ("sa",),
    "ReplicationController": ("rc",), "Deployment": ("deploy",), "ReplicaSet": ("rs",),
    "StatefulSet": ("sts",), "DaemonSet": ("ds",), "CronJob": ("cj",), "HorizontalPodAutoscaler": ("hpa",),
    "PodDisruptionBudget": ("pdb",), "Ingress": ("ing",), "NetworkPolicy": ("netpol",),
    "StorageClass": ("sc",), "PriorityClass": ("pc",), "CertificateSigningRequest": ("csr",),
    "CustomResourceDefinition": ("crd", "crds"),
}  # fmt: skip
"""kubectl's abbreviations, as the API server's discovery gives them."""

IN_ALL = frozenset(
    {
        "Pod", "Service", "ReplicationController", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet",
        "Job", "CronJob", "HorizontalPodAutoscaler",
    }
)  # fmt: skip
"""Kinds that `kubectl get all` shows."""

METRICS_GROUP = "metrics.k8s.io"
EVENTS_GROUP = "events.k8s.io"


@dataclass
class ServedKind:
    """One resource of the API. `versions` are ordered, the preferred one first."""

    group: str
    kind: str
    plural: str
    namespaced: bool
    versions: list[str] = field(default_factory=list)
    short_names: tuple[str, ...] = ()
    definition: Mapping[str, Any] | None = None
    """The CustomResourceDefinition that it is served by, where one is recorded."""

    @property
    def built_in(self) -> bool:
        return self.kind in KINDS and split_version(KINDS[self.kind].api_version)[0] == self.group


def split_version(api_version: str) -> tuple[str, str]:
    """(group, version); the core group is empty."""
    group, _, version = api_version.rpartition("/")
    return group, version


def join_version(group: str, version: str) -> str:
    return f"{group}/{version}" if group else version


def plural_of(kind: str) -> str:
    """What Kubernetes guesses where it has no definition (`meta.UnsafeGuessKindToResource`)."""
    lower = kind.lower()
    if lower.endswith("s"):
        return lower + "es"
    return lower[:-1] + "ies" if lower.endswith("y") else lower + "s"


def built_in_kinds() -> dict[tuple[str, str], ServedKind]:
    """Every kind of `KINDS` but metrics, which a cluster has only with a metrics server; by (group, kind)."""
    kinds: dict[tuple[str, str], ServedKind] = {}
    for kind, info in KINDS.items():
        group, version = split_version(info.api_version)
        if group != METRICS_GROUP:
            served = ServedKind(
                group, kind, info.plural, info.namespaced, [version], SHORT_NAMES.get(kind, ())
            )
            kinds[group, kind] = served
    events = kinds["", "Event"]
    kinds[EVENTS_GROUP, "Event"] = ServedKind(
        EVENTS_GROUP, "Event", "events", True, ["v1"], events.short_names
    )
    return kinds


def add_defined(kinds: dict[tuple[str, str], ServedKind], definition: Mapping[str, Any]) -> None:
    """Serve what a recorded CustomResourceDefinition defines."""
    spec = definition.get("spec") or {}
    names = spec.get("names") or {}
    group, kind = spec.get("group"), names.get("kind")
    if not group or not kind or not names.get("plural"):
        return
    versions = [v["name"] for v in spec.get("versions") or () if v.get("served") and v.get("name")]
    stored = [v["name"] for v in spec.get("versions") or () if v.get("storage") and v.get("name")]
    kinds[group, kind] = ServedKind(
        group,
        kind,
        names["plural"],
        spec.get("scope") != "Cluster",
        sorted(versions, key=lambda version: version not in stored),
        tuple(names.get("shortNames") or ()),
        definition,
    )


def add_recorded(
    kinds: dict[tuple[str, str], ServedKind], api_version: str, kind: str, namespaces: Iterable[str]
) -> None:
    """Serve a kind because objects of it are recorded; it is namespaced if any of them has a namespace."""
    group, version = split_version(api_version)
    served = kinds.get((group, kind))
    if served is None:
        known = KINDS.get(kind)
        if known and split_version(known.api_version)[0] == group:
            served = ServedKind(group, kind, known.plural, known.namespaced)
        else:
            served = ServedKind(group, kind, plural_of(kind), any(namespaces))
        kinds[group, kind] = served
    if version not in served.versions:
        served.versions.append(version)
