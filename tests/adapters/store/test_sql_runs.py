"""Threads, runs and their events, as rows."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.evidence import Observation, Read, get
from kubetriage.domain.intake.errors import NotOurs
from kubetriage.domain.intake.reading import Page
from kubetriage.domain.intake.runs import Run, RunFilter, RunStatus, Thread, ThreadStatus
from kubetriage.domain.resource import resource


def run_of(id: str, thread: str, at: datetime, **fields: Any) -> Run:
    return Run(id=id, thread=thread, graph="triage_alert", created_at=at, updated_at=at, **fields)


async def test_a_run_makes_its_thread_busy_until_it_ends(database: Database, now: datetime) -> None:
    """The thread appears with the run, is busy with it, and takes its end from it; an end stays."""
    runs = database.runs
    assert await runs.create_run(run_of("r1", "t", now, incident="INC-1", arguments={"input": {"a": "换"}}))
    assert not await runs.create_run(run_of("r1", "t", now))
    assert not await runs.create_run(run_of("r2", "t", now), unless_busy=True)
    thread = await runs.thread("t")
    assert thread and (thread.status, thread.metadata) == (ThreadStatus.BUSY, {"graph_id": "triage_alert"})
    await runs.beat("w1", now)
    assert await runs.take_run("r1", "w1", now)
    later = now + timedelta(seconds=5)
    assert await runs.run_status("r1", RunStatus.ERROR, later, error="It broke.")
    assert not await runs.run_status("r1", RunStatus.SUCCESS, later)
    assert not await runs.run_status("unknown", RunStatus.SUCCESS, later)
    run = await runs.run("r1")
    assert run and (run.status, run.executor, run.error) == (RunStatus.ERROR, "w1", "It broke.")
    assert (run.started_at, run.ended_at, run.arguments) == (now, later, {"input": {"a": "换"}})
    thread = await runs.thread("t")
    assert thread and thread.status is ThreadStatus.ERROR
    assert await runs.create_run(run_of("r2", "t", later), unless_busy=True)
    found = await runs.runs("t", Page(limit=1))
    rest = await runs.runs("t", Page(limit=1, after=found.next))
    assert [run.id for run in (*found.items, *rest.items)] == ["r2", "r1"]
    assert [run.id for run in (await runs.runs("t", Page(), RunStatus.PENDING)).items] == ["r2"]


async def test_only_one_of_two_runs_gets_a_free_thread(url: str, now: datetime) -> None:
    """Two replicas that begin a run on one thread, each unless it is busy: one of them does."""
    replicas = [await Database.open(url) for _ in range(2)]
    await replicas[0].runs.create_thread(Thread(id="t", created_at=now, updated_at=now))
    made = await asyncio.gather(
        *(r.runs.create_run(run_of(f"r{n}", "t", now), unless_busy=True) for n, r in enumerate(replicas))
    )
    assert sorted(made) == [False, True]
    for replica in replicas:
        await replica.close()


async def test_events_of_a_run_that_is_anothers_by_now_are_not_written(
    database: Database, now: datetime
) -> None:
    """Whoever was held for dead and wakes up cannot add to the record of the run that was taken over."""
    runs = database.runs
    await runs.create_run(run_of("r", "t", now))
    for worker in ("first", "second"):
        await runs.beat(worker, now)
    assert await runs.take_run("r", "first", now)
    assert await runs.record_event("r", "node", {"n": 1}, now, executor="first") == 1
    assert await runs.take_run("r", "second", now)
    for run, executor in (("r", "first"), ("gone", "second")):
        with pytest.raises(NotOurs):
            await runs.record_event(run, "node", {"n": 2}, now, executor=executor)
    assert await runs.record_event("r", "node", {"n": 3}, now, executor="second") == 2
    assert [event.data for event in await runs.run_events("r")] == [{"n": 1}, {"n": 3}]


async def test_who_is_held_for_dead_takes_no_run(database: Database, now: datetime) -> None:
    """A worker that slept before it began with a run does not take it from whoever began with it meanwhile."""
    runs = database.runs
    await runs.create_run(run_of("r", "t", now))
    assert not await runs.take_run("r", "never seen", now)
    for worker in ("sleeper", "other"):
        assert await runs.beat(worker, now)
    await runs.forget_executor("sleeper")
    assert await runs.take_run("r", "other", now)
    assert not await runs.take_run("r", "sleeper", now)
    assert not await runs.beat("sleeper", now, again=True)
    assert [each.id for each in await runs.executors()] == ["other"]
    run = await runs.run("r")
    assert run and run.executor == "other"


async def test_a_run_is_ended_by_its_worker_with_its_last_event(database: Database, now: datetime) -> None:
    """Both at once, once; whoever lost the run ends nothing."""
    runs = database.runs
    await runs.create_run(run_of("r", "t", now))
    await runs.beat("w", now)
    assert await runs.take_run("r", "w", now)
    with pytest.raises(NotOurs):
        await runs.end_run("r", RunStatus.ERROR, {}, now, executor="sleeper", error="It hung.")
    assert await runs.end_run("r", RunStatus.SUCCESS, {"outcome": "diagnosed"}, now, executor="w")
    assert not await runs.end_run("r", RunStatus.ERROR, {}, now, executor="w", error="Late.")
    [event] = await runs.run_events("r")
    assert (event.kind, event.data) == ("end", {"status": "success", "outcome": "diagnosed"})
    run = await runs.run("r")
    assert run and (run.status, run.ended_at) == (RunStatus.SUCCESS, now)


async def test_events_are_numbered_without_gaps(url: str, now: datetime) -> None:
    """Whoever writes them, the events of a run are 1, 2, 3 …; those who join later read from any number on."""
    replicas = [await Database.open(url) for _ in range(2)]
    written = await asyncio.gather(
        *(replicas[n % 2].runs.record_event("r", "node", {"n": n, "text": "a\0b"}, now) for n in range(20))
    )
    assert sorted(written) == list(range(1, 21))
    events = await replicas[1].runs.run_events("r", after=15)
    assert [event.seq for event in events] == [16, 17, 18, 19, 20]
    assert events[0].data["text"] == "a\0b"
    assert len(await replicas[0].runs.run_events("r", limit=3)) == 3
    for replica in replicas:
        await replica.close()


async def test_threads_are_found_by_their_metadata(database: Database, now: datetime) -> None:
    """All given keys must hold; updates merge, and None removes."""
    runs = database.runs
    for number in range(3):
        at = now + timedelta(seconds=number)
        metadata = {"graph_id": "g", "number": number}
        thread = Thread(id=f"t{number}", metadata=metadata, created_at=at, updated_at=at)
        assert await runs.create_thread(thread)
    assert not await runs.create_thread(Thread(id="t0", created_at=now, updated_at=now))
    found = await runs.threads({"graph_id": "g"}, Page(limit=2))
    assert [thread.id for thread in found.items] == ["t2", "t1"]
    rest = await runs.threads({"graph_id": "g"}, Page(limit=2, after=found.next))
    assert [thread.id for thread in rest.items] == ["t0"] and not rest.next
    changed = await runs.update_thread("t1", now, metadata={"number": None, "owner": "anna"})
    assert changed and changed.metadata == {"graph_id": "g", "owner": "anna"}
    assert [t.id for t in (await runs.threads({"owner": "anna"}, Page())).items] == ["t1"]
    assert list((await runs.threads({}, Page(), ThreadStatus.BUSY)).items) == []
    assert await runs.update_thread("none", now, status=ThreadStatus.IDLE) is None


async def test_a_thread_goes_with_all_that_is_its_own(database: Database, now: datetime) -> None:
    """Runs, events and observations of a deleted thread are gone; another thread's are not."""
    runs = database.runs

    async def fetch(read: Read) -> Observation:
        return Observation(read=read, tool="t", at=now)

    for number in range(2):
        await runs.create_run(run_of(f"r{number}", f"t{number}", now))
        await runs.record_event(f"r{number}", "node", {}, now)
        await database.observations.observe(f"r{number}", get(resource("Pod", "shop", "web")), fetch)
    assert await runs.delete_thread("t0")
    assert not await runs.delete_thread("t0")
    assert await runs.run("r0") is None
    assert list(await runs.run_events("r0")) == []
    assert list(await database.observations.recorded("r0")) == []
    assert await runs.delete_run("r1")
    assert list(await database.observations.recorded("r1")) == []
    assert await runs.thread("t1") is not None


async def test_threads_expire_after_their_last_run(database: Database, now: datetime) -> None:
    """Those whose runs all ended long ago; one that runs, or ran lately, is kept."""
    runs = database.runs
    for name in ("old", "running", "fresh"):
        await runs.create_run(run_of(name, name, now))
    await runs.run_status("old", RunStatus.SUCCESS, now)
    await runs.run_status("fresh", RunStatus.SUCCESS, now + timedelta(days=2))
    assert list(await runs.expired(now + timedelta(days=1))) == ["old"]


async def test_workers_show_that_they_live(database: Database, now: datetime) -> None:
    """The last beat counts, the start stays; who is forgotten is gone."""
    runs = database.runs
    await runs.beat("w1", now, {"host": "a"})
    await runs.beat("w2", now)
    await runs.beat("w1", now + timedelta(seconds=5))
    first, second = await runs.executors()
    assert (first.id, first.beat_at, first.started_at) == ("w1", now + timedelta(seconds=5), now)
    assert (first.data, second.id) == ({"host": "a"}, "w2")
    await runs.forget_executor("w1")
    assert [executor.id for executor in await runs.executors()] == ["w2"]


async def test_runs_of_all_threads_are_listed_in_pages(database: Database, now: datetime) -> None:
    """Newest first, those of the same moment each once; a page goes on though the run before it was deleted."""
    runs = database.runs
    for number in range(7):
        at = now + timedelta(seconds=number // 3)
        made = run_of(f"r{number}", f"t{number}", at, arguments={"input": "x"}, metadata={"a": 1})
        await runs.create_run(made)
    first = await runs.search(RunFilter(), Page(limit=3))
    assert await runs.delete_run(first.items[-1].id)
    await runs.create_run(run_of("r9", "t9", now + timedelta(hours=1)))
    second = await runs.search(RunFilter(), Page(limit=3, after=first.next))
    last = await runs.search(RunFilter(), Page(limit=3, after=second.next))
    assert [[run.id for run in page.items] for page in (first, second, last)] == [
        ["r6", "r5", "r4"], ["r3", "r2", "r1"], ["r0"],
    ]  # fmt: skip
    assert last.next == ""
    assert (first.items[0].arguments, first.items[0].metadata) == ({}, {})


async def test_runs_are_found_by_what_they_are(database: Database, now: datetime) -> None:
    """Status, incident, worker and time; all that are given hold."""
    runs = database.runs
    await runs.create_run(run_of("of", "a", now, incident="INC-1"))
    await runs.create_run(run_of("asked", "b", now + timedelta(minutes=1)))
    await runs.beat("w1", now)
    assert await runs.take_run("asked", "w1", now)

    async def found(**wanted: Any) -> list[str]:
        return [run.id for run in (await runs.search(RunFilter(**wanted), Page())).items]

    assert await found() == ["asked", "of"]
    assert await found(statuses=(RunStatus.RUNNING, RunStatus.ERROR)) == ["asked"]
    assert await found(incident="INC-1") == ["of"]
    assert (await found(on_demand=True), await found(on_demand=False)) == (["asked"], ["of"])
    assert await found(executor="w1") == ["asked"]
    assert await found(created_from=now + timedelta(seconds=1)) == ["asked"]
    assert await found(created_before=now + timedelta(seconds=1)) == ["of"]
    assert await found(executor="w1", incident="INC-1") == []
