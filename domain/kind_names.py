"""Kinds as people and models spell them: `pod`, `pods`, `PVC`, `deploy`."""

from __future__ import annotations

from functools import cache

from kubetriage.domain.resource import KINDS, kind_info

SHORT_NAMES = {
    "PersistentVolumeClaim": "pvc", "PersistentVolume": "pv", "ConfigMap": "cm", "Service": "svc",
    "Deployment": "deploy", "ReplicaSet": "rs", "StatefulSet": "sts", "DaemonSet": "ds", "Node": "no",
    "Namespace": "ns", "HorizontalPodAutoscaler": "hpa", "PodDisruptionBudget": "pdb", "Ingress": "ing",
    "NetworkPolicy": "netpol", "StorageClass": "sc", "ServiceAccount": "sa", "ResourceQuota": "quota",
    "ReplicationController": "rc", "CronJob": "cj", "Pod": "po", "Event": "ev", "Endpoints": "ep",
    "LimitRange": "limits", "PriorityClass": "pc", "CertificateSigningRequest": "csr",
    "CustomResourceDefinition": "crd",
}  # fmt: skip
"""kubectl's short names of the built-in kinds."""


def kind_named(word: str) -> str | None:
    """The kind's own spelling, built-in or well-known custom; None for a word that is neither."""
    plain = word.strip().split(".")[0]
    found = _spellings().get(plain.lower())
    if found is not None:
        return found
    return plain if kind_info(plain) is not None else None


@cache
def _spellings() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, info in KINDS.items():
        for word in (name.lower(), info.plural, SHORT_NAMES.get(name, "")):
            if word and not name.endswith("Metrics"):
                found[word] = name
    return found
