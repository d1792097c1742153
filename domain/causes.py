"""From findings to root causes: who explains whom, and what is left unexplained.

Findings are the nodes of a graph whose edges point from cause to effect. Edges come from what findings say
themselves (`explains`, `waits_on`) and from how Kubernetes objects depend on each other: a pod's trouble is
its owner's and its Services' trouble, a claim's that of the pods that mount it, a node's that of its pods.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.resource import WORKLOADS, Resource
from kubetriage.domain.view import ClusterView


class Explanation(NamedTuple):
    """What the findings add up to, each part in the order a reader wants it."""

    roots: tuple[Finding, ...]
    """Causes that nothing else explains and that touch the alert's resource, most likely first."""
    open_symptoms: tuple[Finding, ...]
    """Symptoms of the alert's resource that no cause explains."""
    contributing: tuple[Finding, ...]
    """Links of the causal chain and symptoms, cause before effect."""
    elsewhere: tuple[Finding, ...]
    """Trouble of objects that the alert's resource does not depend on."""


def explain(view: ClusterView, findings: Sequence[Finding]) -> Explanation:
    """Join findings into chains and tell the root causes of the alert's resource from the rest."""
    troubles = sorted((f for f in findings if f.role in (Role.CAUSE, Role.SYMPTOM)), key=_strength)
    effects = _edges(view, troubles)
    explained = {effect for reached in effects.values() for effect in reached}
    tops = [f for f in troubles if f.key not in explained]
    reached = set().union(*(_reach(effects, f.key) for f in tops)) if tops else set()
    for finding in troubles:  # a ring of causes has no top: its strongest member is taken for one
        if finding.key not in reached:
            tops.append(finding)
            reached |= _reach(effects, finding.key)
    touched = _touched(view)
    by_key = {f.key: f for f in troubles}
    relevant = [f for f in tops if _concerns(view, f, touched, [by_key[k] for k in _reach(effects, f.key)])]
    roots = _one_per_culprit([f for f in relevant if f.role is Role.CAUSE], view)
    chain = _chain(effects, by_key, [*roots, *relevant])
    open_symptoms = tuple(f for f in relevant if f.role is Role.SYMPTOM)
    shown = {f.key for f in roots}
    return Explanation(
        roots=tuple(roots),
        open_symptoms=open_symptoms,
        contributing=tuple(f for f in chain if f.key not in shown),
        elsewhere=tuple(f for f in tops if f not in relevant),
    )


def _strength(finding: Finding) -> tuple[int, int, int, str]:
    role = 0 if finding.role is Role.CAUSE else 1
    return (role, finding.likelihood.order, -finding.specificity, finding.key)


# ---- edges


def _edges(view: ClusterView, troubles: Sequence[Finding]) -> dict[str, set[str]]:
    """For each finding the keys of those it explains directly; of two that do so mutually, the stronger."""
    reach = {f.key: affected_by(view, f) for f in troubles}
    edges: dict[str, set[str]] = {f.key: set() for f in troubles}
    for cause in troubles:
        for effect in troubles:
            if cause.key != effect.key and _explains(cause, effect, reach[cause.key]):
                edges[cause.key].add(effect.key)
    for position, cause in enumerate(troubles):
        for weaker in troubles[position + 1 :]:
            if weaker.key in edges[cause.key] and cause.key in edges[weaker.key]:
                edges[weaker.key].discard(cause.key)
    return edges


def _explains(cause: Finding, effect: Finding, reach: set[Resource]) -> bool:
    if effect.subject in cause.explains:
        return True
    if any(waited in reach for waited in effect.waits_on):
        return True
    if effect.role is not Role.SYMPTOM:
        return False
    if effect.subject == cause.subject:
        return cause.role is Role.CAUSE
    return effect.subject in reach


def affected_by(view: ClusterView, finding: Finding) -> set[Resource]:
    """Every object whose trouble this finding can account for."""
    start = [finding.subject, *finding.explains]
    if finding.culprit is not None and finding.role is Role.CAUSE:
        start.append(finding.culprit)
    reached: set[Resource] = set()
    queue = list(start)
    if finding.role is Role.CAUSE:
        for ref in start:
            if ref.kind in WORKLOADS:
                queue += [pod.ref for pod in view.pods_of(ref)] + [rs.ref for rs in view.owned(ref)]
    while queue:
        ref = queue.pop()
        if ref not in reached:
            reached.add(ref)
            queue += dependents(view, ref)
    return reached


