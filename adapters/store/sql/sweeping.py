"""`Incidents.sweep` in SQL: finds what time may have changed, decides, and writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.known import chunks, going_on, heard, known_by, opened
from kubetriage.adapters.store.sql.rows import event_of
from kubetriage.adapters.store.sql.tables import (
    alerts,
    incident_events,
    incidents,
    is_open,
    silences,
    storms,
)
from kubetriage.adapters.store.sql.writing import write_decisions
from kubetriage.domain.intake.decisions import KnownEpisode
from kubetriage.domain.intake.reading import IncidentEvent, Storm
from kubetriage.domain.intake.sweeping import StormCount, may_be_silent, may_be_stale
from kubetriage.domain.intake.sweeping import sweep as decide
from kubetriage.domain.intake.values import IntakeSettings

_MOST = 500
"""Incidents, or alerts gone stale, that one sweep is about: the next one goes on."""


async def sweep(
    connector: Connector, now: datetime, settings: IntakeSettings, listening_since: datetime
) -> Sequence[IncidentEvent]:
    """See `stores.Incidents.sweep`. Intake waits only if there is something to do."""
    if not await connector.read(lambda c: _anything(c, now, settings, listening_since)):
        return ()
    return await connector.decide(lambda c: _sweep(c, now, settings, listening_since))


def _anything(
    connection: Connection, now: datetime, settings: IntakeSettings, listening_since: datetime
) -> bool:
    silent = now - timedelta(minutes=settings.watchdog_silent_minutes)
    watchdog = and_(silences.c.silent_since.is_(None), silences.c.last_heard <= silent)
    questions: list[Select[Any]] = [
        select(incidents.c.id).where(is_open, _ripe(now, settings)),
        select(storms.c.id).where(storms.c.ended_at.is_(None)),
    ]
    if may_be_stale(now, listening_since, settings):
        questions.append(select(alerts.c.name).where(_stale(now, settings)))
    if may_be_silent(now, listening_since, settings):
        questions.append(select(silences.c.cluster).where(watchdog))
    return any(connection.execute(question.limit(1)).first() for question in questions)


def _ripe(now: datetime, settings: IntakeSettings) -> ColumnElement[bool]:
    c = incidents.c
    resolved = c.resolved_at <= now - timedelta(seconds=settings.resolve_delay_seconds)
    busy = or_(c.state.in_(("queued", "diagnosing")), and_(c.state == "waiting", c.due_at.is_not(None)))
    quiet = c.last_episode_at <= now - timedelta(minutes=settings.flap_window_minutes)
    conditions = [
        and_(resolved, ~busy, c.flapping_until.is_(None)),
        and_(c.flapping_until.is_not(None), or_(c.flapping_until <= now, quiet)),
        and_(c.firing == 0, c.resolved_at.is_(None), c.state.not_in(("queued", "diagnosing"))),
    ]
    if settings.reminder_hours:
        told = c.noticed_at <= now - timedelta(hours=settings.reminder_hours)
        alone = and_(c.acked_at.is_(None), c.absorbed_by.is_(None), c.flapping_until.is_(None))
        conditions.append(and_(told, alone, c.firing > 0))
    return or_(*conditions)


def _stale(now: datetime, settings: IntakeSettings) -> ColumnElement[bool]:
    """What is never triaged goes stale as well, or its rows would stay for ever."""
    since = now - timedelta(hours=settings.stale_after_hours)
    return and_(alerts.c.firing.is_(True), alerts.c.last_seen <= since)


def _sweep(
    connection: Connection, now: datetime, settings: IntakeSettings, listening_since: datetime
) -> list[IncidentEvent]:
    c = alerts.c
    stale = select(c.fingerprint, c.starts_at, c.firing, c.assumed, c.incident, c.cluster)
    rows = connection.execute(stale.where(_stale(now, settings)).limit(_MOST))
    episodes = [KnownEpisode(*row) for row in rows]
    ripe = select(incidents.c.id).where(is_open, _ripe(now, settings)).order_by(incidents.c.id).limit(_MOST)
    ids = set(connection.execute(ripe).scalars())
    ids |= {episode.incident for episode in episodes if episode.incident}
    known = known_by(
        connection,
        *(incidents.c.id.in_(some) for some in chunks(ids)),
        *(and_(is_open, incidents.c.absorbed_by.in_(some)) for some in chunks(ids)),
        limit=100_000,
    )
    going = going_on(connection)
    known = known._replace(
        episodes=episodes,
        storms=going,
        silences=heard(connection),
        opened=opened(connection, {storm.cluster for storm in going}, now, settings) if going else {},
    )
    counts = {storm.id: _count(connection, storm) for storm in going}
    before = connection.execute(select(func.max(incident_events.c.seq))).scalar_one() or 0
    write_decisions(connection, decide(known, counts, now, settings, listening_since), now, settings)
    written = select(incident_events).where(incident_events.c.seq > before).order_by(incident_events.c.seq)
    return [event_of(row) for row in connection.execute(written)]


def _count(connection: Connection, storm: Storm) -> StormCount:
    c = incidents.c
    diagnosed = func.count(c.report_run)
    row = connection.execute(select(func.count(), diagnosed).where(c.storm == storm.id)).one()
    return StormCount(*row)
