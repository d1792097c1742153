"""Alerts are accepted once and for all, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert, AlertStatus, Severity
from kubetriage.domain.fingerprint import fingerprint
from kubetriage.domain.intake.reading import Accepted, EventKind, IncidentFilter, Page
from kubetriage.domain.intake.values import IncidentState

MakeAlert = Callable[..., Alert]


async def accept(database: Database, at: datetime, *alerts: Alert) -> Accepted:
    return await database.incidents.accept(alerts, source="test", body_digest="d", received_at=at)


async def test_every_alert_is_a_row_or_counted(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """Whatever arrives, however often, the rows and their repeats add up to it."""
    alerts = [make_alert(namespace="shop", pod=f"web-{n}") for n in range(20)]
    first = await accept(database, now, *alerts, alerts[0])
    second = await accept(database, now + timedelta(hours=4), *alerts)
    assert (first.alerts, first.new, first.repeats) == (21, 20, 1)
    assert (second.alerts, second.new, second.repeats) == (20, 0, 20)
    assert first.incidents == second.incidents
    rows = await database.incidents.alerts_of(first.incidents[0])
    assert sum(row.repeats + 1 for row in rows) == 41
    assert {row.last_seen for row in rows} == {now + timedelta(hours=4)}
    incident = await database.incidents.incident(first.incidents[0])
    assert incident
    assert incident.counts.model_dump() == {"alerts": 20, "firing": 20, "episodes": 20, "repeats": 21}


async def test_an_alert_comes_back_as_it_was(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """Labels, annotations and the source's own fields survive, whatever characters they hold."""
    nasty = "quote ' \" \\ 换行\n\t \x01 emoji 😀 NUL \0 surrogate \ud800 </at>"
    labels = {"alertname": "A", "namespace": "shop", "pod": "web-0", "x": nasty}
    alert = Alert(
        name="A" + nasty,
        labels=labels,
        annotations={"summary": nasty},
        extra={"values": {"B": None, nasty: 1.5}},
        starts_at=now,
        fingerprint=fingerprint({"alertname": "A"}),
        generator_url="http://p/" + nasty,
    )
    accepted = await accept(database, now, alert)
    [row] = await database.incidents.alerts_of(accepted.incidents[0])
    again = row.alert()
    assert (again.labels, again.annotations, again.extra) == (alert.labels, alert.annotations, alert.extra)
    assert again.name.startswith("A") and "😀" in again.name


async def test_requests_at_the_same_time_open_one_incident(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """Fifty requests about one workload, sent together, make one incident, and each gets its own answer."""
    answers = await asyncio.gather(
        *(accept(database, now, make_alert(namespace="shop", pod=f"web-{n}")) for n in range(50))
    )
    assert len({answer.incidents for answer in answers}) == 1
    assert len({answer.post for answer in answers}) == 50
    assert all((answer.alerts, answer.new) == (1, 1) for answer in answers)
    found = await database.incidents.incidents(IncidentFilter(), Page())
    assert [incident.counts.alerts for incident in found.items] == [50]


async def test_two_replicas_open_one_incident(url: str, make_alert: MakeAlert, now: datetime) -> None:
    """Two processes' worth of connections that get the companions of one workload agree on one incident."""
    replicas = [await Database.open(url) for _ in range(2)]
    try:
        await asyncio.gather(
            *(accept(replicas[n % 2], now, make_alert(namespace="shop", pod=f"web-{n}")) for n in range(40))
        )
        found = await replicas[0].incidents.incidents(IncidentFilter(), Page())
        assert [incident.counts.alerts for incident in found.items] == [40]
    finally:
        for replica in replicas:
            await replica.close()


async def test_a_claim_is_given_once(url: str, make_alert: MakeAlert, now: datetime) -> None:
    """Of two replicas that claim the same diagnosis, one gets it."""
    replicas = [await Database.open(url) for _ in range(2)]
    try:
        accepted = await accept(replicas[0], now, make_alert(namespace="shop", pod="web-0"))
        later = now + timedelta(seconds=30)
        [due] = await replicas[0].incidents.due(later, 5)
        assert due.incident == accepted.incidents[0]
        got = await asyncio.gather(*(r.incidents.claim(due.incident, due.attempt, later) for r in replicas))
        assert sorted(got) == [False, True]
        assert list(await replicas[1].incidents.due(later, 5)) == []
    finally:
        for replica in replicas:
            await replica.close()


async def test_nothing_is_due_before_the_wait_is_over(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """An incident becomes due 25 s after it was opened, the worst first."""
    await accept(database, now, make_alert(namespace="shop", pod="web-0"))
    critical = make_alert(namespace="shop", pod="db-0", severity=Severity.CRITICAL)
    worse = await accept(database, now + timedelta(seconds=5), critical)
    assert list(await database.incidents.due(now + timedelta(seconds=24), 5)) == []
    assert len(await database.incidents.due(now + timedelta(seconds=26), 5)) == 1
    both = await database.incidents.due(now + timedelta(seconds=31), 5)
    assert both[0].incident == worse.incidents[0]
    assert both[0].priority < both[1].priority
    assert len(await database.incidents.due(now + timedelta(seconds=31), 1)) == 1


async def test_a_resolved_alert_closes_its_incident_after_the_delay(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """The row says resolved at once; a sweep a minute later closes the incident."""
    [id] = (await accept(database, now, make_alert(namespace="shop", pod="web-0"))).incidents
    at = now + timedelta(minutes=2)
    await accept(database, at, make_alert(namespace="shop", pod="web-0", resolved=True))
    [row] = await database.incidents.alerts_of(id)
    assert (row.status, row.ends_at, row.assumed) == (AlertStatus.RESOLVED, at, False)
    assert list(await database.incidents.sweep(at + timedelta(seconds=59))) == []
    events = await database.incidents.sweep(at + timedelta(seconds=61))
    assert [event.kind for event in events] == [EventKind.CLOSED]
    closed = await database.incidents.incident(id)
    assert closed and closed.state is IncidentState.CLOSED
    kinds = [event.kind.value for event in await database.incidents.timeline(id)]
    assert kinds == ["opened", "resolved", "recovered", "closed"]


async def test_what_comes_back_joins_the_incident_that_is_open_by_then(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """A workload has one open incident: what was given up fires in it, and is a row of it."""
    old = make_alert(namespace="shop", pod="web-0")
    gone = await accept(database, now, old)
    await database.incidents.sweep(now + timedelta(hours=9))
    later = now + timedelta(hours=10)
    here = await accept(database, later, make_alert("KubePodNotReady", namespace="shop", pod="web-0"))
    assert here.incidents != gone.incidents
    again = await accept(database, later + timedelta(hours=1), old)
    assert again.incidents == here.incidents
    rows = await database.incidents.alerts_of(here.incidents[0])
    assert {(row.name, row.status) for row in rows} == {
        ("KubePodCrashLooping", AlertStatus.FIRING),
        ("KubePodNotReady", AlertStatus.FIRING),
    }
    closed = await database.incidents.incident(gone.incidents[0])
    assert closed and not closed.open
    incident = await database.incidents.incident(here.incidents[0])
    assert incident and (incident.counts.firing, incident.counts.alerts) == (2, 2)


async def test_a_watchdog_is_kept_and_opens_nothing(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """The Watchdog is a row and a heartbeat; when it is silent, a notice says so, and once."""
    accepted = await accept(database, now, make_alert("Watchdog", severity=Severity.NONE))
    assert (accepted.alerts, accepted.incidents) == (1, ())
    assert list(await database.incidents.sweep(now + timedelta(minutes=9))) == []
    silent = await database.incidents.sweep(now + timedelta(minutes=11))
    assert [(event.kind, event.notice) for event in silent] == [(EventKind.SILENT, True)]
    assert list(await database.incidents.sweep(now + timedelta(minutes=30))) == []
    await accept(database, now + timedelta(minutes=31), make_alert("Watchdog", severity=Severity.NONE))
    kinds = [notice.kind for notice in await database.incidents.notices()]
    assert kinds == [EventKind.SILENT, EventKind.HEARD]
