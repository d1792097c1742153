"""Completions that came back."""

from __future__ import annotations

from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material


def model_calls(material: Material) -> Score:
    count = material.spent.model_calls
    return Score(name="model_calls", value=float(count), reason=f"Completions that came back: {count}.")
