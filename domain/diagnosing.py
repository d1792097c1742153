"""The diagnosis that rules alone give: findings joined into causes, said in one language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kubetriage.domain.advice import recommendations
from kubetriage.domain.alert import AlertStatus, SubjectScope
from kubetriage.domain.causes import Explanation, explain
from kubetriage.domain.diagnosis import Diagnosis, bounded
from kubetriage.domain.evidence import Evidence, EvidenceGap
from kubetriage.domain.evidence_index import ids_of
from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.impact import impact_of
from kubetriage.domain.language import Language, Text, text
from kubetriage.domain.report import (
    Change,
    Claim,
    Impact,
    Outcome,
    Recommendation,
    ReportResource,
    RootCause,
)
from kubetriage.domain.resource import Resource
from kubetriage.domain.summarizing import summary_of
from kubetriage.domain.view import ClusterView, Unknown


class Case(NamedTuple):
    """Everything a diagnosis is made of."""

    view: ClusterView
    findings: Sequence[Finding]
    evidence: Sequence[Evidence]
    gaps: Sequence[EvidenceGap]
    language: Language


def diagnose(case: Case) -> Diagnosis:
    """The rules' diagnosis; deterministic, and never a cause that no finding states."""
    explanation = explain(case.view, case.findings)
    healthy = [f for f in case.findings if f.role is Role.HEALTHY and _about_alert(case.view, f)]
    outcome = _outcome(case, explanation, healthy)
    named = _named(explanation, outcome)
    contributing = [f for f in explanation.contributing if f not in named]
    return Diagnosis(
        outcome=outcome,
        summary=summary_of(case, explanation, healthy, outcome),
        first_reading=first_reading(case.view).say(case.language),
        impact=_impact(case),
        root_causes=_root_causes(case, named),
        contributing=_claims(case, [*contributing, *(healthy if outcome is Outcome.HEALTHY else ())]),
        risks=_claims(case, [f for f in case.findings if f.role is Role.RISK]),
        changes=_changes(case),
        recommendations=_recommendations(case, named, explanation, outcome),
    )


# ---- what the findings add up to


def _outcome(case: Case, explanation: Explanation, healthy: Sequence[Finding]) -> Outcome:
    if case.view.subject.scope is SubjectScope.SKIP or _is_over(case.view, explanation, healthy):
        return Outcome.HEALTHY
    if any(f.likelihood is not Likelihood.LOW for f in explanation.roots):
        return Outcome.DIAGNOSED
    return Outcome.INCONCLUSIVE


def _is_over(view: ClusterView, explanation: Explanation, healthy: Sequence[Finding]) -> bool:
    """Whether the alert is resolved or not true now, and nothing that was read speaks against it.

    A cause that rules still see keeps a firing alert from being over, however well its object looks: only
    they know whether it is past. Of a resolved alert it is the past cause.
    """
    resolved = view.alert.status is AlertStatus.RESOLVED
    if explanation.open_symptoms:  # a target that is gone is one: that it is over cannot be seen
        return False
    if healthy:
        return resolved or not explanation.roots
    if not resolved or explanation.roots or not view.answered:
        return False
    return view.primary is None or not isinstance(view.get(view.primary), Unknown)


def _about_alert(view: ClusterView, finding: Finding) -> bool:
    primary = view.primary
    if primary is None:
        return False
    return finding.subject in (primary, *view.owners(primary)) or primary in finding.explains


def _named(explanation: Explanation, outcome: Outcome) -> list[Finding]:
    """The findings that the report names as causes; without any, the place where it is wrong."""
    if explanation.roots or outcome is not Outcome.INCONCLUSIVE:
        return list(explanation.roots)
    return [f for f in explanation.open_symptoms if f.culprit is not None][:1]


def _root_causes(case: Case, named: Sequence[Finding]) -> tuple[RootCause, ...]:
    return tuple(
        RootCause(
            rank=rank,
            category=f.category,
            culprit=reported(f.culprit) if f.culprit is not None else None,
            statement=bounded(f.statement.say(case.language)),
            likelihood=f.likelihood if f.role is Role.CAUSE else Likelihood.LOW,
            confirmed=False,
            evidence=ids_of(case.evidence, f.cites),
        )
        for rank, f in enumerate(named, 1)
    )


def _claims(case: Case, findings: Sequence[Finding]) -> tuple[Claim, ...]:
    told: dict[str, Claim] = {}
    for f in findings:
        statement = bounded(f.statement.say(case.language))
        evidence = ids_of(case.evidence, f.cites)
        told.setdefault(statement, Claim(statement=statement, confirmed=False, evidence=evidence))
    return tuple(told.values())


def _recommendations(
    case: Case, named: Sequence[Finding], explanation: Explanation, outcome: Outcome
) -> tuple[Recommendation, ...]:
    undecided = outcome is Outcome.INCONCLUSIVE
    symptoms = [f for f in explanation.open_symptoms if f not in named] if undecided else []
    return recommendations(case.view, named, symptoms[:2], outcome, case.gaps, case.language)


def _changes(case: Case) -> tuple[Change, ...]:
    found = [f for f in case.findings if f.role is Role.CHANGE]
    found.sort(key=lambda f: (f.since is None, f.since or case.view.now, f.key))
    return tuple(
        Change(
            at=f.since,
            resource=reported(f.subject),
            what=bounded(f.statement.say(case.language)),
            evidence=ids_of(case.evidence, f.cites),
        )
        for f in found
    )


def _impact(case: Case) -> Impact:
    said, cites = impact_of(case.view)
    return Impact(statement=said.say(case.language), evidence=ids_of(case.evidence, cites))


# ---- the words around the findings


def first_reading(view: ClusterView) -> Text:
    """What the alert alone suggests, before anything was read."""
    subject = view.subject
    who = subject.resource
    if view.alert.asked_for:
        return text(
            "There is no alert: {who} was asked for by name.", "没有告警：按名称查询 {who}。", who=who
        )
    about = (
        Text(en=f"about {who}", zh=f"所指对象：{who}")
        if who is not None
        else text("without one resource", "没有指明单一对象")
    )
    title = f"{subject.title_zh}（{view.alert.name}）" if subject.title_zh else view.alert.name
    usual = "; ".join(subject.typical_causes[:3])
    en = f"{view.alert.name} {about.en}" + (f"; this alert usually means: {usual}." if usual else ".")
    if subject.scope is SubjectScope.LOST:
        lost = _LOST.get(subject.lost_because, _LOST["no-labels"])
        return Text(en=en + lost.en, zh=f"{title}，{about.zh}。{lost.zh}")
    return Text(en=en, zh=f"{title}，{about.zh}。")


_LOST = {
    "aggregated": text(
        " Its labels no longer name the resource: the alert's expression aggregates it away.",
        "标签中已没有具体对象：告警表达式把它聚合掉了。",
    ),
    "exporter-only": text(
        " Its labels name only the exporter that measured it, not the resource.",
        "标签中只有采集它的 exporter，没有具体对象。",
    ),
    "no-labels": text(" Its labels name no resource.", "标签中没有指明任何对象。"),
}


def reported(ref: Resource) -> ReportResource:
    """A reference in the report's form."""
    return ReportResource(
        kind=ref.kind,
        namespace=ref.namespace,
        name=ref.name,
        api_version=ref.api_version or None,
        cluster=ref.cluster or None,
    )
