"""What a pod asks of a node and what nodes offer: requests, free room, taints, labels.

The arithmetic is kube-scheduler's: containers' requests add up, init containers count by their maximum,
sidecars (init containers that keep running) count with both, and `spec.overhead` comes on top.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kubetriage.domain.evidence import Read, list_of
from kubetriage.domain.kube import Obj, elements, quantity, selects
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.scheduling_reasons import CORDON
from kubetriage.domain.view import ClusterView, claims_of

_GIB = 2.0**30
_INTEGER = re.compile(r"-?[0-9]{1,19}")


def requested(pod: Obj, name: str) -> float:
    """How much of a resource the scheduler sets aside for a pod (cores, bytes, or units)."""
    running, starting = 0.0, 0.0
    for spec in pod.items("spec", "initContainers"):
        asked = _asked(spec, name)
        if spec.get("restartPolicy") == "Always":
            running += asked
            starting = max(starting, running)
        else:
            starting = max(starting, running + asked)
    running += sum(_asked(spec, name) for spec in pod.items("spec", "containers"))
    return max(running, starting) + (quantity(pod.at("spec", "overhead", name)) or 0.0)


def _asked(spec: Mapping[str, Any], name: str) -> float:
    raw = asked_by(spec, name)
    return quantity(raw) or 0.0


def asked_by(spec: Mapping[str, Any], name: str) -> str:
    """A container's request as it is written; extended resources may stand under limits only."""
    parts = spec.get("resources")
    if not isinstance(parts, dict):
        return ""
    for where in ("requests", "limits"):
        values = parts.get(where)
        if isinstance(values, dict) and values.get(name) is not None:
            return str(values[name])
    return ""


def amount(name: str, value: float) -> str:
    """A number of cores, bytes or units as people write it."""
    if name in ("memory", "ephemeral-storage", "storage") or name.startswith("hugepages-"):
        for unit, size in (("Ti", 2.0**40), ("Gi", _GIB), ("Mi", 2.0**20), ("Ki", 2.0**10)):
            if abs(value) >= size:
                return f"{_trim(value / size)}{unit}"
        return _trim(value)
    if name == "cpu" and abs(value) < 1:
        return f"{round(value * 1000)}m"
    return _trim(value)


