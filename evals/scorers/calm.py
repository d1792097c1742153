"""Whether what is healthy or cannot be known is called so."""

from __future__ import annotations

from kubetriage.domain.report import Outcome
from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material, of_check


def calm(material: Material) -> Score:
    """Judged only where a diagnosis would be wrong."""
    if Outcome.DIAGNOSED in material.expected.outcome:
        return Score(name="calm", reason="There is something to diagnose.")
    return of_check(material.check("outcome"), "calm")
