"""The report of a run, put together from its parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kubetriage.domain.alert import Alert
from kubetriage.domain.diagnosing import reported
from kubetriage.domain.diagnosis import Diagnosis, bounded
from kubetriage.domain.evidence import Evidence, EvidenceGap
from kubetriage.domain.evidence_index import ids_of
from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.kube import containers, pod_settled
from kubetriage.domain.language import Language, Text, text
from kubetriage.domain.locating import why_primary
from kubetriage.domain.log_excerpts import short_excerpt
from kubetriage.domain.report import (
    Checked,
    CheckState,
    Gap,
    KnowledgeItem,
    Report,
    ReportAlert,
    ReportEvidence,
    Usage,
    Verification,
)
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import ClusterView, Present, Unknown

MAX_CHECKED = 40
"""Objects listed as looked at; the ones with findings are kept first."""

_BOUND = text("a bound of this run was reached", "达到本次运行的上限")
_BOUNDS: dict[str, tuple[Text, Text]] = {
    "steps": (text("related resources further away", "更远的关联资源"), _BOUND),
    "reads": (text("more related resources", "更多关联资源"), _BOUND),
    "visits": (text("objects that rules named last", "规则最后指出的对象"), _BOUND),
    "deadline": (
        text("more related resources", "更多关联资源"),
        text("the run's time was up", "本次运行的时间已到"),
    ),
}


def assemble(
    *,
    run: str,
    created_at: datetime,
    language: Language,
    original_language: Language | None = None,
    view: ClusterView,
    findings: Sequence[Finding],
    evidence: Sequence[Evidence],
    gaps: Sequence[EvidenceGap],
    bounds_hit: Sequence[str],
    knowledge: Sequence[KnowledgeItem],
    diagnosis: Diagnosis,
    verification: Verification | None,
    usage: Usage,
) -> Report:
    """The contract's report; every part in a deterministic order."""
    return Report(
        id=run,
        language=language,
        original_language=original_language,
        created_at=created_at,
        alert=_alert(view.alert),
        outcome=diagnosis.outcome,
        summary=diagnosis.summary,
        first_reading=diagnosis.first_reading,
        primary=reported(view.primary) if view.primary is not None else None,
        impact=diagnosis.impact,
        checked=_checked(view, findings, evidence, language),
        root_causes=diagnosis.root_causes,
        contributing=diagnosis.contributing,
        risks=diagnosis.risks,
        changes=diagnosis.changes,
        recommendations=diagnosis.recommendations,
        evidence=_evidence(evidence),
        gaps=_gaps(gaps, bounds_hit, findings, language),
        knowledge=tuple(knowledge),
        verification=verification or Verification(),
        usage=usage,
    )


def _alert(alert: Alert) -> ReportAlert:
    return ReportAlert(
        name=alert.name,
        status=alert.status,
        severity=alert.severity,
        labels=alert.labels,
        annotations=alert.annotations,
        starts_at=alert.starts_at,
        fingerprint=alert.fingerprint,
        source=alert.source,
    )


def _evidence(evidence: Sequence[Evidence]) -> tuple[ReportEvidence, ...]:
    return tuple(
        ReportEvidence(
            id=e.id,
            resource=reported(e.resource),
            tool=e.tool,
            arguments=e.arguments,
            at=e.at,
            excerpt=e.excerpt,
        )
        for e in evidence
    )


_UNSEEN = "change.configuration-unseen"
"""The rule (`domain/rules/changes_configuration.py`) that says what could not be looked at."""


def _gaps(
    gaps: Sequence[EvidenceGap], bounds_hit: Sequence[str], findings: Sequence[Finding], language: Language
) -> tuple[Gap, ...]:
    said = [Gap(what=g.what.say(language), why=g.why.say(language)) for g in gaps]
    for what, why in (_BOUNDS[name] for name in bounds_hit):
        said.append(Gap(what=what.say(language), why=why.say(language)))
    for hint in (f for f in findings if f.rule == _UNSEEN):
        what = text("changes of the configuration of {o}", "{o} 的配置是否被修改", o=str(hint.subject))
        said.append(Gap(what=what.say(language), why=hint.statement.say(language)))
    return tuple(said)


def _checked(
    view: ClusterView, findings: Sequence[Finding], evidence: Sequence[Evidence], language: Language
) -> tuple[Checked, ...]:
    """The primary object first, then the others in the order in which they were looked at."""
    order = list(dict.fromkeys(want.about for want in view.looked))
    if view.primary is not None:
        order = [view.primary, *(ref for ref in order if ref != view.primary)]
    named = [ref for ref in order if ref.name]
    rows = [_row(view, ref, findings, evidence, language) for ref in named]
    if len(rows) > MAX_CHECKED:
        telling = [r for r in rows[1:] if r.state is not CheckState.NORMAL]
        rows = [rows[0], *telling, *(r for r in rows[1:] if r.state is CheckState.NORMAL)][:MAX_CHECKED]
    return tuple(rows)


def _row(
    view: ClusterView,
    ref: Resource,
    findings: Sequence[Finding],
    evidence: Sequence[Evidence],
    language: Language,
) -> Checked:
    want = view.why_looked.get(ref.key)
    why = want.why if want is not None else why_primary(view.subject)
    about = [f for f in findings if f.subject == ref and f.role is not Role.CHANGE]
    cites = [want.read.key] if want is not None else []
    known = view.get(ref)
    cites += [known.cite] if not isinstance(known, Unknown) else []
    cites += [cite for f in about for cite in f.cites]
    return Checked(
        resource=reported(ref),
        why=why.say(language),
        state=_state(known, about, findings, ref),
        findings=tuple(dict.fromkeys(bounded(f.statement.say(language)) for f in about)),
        log_excerpt=_log_excerpt(view, ref, about),
        evidence=ids_of(evidence, cites),
    )


def _state(known: object, about: Sequence[Finding], findings: Sequence[Finding], ref: Resource) -> CheckState:
    trouble = (Role.CAUSE, Role.SYMPTOM)
    if not isinstance(known, Present):
        return CheckState.UNREADABLE if isinstance(known, Unknown) else CheckState.ABSENT
    if any(f.role in trouble for f in about) or any(f.role in trouble and f.culprit == ref for f in findings):
        return CheckState.ABNORMAL
    if known.object.ref.kind == "Pod" and not pod_settled(known.object):
        return CheckState.ABNORMAL  # a finding about its sibling speaks for it too
    return CheckState.NORMAL


def _log_excerpt(view: ClusterView, ref: Resource, about: Sequence[Finding]) -> str:
    """The last lines of the log that tells most: of a container that ended, its previous run's."""
    pod = view.find(ref)
    if pod is None or ref.kind != "Pod":
        return ""
    quotes = [q for f in about for q in f.quotes]
    for container in sorted(containers(pod), key=lambda c: (c.ready, -c.restarts, c.name)):
        for previous in (True, False):
            log = view.log(ref, container.name, previous=previous)
            if log is not None and log.text.strip():
                return short_excerpt(log.text, quotes, log.digest)
    return ""
