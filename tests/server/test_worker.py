"""server.sweeping and server.worker: who finds what is to be done, and does it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from kubetriage.bootstrap.databases import engine_database
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.intake.runs import RunStatus
from kubetriage.domain.intake.values import IncidentState
from kubetriage.server.desk import Desk
from kubetriage.server.engine import Engine, workflow_id
from kubetriage.server.metrics import ServerMetrics
from kubetriage.server.parts import Asked
from kubetriage.server.sweeping import Sweeper
from kubetriage.server.worker import Worker, WorkerOptions

pytestmark = pytest.mark.slow


@pytest.fixture
async def sweeper(bench: Any) -> AsyncIterator[Callable[..., Awaitable[tuple[Sweeper, Engine]]]]:
    """`await sweeper(work)`: a sweeper, and the engine that it feeds."""
    started: list[tuple[Engine, Any]] = []

    async def make(work: Any) -> tuple[Sweeper, Engine]:
        database = engine_database(bench.settings.database, 6)
        engine = Engine(database, work, executor="me", concurrency=2)
        await engine.start()
        started.append((engine, database))
        return Sweeper(bench.parts, engine, bench.settings, ServerMetrics()), engine

    yield make
    for engine, database in started:
        await engine.stop(0)
        database.dispose()


PATIENCE = 1200
"""Looks, a twentieth of a second apart, after which a busy machine is no excuse any more."""


async def soon(condition: Callable[[], object]) -> None:
    for _ in range(PATIENCE):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not within a minute")


async def test_what_was_claimed_and_never_enqueued_is_found(bench: Any, sweeper: Any) -> None:
    """A worker that dies between its claim and the queue leaves nothing behind for ever."""
    incident = await bench.accepted()
    done: list[str] = []

    async def work(incident: str, attempt: int) -> None:
        done.append(workflow_id(incident, attempt))

    looking, _ = await sweeper(work)
    await looking.once()
    await asyncio.sleep(0.5)
    assert done == []
    bench.clock.now += timedelta(minutes=1)
    await looking.once()
    await soon(lambda: done)
    assert done == [workflow_id(incident, 1)]


async def test_work_that_ended_without_a_word_is_tried_again(bench: Any, sweeper: Any) -> None:
    """An incident whose workflow is over and which has no report does not stay in diagnosis for ever."""
    await bench.post()

    async def work(incident: str, attempt: int) -> None:
        raise ValueError("a bug outside of the graph")

    looking, engine = await sweeper(work)
    await looking.once()
    [claimed] = (await bench.database.incidents.claimed(bench.clock()))[:1]
    for _ in range(PATIENCE):
        if await engine.over(workflow_id(claimed.incident, 1)):
            break
        await asyncio.sleep(0.05)
    bench.clock.now += timedelta(minutes=1)
    await looking.once()
    found = await bench.database.incidents.incident(claimed.incident)
    assert found is not None
    assert "without a word" in found.failure


async def test_no_more_is_claimed_than_the_places_can_take(bench: Any, sweeper: Any) -> None:
    """What waits is claimed late, so that who is most urgent is decided as late as it can be."""
    labels = bench.alerts()[0].labels
    for number in range(30):
        await bench.post(labels={**labels, "cluster": f"c{number}"}, fingerprint=f"{number:016x}")
    hold = asyncio.Event()

    async def work(incident: str, attempt: int) -> None:
        await hold.wait()

    looking, engine = await sweeper(work)
    for _ in range(3):
        await looking.once()
        await asyncio.sleep(0.4)
    live = await engine.live()
    await soon(lambda: len(engine.running()) == 2)
    assert len(live) <= 2 + 2 * bench.settings.intake.max_running
    hold.set()


async def test_a_worker_does_all_of_it(bench: Any, worker_settings: Settings) -> None:
    """From what is stored to reports, and to runs on demand; told to stop, it leaves no sign of life."""
    await bench.post()
    desk = Desk(bench.database.runs, worker_settings, bench.clock, any_cluster=True)
    asked = await desk.submit(Asked(alerts=tuple(bench.alerts())))
    stopping = asyncio.Event()
    worker = Worker(worker_settings, ServerMetrics(), WorkerOptions(bench.scenario / "snapshot"))
    working = asyncio.ensure_future(worker.run(stopping))
    try:
        for _ in range(PATIENCE):
            on_demand = await bench.database.runs.run(asked)
            tallies = await bench.database.incidents.tallies(bench.clock())
            if on_demand and on_demand.status.ended and "reported" in tallies.incidents:
                break
            assert not working.done()
            await asyncio.sleep(0.05)
        assert on_demand is not None
        assert on_demand.status is RunStatus.SUCCESS
        report = await bench.database.incidents.report(asked)
        assert report is not None
        assert "at least 10Gi" in report.summary
        assert len(await bench.database.runs.executors()) == 1
    finally:
        stopping.set()
        await working
    assert await bench.database.runs.executors() == []


async def test_a_worker_that_was_held_for_dead_begins_anew(bench: Any, worker_settings: Settings) -> None:
    """Under another name, because its work is not its own any more; and it goes on to diagnose."""
    stopping = asyncio.Event()
    worker = Worker(worker_settings, ServerMetrics(), WorkerOptions(bench.scenario / "snapshot"))
    working = asyncio.ensure_future(worker.run(stopping))
    try:
        await soon(worker.ready.is_set)
        [before] = await bench.database.runs.executors()
        await bench.database.runs.forget_executor(before.id)
        for _ in range(PATIENCE):
            names = {each.id for each in await bench.database.runs.executors()}
            if names - {before.id}:
                break
            await asyncio.sleep(0.05)
        assert names - {before.id}
        [incident] = (await bench.post()).incidents
        for _ in range(PATIENCE):
            if (await bench.state(incident))[0] is IncidentState.REPORTED:
                break
            await asyncio.sleep(0.05)
        assert (await bench.state(incident))[0] is IncidentState.REPORTED
        assert not working.done()
    finally:
        stopping.set()
        await working
