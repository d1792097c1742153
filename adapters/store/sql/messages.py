"""`stores.Messages` in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, exists, func, insert, select, update

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.incident_reads import page_query
from kubetriage.adapters.store.sql.pacing import next_turn
from kubetriage.adapters.store.sql.rows import attempt_of, message_of, message_row
from kubetriage.adapters.store.sql.tables import attempts, executors, incident_events, messages
from kubetriage.adapters.store.sql.writing import insert_for
from kubetriage.domain.intake.errors import NotYet
from kubetriage.domain.intake.messages import Attempt, Message, MessageState, NewMessage, Outcome
from kubetriage.domain.intake.reading import Page, Paged
from kubetriage.domain.messages.sending import Pace

_AFTER = {
    Outcome.DELIVERED: MessageState.DELIVERED,
    Outcome.RETRY: MessageState.PENDING,
    Outcome.DEAD: MessageState.DEAD,
    Outcome.UNKNOWN: MessageState.UNKNOWN,
}
_m = messages.c


class SqlMessages:
    """See `stores.Messages` for what each method promises."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def enqueue(self, messages: Sequence[NewMessage], now: datetime) -> Sequence[Message]:
        return await self._connector.write(lambda c: _enqueue(c, messages, now))

    async def dispatch(self, notice: int, messages: Sequence[NewMessage], now: datetime) -> Sequence[Message]:
        def work(connection: Connection) -> Sequence[Message]:
            told = incident_events.c
            tick = update(incident_events).where(told.seq == notice, told.dispatched_at.is_(None))
            if not connection.execute(tick.values(dispatched_at=now)).rowcount:
                return []  # another worker told of it, perhaps in other words, while this one slept
            return _enqueue(connection, messages, now)

        return await self._connector.write(work)

    async def claim_due(self, worker: str, now: datetime, budgets: Mapping[str, int]) -> Sequence[Message]:
        def work(connection: Connection) -> list[Message]:
            ids: list[int] = []
            for channel, budget in budgets.items():
                due = and_(_m.channel == channel, _m.state == MessageState.PENDING, _m.due_at <= now)
                query = select(_m.id).where(due).order_by(_m.due_at, _m.id).limit(max(budget, 0))
                ids += connection.execute(query.with_for_update(skip_locked=True)).scalars()
            changes = {"state": MessageState.SENDING, "worker": worker, "claimed_at": now, "updated_at": now}
            connection.execute(update(messages).where(_m.id.in_(ids)).values(changes))
            query = select(messages).where(_m.id.in_(ids)).order_by(_m.due_at, _m.id)
            return [message_of(row) for row in connection.execute(query)]

        wanted = any(budget > 0 for budget in budgets.values())
        return await self._connector.write(work) if wanted else ()

    async def attempt_started(
        self, message: int, worker: str, now: datetime, pace: Pace | None = None
    ) -> int | None:
        def work(connection: Connection) -> int | None:
            held = select(messages).where(_m.id == message, _m.state == MessageState.SENDING)
            row = connection.execute(held.where(_m.worker == worker).with_for_update()).one_or_none()
            if row is None:
                return None
            if pace is not None and (until := next_turn(connection, row.channel, pace, now)) > now:
                raise NotYet(until)
            number = row.attempts + 1
            attempt = {"message": message, "number": number, "channel": row.channel, "worker": worker}
            connection.execute(insert(attempts), {**attempt, "started_at": now})
            _change(connection, message, attempts=number, updated_at=now)
            return int(number)

        return await self._connector.write(work)

    async def attempt_ended(
        self,
        message: int,
        number: int,
        outcome: Outcome,
        now: datetime,
        *,
        retry_at: datetime | None = None,
        status: int | None = None,
        error: str = "",
        provider_id: str = "",
    ) -> Message | None:
        if outcome is Outcome.RETRY and retry_at is None:
            raise ValueError("an attempt that is to be repeated needs a time")

        def work(connection: Connection) -> Message | None:
            known = _message(connection, message, lock=True)
            if known is None:
                return None
            a = attempts.c
            answer = {"ended_at": now, "outcome": outcome, "status": status, "error": error}
            this = update(attempts).where(a.message == message, a.number == number)
            connection.execute(this.values({**answer, "provider_id": provider_id}))
            if known.state is MessageState.DELIVERED:
                return known
            # An answer that comes late is still the truth, but it must not call back a newer attempt.
            if number == known.attempts or outcome is Outcome.DELIVERED:
                changes: dict[str, Any] = {"state": _AFTER[outcome], "error": error, "updated_at": now}
                changes |= {"provider_id": provider_id} if provider_id else {}
                changes |= {"due_at": retry_at, "worker": ""} if outcome is Outcome.RETRY else {}
                _change(connection, message, **changes)
            return _message(connection, message)

        return await self._connector.write(work)

    async def put_back(self, message: int, worker: str, due_at: datetime) -> bool:
        held = and_(_m.id == message, _m.state == MessageState.SENDING, _m.worker == worker, ~_unanswered())
        changes = {"state": MessageState.PENDING, "worker": "", "due_at": due_at}
        statement = update(messages).where(held).values(changes)
        return await self._connector.write(lambda c: c.execute(statement).rowcount == 1)

    async def retry(self, message: int, due_at: datetime) -> bool:
        ended = and_(_m.id == message, _m.state.in_((MessageState.UNKNOWN, MessageState.DEAD)))
        changes = {"state": MessageState.PENDING, "worker": "", "due_at": due_at}
        statement = update(messages).where(ended).values(changes)
        return await self._connector.write(lambda c: c.execute(statement).rowcount == 1)

    async def digest(self, messages: Sequence[int], into: NewMessage, now: datetime) -> Message | None:
        free = and_(_m.id.in_(messages), _m.state == MessageState.PENDING)

        def work(connection: Connection) -> Message | None:
            held = connection.execute(select(_m.id).where(free).order_by(_m.id).with_for_update()).all()
            if len(held) < len(set(messages)):
                return None
            (telling,) = _enqueue(connection, [into], now)
            changes = {"state": MessageState.DIGESTED, "digest": telling.id, "updated_at": now}
            connection.execute(update(_table()).where(_m.id.in_(messages)).values(changes))
            return telling

        return await self._connector.write(work)

    async def release(
        self, now: datetime, *, worker: str = "", claimed_before: datetime | None = None, channel: str = ""
    ) -> int:
        held = _m.state == MessageState.SENDING
        if worker:
            held = and_(held, _m.worker == worker)
        if channel:
            held = and_(held, _m.channel == channel)
        if claimed_before is not None:
            known = select(executors.c.id)  # who beats is alive, whatever time it is here or there
            held = and_(held, _m.claimed_at < claimed_before, _m.worker.not_in(known))

        def work(connection: Connection) -> int:
            unknown = {"state": MessageState.UNKNOWN, "updated_at": now, "error": "no answer was seen"}
            lost = update(messages).where(held, _unanswered()).values(unknown)
            pending = {"state": MessageState.PENDING, "worker": "", "updated_at": now}
            count = connection.execute(lost).rowcount
            return count + connection.execute(update(messages).where(held).values(pending)).rowcount

        return await self._connector.write(work) if worker or claimed_before else 0

    async def message(self, id: int) -> Message | None:
        return await self._connector.read(lambda c: _message(c, id))

    async def messages(
        self,
        page: Page,
        *,
        incident: str | None = None,
        channel: str | None = None,
        states: Sequence[MessageState] = (),
    ) -> Paged[Message]:
        query = page_query(select(messages), _m.id, page)
        if incident is not None:
            query = query.where(_m.incident == incident)
        if channel is not None:
            query = query.where(_m.channel == channel)
        if states:
            query = query.where(_m.state.in_(states))

        def work(connection: Connection) -> Paged[Message]:
            found = [message_of(row) for row in connection.execute(query)]
            more = str(found[page.limit - 1].id) if len(found) > page.limit else ""
            return Paged[Message](items=tuple(found[: page.limit]), next=more)

        return await self._connector.read(work)

    async def attempts(self, message: int) -> Sequence[Attempt]:
        query = select(attempts).where(attempts.c.message == message).order_by(attempts.c.number)
        return await self._connector.read(lambda c: [attempt_of(row) for row in c.execute(query)])

    async def attempts_since(self, channel: str, since: datetime) -> int:
        a = attempts.c
        query = select(func.count()).where(a.channel == channel, a.started_at >= since)
        return await self._connector.read(lambda c: c.execute(query).scalar_one())


def _table() -> Table:
    return messages


def _unanswered() -> Any:
    """An attempt of this message has begun, and its answer was never seen."""
    return exists().where(attempts.c.message == _m.id, attempts.c.ended_at.is_(None))


def _enqueue(connection: Connection, new: Sequence[NewMessage], now: datetime) -> list[Message]:
    if not new:
        return []
    statement = insert_for(connection, messages).on_conflict_do_nothing(index_elements=["key"])
    connection.execute(statement, [message_row(message, now) for message in new])
    query = select(messages).where(_m.key.in_([message.key for message in new]))
    found = {row.key: message_of(row) for row in connection.execute(query)}
    return [found[message.key] for message in new]


def _message(connection: Connection, id: int, *, lock: bool = False) -> Message | None:
    query = select(messages).where(_m.id == id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return message_of(row) if row else None


def _change(connection: Connection, id: int, **changes: Any) -> None:
    connection.execute(update(messages).where(_m.id == id).values(changes))
