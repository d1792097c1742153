"""Nodes that are not ready, under pressure or closed; evictions and failing sandboxes have own files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, containers, pod_settled, when
from kubetriage.domain.language import Text
from kubetriage.domain.relations.node import agents_on, heartbeat
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import evicted, sandbox
from kubetriage.domain.rules.evicted import evicted_by_pressure, greediest
from kubetriage.domain.rules.grouping import focus_pods
from kubetriage.domain.rules.node_notes import leaving, reclaims
from kubetriage.domain.rules.node_remedies import not_ready_remedies, pressure_remedies
from kubetriage.domain.rules.node_words import Ill, Meaning, also, meaning, pressures, problems
from kubetriage.domain.rules.phrases import NOTHING, aside, joined, say
from kubetriage.domain.rules.scheduling_closed import uncordon
from kubetriage.domain.rules.times import moment, since
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def _nodes(view: ClusterView) -> list[Obj]:
    return [n for n in view.objects("Node") if view.looked_at(n.ref)]


# ---- not ready


def not_ready(view: ClusterView) -> Iterator[Finding]:
    """A node whose Ready condition is False or Unknown, with the meaning of its message."""
    for node in _nodes(view):
        ready = node.conditions().get("Ready")
        if ready is None or ready.status == "True":
            continue
        why = meaning(ready)
        heard, cite = _last_heard(view, node) if why.ill is Ill.SILENT else (NOTHING, "")
        agents = [a for a in agents_on(view, node.name) if not pod_settled(a)]
        waits = tuple(a.ref for a in agents if view.looked_at(a.ref)) if why.ill is Ill.NETWORK else ()
        quote = NOTHING if why.ill is Ill.SILENT else aside(why.quote)
        yield Finding(
            rule=f"node.{why.ill.value}",
            category="cni" if why.ill is Ill.NETWORK else "node-not-ready",
            role=Role.CAUSE,
            subject=node.ref,
            culprit=node.ref,
            statement=say(
                "Node {n} is not ready{since}: {why}{quote}{heard}{also}{others}.",
                "节点 {n} {since}未就绪：{why}{quote}{heard}{also}{others}。",
                n=node.name,
                since=since(view, ready.since),
                why=why.says,
                quote=quote,
                heard=heard,
                also=also(node),
                others=joined([leaving(view, node), _others(view, node, ready.status)], "", ""),
            ),
            specificity=Specificity.EXACT if why.ill is Ill.SILENT else Specificity.NAMED,
            explains=_stuck(view, node, why),
            waits_on=waits,
            cites=(node.cite, *((cite,) if cite else ()), *(a.cite for a in agents[:2])),
            quotes=quotable(why.quote),
            since=ready.since,
            remedies=not_ready_remedies(view, node, why.ill),
        )


def _last_heard(view: ClusterView, node: Obj) -> tuple[Text, str]:
    """The last sign of life: the Lease, which is renewed most often, else the condition's heartbeat."""
    lease = view.find(heartbeat(node.name))
    at = when(lease.at("spec", "renewTime")) if lease is not None else None
    if at is None:
        beats = [when(c.get("lastHeartbeatTime")) for c in node.items("status", "conditions")]
        at = max((b for b in beats if b is not None), default=None)
    cite = lease.cite if lease is not None else ""
    if at is None:
        return NOTHING, cite
    return say("; last heard of at {t}", "；最后一次心跳在 {t}", t=moment(view, at)), cite


def _others(view: ClusterView, node: Obj, status: str) -> Text:
    """That other nodes are in the same state, which speaks for the network or the control plane."""
    if view.complete_list("Node", "") is None:
        return NOTHING
    every = view.objects("Node")
    same = [n for n in every if (c := n.conditions().get("Ready")) is not None and c.status == status]
    if len(same) < 2:
        return NOTHING
    return say(
        "; {k} of {n} nodes are in this state", "；{n} 个节点中有 {k} 个如此", k=len(same), n=len(every)
    )


def _stuck(view: ClusterView, node: Obj, why: Meaning) -> tuple[Resource, ...]:
    """The pods looked at whose own statements this explains: what a silent kubelet said last is outdated, and
    without network or runtime nothing starts."""
    found = []
    for pod in focus_pods(view):
        if pod.text("spec", "nodeName") != node.name:
            continue
        states = containers(pod)
        never_started = all(not s.running and not s.last_terminated for s in states)
        was_well = all(s.running or s.init for s in states)
        if never_started or (was_well and why.ill in (Ill.SILENT, Ill.NEVER)):
            found.append(pod.ref)
    return tuple(found)


# ---- pressure


