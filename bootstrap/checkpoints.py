"""Checkpoints of runs, in the same database as everything else; a saver for each run.

A saver of its own lets runs go on side by side (PostgreSQL's serialises on one lock), and lets a run be
stopped at any moment: its connection is closed, and what was not committed is undone.

A saver may be made for the run of one worker. Then nothing is written once another worker has taken the run
over: a process that slept for a while must not put its old state on top of the other's newer one.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from kubetriage.bootstrap.databases import postgres_options
from kubetriage.bootstrap.server_settings import sqlite_path
from kubetriage.state.checkpoint_types import checkpoint_types

Saver = BaseCheckpointSaver[Any]
T = TypeVar("T")
_BUSY_MS = 30_000
_OWNER = "SELECT executor FROM runs WHERE id = "


class NotOurs(Exception):
    """Another worker runs this now."""


class Checkpoints(Protocol):
    """One database's checkpoints."""

    def saver(self, executor: str = "") -> AbstractAsyncContextManager[Saver]:
        """A saver for one run. It raises `NotOurs` for a run that is not this executor's, if one is given."""

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


class _SqliteSaver(SqliteSaver):
    """The library's, with a thread of its own: packing the state of a large cluster takes 10 ms and more."""

    def __init__(self, path: Path, executor: str, thread: ThreadPoolExecutor) -> None:
        connection = sqlite3.connect(path, timeout=_BUSY_MS / 1000, check_same_thread=False)
        connection.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing by it
        super().__init__(connection, serde=_serde())
        self.is_setup = True
        self._executor = executor
        self._thread = thread

    def put(self, config: Any, *given: Any) -> Any:
        self.conn.execute("BEGIN IMMEDIATE")  # nobody takes the run over between the question and the answer
        try:
            if self._executor:
                owner = self.conn.execute(f"{_OWNER}?", (config["configurable"]["thread_id"],)).fetchone()
                _require(owner and owner[0], self._executor)
            return super().put(config, *given)
        finally:
            self.conn.rollback()  # nothing, where it was committed

    async def aput(self, config: Any, *given: Any) -> Any:
        return await self._beside(lambda: self.put(config, *given))

    async def aput_writes(
        self, config: Any, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await self._beside(lambda: self.put_writes(config, writes, task_id, task_path))

    async def aget_tuple(self, config: Any) -> CheckpointTuple | None:
        return await self._beside(lambda: self.get_tuple(config))

    async def alist(self, config: Any, **given: Any) -> AsyncIterator[CheckpointTuple]:
        for each in await self._beside(lambda: list(self.list(config, **given))):
            yield each

    async def adelete_thread(self, thread_id: str) -> None:
        await self._beside(lambda: self.delete_thread(thread_id))

    async def _beside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _require(owner: str | None, executor: str) -> None:
    if owner != executor:
        raise NotOurs(f"It is {owner or 'nobody'}'s.")


class _Sqlite:
    """A connection for each saver: they cost 1 ms, and WAL lets them read side by side."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    async def opened(cls, path: Path) -> _Sqlite:
        made = cls(path)
        async with made._opened() as saver:
            saver.is_setup = False
            await saver._beside(saver.setup)
        return made

    @asynccontextmanager
    async def _opened(self, executor: str = "") -> AsyncIterator[_SqliteSaver]:
        loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, "checkpoints")
        try:
            saver = await loop.run_in_executor(thread, _SqliteSaver, self._path, executor, thread)
            try:
                yield saver
            finally:
                await loop.run_in_executor(thread, saver.conn.close)
        finally:
            thread.shutdown(wait=False)

    def saver(self, executor: str = "") -> AbstractAsyncContextManager[Saver]:
        return self._opened(executor)

    async def trim(self, thread: str) -> None:
        last = "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?)"
        await self._delete(f"thread_id = ? AND checkpoint_id < {last}", (thread, thread))

    async def forget(self, thread: str) -> None:
        await self._delete("thread_id = ?", (thread,))

    async def _delete(self, where: str, values: tuple[str, ...]) -> None:
        async with self._opened() as saver:

            def delete() -> None:
                with saver.cursor() as cursor:
                    for table in ("writes", "checkpoints"):
                        cursor.execute(f"DELETE FROM {table} WHERE {where}", values)

            await saver._beside(delete)


class _PostgresSaver(AsyncPostgresSaver):
    """The library's over a pool, for one executor's runs."""

    def __init__(self, pool: Any, executor: str) -> None:
        super().__init__(pool, serde=_serde())
        self._pool = pool
        self._executor = executor

    async def aput(self, config: Any, *given: Any) -> Any:
        if not self._executor:
            return await super().aput(config, *given)
        async with self._pool.connection() as connection, connection.transaction():
            run = config["configurable"]["thread_id"]
            found = await connection.execute(f"{_OWNER}%s FOR SHARE", (run,))
            owner = await found.fetchone()
            _require(owner and owner["executor"], self._executor)
            return await AsyncPostgresSaver(connection, serde=self.serde).aput(config, *given)


class _Postgres:
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
async def _postgres(url: str, runs: int) -> AsyncIterator[_Postgres]:
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
