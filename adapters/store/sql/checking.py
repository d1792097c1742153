"""Incidents that no word comes of any more: which of them to look at, and closing those that look well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from kubetriage.adapters.store.sql.incident_reads import one_incident
from kubetriage.adapters.store.sql.known import known_by
from kubetriage.adapters.store.sql.rows import incident_of
from kubetriage.adapters.store.sql.tables import alerts, incidents, is_open
from kubetriage.adapters.store.sql.writing import write_decisions
from kubetriage.domain.intake import sweeping
from kubetriage.domain.intake.decisions import KnownEpisode
from kubetriage.domain.intake.values import Incident, IncidentState, IntakeSettings

BETWEEN = timedelta(hours=1)
"""From one look at an incident to the next."""
_c = incidents.c


def silent_incidents(
    connection: Connection, now: datetime, listening_since: datetime, limit: int, settings: IntakeSettings
) -> Sequence[Incident]:
    """See `stores.Incidents.silent`."""
    silence = timedelta(hours=settings.check_after_hours)
    if not silence or now - listening_since < silence:
        return ()
    settled = and_(is_open, _c.state.in_((IncidentState.REPORTED, IncidentState.FAILED)), _c.firing > 0)
    alone = and_(_c.absorbed_by.is_(None), _c.flapping_until.is_(None))
    query = select(incidents).where(settled, alone, _c.last_seen_at <= now - silence, _unchecked(now))
    return [incident_of(row) for row in connection.execute(query.order_by(_c.last_seen_at).limit(limit))]


def check(connection: Connection, id: str, now: datetime) -> bool:
    """See `stores.Incidents.check`."""
    claim = update(incidents).where(_c.id == id, is_open, _unchecked(now)).values(checked_at=now)
    return connection.execute(claim).rowcount == 1


def assume_over(
    connection: Connection, id: str, heard_at: datetime, now: datetime, settings: IntakeSettings
) -> Incident | None:
    """See `stores.Incidents.assume_over`."""
    known = known_by(connection, _c.id == id, (_c.absorbed_by == id) & is_open)
    before = next((each for each in known.incidents if each.id == id), None)
    if before is None or not before.open or before.last_seen_at > heard_at:
        return before
    a = alerts.c
    firing = select(a.fingerprint, a.starts_at, a.firing, a.assumed, a.incident, a.cluster)
    rows = connection.execute(firing.where(a.incident == id, a.firing.is_(True)))
    known = known._replace(episodes=[KnownEpisode(*row) for row in rows])
    write_decisions(connection, sweeping.assume_over(known, id, now, settings), now, settings)
    return one_incident(connection, id)


def _unchecked(now: datetime) -> ColumnElement[bool]:
    return or_(_c.checked_at.is_(None), _c.checked_at <= now - BETWEEN)
