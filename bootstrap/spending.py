"""Budgets that hold over all servers on one database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kubetriage.adapters.model.ledger import KEPT_DAYS, RESERVED, Ledger, Reserve, Spent, Used
from kubetriage.domain.intake.errors import StoreUnavailable

if TYPE_CHECKING:
    from kubetriage.adapters.model.policies import Budget
    from kubetriage.adapters.store.sql.spending import SpendingRows, SqlSpending

T = TypeVar("T")


class SharedLedger(Ledger):
    """The same as the file of one user, in the servers' database. Raises `OSError` while that is away."""

    def __init__(self, spending: SqlSpending, budget: Budget, clock: Callable[[], datetime]) -> None:
        super().__init__(Path("the database"), budget, clock)
        self._spending = spending

    def reserve(self, wanted: Reserve) -> int:
        now = self._clock().astimezone(UTC)
        day, oldest = now.date().isoformat(), (now - timedelta(days=KEPT_DAYS)).date().isoformat()

        def work(rows: SpendingRows) -> int:
            if self.budget.limited:
                rows.lock()
            rows.forget(now - RESERVED, oldest)
            self._check(rows, wanted, day)
            return rows.add({"day": day, "at": now, "cached": 0, "open": True, **wanted._asdict()})

        return self._run(work)

    def settle(self, entry: int, used: Used, cost: float | None) -> None:
        self._run(lambda rows: rows.change(entry, {**used._asdict(), "cost": cost, "open": False}))

    def release(self, entry: int) -> None:
        self._run(lambda rows: rows.remove(entry))

    def spent(self, days: int = 1) -> Sequence[Spent]:
        first = (self._clock().astimezone(UTC) - timedelta(days=days - 1)).date().isoformat()
        return self._run(lambda rows: [Spent(*row) for row in rows.by_day(first)])

    def _sum(self, db: Any, what: str, column: str, value: str, currency: str = "") -> float:
        total: float = db.total(what.split(" + "), column, value, currency)
        return total

    def _run(self, work: Callable[[SpendingRows], T]) -> T:
        try:
            return self._spending.transact(work)
        except StoreUnavailable as error:
            raise OSError(str(error)) from error
