"""Questions about incidents, each one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
)

from kubetriage.adapters.store.sql.known import going_on, heard
from kubetriage.adapters.store.sql.rows import incident_of
from kubetriage.adapters.store.sql.tables import alerts, incident_events, incidents, is_open, messages
from kubetriage.domain.intake.deciding import MOST_NAMES
from kubetriage.domain.intake.diagnosing import due_of
from kubetriage.domain.intake.keys import kept
from kubetriage.domain.intake.reading import Due, EventKind, IncidentFilter, Page, Paged, Storm, Tallies
from kubetriage.domain.intake.values import Incident, IncidentState, IntakeSettings


def one_incident(connection: Connection, id: str) -> Incident | None:
    row = connection.execute(select(incidents).where(incidents.c.id == id)).one_or_none()
    return incident_of(row) if row else None


def page_of_incidents(connection: Connection, wanted: IncidentFilter, page: Page) -> Paged[Incident]:
    query = select(incidents).where(*_conditions(wanted)).order_by(incidents.c.id.desc())
    if page.after:
        query = query.where(incidents.c.id < page.after)
    found = [incident_of(row) for row in connection.execute(query.limit(page.limit + 1))]
    more = found[page.limit - 1].id if len(found) > page.limit else ""
    return Paged[Incident](items=tuple(found[: page.limit]), next=more)


def _conditions(wanted: IncidentFilter) -> list[ColumnElement[bool]]:
    c = incidents.c
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(c.state.in_(wanted.states))
    if wanted.open is not None:
        found.append(is_open if wanted.open else not_(is_open))
    if wanted.cluster is not None:
        found.append(c.cluster == wanted.cluster)
    if wanted.severities:
        found.append(c.severity.in_(wanted.severities))
    if wanted.absorbed_by is not None:
        found.append(c.absorbed_by == wanted.absorbed_by)
    if wanted.alert_name is not None:
        found.append(_has_alert(kept(wanted.alert_name)))
    if wanted.text:
        text = wanted.text.lower()
        in_title = func.lower(c.title).contains(text, autoescape=True)
        found.append(or_(in_title, func.lower(c.key).contains(text, autoescape=True)))
    if wanted.opened_from is not None:
        found.append(c.opened_at >= wanted.opened_from)
    if wanted.opened_before is not None:
        found.append(c.opened_at < wanted.opened_before)
    return found


def _has_alert(name: str) -> ColumnElement[bool]:
    """An incident's own names are its first ones: of one that may have more, the alerts are asked too."""
    names = cast(incidents.c.names, Text)
    full = func.length(names) > 3 * MOST_NAMES  # bytes of so many names, however short
    among = exists().where(alerts.c.incident == incidents.c.id, alerts.c.name == name)
    return or_(names.contains(json.dumps(name), autoescape=True), and_(full, among))


def due_incidents(
    connection: Connection, now: datetime, limit: int, settings: IntakeSettings
) -> Sequence[Due]:
    """Those of storms only as far as their budget goes; the rest is not held up by them."""
    c = incidents.c
    waiting = and_(is_open, c.state == IncidentState.WAITING, c.due_at <= now)
    order = (c.severity_rank, c.alerts.desc(), c.opened_at)
    query = select(incidents).where(waiting).order_by(*order)
    rows: list[Row[Any]] = list(connection.execute(query.where(c.storm.is_(None)).limit(limit)))
    of_storms = select(c.storm).where(waiting, c.storm.is_not(None)).distinct()
    for (storm,) in connection.execute(of_storms).all():
        left = settings.storm_diagnoses - begun(connection, storm, now, settings)
        if left > 0:
            rows += connection.execute(query.where(c.storm == storm).limit(min(left, limit)))
    rows.sort(key=lambda row: (row.severity_rank, -row.alerts, row.opened_at))
    return [due_of(incident_of(row), settings) for row in rows[:limit]]


def begun(connection: Connection, storm: int, now: datetime, settings: IntakeSettings) -> int:
    """Diagnoses of this storm's incidents that were claimed within the storm window."""
    since = now - timedelta(minutes=settings.storm_window_minutes)
    claims = select(func.count()).where(incidents.c.storm == storm, incidents.c.claimed_at > since)
    return connection.execute(claims).scalar_one()


def tallies_now(connection: Connection, now: datetime) -> Tallies:
    c = incidents.c
    by_state: dict[str, dict[str, int]] = {}
    counted = select(c.state, c.severity, func.count()).where(is_open).group_by(c.state, c.severity)
    for state, severity, count in connection.execute(counted):
        by_state.setdefault(state, {})[severity] = count
    waiting = and_(is_open, c.state == IncidentState.WAITING, c.due_at <= now)
    due, oldest = connection.execute(select(func.count(), func.min(c.due_at)).where(waiting)).one()
    firing = select(func.count()).select_from(alerts).where(alerts.c.firing.is_(True))
    outbox: dict[str, dict[str, int]] = {}
    m = messages.c
    for channel, state, count in connection.execute(
        select(m.channel, m.state, func.count()).group_by(m.channel, m.state)
    ):
        outbox.setdefault(channel, {})[state] = count
    return Tallies(
        incidents=by_state,
        due=due,
        oldest_due_at=oldest,
        firing_alerts=connection.execute(firing).scalar_one(),
        messages=outbox,
        storms=_storms(connection),
        silences=tuple(heard(connection)),
    )


def _storms(connection: Connection) -> tuple[Storm, ...]:
    """Those that go on, with how many incidents they have by now."""
    going = going_on(connection)
    c = incidents.c
    sizes = select(c.storm, func.count()).where(c.storm.in_([each.id for each in going])).group_by(c.storm)
    found = {row[0]: row[1] for row in connection.execute(sizes)} if going else {}
    return tuple(each.model_copy(update={"incidents": found.get(each.id, 0)}) for each in going)


def events_after(connection: Connection, after: int | None) -> tuple[int, dict[EventKind, int]]:
    """Events are numbered in the order of their commits: who writes them decides, one after the other."""
    c = incident_events.c
    last = connection.execute(select(func.max(c.seq))).scalar_one() or 0
    if after is None:
        return last, {}
    counted = select(c.kind, func.count()).where(c.seq > after, c.seq <= last).group_by(c.kind)
    return max(last, after), {EventKind(kind): count for kind, count in connection.execute(counted)}


def page_query(query: Select[Any], column: ColumnElement[Any], page: Page) -> Select[Any]:
    """Newest first by a column of numbers."""
    if page.after.isdigit():
        query = query.where(column < int(page.after))
    return query.order_by(column.desc()).limit(page.limit + 1)
