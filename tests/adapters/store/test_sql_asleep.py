"""A process that is stopped within a transaction must not keep the others from theirs for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest

from kubetriage.adapters.store.sql.cursors import FEW, OneByOne
from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert

pytestmark = pytest.mark.slow
MakeAlert = Callable[..., Alert]


def refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError("a pipeline")


async def test_what_is_decided_about_a_few_is_no_pipeline(
    postgres: Any, make_alert: MakeAlert, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends the transaction of who sleeps between two statements, but not of who sleeps in a pipeline."""
    monkeypatch.setattr(psycopg.Connection, "pipeline", refuse)
    database = await Database.open(postgres.database())
    alerts = [make_alert(namespace="shop", pod=f"web-{n}") for n in range(10)]
    for _ in range(2):
        found = await database.incidents.accept(alerts, source="t", body_digest="", received_at=now)
    assert found.repeats == 10
    incident = found.incidents[0]
    await database.incidents.acknowledge(incident, "me", now)
    assert [each.kind for each in await database.incidents.timeline(incident)][-1] == "acknowledged"
    await database.close()


def test_many_rows_are_a_pipeline_and_few_are_not(postgres: Any) -> None:
    """All rows are written either way."""
    with psycopg.connect(postgres.database(), cursor_factory=OneByOne) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (n int)")
        for count in (3, FEW + 1):
            cursor.executemany("INSERT INTO t VALUES (%s)", [(n,) for n in range(count)])
        cursor.execute("SELECT count(*) FROM t")
        assert cursor.fetchone() == (3 + FEW + 1,)


async def test_a_sleepers_lock_comes_free(postgres: Any) -> None:
    """A transaction that was left within its few rows is ended by the server, whoever waits for its lock goes on."""
    url, short = postgres.database(), "-c idle_in_transaction_session_timeout=1500ms"
    with (
        psycopg.connect(url, cursor_factory=OneByOne, options=short) as sleeper,
        psycopg.connect(url, options="-c lock_timeout=90s") as other,
    ):
        sleeper.cursor().executemany("SELECT pg_advisory_xact_lock(%s)", [(1,), (2,)])
        await asyncio.to_thread(other.execute, "SELECT pg_advisory_xact_lock(1)")
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            sleeper.execute("SELECT 1")
