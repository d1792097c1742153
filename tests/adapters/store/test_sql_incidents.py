"""Incidents in the database: diagnoses, timelines, pages, and behaviour 12: all of it survives a restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert, AlertStatus, Severity
from kubetriage.domain.intake.reading import EventKind, Feedback, IncidentFilter, Page, Verdict
from kubetriage.domain.intake.values import IncidentState, IntakeSettings, Retention
from kubetriage.domain.language import Language
from kubetriage.domain.report import Report

MakeAlert = Callable[..., Alert]
MakeReport = Callable[..., Report]


async def opened(database: Database, now: datetime, *alerts: Alert) -> str:
    accepted = await database.incidents.accept(alerts, source="t", body_digest="d", received_at=now)
    return accepted.incidents[0]


async def begun(database: Database, id: str, now: datetime, attempt: int = 1) -> str:
    assert await database.incidents.claim(id, attempt, now)
    assert await database.incidents.started(id, attempt, f"{id}-{attempt}", now)
    return f"{id}-{attempt}"


async def test_behaviour_12_everything_survives_a_restart(
    url: str, make_alert: MakeAlert, make_report: MakeReport, now: datetime
) -> None:
    """Closed and opened again after every step, the database goes on as if nothing had been."""
    alert = make_alert(namespace="shop", pod="web-0")
    database = await Database.open(url)
    id = await opened(database, now, alert)
    await database.close()
    steps = now + timedelta(seconds=30)
    for step in ("claim", "start", "again", "finish", "repeat", "resolve", "close"):
        database = await Database.open(url)
        steps += timedelta(seconds=90)
        incidents = database.incidents
        if step == "claim":
            assert [due.attempt for due in await incidents.due(steps, 5)] == [1]
            assert await incidents.claim(id, 1, steps)
        elif step in ("start", "again"):
            assert [due.incident for due in await incidents.claimed(steps)] == [id]
            assert await incidents.started(id, 1, "run", steps)
        elif step == "finish":
            await incidents.finished(id, 1, "run", make_report(), steps)
        elif step == "repeat":
            await opened(database, steps, alert)
        elif step == "resolve":
            await opened(database, steps, make_alert(namespace="shop", pod="web-0", resolved=True))
        else:
            assert [event.kind for event in await incidents.sweep(steps)] == [EventKind.CLOSED]
        await database.close()
    database = await Database.open(url)
    kinds = [event.kind.value for event in await database.incidents.timeline(id)]
    assert kinds == ["opened", "claimed", "started", "reported", "resolved", "closed"]
    incident = await database.incidents.incident(id)
    assert incident and incident.counts.repeats == 2
    assert await database.incidents.report("run") == make_report()
    await database.close()


async def test_a_diagnosis_ends_once(
    database: Database, make_alert: MakeAlert, make_report: MakeReport, now: datetime
) -> None:
    """The second end of a run changes nothing; one report, one notice."""
    id = await opened(database, now, make_alert(namespace="shop", pod="web-0"))
    at = now + timedelta(minutes=1)
    run = await begun(database, id, at)
    first = await database.incidents.finished(id, 1, run, make_report(summary="One."), at)
    second = await database.incidents.finished(id, 1, run, make_report(summary="Two."), at)
    assert first and second == first
    assert first.state is IncidentState.REPORTED and first.report_run == run
    report = await database.incidents.report(run)
    assert report and report.summary == "One."
    assert list(await database.incidents.reports_of(id)) == [run]
    assert [notice.kind for notice in await database.incidents.notices()] == [EventKind.REPORTED]


async def test_a_failed_diagnosis_is_tried_again_then_given_up(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """With a time it waits for the next attempt; without one it is FAILED, and people are told."""
    id = await opened(database, now, make_alert(namespace="shop", pod="web-0"))
    at = now + timedelta(minutes=1)
    run = await begun(database, id, at)
    retry = at + timedelta(minutes=5)
    await database.incidents.failed(id, 1, run, "The cluster was away.", retry, at)
    assert list(await database.incidents.due(retry - timedelta(seconds=1), 5)) == []
    [due] = await database.incidents.due(retry, 5)
    assert due.attempt == 2
    run = await begun(database, id, retry, 2)
    failed = await database.incidents.failed(id, 2, run, "The cluster is gone.", None, retry)
    assert failed and (failed.state, failed.failure) == (IncidentState.FAILED, "The cluster is gone.")
    assert [notice.kind for notice in await database.incidents.notices()] == [EventKind.FAILED]


async def test_what_is_not_wanted_any_more_is_not_started(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """Resolved between claim and start: the worker is told no, also for unknown incidents and attempts."""
    id = await opened(database, now, make_alert(namespace="shop", pod="web-0"))
    at = now + timedelta(minutes=1)
    assert not await database.incidents.claim(id, 2, at)
    assert await database.incidents.claim(id, 1, at)
    await opened(database, at, make_alert(namespace="shop", pod="web-0", resolved=True))
    assert not await database.incidents.started(id, 1, "run", at)
    assert not await database.incidents.started("INC-0", 1, "run", at)
    assert not await database.incidents.claim("INC-\0", 1, at)


async def test_incidents_are_paged_and_filtered(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """Newest first, no incident twice or missing over the pages, and every filter does what it says."""
    ids = []
    for number in range(7):
        cluster = "ab"[number % 2]
        severity = Severity.CRITICAL if number < 2 else Severity.WARNING
        alert = make_alert(namespace="shop", pod=f"app{number}-0", cluster=cluster, severity=severity)
        ids.append(await opened(database, now + timedelta(seconds=number), alert))
    seen: list[str] = []
    page = Page(limit=3)
    while True:
        found = await database.incidents.incidents(IncidentFilter(), page)
        seen += [incident.id for incident in found.items]
        if not found.next:
            break
        page = Page(limit=3, after=found.next)
    assert seen == ids[::-1]

    async def count(**wanted: object) -> int:
        found = await database.incidents.incidents(IncidentFilter.model_validate(wanted), Page())
        return len(found.items)

    assert await count(cluster="a") == 4
    assert await count(severities=["critical"]) == 2
    assert await count(states=["waiting"], open=True) == 7
    assert await count(open=False) == 0
    assert await count(text="SHOP/app3") == 1
    assert await count(text="%") == 0
    assert await count(alert_name="KubePodCrashLooping", cluster="b") == 3
    assert await count(opened_from=now + timedelta(seconds=5)) == 2
    assert await count(opened_before=now + timedelta(seconds=5)) == 5


async def test_an_incident_of_very_many_names_is_found_by_each(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """Those that its own row no longer holds too, whichever alphabet they are in."""
    names = [f"告警{number}" for number in range(60)]
    id = await opened(database, now, *(make_alert(name, namespace="shop", pod="web-0") for name in names))
    for name in (names[0], names[-1]):
        found = await database.incidents.incidents(IncidentFilter(alert_name=name), Page())
        assert [each.id for each in found.items] == [id]
    none = await database.incidents.incidents(IncidentFilter(alert_name="告警60"), Page())
    assert none.items == ()


async def test_alerts_of_an_incident_come_firing_and_worst_first(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """So that the first thousand of very many are the ones that matter."""
    mild = make_alert("KubePodNotReady", namespace="shop", pod="web-0")
    over = make_alert("KubePodNotReady", namespace="shop", pod="web-1")
    worst = make_alert(namespace="shop", pod="web-2", severity=Severity.CRITICAL)
    id = await opened(database, now, mild, over, worst)
    done = make_alert("KubePodNotReady", namespace="shop", pod="web-1", resolved=True)
    await opened(database, now, done)
    rows = await database.incidents.alerts_of(id)
    assert [row.fingerprint for row in rows] == [a.fingerprint for a in (worst, mild, over)]
    assert rows[2].status is AlertStatus.RESOLVED
    assert len(await database.incidents.alerts_of(id, limit=1)) == 1


async def test_feedback_and_acknowledgement_are_kept(
    database: Database, make_alert: MakeAlert, make_report: MakeReport, now: datetime
) -> None:
    """What people say of a report, and who took an incident, with names and times."""
    id = await opened(database, now, make_alert(namespace="shop", pod="web-0"))
    run = await begun(database, id, now + timedelta(minutes=1))
    await database.incidents.finished(id, 1, run, make_report(), now)
    said = Feedback(verdict=Verdict.WRONG, actual="磁盘满了", who="anna", at=now)
    assert await database.incidents.feedback(run, said)
    assert not await database.incidents.feedback("no such run", said)
    assert list(await database.incidents.feedback_on(run)) == [said]
    acked = await database.incidents.acknowledge(id, "bert", now)
    assert acked and (acked.acked_by, acked.acked_at) == ("bert", now)
    assert await database.incidents.acknowledge("INC-0", "bert", now) is None
    for _ in range(2):
        given_back = await database.incidents.unacknowledge(id, "carl", now)
        assert given_back and (given_back.acked_by, given_back.acked_at) == ("", None)
    events = await database.incidents.timeline(id)
    assert [event.kind.value for event in events[-3:]] == ["feedback", "acknowledged", "unacknowledged"]
    assert events[-1].data == {"who": "carl", "acknowledged_by": "bert"}


async def test_a_report_is_kept_in_its_languages(
    database: Database, make_report: MakeReport, now: datetime
) -> None:
    """The one asked for, else the run's own: an older database has no other, nor has a run for one language."""
    own = make_report()
    other = own.model_copy(update={"language": Language.ZH, "original_language": Language.EN})
    await database.incidents.keep_report("both", own, now, [other])
    await database.incidents.keep_report("one", own, now)
    found = [await database.incidents.report("both", each) for each in (None, Language.EN, Language.ZH)]
    assert found == [own, own, other]
    assert await database.incidents.report("one", Language.ZH) == own
    assert await database.incidents.report("none", Language.ZH) is None


async def test_a_storm_has_a_budget(
    url: str, make_alert: MakeAlert, make_report: MakeReport, now: datetime
) -> None:
    """Of thirty incidents at once only so many begin within the window, others' are not held up.

    Its end says how many have no report.
    """
    settings = IntakeSettings(storm_incidents=10, storm_diagnoses=3, storm_window_minutes=5)
    database = await Database.open(url, settings)
    alerts = [make_alert(namespace="shop", pod=f"app{n}-0", cluster="a") for n in range(30)]
    await opened(database, now, *alerts)
    calm = await opened(database, now, make_alert(namespace="shop", pod="web-0", cluster="b"))
    at = now + timedelta(seconds=30)
    due = await database.incidents.due(at, 100)
    assert len(due) == 4 and calm in {one.incident for one in due}
    for one in due:
        assert await database.incidents.claim(one.incident, 1, at)
    for one in [one for one in due if one.incident != calm][:2]:
        run = f"{one.incident}-1"
        assert await database.incidents.started(one.incident, 1, run, at)
        await database.incidents.finished(one.incident, 1, run, make_report(), at)
    assert list(await database.incidents.due(at + timedelta(minutes=4), 100)) == []
    assert len(await database.incidents.due(at + timedelta(minutes=6), 100)) == 3
    [storm] = (await database.incidents.tallies(at)).storms
    assert (storm.cluster, storm.incidents) == ("a", 30)
    [ended] = await database.incidents.sweep(at + timedelta(minutes=6))
    assert (ended.kind, ended.data["incidents"], ended.data["not_diagnosed"]) == ("storm-ended", 30, 28)
    await database.close()


async def test_what_happened_is_counted_from_where_one_left_off(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """Events of all timelines by kind, each counted once however often it is asked."""
    await opened(database, now, make_alert(namespace="shop", pod="web-0"))
    last, none = await database.incidents.happened(None)
    assert none == {}
    assert await database.incidents.happened(last) == (last, {})
    await opened(database, now, make_alert(namespace="shop", pod="db-0"))
    await opened(database, now, make_alert(namespace="shop", pod="cache-0"))
    later, kinds = await database.incidents.happened(last)
    assert (later > last, kinds[EventKind.OPENED]) == (True, 2)
    assert await database.incidents.happened(later) == (later, {})


async def test_children_are_listed_with_what_explains_them(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """A node that is gone lists the incidents of its pods; only the node is due."""
    pods = [make_alert(namespace="shop", pod=f"app{n}-0", node="worker-2") for n in range(3)]
    for pod in pods:
        await opened(database, now, pod)
    node = await opened(database, now, make_alert("KubeNodeNotReady", node="worker-2"))
    assert len(await database.incidents.children(node)) == 3
    due = await database.incidents.due(now + timedelta(minutes=1), 10)
    assert [one.incident for one in due] == [node]


async def test_old_incidents_are_deleted_open_ones_never(
    database: Database, make_alert: MakeAlert, make_report: MakeReport, now: datetime
) -> None:
    """After its time everything of a closed incident goes; repeated until nothing is left to delete."""
    kept = await opened(database, now, make_alert(namespace="shop", pod="db-0"))
    old = await opened(database, now, make_alert(namespace="shop", pod="web-0"))
    run = await begun(database, old, now + timedelta(minutes=1))
    await database.incidents.finished(old, 1, run, make_report(), now)
    await opened(database, now, make_alert(namespace="shop", pod="web-0", resolved=True))
    await database.incidents.sweep(now + timedelta(minutes=2))
    later = now + timedelta(days=91)
    while any((await database.incidents.retain(later, Retention())).values()):
        pass
    assert await database.incidents.incident(old) is None
    assert list(await database.incidents.timeline(old)) == []
    assert await database.incidents.report(run) is None
    assert list(await database.incidents.alerts_of(old)) == []
    assert await database.incidents.incident(kept) is not None
    assert len(await database.incidents.alerts_of(kept)) == 1
    assert (await database.incidents.tallies(later)).firing_alerts == 1


async def test_what_went_stale_while_it_was_diagnosed_is_closed(
    database: Database, make_alert: MakeAlert, make_report: MakeReport, now: datetime
) -> None:
    """A sweep finds an incident of which nothing fires any more and which nobody resolved."""
    id = await opened(database, now, make_alert(namespace="shop", pod="web-0"))
    run = await begun(database, id, now + timedelta(minutes=1))
    later = now + timedelta(hours=9)
    assert list(await database.incidents.sweep(later)) == []
    await database.incidents.finished(id, 1, run, make_report(), later)
    [closed] = await database.incidents.sweep(later + timedelta(minutes=1))
    assert (closed.incident, closed.kind, closed.data["assumed"]) == (id, EventKind.CLOSED, True)
    assert list(await database.incidents.sweep(later + timedelta(minutes=2))) == []


async def test_what_was_said_of_a_report_on_demand_goes_with_it(
    database: Database, make_report: MakeReport, now: datetime
) -> None:
    """A report of no incident is deleted after its time, and with it what people said of it."""
    await database.incidents.keep_report("asked", make_report(), now)
    assert await database.incidents.feedback("asked", Feedback(verdict=Verdict.WRONG, at=now))
    later = now + timedelta(days=91)
    deleted = await database.incidents.retain(later, Retention())
    assert (deleted["reports"], deleted["feedback"]) == (1, 1)
    assert list(await database.incidents.feedback_on("asked")) == []


async def test_a_cluster_that_is_no_more_is_forgotten(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """A Watchdog that was not heard for two weeks counts as silent no longer; one that is heard stays."""

    async def watchdog(cluster: str, at: datetime) -> None:
        alert = make_alert("Watchdog", cluster=cluster, severity=Severity.NONE)
        await database.incidents.accept([alert], source="t", body_digest="d", received_at=at)

    await watchdog("gone", now)
    later = now + timedelta(days=15)
    await watchdog("here", later)
    assert len((await database.incidents.tallies(later)).silences) == 2
    await database.incidents.retain(later, Retention())
    assert [each.cluster for each in (await database.incidents.tallies(later)).silences] == ["here"]
