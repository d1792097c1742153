"""What a run may cost, and whether the next cell still fits."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import ModelUsed
from kubetriage.evals.figure_values import Arm

_MONEY = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]{3})?")


class Money(NamedTuple):
    amount: float
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:.4g} {self.currency}"


def budget_of(given: str, models: list[ModelUsed]) -> Money:
    """`5`, `5 CNY` or `5CNY`; the currency is that of the models' prices.

    Raises `BadInput` where it is no money, a model has no price, or prices are in another currency.
    """
    found = _MONEY.fullmatch(given.strip())
    if found is None or float(found[1]) <= 0:
        raise BadInput(f"--budget {given}: an amount of money is expected, such as 5 or 5 CNY.")
    prices = {model.name: currency_of(model) for model in models}
    for name, currency in prices.items():
        if not currency:
            raise BadInput(
                f"--budget needs a price for every model, and {name} has none: set models.{name}.price."
            )
    there = set(prices.values())
    wanted = (found[2] or "").upper() or next(iter(sorted(there)), "")
    others = sorted(there - {wanted})
    if others:
        raise BadInput(f"--budget is in {wanted}, and models are priced in {' and '.join(others)}.")
    return Money(float(found[1]), wanted)


def currency_of(model: ModelUsed) -> str:
    """Of its price; empty where it has none."""
    price = model.profile.get("price") or {}
    return str(price.get("currency", "")) if isinstance(price, dict) else ""


class Purse:
    """Keeps a run within its budget: a cell is begun only if the dearest one seen of its arm still fits."""

    def __init__(self, budget: Money | None) -> None:
        self.budget = budget
        self.spent: dict[str, float] = defaultdict(float)
        """By currency."""
        self._dearest: dict[Arm, float] = {}
        self._open: dict[str, tuple[Arm, float]] = {}

    def pay(self, arm: Arm, cost: float, currency: str) -> None:
        """A cell has cost that much."""
        if currency:
            self.spent[currency] += cost
            self._dearest[arm] = max(self._dearest.get(arm, 0.0), cost)

    def may_begin(self, arm: Arm) -> bool | None:
        """Whether a cell of the arm fits; None: it cannot be said before another cell has come back."""
        if self.budget is None or arm[1] == "none":
            return True
        left = (
            self.budget.amount
            - self.spent[self.budget.currency]
            - sum(cost for _, cost in self._open.values())
        )
        if arm not in self._dearest:
            # The first cell of an arm shows what one costs; it must not be begun ten times at once.
            waiting = any(opened == arm for opened, _ in self._open.values())
            return None if waiting else left > 0
        if left >= self._dearest[arm] and left > 0:
            return True
        return None if self._open else False

    def begin(self, id_: str, arm: Arm) -> None:
        self._open[id_] = (arm, self._dearest.get(arm, 0.0))

    def end(self, id_: str) -> None:
        self._open.pop(id_, None)
