"""Events of incidents become messages in the outbox, by the configured routes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.alert import Severity
from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.messages import MessageState, NewMessage
from kubetriage.domain.intake.reading import EventKind, IncidentEvent, IncidentFilter, Page
from kubetriage.domain.intake.stores import Incidents, Messages
from kubetriage.domain.messages.composing import LINES_SHOWN
from kubetriage.domain.messages.notice import Event
from kubetriage.domain.messages.routing import Chosen, choose
from kubetriage.domain.messages.telling import FOLLOWING, notice_for
from kubetriage.domain.report import Report
from kubetriage.server.message_rows import new_message

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
_OF_A_RUN = frozenset({EventKind.REPORTED})


class Teller:
    """Ticks off every event that people are to be told of, with the messages that tell it."""

    def __init__(
        self,
        messages: Messages,
        incidents: Incidents,
        settings: Settings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._messages = messages
        self._incidents = incidents
        self._settings = settings
        self._clock = clock

    async def run(self, stopping: asyncio.Event) -> None:
        """Until it is to stop. Several workers may do this: a message's key is stored once."""
        while not stopping.is_set():
            try:
                await self.once()
            except StoreUnavailable as error:
                log.warning("the database is away: %s", error)
            try:
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue

    async def once(self) -> int:
        """How many events were ticked off."""
        events = await self._incidents.notices()
        for event in events:
            await self._messages.dispatch(event.seq, await self._rows(event), self._clock())
        return len(events)

    async def _rows(self, event: IncidentEvent) -> list[NewMessage]:
        """An event that nobody can make words of is ticked off: it would hold up all that follow it."""
        try:
            return await self._of(event)
        except StoreUnavailable:
            raise
        except Exception:
            about = {"event": event.seq, "incident": event.incident}
            log.exception("a bug keeps people from being told of an event", extra=about)
            return []

    async def _of(self, event: IncidentEvent) -> list[NewMessage]:
        """The messages of an event; none where nobody is to be told."""
        incident = await self._incidents.incident(event.incident) if event.incident else None
        if event.incident and incident is None:
            return []
        run = str(event.data.get("run") or "") if event.kind in _OF_A_RUN else ""
        if not run and incident and event.kind is not EventKind.FAILED:
            run = incident.report_run or ""
        report = await self._report(run)
        notify = self._settings.notify
        url = notify.report_url(event.incident, run) if event.incident else notify.overview_url
        alert = None
        if incident is not None and report is None:
            rows = await self._incidents.alerts_of(incident.id, limit=1)
            alert = rows[0].alert() if rows else None
        notice = notice_for(event, incident, report, url, alert)
        if notice is None:
            return []
        if notice.event is Event.STORM and not notice.over:
            notice = notice.model_copy(update={"lines": await self._hit(event.cluster)})
        given = self._settings
        chosen = choose(
            notice,
            self._clock(),
            routes=given.routes,
            channels=given.channels,
            quiet=given.quiet_hours,
        )
        told = [each for each in chosen if each.channel in given.channels]
        if notice.event in FOLLOWING:
            told = [each for each in told if await self._known(notice.incident, each)]
        stored = run if report is not None else None
        return [new_message(notice, each.channel, each.due_at, run=stored, seq=event.seq) for each in told]

    async def _hit(self, cluster: str) -> tuple[str, ...]:
        """Incidents of a cluster that has a storm, the critical ones first, a line each."""
        found: dict[str, str] = {}
        for severities in ((Severity.CRITICAL,), ()):
            wanted = IncidentFilter(open=True, cluster=cluster, severities=severities)
            page = await self._incidents.incidents(wanted, Page(limit=2 * LINES_SHOWN))
            found |= {each.id: f"{each.id} {each.title}" for each in page.items if each.absorbed_by is None}
        return tuple(found.values())[:LINES_SHOWN]

    async def _report(self, run: str) -> Report | None:
        """None where there is none, or none that can be read: people are told without it."""
        try:
            return await self._incidents.report(run) if run else None
        except ValueError:
            log.exception("a report cannot be read", extra={"run": run})
            return None

    async def _known(self, incident: str, chosen: Chosen) -> bool:
        """That channel, or the one that stands in for it, was told of the incident before, or will be."""
        page = await self._messages.messages(Page(limit=200), incident=incident, channel=chosen.channel)
        stand_in = self._settings.channels[chosen.channel].fallback
        return any(each.state is not MessageState.DEAD or stand_in for each in page.items)
