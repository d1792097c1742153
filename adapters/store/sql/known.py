"""What decisions are made from, read in the transaction that writes them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from kubetriage.adapters.store.sql.rows import incident_of
from kubetriage.adapters.store.sql.tables import alerts, incidents, is_open, silences, storms
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.decisions import Known, KnownEpisode
from kubetriage.domain.intake.keys import Look, control_plane_key, parents_of
from kubetriage.domain.intake.reading import Silence, Storm
from kubetriage.domain.intake.values import Incident, IntakeSettings

Item = TypeVar("Item")

_CHUNK = 4000
"""Values of one IN list; SQLite takes 32,766 parameters a statement, PostgreSQL 65,535."""


def known_of(
    connection: Connection,
    arrived: Sequence[Alert],
    look: Callable[[Alert], Look],
    now: datetime,
    settings: IntakeSettings,
) -> Known:
    """See `Known`: some twenty statements however many alerts arrive."""
    episodes = list(_episodes(connection, arrived, now, settings))
    stored = {(episode.fingerprint, episode.starts_at) for episode in episodes}
    looks = [look(alert) for alert in arrived if (alert.fingerprint, alert.starts_at) not in stored]
    keys: set[str] = set()
    crowded: set[str] = set()
    for one in looks:
        if not one.skipped:
            keys.update((one.key, *one.others, *parents_of(one.key, one.cluster, one.nodes)))
            if one.key.startswith("node|") or one.key == control_plane_key(one.cluster):
                crowded.add(one.cluster)
    clusters = {one.cluster for one in looks}
    ids = {episode.incident for episode in episodes if episode.incident}
    return Known(
        episodes=episodes,
        members=_members(connection, {episode.fingerprint for episode in episodes}),
        incidents=_incidents(connection, ids, keys, crowded, now, settings),
        opened=opened(connection, clusters, now, settings) if clusters else {},
        storms=going_on(connection),
        silences=heard(connection),
        seed=secrets.randbits(28),
    )


def known_by(connection: Connection, *conditions: ColumnElement[bool], limit: int = 1000) -> Known:
    """Incidents by any of the conditions, to decide about them alone."""
    if not conditions:
        return Known()
    rows = connection.execute(select(incidents).where(or_(*conditions)).limit(limit))
    return Known(incidents=[incident_of(row) for row in rows])


def opened(
    connection: Connection, clusters: Collection[str] | None, now: datetime, settings: IntakeSettings
) -> dict[str, int]:
    """By cluster, incidents opened within the storm window that nothing explains."""
    since = now - timedelta(minutes=settings.storm_window_minutes)
    counted = (
        select(incidents.c.cluster, func.count())
        .where(incidents.c.opened_at >= since, incidents.c.absorbed_by.is_(None))
        .group_by(incidents.c.cluster)
    )
    if clusters is not None and len(clusters) <= _CHUNK:
        counted = counted.where(incidents.c.cluster.in_(clusters))
    return {row[0]: row[1] for row in connection.execute(counted)}


def going_on(connection: Connection) -> list[Storm]:
    rows = connection.execute(select(storms).where(storms.c.ended_at.is_(None)))
    return [Storm.model_validate(dict(row._mapping)) for row in rows]


def heard(connection: Connection) -> list[Silence]:
    rows = connection.execute(select(silences))
    return [Silence.model_validate(dict(row._mapping)) for row in rows]


def _episodes(
    connection: Connection, arrived: Sequence[Alert], now: datetime, settings: IntakeSettings
) -> Iterator[KnownEpisode]:
    since = now - timedelta(minutes=settings.flap_window_minutes)
    other = alerts.alias()
    last = select(func.max(other.c.starts_at)).where(other.c.fingerprint == alerts.c.fingerprint)
    starts_of: dict[str, set[datetime]] = {}
    for alert in arrived:
        starts = starts_of.setdefault(alert.fingerprint, set())
        if alert.starts_at:
            starts.add(alert.starts_at)
    columns = (alerts.c.fingerprint, alerts.c.starts_at, alerts.c.firing, alerts.c.assumed)
    for chunk in chunks(starts_of):
        starts = {start for fingerprint in chunk for start in starts_of[fingerprint]}
        wanted: list[ColumnElement[bool]] = [
            alerts.c.firing.is_(True),
            alerts.c.starts_at >= since,
            alerts.c.starts_at == last.scalar_subquery(),
        ]
        wanted += [alerts.c.starts_at.in_(some) for some in chunks(starts)]
        query = select(*columns, alerts.c.incident, alerts.c.cluster, alerts.c.last_seen)
        for row in connection.execute(query.where(alerts.c.fingerprint.in_(chunk), or_(*wanted))):
            yield KnownEpisode(*row)


def _members(connection: Connection, fingerprints: set[str]) -> list[tuple[str, str]]:
    c = alerts.c
    pairs = select(c.fingerprint, c.incident).where(c.incident.is_not(None)).distinct()
    found: list[tuple[str, str]] = []
    for some in chunks(fingerprints):
        found += [(row[0], row[1]) for row in connection.execute(pairs.where(c.fingerprint.in_(some)))]
    return found


def _incidents(
    connection: Connection,
    ids: set[str],
    keys: set[str],
    crowded: set[str],
    now: datetime,
    settings: IntakeSettings,
) -> list[Incident]:
    span = max(settings.window_minutes, settings.flap_window_minutes)
    recent = or_(
        is_open,
        incidents.c.closed_at >= now - timedelta(minutes=span),
        incidents.c.last_diagnosed_at >= now - timedelta(minutes=settings.cooldown_minutes),
    )
    found: dict[str, Incident] = {}

    def add(condition: ColumnElement[bool]) -> None:
        rows: Iterable[Row[Any]] = connection.execute(select(incidents).where(condition))
        for row in rows:
            if row.id not in found:
                found[row.id] = incident_of(row)

    for some in chunks(ids):
        add(incidents.c.id.in_(some))
    for some in chunks(keys):
        add(and_(incidents.c.key.in_(some), recent))
    # What comes back to an incident that is closed goes to the one that its workload has got meanwhile.
    for some in chunks({one.key for one in found.values() if not one.open} - keys):
        add(and_(incidents.c.key.in_(some), is_open))
    # An incident knows nodes that an alert which joins it may not name.
    parents = {key for one in found.values() for key in parents_of(one.key, one.cluster, one.nodes)}
    for some in chunks(parents - keys):
        add(and_(incidents.c.key.in_(some), recent))
    for some in chunks(crowded):
        add(and_(incidents.c.cluster.in_(some), is_open))
    return list(found.values())


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
