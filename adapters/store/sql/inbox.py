"""`inbox.Inbox` in SQL: bodies that come at the same time share one transaction.

On PostgreSQL it is one of the tables. On SQLite, where one transaction writes at a time, it is a file of its
own beside the database: what decides about thousands of alerts must not keep a post waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.inbox_table import inbox, inbox_metadata
from kubetriage.adapters.store.sql.tables import posts
from kubetriage.domain.intake.errors import SchemaTooNew
from kubetriage.domain.intake.posts import Backlog, KeptBody, Post, PostState

_VERSION = 1
"""Of the file's schema, in SQLite's `user_version`."""
_MOST_TOGETHER = 8 * 1024 * 1024
"""Bytes in one transaction, unless one body has more: a small one should not wait for many large ones."""
_MOST_POSTS = 200
_GIVEN_BACK = 16 * 1024
"""Pages (64 MB) that are given back to the disk at once: posts wait for it."""
_LONGEST_WAIT = timedelta(minutes=10)
"""Nobody asks for a longer one: who finds one has had its clock set back."""

_INSERT = insert(inbox).returning(inbox.c.id, sort_by_parameter_order=True)


class _Post(NamedTuple):
    body: bytes
    source: str
    received_at: datetime
    answer: asyncio.Future[int]


class SqlInbox:
    """See `inbox.Inbox` for what each method promises."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._waiting: list[_Post] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, body: bytes, *, source: str, received_at: datetime) -> int:
        """See `inbox.Inbox.keep`. A caller that is cancelled does not take its request back."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Post(body, source, received_at, answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await asyncio.shield(answer)

    async def oldest(self, now: datetime, size: int) -> Sequence[KeptBody]:
        c = inbox.c
        in_time = c.due_at.is_(None) | (c.due_at <= now) | (c.due_at > now + _LONGEST_WAIT)
        due = c.failed.is_(False) & in_time
        sizes = select(c.id, c.size).where(due).order_by(c.id).limit(_MOST_POSTS)

        def work(connection: Connection) -> list[KeptBody]:
            chosen: list[int] = []
            room = size
            for id, bytes_of in connection.execute(sizes):
                if chosen and bytes_of > room:
                    break
                chosen.append(id)
                room -= bytes_of
            columns = (c.id, c.source, c.received_at, c.body, c.attempts)
            query = select(*columns).where(c.id.in_(chosen)).order_by(c.id)
            return [KeptBody(*row) for row in connection.execute(query)] if chosen else []

        return await self._connector.read(work)

    async def retry(self, post: int, at: datetime, why: str, tries: int = 1) -> int:
        values = {"attempts": inbox.c.attempts + tries, "due_at": at, "why": why}
        again = update(inbox).where(inbox.c.id == post).values(values).returning(inbox.c.attempts)
        return await self._connector.write(lambda c: c.execute(again).scalar(), durable=False) or 0

    async def advanced(self, post: int) -> None:
        values = {"attempts": 0, "due_at": None, "why": ""}
        well = update(inbox).where(inbox.c.id == post).values(values)
        await self._connector.write(lambda c: c.execute(well), durable=False)

    async def fail(self, post: int, why: str) -> None:
        given_up = update(inbox).where(inbox.c.id == post).values(failed=True, why=why)
        await self._connector.write(lambda c: c.execute(given_up))

    async def drop(self, posts: Sequence[int]) -> None:
        gone = delete(inbox).where(inbox.c.id == bindparam("post"))
        rows = [{"post": each} for each in posts]
        await self._connector.write(lambda c: c.execute(gone, rows), durable=False)

    async def post(self, id: int) -> Post | None:
        c = inbox.c
        query = select(c.source, c.received_at, c.failed, c.why).where(c.id == id)
        rows = await self._connector.read(lambda c: c.execute(query).all())
        if not rows:
            return None
        (row,) = rows
        state = PostState.FAILED if row.failed else PostState.WAITING
        return Post(id=id, state=state, source=row.source, received_at=row.received_at, why=row.why)

    async def backlog(self) -> Backlog:
        c = inbox.c
        waiting = select(func.count(), func.min(c.received_at)).where(c.failed.is_(False))
        failed = select(func.count()).where(c.failed.is_(True))

        def work(connection: Connection) -> Backlog:
            count, oldest = connection.execute(waiting).one()
            return Backlog(count, oldest, connection.execute(failed).scalar_one())

        return await self._connector.read(work)

    async def retain(self, before: datetime) -> int:
        old = delete(inbox).where(inbox.c.failed.is_(True), inbox.c.received_at < before)
        count = await self._connector.write(lambda c: c.execute(old).rowcount)
        await self._connector.shrink(_GIVEN_BACK)
        return count

    async def ping(self) -> None:
        # Changes nothing, but a full disk, a lost lock or a standby makes it fail as a write would.
        nothing = update(inbox).where(inbox.c.id == 0).values(why="")
        await self._connector.write(lambda c: c.execute(nothing))

    async def close(self) -> None:
        if self._writing:
            await self._writing

    async def _write_all(self) -> None:
        while self._waiting:
            together = self._next()
            rows = [{"source": p.source, "received_at": p.received_at, "body": p.body, "size": len(p.body)}
                    for p in together]  # fmt: skip

            def work(connection: Connection, rows: Sequence[dict[str, object]] = rows) -> list[int]:
                return list(connection.execute(_INSERT, rows).scalars())

            writing = asyncio.ensure_future(self._connector.write(work))
            await asyncio.wait([writing])
            _answer(together, writing)

    def _next(self) -> list[_Post]:
        together: list[_Post] = []
        size = 0
        while self._waiting and (not together or size + len(self._waiting[0].body) <= _MOST_TOGETHER):
            post = self._waiting.pop(0)
            together.append(post)
            size += len(post.body)
        return together


def _answer(together: Sequence[_Post], writing: asyncio.Future[list[int]]) -> None:
    """Whatever went wrong is the callers' to know: each waits for an answer."""
    error = writing.exception()
    for index, post in enumerate(together):
        if post.answer.done():
            continue
        if error is not None:
            post.answer.set_exception(error)
        else:
            post.answer.set_result(writing.result()[index])


def inbox_url(connector: Connector) -> str | None:
    """The file of the inbox beside a SQLite database; None where it is one of the tables."""
    if not connector.sqlite:
        return None
    path = Path(str(connector.url.database))
    return f"sqlite:///{path.with_name(f'{path.stem}-inbox{path.suffix}')}"


def prepare_inbox(connector: Connector, database: Connector) -> None:
    """Make or check the file's table. Its numbers go on where the database's posts end.

    Raises `SchemaTooNew` and `StoreUnavailable`.
    """
    last = database.transact(lambda c: c.execute(select(func.max(posts.c.id))).scalar()) or 0
    with connector.alone() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version > _VERSION:
            raise SchemaTooNew(
                f"The inbox beside the database has schema {version}, which is newer than this version of "
                "kubetriage knows: start the version that made it, or a later one."
            )
        inbox_metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={_VERSION}")
        numbers = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'inbox'"
        if connection.execute(text(numbers)).scalar_one() < last:
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = 'inbox'"))
            connection.execute(
                text("INSERT INTO sqlite_sequence (name, seq) VALUES ('inbox', :last)"), {"last": last}
            )
