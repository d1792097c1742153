"""Names that controllers make from their own: Pod and ReplicaSet names back to the workload's."""

from __future__ import annotations

import re

_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
"""The alphabet of generated suffixes (apimachinery, `util/rand`): no vowels, no 0, 1, 3."""

_DEPLOYMENT_POD = re.compile(rf"(?P<owner>.+)-(?:{_SAFE}{{5,10}}|(?=[a-z]*\d)[a-z0-9]{{6,10}})-[a-z0-9]{{5}}")
"""`name-<pod-template-hash>-<suffix>`; hashes in another alphabet are let through if they hold a digit."""

_GENERATED = re.compile(rf"(?P<owner>.+)-{_SAFE}{{5}}")
_ORDINAL = re.compile(r"(?P<owner>.+)-\d{1,4}")
_TEMPLATE_HASH = re.compile(rf"(?P<owner>.+)-(?:{_SAFE}{{5,10}}|(?=[a-z]*\d)[a-z0-9]{{6,10}})")
_SCHEDULED = re.compile(r"(?P<owner>.+)-\d{8,10}")
"""A CronJob's Jobs end in the scheduled time, in minutes since 1970 (seconds before Kubernetes 1.21)."""

_COMPANION = re.compile(r"(?P<owner>.+)-(?:hpa|pdb|svc|service|headless|ingress|ing)")
_COMPANIONS = frozenset({"HorizontalPodAutoscaler", "PodDisruptionBudget", "Service", "Ingress"})


def workload_name(kind: str, name: str) -> str:
    """The workload a name most likely belongs to: a guess from the name alone, for grouping and for labels.

    `Pod checkout-6d9c7f8b5d-x2x7q` → `checkout`, `Pod cart-0` → `cart`, `Job report-29211840` → `report`,
    `ReplicaSet checkout-6d9c7f8b5d` → `checkout`, `HorizontalPodAutoscaler checkout-hpa` → `checkout`.
    """
    if kind == "Pod":
        return _pod_owner(name)
    if kind in ("ReplicaSet", "ControllerRevision"):
        return _owner(_TEMPLATE_HASH, name) or name
    if kind == "Job":
        return _owner(_SCHEDULED, name) or name
    if kind == "PersistentVolumeClaim":
        return _owner(_ORDINAL, name) or name
    if kind in _COMPANIONS:
        return _owner(_COMPANION, name) or name
    return name


def _pod_owner(name: str) -> str:
    of_deployment = _owner(_DEPLOYMENT_POD, name)
    if of_deployment:
        scheduled = _owner(_SCHEDULED, name.rsplit("-", 1)[0])
        return scheduled or of_deployment
    generated = _owner(_GENERATED, name)
    if generated:
        return _owner(_SCHEDULED, generated) or generated
    return _owner(_ORDINAL, name) or name


def _owner(pattern: re.Pattern[str], name: str) -> str:
    match = pattern.fullmatch(name)
    return match["owner"] if match else ""
