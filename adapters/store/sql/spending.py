"""What was spent on models, for the budgets that all servers on one database share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, func, insert, select, text, update

from kubetriage.adapters.store.sql.connecting import DECISIONS, Connector
from kubetriage.adapters.store.sql.spending_table import spent

T = TypeVar("T")
_LOCK = text("SELECT pg_advisory_xact_lock(:number)")


class SpendingRows:
    """The table, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Nobody else books until this is over: two calls must not both take what is left."""
        if self._connection.dialect.name == "postgresql":  # SQLite writes one at a time anyway
            self._connection.execute(_LOCK, {"number": DECISIONS + 2})

    def forget(self, open_before: datetime, day_before: str) -> None:
        """Reserves of that long ago, which nobody settled, and all that was spent before that day."""
        c = spent.c
        self._connection.execute(delete(spent).where(c.open.is_(True), c.at < open_before))
        self._connection.execute(delete(spent).where(c.day < day_before))

    def total(self, columns: Sequence[str], by: str, value: str, currency: str = "") -> float:
        """The sum of these columns over one run or one day."""
        sums: Any = [func.coalesce(func.sum(spent.c[name]), 0) for name in columns]
        query = select(sum(sums)).where(spent.c[by] == value)
        if currency:
            query = query.where(spent.c.currency == currency)
        return float(self._connection.execute(query).scalar_one())

    def add(self, row: Mapping[str, Any]) -> int:
        """Its number."""
        return int(self._connection.execute(insert(spent).returning(spent.c.id), dict(row)).scalar_one())

    def change(self, entry: int, values: Mapping[str, Any]) -> None:
        self._connection.execute(update(spent).where(spent.c.id == entry).values(**values))

    def remove(self, entry: int) -> None:
        self._connection.execute(delete(spent).where(spent.c.id == entry))

    def by_day(self, first: str) -> Sequence[Sequence[Any]]:
        """Day, profile, calls, tokens (prompt, cached, completion), cost, currency of what was settled."""
        c = spent.c
        sums = [func.sum(each) for each in (c.prompt, c.cached, c.completion, c.cost)]
        query = select(c.day, c.profile, func.count(), *sums, c.currency).where(c.day >= first)
        query = query.where(c.open.is_(False)).group_by(c.day, c.profile, c.currency)
        found = self._connection.execute(query.order_by(c.day.desc(), c.profile))
        return [(day, name, *map(int, counts), cost, unit) for day, name, *counts, cost, unit in found]


class SqlSpending:
    """Runs work on the table in the calling thread, committed when it returns."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    @property
    def shared(self) -> bool:
        """Whether servers on other machines may use the same database."""
        return not self._connector.sqlite

    def transact(self, work: Callable[[SpendingRows], T]) -> T:
        """Raises `StoreUnavailable`."""
        return self._connector.transact(lambda connection: work(SpendingRows(connection)))
