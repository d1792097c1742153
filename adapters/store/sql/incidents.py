"""`stores.Incidents` in SQL: a method reads, decides and writes in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, select, update

from kubetriage.adapters.store.sql import checking
from kubetriage.adapters.store.sql import incident_reads as reads
from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.intake import post_of, sort
from kubetriage.adapters.store.sql.known import known_by
from kubetriage.adapters.store.sql.ownership import require_owner
from kubetriage.adapters.store.sql.reports import keep_feedback, keep_report, report_of
from kubetriage.adapters.store.sql.retention import retain
from kubetriage.adapters.store.sql.rows import alert_of, event_of, incident_of
from kubetriage.adapters.store.sql.sweeping import sweep
from kubetriage.adapters.store.sql.tables import (
    alerts,
    feedback,
    incident_events,
    incidents,
    is_open,
    posts,
    reports,
    to_tell,
)
from kubetriage.adapters.store.sql.writing import write_decisions
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake import diagnosing
from kubetriage.domain.intake.decisions import Decisions, Known
from kubetriage.domain.intake.desk import SEVERITIES
from kubetriage.domain.intake.posts import Arrival, Post
from kubetriage.domain.intake.reading import (
    Accepted,
    Due,
    EventKind,
    Feedback,
    IncidentEvent,
    IncidentFilter,
    Page,
    Paged,
    Tallies,
)
from kubetriage.domain.intake.values import AlertRow, Incident, IncidentState, IntakeSettings, Retention
from kubetriage.domain.language import Language
from kubetriage.domain.report import Report


class SqlIncidents:
    """See `stores.Incidents` for what each method promises."""

    def __init__(self, connector: Connector, settings: IntakeSettings) -> None:
        self._connector = connector
        self._settings = settings
        self._listening_since: datetime | None = None

    async def accept(
        self, alerts: Sequence[Alert], *, source: str, body_digest: str, received_at: datetime
    ) -> Accepted:
        (accepted,) = await self.sort([Arrival(alerts, source, body_digest, received_at)])
        assert accepted  # without a number it is nothing that was there before
        return accepted

    async def sort(self, arrivals: Sequence[Arrival]) -> Sequence[Accepted | None]:
        for arrival in arrivals:
            self._listen(arrival.received_at)
        return await sort(self._connector, arrivals, self._settings)

    async def post(self, id: int) -> Post | None:
        query = select(posts).where(posts.c.id == id)
        rows = await self._connector.read(lambda c: c.execute(query).all())
        return post_of(rows[0]) if rows else None

    async def due(self, now: datetime, limit: int) -> Sequence[Due]:
        if limit < 1:
            return ()
        return await self._connector.read(lambda c: reads.due_incidents(c, now, limit, self._settings))

    async def claim(self, incident: str, attempt: int, now: datetime) -> bool:
        settings = self._settings

        def work(connection: Connection) -> bool:
            known = known_by(connection, incidents.c.id == incident)
            storm = known.incidents[0].storm if known.incidents else None
            if not known.incidents or (
                storm is not None
                and reads.begun(connection, storm, now, settings) >= settings.storm_diagnoses
            ):
                return False
            decisions = diagnosing.claim(known, incident, attempt, now, settings)
            write_decisions(connection, decisions, now, settings)
            return bool(decisions.incidents)

        return await self._connector.decide(work)

    async def claimed(self, before: datetime) -> Sequence[Due]:
        c = incidents.c
        busy = c.state.in_((IncidentState.QUEUED, IncidentState.DIAGNOSING))
        query = select(incidents).where(is_open, busy, c.claimed_at <= before).order_by(c.claimed_at)

        def work(connection: Connection) -> list[Due]:
            found = [incident_of(row) for row in connection.execute(query)]
            again = [(one.diagnosis_attempts, diagnosing.due_of(one, self._settings)) for one in found]
            return [due.model_copy(update={"attempt": attempt}) for attempt, due in again]

        return await self._connector.read(work)

    async def started(self, incident: str, attempt: int, run: str, now: datetime) -> bool:
        def decide(known: Known) -> Decisions:
            return diagnosing.start(known, incident, attempt, run, now, self._settings)

        after = await self._change(incident, decide, now)
        return (
            after is not None
            and after.state is IncidentState.DIAGNOSING
            and (after.diagnosis_attempts, after.run) == (attempt, run)
        )

    async def finished(
        self,
        incident: str,
        attempt: int,
        run: str,
        report: Report,
        now: datetime,
        others: Sequence[Report] = (),
        *,
        executor: str | None = None,
    ) -> Incident | None:
        def work(connection: Connection) -> Incident | None:
            require_owner(connection, run, executor)
            before = reads.one_incident(connection, incident)
            if before is None or not keep_report(connection, run, report, others, now, incident):
                return before
            keys = diagnosing.keys_in(report, before.cluster)
            known = known_by(
                connection,
                incidents.c.id == incident,
                (incidents.c.absorbed_by == incident) & is_open,
                incidents.c.key.in_(keys) & is_open,
            )
            decisions = diagnosing.finish(known, incident, attempt, run, report, now, self._settings)
            write_decisions(connection, decisions, now, self._settings)
            return reads.one_incident(connection, incident)

        return await self._connector.decide(work)

    async def failed(
        self,
        incident: str,
        attempt: int,
        run: str,
        why: str,
        retry_at: datetime | None,
        now: datetime,
        *,
        executor: str | None = None,
        reason: str = "",
    ) -> Incident | None:
        def decide(known: Known) -> Decisions:
            return diagnosing.fail(known, incident, attempt, why, retry_at, now, self._settings, reason)

        return await self._change(incident, decide, now, lambda c: require_owner(c, run, executor))

    async def incident(self, id: str) -> Incident | None:
        return await self._connector.read(lambda c: reads.one_incident(c, id))

    async def incidents(self, wanted: IncidentFilter, page: Page) -> Paged[Incident]:
        return await self._connector.read(lambda c: reads.page_of_incidents(c, wanted, page))

    async def children(self, id: str, limit: int = 1000) -> Sequence[Incident]:
        query = select(incidents).where(incidents.c.absorbed_by == id).order_by(incidents.c.id).limit(limit)
        return await self._connector.read(lambda c: [incident_of(row) for row in c.execute(query)])

    async def timeline(self, id: str, after: int = 0, limit: int = 1000) -> Sequence[IncidentEvent]:
        c = incident_events.c
        query = select(incident_events).where(c.incident == id, c.seq > after).order_by(c.seq).limit(limit)
        return await self._connector.read(lambda c: [event_of(row) for row in c.execute(query)])

    async def alerts_of(self, id: str, limit: int = 1000) -> Sequence[AlertRow]:
        query = select(alerts).where(alerts.c.incident == id)
        order = (alerts.c.firing.desc(), _severity_order(), alerts.c.starts_at, alerts.c.fingerprint)
        query = query.order_by(*order).limit(limit)
        return await self._connector.read(lambda c: [alert_of(row) for row in c.execute(query)])

    async def report(self, run: str, language: Language | None = None) -> Report | None:
        return await self._connector.read(lambda c: report_of(c, run, language))

    async def reports_of(self, id: str) -> Sequence[str]:
        query = select(reports.c.run).where(reports.c.incident == id)
        query = query.order_by(reports.c.created_at, reports.c.run)
        return await self._connector.read(lambda c: list(c.execute(query).scalars()))

    async def keep_report(
        self,
        run: str,
        report: Report,
        now: datetime,
        others: Sequence[Report] = (),
        *,
        executor: str | None = None,
    ) -> None:
        def work(connection: Connection) -> None:
            require_owner(connection, run, executor)
            keep_report(connection, run, report, others, now)

        await self._connector.write(work)

    async def acknowledge(self, id: str, who: str, at: datetime) -> Incident | None:
        def decide(known: Known) -> Decisions:
            return diagnosing.acknowledge(known, id, who, at, self._settings)

        return await self._change(id, decide, at)

    async def unacknowledge(self, id: str, who: str, at: datetime) -> Incident | None:
        def decide(known: Known) -> Decisions:
            return diagnosing.unacknowledge(known, id, who, at, self._settings)

        return await self._change(id, decide, at)

    async def feedback(self, run: str, feedback: Feedback) -> bool:
        return await self._connector.decide(lambda c: keep_feedback(c, run, feedback))

    async def feedback_on(self, run: str) -> Sequence[Feedback]:
        c = feedback.c
        query = select(c.verdict, c.actual, c.who, c.at).where(c.run == run).order_by(c.id)
        return await self._connector.read(
            lambda c: [Feedback.model_validate(dict(row._mapping)) for row in c.execute(query)]
        )

    async def notices(self, limit: int = 100) -> Sequence[IncidentEvent]:
        query = select(incident_events).where(to_tell).order_by(incident_events.c.seq).limit(limit)
        return await self._connector.read(lambda c: [event_of(row) for row in c.execute(query)])

    async def sweep(self, now: datetime) -> Sequence[IncidentEvent]:
        return await sweep(self._connector, now, self._settings, self._listen(now))

    async def silent(self, now: datetime, limit: int) -> Sequence[Incident]:
        since = self._listen(now)
        return await self._connector.read(
            lambda c: checking.silent_incidents(c, now, since, limit, self._settings)
        )

    async def check(self, id: str, now: datetime) -> bool:
        return await self._connector.decide(lambda c: checking.check(c, id, now))

    async def assume_over(self, id: str, heard_at: datetime, now: datetime) -> Incident | None:
        return await self._connector.decide(
            lambda c: checking.assume_over(c, id, heard_at, now, self._settings)
        )

    async def retain(self, now: datetime, keep: Retention) -> Mapping[str, int]:
        return await self._connector.decide(lambda c: retain(c, now, keep))

    async def tallies(self, now: datetime) -> Tallies:
        return await self._connector.read(lambda c: reads.tallies_now(c, now))

    async def happened(self, after: int | None) -> tuple[int, Mapping[EventKind, int]]:
        return await self._connector.read(lambda c: reads.events_after(c, after))

    async def ping(self) -> None:
        def work(connection: Connection) -> None:
            # Changes nothing, but a full disk, a lost lock or a standby makes it fail as a write would.
            connection.execute(update(incidents).where(incidents.c.id == "").values(title=""))

        await self._connector.write(work)

    def _listen(self, now: datetime) -> datetime:
        """Since when this process listens; a clock that was set back begins anew."""
        if self._listening_since is None or now < self._listening_since:
            self._listening_since = now
        return self._listening_since

    async def _change(
        self,
        id: str,
        decide: Callable[[Known], Decisions],
        now: datetime,
        require: Callable[[Connection], None] = lambda connection: None,
    ) -> Incident | None:
        """Decide about one incident and what it absorbed; it, as it is then."""

        def work(connection: Connection) -> Incident | None:
            require(connection)
            absorbed = (incidents.c.absorbed_by == id) & is_open
            known = known_by(connection, incidents.c.id == id, absorbed)
            if id not in {incident.id for incident in known.incidents}:
                return None
            write_decisions(connection, decide(known), now, self._settings)
            return reads.one_incident(connection, id)

        return await self._connector.decide(work)


def _severity_order() -> ColumnElement[int]:
    ranks = {severity.value: rank for rank, severity in enumerate(SEVERITIES)}
    return case(ranks, value=alerts.c.severity, else_=len(ranks))
