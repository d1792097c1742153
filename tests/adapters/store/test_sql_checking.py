"""Incidents that no word comes of: which are looked at, and how those that are well again are closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.values import CloseReason, IncidentState, IntakeSettings
from kubetriage.domain.report import Report

MakeAlert = Callable[..., Alert]
MakeReport = Callable[..., Report]
HOUR = timedelta(hours=1)


async def diagnosed(database: Database, now: datetime, alert: Alert, report: Report) -> str:
    """An incident with a report, of which nothing was heard since."""
    store = database.incidents
    accepted = await store.accept([alert], source="test", body_digest="d", received_at=now)
    (id,) = accepted.incidents
    at, run = now + timedelta(minutes=1), f"{id}-1"
    assert await store.claim(id, 1, at)
    assert await store.started(id, 1, run, at)
    await store.finished(id, 1, run, report, at)
    return id


async def silent(database: Database, at: datetime) -> list[str]:
    return [each.id for each in await database.incidents.silent(at, 10)]


async def test_what_is_silent_for_longer_than_a_repeat_is_looked_at(
    database: Database, make_alert: MakeAlert, make_report: MakeReport, now: datetime
) -> None:
    """Only what was diagnosed and fires; whoever came first looks, and nobody again within the hour."""
    quiet = await diagnosed(database, now, make_alert(namespace="shop", pod="web-0"), make_report())
    heard = await diagnosed(database, now, make_alert(namespace="shop", pod="db-0"), make_report())
    waiting = make_alert(namespace="shop", pod="new-0")
    await database.incidents.accept([waiting], source="t", body_digest="d", received_at=now)
    again = make_alert(namespace="shop", pod="db-0")
    await database.incidents.accept([again], source="t", body_digest="d", received_at=now + 4 * HOUR)
    at = now + 4.6 * HOUR
    assert await silent(database, now + 4.4 * HOUR) == []
    assert await silent(database, at) == [quiet]
    assert await database.incidents.check(quiet, at)
    assert not await database.incidents.check(quiet, at)
    assert await silent(database, at + 0.9 * HOUR) == []
    assert await silent(database, at + 1.1 * HOUR) == [quiet]
    assert heard in await silent(database, now + 9 * HOUR)


async def test_what_is_well_again_is_closed_and_said_to_be_assumed(
    database: Database, make_alert: MakeAlert, make_report: MakeReport, now: datetime
) -> None:
    """Its alerts fire no more, the reason is kept, people who knew of it are told; heard again, it reopens."""
    alert = make_alert(namespace="shop", pod="web-0")
    id = await diagnosed(database, now, alert, make_report())
    at = now + 5 * HOUR
    after = await database.incidents.assume_over(id, now, at)
    assert after is not None
    assert (after.state, after.close_reason, after.counts.firing) == (
        IncidentState.CLOSED, CloseReason.STALE, 0,
    )  # fmt: skip
    [row] = await database.incidents.alerts_of(id)
    assert (row.status, row.assumed) == ("resolved", True)
    last = (await database.incidents.timeline(id))[-1]
    assert (last.kind, last.notice) == ("closed", True)
    assert (last.data["assumed"], last.data["healthy"]) == (True, True)
    assert (await database.incidents.tallies(at)).firing_alerts == 0
    await database.incidents.accept([alert], source="t", body_digest="d", received_at=at + HOUR)
    again = await database.incidents.incident(id)
    assert again is not None
    assert (again.open, again.counts.firing) == (True, 1)


async def test_a_word_that_came_meanwhile_keeps_it_open(
    database: Database, make_alert: MakeAlert, make_report: MakeReport, now: datetime
) -> None:
    """What was heard of while it was looked at is not closed; nor is what nobody knows."""
    alert = make_alert(namespace="shop", pod="web-0")
    id = await diagnosed(database, now, alert, make_report())
    await database.incidents.accept([alert], source="t", body_digest="d", received_at=now + 5 * HOUR)
    after = await database.incidents.assume_over(id, now, now + 5 * HOUR)
    assert after is not None
    assert (after.state, after.counts.firing) == (IncidentState.REPORTED, 1)
    assert await database.incidents.assume_over("INC-00000000000000", now, now) is None


@pytest.mark.parametrize("hours", [0, 20])
async def test_when_it_is_looked_at_is_a_setting(
    url: str, make_alert: MakeAlert, make_report: MakeReport, now: datetime, hours: float
) -> None:
    """Later than usual, or never."""
    database = await Database.open(url, IntakeSettings(check_after_hours=hours))
    id = await diagnosed(database, now, make_alert(namespace="shop", pod="web-0"), make_report())
    assert await silent(database, now + 19 * HOUR) == []
    assert await silent(database, now + 21 * HOUR) == ([id] if hours else [])
    await database.close()
