"""Whether the report is wrong and sure of it: worse than one that leaves the question open."""

from __future__ import annotations

from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material


def wrong_with_confidence(material: Material) -> Score:
    """Passed if it is not; the value is 1 where it is."""
    wrong = material.verdict.wrong_with_confidence
    reason = (
        "A wrong answer is given with likelihood high, or as healthy."
        if wrong
        else "Nothing wrong is said with confidence."
    )
    return Score(name="wrong_with_confidence", value=float(wrong), passed=not wrong, reason=reason)
