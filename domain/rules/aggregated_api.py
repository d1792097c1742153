"""Aggregated APIs (APIService) that the API server cannot reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import pod_ready
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.remedies import describe, escalate, see_yaml
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def unavailable(view: ClusterView) -> Iterator[Finding]:
    """An APIService looked at whose Available condition is false: its reason, and the Service behind it."""
    for found in view.objects("APIService"):
        state = found.conditions().get("Available")
        if not view.looked_at(found.ref) or state is None or state.status != "False":
            continue
        name, where = found.text("spec", "service", "name"), found.text("spec", "service", "namespace")
        service = resource("Service", where, name)
        absent = bool(name) and view.is_absent(service)
        backs = view.find(service) if name else None
        ill = [p.ref for p in view.pods_behind(backs) if not pod_ready(p)] if backs is not None else []
        what = (
            say("its Service {s} does not exist", "其 Service {s} 不存在", s=f"{where}/{name}")
            if absent
            else say("{r}: “{m}”", "{r}：“{m}”", r=state.reason, m=short(state.message, 120))
        )
        yield Finding(
            rule="apiservice.unavailable",
            category="version-skew",
            role=Role.CAUSE,
            subject=found.ref,
            culprit=found.ref,
            statement=stated("The aggregated API {a} is not available: {w}.", "聚合 API {a} 不可用：{w}。",
                             a=found.name, w=what),
            likelihood=Likelihood.HIGH,
            specificity=Specificity.EXACT if absent else Specificity.NAMED,
            waits_on=(service, *ill) if name and not absent else (),
            cites=(found.cite, *([backs.cite] if backs is not None else [])),
            quotes=quotable(state.reason),
            since=state.since,
            remedies=(
                escalate(
                    say("Ask the owner of the component behind {a}",
                        "联系 {a} 背后组件的负责人", a=found.name),
                    say("Its Service must have ready pods and a certificate that the API server accepts.",
                        "其 Service 必须有就绪的 Pod，且证书被 API 服务器信任。"),
                    see_yaml(found.ref),
                    *([describe(service)] if backs is not None else []),
                ),
            ),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (unavailable,)
