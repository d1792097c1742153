"""bootstrap.databases: how it is told that the database cannot be used now."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from kubetriage.bootstrap.databases import away

pytestmark = pytest.mark.slow


def test_who_slept_within_a_transaction_finds_the_database_away(postgres: Any) -> None:
    """Its connection was ended meanwhile, so that its locks came free: it begins anew, and has no bug."""
    options = "-c idle_in_transaction_session_timeout=50ms"
    with psycopg.connect(postgres.database(), options=options) as connection:
        connection.execute("SELECT 1")
        time.sleep(0.5)
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout) as ended:
            connection.execute("SELECT 1")
    assert isinstance(ended.value, away())


def test_a_database_that_may_only_be_read_is_away(postgres: Any) -> None:
    """As the old one is after a switch to another: whoever waits finds the new one."""
    options = "-c default_transaction_read_only=on"
    with psycopg.connect(postgres.database(), options=options) as connection:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as refused:
            connection.execute("CREATE TABLE t (n int)")
        connection.rollback()
    assert isinstance(refused.value, away())


def test_what_was_asked_wrongly_is_no_outage(postgres: Any) -> None:
    """A bug of ours is not waited out."""
    with psycopg.connect(postgres.database()) as connection:
        with pytest.raises(psycopg.errors.UndefinedTable) as wrong:
            connection.execute("SELECT * FROM nowhere")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction) as after:
            connection.execute("SELECT 1")
        connection.rollback()
    assert not isinstance(wrong.value, away())
    assert not isinstance(after.value, away())
