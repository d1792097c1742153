"""Pods that no node takes: each of the scheduler's reasons, gates, a silent scheduler, preemption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.phrases import given, say
from kubetriage.domain.rules.scheduling_awaited import node_awaited
from kubetriage.domain.rules.scheduling_closed import closed_nodes, nodes_in_trouble
from kubetriage.domain.rules.scheduling_devices import no_devices
from kubetriage.domain.rules.scheduling_finding import unschedulable
from kubetriage.domain.rules.scheduling_gang import other_words
from kubetriage.domain.rules.scheduling_others import apart, together
from kubetriage.domain.rules.scheduling_place import selector, tainted
from kubetriage.domain.rules.scheduling_reasons import Why
from kubetriage.domain.rules.scheduling_room import no_port, no_room, no_slots
from kubetriage.domain.rules.scheduling_stuck import Case, cases
from kubetriage.domain.rules.scheduling_unjudged import gated, node_absent, preempted, silent
from kubetriage.domain.rules.scheduling_volume import in_use, no_free_storage, out_of_reach, too_many_volumes
from kubetriage.domain.rules.wording import listed, short
from kubetriage.domain.view import ClusterView, claims_of

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def refused(view: ClusterView) -> Iterator[Finding]:
    """What the scheduler says against every node, one finding for each workload and reason."""
    for case in cases(view):
        if case.decision.trouble:
            yield nodes_in_trouble(case)
            continue
        yield from closed_nodes(view, case)
        awaited = node_awaited(view, case)
        if awaited is not None:
            yield awaited
        elif case.decision.why is not Why.CORDONED:
            yield from _BY_REASON[case.decision.why](view, case)


def _claim(view: ClusterView, case: Case) -> Iterator[Finding]:
    """Waits for its claims: the claim's trouble is the cause, unless there is no such claim."""
    claims = claims_of(case.pod)
    named = [r.detail for r in case.decision.chosen if r.detail]
    if named:
        ref = resource("PersistentVolumeClaim", case.pod.namespace, named[0])
        if "not found" in case.stuck.message and view.find(ref) is None:
            return  # `storage.claim-absent` says so
        waits = [ref]
    else:
        waits = [c for c in claims if not _bound(view, c)] or claims
    names = listed([c.name for c in waits], 2)
    if any((found := view.find(c)) is not None and found.deleted is not None for c in waits):
        why = say("it waits for PersistentVolumeClaim {names}, which is being deleted",
                  "正在等待 PersistentVolumeClaim {names}，该声明正在被删除", names=names)  # fmt: skip
    else:
        why = say("it waits for PersistentVolumeClaim {names}, which is not bound",
                  "正在等待 PersistentVolumeClaim {names}，该声明尚未绑定", names=names)  # fmt: skip
    yield _waiting(case, "unbound-claim", why, waits)


def _waiting(case: Case, rule: str, why: Text, waits: Sequence[Resource]) -> Finding:
    """That a pod waits for claims: their own trouble is the cause."""
    return unschedulable(
        case,
        rule,
        "pvc-unbound",
        why,
        role=Role.SYMPTOM,
        culprit=waits[0] if waits else None,
        waits_on=tuple(waits),
        quotes=(case.decision.chosen[0].words,),
    )


def _bound(view: ClusterView, claim: Resource) -> bool:
    found = view.find(claim)
    return found is not None and found.text("status", "phase") == "Bound"


def _no_volume(view: ClusterView, case: Case) -> Iterator[Finding]:
    """No PersistentVolume fits a claim that waits for its first consumer."""
    waits = [c for c in claims_of(case.pod) if not _bound(view, c)]
    if any("enough free storage" in r.words for r in case.decision.chosen):
        yield no_free_storage(view, case, waits)
        return
    why = say(
        "no PersistentVolume that fits its claim{names} can be used on any node",
        "没有节点可以使用与其声明{names}匹配的 PersistentVolume",
        names=given(" {v}", " {v}", waits and listed([c.name for c in waits], 2)),
    )
    yield _waiting(case, "no-volume", why, waits)


def _other(view: ClusterView, case: Case) -> Iterator[Finding]:
    words = short("; ".join(r.words for r in case.decision.chosen), 140)
    why = say("the scheduler says “{words}”", "调度器称 “{words}”", words=words)
    yield unschedulable(
        case,
        "refused",
        "insufficient-data",
        why,
        role=Role.SYMPTOM,
        likelihood=Likelihood.LOW,
        quotes=(words,),
        specificity=Specificity.GENERAL,
    )


_BY_REASON: dict[Why, Callable[[ClusterView, Case], Iterable[Finding]]] = {
    Why.CLAIM: _claim,
    Why.NODE_NAME: selector,
    Why.TAINT: tainted,
    Why.SELECTOR: selector,
    Why.PORTS: no_port,
    Why.RESOURCE: no_room,
    Why.PODS: no_slots,
    Why.IN_USE: in_use,
    Why.VOLUME_LIMIT: too_many_volumes,
    Why.VOLUME: out_of_reach,
    Why.NO_VOLUME: _no_volume,
    Why.SPREAD: apart,
    Why.ANTI_AFFINITY: apart,
    Why.AFFINITY: together,
    Why.EXISTING_ANTI_AFFINITY: together,
    Why.DEVICE: no_devices,
    Why.OTHER: _other,
}


RULES: tuple[Rule, ...] = (refused, other_words, gated, silent, node_absent, preempted)
