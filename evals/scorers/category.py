"""Whether the first root cause is of the expected category; shown, not required."""

from __future__ import annotations

from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material, of_check


def category(material: Material) -> Score:
    return of_check(material.verdict.category)
