"""Storing alerts: what becomes of them is decided and written in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from kubetriage.adapters.store.sql.connecting import Connector
from kubetriage.adapters.store.sql.known import known_of
from kubetriage.adapters.store.sql.tables import posts
from kubetriage.adapters.store.sql.writing import write_decisions
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.cut_off import told_of_what_was_cut_off
from kubetriage.domain.intake.deciding import decide
from kubetriage.domain.intake.decisions import Fate
from kubetriage.domain.intake.keys import Look, look_at
from kubetriage.domain.intake.posts import Arrival, Post, PostState
from kubetriage.domain.intake.reading import Accepted
from kubetriage.domain.intake.values import IntakeSettings

_MOST_INCIDENTS = 100
"""Named at a post."""


async def sort(
    connector: Connector, arrivals: Sequence[Arrival], settings: IntakeSettings
) -> Sequence[Accepted | None]:
    """See `stores.Incidents.sort`."""
    looks: dict[str, Look] = {}

    def look(alert: Alert) -> Look:
        found = looks.get(alert.fingerprint)
        if found is None:
            found = looks[alert.fingerprint] = look_at(alert)
        return found

    def look_at_all() -> None:  # before the transaction, which others wait for
        for arrival in arrivals:
            for alert in arrival.alerts:
                look(alert)

    def work(connection: Connection) -> Sequence[Accepted | None]:
        rows = _rows(connection, arrivals)
        next_ones = [each for each in arrivals if _is_next(each, rows.get(each.post))]
        alerts = [alert for each in next_ones for alert in each.alerts]
        now = max((each.received_at for each in next_ones), default=None)
        if now is None:
            return [None for _ in arrivals]
        decisions = decide(known_of(connection, alerts, look, now, settings), alerts, now, settings, look)
        clusters = {incident.id: incident.cluster for incident in decisions.incidents}
        cut_off = told_of_what_was_cut_off(next_ones, decisions.fates, clusters)
        decisions = decisions._replace(events=[*decisions.events, *cut_off])
        write_decisions(connection, decisions, now, settings)
        fates = iter(decisions.fates)
        stored = {
            id(each): _keep(connection, each, rows.get(each.post), [next(fates) for _ in each.alerts])
            for each in next_ones
        }
        return [stored.get(id(each)) for each in arrivals]

    await connector.apart(look_at_all)
    try:
        return await connector.decide(work)
    except IntegrityError:  # a row that was not there a moment ago: decide anew
        return await connector.decide(work)


def post_of(row: Row[Any]) -> Post:
    return Post(
        id=row.id,
        state=PostState.SORTED if row.sorted else PostState.WAITING,
        source=row.source,
        received_at=row.received_at,
        alerts=row.alerts,
        new=row.new,
        repeats=row.repeats,
        truncated=row.truncated,
        incidents=tuple(row.incidents),
        why=row.why,
    )


def _rows(connection: Connection, arrivals: Sequence[Arrival]) -> Mapping[int | None, Row[Any]]:
    """What is stored of these posts already, by their numbers."""
    ids = [each.post for each in arrivals if each.post is not None]
    return {row.id: row for row in connection.execute(select(posts).where(posts.c.id.in_(ids)))}


def _is_next(arrival: Arrival, row: Row[Any] | None) -> bool:
    if row is None:
        return not arrival.before
    return not row.sorted and bool(row.alerts == arrival.before)


def _keep(connection: Connection, arrival: Arrival, row: Row[Any] | None, fates: Sequence[Fate]) -> Accepted:
    new = sum(fate.new for fate in fates)
    incidents = list(dict.fromkeys(fate.incident for fate in fates if fate.incident))
    before = list(row.incidents) if row else []
    values = {
        "source": arrival.source,
        "body_digest": arrival.digest,
        "received_at": arrival.received_at,
        "alerts": arrival.before + len(fates),
        "new": new + (row.new if row else 0),
        "repeats": len(fates) - new + (row.repeats if row else 0),
        "truncated": arrival.truncated,
        "incidents": list(dict.fromkeys([*before, *incidents]))[:_MOST_INCIDENTS],
        "sorted": arrival.last,
        "why": arrival.why,
    }
    if row:
        connection.execute(update(posts).where(posts.c.id == row.id).values(values))
        number = row.id
    else:
        given = {} if arrival.post is None else {"id": arrival.post}
        key = connection.execute(insert(posts), values | given).inserted_primary_key
        number = key[0] if key else 0
    return Accepted(
        post=number, alerts=len(fates), new=new, repeats=len(fates) - new, incidents=tuple(incidents)
    )
