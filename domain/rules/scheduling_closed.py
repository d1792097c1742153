"""Nodes that would take the pod but are cordoned or in trouble themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.remedies import change, check, escalate, mutate, read
from kubetriage.domain.rules.scheduling_finding import node_names, unschedulable
from kubetriage.domain.rules.scheduling_fit import free, nodes
from kubetriage.domain.rules.scheduling_reasons import Why, taint_key
from kubetriage.domain.rules.scheduling_room import roomy_closed
from kubetriage.domain.rules.scheduling_stuck import Case
from kubetriage.domain.view import ClusterView


def closed_nodes(view: ClusterView, case: Case) -> Iterator[Finding]:
    """Cordoned nodes, when nothing else is left or when they have the room that others lack."""
    if case.decision.why is Why.CORDONED:
        if nodes(view) is None:
            yield _cordoned(case, (), Likelihood.MEDIUM)
        else:
            yield _cordoned(case, case.decision.closed, Likelihood.HIGH)
        return
    names = [r.detail for r in case.decision.chosen if r.why is Why.RESOURCE]
    found = roomy_closed(view, case, names) if names else []
    if found:
        sure = all(free(view, n, name) is not None for n in found for name in names)
        yield _cordoned(case, found, Likelihood.HIGH if sure else Likelihood.MEDIUM, absorbs=sure)


def _cordoned(case: Case, found: Sequence[Obj], likelihood: Likelihood, absorbs: bool = False) -> Finding:
    names = [n.name for n in found]
    why = say(
        "{nodes}, which could run it, {is_} cordoned (unschedulable)",
        "可以运行它的 {nodes} 已被 cordon（禁止调度）",
        nodes=node_names(found, case.stuck.verdict.count(Why.CORDONED)),
        is_="is" if len(names) == 1 else "are",
    )
    return unschedulable(
        case,
        "cordoned",
        "node-cordoned",
        why,
        culprit=found[0].ref if found else None,
        likelihood=likelihood,
        specificity=Specificity.EXACT if absorbs else Specificity.NAMED,
        explains=(case.pod.ref,) if absorbs else (),
        cites=(n.cite for n in found[:3]),
        quotes=(names[0],) if names else ("unschedulable",),
        remedies=uncordon(names),
    )


def uncordon(names: Sequence[str]) -> tuple[Remedy, ...]:
    """Open nodes again, after asking who closed them."""
    commands = [mutate(f"kubectl uncordon {n}") for n in names[:3]] or [mutate("kubectl uncordon <node>")]
    opened = change(
        say("Uncordon the node once its maintenance is over", "维护结束后解除节点的 cordon"),
        say("Somebody closed it on purpose: ask before opening it.", "节点是被人为关闭的：解除前请先确认。"),
        *commands,
    )
    seen = check(
        say("See since when it is closed", "查看节点何时被关闭"),
        say("The taint's timeAdded is the time of the cordon.", "污点的 timeAdded 就是 cordon 的时间。"),
        *(read(f"kubectl get node {n} -o yaml") for n in names[:2]),
    )
    return (opened, seen) if names else (opened,)


def nodes_in_trouble(case: Case) -> Finding:
    """Only nodes with trouble of their own are left: theirs is the cause."""
    ill = case.decision.ill
    keys = sorted({taint_key(r.detail) for r in case.decision.chosen})
    why = say(
        "{nodes}, which could run it, carry the taint of a node in trouble ({keys})",
        "可以运行它的 {nodes} 带有故障节点的污点（{keys}）",
        nodes=node_names(ill, sum(r.nodes for r in case.decision.chosen)),
        keys=", ".join(keys),
    )
    unread = escalate(
        say("Ask the cluster's administrator to look at the nodes", "请集群管理员检查这些节点"),
        say("Their state could not be read here.", "这里无法读取节点的状态。"),
    )
    return unschedulable(
        case,
        "nodes-in-trouble",
        "node-not-ready",
        why,
        role=Role.SYMPTOM if ill else Role.CAUSE,
        culprit=ill[0].ref if ill else None,
        likelihood=Likelihood.HIGH if ill else Likelihood.MEDIUM,
        waits_on=tuple(n.ref for n in ill),
        cites=(n.cite for n in ill[:3]),
        quotes=keys[:1],
        remedies=() if ill else (unread,),
    )
