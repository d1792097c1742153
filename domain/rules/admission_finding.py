"""What findings about refused pods have in common."""

from __future__ import annotations

from kubetriage.domain.finding import Command, Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.admission_refusals import Refusal
from kubetriage.domain.rules.phrases import stated
from kubetriage.domain.rules.remedies import (
    change,
    describe,
    edit_template,
    with_note,
)
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView


def refusal_finding(
    view: ClusterView,
    one: Refusal,
    category: str,
    why: Text,
    *,
    culprit: Resource,
    likelihood: Likelihood = Likelihood.HIGH,
    specificity: Specificity = Specificity.EXACT,
    quotes: tuple[str, ...],
    remedies: tuple[Remedy, ...],
) -> Finding:
    """A finding about a workload whose pods are refused; `why` follows who cannot create them."""
    found = view.find(culprit)
    return Finding(
        rule=f"admission.{one.denial.kind.value}",
        category=category,
        role=Role.CAUSE,
        subject=one.workload,
        culprit=culprit,
        statement=stated("{who}: {why}.", "{who}：{why}。", who=one.who, why=why),
        likelihood=likelihood,
        specificity=specificity,
        cites=(*one.cites, *([found.cite] if found is not None else [])),
        quotes=quotable(*quotes),
        since=one.since,
        remedies=remedies,
    )


def seen(view: ClusterView, ref: Resource) -> list[Command]:
    """The command that describes an object, if it was seen to exist."""
    return [describe(ref)] if view.find(ref) is not None else []


def template_change(view: ClusterView, one: Refusal, title: Text, detail: Text, *commands: Command) -> Remedy:
    """A change of the pod template, saying where it is defined."""
    given = commands or edit_template(one.workload)
    return change(title, with_note(detail, view.find(one.workload)), *given)
