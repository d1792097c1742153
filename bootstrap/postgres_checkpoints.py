"""Checkpoints in PostgreSQL. Its packages come with the extra `postgres`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncCursor
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from kubetriage.bootstrap.checkpoints import OWNER, Saver, require_owner, serializer
from kubetriage.bootstrap.databases import postgres_options

_MIGRATING = 7_205_905_103
"""Number of an advisory lock, beside those of `adapters.store.sql`."""
_LOOKS, _PAUSE = 300, 0.1
"""Half a minute in all."""


class _PostgresSaver(AsyncPostgresSaver):
    """The library's over a pool, for one executor's runs."""

    def __init__(self, pool: Any, executor: str) -> None:
        super().__init__(pool, serde=serializer())
        self._pool = pool
        self._executor = executor

    async def aput(self, config: Any, *given: Any) -> Any:
        async with self._ours(config) as saver:
            return await saver.aput(config, *given)

    async def aput_writes(self, config: Any, *given: Any) -> None:
        async with self._ours(config) as saver:
            await saver.aput_writes(config, *given)

    @asynccontextmanager
    async def _ours(self, config: Any) -> AsyncIterator[AsyncPostgresSaver]:
        """One transaction, in which nobody takes the run over."""
        async with self._pool.connection() as connection, connection.transaction():
            if self._executor:
                run = config["configurable"]["thread_id"]
                found = await connection.execute(f"{OWNER}%s FOR SHARE", (run,))
                owner = await found.fetchone()
                require_owner(owner and owner["executor"], self._executor)
            saver = AsyncPostgresSaver(connection, serde=self.serde)
            saver.supports_pipeline = False
            yield saver


class _OneByOne(AsyncCursor[Any]):
    """No pipeline, for the reason that `adapters.store.sql.cursors` gives."""

    async def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> None:
        for row in params_seq:
            await self.execute(query, row)


class PostgresCheckpoints:
    """A saver for each run over one pool of connections."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @asynccontextmanager
    async def saver(self, executor: str = "") -> AsyncIterator[Saver]:
        yield _PostgresSaver(self._pool, executor)

    async def trim(self, thread: str) -> None:
        async with self.saver() as saver:
            await saver.aprune([thread], strategy="keep_latest")

    async def forget(self, thread: str) -> None:
        async with self.saver() as saver:
            await saver.adelete_thread(thread)


@asynccontextmanager
async def postgres_checkpoints(url: str, runs: int) -> AsyncIterator[PostgresCheckpoints]:
    """For so many runs at once; the tables are made or migrated."""
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # who needs a connection says so
    options = {**postgres_options(url), "autocommit": True, "prepare_threshold": 0, "row_factory": dict_row,
               "cursor_factory": _OneByOne}  # fmt: skip
    pool: Any = AsyncConnectionPool(
        url, min_size=1, max_size=runs + 2, kwargs=options, open=False, timeout=10.0,
        check=AsyncConnectionPool.check_connection, reconnect_timeout=2.0,
    )  # fmt: skip
    async with pool:
        await _set_up(pool)
        yield PostgresCheckpoints(pool)


async def _set_up(pool: Any) -> None:
    """Tables are made by one process at a time: the library's migrations fail where two make them together.

    The lock is asked for again and again. Who waited for it inside a statement would keep the library from
    making an index beside other work. A process that was stopped with it is not waited for.
    """
    async with pool.connection() as connection:
        for _ in range(_LOOKS):
            got = await connection.execute("SELECT pg_try_advisory_lock(%s) AS got", (_MIGRATING,))
            if (await got.fetchone())["got"]:
                break
            await asyncio.sleep(_PAUSE)
        try:
            await AsyncPostgresSaver(connection, serde=serializer()).setup()
        finally:
            await connection.execute("SELECT pg_advisory_unlock_all()")