def _trim(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def allocatable(node: Obj, name: str) -> float:
    """What a node can give to pods of a resource, 0 if it does not offer it."""
    found = quantity(node.at("status", "allocatable", name))
    return found if found is not None else quantity(node.at("status", "capacity", name)) or 0.0


def pods_read(node: str) -> Read:
    """The read that names every pod placed on a node."""
    return list_of("Pod", "", fields=f"spec.nodeName={node}")


def free(view: ClusterView, node: Obj, name: str) -> float | None:
    """Room left on a node; None if not all of its pods were read."""
    seen = view.observation(pods_read(node.name))
    everything = view.complete_list("Pod", "")
    if not everything and (seen is None or not seen.found or seen.cut):
        return None
    living = [p for p in view.pods_on(node.name) if p.text("status", "phase") not in ("Succeeded", "Failed")]
    if name == "pods":
        return allocatable(node, "pods") - len(living)
    return allocatable(node, name) - sum(requested(p, name) for p in living)


def nodes(view: ClusterView) -> list[Obj] | None:
    """All nodes of the cluster; None if they could not be listed."""
    return view.objects("Node") if view.complete_list("Node", "") else None


# ---- taints


def tolerates(pod: Obj, taint: Mapping[str, Any]) -> bool:
    """Whether one of the pod's tolerations matches a taint (core/v1 Toleration)."""
    for item in pod.items("spec", "tolerations"):
        if item.get("effect") and item["effect"] != taint.get("effect"):
            continue
        key, operator = item.get("key") or "", item.get("operator") or "Equal"
        if key and key != taint.get("key"):
            continue
        if operator == "Exists" and (key or not item.get("value")):
            return True
        if operator == "Equal" and key and str(item.get("value") or "") == str(taint.get("value") or ""):
            return True
    return False


def untolerated(pod: Obj, node: Obj) -> list[dict[str, Any]]:
    """The node's taints that keep the pod off it, cordon aside."""
    return [
        t
        for t in node.items("spec", "taints")
        if t.get("effect") in ("NoSchedule", "NoExecute") and t.get("key") != CORDON and not tolerates(pod, t)
    ]


def cordoned(node: Obj) -> bool:
    return node.at("spec", "unschedulable") is True


def taint_text(taint: Mapping[str, Any]) -> str:
    """`key=value:Effect` as kubectl writes it."""
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


# ---- labels


def fits_selector(pod: Obj, node: Obj) -> bool:
    """Whether the node satisfies the pod's nodeSelector and required node affinity."""
    wanted = pod.mapping("spec", "nodeSelector")
    if any(node.labels.get(str(k)) != str(v) for k, v in wanted.items()):
        return False
    terms = affinity_terms(pod)
    return not terms or any(fits_term(term, node) for term in terms)


def affinity_terms(pod: Obj) -> list[dict[str, Any]]:
    """The terms of required node affinity, any of which is enough."""
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    return pod.items("spec", *path)


def fits_term(term: Mapping[str, Any], node: Obj) -> bool:
    rules, fields = _dicts(term.get("matchExpressions")), _dicts(term.get("matchFields"))
    if not rules and not fields:
        return False  # an empty term matches nothing (core/v1 NodeSelectorTerm)
    names = {"metadata.name": node.name}
    return all(holds(r, node.labels) for r in rules) and all(holds(r, names) for r in fields)


def holds(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """A node selector requirement: a label selector's, and Gt and Lt on integers besides."""
    key, values = str(rule.get("key")), elements(rule.get("values"))
    if rule.get("operator") in ("Gt", "Lt"):
        have, limit = labels.get(key, ""), str(values[0]) if values else ""
        if not (_INTEGER.fullmatch(have) and _INTEGER.fullmatch(limit)):
            return False
        return int(have) > int(limit) if rule["operator"] == "Gt" else int(have) < int(limit)
    return selects({"matchExpressions": [rule]}, labels)


def pinned_node(pod: Obj) -> str:
    """The node that a DaemonSet made this pod for, empty for other pods."""
    for term in affinity_terms(pod):
        for rule in _dicts(term.get("matchFields")):
            values = elements(rule.get("values"))
            if rule.get("key") == "metadata.name" and values:
                return str(values[0])
    return ""


def candidates(pod: Obj, among: Iterable[Obj]) -> list[Obj]:
    """The nodes whose labels and taints let the pod in, cordoned ones left out."""
    return [n for n in among if not cordoned(n) and not untolerated(pod, n) and fits_selector(pod, n)]


# ---- volumes


def volumes_of(view: ClusterView, pod: Obj) -> list[Obj]:
    """The PersistentVolumes behind the pod's claims that were read."""
    found = []
    for ref in claims_of(pod):
        claim = view.find(ref)
        name = claim.text("spec", "volumeName") if claim else ""
        volume = view.find(resource("PersistentVolume", "", name)) if name else None
        if volume is not None:
            found.append(volume)
    return found


def volume_terms(volume: Obj) -> list[dict[str, Any]]:
    return volume.items("spec", "nodeAffinity", "required", "nodeSelectorTerms")


def reaches(volume: Obj, node: Obj) -> bool:
    """Whether a node can use a volume."""
    terms = volume_terms(volume)
    return not terms or any(fits_term(term, node) for term in terms)


def terms_text(terms: Sequence[Mapping[str, Any]]) -> str:
    """Node selector terms in short: `topology.kubernetes.io/zone=a`."""
    parts = []
    for term in terms:
        for rule in [*_dicts(term.get("matchExpressions")), *_dicts(term.get("matchFields"))]:
            values = "|".join(str(v) for v in elements(rule.get("values")))
            operator = {"In": "=", "NotIn": "!=", "Gt": ">", "Lt": "<"}.get(str(rule.get("operator")), "")
            parts.append(
                f"{rule.get('key')}{operator}{values}"
                if operator
                else f"{rule.get('operator')} {rule.get('key')}"
            )
    return ", ".join(parts)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []
