"""`ports.Observations` in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select

from kubetriage.adapters.store.observations import Asking
from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.tables import observations
from kubetriage.adapters.store.sql.writing import insert_once
from kubetriage.domain.evidence import Observation, Read
from kubetriage.domain.intake.keys import kept
from kubetriage.domain.ports import Fetch


class SqlObservations:
    """A later process, on this machine or another, goes on with what was read."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._asking = Asking()

    async def observe(self, run: str, read: Read, fetch: Fetch) -> Observation:
        """See `ports.Observations`. The answer is committed before it is returned."""

        async def asked(read: Read) -> Observation:
            known = await self._connector.read(lambda c: _load(c, run, read.key))
            if known is not None:
                return known
            observation = await fetch(read)
            if observation.failure is None:
                await self._connector.write(lambda c: _store(c, run, observation), durable=False)
            return observation

        return await self._asking.once(run, read, asked)

    async def recorded(self, run: str) -> Sequence[Observation]:
        """See `ports.Observations`."""
        query = select(observations.c.body).where(observations.c.run == run)

        def work(connection: Connection) -> list[Observation]:
            answers = [Observation.model_validate(body) for body in connection.execute(query).scalars()]
            return sorted(answers, key=lambda answer: answer.read.key)

        return await self._connector.read(work)

    async def forget(self, run: str) -> None:
        """See `ports.Observations`."""
        self._asking.give_up(run)
        await self._connector.write(
            lambda c: c.execute(delete(observations).where(observations.c.run == run))
        )


def _load(connection: Connection, run: str, key: str) -> Observation | None:
    c = observations.c
    body = connection.execute(select(c.body).where(c.run == run, c.key == kept(key))).scalar_one_or_none()
    return Observation.model_validate(body) if body is not None else None


def _store(connection: Connection, run: str, observation: Observation) -> None:
    row = {
        "run": run,
        "key": kept(observation.read.key),
        "at": datetime.now(UTC),  # when it was stored: a snapshot's time is its own
        "body": observation.model_dump(mode="json"),
    }
    insert_once(connection, observations, row)
