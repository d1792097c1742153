"""Whose a run is, asked in the transaction that writes: a worker may sleep between a question and a write."""

from __future__ import annotations

from sqlalchemy import Connection, select

from kubetriage.adapters.store.sql.tables import executors, runs
from kubetriage.domain.intake.errors import NotOurs


def require_owner(connection: Connection, run: str, executor: str | None) -> None:
    """Nobody takes the run until this transaction is over. Raises `NotOurs`; without an executor, nothing."""
    if executor is None:
        return
    query = select(runs.c.executor).where(runs.c.id == run).with_for_update(read=True)
    owner = connection.execute(query).scalar_one_or_none()
    if owner != executor:
        raise NotOurs(f"{run} is {owner or 'nobody'}'s.")


def is_known(connection: Connection, executor: str) -> bool:
    """Whether nobody holds this worker for dead, until this transaction is over; it may beat meanwhile."""
    query = (
        select(executors.c.id).where(executors.c.id == executor).with_for_update(read=True, key_share=True)
    )
    return connection.execute(query).first() is not None
