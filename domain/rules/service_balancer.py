"""Services of type LoadBalancer that get no address from outside: what their controller says.

The cloud controller writes `SyncLoadBalancerFailed`, others have reasons of their own (`AllocationFailed` of
MetalLB, `FailedBuildModel` of AWS): any warning about the Service itself counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.rules.grouping import fresh
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.remedies import check, describe, escalate
from kubetriage.domain.rules.wording import grounded, telling
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_SOON = timedelta(minutes=5)
"""How long a load balancer may take to be made."""


def waits_for_balancer(view: ClusterView) -> Iterator[Finding]:
    """The Services looked at that have no external address, and why if it was said."""
    for service in view.objects("Service"):
        if not view.looked_at(service.ref) or service.text("spec", "type") != "LoadBalancer":
            continue
        young = service.created is not None and view.now - service.created < _SOON
        if not service.items("status", "loadBalancer", "ingress") and not young:
            yield _finding(view, service)


def _finding(view: ClusterView, service: Obj) -> Finding:
    event = next((e for e in view.events(service.ref) if e.warning and fresh(view, e.last)), None)
    words = telling(event.message, 130) if event is not None else ""
    why = (
        say("{r}: “{w}”", "{r}：“{w}”", r=event.reason, w=words)
        if event is not None
        else say("no controller has said anything about it", "没有控制器对它作过任何记录")
    )
    return Finding(
        rule="service.no-balancer",
        category="ingress",
        role=Role.CAUSE if event is not None else Role.SYMPTOM,
        subject=service.ref,
        culprit=service.ref,
        statement=stated(
            "Service {s} (type LoadBalancer) gets no load balancer and has no external address: {w}.",
            "Service {s}（类型 LoadBalancer）没有得到负载均衡器，没有外部地址：{w}。",
            s=service.name, w=why,
        ),
        likelihood=Likelihood.HIGH if event is not None else Likelihood.LOW,
        specificity=Specificity.EXACT if event is not None else Specificity.GENERAL,
        cites=(service.cite, *((event.cite,) if event is not None else ())),
        quotes=grounded(event.message, words) if event is not None else (),
        since=event.first if event is not None else None,
        remedies=(
            escalate(
                say("Have whoever runs the load balancers look at it", "请负载均衡的管理者查看"),
                say("They need the message above: subnets, quotas, address pools and annotations of the "
                    "Service are the usual reasons.",
                    "请提供上述消息；常见原因是子网、配额、地址池或 Service 的注解。"),
            ),
            check(
                say("See the Service and its events", "查看该 Service 及其事件"),
                say("Its annotations tell the controller what to make.", "注解决定控制器创建什么。"),
                describe(service.ref),
            ),
        ),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (waits_for_balancer,)
