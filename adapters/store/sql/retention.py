"""Deletes what is older than its time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, or_, select, tuple_

from kubetriage.adapters.store.sql.tables import (
    alerts,
    attempts,
    feedback,
    incident_events,
    incidents,
    messages,
    observations,
    posts,
    reports,
    run_events,
    runs,
    silences,
    storms,
)
from kubetriage.domain.intake.values import Retention

_MOST = 5_000
"""Rows of one table that one call deletes: intake waits for it."""


def retain(connection: Connection, now: datetime, keep: Retention) -> Mapping[str, int]:
    """See `stores.Incidents.retain`."""
    incidents_before = now - timedelta(days=keep.incidents_days)
    runs_before = now - timedelta(days=keep.runs_days)
    posts_before = now - timedelta(days=keep.posts_days)
    deleted: dict[str, int] = {}

    def drop(table: Table, condition: ColumnElement[bool]) -> None:
        deleted[table.name] = deleted.get(table.name, 0) + _delete(connection, table, condition)

    closed = and_(incidents.c.state == "closed", incidents.c.closed_at < incidents_before)
    ids = _oldest(connection, closed)
    if ids:
        _drop_incidents(ids, drop)
    posted = select(posts.c.id).where(posts.c.received_at < posts_before).limit(_MOST)
    drop(posts, posts.c.id.in_(posted.scalar_subquery()))
    key = tuple_(alerts.c.fingerprint, alerts.c.starts_at)
    alone = and_(alerts.c.incident.is_(None), alerts.c.firing.is_(False), alerts.c.last_seen < posts_before)
    drop(alerts, key.in_(select(alerts.c.fingerprint, alerts.c.starts_at).where(alone).limit(_MOST)))
    asked = list(connection.execute(_some(reports.c.run, _alone(reports, incidents_before))).scalars())
    drop(feedback, feedback.c.run.in_(asked))
    drop(reports, reports.c.run.in_(asked))
    seqs = _some(incident_events.c.seq, _told_of_cluster(incidents_before))
    drop(incident_events, incident_events.c.seq.in_(seqs))
    alone = and_(messages.c.incident.is_(None), messages.c.updated_at < incidents_before)
    told = list(connection.execute(_some(messages.c.id, alone)).scalars())
    drop(attempts, attempts.c.message.in_(told))
    drop(messages, messages.c.id.in_(told))
    drop(silences, silences.c.last_heard < posts_before)  # a cluster that is no more would be silent for ever
    drop(storms, storms.c.id.in_(_some(storms.c.id, storms.c.ended_at < incidents_before)))
    ended = select(runs.c.id).where(runs.c.ended_at < runs_before)
    with_observations = select(observations.c.run).where(
        or_(observations.c.run.in_(ended), observations.c.at < runs_before)
    )
    some = list(connection.execute(with_observations.distinct().limit(_MOST // 100)).scalars())
    drop(observations, and_(observations.c.run.in_(some), observations.c.at < runs_before))
    events = select(run_events.c.run).where(run_events.c.run.in_(ended)).distinct().limit(_MOST // 100)
    drop(run_events, run_events.c.run.in_(list(connection.execute(events).scalars())))
    return deleted


def _oldest(connection: Connection, condition: ColumnElement[bool]) -> list[str]:
    """As many as have so many alerts together, one at least."""
    query = select(incidents.c.id, incidents.c.episodes).where(condition).order_by(incidents.c.closed_at)
    ids: list[str] = []
    rows = 0
    for id, episodes in connection.execute(query.limit(500)):
        if ids and rows + episodes > _MOST:
            break
        ids.append(id)
        rows += episodes
    return ids


def _drop_incidents(ids: list[str], drop: Any) -> None:
    told = select(messages.c.id).where(messages.c.incident.in_(ids))
    reported = select(reports.c.run).where(reports.c.incident.in_(ids))
    drop(attempts, attempts.c.message.in_(told))
    drop(messages, messages.c.incident.in_(ids))
    drop(feedback, feedback.c.run.in_(reported))
    drop(reports, reports.c.incident.in_(ids))
    drop(incident_events, incident_events.c.incident.in_(ids))
    drop(alerts, alerts.c.incident.in_(ids))
    drop(incidents, incidents.c.id.in_(ids))


def _some(column: ColumnElement[Any], condition: ColumnElement[bool]) -> Select[Any]:
    return select(column).where(condition).limit(_MOST)


def _alone(table: Table, before: datetime) -> ColumnElement[bool]:
    return and_(table.c.incident.is_(None), table.c.created_at < before)


def _told_of_cluster(before: datetime) -> ColumnElement[bool]:
    return and_(incident_events.c.incident.is_(None), incident_events.c.at < before)


def _delete(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(condition)).rowcount
