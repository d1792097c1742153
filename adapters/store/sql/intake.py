"""Accepting alerts: requests that come at the same time share one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.known import known_of
from kubetriage.adapters.store.sql.tables import posts
from kubetriage.adapters.store.sql.writing import write_decisions
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.deciding import decide
from kubetriage.domain.intake.decisions import Fate
from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.keys import Look, look_at
from kubetriage.domain.intake.reading import Accepted
from kubetriage.domain.intake.values import IntakeSettings

_MOST_TOGETHER = 5_000
"""Alerts in one transaction, unless one request has more: a small one should not wait for a storm's."""

_MOST_WAITING = 200_000
"""Alerts that wait in memory for a slow database before further ones are sent away: they will come again."""


class _Post(NamedTuple):
    alerts: Sequence[Alert]
    source: str
    body_digest: str
    received_at: datetime
    answer: asyncio.Future[Accepted]


class Intake:
    """A fsync costs the same for one request and for fifty: those that wait for it are written together."""

    def __init__(self, connector: Connector, settings: IntakeSettings) -> None:
        self._connector = connector
        self._settings = settings
        self._waiting: list[_Post] = []
        self._unanswered = 0
        self._writing: asyncio.Task[None] | None = None

    async def accept(
        self, alerts: Sequence[Alert], *, source: str, body_digest: str, received_at: datetime
    ) -> Accepted:
        """See `stores.Incidents.accept`. A caller that is cancelled does not take its request back."""
        if self._unanswered and self._unanswered + len(alerts) > _MOST_WAITING:
            raise StoreUnavailable(
                "Too many alerts wait for the database already. Nothing was stored; try again."
            )
        self._unanswered += len(alerts)
        answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda _: self._answered(len(alerts)))
        self._waiting.append(_Post(alerts, source, body_digest, received_at, answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await asyncio.shield(answer)

    def _answered(self, alerts: int) -> None:
        self._unanswered -= alerts

    async def close(self) -> None:
        if self._writing:
            await self._writing

    async def _write_all(self) -> None:
        while self._waiting:
            together = self._next()
            error = await self._tried(together)
            if error is None:
                continue
            if len(together) == 1 or isinstance(error, StoreUnavailable):
                _refuse(together, error)
                continue
            for post in together:  # one of them is at fault: the others must not suffer
                its_own = await self._tried([post])
                if its_own:
                    _refuse([post], its_own)

    async def _tried(self, together: Sequence[_Post]) -> BaseException | None:
        """Whatever goes wrong is the callers' to know: each waits for an answer."""
        writing = asyncio.ensure_future(self._write(together))
        await asyncio.wait([writing])
        return writing.exception()

    def _next(self) -> list[_Post]:
        together: list[_Post] = []
        count = 0
        while self._waiting and (not together or count + len(self._waiting[0].alerts) <= _MOST_TOGETHER):
            post = self._waiting.pop(0)
            together.append(post)
            count += len(post.alerts)
        return together

    async def _write(self, together: Sequence[_Post]) -> None:
        def work(connection: Connection) -> list[Accepted]:
            return accept_posts(connection, together, self._settings)

        try:
            answers = await self._connector.decide(work)
        except IntegrityError:  # a row that was not there a moment ago: decide anew
            answers = await self._connector.decide(work)
        for post, accepted in zip(together, answers, strict=True):
            if not post.answer.done():
                post.answer.set_result(accepted)


def _refuse(together: Sequence[_Post], error: BaseException) -> None:
    for post in together:
        if not post.answer.done():
            post.answer.set_exception(error)


def accept_posts(
    connection: Connection, together: Sequence[_Post], settings: IntakeSettings
) -> list[Accepted]:
    """Decide about all of their alerts at once, in the order in which they came."""
    arrived = [alert for post in together for alert in post.alerts]
    now = max(post.received_at for post in together)
    looks: dict[str, Look] = {}

    def look(alert: Alert) -> Look:
        found = looks.get(alert.fingerprint)
        if found is None:
            found = looks[alert.fingerprint] = look_at(alert)
        return found

    decisions = decide(known_of(connection, arrived, look, now, settings), arrived, now, settings, look)
    write_decisions(connection, decisions, now, settings)
    fates = iter(decisions.fates)
    return [_keep_post(connection, post, [next(fates) for _ in post.alerts]) for post in together]


def _keep_post(connection: Connection, post: _Post, fates: Sequence[Fate]) -> Accepted:
    row = {
        "source": post.source,
        "body_digest": post.body_digest,
        "received_at": post.received_at,
        "alerts": len(fates),
    }
    key = connection.execute(insert(posts), row).inserted_primary_key
    new = sum(fate.new for fate in fates)
    return Accepted(
        post=key[0] if key else 0,
        alerts=len(fates),
        new=new,
        repeats=len(fates) - new,
        incidents=tuple(dict.fromkeys(fate.incident for fate in fates if fate.incident)),
    )
