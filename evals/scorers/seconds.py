"""How long the diagnosis took."""

from __future__ import annotations

from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material


def seconds(material: Material) -> Score:
    took = material.spent.seconds
    return Score(name="seconds", value=took, reason=f"It took {took:.2f} s.")
