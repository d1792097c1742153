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
    ReportResource,
    RootCause,
)
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import ClusterView

GONE = "insufficient-data"
"""The category of findings that say the target is no longer there."""


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
    roots = _root_causes(case, explanation, outcome)
    return Diagnosis(
        outcome=outcome,
        summary=_summary(case, explanation, healthy, outcome),
        first_reading=first_reading(case.view).say(case.language),
        impact=_impact(case),
        root_causes=roots,
        contributing=_claims(case, _contributing(explanation, roots, outcome, healthy)),
        risks=_claims(case, [f for f in case.findings if f.role is Role.RISK]),
        changes=_changes(case),
        recommendations=recommendations(case.view, explanation, outcome, case.gaps, case.language),
    )


# ---- what the findings add up to


def _outcome(case: Case, explanation: Explanation, healthy: Sequence[Finding]) -> Outcome:
    if case.view.subject.scope is SubjectScope.SKIP:
        return Outcome.HEALTHY
    if any(f.likelihood is not Likelihood.LOW for f in explanation.roots):
        return Outcome.DIAGNOSED
    if explanation.roots or explanation.open_symptoms:
        return Outcome.INCONCLUSIVE
    return Outcome.HEALTHY if healthy else Outcome.INCONCLUSIVE


def _about_alert(view: ClusterView, finding: Finding) -> bool:
    primary = view.primary
    if primary is None:
        return False
    return finding.subject in (primary, *view.owners(primary)) or primary in finding.explains


def _root_causes(case: Case, explanation: Explanation, outcome: Outcome) -> tuple[RootCause, ...]:
    chosen = list(explanation.roots)
    if not chosen and outcome is Outcome.INCONCLUSIVE:
        chosen = [f for f in explanation.open_symptoms if f.culprit is not None][:1]
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
        for rank, f in enumerate(chosen, 1)
    )


def _contributing(
    explanation: Explanation, roots: Sequence[RootCause], outcome: Outcome, healthy: Sequence[Finding]
) -> list[Finding]:
    named = {r.statement for r in roots}
    chain = [
        f for f in explanation.contributing if f.statement.en not in named and f.statement.zh not in named
    ]
    return chain if outcome is not Outcome.HEALTHY else [*chain, *healthy[1:]]


def _claims(case: Case, findings: Sequence[Finding]) -> tuple[Claim, ...]:
    told: dict[str, Claim] = {}
    for f in findings:
        statement = bounded(f.statement.say(case.language))
        evidence = ids_of(case.evidence, f.cites)
        told.setdefault(statement, Claim(statement=statement, confirmed=False, evidence=evidence))
    return tuple(told.values())


def _changes(case: Case) -> tuple[Change, ...]:
    found = [f for f in case.findings if f.role is Role.CHANGE]
    found.sort(key=lambda f: (f.since is None, f.since or case.view.now, f.key))
    return tuple(
        Change(
            at=f.since,
            resource=reported(f.subject),
            what=f.statement.say(case.language),
            evidence=ids_of(case.evidence, f.cites),
        )
        for f in found
    )


def _impact(case: Case) -> Impact:
    said, cites = impact_of(case.view)
    return Impact(statement=said.say(case.language), evidence=ids_of(case.evidence, cites))


# ---- the words around the findings


def _summary(case: Case, explanation: Explanation, healthy: Sequence[Finding], outcome: Outcome) -> str:
    language = case.language
    if case.view.subject.scope is SubjectScope.SKIP:
        return _by_design(case.view).say(language)
    if outcome is Outcome.HEALTHY:
        return bounded(_healthy(case.view, healthy[0]).say(language))
    if explanation.roots and outcome is Outcome.DIAGNOSED:
        sure = [f for f in explanation.roots if f.likelihood is not Likelihood.LOW]
        return _named(case, [f.statement.say(language) for f in sure])
    return _undecided(case, explanation)


