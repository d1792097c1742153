"""`stores.Runs` in SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.ownership import is_known, require_owner
from kubetriage.adapters.store.sql.rows import run_of, thread_of
from kubetriage.adapters.store.sql.run_reads import page_of_runs
from kubetriage.adapters.store.sql.tables import executors, observations, run_events, runs, threads
from kubetriage.adapters.store.sql.writing import insert_for, insert_once
from kubetriage.domain.intake.reading import Page, Paged
from kubetriage.domain.intake.runs import Executor, Run, RunEvent, RunFilter, RunStatus, Thread, ThreadStatus

Result = TypeVar("Result")

_GOING_ON = (RunStatus.PENDING, RunStatus.RUNNING)
_THREAD = {
    RunStatus.PENDING: ThreadStatus.BUSY,
    RunStatus.RUNNING: ThreadStatus.BUSY,
    RunStatus.ERROR: ThreadStatus.ERROR,
    RunStatus.TIMEOUT: ThreadStatus.ERROR,
    RunStatus.INTERRUPTED: ThreadStatus.INTERRUPTED,
}
"""What a run's status makes of its thread; else it is idle."""

_SCANNED = 10_000
"""Threads that one search by metadata looks through."""


class SqlRuns:
    """See `stores.Runs` for what each method promises."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def create_thread(self, thread: Thread) -> bool:
        return await self._connector.write(lambda c: _create_thread(c, thread))

    async def thread(self, id: str) -> Thread | None:
        return await self._connector.read(lambda c: _thread(c, id))

    async def threads(
        self, metadata: Mapping[str, Any], page: Page, status: ThreadStatus | None = None
    ) -> Paged[Thread]:
        c = threads.c
        query = select(threads).order_by(c.created_at.desc(), c.id.desc()).limit(_SCANNED)
        if status is not None:
            query = query.where(c.status == status)

        def work(connection: Connection) -> Paged[Thread]:
            start = int(page.after) if page.after.isdigit() else 0
            found = [
                thread
                for row in connection.execute(query)
                if metadata.items() <= (thread := thread_of(row)).metadata.items()
            ]
            end = start + page.limit
            more = str(end) if len(found) > end else ""
            return Paged[Thread](items=tuple(found[start:end]), next=more)

        return await self._connector.read(work)

    async def update_thread(
        self,
        id: str,
        now: datetime,
        *,
        metadata: Mapping[str, Any] | None = None,
        status: ThreadStatus | None = None,
    ) -> Thread | None:
        def work(connection: Connection) -> Thread | None:
            known = _thread(connection, id, lock=True)
            if known is None:
                return None
            merged = {**known.metadata, **(metadata or {})}
            merged = {name: value for name, value in merged.items() if value is not None}
            changes = {"metadata": merged, "status": status or known.status, "updated_at": now}
            connection.execute(update(threads).where(threads.c.id == id).values(changes))
            return _thread(connection, id)

        return await self._connector.write(work)

    async def delete_thread(self, id: str) -> bool:
        def work(connection: Connection) -> bool:
            _delete_runs(connection, runs.c.thread == id)
            return connection.execute(delete(threads).where(threads.c.id == id)).rowcount == 1

        return await self._connector.write(work)

    async def create_run(self, run: Run, *, unless_busy: bool = False) -> bool:
        def work(connection: Connection) -> bool:
            thread = Thread(id=run.thread, created_at=run.created_at, updated_at=run.created_at)
            _create_thread(connection, thread.model_copy(update={"metadata": {"graph_id": run.graph}}))
            _thread(connection, run.thread, lock=True)
            busy = runs.c.status.in_(_GOING_ON) & (runs.c.thread == run.thread)
            if unless_busy and connection.execute(select(runs.c.id).where(busy).limit(1)).first():
                return False
            if not insert_once(connection, runs, run.model_dump()):
                return False
            _mark_thread(connection, run.thread, run.status, run.created_at)
            return True

        return await self._connector.write(work)

    async def run(self, id: str) -> Run | None:
        query = select(runs).where(runs.c.id == id)

        def work(connection: Connection) -> Run | None:
            row = connection.execute(query).one_or_none()
            return run_of(row) if row else None

        return await self._connector.read(work)

    async def runs(self, thread: str, page: Page, status: RunStatus | None = None) -> Paged[Run]:
        start = int(page.after) if page.after.isdigit() else 0
        query = select(runs).where(runs.c.thread == thread)
        query = query.order_by(runs.c.created_at.desc(), runs.c.id.desc()).offset(start).limit(page.limit + 1)
        if status is not None:
            query = query.where(runs.c.status == status)

        def work(connection: Connection) -> Paged[Run]:
            found = [run_of(row) for row in connection.execute(query)]
            more = str(start + page.limit) if len(found) > page.limit else ""
            return Paged[Run](items=tuple(found[: page.limit]), next=more)

        return await self._connector.read(work)

    async def search(self, wanted: RunFilter, page: Page) -> Paged[Run]:
        return await self._connector.read(lambda c: page_of_runs(c, wanted, page))

    async def take_run(self, id: str, executor: str, now: datetime) -> bool:
        def work(connection: Connection) -> bool:
            known = is_known(connection, executor)
            return known and _change(connection, id, RunStatus.RUNNING, now, executor=executor)

        return await self._connector.write(work)

    async def run_status(self, id: str, status: RunStatus, now: datetime, *, error: str = "") -> bool:
        return await self._connector.write(lambda c: _change(c, id, status, now, error=error))

    async def end_run(
        self,
        id: str,
        status: RunStatus,
        data: Mapping[str, Any],
        now: datetime,
        *,
        executor: str,
        error: str = "",
    ) -> bool:
        def work(connection: Connection) -> bool:
            require_owner(connection, id, executor)
            if not _change(connection, id, status, now, error=error):
                return False
            last = {"status": status.value, **data}
            _insert_event(
                connection, {"run": id, "at": now, "kind": "error" if error else "end", "data": last}
            )
            return True

        return await _numbered(lambda: self._connector.write(work))

    async def delete_run(self, id: str) -> bool:
        return await self._connector.write(lambda c: _delete_runs(c, runs.c.id == id) == 1)

    async def record_event(
        self, run: str, kind: str, data: Mapping[str, Any], at: datetime, *, executor: str | None = None
    ) -> int:
        def work(connection: Connection) -> int:
            require_owner(connection, run, executor)
            return _insert_event(connection, {"run": run, "at": at, "kind": kind, "data": dict(data)})

        return await _numbered(lambda: self._connector.write(work, durable=False))

    async def run_events(self, run: str, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        c = run_events.c
        query = select(run_events).where(c.run == run, c.seq > after).order_by(c.seq).limit(limit)
        return await self._connector.read(
            lambda c: [RunEvent.model_validate(dict(row._mapping)) for row in c.execute(query)]
        )

    async def beat(
        self, executor: str, now: datetime, data: Mapping[str, Any] | None = None, *, again: bool = False
    ) -> bool:
        def work(connection: Connection) -> bool:
            row = {"id": executor, "beat_at": now, "started_at": now, "data": dict(data or {})}
            changes = {"beat_at": now} if data is None else {"beat_at": now, "data": row["data"]}
            if again:
                mine = update(executors).where(executors.c.id == executor).values(changes)
                return connection.execute(mine).rowcount == 1
            statement = insert_for(connection, executors).values(row)
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes))
            return True

        return await self._connector.write(work, durable=False)

    async def executors(self) -> Sequence[Executor]:
        query = select(executors).order_by(executors.c.beat_at.desc(), executors.c.id)
        return await self._connector.read(
            lambda c: [Executor.model_validate(dict(row._mapping)) for row in c.execute(query)]
        )

    async def forget_executor(self, executor: str) -> None:
        await self._connector.write(lambda c: c.execute(delete(executors).where(executors.c.id == executor)))

    async def expired(self, before: datetime, limit: int = 100) -> Sequence[str]:
        fresh = select(runs.c.thread).where(runs.c.ended_at.is_(None) | (runs.c.ended_at >= before))
        c = threads.c
        query = select(c.id).where(c.updated_at < before, c.id.not_in(fresh)).order_by(c.updated_at)
        return await self._connector.read(lambda c: list(c.execute(query.limit(limit)).scalars()))


def _create_thread(connection: Connection, thread: Thread) -> bool:
    return insert_once(connection, threads, thread.model_dump())


def _thread(connection: Connection, id: str, *, lock: bool = False) -> Thread | None:
    query = select(threads).where(threads.c.id == id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return thread_of(row) if row else None


def _change(
    connection: Connection,
    id: str,
    status: RunStatus,
    now: datetime,
    *,
    executor: str | None = None,
    error: str = "",
) -> bool:
    """False, and nothing changed, if there is no such run, or it has ended."""
    query = select(runs.c.thread, runs.c.status, runs.c.started_at).where(runs.c.id == id)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None or row.status not in _GOING_ON:
        return False
    changes: dict[str, Any] = {"status": status, "updated_at": now, "error": error}
    if executor is not None:
        changes["executor"] = executor
    if status is RunStatus.RUNNING and row.started_at is None:
        changes["started_at"] = now
    if status.ended:
        changes["ended_at"] = now
    connection.execute(update(runs).where(runs.c.id == id).values(changes))
    _mark_thread(connection, row.thread, status, now)
    return True


def _insert_event(connection: Connection, event: Mapping[str, Any]) -> int:
    """Its number, the next one of its run."""
    last = select(func.max(run_events.c.seq)).where(run_events.c.run == event["run"])
    seq = int(connection.execute(last).scalar_one() or 0) + 1
    connection.execute(insert(run_events), {**event, "seq": seq})
    return seq


async def _numbered(write: Callable[[], Awaitable[Result]]) -> Result:
    """What inserts an event; once more where another process wrote that number meanwhile."""
    while True:
        try:
            return await write()
        except IntegrityError:
            continue


def _mark_thread(connection: Connection, id: str, status: RunStatus, now: datetime) -> None:
    """The thread is busy while any run of it goes on."""
    going = select(runs.c.id).where(runs.c.thread == id, runs.c.status.in_(_GOING_ON)).limit(1)
    busy = connection.execute(going).first() is not None
    changes = {
        "status": ThreadStatus.BUSY if busy else _THREAD.get(status, ThreadStatus.IDLE),
        "updated_at": now,
    }
    connection.execute(update(threads).where(threads.c.id == id).values(changes))


def _delete_runs(connection: Connection, condition: ColumnElement[bool]) -> int:
    """With what belongs to them; their reports stay with the incident."""
    ids = select(runs.c.id).where(condition)
    for table in (run_events, observations):
        connection.execute(delete(table).where(table.c.run.in_(ids)))
    return connection.execute(delete(runs).where(condition)).rowcount
