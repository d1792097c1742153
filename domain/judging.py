"""What of a model's verdict holds: every claim looked up in the evidence it cites, by code alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from kubetriage.domain.claims import unsupported
from kubetriage.domain.commands import checked
from kubetriage.domain.diagnosing import Case
from kubetriage.domain.diagnosis import bounded
from kubetriage.domain.evidence import Evidence
from kubetriage.domain.finding import Effect
from kubetriage.domain.hypotheses import Hypothesis
from kubetriage.domain.kind_names import kind_named
from kubetriage.domain.resource import Resource, kind_info, resource
from kubetriage.domain.verdict import NamedObject, Verdict, VerdictCause, VerdictClaim, VerdictStep
from kubetriage.domain.view import Present, Unknown

Item = TypeVar("Item", VerdictCause, VerdictClaim, VerdictStep)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+){0,5}")


class Judged(NamedTuple):
    """A verdict with only what holds left in it."""

    verdict: Verdict
    problems: tuple[str, ...]
    """What did not hold and why, in English, for the model's one repair."""
    dropped: int
    """Claims that were taken out."""
    summary_holds: bool


def judge(verdict: Verdict, case: Case, hypotheses: Sequence[Hypothesis]) -> Judged:
    """Take out every cause, claim, refutation and step that says what its evidence does not hold."""
    court = _Court(case, hypotheses)
    causes = court.kept("root cause", verdict.root_causes, court.cause)
    contributing = court.kept("contributing", verdict.contributing, court.claim)
    risks = court.kept("risk", verdict.risks, court.claim)
    refuted = tuple(r for r in verdict.refuted if r.finding in court.known and court.cited(r.evidence))
    everything = [i for cause in verdict.root_causes for i in cause.evidence]
    everything += [i for claim in (*verdict.contributing, *verdict.risks) for i in claim.evidence]
    missing = court.missing(verdict.summary, everything)
    if missing:
        court.problems.append(f"summary: not in the evidence cited: {missing}")
    problems = tuple(court.problems)  # a step that is left out is not worth another completion
    steps = court.kept("step", verdict.steps, court.step)
    left = verdict.model_copy(
        update={
            "summary": bounded(verdict.summary),
            "root_causes": causes,
            "contributing": contributing,
            "risks": risks,
            "refuted": refuted,
            "steps": steps,
        }
    )
    return Judged(left, problems, court.dropped, not missing)


class _Court:
    """The evidence that one verdict is judged by, and what was found wrong in it."""

    def __init__(self, case: Case, hypotheses: Sequence[Hypothesis]) -> None:
        self.view = case.view
        self.by_id = {item.id: item for item in case.evidence}
        self.known = {each.id: each for each in hypotheses}
        self.problems: list[str] = []
        self.dropped = 0

    def kept(
        self, where: str, items: Sequence[Item], judged: Callable[[Item], Item | str]
    ) -> tuple[Item, ...]:
        found: list[Item] = []
        for item in items:
            result = judged(item)
            if isinstance(result, str):
                self.problems.append(f"{where} “{_head(item)}”: {result}")
                self.dropped += 1
            else:
                found.append(result)
        return tuple(found)

    def cited(self, ids: Sequence[str]) -> list[Evidence]:
        return [self.by_id[i] for i in ids if i in self.by_id]

    def missing(self, words: str, ids: Sequence[str]) -> str:
        """The values that are not in the evidence, as one list in words."""
        return ", ".join(f"“{value}”" for value in unsupported(words, self.cited(ids), self.view)[:6])

    def claim(self, item: VerdictClaim) -> VerdictClaim | str:
        wrong = self._grounds(item.statement, item.evidence)
        return wrong or item.model_copy(update={"statement": bounded(item.statement)})

    def cause(self, item: VerdictCause) -> VerdictCause | str:
        confirmed = self.known.get(item.finding)
        evidence = item.evidence or (confirmed.evidence if confirmed is not None else ())
        wrong = self._grounds(item.statement, evidence)
        if wrong:
            return wrong
        culprit = None
        if item.culprit is not None:
            ref = self.object_named(item.culprit)
            if isinstance(ref, str):
                return ref
            culprit = NamedObject(kind=ref.kind, namespace=ref.namespace, name=ref.name)
        slug = item.category.lower().replace("_", "-").replace(" ", "-")
        category = confirmed.finding.category if confirmed else slug if _SLUG.fullmatch(slug) else "other"
        return item.model_copy(
            update={
                "statement": bounded(item.statement),
                "finding": item.finding if confirmed is not None else "",
                "evidence": evidence,
                "culprit": culprit,
                "category": category,
            }
        )

    def step(self, item: VerdictStep) -> VerdictStep | str:
        for command in item.commands:
            seen = checked(command, self.view)
            if seen.problem:
                return f"`{command[:120]}`: {seen.problem}"
            if seen.effect is Effect.DESTRUCTIVE:
                return f"`{command[:120]}`: it deletes or evicts"
        wrong = self.missing(f"{item.title} {item.detail}", list(self.by_id))
        return f"not in the evidence: {wrong}" if wrong else item

    def object_named(self, named: NamedObject) -> Resource | str:
        """The culprit as an object that is there, or known to be absent."""
        kind = kind_named(named.kind)
        if kind is None:
            return f"{named.kind!r} is not a kind of object"
        info, primary = kind_info(kind), self.view.primary
        home = named.namespace or (primary.namespace if primary is not None else self.view.subject.namespace)
        ref = resource(kind, home if info is not None and info.namespaced else "", named.name)
        known = self.view.get(ref)
        if isinstance(known, Unknown):
            return f"the evidence shows no {ref}"
        return known.object.ref if isinstance(known, Present) else ref

    def _grounds(self, statement: str, evidence: Sequence[str]) -> str:
        """Why a statement does not stand on what it cites; empty if it does."""
        if not evidence:
            return "it cites no evidence"
        absent = [i for i in evidence if i not in self.by_id]
        if absent:
            return f"there is no evidence {', '.join(absent)}"
        missing = self.missing(statement, evidence)
        return f"not in the evidence cited ({', '.join(evidence)}): {missing}" if missing else ""


def _head(item: VerdictCause | VerdictClaim | VerdictStep) -> str:
    said = item.title if isinstance(item, VerdictStep) else item.statement
    return said if len(said) <= 80 else said[:79] + "…"
