"""What a run may cost."""

from __future__ import annotations

import pytest

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import ModelUsed, Strategy
from kubetriage.evals.runs.budget import Money, Purse, budget_of

ARM = (Strategy.GRAPH, "a")
RULES = (Strategy.RULES, "none")


def priced(name: str, currency: str = "CNY") -> ModelUsed:
    return ModelUsed(name=name, profile={"price": {"currency": currency, "prompt": 1, "completion": 2}})


@pytest.mark.parametrize("given", ["5", "5 CNY", "5cny", " 5.0 CNY "])
def test_a_budget_is_an_amount_in_the_models_currency(given: str) -> None:
    """With the currency or without."""
    assert budget_of(given, [priced("a"), priced("b")]) == Money(5.0, "CNY")


@pytest.mark.parametrize(
    ("given", "models", "told"),
    [
        ("much", [priced("a")], "an amount of money"),
        ("0", [priced("a")], "an amount of money"),
        ("-5", [priced("a")], "an amount of money"),
        ("5", [priced("a"), ModelUsed(name="b", profile={"price": None})], "b has none"),
        ("5 USD", [priced("a")], "priced in CNY"),
        ("5", [priced("a"), priced("b", "USD")], "priced in"),
    ],
)
def test_a_budget_that_cannot_hold_is_refused(given: str, models: list[ModelUsed], told: str) -> None:
    """Before anything is spent."""
    with pytest.raises(BadInput, match=told):
        budget_of(given, models)


def test_the_first_cell_of_an_arm_shows_what_one_costs() -> None:
    """Until it has come back no other of that arm is begun; rules are."""
    purse = Purse(Money(1.0, "CNY"))
    assert purse.may_begin(ARM) is True
    purse.begin("one", ARM)
    assert purse.may_begin(ARM) is None
    assert purse.may_begin(RULES) is True
    purse.end("one")
    purse.pay(ARM, 0.4, "CNY")
    assert purse.may_begin(ARM) is True


def test_what_is_under_way_counts() -> None:
    """A cell is begun only if the dearest one seen still fits beside those that are open."""
    purse = Purse(Money(1.0, "CNY"))
    purse.pay(ARM, 0.4, "CNY")
    purse.begin("two", ARM)
    assert purse.may_begin(ARM) is None  # 0.2 left, but what is open may turn out cheaper
    purse.end("two")
    purse.pay(ARM, 0.4, "CNY")
    assert purse.may_begin(ARM) is False
    assert Purse(None).may_begin(ARM) is True
