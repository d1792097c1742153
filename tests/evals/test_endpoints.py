"""The models of a run: what their calls took by cell, and what of their profiles holds in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kubetriage.adapters.model.ledger import Ledger, Reserve, Used
from kubetriage.adapters.model.policies import Budget
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.errors import BudgetExceeded, UnknownModel
from kubetriage.evals.endpoints import Booked, Taken, models_used, real_profiles

TABLE = {
    "extends": "siliconflow-qwen3-30b",
    "key_env": "MY_PRIVATE_KEY",
    "requests_per_minute": 60,
    "tokens_per_minute": 1,
    "fallbacks": ["vllm-qwen3-30b"],
}
SETTINGS = Settings.model_validate({"models": {"mine": TABLE}})


def wanted(run: str, cost: float | None = 1.0) -> Reserve:
    return Reserve(run, "mine", 100, 50, cost, "CNY")


def test_calls_add_up_by_cell() -> None:
    """Those that were answered and those that were cut off; a refused one has cost nothing."""
    booked = Booked(None)
    first, second, refused = (booked.reserve(wanted(run)) for run in ("a", "b", "a"))
    again = booked.reserve(wanted("a"))
    booked.settle(first, Used(80, 16, 20), 0.5)
    booked.settle(second, Used(7, 0, 1), None)
    booked.release(refused)
    booked.settle(again, Used(80, 0, 0), 0.25)
    assert booked.take("a") == Taken(160, 16, 20, 0.75)
    assert booked.take("b") == Taken(7, 0, 1, None)
    assert booked.take("a") == Taken()


def test_a_configured_budget_holds_and_real_calls_are_written_down(tmp_path: Path) -> None:
    """As for any other use of the models."""
    ledger = Ledger(
        tmp_path / "spent.sqlite", Budget(day_cost=1.5, currency="CNY"), lambda: datetime.now(UTC)
    )
    booked = Booked(ledger)
    booked.settle(booked.reserve(wanted("a")), Used(80, 0, 20), 1.0)
    with pytest.raises(BudgetExceeded):
        booked.reserve(wanted("b"))
    assert [(each.profile, each.cost) for each in ledger.spent()] == [("mine", 1.0)]


def test_processes_share_a_keys_limits_and_no_fallback_answers() -> None:
    """Two processes have half each and at least one; what a fallback says is not the model's."""
    profile = real_profiles(SETTINGS, processes=2)["mine"]
    assert (profile.requests_per_minute, profile.tokens_per_minute, profile.fallbacks) == (30, 1, ())


def test_a_run_says_which_models_and_nothing_of_keys() -> None:
    """The profile as it is used, and not even the name of the key's variable."""
    (used,) = models_used(SETTINGS, ["mine"])
    assert used.id == "Qwen/Qwen3-30B-A3B-Instruct-2507" and used.profile["price"]["currency"] == "CNY"
    assert "MY_PRIVATE_KEY" not in used.model_dump_json()
    with pytest.raises(UnknownModel):
        models_used(SETTINGS, ["nobody"])
