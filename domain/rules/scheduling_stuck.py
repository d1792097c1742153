"""The pods that the scheduler cannot place, and which of its reasons is the one that matters."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import datetime
from typing import NamedTuple

from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods
from kubetriage.domain.rules.scheduling_fit import (
    candidates,
    cordoned,
    fits_selector,
    nodes,
    pinned_node,
    reaches,
    untolerated,
    volumes_of,
)
from kubetriage.domain.rules.scheduling_reasons import (
    CONTROL_PLANE,
    NODE_TROUBLE,
    ORDER,
    Refusal,
    Verdict,
    Why,
    parse,
    taint_key,
)
from kubetriage.domain.view import ClusterView, claims_of


class Stuck(NamedTuple):
    """A pod without a node, and what the scheduler said last."""

    pod: Obj
    verdict: Verdict
    message: str
    cites: tuple[str, ...]
    since: datetime | None


class Decision(NamedTuple):
    """Which refusals keep the pod from running, and which nodes could help if they were well."""

    why: Why
    chosen: tuple[Refusal, ...]
    """The refusals of nodes that came nearest to taking the pod."""
    others: tuple[Refusal, ...]
    ill: tuple[Obj, ...] = ()
    """Nodes that would be candidates but carry a taint of the node controller."""
    closed: tuple[Obj, ...] = ()
    """Nodes that would be candidates but are cordoned."""
    trouble: bool = False
    """No node is left but such as are in trouble themselves."""
    doubt: bool = False
    """Several reasons were given and the nodes could not be seen to weigh them."""

    @property
    def key(self) -> Hashable:
        return (self.why, tuple(sorted({r.detail for r in self.chosen})), self.trouble)


class Case(NamedTuple):
    """Pods of one workload that are refused for the same reason."""

    group: PodGroup
    stuck: Stuck
    decision: Decision

    @property
    def pod(self) -> Obj:
        return self.group.lead

    @property
    def cites(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.group.cites, *self.stuck.cites)))


def pending(view: ClusterView) -> Iterator[Obj]:
    """The pods that rules may speak of and that have no node yet."""
    for pod in focus_pods(view):
        phase = pod.text("status", "phase")
        if phase in ("Pending", "") and not pod.text("spec", "nodeName") and pod.deleted is None:
            yield pod


def stuck(view: ClusterView, pod: Obj) -> Stuck | None:
    """The scheduler's last word: its event and the pod's condition say the same, either may be missing."""
    condition = pod.conditions().get("PodScheduled")
    events = view.events(pod.ref, "FailedScheduling")
    told = [e for e in events if parse(e.message)]
    cites = (pod.cite, *(e.cite for e in told[:1]))
    since = condition.since if condition else None
    if condition and condition.status == "False":
        verdict = parse(condition.message)
        if verdict:
            return Stuck(pod, verdict, condition.message, cites, since or pod.created)
    if condition is None or condition.status == "False":
        for event in told[:1]:
            verdict = parse(event.message)
            if verdict:
                return Stuck(pod, verdict, event.message, cites, since or event.first)
    return None


def cases(view: ClusterView) -> Iterator[Case]:
    """Every group of pods that cannot be placed."""
    told = {pod.ref: found for pod in pending(view) if (found := stuck(view, pod))}
    weighed: dict[Hashable, tuple[Decision, Hashable]] = {}
    decided: dict[Resource, tuple[Decision, Hashable]] = {}
    for ref, one in told.items():
        # pods made from one template and refused in the same words differ in their volumes at most
        alike = (one.pod.controller or ref, one.message, pinned_node(one.pod), tuple(claims_of(one.pod)))
        if alike not in weighed:
            choice = decide(view, one)
            weighed[alike] = (choice, choice.key)
        decided[ref] = weighed[alike]
    shown = [(one.pod, decided[ref][1]) for ref, one in told.items()]
    for _, group in group_pods(view, shown):
        yield Case(group, told[group.lead.ref], decided[group.lead.ref][0])


# ---- which reason matters


def decide(view: ClusterView, one: Stuck) -> Decision:
    """The refusal that a change would have to lift.

    Filters run in a fixed order and each node reports the first that refuses it, so the nodes with the
    latest reason came nearest. What is normal does not count beside others: the control plane's taint, nodes
    that the pod's own selector leaves out while others fit. Nodes in trouble are the nodes' matter.
    """
    parts = _with_taint_names(view, one)
    claim = [r for r in parts if r.why is Why.CLAIM]
    if claim:
        return Decision(Why.CLAIM, tuple(claim), ())
    wanted = _by_selector(view, one.pod, parts)
    if wanted is not None:
        return wanted
    usual = [r for r in parts if _is_usual(view, one.pod, r)]
    rest = [r for r in parts if r not in usual] or parts
    doubt = nodes(view) is None and len(rest) > 1
    ill, closed = _helpers(view, one.pod)
    sick = [r for r in rest if r.why is Why.TAINT and taint_key(r.detail) in NODE_TROUBLE]
    shut = [r for r in rest if r.why is Why.CORDONED]
    open_ = [r for r in rest if r not in sick and r not in shut]
    if any(r.why is Why.VOLUME for r in open_):
        open_ = _beside_volume(view, one.pod, open_)
    out_of_reach = any(r.why is Why.VOLUME for r in open_)
    if not open_ or (out_of_reach and (ill or closed)):
        trouble = bool(sick) and (not shut or (bool(ill) and not closed))
        chosen = sick if trouble else shut
        why = Why.TAINT if trouble else Why.CORDONED
        return Decision(why, tuple(chosen), _without(parts, chosen), ill, closed, trouble, doubt)
    known = [r for r in open_ if r.why is not Why.OTHER] or open_
    why = max((r.why for r in known), key=ORDER.index)
    chosen = [r for r in known if r.why is why]
    return Decision(why, tuple(chosen), _without(parts, chosen), ill, closed, False, doubt)


def _without(parts: list[Refusal], chosen: list[Refusal]) -> tuple[Refusal, ...]:
    return tuple(r for r in parts if r not in chosen)


def _by_selector(view: ClusterView, pod: Obj, parts: list[Refusal]) -> Decision | None:
    """Where no node at all has the labels asked for, that is the matter, whatever else keeps nodes off."""
    chosen = [r for r in parts if r.why is Why.SELECTOR]
    known = nodes(view)
    if not chosen or not known or any(fits_selector(pod, n) for n in known):
        return None
    return Decision(Why.SELECTOR, tuple(chosen), _without(parts, chosen))


def _is_usual(view: ClusterView, pod: Obj, part: Refusal) -> bool:
    if part.why is Why.TAINT:
        return taint_key(part.detail) in CONTROL_PLANE
    fitting = any(fits_selector(pod, n) for n in nodes(view) or [])
    return part.why is Why.SELECTOR and (fitting or bool(pinned_node(pod)))


def _with_taint_names(view: ClusterView, one: Stuck) -> list[Refusal]:
    """The refusals, with taints that some versions leave unnamed looked up on the nodes."""
    parts = list(one.verdict.refusals)
    known = nodes(view)
    if known is None or not any(r.why is Why.TAINT and not r.detail for r in parts):
        return parts
    named: dict[str, int] = {}
    for node in known:
        bad = [] if cordoned(node) else untolerated(one.pod, node)
        if bad:
            value = f"={bad[0]['value']}" if bad[0].get("value") else ""
            named[f"{bad[0].get('key')}{value}"] = named.get(f"{bad[0].get('key')}{value}", 0) + 1
    found: list[Refusal] = []
    for part in parts:
        if part.why is Why.TAINT and not part.detail and named:
            found += [Refusal(Why.TAINT, count, key, part.words) for key, count in sorted(named.items())]
        else:
            found.append(part)
    return found


def _helpers(view: ClusterView, pod: Obj) -> tuple[tuple[Obj, ...], tuple[Obj, ...]]:
    """(nodes in trouble, cordoned nodes) that the pod's own constraints would allow."""
    pinned = pinned_node(pod)
    known = [n for n in nodes(view) or [] if not pinned or n.name == pinned]
    ill, closed = [], []
    for node in known:
        if not fits_selector(pod, node) or not all(reaches(v, node) for v in volumes_of(view, pod)):
            continue
        keys = {str(t.get("key")) for t in untolerated(pod, node)}
        if keys and keys <= NODE_TROUBLE:
            ill.append(node)
        elif cordoned(node) and not keys:
            closed.append(node)
    return tuple(ill), tuple(closed)


def _beside_volume(view: ClusterView, pod: Obj, parts: list[Refusal]) -> list[Refusal]:
    """Where some node can reach the volumes, what keeps the pod off that node is the matter.

    Nodes out of the volume's reach pass every earlier filter and so report a later reason than the one
    node that counts.
    """
    known, volumes = nodes(view), volumes_of(view, pod)
    if not known or not volumes:
        return parts
    near = [n for n in known if all(reaches(v, n) for v in volumes)]
    if not near:
        return parts
    wanted: set[Why]
    if any(n in candidates(pod, near) for n in near):
        wanted = {Why.RESOURCE, Why.PODS, Why.PORTS, Why.VOLUME_LIMIT}
    elif any(not cordoned(n) and fits_selector(pod, n) for n in near):
        wanted = {Why.TAINT}
    else:
        return parts
    return [r for r in parts if r.why in wanted] or parts
