"""Whether the outcome is one of those that are right."""

from __future__ import annotations

from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material, of_check


def outcome(material: Material) -> Score:
    return of_check(material.check("outcome"))
