"""Doing a run: every cell that is not there yet, with retries and a budget, until all are or it must stop."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

from kubetriage.evals.cells import NO_MODEL, Cell, CellKey, CellOutcome, Strategy, write_cell
from kubetriage.evals.figure_values import Arm, arm_label
from kubetriage.evals.runs.attempt import Trouble
from kubetriage.evals.runs.budget import Purse, currency_of
from kubetriage.evals.runs.folder import Found
from kubetriage.evals.runs.messages import Done, Order, Setting
from kubetriage.evals.runs.planning import Plan
from kubetriage.evals.runs.pool import Lost, Pool, pool_of
from kubetriage.evals.runs.queue import FIRST_WAIT, Waiting, arm_of

TICK: Final = 0.5
"""Seconds between two looks at what hangs and what is due."""


class Conduct(NamedTuple):
    """How a run is done; none of it changes what a cell comes to."""

    folder: Path
    config: str = ""
    models: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    """Fields of model profiles over those of the settings, by the profile's name."""
    concurrency: int = 2
    timeout: float = 600.0
    """Seconds for a cell."""
    grace: float = 30.0
    """Seconds after which a process that does not keep to that is ended."""
    tries: int = 3
    """Of a cell that meets a rate limit, a timeout or a server's error."""
    backoff: float = FIRST_WAIT
    """Seconds before the second try, doubled each time."""
    time: str = "zero"
    """Of scripted models: `zero`, `real` or `scaled:FACTOR`."""


class Standing(NamedTuple):
    """How far a run is."""

    done: int
    """Cells with a file, of this run and earlier ones."""
    of: int
    passed: int
    failed: int
    not_run: int
    wrong_with_confidence: int
    """Of those of this session."""
    left: float | None
    """Seconds; None while it cannot be said."""
    spent: dict[str, float]


class Watching(Protocol):
    """Told how a run goes, for people who wait."""

    def cell(self, done: Done) -> None:
        """A cell has come to something."""

    def standing(self, now: Standing) -> None:
        """Every half second or more often."""


class Ended(NamedTuple):
    standing: Standing
    stopped: tuple[str, ...]
    """Why cells were left out, a sentence each; empty if none were."""


