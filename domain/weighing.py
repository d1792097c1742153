"""The rules' diagnosis and a model's judged verdict, weighed into one.

A model makes the report better, never worse:

* What the rules hold to be certain stays. A verdict that contradicts it is told as a disagreement.
* Where the rules leave several causes open, the model's choice among them comes first.
* Where the rules know nothing, a cause that the model repeats from a log or a warning becomes the diagnosis,
  with one alternative left open; one that it only infers is told as its suspicion.
* Its words about the whole replace ours only if every value in them was found in the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kubetriage.domain.commands import checked
from kubetriage.domain.diagnosing import Case, reported
from kubetriage.domain.diagnosis import Diagnosis
from kubetriage.domain.evidence import ReadKind
from kubetriage.domain.finding import Command, Likelihood, RemedyKind
from kubetriage.domain.hypotheses import Hypothesis
from kubetriage.domain.judging import Judged
from kubetriage.domain.language import Text, text
from kubetriage.domain.quoting import repeats
from kubetriage.domain.report import Claim, Outcome, Recommendation, ReportResource, RootCause
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.summarizing import GONE
from kubetriage.domain.verdict import NamedObject, Verdict, VerdictCause, VerdictStep

MAX_ADDED = 3
"""Claims, risks and steps that a model may add, each."""
MAX_CAUSES = 5


class Weighed(NamedTuple):
    """The diagnosis that both make together."""

    diagnosis: Diagnosis
    notes: tuple[Text, ...]
    """Where they disagree, a sentence each."""


def weigh(case: Case, rules: Diagnosis, judged: Judged, hypotheses: Sequence[Hypothesis]) -> Weighed:
    """The rules' diagnosis, made better by what of the verdict holds."""
    return _Scales(case, rules, judged, hypotheses).weighed()


