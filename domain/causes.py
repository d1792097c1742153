"""From findings to root causes: who explains whom, and what is left unexplained.

Findings are the nodes of a graph whose edges point from cause to effect. Edges come from what findings say
themselves (`explains`, `waits_on`) and from how Kubernetes objects depend on each other: a pod's trouble is
its owner's and its Services' trouble, a claim's that of the pods that mount it, a node's that of its pods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kubetriage.domain.dependence import behind, dependents
from kubetriage.domain.evidence import ASKS_PROMETHEUS
from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import ClusterView, Unknown


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
    """Join findings into chains and tell the root causes of the alert's resource from the rest.

    A cause stays a root unless another cause explains it, through whatever symptoms lie between: what is
    above it without a reason of its own is not the answer to "why".
    """
    troubles = sorted((f for f in findings if f.role in (Role.CAUSE, Role.SYMPTOM)), key=_strength)
    reach = [affected_by(view, f) for f in troubles]
    edges = _edges(troubles, reach)
    reached = [_reached(edges, i) for i in range(len(troubles))]
    causes = [i for i, f in enumerate(troubles) if f.role is Role.CAUSE]
    symptoms = [i for i, f in enumerate(troubles) if f.role is Role.SYMPTOM]
    tops = [i for i in causes if _is_top(i, causes, reached)]
    tops += [i for i in symptoms if _is_top(i, range(len(troubles)), reached)]
    touched = _touched(view)
    relevant: list[int] = []
    for i in tops:
        if _concerns(view, [troubles[i], *(troubles[k] for k in reached[i])], reach[i], touched):
            relevant.append(i)
    own_causes = [troubles[i] for i in relevant if troubles[i].role is Role.CAUSE]
    roots = _one_per_culprit(own_causes, view)
    shown = {id(f) for f in roots}
    first = [next(i for i in relevant if troubles[i] is f) for f in roots]
    chain = [troubles[i] for i in _chain(edges, [*first, *relevant])]
    return Explanation(
        roots=tuple(_as_sure_as_seen(view, f) for f in roots),
        open_symptoms=tuple(troubles[i] for i in relevant if troubles[i].role is Role.SYMPTOM),
        contributing=tuple(f for f in chain if id(f) not in shown),
        elsewhere=tuple(troubles[i] for i in tops if i not in relevant),
    )


_HIDES = {"CronJob": ("Job", "Pod"), "Job": ("Pod",), "Service": ("Pod",)}
"""What would tell more about an object of this kind, and is read by lists."""
_HIDES_WHY = {"Service": ("DaemonSet", "Deployment", "StatefulSet")}
"""What would tell why a finding waits in vain for an object of this kind: a workload at zero has no pods."""


def _as_sure_as_seen(view: ClusterView, root: Finding) -> Finding:
    """The root cause, no longer certain where something right behind it could not be read."""
    if root.likelihood is not Likelihood.HIGH:
        return root
    near = {root.subject, root.culprit or root.subject, *root.waits_on, *view.owners(root.subject)}
    hidden = {
        (seen.read.kind, seen.read.namespace)
        for seen in view.observations
        if seen.failure is not None and seen.read.verb not in ASKS_PROMETHEUS
    }
    blind = any(isinstance(known := view.get(ref), Unknown) and known.failure is not None for ref in near)
    blind |= any((kind, ref.namespace) in hidden for ref in near for kind in _HIDES.get(ref.kind, ()))
    blind |= any((k, ref.namespace) in hidden for ref in root.waits_on for k in _HIDES_WHY.get(ref.kind, ()))
    return root.model_copy(update={"likelihood": Likelihood.MEDIUM}) if blind else root


def _strength(finding: Finding) -> tuple[int, int, int, str, str, str]:
    role = 0 if finding.role is Role.CAUSE else 1
    told = (finding.key, str(finding.culprit or ""), finding.statement.en)
    return (role, finding.likelihood.order, -finding.specificity, *told)


def _is_top(place: int, others: Iterable[int], reached: Sequence[set[int]]) -> bool:
    """Whether nothing among the others explains it; of a ring of causes the strongest counts as its top.

    Findings stand in the order of their strength, so the smaller place is the stronger one.
    """
    return not any(
        other != place and place in reached[other] and not (place < other and other in reached[place])
        for other in others
    )


# ---- edges


def _edges(troubles: Sequence[Finding], reach: Sequence[set[Resource]]) -> list[set[int]]:
    """For each finding the places of those it explains directly.

    Of two that explain each other, what a finding says itself goes before what is inferred, then the
    stronger before the weaker.
    """
    shown: dict[Resource, list[int]] = defaultdict(list)
    waiting: dict[Resource, list[int]] = defaultdict(list)
    for i, finding in enumerate(troubles):
        shown[finding.subject].append(i)
        for ref in finding.waits_on:
            waiting[ref].append(i)
    subjects, waited = set(shown), set(waiting)
    said: list[set[int]] = []
    edges: list[set[int]] = []
    for i, cause in enumerate(troubles):
        named = {k for ref in cause.explains for k in shown.get(ref, ())}
        named |= {k for ref in waited & reach[i] for k in waiting[ref]}
        said.append({k for k in named if k != i and not _is_only_a_hint(cause, troubles[k])})
        near = {k for ref in subjects & reach[i] for k in shown[ref] if k != i}
        edges.append(said[i] | {k for k in near if _is_inferred(cause, troubles[k])})
    for i, effects in enumerate(edges):
        for k in [k for k in effects if i in edges[k]]:
            mine, theirs = k in said[i], i in said[k]
            if (mine, k > i) > (theirs, i > k):
                edges[k].discard(i)
    return edges


def _is_only_a_hint(cause: Finding, effect: Finding) -> bool:
    """Whether a hint would take the place of a cause that is shown."""
    low = Likelihood.LOW
    return effect.role is Role.CAUSE and cause.likelihood is low and effect.likelihood is not low


def _is_inferred(cause: Finding, effect: Finding) -> bool:
    """Whether one finding explains another on an object that it affects: symptoms only."""
    if effect.role is not Role.SYMPTOM:
        return False
    return cause.role is Role.CAUSE or effect.subject != cause.subject


def affected_by(view: ClusterView, finding: Finding) -> set[Resource]:
    """Every object whose trouble this finding can account for."""
    queue = [finding.subject, *finding.explains]
    reached: set[Resource] = set()
    culprit = finding.culprit
    if finding.role is Role.CAUSE:
        queue += _below(view, finding)
        if culprit is not None and culprit.kind == "Node" and finding.subject.kind != "Node":
            reached.add(culprit)  # a cordoned Node keeps one pod waiting and does no harm to those it runs
        elif culprit is not None:
            queue.append(culprit)
    while queue:
        ref = queue.pop()
        if ref not in reached:
            reached.add(ref)
            queue += dependents(view, ref)
    return reached


_OF_ONE_POD = frozenset({"Pod", "Node", "PersistentVolumeClaim", "PersistentVolume"})
"""Culprits that one pod may have without its siblings having them too."""


def _below(view: ClusterView, cause: Finding) -> list[Resource]:
    """The pods that share a cause: those made from the same template.

    What one pod shows says nothing about the pods of another revision, which may fail for another reason.
    """
    subject, culprit = cause.subject, cause.culprit
    if subject.kind == "Pod":
        pod = view.find(subject)
        if pod is None or pod.controller is None or culprit is None or culprit.kind in _OF_ONE_POD:
            return []
        mark = pod.labels.get(_REVISION)
        return [p.ref for p in view.owned(pod.controller, "Pod") if p.labels.get(_REVISION) == mark]
    tops = [subject, *([culprit] if culprit is not None else [])]
    return [o.ref for top in tops if top.kind != "Pod" for o in [*view.pods_of(top), *view.owned(top)]]


_REVISION = "controller-revision-hash"


def _reached(edges: Sequence[set[int]], start: int) -> set[int]:
    """Everything that a finding explains, directly or through others; itself only if it is in a ring."""
    reached: set[int] = set()
    queue = [*edges[start]]
    while queue:
        current = queue.pop()
        if current not in reached:
            reached.add(current)
            queue += edges[current]
    return reached


# ---- relevance and order


def _touched(view: ClusterView) -> set[Resource] | None:
    """The alert's resource, its owners, its pods and what is behind it; None without a single resource."""
    primary = view.primary
    if primary is None:
        return None
    touched = {primary, *view.owners(primary), *(o.ref for o in view.owned(primary))}
    for top in [primary] if primary.kind in ("Pod", "Job") else [primary, *view.owners(primary)]:
        if primary.kind != "Pod":
            touched |= {pod.ref for pod in view.pods_of(top)}
    for pod in behind(view, primary):
        touched |= {pod.ref, *view.owners(pod.ref)}
    return touched


