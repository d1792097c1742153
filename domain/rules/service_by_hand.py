"""Services without a selector: their endpoints are written by hand, or by a controller of somebody else's.

Where the slices hold no endpoint, whoever calls the Service is refused, and no pod of the cluster tells why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.listing import list_endpoints
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import listed
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

NAME = "kubernetes.io/service-name"


def by_hand(service: Obj) -> bool:
    """Whether somebody else than Kubernetes writes the Service's endpoints."""
    external = service.text("spec", "type") == "ExternalName"
    return not external and not service.mapping("spec", "selector")


def nobody_written(view: ClusterView) -> Iterator[Finding]:
    """A Service looked at that has neither a selector nor an endpoint that is ready."""
    for service in view.objects("Service"):
        if not view.looked_at(service.ref) or not by_hand(service):
            continue
        if view.has_ready_endpoints(service) is not False:
            continue
        slices = [s for s in view.objects("EndpointSlice", service.namespace)
                  if s.labels.get(NAME) == service.name]  # fmt: skip
        read = list_of("EndpointSlice", service.namespace, labels=f"{NAME}={service.name}")
        cite = read.key if view.asked(read) else view.complete_list("EndpointSlice", service.namespace)
        kept = listed([s.name for s in slices], 2)
        yield Finding(
            rule="service.nobody-written",
            category="selector-mismatch",
            role=Role.CAUSE,
            subject=service.ref,
            culprit=service.ref,
            statement=say(
                "Service {s} has no selector, so its endpoints are written by hand, and {w}.",
                "Service {s} 没有 selector，其端点需手工维护，而{w}。",
                s=service.name,
                w=say("none of EndpointSlice {k} is ready", "EndpointSlice {k} 中没有就绪的端点", k=kept)
                if slices
                else Text(en="no EndpointSlice is kept for it", zh="没有为它维护的 EndpointSlice"),
            ),
            likelihood=Likelihood.HIGH,
            specificity=Specificity.NAMED,
            cites=(service.cite, *((cite,) if cite else ()), *(s.cite for s in slices[:2])),
            quotes=(service.name,),
            remedies=(
                remedies.change(
                    say("Write the endpoints of Service {s}, or give it a selector",
                        "为 Service {s} 写入端点，或设置 selector", s=service.name),
                    remedies.with_note(
                        say("An EndpointSlice with the label {l}={s} holds the addresses that it stands for; "
                            "ask whoever keeps it why they are gone.",
                            "带标签 {l}={s} 的 EndpointSlice 保存其地址；请向维护者确认它们为何消失。",
                            l=NAME, s=service.name), service),
                    *(remedies.mutate(f"kubectl edit {remedies.target(s.ref)}") for s in slices[:1]),
                ),
                remedies.check(
                    say("See its endpoints", "查看其端点"),
                    say("They are what callers reach; the Service itself sends nothing on.",
                        "调用者到达的就是这些地址；Service 本身不转发任何内容。"),
                    remedies.describe(service.ref),
                    *list_endpoints(view, service.namespace, service.name),
                ),
            ),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (nobody_written,)
