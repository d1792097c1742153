"""The engine's connections to the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from kubetriage.adapters.store.sql.connecting import LET_GO
from kubetriage.bootstrap.server_settings import sqlite_path
from kubetriage.domain.intake.errors import StoreUnavailable

if TYPE_CHECKING:
    import sqlalchemy

_BUSY_MS = 30_000


def postgres_options(url: str) -> Mapping[str, Any]:
    """How connections to PostgreSQL are made, in libpq's words; what the address says is kept."""
    given = parse_qs(urlsplit(url).query)
    return {
        "connect_timeout": 5,
        "application_name": "kubetriage",
        "client_encoding": "utf8",
        "options": " ".join([*given.get("options", []), LET_GO]),
    }


def away() -> tuple[type[Exception], ...]:
    """What is raised while the database cannot be reached or cannot write, by whichever library asks it."""
    import sqlite3

    import psycopg
    from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

    return (
        StoreUnavailable,
        OperationalError,
        InterfaceError,
        TimeoutError,
        sqlite3.OperationalError,
        psycopg.OperationalError,
        psycopg.InterfaceError,
        # What a process is told that slept within a transaction, and whoever meets a standby.
        psycopg.errors.IdleInTransactionSessionTimeout,
        psycopg.errors.ReadOnlySqlTransaction,
    )


def engine_database(url: str, connections: int) -> sqlalchemy.Engine:
    """A pool of blocking connections to the database of that address, for the engine's threads."""
    import sqlalchemy
    from sqlalchemy import event

    path = sqlite_path(url)
    if path is None:
        return sqlalchemy.create_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1),
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args=dict(postgres_options(url)),
        )
    made = sqlalchemy.create_engine(f"sqlite:///{path}", pool_size=connections, max_overflow=0)

    @event.listens_for(made, "connect")
    def set_up(connection: Any, record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"  # a transaction that only then wants to write would fail
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing by it

    return made
