"""What the diagnosis cost."""

from __future__ import annotations

from kubetriage.evals.cells import Score
from kubetriage.evals.scorers.material import Material


def money(material: Material) -> Score:
    """In the currency of the model's profile, which the reason names."""
    cost, currency = material.spent.cost, material.spent.currency
    if cost is None:
        return Score(name="money", reason="There is no price.")
    return Score(name="money", value=cost, reason=f"It cost {cost:.4g} {currency}.")
