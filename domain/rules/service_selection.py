"""Whom a Service selects, and whom it was probably meant to select."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kubetriage.domain.evidence import Read, list_of
from kubetriage.domain.kube import Obj, selects
from kubetriage.domain.relations.service import OWNERS
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.view import ClusterView


def selector(service: Obj) -> dict[str, str]:
    """The labels that a Service selects pods by; empty for ExternalName and hand-made endpoints."""
    if service.text("spec", "type") == "ExternalName":
        return {}
    return {str(k): str(v) for k, v in service.mapping("spec", "selector").items()}


def pods_read(service: Obj) -> Read:
    """The read that names every pod a Service selects."""
    labels = ",".join(f"{k}={v}" for k, v in sorted(selector(service).items()))
    return list_of("Pod", service.namespace, labels=labels)


def selected(view: ClusterView, service: Obj) -> tuple[list[Obj], str] | None:
    """The pods that a Service selects and the citation of who they are; None if they could not be listed."""
    pods = [p for p in view.pods_behind(service) if p.deleted is None]
    seen = view.observation(pods_read(service))
    if seen is not None and seen.found and not seen.cut:
        return pods, seen.read.key
    whole = view.complete_list("Pod", service.namespace)
    if whole is not None:
        return pods, whole
    return (pods, pods[0].cite) if pods else None


def template_labels(workload: Obj) -> dict[str, str]:
    return {str(k): str(v) for k, v in workload.mapping("spec", "template", "metadata", "labels").items()}


class Slip(NamedTuple):
    """One label by which a selector misses a workload's pods."""

    key: str
    wants: str
    has: str
    """The pods' value of that label; empty if they lack it."""
    other_key: str = ""
    """The pods' label that has the wanted value, where the key is the slip."""


class NearMiss(NamedTuple):
    """A workload, or a pod without one, that the selector misses."""

    target: Obj
    slips: tuple[Slip, ...]
    alone: bool
    """Whether no other one comes as near."""


def near_miss(view: ClusterView, service: Obj) -> NearMiss | None:
    """The one that shares most labels with the selector, or whose labels or name differ by a slip."""
    chosen = selector(service)
    candidates = [o for kind in OWNERS for o in view.objects(kind, service.namespace)]
    candidates += [p for p in view.objects("Pod", service.namespace) if p.controller is None]
    scored = []
    for obj in candidates:
        labels = obj.labels if obj.ref.kind == "Pod" else template_labels(obj)
        slips = _slips(chosen, labels)
        if not labels or not slips:
            continue
        shared = len(chosen) - len(slips)
        close = sum(bool(s.other_key or (s.has and nearest(s.wants, [s.has]))) for s in slips)
        alike = _alike(service.name, obj.name)
        if shared or close or alike:
            scored.append(((shared + close, alike, shared), obj, slips))
    if not scored:
        return None
    best = max(score for score, _, _ in scored)
    top = sorted(((obj, slips) for score, obj, slips in scored if score == best), key=lambda one: one[0].ref)
    return NearMiss(top[0][0], top[0][1], len(top) == 1)


def _slips(chosen: Mapping[str, str], labels: Mapping[str, str]) -> tuple[Slip, ...]:
    found = []
    for key, value in sorted(chosen.items()):
        has = labels.get(key, "")
        if has == value:
            continue
        other = next((k for k, v in sorted(labels.items()) if v == value), "") if not has else ""
        found.append(Slip(key, value, has, other))
    return tuple(found)


def _alike(service: str, workload: str) -> bool:
    """`backend-service` and `backend`, `web-svc` and `web`."""
    plain = service
    for tail in ("-service", "-svc", "-headless"):
        plain = plain.removesuffix(tail)
    return plain == workload or bool(nearest(plain, [workload]))


def earlier_labels_fit(view: ClusterView, service: Obj, workload: Obj) -> Obj | None:
    """An older revision of a Deployment that the selector selects: then the labels were changed, not it."""
    for owned in view.owned(workload.ref, "ReplicaSet"):
        if selects(selector(service), template_labels(owned)):
            return owned
    return None


def port_name(target: Any, port: Any) -> str:
    """A targetPort as it is written; without one it is the port itself."""
    return str(target if target not in (None, "", 0) else port)
