"""The list of runs of all threads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from kubetriage.adapters.store.sql.tables import runs
from kubetriage.domain.intake.reading import Page, Paged
from kubetriage.domain.intake.runs import Run, RunFilter

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = [column for column in runs.c if column.name not in ("metadata", "arguments")]
"""The others may be as large as the alerts that a run is about."""


def page_of_runs(connection: Connection, wanted: RunFilter, page: Page) -> Paged[Run]:
    """Newest first. The cursor is the place of the last run shown, and holds when that run is deleted."""
    c = runs.c
    query = select(*_SHOWN).where(*_conditions(wanted)).order_by(c.created_at.desc(), c.id.desc())
    if page.after:
        at, id = _place(page.after)
        query = query.where(or_(c.created_at < at, and_(c.created_at == at, c.id < id)))
    rows = connection.execute(query.limit(page.limit + 1))
    found = [Run.model_validate(dict(row._mapping)) for row in rows]
    shown = tuple(found[: page.limit])
    return Paged[Run](items=shown, next=_cursor(shown[-1]) if len(found) > page.limit else "")


def _conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    c = runs.c
    found: list[ColumnElement[bool]] = []
    if wanted.statuses:
        found.append(c.status.in_(wanted.statuses))
    if wanted.incident is not None:
        found.append(c.incident == wanted.incident)
    if wanted.on_demand is not None:
        found.append(c.incident.is_(None) if wanted.on_demand else c.incident.is_not(None))
    if wanted.executor is not None:
        found.append(c.executor == wanted.executor)
    if wanted.created_from is not None:
        found.append(c.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        found.append(c.created_at < wanted.created_before)
    return found


def _cursor(run: Run) -> str:
    return f"{(run.created_at - _EPOCH) // timedelta(microseconds=1)}_{run.id}"


def _place(cursor: str) -> tuple[datetime, str]:
    at, _, id = cursor.partition("_")
    return _EPOCH + timedelta(microseconds=int(at)), id
