"""What of a model's verdict holds: every claim looked up in the evidence it cites, by code alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from kubetriage.domain.claims import Checks
from kubetriage.domain.commands import checked
from kubetriage.domain.diagnosing import Case
from kubetriage.domain.diagnosis import bounded
from kubetriage.domain.evidence import Evidence
from kubetriage.domain.finding import Effect, RemedyKind
from kubetriage.domain.hypotheses import Hypothesis
from kubetriage.domain.kind_names import kind_named
from kubetriage.domain.resource import Resource, kind_info, resource
from kubetriage.domain.verdict import NamedObject, Verdict, VerdictCause, VerdictClaim, VerdictStep
from kubetriage.domain.view import Absent, Present

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
        self._checks = Checks(case.evidence, case.view, hypotheses)
        self.by_id = {item.id: item for item in case.evidence}
        self.known = {each.id: each for each in hypotheses}
        self._blamed: dict[Resource, tuple[str, ...]] = {}
        for each in hypotheses:
            if each.finding.culprit is not None:
                self._blamed.setdefault(each.finding.culprit, each.evidence)
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
        return ", ".join(f"“{value}”" for value in self._checks.of(ids).unsupported(words)[:6])

    def claim(self, item: VerdictClaim) -> VerdictClaim | str:
        wrong = self._grounds(item.statement, item.evidence)
        return wrong or item.model_copy(update={"statement": bounded(item.statement)})

    def cause(self, item: VerdictCause) -> VerdictCause | str:
        confirmed = self.known.get(item.finding)
        # What confirms a finding stands on the finding's evidence, too.
        evidence = tuple(dict.fromkeys((*item.evidence, *(confirmed.evidence if confirmed else ()))))
        wrong = self._grounds(item.statement, evidence)
        if wrong:
            return wrong
        culprit = None
        if item.culprit is not None:
            ref = self.object_named(item.culprit, evidence)
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
        kind = item.kind
        for command in item.commands:
            seen = checked(command, self.view)
            if seen.problem:
                return f"`{command[:120]}`: {seen.problem}"
            if seen.effect is Effect.DESTRUCTIVE:
                return f"`{command[:120]}`: it deletes or evicts"
            if seen.effect is Effect.CHANGE and kind is RemedyKind.CHECK:
                kind = RemedyKind.CHANGE  # whatever the model calls it
        strange = self._checks.strange_names(f"{item.title}. {item.detail}")
        if strange:
            return f"nothing has this name: {', '.join(strange[:6])}"
        return item.model_copy(update={"kind": kind})

    def object_named(self, named: NamedObject, evidence: Sequence[str]) -> Resource | str:
        """The culprit as an object that is there, is known to be absent, or is named by what is cited.

        Secrets are never read and owners may lie outside what was: the objects that use them name them.
        """
        kind = kind_named(named.kind) or self._custom_kind(named.kind)
        if kind is None:
            return f"{named.kind!r} is not a kind of object"
        tried = [resource(kind, space, named.name) for space in self._homes(kind, named, evidence)]
        known = [self.view.get(ref) for ref in tried]
        for state in known:
            if isinstance(state, Present):
                return state.object.ref
        for ref, state in zip(tried, known, strict=True):
            if isinstance(state, Absent):
                return ref
        for ref in tried:
            if self._is_blamed(ref, evidence) or self._checks.of(evidence).names_object(ref):
                return ref
        return f"the evidence shows no {tried[0]}"

    def _homes(self, kind: str, named: NamedObject, evidence: Sequence[str]) -> list[str]:
        """The namespaces that an object may be in: the one that is told, else the alert's and those cited."""
        info, primary = kind_info(kind), self.view.primary
        if info is not None and not info.namespaced:
            return [""]
        if named.namespace:
            return [named.namespace]
        own = primary.namespace if primary is not None else self.view.subject.namespace
        return list(dict.fromkeys((own, *sorted(self._checks.of(evidence).ground.namespaces))))

    def _custom_kind(self, word: str) -> str | None:
        """A kind that no table has and this run has seen."""
        kinds = {seen.read.kind for seen in self.view.observations} | {ref.kind for ref in self._blamed}
        return next((kind for kind in sorted(kinds) if kind.lower() == word.strip().lower()), None)

    def _is_blamed(self, ref: Resource, evidence: Sequence[str]) -> bool:
        """Whether a rule that stands on some of this evidence blames the same object."""
        return not set(self._blamed.get(ref, ())).isdisjoint(evidence)

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
