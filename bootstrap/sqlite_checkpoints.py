"""Checkpoints in a SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from langgraph.checkpoint.base import CheckpointTuple
from langgraph.checkpoint.sqlite import SqliteSaver

from kubetriage.bootstrap.checkpoints import OWNER, Saver, require_owner, serializer

T = TypeVar("T")
_BUSY_MS = 30_000


class _SqliteSaver(SqliteSaver):
    """The library's, with a thread of its own: packing the state of a large cluster takes 10 ms and more."""

    def __init__(self, path: Path, executor: str, thread: ThreadPoolExecutor) -> None:
        connection = sqlite3.connect(path, timeout=_BUSY_MS / 1000, check_same_thread=False)
        connection.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing by it
        super().__init__(connection, serde=serializer())
        self.is_setup = True
        self._executor = executor
        self._thread = thread

    def put(self, config: Any, *given: Any) -> Any:
        with self._ours(config):
            return super().put(config, *given)

    def put_writes(self, config: Any, *given: Any) -> None:
        with self._ours(config):
            super().put_writes(config, *given)

    @contextmanager
    def _ours(self, config: Any) -> Iterator[None]:
        """One transaction, in which nobody takes the run over."""
        self.conn.execute("BEGIN IMMEDIATE")
        try:
            if self._executor:
                owner = self.conn.execute(f"{OWNER}?", (config["configurable"]["thread_id"],)).fetchone()
                require_owner(owner and owner[0], self._executor)
            yield
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


class SqliteCheckpoints:
    """A connection for each saver: they cost 1 ms, and WAL lets them read side by side."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    async def opened(cls, path: Path) -> SqliteCheckpoints:
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
