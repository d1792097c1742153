"""Checkpoints of runs, in the same database as everything else; a saver for each run.

A saver of its own lets runs go on side by side (PostgreSQL's serialises on one lock), and lets a run be
stopped at any moment: its connection is closed, and what was not committed is undone.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from kubetriage.bootstrap.databases import postgres_options
from kubetriage.bootstrap.server_settings import sqlite_path
from kubetriage.state.checkpoint_types import checkpoint_types

Saver = BaseCheckpointSaver[Any]
_BUSY_MS = 30_000


class Checkpoints(Protocol):
    """One database's checkpoints."""

    def saver(self) -> AbstractAsyncContextManager[Saver]:
        """A saver for one run."""

    async def trim(self, thread: str) -> None:
        """Keep a thread's last checkpoint only."""

    async def forget(self, thread: str) -> None:
        """Keep nothing of a thread."""


@asynccontextmanager
async def open_checkpoints(url: str, runs: int) -> AsyncIterator[Checkpoints]:
    """Checkpoints in the database of that address, its tables made or migrated; for `runs` at once."""
    path = sqlite_path(url)
    if path is not None:
        yield await _Sqlite.opened(path)
        return
    async with _postgres(url, runs) as opened:
        yield opened


def _serde() -> JsonPlusSerializer:
    return JsonPlusSerializer(allowed_msgpack_modules=checkpoint_types())


class _Sqlite:
    """A connection for each saver: they cost 1 ms, and WAL lets them read side by side."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    async def opened(cls, path: Path) -> _Sqlite:
        made = cls(path)
        async with made._connected() as connection:
            from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

            await AsyncSqliteSaver(connection).setup()
        return made

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        import aiosqlite

        async with aiosqlite.connect(self._path) as connection:
            await connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            await connection.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing by it
            yield connection

    @asynccontextmanager
    async def saver(self) -> AsyncIterator[Saver]:
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        async with self._connected() as connection:
            saver = AsyncSqliteSaver(connection, serde=_serde())
            saver.is_setup = True
            yield saver

    async def trim(self, thread: str) -> None:
        last = "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?)"
        await self._delete(f"thread_id = ? AND checkpoint_id < {last}", (thread, thread))

    async def forget(self, thread: str) -> None:
        await self._delete("thread_id = ?", (thread,))

    async def _delete(self, where: str, values: tuple[str, ...]) -> None:
        async with self._connected() as connection:
            for table in ("writes", "checkpoints"):
                await connection.execute(f"DELETE FROM {table} WHERE {where}", values)
            await connection.commit()


class _Postgres:
    """A saver for each run over one pool of connections."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @asynccontextmanager
    async def saver(self) -> AsyncIterator[Saver]:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

        yield AsyncPostgresSaver(self._pool, serde=_serde())

    async def trim(self, thread: str) -> None:
        async with self.saver() as saver:
            await saver.aprune([thread], strategy="keep_latest")

    async def forget(self, thread: str) -> None:
        async with self.saver() as saver:
            await saver.adelete_thread(thread)


@asynccontextmanager
async def _postgres(url: str, runs: int) -> AsyncIterator[_Postgres]:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # who needs a connection says so
    options = {**postgres_options(url), "autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    pool: Any = AsyncConnectionPool(
        url, min_size=1, max_size=runs + 2, kwargs=options, open=False, timeout=10.0,
        check=AsyncConnectionPool.check_connection, reconnect_timeout=2.0,
    )  # fmt: skip
    async with pool:
        await AsyncPostgresSaver(pool).setup()
        yield _Postgres(pool)
