"""What changed around a workload: conditions that turned, nodes that restarted, policies that appeared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding
from kubetriage.domain.kube import Condition, Obj, selects
from kubetriage.domain.rules.change_words import changed, timed
from kubetriage.domain.rules.changes_configuration import CONFIGURATION_RULES
from kubetriage.domain.rules.changes_scaling import scalers_of
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.revisions import KINDS, changing
from kubetriage.domain.rules.timeline import began, in_window
from kubetriage.domain.rules.wording import named, quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

# ---- conditions


def turned(view: ClusterView) -> Iterator[Finding]:
    """A condition of a node, workload or autoscaler that turned bad: it marks when the trouble began.

    A workload's availability only before the alert: in a crash loop it comes and goes.
    """
    for obj, bad in _watched(view):
        for kind, wrong in bad.items():
            found = obj.conditions().get(kind)
            if found is None or not _is(found, wrong) or not _telling(view, obj, found.since):
                continue
            because = say(", {r}", "，原因 {r}", r=found.reason) if found.reason else NOTHING
            what = say(
                "{o}: {k} turned {s}{b}", "{o} 的 {k} 变为 {s}{b}",
                o=named(obj.ref), k=kind, s=found.status, b=because,
            )  # fmt: skip
            statement = stated("{h}.", "{h}。", h=timed(view, found.since, what))
            quotes = quotable(kind, found.reason)
            yield changed("turned", obj.ref, statement, found.since, obj.cite, quotes=quotes)


def _telling(view: ClusterView, obj: Obj, at: datetime | None) -> bool:
    """Whether the time of a turn says when something began: not that an object was new."""
    if at is None or not in_window(view, at):
        return False
    if obj.created is not None and at - obj.created < _NEW:
        return False
    return obj.ref.kind not in KINDS or at <= began(view)


_NEW = timedelta(minutes=1)


def _is(found: Condition, wrong: str) -> bool:
    """Whether a condition has the bad status; for one that should be True, Unknown is bad too."""
    return found.status == wrong or (wrong == "False" and found.status == "Unknown")


_OF_NODE = dict.fromkeys(("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"), "True")
_OF_NODE["Ready"] = "False"
_OF_SCALER = {"AbleToScale": "False", "ScalingActive": "False", "ScalingLimited": "True"}
_OF_WORKLOAD = {"Available": "False"}


def _watched(view: ClusterView) -> Iterator[tuple[Obj, dict[str, str]]]:
    for node in nodes_of(view):
        yield node, _OF_NODE
    for obj in changing(view):
        yield obj, _OF_WORKLOAD
        for scaler in scalers_of(view, obj):
            yield scaler, _OF_SCALER


def nodes_of(view: ClusterView) -> list[Obj]:
    """The nodes that were looked at and the alert's own."""
    return [n for n in view.objects("Node") if view.looked_at(n.ref)]


_OF_NODES = {
    "Rebooted": ("was rebooted", "被重启"),
    "NodeNotSchedulable": ("was cordoned", "被设为不可调度"),
    "NodeSchedulable": ("was uncordoned", "恢复为可调度"),
}
"""Reasons of kubelet's events that tell of something done to the node."""


def done_to_node(view: ClusterView) -> Iterator[Finding]:
    """A node that was rebooted, cordoned or uncordoned."""
    for node in nodes_of(view):
        for event in view.events(node.ref, *_OF_NODES):
            if not in_window(view, event.last):
                continue
            en, zh = _OF_NODES[event.reason]
            what = say(f"{{o}} {en}", f"{{o}} {zh}", o=named(node.ref))
            statement = stated("{h}.", "{h}。", h=timed(view, event.last, what))
            yield changed("node", node.ref, statement, event.last, event.cite, quotes=(event.reason,))


# ---- objects that were not there before

_TOGETHER = timedelta(minutes=10)
"""What is made within this time of its workload came with it."""
_POLICIES = ("NetworkPolicy", "ResourceQuota", "LimitRange")
_LOOKED_AT = (
    "ConfigMap", "Service", "Ingress", "PodDisruptionBudget", "HorizontalPodAutoscaler",
    "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "PriorityClass", "StorageClass",
    "Node",
)  # fmt: skip
MAX_CREATED = 8


def appeared(view: ClusterView) -> Iterator[Finding]:
    """A policy, quota, webhook or other object that governs the workload and was made near the alert."""
    concerned = changing(view)
    found: list[Obj] = []
    for kind in _POLICIES:
        found += [
            o for o in view.objects(kind) if in_window(view, o.created) and _governs(view, o, concerned)
        ]
    for kind in _LOOKED_AT:
        found += [o for o in view.objects(kind) if in_window(view, o.created) and view.looked_at(o.ref)]
    for obj in [o for o in found if not _came_with(o, concerned)][:MAX_CREATED]:
        if obj.created is None:
            continue
        what = say("{o} was created", "{o} 被创建", o=str(obj.ref) if obj.namespace else named(obj.ref))
        statement = stated("{h}.", "{h}。", h=timed(view, obj.created, what))
        yield changed("created", obj.ref, statement, obj.created, obj.cite)


def _governs(view: ClusterView, policy: Obj, concerned: list[Obj]) -> bool:
    """Whether a namespaced policy has to do with the alert's object or a workload in question."""
    primary = view.primary
    if view.looked_at(policy.ref) or (
        primary is not None and primary.kind == "Namespace" and policy.namespace == primary.name
    ):
        return True
    near = [o for o in concerned if o.namespace == policy.namespace]
    if policy.ref.kind != "NetworkPolicy":
        return bool(near) or (primary is not None and primary.namespace == policy.namespace)
    chosen = policy.mapping("spec", "podSelector")
    labels = [{str(k): str(v) for k, v in o.mapping(*_TEMPLATE_LABELS).items()} for o in near]
    return any(not chosen or selects(chosen, one) for one in labels)


_TEMPLATE_LABELS = ("spec", "template", "metadata", "labels")


def _came_with(obj: Obj, concerned: list[Obj]) -> bool:
    return any(
        o.created is not None and obj.created is not None and abs(o.created - obj.created) <= _TOGETHER
        for o in concerned
        if not obj.namespace or o.namespace == obj.namespace
    )


SURROUNDING_RULES: tuple[Rule, ...] = (turned, done_to_node, appeared, *CONFIGURATION_RULES)