def _named(case: Case, statements: Sequence[str]) -> str:
    """Every independent root cause in at most 300 characters, the alert's resource named."""
    zh = case.language is Language.ZH
    if len(statements) == 1:
        primary = case.view.primary
        said = statements[0]
        if primary is not None and primary.name not in said:
            said = f"{primary}{'：' if zh else ': '}{said}"
        return bounded(said)
    head = f"{len(statements)} 个独立原因：" if zh else f"{len(statements)} independent causes: "
    room = (300 - len(head)) // len(statements) - 5
    mark = "；" if zh else "; "
    return bounded(head + mark.join(f"({i}) {bounded(s, room)}" for i, s in enumerate(statements, 1)))


def _undecided(case: Case, explanation: Explanation) -> str:
    best = (*explanation.roots, *explanation.open_symptoms)
    if best and (best[0].category == GONE or best[0].role is Role.CAUSE):
        return _named(case, [best[0].statement.say(case.language)])
    missing = (
        text(" {n} reads were not possible (see gaps).", " 有 {n} 项无法读取（见缺口）。", n=len(case.gaps))
        if case.gaps
        else Text(en="", zh="")
    )
    if best:
        why = text(
            "{said} The evidence does not show why.{missing}",
            "{zh_said} 现有证据不能说明原因。{zh_missing}",
            said=best[0].statement.en,
            zh_said=best[0].statement.zh,
            missing=missing.en,
            zh_missing=missing.zh,
        )
        return bounded(why.say(case.language))
    who = str(case.view.primary) if case.view.primary is not None else ""
    nothing = text(
        "Nothing that was read explains the alert{who}; what it measures may not be visible in the "
        "cluster's state.{missing}",
        "读到的内容都不能解释该告警{who}；它所度量的可能无法从集群状态中看到。{zh_missing}",
        who=f" ({who})" if who else "",
        missing=missing.en,
        zh_missing=missing.zh,
    )
    return bounded(nothing.say(case.language))


def _healthy(view: ClusterView, finding: Finding) -> Text:
    tail = (
        text(" The alert is resolved.", "告警已恢复。")
        if view.alert.status is AlertStatus.RESOLVED
        else text(" What the alert says is no longer true.", "告警所述情况现已不成立。")
    )
    return Text(en=finding.statement.en + tail.en, zh=finding.statement.zh + tail.zh)


def _by_design(view: ClusterView) -> Text:
    if view.alert.name == "Watchdog":
        return text(
            "Watchdog is always firing by design: it proves that the alerting pipeline works. Nothing is "
            "wrong and no action is needed.",
            "Watchdog 按设计始终触发，用来证明告警链路正常；没有问题，无需处理。",
        )
    return text(
        "{name} is a helper alert that fires by design. Nothing is wrong and no action is needed.",
        "{name} 是按设计触发的辅助告警；没有问题，无需处理。",
        name=view.alert.name,
    )


def first_reading(view: ClusterView) -> Text:
    """What the alert alone suggests, before anything was read."""
    subject = view.subject
    who = subject.resource
    about = (
        Text(en=f"about {who}", zh=f"所指对象：{who}")
        if who is not None
        else text("without one resource", "没有指明单一对象")
    )
    title = f"{subject.title_zh}（{view.alert.name}）" if subject.title_zh else view.alert.name
    usual = "; ".join(subject.typical_causes[:3])
    en = f"{view.alert.name} {about.en}" + (f"; this alert usually means: {usual}." if usual else ".")
    if subject.scope is SubjectScope.LOST:
        lost = text(
            " Its labels no longer name the resource ({why}).",
            "标签中已没有具体对象（{why}）。",
            why=subject.lost_because or "no-labels",
        )
        return Text(en=en + lost.en, zh=f"{title}，{about.zh}。{lost.zh}")
    return Text(en=en, zh=f"{title}，{about.zh}。")


def reported(ref: Resource) -> ReportResource:
    """A reference in the report's form."""
    return ReportResource(
        kind=ref.kind,
        namespace=ref.namespace,
        name=ref.name,
        api_version=ref.api_version or None,
        cluster=ref.cluster or None,
    )
