"""bootstrap.spending: one budget for all servers on one database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.ledger import Ledger, Reserve, Used
from kubetriage.adapters.model.policies import Budget
from kubetriage.adapters.store.sql.database import Database
from kubetriage.bootstrap.spending import SharedLedger
from kubetriage.domain.errors import BudgetExceeded
from kubetriage.domain.intake.errors import StoreUnavailable

Servers = Callable[..., list[Ledger]]


class Clock:
    now = datetime(2025, 3, 4, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/k.db"
    made: str = request.getfixturevalue("postgres").database()
    return made


@pytest.fixture
async def servers(url: str, clock: Clock) -> AsyncIterator[Servers]:
    """`servers(day_tokens=…)`: the ledgers of two servers on one database."""
    opened = [await Database.open(url), await Database.open(url)]
    yield lambda **budget: [SharedLedger(each.spending, Budget(**budget), clock) for each in opened]
    for each in opened:
        await each.close()


def call(tokens: int, cost: float | None = None, run: str = "r") -> Reserve:
    return Reserve(run, "p", tokens, 0, cost, "CNY" if cost else "")


async def test_a_days_budget_holds_over_all_servers(servers: Servers, clock: Clock) -> None:
    """What one has reserved or spent the other cannot; the next day it is whole again."""
    one, other = servers(day_tokens=300)
    entry = one.reserve(call(200))
    with pytest.raises(BudgetExceeded, match="only 100 is left"):
        other.reserve(call(200))
    one.settle(entry, Used(50, 10, 5), None)
    kept = other.reserve(call(200, run="other"))
    other.release(kept)
    assert [each[1:6] for each in other.spent()] == [("p", 1, 50, 10, 5)]
    clock.now += timedelta(days=1)
    assert one.reserve(call(300)) > kept


async def test_of_calls_at_the_same_moment_only_those_that_fit_are_made(servers: Servers) -> None:
    """Twenty calls of two servers at once, and money for five: five are made."""
    ledgers = servers(day_cost=5.0, currency="CNY")

    def asked(number: int) -> bool:
        try:
            ledgers[number % 2].reserve(call(1, 1.0))
        except BudgetExceeded:
            return False
        return True

    def all_asked() -> list[bool]:
        with ThreadPoolExecutor(8) as threads:
            return list(threads.map(asked, range(20)))

    assert sum(await asyncio.to_thread(all_asked)) == 5


async def test_a_reserve_of_a_dead_server_ends(servers: Servers, clock: Clock) -> None:
    """What was never settled counts for an hour, and not for the rest of the day."""
    one, other = servers(run_tokens=200)
    lost = one.reserve(call(200))
    with pytest.raises(BudgetExceeded):
        other.reserve(call(1))
    clock.now += timedelta(minutes=61)
    assert other.reserve(call(200)) > lost


async def test_what_was_spent_counts_for_the_rest_of_the_day(servers: Servers, clock: Clock) -> None:
    """A call that was settled is not forgotten with the reserves of the dead."""
    one, other = servers(day_tokens=200)
    one.settle(one.reserve(call(150)), Used(140, 0, 10), None)
    clock.now += timedelta(hours=3)
    with pytest.raises(BudgetExceeded, match="only 50 is left"):
        other.reserve(call(51))
    assert other.reserve(call(50))


def test_a_database_that_is_away_is_as_a_file_that_cannot_be_written_to(clock: Clock) -> None:
    """Who books calls knows one kind of error for that: where a budget is set, no model is asked."""

    class Away:
        def transact(self, work: Any) -> Any:
            raise StoreUnavailable("The database cannot be used.")

    with pytest.raises(OSError, match="cannot be used"):
        SharedLedger(Away(), Budget(), clock).reserve(call(1))  # type: ignore[arg-type]