class Run:
    """One session of a run."""

    def __init__(self, plan: Plan, how: Conduct, purse: Purse, found: Found, watching: Watching) -> None:
        self._how = how
        self._purse = purse
        self._watching = watching
        self._total = plan.cells
        self._currencies = {model.name: currency_of(model) for model in plan.run.models}
        self._before = len(found.done)
        self._outcomes: Counter[CellOutcome] = Counter(found.outcomes)
        self._waiting = Waiting(
            (key for key in plan.each() if key.id not in found.done), plan.folders, how.tries, found.paid
        )
        self._finished = 0
        self._wrong = 0
        self._began = time.monotonic()
        self._doing: dict[str, Order] = {}
        self._stopped: dict[Arm, str] = {}
        self._deaths: Counter[str] = Counter()
        for arm, cost, currency in found.costs:
            purse.pay(arm, cost, currency)

    async def do(self, pool: Pool) -> Ended:
        while self._waiting or self._doing:
            await self._give(pool)
            self._watching.standing(self._standing())
            if not self._doing and not self._waiting:
                break  # what was left did not fit the budget
            match await pool.event(TICK):
                case Done() as done:
                    self._heard(done)
                case Lost() as lost:
                    self._lost(lost)
        self._watching.standing(self._standing())
        return Ended(self._standing(), tuple(dict.fromkeys(self._stopped.values())))

    # --- what is begun ----------------------------------------------------------------------------

    async def _give(self, pool: Pool) -> None:
        while self._waiting.suspects:  # nothing else is begun before it is known which one it was
            worker = pool.place(alone=True)
            if worker is None:
                return
            order = self._waiting.suspects.popleft()
            self._begin(order)
            await pool.give(worker, order, alone=True)
        while (worker := pool.place()) is not None:
            next_one = self._waiting.next(worker.scenario, pool.scenarios, time.monotonic(), self._may)
            if next_one is None:
                self._drop_what_is_too_dear()
                return
            self._begin(next_one)
            await pool.give(worker, next_one)

    def _begin(self, order: Order) -> None:
        self._doing[order.key.id] = order
        self._purse.begin(order.key.id, arm_of(order.key))

    def _may(self, arm: Arm) -> bool:
        fits = self._purse.may_begin(arm)
        if fits is False and arm not in self._stopped:
            self._stopped[arm] = (
                f"The budget of {self._purse.budget} is spent; the same command with a larger one goes on."
            )
        return fits is True

    def _drop_what_is_too_dear(self) -> None:
        for arm in self._stopped:
            self._waiting.drop(arm)

    # --- what comes back --------------------------------------------------------------------------

    def _heard(self, done: Done) -> None:
        order = self._doing.pop(done.key.id, None)
        if order is None:
            return
        arm = arm_of(done.key)
        self._purse.end(done.key.id)
        self._purse.pay(arm, done.cost, done.currency)
        if done.trouble in (Trouble.OF_MODEL, Trouble.OF_BUDGET):
            self._stopped.setdefault(arm, f"{arm_label(*arm)} was stopped: {done.why}")
            self._waiting.drop(arm)
        elif not done.again:
            self._count(done)
        elif arm not in self._stopped:
            self._waiting.retry(order, done.cost, time.monotonic(), self._how.backoff)

    def _count(self, done: Done) -> None:
        self._finished += 1
        self._outcomes[done.outcome] += 1
        self._wrong += done.wrong_with_confidence
        self._watching.cell(done)

    def _lost(self, lost: Lost) -> None:
        orders = [order for order in lost.orders if self._doing.pop(order.key.id, None) is not None]
        for order in orders:
            id_ = order.key.id
            self._purse.end(id_)
            if lost.hung is not None:
                self._after_a_hang(order, lost.hung)
                continue
            self._deaths[id_] += 1
            if len(orders) == 1 and self._deaths[id_] > 1:
                self._give_up(order, lost.why)
            else:
                self._waiting.suspects.append(order)

    def _after_a_hang(self, order: Order, hung: CellKey) -> None:
        if order.key != hung:
            self._waiting.back(order)
        elif order.last:
            self._give_up(order, f"It hung for more than {self._how.timeout:g} seconds.")
        else:
            self._waiting.retry(order, 0.0, time.monotonic(), self._how.backoff)

    def _give_up(self, order: Order, why: str) -> None:
        cell = Cell(
            key=order.key,
            outcome=CellOutcome.COULD_NOT_RUN,
            why=why,
            cost=order.carried or None,  # of its earlier tries; what this one has cost nobody can say
            currency=self._currencies.get(order.key.model, "") if order.carried else "",
            started=datetime.now(UTC),
        )
        write_cell(self._how.folder, cell)
        self._count(Done(key=order.key, outcome=cell.outcome, why=why, written=True))

    def _standing(self) -> Standing:
        done = self._before + self._finished
        elapsed = time.monotonic() - self._began
        remaining = len(self._waiting) + len(self._doing)
        left = remaining * elapsed / self._finished if self._finished else None
        return Standing(
            done=done,
            of=self._total,
            passed=self._outcomes[CellOutcome.PASS],
            failed=self._outcomes[CellOutcome.FAIL],
            not_run=self._outcomes[CellOutcome.COULD_NOT_RUN],
            wrong_with_confidence=self._wrong,
            left=left,
            spent=dict(self._purse.spent),
        )


async def conduct(
    plan: Plan, how: Conduct, purse: Purse, found: Found, watching: Watching, lock: int
) -> Ended:
    """Do what is left of a run. Raises `KubetriageError` when workers cannot be started."""
    left = plan.cells - len(found.done)
    asks = _asks(plan)
    processes, slots = spread(how.concurrency, left, asks=asks)
    setting = Setting(
        folder=str(how.folder.resolve()),
        config=how.config,
        models={name: dict(table) for name, table in how.models.items()},
        language=plan.run.language,
        timeout=how.timeout,
        grace=how.grace,
        time=how.time,
        seed=plan.run.seed,
        processes=processes,
        asks=asks,
        slots=slots,
    )
    run = Run(plan, how, purse, found, watching)
    async with pool_of(setting, processes if left else 0, lock) as pool:
        return await run.do(pool)


def spread(concurrency: int, cells: int, *, asks: bool) -> tuple[int, int]:
    """Processes and, in each, cells at a time: rules only compute, whoever asks a model mostly waits."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = max(1, min(concurrency, cores, cells))
    return processes, -(-concurrency // processes) if asks else 1


def _asks(plan: Plan) -> bool:
    return any(strategy is not Strategy.RULES for strategy in plan.run.strategies) or any(
        model.name != NO_MODEL for model in plan.run.models
    )