def _concerns(
    view: ClusterView, chain: Sequence[Finding], reach: set[Resource], touched: set[Resource] | None
) -> bool:
    """Whether a finding, the first of the chain of what it explains, has to do with the alert's resource."""
    primary, top = view.primary, chain[0]
    if touched is None:
        return True
    if primary is not None and primary.kind == "Namespace" and top.subject.namespace == primary.name:
        return True
    if top.culprit is not None and top.culprit in touched:
        return True
    return any(finding.subject in touched for finding in chain) or not touched.isdisjoint(reach)


def _one_per_culprit(causes: Sequence[Finding], view: ClusterView) -> list[Finding]:
    """The strongest cause of each culprit and category, in the order of likelihood."""
    primary = view.primary
    near = {primary, *view.owners(primary)} if primary is not None else set()

    def order(finding: Finding) -> tuple[int, int, int, tuple[int, int, int, str, str, str]]:
        fresh = 0 if view.recent(finding.since) else 1
        close = 0 if finding.subject in near or finding.culprit in near else 1
        return (finding.likelihood.order, fresh, close, _strength(finding))

    kept: dict[tuple[str, str], Finding] = {}
    for finding in sorted(causes, key=order):
        kept.setdefault((str(finding.culprit or finding.subject), finding.category), finding)
    return list(kept.values())


def _chain(edges: Sequence[set[int]], tops: Sequence[int]) -> list[int]:
    """Everything that hangs under the tops, each effect after all that explains it."""
    last_first: list[int] = []
    seen: set[int] = set()
    for top in reversed(list(dict.fromkeys(tops))):
        open_ones = [top]
        while open_ones:
            current = open_ones[-1]
            seen.add(current)
            below = max((k for k in edges[current] if k not in seen), default=None)
            if below is not None:
                open_ones.append(below)
            else:
                open_ones.pop()
                last_first += [current] if current not in last_first else []
    return last_first[::-1]
