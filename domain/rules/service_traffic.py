"""Who calls a Service in vain, and a traffic policy that keeps callers to endpoints of their own node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.evidence import ReadKind
from kubetriage.domain.finding import Finding, Role, Specificity
from kubetriage.domain.kube import Obj, is_serving
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import signs
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import listed, quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_FAILS = frozenset({Sign.REFUSED, Sign.TIMEOUT, Sign.RESET, Sign.NO_ROUTE})


def callers_in_vain(view: ClusterView, service: Obj) -> list[tuple[Obj, str, Sign]]:
    """The pods whose log says that this Service refuses or does not answer: the log's citation, and how."""
    found = []
    named = re.compile(
        rf"(?<![\w.-]){re.escape(service.name)}(?:\.{re.escape(service.namespace)}[\w.]*)?(?![\w.-])"
    )
    address = service.text("spec", "clusterIP")
    for seen in view.observations:
        if seen.read.verb is not ReadKind.LOG or not seen.text:
            continue
        pod = view.find(resource("Pod", seen.read.namespace, seen.read.name))
        if pod is None:
            continue
        for sign in signs(seen.text):
            if sign.sign not in _FAILS:
                continue
            host = sign.values.get("host", "")
            here = pod.namespace == service.namespace or service.namespace in sign.record.whole
            if (address and host == address) or (here and named.search(sign.record.whole)):
                found.append((pod, seen.read.key, sign.sign))
                break
    return found


def kept_on_the_node(view: ClusterView) -> Iterator[Finding]:
    """`internalTrafficPolicy: Local` while the callers run on nodes without an endpoint of the Service."""
    for service in view.objects("Service"):
        local = service.text("spec", "internalTrafficPolicy") == "Local"
        if not local or not view.looked_at(service.ref) or not view.has_ready_endpoints(service):
            continue
        nodes = _nodes(view, service)
        cut_off = [c for c in callers_in_vain(view, service) if c[0].text("spec", "nodeName") not in nodes]
        if not nodes or not cut_off:
            continue
        pod, log, _ = cut_off[0]
        yield Finding(
            rule="service.traffic-policy",
            category="traffic-policy",
            role=Role.CAUSE,
            subject=service.ref,
            culprit=service.ref,
            statement=say(
                "Service {s} has internalTrafficPolicy Local and endpoints on {n} only: calls of Pod {p} "
                "on node {m} "
                "are dropped.",
                "Service {s} 的 internalTrafficPolicy 为 Local，端点只在 {n} 上：节点 {m} 上 Pod {p} "
                "的请求会被丢弃。",
                s=service.name,
                n=listed(sorted(nodes)),
                p=pod.name,
                m=pod.text("spec", "nodeName"),
            ),
            specificity=Specificity.EXACT,
            explains=(pod.ref,),
            cites=(service.cite, pod.cite, log, *(s.cite for s in _slices(view, service)[:1])),
            quotes=quotable("Local"),
            remedies=(
                remedies.change(
                    say("Let Service {s} use endpoints of all nodes", "让 Service {s} 使用所有节点的端点",
                        s=service.name),
                    remedies.with_note(
                        say("Or run a pod of it on every node that calls it (a DaemonSet).",
                            "或者在每个有调用方的节点上运行它的 Pod（DaemonSet）。"), service),
                    remedies.mutate(f"kubectl patch {remedies.target(service.ref)} --type merge "
                                    "-p '{\"spec\":{\"internalTrafficPolicy\":\"Cluster\"}}'"),
                ),
            ),
        )  # fmt: skip


def _slices(view: ClusterView, service: Obj) -> list[Obj]:
    return [
        s
        for s in view.objects("EndpointSlice", service.namespace)
        if s.labels.get("kubernetes.io/service-name") == service.name
    ]


def _nodes(view: ClusterView, service: Obj) -> set[str]:
    """The nodes that have a ready endpoint of a Service."""
    return {
        str(e["nodeName"])
        for s in _slices(view, service)
        for e in s.items("endpoints")
        if e.get("nodeName") and is_serving(e)
    }


RULES: tuple[Rule, ...] = (kept_on_the_node,)
