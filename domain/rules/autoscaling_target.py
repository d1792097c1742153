"""What findings about autoscalers have in common."""

from __future__ import annotations

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Condition, Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import KINDS, Resource, resource
from kubetriage.domain.rules.phrases import fit, say
from kubetriage.domain.rules.remedies import (
    check,
    describe,
)
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView


def scalers(view: ClusterView) -> list[Obj]:
    """The autoscalers looked at, and those of the workloads looked at."""
    found = view.objects("HorizontalPodAutoscaler")
    return [h for h in found if view.looked_at(h.ref) or view.looked_at(target_of(h))]


def target_of(found: Obj) -> Resource:
    kind = found.text("spec", "scaleTargetRef", "kind")
    version = "" if kind in KINDS else found.text("spec", "scaleTargetRef", "apiVersion")
    return resource(kind, found.namespace, found.text("spec", "scaleTargetRef", "name"), version)


def scaler_finding(
    found: Obj,
    rule: str,
    statement: Text,
    *,
    culprit: Resource,
    role: Role = Role.CAUSE,
    likelihood: Likelihood = Likelihood.HIGH,
    specificity: Specificity = Specificity.EXACT,
    waits_on: tuple[Resource, ...] = (),
    cites: tuple[str, ...] = (),
    quotes: tuple[str, ...],
    since: Condition | None = None,
    remedies: tuple[Remedy, ...],
) -> Finding:
    """A finding about an autoscaler."""
    return Finding(
        rule=f"hpa.{rule}",
        category="hpa",
        role=role,
        subject=found.ref,
        culprit=culprit,
        statement=fit(statement),
        likelihood=likelihood,
        specificity=specificity,
        waits_on=waits_on,
        cites=(found.cite, *cites),
        quotes=quotable(*quotes),
        since=since.since if since else None,
        remedies=remedies,
    )


def see_scaler(found: Obj) -> Remedy:
    return check(
        say("See the autoscaler's conditions", "查看 HPA 的状态条件"),
        say(
            "AbleToScale, ScalingActive and ScalingLimited.", "AbleToScale、ScalingActive 和 ScalingLimited。"
        ),
        describe(found.ref),
    )
