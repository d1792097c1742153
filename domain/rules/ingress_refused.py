"""An Ingress whose controller tried and failed to make what serves it: a cloud's load balancer, as a rule.

Controllers say so in warnings about the Ingress: `FailedDeployModel` and `FailedBuildModel` (AWS), `Sync`
(GKE), `FailedReconcile`; their words differ, and any warning that lasts counts while there is no address.
"""

from __future__ import annotations

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.rules.grouping import fresh
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.remedies import check, describe, escalate
from kubetriage.domain.rules.wording import fitting, grounded, telling
from kubetriage.domain.view import ClusterView


def balancer_refused(view: ClusterView, ingress: Obj) -> Finding | None:
    """What the controller said last of why an Ingress without an address has none."""
    event = next((e for e in view.events(ingress.ref) if e.warning and fresh(view, e.last)), None)
    if event is None:
        return None
    words = telling(event.message, 150)
    return Finding(
        rule="ingress.refused",
        category="ingress",
        role=Role.CAUSE,
        subject=ingress.ref,
        culprit=ingress.ref,
        statement=fitting(
            lambda room: say(
                "Ingress {i} has no address: its controller fails to set it up ({r}): “{w}”.",
                "Ingress {i} 没有地址：其控制器未能完成配置（{r}）：“{w}”。",
                i=ingress.name, r=event.reason, w=telling(event.message, room + 50),
            )
        ),
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        cites=(ingress.cite, event.cite),
        quotes=(event.reason, *grounded(event.message, words)),
        since=event.first,
        remedies=(
            escalate(
                say("Have whoever runs the Ingress controller look at it", "请 Ingress 控制器的管理者处理"),
                say("They need the message above: rights of the controller's cloud role, quotas, subnets, "
                    "certificates and the Ingress's annotations are the usual reasons.",
                    "请提供上述消息；常见原因是控制器云角色的权限、配额、子网、证书或 Ingress 的注解。"),
            ),
            check(
                say("See the Ingress and its events", "查看该 Ingress 及其事件"),
                say("Its annotations tell the controller what to make.", "注解决定控制器创建什么。"),
                describe(ingress.ref),
            ),
        ),
    )  # fmt: skip