class _Scales:
    def __init__(
        self, case: Case, rules: Diagnosis, judged: Judged, hypotheses: Sequence[Hypothesis]
    ) -> None:
        self.case = case
        self.rules = rules
        self.judged = judged
        self.verdict: Verdict = judged.verdict
        self.known = {each.id: each for each in hypotheses}
        self.notes: list[Text] = []

    def weighed(self) -> Weighed:
        causes = self._root_causes()
        promoted = self.rules.outcome is Outcome.INCONCLUSIVE and any(
            cause.likelihood is Likelihood.MEDIUM for cause in causes
        )
        outcome = Outcome.DIAGNOSED if promoted else self.rules.outcome
        self._tell_disagreement(causes)
        said = {claim.statement for claim in (*self.rules.contributing, *self.rules.risks)}
        said |= {cause.statement for cause in causes}
        diagnosis = self.rules.model_copy(
            update={
                "outcome": outcome,
                "summary": self._summary(causes, outcome),
                "root_causes": causes,
                "contributing": (*self.rules.contributing, *self._added("contributing", said)),
                "risks": (*self.rules.risks, *self._added("risks", said)),
                "recommendations": (*self.rules.recommendations, *self._steps(causes)),
            }
        )
        return Weighed(diagnosis, tuple(self.notes))

    # ---- causes

    def _root_causes(self) -> tuple[RootCause, ...]:
        own = self.rules.root_causes
        if self.rules.outcome is Outcome.HEALTHY:
            return own
        if self.rules.outcome is Outcome.DIAGNOSED:
            return _ranked(self._chosen_first(own))
        new = [made for cause in self.verdict.root_causes if (made := self._new(cause)) is not None]
        return _ranked(new[:MAX_CAUSES]) if new else own

    def _chosen_first(self, own: Sequence[RootCause]) -> list[RootCause]:
        """Certain causes keep their place; among the others those come first that the model confirms."""

        def order(cause: RootCause) -> tuple[bool, bool, int]:
            certain = cause.likelihood is Likelihood.HIGH
            return (not certain, not certain and not self._confirms(cause), cause.rank)

        return sorted(own, key=order)

    def _confirms(self, cause: RootCause) -> bool:
        return any(self._same(self._culprit_of(said), cause.culprit) for said in self.verdict.root_causes)

    def _culprit_of(self, said: VerdictCause) -> ReportResource | None:
        """The object that a cause of the model's blames: its own word, else that of what it confirms."""
        if said.culprit is not None:
            return _object(said.culprit)
        confirmed = self.known.get(said.finding)
        blamed = confirmed.finding.culprit if confirmed is not None else None
        return reported(blamed) if blamed is not None else None

    def _new(self, said: VerdictCause) -> RootCause | None:
        """A cause that only the model names and the cluster itself says; None where it only infers it."""
        culprit = self._culprit_of(said)
        if culprit is None or self._may_not_decide() or not self._is_told(said):
            return None
        return RootCause(
            rank=1,
            category=said.category,
            culprit=culprit,
            statement=said.statement,
            likelihood=Likelihood.LOW if said.likelihood is Likelihood.LOW else Likelihood.MEDIUM,
            confirmed=True,
            evidence=said.evidence,
        )

    def _is_told(self, said: VerdictCause) -> bool:
        """Whether the statement repeats words of a log or a warning that it cites."""
        for item in self.case.evidence:
            log = item.cite.startswith(f"{ReadKind.LOG}|")
            warning = item.resource.kind == "Event" and item.excerpt.startswith("Warning")
            if item.id in said.evidence and (log or warning) and repeats(said.statement, item.excerpt):
                return True
        return False

    def _may_not_decide(self) -> bool:
        """Whether what would decide is gone or was refused: nobody can know then, a model least of all."""
        if any(finding.category == GONE for finding in self.case.findings):
            return True
        primary = self.case.view.primary
        return primary is None or any(
            gap.failure is not None and gap.read is not None and gap.read.resource == primary
            for gap in self.case.gaps
        )

    # ---- words

    def _summary(self, causes: Sequence[RootCause], outcome: Outcome) -> str:
        """The model's summary where it speaks of the same causes and all of it was found, else ours."""
        own = self.rules.summary
        if outcome is not Outcome.DIAGNOSED or not self.judged.summary_holds or not causes:
            return own
        said = self.verdict.summary
        sure = [c for c in causes if c.likelihood is not Likelihood.LOW]
        agreed = all(self._confirms(c) for c in sure) and not self._contradictions(sure)
        named = all(c.culprit is None or c.culprit.name in said for c in sure) and self._names_primary(said)
        return said if agreed and named and self.verdict.outcome is Outcome.DIAGNOSED else own

    def _names_primary(self, said: str) -> bool:
        view = self.case.view
        return view.primary is None or any(
            ref.name in said for ref in (view.primary, *view.owners(view.primary))
        )

    def _added(self, where: str, said: set[str]) -> tuple[Claim, ...]:
        items = self.verdict.contributing if where == "contributing" else self.verdict.risks
        new = [each for each in items if each.statement not in said][:MAX_ADDED]
        return tuple(Claim(statement=c.statement, confirmed=True, evidence=c.evidence) for c in new)

    def _steps(self, causes: Sequence[RootCause]) -> tuple[Recommendation, ...]:
        """The model's steps that nobody names yet; beside a certain cause only those that do not change."""
        known = {c.command for r in self.rules.recommendations for c in r.commands}
        certain = any(cause.likelihood is Likelihood.HIGH for cause in causes)
        steps = [
            self._step(step)
            for step in self.verdict.steps
            if not known.intersection(step.commands) and not (certain and step.kind is RemedyKind.CHANGE)
        ]
        return tuple(steps[:MAX_ADDED])

    def _step(self, step: VerdictStep) -> Recommendation:
        commands = tuple(
            Command(command=command, effect=checked(command, self.case.view).effect)
            for command in step.commands
        )
        return Recommendation(kind=step.kind, title=step.title, detail=step.detail, commands=commands)

    # ---- disagreement

    def _tell_disagreement(self, causes: Sequence[RootCause]) -> None:
        certain = [c for c in causes if c.likelihood is Likelihood.HIGH]
        if self.verdict.outcome is Outcome.DIAGNOSED:
            self._note_others(self._contradictions(causes))
        overruled = self.rules.outcome is Outcome.DIAGNOSED and self.verdict.outcome is not Outcome.DIAGNOSED
        if certain and overruled:
            self.notes.append(
                text(
                    "the model disagrees: it holds the alert to be {o}; the rules' finding is kept",
                    "模型有不同意见：它认为结论是 {o}；保留规则的发现",
                    o=self.verdict.outcome.value,
                )
            )
        for refuted in self.verdict.refuted:
            finding = self.known[refuted.finding].finding
            if finding.likelihood is Likelihood.HIGH and any(
                self._same(c.culprit, reported(finding.culprit) if finding.culprit else None) for c in certain
            ):
                self.notes.append(
                    text(
                        "the model disagrees with “{s}” ({e}); the rules' finding is kept",
                        "模型不同意“{z}”（{e}）；保留规则的发现",
                        s=finding.statement.en,
                        z=finding.statement.zh,
                        e=", ".join(refuted.evidence),
                    )
                )

    def _contradictions(self, causes: Sequence[RootCause]) -> list[VerdictCause]:
        """Causes of the model's that blame an object which none of ours blames."""
        return [
            said
            for said in self.verdict.root_causes
            if not any(self._same(self._culprit_of(said), cause.culprit) for cause in causes)
        ]

    def _note_others(self, others: Sequence[VerdictCause]) -> None:
        for said in others[:MAX_ADDED]:
            self.notes.append(
                text(
                    "the model sees another cause, which the rules do not: {s} ({e})",
                    "模型认为另有原因，规则未发现：{s}（{e}）",
                    s=said.statement.rstrip(".。"),
                    e=", ".join(said.evidence),
                )
            )

    def _same(self, one: ReportResource | None, other: ReportResource | None) -> bool:
        """Whether two culprits are the same object, or one workload and what it owns."""
        if one is None or other is None:
            return False
        first, second = _ref(one), _ref(other)
        view = self.case.view
        return first == second or view.workload(first) == view.workload(second)


def _ref(said: ReportResource) -> Resource:
    return resource(said.kind, said.namespace, said.name, said.api_version or "")


def _object(named: NamedObject) -> ReportResource:
    return reported(resource(named.kind, named.namespace, named.name))


def _ranked(causes: Sequence[RootCause]) -> tuple[RootCause, ...]:
    return tuple(cause.model_copy(update={"rank": rank}) for rank, cause in enumerate(causes, 1))
