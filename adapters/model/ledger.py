"""What was spent on models, by run and by day, and the budgets that stop a call before it is made.

The file is shared by all processes of a user: a day's budget holds over all of them. A call is written down
before it is made, with the most that it can cost, and corrected when it has come back; one that never comes
back (the process was killed) keeps its reserve for an hour. Days are UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from kubetriage.adapters.model.files import opened
from kubetriage.adapters.model.policies import Budget
from kubetriage.domain.errors import BudgetExceeded

KEPT_DAYS = 90
RESERVED = timedelta(hours=1)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spent (
    id INTEGER PRIMARY KEY, day TEXT NOT NULL, at TEXT NOT NULL, run TEXT NOT NULL, profile TEXT NOT NULL,
    prompt INTEGER NOT NULL, cached INTEGER NOT NULL DEFAULT 0, completion INTEGER NOT NULL,
    cost REAL, currency TEXT NOT NULL DEFAULT '', open INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS spent_by_day ON spent (day);
CREATE INDEX IF NOT EXISTS spent_by_run ON spent (run)
"""


class Spent(NamedTuple):
    """What one profile cost on one day."""

    day: str
    profile: str
    calls: int
    prompt: int
    cached: int
    completion: int
    cost: float | None
    currency: str


class Used(NamedTuple):
    """Tokens of a call; reckoned where the endpoint does not say."""

    prompt: int
    cached: int
    """Of the prompt, out of the provider's prefix cache."""
    completion: int


class Reserve(NamedTuple):
    """The most that a call can cost."""

    run: str
    profile: str
    prompt: int
    completion: int
    cost: float | None
    currency: str


class Ledger:
    """The file; every call opens it anew. Raises `sqlite3.Error` or `OSError` if it cannot be used."""

    def __init__(self, path: Path, budget: Budget, clock: Callable[[], datetime]) -> None:
        self.path = path
        self.budget = budget
        self._clock = clock

    def reserve(self, wanted: Reserve) -> int:
        """Write a call down before it is made; raises `BudgetExceeded` if it could go over a budget."""
        now = self._clock().astimezone(UTC)
        day = now.date().isoformat()
        with opened(self.path, _SCHEMA) as db:
            stale = (now - RESERVED).isoformat()
            db.execute("DELETE FROM spent WHERE open = 1 AND at < ?", (stale,))
            db.execute(
                "DELETE FROM spent WHERE day < ?", ((now - timedelta(days=KEPT_DAYS)).date().isoformat(),)
            )
            self._check(db, wanted, day)
            row = (day, now.isoformat(), *wanted)
            made = db.execute(
                "INSERT INTO spent (day, at, run, profile, prompt, completion, cost, currency, open)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
                row,
            )
            return int(made.lastrowid or 0)

    def settle(self, entry: int, used: Used, cost: float | None) -> None:
        """What the call has really cost."""
        with opened(self.path, _SCHEMA) as db:
            db.execute(
                "UPDATE spent SET prompt = ?, cached = ?, completion = ?, cost = ?, open = 0 WHERE id = ?",
                (*used, cost, entry),
            )

    def release(self, entry: int) -> None:
        """The call brought nothing back."""
        with opened(self.path, _SCHEMA) as db:
            db.execute("DELETE FROM spent WHERE id = ?", (entry,))

    def spent(self, days: int = 1) -> Sequence[Spent]:
        """What was spent today and on the days before, newest first."""
        first = (self._clock().astimezone(UTC) - timedelta(days=days - 1)).date().isoformat()
        if not self.path.exists():
            return ()
        with opened(self.path, _SCHEMA) as db:
            rows = db.execute(
                "SELECT day, profile, COUNT(*), SUM(prompt), SUM(cached), SUM(completion), SUM(cost),"
                " currency FROM spent WHERE day >= ? AND open = 0 GROUP BY day, profile, currency"
                " ORDER BY day DESC, profile",
                (first,),
            )
            return [Spent(*row) for row in rows]

    def _check(self, db: Any, wanted: Reserve, day: str) -> None:
        limits = (
            ("run_tokens", self.budget.run_tokens, "run", wanted.run),
            ("day_tokens", self.budget.day_tokens, "day", day),
        )
        for name, limit, column, value in limits:
            if limit:
                used = self._sum(db, "prompt + completion", column, value)
                self._compare(name, limit, used, wanted.prompt + wanted.completion, "tokens")
        costs = (
            ("run_cost", self.budget.run_cost, "run", wanted.run),
            ("day_cost", self.budget.day_cost, "day", day),
        )
        for name, most, column, value in costs:
            if most:
                used = self._sum(db, "cost", column, value, self.budget.currency)
                self._compare(name, most, used, wanted.cost or 0.0, self.budget.currency)

    def _sum(self, db: Any, what: str, column: str, value: str, currency: str = "") -> float:
        query = f"SELECT COALESCE(SUM({what}), 0) FROM spent WHERE {column} = ?"
        values = [value]
        if currency:
            query, values = f"{query} AND currency = ?", [value, currency]
        return float(db.execute(query, values).fetchone()[0])

    def _compare(self, name: str, limit: float, used: float, wanted: float, unit: str) -> None:
        if used + wanted > limit:
            raise BudgetExceeded(
                f"The next model call could cost {_amount(wanted)} {unit}, and of budget.{name} ="
                f" {_amount(limit)} only {_amount(max(0.0, limit - used))} is left; it was not made."
            )


def _amount(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.4g}"
