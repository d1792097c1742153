"""A resource that somebody asks for by kind and name, without an alert → a request in an alert's form."""

from __future__ import annotations

import difflib
import hashlib

from kubetriage.domain.alert import Alert
from kubetriage.domain.custom_kinds import TABLE
from kubetriage.domain.errors import BadAlert
from kubetriage.domain.resource import KINDS, kind_info

SHORT_KINDS = {
    "po": "Pod", "svc": "Service", "cm": "ConfigMap", "no": "Node", "ns": "Namespace", "ev": "Event",
    "pv": "PersistentVolume", "pvc": "PersistentVolumeClaim", "quota": "ResourceQuota",
    "sa": "ServiceAccount",
    "deploy": "Deployment", "rs": "ReplicaSet", "sts": "StatefulSet", "ds": "DaemonSet", "cj": "CronJob",
    "hpa": "HorizontalPodAutoscaler", "pdb": "PodDisruptionBudget", "ing": "Ingress", "sc": "StorageClass",
    "netpol": "NetworkPolicy", "limits": "LimitRange", "ep": "Endpoints",
}  # fmt: skip
"""kubectl's short names."""


def asked_for(word: str, name: str, namespace: str | None) -> Alert:
    """A request to triage one resource; `word` is its kind as kubectl takes it.

    A namespaced kind is looked for in `default` where no namespace is said. Raises `BadAlert` for a kind
    that is not known.
    """
    kind = kind_named(word)
    info = kind_info(kind)
    labels = {"alertname": f"{kind} {name}", "kind": kind, "name": name}
    if info is not None and info.namespaced:
        labels["namespace"] = namespace or "default"
    digest = hashlib.sha256("\x00".join(f"{k}={v}" for k, v in sorted(labels.items())).encode())
    return Alert(
        name=labels["alertname"], labels=labels, fingerprint=digest.hexdigest()[:16], source="resource"
    )


def kind_named(word: str) -> str:
    """The kind that kubectl would understand by this word; raises `BadAlert` for none."""
    low = word.lower().split(".")[0]
    known = {word: custom.kind for custom in reversed(TABLE) for word in (custom.kind.lower(), custom.plural)}
    known |= SHORT_KINDS
    for kind, info in KINDS.items():
        if info.api_version != "metrics.k8s.io/v1beta1":
            known |= {kind.lower(): kind, info.plural: kind}
    if low in known:
        return known[low]
    near = difflib.get_close_matches(low, known, 1, cutoff=0.75)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise BadAlert(f"{word} is not a kind that kubetriage knows, such as pod, deployment or node{hint}")
