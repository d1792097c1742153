"""How many tool calls a model wrote into its text, which were read from there."""

from __future__ import annotations

from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material


def leaked_calls(material: Material) -> Score:
    count = material.spent.leaked_calls
    if count is None:
        return Score(name="leaked_calls", reason="Nobody counted.")
    return Score(name="leaked_calls", value=float(count), reason=f"Calls recovered from text: {count}.")
