"""Cells that are given up: their processes died, and what they have cost stays."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from kubetriage.evals.cells import Cell, CellKey, CellOutcome, ModelUsed, Strategy, cells_in, write_cell
from kubetriage.evals.runs.budget import Purse
from kubetriage.evals.runs.conducting import Conduct, Run, Standing
from kubetriage.evals.runs.folder import begun, prepared
from kubetriage.evals.runs.messages import Done, Order
from kubetriage.evals.runs.planning import plan_of
from kubetriage.evals.runs.pool import Lost, Pool
from kubetriage.evals.scenario import find

FOLDER = Path(__file__).resolve().parents[3] / "evals" / "scenarios"
NOW = datetime(2027, 3, 20, tzinfo=UTC)


class Dying:
    """A pool of one worker, which dies of every cell that it is given."""

    def __init__(self) -> None:
        self.given: list[Order] = []
        self.scenarios: set[str] = set()

    def place(self, *, alone: bool = False) -> SimpleNamespace | None:
        return None if self.given else SimpleNamespace(scenario="")

    async def give(self, worker: Any, order: Order, *, alone: bool = False) -> None:
        self.given.append(order)

    async def event(self, seconds: float) -> Lost:
        return Lost((self.given.pop(),), "The process that ran it ended with signal 9.")


class Unheard:
    def cell(self, done: Done) -> None: ...

    def standing(self, now: Standing) -> None: ...


async def test_what_earlier_tries_have_cost_stays_with_a_cell_that_is_given_up(tmp_path: Path) -> None:
    """Its file holds that money, in its currency, and no figure of the run lacks it."""
    model = ModelUsed(name="mine", profile={"price": {"prompt": 1.0, "currency": "CNY"}})
    plan = plan_of(
        find(FOLDER)[:1], (Strategy.GRAPH,), [model], repeats=1, seed=0, language="en", simulation="", now=NOW
    )
    prepared(tmp_path)
    begun(tmp_path, plan)
    key = CellKey(scenario=plan.run.scenarios[0].name, strategy=Strategy.GRAPH, model="mine")
    tried = Cell(key=key, outcome=CellOutcome.COULD_NOT_RUN, cost=0.5, currency="CNY", started=NOW)
    write_cell(tmp_path, tried)
    plan, found = begun(tmp_path, plan)
    ended = await Run(plan, Conduct(tmp_path), Purse(None), found, Unheard()).do(cast("Pool", Dying()))
    (cell,) = cells_in(tmp_path)
    assert (cell.outcome, cell.cost, cell.currency) == (CellOutcome.COULD_NOT_RUN, 0.5, "CNY")
    assert "signal 9" in cell.why and ended.standing.spent == {"CNY": 0.5}
