"""Writes what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, Table, bindparam, case, func, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from kubetriage.adapters.store.sql.column_types import Instant
from kubetriage.adapters.store.sql.rows import alert_change, alert_move, alert_row, event_row, incident_row
from kubetriage.adapters.store.sql.tables import alerts, incident_events, incidents, silences, storms
from kubetriage.domain.intake.decisions import Decisions
from kubetriage.domain.intake.values import IncidentState, IntakeSettings

_arrivals = bindparam("arrivals", type_=Integer)
_KNOWN = update(alerts).where(
    alerts.c.fingerprint == bindparam("of_fingerprint"), alerts.c.starts_at == bindparam("of_starts_at")
)
_MOVED = _KNOWN.values(incident=bindparam("to_incident"))
_COUNTED = _KNOWN.values(
    repeats=alerts.c.repeats + _arrivals,
    last_seen=case((_arrivals > 0, bindparam("seen_at", type_=Instant)), else_=alerts.c.last_seen),
    firing=bindparam("is_firing"),
    assumed=bindparam("is_assumed"),
    ends_at=func.coalesce(bindparam("ended_at", type_=Instant), alerts.c.ends_at),
)


def write_decisions(
    connection: Connection, decisions: Decisions, now: datetime, settings: IntakeSettings
) -> None:
    """All of it, in the transaction of this connection."""
    if decisions.new:
        connection.execute(insert(alerts), [alert_row(episode, now) for episode in decisions.new])
    if decisions.counted:
        changes = [alert_change(episode) | {"seen_at": now} for episode in decisions.counted]
        connection.execute(_COUNTED, changes)
    moved = [alert_move(episode) for episode in decisions.counted if episode.moved_to]
    if moved:
        connection.execute(_MOVED, moved)
    upsert(connection, incidents, [incident_row(incident) for incident in decisions.incidents])
    if decisions.events:
        connection.execute(insert(incident_events), [event_row(event, now) for event in decisions.events])
    upsert(connection, silences, [silence.model_dump() for silence in decisions.silences])
    upsert(connection, storms, [storm.model_dump() for storm in decisions.storms])
    for storm in decisions.storms:
        if storm.ended_at is None:  # those that waited before anyone knew that it is a storm
            since = now - timedelta(minutes=settings.storm_window_minutes)
            connection.execute(
                update(incidents)
                .where(
                    incidents.c.cluster == storm.cluster,
                    incidents.c.opened_at >= since,
                    incidents.c.state == IncidentState.WAITING,
                    incidents.c.storm.is_(None),
                )
                .values(storm=storm.id)
            )


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert, or write over the row of the same primary key."""
    if not rows:
        return
    statement = insert_for(connection, table)
    keys = [column.name for column in table.primary_key]
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)


def insert_for(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The database's own INSERT, which can say what to do about a row that is there."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def insert_once(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """False, and nothing written, if there is a row of this key."""
    statement = insert_for(connection, table).values(row).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key)).first() is not None
