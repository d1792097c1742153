"""Nodes that an autoscaler ordered for a pod and that do not come: the cloud has none, or a limit is met.

A pod that waits for a node of its own is refused by every node that is there; the label it asks for, or the
room, is what the new node would bring. Karpenter says `Nominated` and keeps a NodeClaim, the cluster
autoscaler `TriggeredScaleUp`; what fails then is told about the pod, the NodeClaim, or the autoscaler's
own ConfigMap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kubetriage.domain.custom_kinds import custom_kind
from kubetriage.domain.custom_state import ills
from kubetriage.domain.events import EventRecord
from kubetriage.domain.evidence import FailureKind, get, list_of
from kubetriage.domain.finding import Finding, Likelihood, Specificity, Want
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text, text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.grouping import fresh
from kubetriage.domain.rules.node_pools import orders_of, pool_for
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.remedies import check, describe, escalate
from kubetriage.domain.rules.scheduling_finding import see_nodes, template_change, unschedulable
from kubetriage.domain.rules.scheduling_growth import autoscaler_refuses
from kubetriage.domain.rules.scheduling_reasons import Why
from kubetriage.domain.rules.scheduling_stuck import Case
from kubetriage.domain.rules.wording import grounded, short, telling
from kubetriage.domain.view import ClusterView

_CLAIM = re.compile(r"\bnodeclaim/(?P<name>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)")
_FAILS = ("FailedScaleUp", "ScaleUpFailed", "ScaleUpTimedOut", "FailedToScaleUpGroup", "ProvisionNodeFailed")
STATUS = resource("ConfigMap", "kube-system", "cluster-autoscaler-status")
"""What the cluster autoscaler writes its events about that are of no single pod."""
_NEW_NODE_HELPS = frozenset({
    Why.SELECTOR, Why.RESOURCE, Why.PODS, Why.TAINT, Why.SPREAD, Why.ANTI_AFFINITY, Why.PORTS,
})  # fmt: skip


class Failed(NamedTuple):
    """What says that the node does not come."""

    message: str
    cite: str
    order: Resource | None
    """The NodeClaim, if there is one."""


def ordered(view: ClusterView, pod: Obj) -> EventRecord | None:
    """The latest word that a node is made for the pod."""
    told = [
        *(e for e in view.events(pod.ref, "Nominated") if _CLAIM.search(e.message)),
        *view.events(pod.ref, "TriggeredScaleUp"),
    ]
    return next((e for e in told if fresh(view, e.last)), None)


def _claims(view: ClusterView, pod: Obj) -> list[Resource]:
    """The NodeClaims named for the pod, in the newest version that the cluster has not disowned."""
    custom = custom_kind("NodeClaim")
    named = [m["name"] for e in view.events(pod.ref, "Nominated") if (m := _CLAIM.search(e.message))]
    found: list[Resource] = []
    for name in dict.fromkeys(named[:2]):
        for version in custom.api_versions if custom is not None else ():
            ref = resource("NodeClaim", "", name, version)
            failure = view.failure(get(ref))
            if failure is None or failure.kind is not FailureKind.UNSUPPORTED:
                found.append(ref)
                break
    return found


def orders_read(view: ClusterView, pod: Obj) -> Iterator[Want]:
    """What says how the order goes."""
    said = ordered(view, pod)
    if said is None:
        return
    why = text(
        "why the node ordered for Pod {p} does not come", "为 Pod {p} 新增的节点为何没有就绪", p=pod.name
    )
    claims = _claims(view, pod)
    for ref in claims:
        yield Want(read=get(ref), about=pod.ref, why=why)
    chosen = "involvedObject.kind=NodeClaim"
    if not claims:
        chosen = f"involvedObject.kind=ConfigMap,involvedObject.name={STATUS.name}"
    where = "default" if claims else STATUS.namespace
    yield Want(read=list_of("Event", where, fields=chosen), about=pod.ref, why=why)


def _failed(view: ClusterView, pod: Obj, pool: Obj | None) -> Failed | None:
    for event in view.events(pod.ref, *_FAILS):
        if fresh(view, event.last):
            return Failed(event.message, event.cite, None)
    if ordered(view, pod) is None and pool is None:
        return None
    refusal = autoscaler_refuses(view, pod) if pool is not None else None
    if refusal is not None:
        return Failed(refusal.message, refusal.cite, None)
    claims = _claims(view, pod)
    ordered_ = [o for o in (view.find(c) for c in claims) if o is not None]
    for obj in (*ordered_, *orders_of(view, pool)):
        ill = next((i for i in ills(obj, view.now) if i.stated and i.message), None)
        if ill is not None:
            return Failed(ill.message, obj.cite, obj.ref)
    told = [e for e in view.all_events if e.warning and fresh(view, e.last) and _of_order(e, claims)]
    told.sort(key=lambda e: e.about not in claims)
    return Failed(told[0].message, told[0].cite, None) if told else None


def _of_order(event: EventRecord, claims: list[Resource]) -> bool:
    """Whether it is about a NodeClaim (a claim that fails is deleted and ordered anew under another name)."""
    if claims:
        return event.about.kind == "NodeClaim" and bool(
            re.search(r"insufficient|fail|error", event.reason, re.I)
        )
    return event.about.name == STATUS.name and event.reason in _FAILS


def _why(case: Case, failed: Failed | None, said: EventRecord | None, pool: Obj | None) -> Text:
    words = short("; ".join(r.words for r in case.decision.chosen), 60)
    if failed is not None:
        return say(
            "no node that is there takes it (“{w}”), and the one ordered for it does not come: “{m}”",
            "现有节点都不能运行它（“{w}”），而为它新增的节点未能就绪：“{m}”",
            w=words, m=telling(failed.message, 120),
        )  # fmt: skip
    if said is not None:
        return say(
            "no node that is there takes it (“{w}”); one was ordered for it and has not come yet: “{m}”",
            "现有节点都不能运行它（“{w}”）；已为它新增节点，但尚未就绪：“{m}”",
            w=words, m=short(said.message, 90),
        )  # fmt: skip
    return say(
        "no node that is there takes it (“{w}”); NodePool {n} would make one that does, and none has come",
        "现有节点都不能运行它（“{w}”）；NodePool {n} 可以提供合适的节点，但尚未就绪",
        w=words, n=pool.name if pool is not None else "",
    )  # fmt: skip


def node_awaited(view: ClusterView, case: Case) -> Finding | None:
    """The pod waits for a node that was ordered for it; None if none was, or if room is the matter."""
    if case.decision.why not in _NEW_NODE_HELPS:
        return None
    by_label = case.decision.why is Why.SELECTOR
    pool, said = pool_for(view, case.pod) if by_label else None, ordered(view, case.pod)
    failed = _failed(view, case.pod, pool)
    if failed is None and ((said is None and pool is None) or not by_label):
        return None
    why = _why(case, failed, said, pool)
    work = case.group.workload
    claim = failed.order if failed is not None else None
    device = any("/" in r.detail for r in case.decision.chosen if r.why is Why.RESOURCE)
    message = failed.message if failed is not None else said.message if said is not None else ""
    cites = (failed.cite if failed is not None else "", said.cite if said is not None else "",
             pool.cite if pool is not None else "")  # fmt: skip
    return unschedulable(
        case,
        "node-not-made",
        "insufficient-gpu" if device else "insufficient-resources",
        why,
        culprit=claim or case.group.culprit,
        likelihood=Likelihood.HIGH if failed is not None else Likelihood.MEDIUM,
        specificity=Specificity.EXACT,
        cites=(c for c in cites if c),
        quotes=grounded(message, telling(message, 120)),
        remedies=(
            escalate(
                say("Have whoever runs the node pools look at it", "请节点池的管理者处理"),
                say("Where the cloud has no such machines: allow more instance types or zones in the "
                    "pool, or reserve some. Where a quota or limit is reached: have it raised.",
                    "若云上没有该规格的机器：在节点池中允许更多机型或可用区，或预留容量；"
                    "若达到配额或上限：申请提高。"),
            ),
            *([check(say("See what the order says", "查看节点申请的状态"),
                     say("Its conditions repeat the cloud's answer.", "其状态条件会重复云的应答。"),
                     describe(claim))] if claim is not None and view.find(claim) is not None else []),
            *([template_change(view, case, say("Or let {k} {n} ask for less",
                                               "或减小 {k} {n} 的请求", k=work.kind, n=work.name),
                               say("So that a node that is there can take it.", "使现有节点能够容纳它。"))]
              if case.decision.why is Why.RESOURCE else []),
            see_nodes(view),
        ),
    )  # fmt: skip
