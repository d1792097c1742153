"""A diagnosis told again in another language: the rules' words, in the order and with the weight it has.

Findings are kept in both languages, so what the rules say needs no translation. What only a model said exists
in one language alone, and is never translated: its causes are told by the object that it blames and by the
words of the cluster that it repeats, its steps by their commands, and the rest is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kubetriage.domain.diagnosing import Case, diagnose
from kubetriage.domain.diagnosis import Diagnosis, bounded
from kubetriage.domain.evidence import Evidence
from kubetriage.domain.language import NAMES, Language, Text, text
from kubetriage.domain.quoting import repeats, squeezed
from kubetriage.domain.report import Claim, Recommendation, Report, ReportResource, RootCause
from kubetriage.domain.resource import Resource, resource

LINE_LIMIT = 140
"""Characters of a line that is quoted for a cause which only a model names."""

_SUGGESTED = text("A step that the model suggests", "模型建议的步骤")


class Retold(NamedTuple):
    """A diagnosis in another language."""

    diagnosis: Diagnosis
    left_out: int
    """Claims and steps that only the model gave, and that are in its language alone."""


def retold(diagnosis: Diagnosis, case: Case, language: Language) -> Retold:
    """`diagnosis`, which was made of `case`, in the language; without a model it is what the rules say."""
    own, said = diagnose(case), diagnose(case._replace(language=language))
    rules = {
        (cause.statement, cause.culprit): other.statement
        for cause, other in zip(own.root_causes, said.root_causes, strict=True)
    }
    causes = tuple(_cause(cause, rules, case, language) for cause in diagnosis.root_causes)
    added = [step for step in diagnosis.recommendations if step not in own.recommendations]
    shown = [_step(step, language) for step in added if step.commands]
    promoted = diagnosis.outcome is not own.outcome
    claims = _only(diagnosis.contributing, own.contributing) + _only(diagnosis.risks, own.risks)
    return Retold(
        said.model_copy(
            update={
                "outcome": diagnosis.outcome,
                "summary": _summary(case, causes, language) if promoted and causes else said.summary,
                "root_causes": causes,
                "recommendations": (*said.recommendations, *shown),
            }
        ),
        claims + len(added) - len(shown),
    )


def in_rules_words(original: Language, left_out: int) -> Text:
    """What a report says of itself, if the run's own has a model's words in another language."""
    said = text(
        "told in the rules' words; what the model wrote is in the {o} report",
        "以规则的措辞表述；模型所写内容见{z}报告",
        o=NAMES[original].en,
        z=NAMES[original].zh,
    )
    if not left_out:
        return said
    return text(
        "{s}, {n} of its statements and steps only there",
        "{s}，其中 {n} 条仅见于该报告",
        s=said,
        n=left_out,
    )


def told_in(reports: Sequence[Report], language: Language | None) -> Report:
    """Of a run's reports, its own first, the one in this language; its own where there is none."""
    return next((each for each in reports if each.language is language), reports[0])


# ---- what only the model said


def _only(claims: Sequence[Claim], own: Sequence[Claim]) -> int:
    known = {claim.statement for claim in own}
    return sum(claim.statement not in known for claim in claims)


def _cause(
    cause: RootCause, rules: Mapping[tuple[str, ReportResource | None], str], case: Case, language: Language
) -> RootCause:
    statement = rules.get((cause.statement, cause.culprit))
    if statement is None:
        statement = bounded(_named_by_model(cause, case).say(language))
    return cause.model_copy(update={"statement": statement})


def _named_by_model(cause: RootCause, case: Case) -> Text:
    """The object that it blames, and the line of a log or a warning that its statement repeats."""
    who = _blamed(cause)
    for item in case.evidence:
        line = _line(cause.statement, item) if item.id in cause.evidence else ""
        if line:
            return text(
                "The model names {who} as the cause by what {e} shows: “{line}”",
                "模型认为原因在 {who}，依据 {e}：“{line}”",
                who=who,
                e=item.id,
                line=line,
            )
    original = NAMES[case.language]
    return text(
        "The model names {who} as the cause; why is in the {o} report.",
        "模型认为原因在 {who}，理由见{z}报告。",
        who=who,
        o=original.en,
        z=original.zh,
    )


def _line(statement: str, item: Evidence) -> str:
    for line in item.excerpt.splitlines():
        if repeats(statement, line):
            shown = squeezed(line)
            return shown if len(shown) <= LINE_LIMIT else shown[: LINE_LIMIT - 1] + "…"
    return ""


def _blamed(cause: RootCause) -> Resource | str:
    culprit = cause.culprit
    if culprit is None:
        return cause.category
    return resource(culprit.kind, culprit.namespace, culprit.name, culprit.api_version or "")


def _step(step: Recommendation, language: Language) -> Recommendation:
    return step.model_copy(update={"title": _SUGGESTED.say(language), "detail": ""})


def _summary(case: Case, causes: Sequence[RootCause], language: Language) -> str:
    """Of causes that only the model names: the rules' own summary would say that there is none."""
    primary = case.view.primary
    said = ("" if language is Language.ZH else " ").join(cause.statement for cause in causes)
    if primary is not None and primary.name not in said:
        said = f"{primary}{'：' if language is Language.ZH else ': '}{said}"
    return bounded(said)
