"""A look at what no word comes of any more: without a model, and only to see whether it is well again.

Alertmanager repeats what fires. Where the repeat is overdue and the resolve never came (a silence, a changed
route, an outage on the way), the rules are asked whether what the alerts say is still true.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kubetriage.adapters.store.observations import MemoryObservations
from kubetriage.bootstrap.databases import away
from kubetriage.bootstrap.serving import Diagnosis
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.domain.alert import Alert, AlertStatus
from kubetriage.domain.errors import KubetriageError
from kubetriage.domain.intake.values import Incident
from kubetriage.domain.report import Outcome
from kubetriage.server.logging import bound

if TYPE_CHECKING:
    from kubetriage.server.metrics import ServerMetrics

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
AT_ONCE = 5
"""Incidents that one round looks at, one after the other."""
MOST_ALERTS = 10
"""Alerts of an incident that is looked at: each is a triage. What has more goes stale by time alone."""
DEADLINE_SECONDS = 60.0


class Checker:
    """Closes what is well again and was never said to be."""

    def __init__(self, parts: Diagnosis, metrics: ServerMetrics) -> None:
        self._parts = parts
        self._metrics = metrics
        self._context = parts.context.model_copy(
            update={"model": "", "deadline": DEADLINE_SECONDS, "other_languages": ()}
        )

    async def run(self) -> None:
        """Until cancelled. While the database is away this waits."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.once()
            except away() as error:
                log.warning("nothing is looked at while the database is away: %s", error)

    async def once(self) -> Sequence[str]:
        """Incidents that were closed."""
        incidents, now = self._parts.incidents, self._parts.services.clock
        closed = []
        for each in await incidents.silent(now(), AT_ONCE):
            if not await incidents.check(each.id, now()):
                continue
            with bound(incident=each.id):
                if not await self._healthy(each):
                    continue
                after = await incidents.assume_over(each.id, each.last_seen_at, now())
                if after is not None and not after.open:
                    log.info("no word of it, and its resources are healthy: assumed to be over")
                    closed.append(each.id)
        return closed

    async def _healthy(self, incident: Incident) -> bool:
        """Whether the rules see that nothing of what its alerts say is true now. In doubt it is not."""
        rows = await self._parts.incidents.alerts_of(incident.id)
        firing = [row.alert() for row in rows if row.status is AlertStatus.FIRING]
        if not 1 <= len(firing) <= MOST_ALERTS:
            return False
        try:
            return await self._all_healthy(firing)
        except away():
            raise
        except KubetriageError as error:
            log.info("it could not be looked at: %s", error)
        except Exception:
            log.exception("a bug ended a look at an incident")
            self._metrics.error("check")
        return False

    async def _all_healthy(self, alerts: Sequence[Alert]) -> bool:
        services = replace(self._parts.services, observations=MemoryObservations())
        async for report in triage_incidents(services, [[alert] for alert in alerts], self._context):
            if report.outcome is not Outcome.HEALTHY:
                return False
        return True