def pressure(view: ClusterView) -> Iterator[Finding]:
    """A node that runs out of memory, disk or process ids, and whom it evicted."""
    for node in _nodes(view):
        held = pressures(node)
        ready = node.conditions().get("Ready")
        if not held or (ready is not None and ready.status != "True"):
            continue  # a node that is not ready says both in one sentence
        gone = evicted_by_pressure(view, node.name)
        first = min((c.since for c in held if c.since is not None), default=None)
        yield Finding(
            rule="node.pressure",
            category="node-pressure",
            role=Role.CAUSE if _concerned(view, node, gone) else Role.HINT,
            subject=node.ref,
            culprit=node.ref,
            statement=say(
                "Node {n} reports {kinds}{since}: {messages}{evicted}.",
                "节点 {n} {since}报告 {kinds}：{messages}{evicted}。",
                n=node.name,
                kinds=", ".join(c.type for c in held),
                since=since(view, first),
                messages="; ".join(
                    [*(f"“{c.message}”" for c in held[:2]), *reclaims(view, node, whole=not gone)]
                ),
                evicted=_evictions(gone),
            ),
            explains=tuple(p.ref for p in gone),
            cites=(node.cite, *(p.cite for p in gone[:3])),
            quotes=quotable(*(c.message for c in held[:2])),
            since=first,
            remedies=pressure_remedies(view, node, [c.type for c in held], gone),
        )


def _concerned(view: ClusterView, node: Obj, gone: list[Obj]) -> bool:
    """Whether the pressure can be what the alert is about: a pod that merely runs there has other troubles.

    A node that was read though no pod looked at runs on it was read because of the pressure's taint.
    """
    if view.primary is None or view.primary == node.ref:
        return True
    here = [p for p in focus_pods(view) if p.text("spec", "nodeName") == node.name]
    return not here or any(p in here for p in gone)


def _evictions(gone: list[Obj]) -> Text:
    if not gone:
        return NOTHING
    count = say("; it evicted {k} pod(s)", "；已驱逐 {k} 个 Pod", k=len(gone))
    most = greediest(gone)
    if most is None:
        return say("{c}, {p} among them", "{c}，其中有 {p}", c=count, p=gone[0].name)
    pod, told = most
    return say(
        "{c}, among them {p}, whose container {container} used {usage} of {what} (request {request})",
        "{c}，其中 {p} 的容器 {container} 使用了 {usage} 的 {what}（请求值 {request}）",
        c=count,
        p=pod.name,
        container=told.container,
        usage=told.usage,
        what=told.what,
        request=told.request or "0",
    )


# ---- network not set up, and what a problem detector found


def problem(view: ClusterView) -> Iterator[Finding]:
    """A ready node without routes, or with a problem that node-problem-detector reports."""
    for node in _nodes(view):
        conditions = node.conditions()
        ready, network = conditions.get("Ready"), conditions.get("NetworkUnavailable")
        held = problems(node) + ([network] if network is not None and network.status == "True" else [])
        if not held or ready is None or ready.status != "True":
            continue
        first = min((c.since for c in held if c.since is not None), default=None)
        network_only = all(c.type == "NetworkUnavailable" for c in held)
        yield Finding(
            rule="node.problem",
            category="cni" if network_only else "node-hardware",
            role=Role.CAUSE if view.primary in (None, node.ref) else Role.HINT,
            subject=node.ref,
            culprit=node.ref,
            statement=say(
                "Node {n} reports {kinds}{since}: {messages}.",
                "节点 {n} {since}报告 {kinds}：{messages}。",
                n=node.name,
                kinds=", ".join(c.type if c.status == "True" else f"{c.type}={c.status}" for c in held),
                since=since(view, first),
                messages="; ".join(f"“{short(c.message, 80)}”" for c in held[:2]),
            ),
            cites=(node.cite,),
            quotes=quotable(*(short(c.message, 80) for c in held[:2])),
            since=first,
            remedies=not_ready_remedies(view, node, Ill.NETWORK if network_only else Ill.OTHER),
        )


# ---- cordoned


def cordoned(view: ClusterView) -> Iterator[Finding]:
    """The alert's node is well but closed for new pods.

    Pods that wait for such a node are told of by the scheduling rules. Where the alert's labels name another
    condition of the node (`condition="Ready"`), that it is closed is a fact beside the point.
    """
    for node in _nodes(view):
        ready = node.conditions().get("Ready")
        well = ready is not None and ready.status == "True" and not pressures(node)
        if node.ref != view.primary or node.at("spec", "unschedulable") is not True or not well:
            continue
        named = view.alert.labels.get("condition", "")
        yield Finding(
            rule="node.cordoned",
            category="node-cordoned",
            role=Role.HINT if named else Role.CAUSE,
            subject=node.ref,
            culprit=node.ref,
            statement=say(
                "Node {n} is ready but cordoned (unschedulable){since}: no new pod is placed on it.",
                "节点 {n} 就绪，但{since}已被 cordon（unschedulable）：不会再有新 Pod 调度到该节点。",
                n=node.name,
                since=since(view, _cordoned_at(node)),
            ),
            likelihood=Likelihood.MEDIUM,
            cites=(node.cite,),
            quotes=("unschedulable",),
            since=_cordoned_at(node),
            remedies=uncordon([node.name]),
        )


def _cordoned_at(node: Obj) -> datetime | None:
    for taint in node.items("spec", "taints"):
        if taint.get("key") == "node.kubernetes.io/unschedulable":
            return when(taint.get("timeAdded"))
    return None


RULES: tuple[Rule, ...] = (not_ready, pressure, problem, cordoned, *evicted.RULES, *sandbox.RULES)
