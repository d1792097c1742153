"""One database with everything that must survive a restart."""

from __future__ import annotations

import asyncio

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.inbox import SqlInbox, inbox_url, prepare_inbox
from kubetriage.adapters.store.sql.incidents import SqlIncidents
from kubetriage.adapters.store.sql.messages import SqlMessages
from kubetriage.adapters.store.sql.migrating import migrate
from kubetriage.adapters.store.sql.observations import SqlObservations
from kubetriage.adapters.store.sql.runs import SqlRuns
from kubetriage.adapters.store.sql.spending import SqlSpending
from kubetriage.domain.intake.inbox import Inbox
from kubetriage.domain.intake.run_store import Runs
from kubetriage.domain.intake.stores import Incidents, Messages
from kubetriage.domain.intake.values import IntakeSettings
from kubetriage.domain.ports import Observations


class Database:
    """The stores, over one set of connections."""

    def __init__(self, connector: Connector, beside: Connector | None, settings: IntakeSettings) -> None:
        """Use `open`, which brings the schema up to date first. `beside` is the inbox's own file, if any."""
        self._connector = connector
        self._beside = beside
        self._inbox = SqlInbox(beside or connector)
        self.inbox: Inbox = self._inbox
        self.incidents: Incidents = SqlIncidents(connector, settings)
        self.runs: Runs = SqlRuns(connector)
        self.messages: Messages = SqlMessages(connector)
        self.observations: Observations = SqlObservations(connector)
        self.spending = SqlSpending(connector)

    @classmethod
    async def open(cls, url: str, settings: IntakeSettings | None = None) -> Database:
        """`sqlite:///PATH` or `postgresql://…`, made or upgraded as needed.

        Raises `BadSettings` for another kind of database, `SchemaTooNew` for one of a newer version, and
        `StoreUnavailable` if it cannot be reached.
        """
        connector = Connector(url)
        file = inbox_url(connector)
        beside = Connector(file, shrinks=True) if file else None
        try:
            await asyncio.to_thread(migrate, connector)
            if beside:
                await asyncio.to_thread(prepare_inbox, beside, connector)
        except BaseException:
            await _close(connector, beside)
            raise
        return cls(connector, beside, settings or IntakeSettings())

    async def close(self) -> None:
        """Waits for what is being written."""
        await self._inbox.close()
        await _close(self._connector, self._beside)


async def _close(*connectors: Connector | None) -> None:
    for each in connectors:
        if each:
            await each.close()
