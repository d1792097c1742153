"""Who carries the calls of a node's pods: kube-proxy, the node's DNS cache and the agent of its network."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubetriage.domain.evidence import Read, get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, pod_ready
from kubetriage.domain.language import text
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.relations.base import FOCUS, Relation, closer
from kubetriage.domain.relations.node import AGENT
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.failed_calls import Call, failed_calls
from kubetriage.domain.rules.peers import Place
from kubetriage.domain.view import ClusterView

SYSTEM = "kube-system"
PROXY = re.compile(r"^kube-proxy")
DNS_CACHE = re.compile(r"^(?:node-?local-?dns|nodelocaldns|node-cache)")
_DROPPED = frozenset({Sign.TIMEOUT, Sign.NO_ROUTE, Sign.REFUSED})
"""How calls fail where nobody on the node carries them on."""


def of_node(node: str) -> Read:
    """The read of the pods of the system's namespace on a node."""
    return list_of("Pod", SYSTEM, fields=f"spec.nodeName={node}")


def carried(view: ClusterView) -> Iterator[Call]:
    """Failed calls that the node's agents should carry: lookups, and calls of a Service that has pods."""
    for call in failed_calls(view):
        if not call.pod.text("spec", "nodeName") or call.pod.at("spec", "hostNetwork") is True:
            continue
        if call.dns:
            yield call
        elif call.sign in _DROPPED and call.peer.place is Place.SERVICE and call.peer.ref is not None:
            service = view.find(call.peer.ref)
            if service is not None and any(pod_ready(p) for p in view.pods_behind(service)):
                yield call


def agents(view: ClusterView, call: Call) -> list[Obj]:
    """The pods on the caller's node that such a call depends on."""
    node = call.pod.text("spec", "nodeName")
    here = [p for p in view.pods_on(node) if p.namespace == SYSTEM and p.deleted is None]
    kinds = (PROXY, AGENT, DNS_CACHE) if call.dns else (PROXY, AGENT)
    return [p for p in here if any(kind.match(p.name) for kind in kinds)]


def around_calls(view: ClusterView) -> Iterator[Want]:
    """The agents on the callers' nodes, and a closer look at those that are not ready."""
    calls = list(carried(view))
    for node in sorted({c.pod.text("spec", "nodeName") for c in calls})[:FOCUS]:
        why = text("who carries the calls of the pods on node {n}", "节点 {n} 上由谁转发 Pod 的调用", n=node)
        yield Want(read=of_node(node), about=resource("Node", "", node), why=why)
    for call in calls:
        for pod in [a for a in agents(view, call) if not pod_ready(a)][:FOCUS]:
            why = text("carries the calls of Pod {p}", "转发 Pod {p} 的调用", p=call.pod.name)
            yield closer(view, of_node(call.pod.text("spec", "nodeName")), pod.ref, why)
            if pod.controller is not None:
                yield Want(read=get(pod.controller), about=pod.controller, why=why)


RELATIONS: tuple[Relation, ...] = (around_calls,)