def dependents(view: ClusterView, ref: Resource) -> list[Resource]:
    """The objects that are in trouble when this one is."""
    found = view.find(ref)
    near: list[Resource] = []
    if found is not None and found.controller is not None:
        near.append(found.controller)
    if ref.kind == "Pod" and found is not None:
        near += [s.ref for s in view.services_of(found) if not view.has_ready_endpoints(s)]
    elif ref.kind == "PersistentVolumeClaim":
        near += [pod.ref for pod in view.pods_using_claim(ref)]
    elif ref.kind == "PersistentVolume" and found is not None:
        near += _claim_of_volume(view, ref)
    elif ref.kind == "Node":
        near += [pod.ref for pod in view.pods_on(ref.name)]
    elif ref.kind == "Service":
        near += _ingresses_to(view, ref)
    if ref.kind in WORKLOADS:
        near += _scalers_of(view, ref)
    return near


def _claim_of_volume(view: ClusterView, volume: Resource) -> list[Resource]:
    claims = view.objects("PersistentVolumeClaim")
    return [c.ref for c in claims if c.text("spec", "volumeName") == volume.name]


def _ingresses_to(view: ClusterView, service: Resource) -> list[Resource]:
    return [i.ref for i in view.objects("Ingress", service.namespace) if service.name in backends_of(i.raw)]


def backends_of(value: object) -> set[str]:
    """The Service names that an Ingress sends to, default backend included."""
    names: set[str] = set()
    if isinstance(value, dict):
        service = value.get("service")
        if isinstance(service, dict) and service.get("name"):
            names.add(str(service["name"]))
        for part in value.values():
            names |= backends_of(part)
    elif isinstance(value, list):
        for part in value:
            names |= backends_of(part)
    return names


def _scalers_of(view: ClusterView, ref: Resource) -> list[Resource]:
    scalers = view.objects("HorizontalPodAutoscaler", ref.namespace)
    return [
        h.ref
        for h in scalers
        if (h.text("spec", "scaleTargetRef", "kind"), h.text("spec", "scaleTargetRef", "name"))
        == (ref.kind, ref.name)
    ]


def _reach(effects: dict[str, set[str]], key: str) -> set[str]:
    reached: set[str] = set()
    queue = [key]
    while queue:
        current = queue.pop()
        if current not in reached:
            reached.add(current)
            queue += effects.get(current, ())
    return reached


# ---- relevance and order


def _touched(view: ClusterView) -> set[Resource] | None:
    """The alert's resource with its owners and its pods; None when the alert has no single resource."""
    primary = view.primary
    if primary is None:
        return None
    owners = [primary, *view.owners(primary)]
    pods = [pod.ref for owner in owners for pod in view.pods_of(owner)] if primary.kind != "Pod" else []
    return {*owners, *pods, *(o.ref for o in view.owned(primary))}


def _concerns(
    view: ClusterView, top: Finding, touched: set[Resource] | None, effects: Iterable[Finding]
) -> bool:
    if touched is None:
        return True
    if top.subject in touched or (top.culprit is not None and top.culprit in touched):
        return True
    if any(effect.subject in touched for effect in effects):
        return True
    return not touched.isdisjoint(affected_by(view, top))


def _one_per_culprit(causes: Sequence[Finding], view: ClusterView) -> list[Finding]:
    """The strongest cause of each culprit and category, in the order of likelihood."""
    primary = view.primary
    near = {primary, *view.owners(primary)} if primary is not None else set()

    def order(finding: Finding) -> tuple[int, int, int, int, str]:
        fresh = 0 if view.recent(finding.since) else 1
        close = 0 if finding.subject in near or finding.culprit in near else 1
        return (finding.likelihood.order, fresh, close, -finding.specificity, finding.key)

    kept: dict[tuple[str, str], Finding] = {}
    for finding in sorted(causes, key=order):
        kept.setdefault((str(finding.culprit or finding.subject), finding.category), finding)
    return list(kept.values())


def _chain(
    effects: dict[str, set[str]], by_key: dict[str, Finding], tops: Sequence[Finding]
) -> list[Finding]:
    """Breadth-first from the tops: each effect after what explains it."""
    order: dict[str, None] = {}
    queue = [f.key for f in tops]
    while queue:
        current = queue.pop(0)
        if current not in order:
            order[current] = None
            queue += sorted(effects.get(current, ()), key=lambda k: _strength(by_key[k]))
    return [by_key[key] for key in order]


def began(findings: Iterable[Finding]) -> datetime | None:
    """The earliest time that any of these is known to have begun."""
    return min((f.since for f in findings if f.since is not None), default=None)
