"""One database with everything that must survive a restart."""

from __future__ import annotations

import asyncio

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.incidents import SqlIncidents
from kubetriage.adapters.store.sql.messages import SqlMessages
from kubetriage.adapters.store.sql.migrating import migrate
from kubetriage.adapters.store.sql.observations import SqlObservations
from kubetriage.adapters.store.sql.runs import SqlRuns
from kubetriage.domain.intake.stores import Incidents, Messages, Runs
from kubetriage.domain.intake.values import IntakeSettings
from kubetriage.domain.ports import Observations


class Database:
    """The stores, over one set of connections."""

    def __init__(self, connector: Connector, settings: IntakeSettings) -> None:
        """Use `open`, which brings the schema up to date first."""
        self._connector = connector
        self._incidents = SqlIncidents(connector, settings)
        self.incidents: Incidents = self._incidents
        self.runs: Runs = SqlRuns(connector)
        self.messages: Messages = SqlMessages(connector)
        self.observations: Observations = SqlObservations(connector)

    @classmethod
    async def open(cls, url: str, settings: IntakeSettings | None = None) -> Database:
        """`sqlite:///PATH` or `postgresql://…`, made or upgraded as needed.

        Raises `BadSettings` for another kind of database, `SchemaTooNew` for one of a newer version, and
        `StoreUnavailable` if it cannot be reached.
        """
        connector = Connector(url)
        try:
            await asyncio.to_thread(migrate, connector)
        except BaseException:
            await connector.close()
            raise
        return cls(connector, settings or IntakeSettings())

    async def close(self) -> None:
        """Waits for what is being written."""
        await self._incidents.close()
        await self._connector.close()
