"""All scorers, and a cell's verdict out of them."""

from __future__ import annotations

from typing import Final, NamedTuple

from kubetriage.evals.cells import Cell, CellOutcome, Score
from kubetriage.evals.scenario import Scenario
from kubetriage.evals.score import Report
from kubetriage.evals.scorers.calm import calm
from kubetriage.evals.scorers.category import category
from kubetriage.evals.scorers.culprit import culprit
from kubetriage.evals.scorers.evidence_recall import evidence_recall
from kubetriage.evals.scorers.groundedness import groundedness
from kubetriage.evals.scorers.leaked_calls import leaked_calls
from kubetriage.evals.scorers.material import Scorer, Spent, material_of
from kubetriage.evals.scorers.model_answered import model_answered
from kubetriage.evals.scorers.model_calls import model_calls
from kubetriage.evals.scorers.money import money
from kubetriage.evals.scorers.outcome import outcome
from kubetriage.evals.scorers.remedies import remedies
from kubetriage.evals.scorers.seconds import seconds
from kubetriage.evals.scorers.statement import statement
from kubetriage.evals.scorers.tokens import tokens
from kubetriage.evals.scorers.wrong_with_confidence import wrong_with_confidence

SCORERS: Final[tuple[Scorer, ...]] = (
    outcome,
    culprit,
    statement,
    category,
    calm,
    wrong_with_confidence,
    evidence_recall,
    groundedness,
    remedies,
    model_answered,
    leaked_calls,
    model_calls,
    tokens,
    money,
    seconds,
)
"""In the order in which they are shown."""
DECIDING: Final = ("outcome", "culprit", "statement")
"""What a pass needs; the rest is shown beside it."""


class Judged(NamedTuple):
    """A report's scores and what they come to."""

    outcome: CellOutcome
    """Pass or fail: the verdict of `kubetriage.evals.score`."""
    why: str
    """What failed, a sentence each; empty for a pass."""
    scores: dict[str, Score]
    wrong_with_confidence: bool


def judge(report: Report, scenario: Scenario, spent: Spent) -> Judged:
    """Every score of a report. Raises `BadSnapshot` when the scenario's snapshot cannot be read."""
    material = material_of(report, scenario, spent)
    scores = {score.name: score for score in (scorer(material) for scorer in SCORERS)}
    failed = [scores[name].reason for name in DECIDING if not scores[name].passed]
    passed = material.verdict.passed
    return Judged(
        outcome=CellOutcome.PASS if passed else CellOutcome.FAIL,
        why="" if passed else " ".join(failed),
        scores=scores,
        wrong_with_confidence=material.verdict.wrong_with_confidence,
    )


def scored_again(cell: Cell, scenario: Scenario) -> Cell:
    """The cell with today's scores of its kept report; one that could not be run stays as it is.

    Raises `BadSnapshot` when the scenario's snapshot cannot be read.
    """
    if cell.outcome is CellOutcome.COULD_NOT_RUN:
        return cell
    before = cell.scores.get("leaked_calls")
    leaked = int(before.value) if before is not None and before.value is not None else None
    spent = Spent(
        seconds=cell.diagnosis_seconds,
        model_calls=cell.model_calls,
        prompt_tokens=cell.prompt_tokens,
        completion_tokens=cell.completion_tokens,
        cost=cell.cost,
        currency=cell.currency,
        leaked_calls=leaked,
        concluded=cell.concluded,
    )
    judged = judge(cell.report, scenario, spent)
    return cell.model_copy(update=judged._asdict())
