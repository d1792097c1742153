"""server.engine: a queue of work that outlives the process, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from kubetriage.bootstrap.databases import engine_database
from kubetriage.server.engine import Engine, Work, workflow_id

pytestmark = pytest.mark.slow

Start = Callable[..., Awaitable[Engine]]


@asynccontextmanager
async def started(url: str, work: Work, executor: str, concurrency: int) -> AsyncIterator[Engine]:
    database = engine_database(url, concurrency + 4)
    engine = Engine(database, work, executor=executor, concurrency=concurrency)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop(0)
        database.dispose()


@pytest.fixture
async def start(empty_database: str) -> AsyncIterator[Start]:
    """`await start(work, executor=…, concurrency=…)`: an engine on the test's database."""
    async with AsyncExitStack() as closing:

        async def make(work: Work, *, executor: str = "one", concurrency: int = 2) -> Engine:
            return await closing.enter_async_context(started(empty_database, work, executor, concurrency))

        yield make


async def until(condition: Callable[[], object], seconds: float = 90.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.02)


async def until_over(engine: Engine, incident: str, attempt: int) -> None:
    """Until the engine has written down that it is over: a moment after the work itself has ended."""
    async with asyncio.timeout(90):
        while not await engine.over(workflow_id(incident, attempt)):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)


async def test_work_runs_once_however_often_it_is_enqueued(start: Start) -> None:
    """An attempt is identified by incident and number: putting it on the queue again changes nothing."""
    done: list[tuple[str, int]] = []

    async def work(incident: str, attempt: int) -> None:
        done.append((incident, attempt))

    engine = await start(work)
    for _ in range(3):
        await engine.enqueue("INC-1", 1)
    await until(lambda: done)
    await engine.enqueue("INC-1", 1)
    await engine.enqueue("INC-1", 2)
    await until(lambda: len(done) > 1)
    await until_over(engine, "INC-1", 1)
    await until_over(engine, "INC-1", 2)
    await asyncio.sleep(0.5)
    assert done == [("INC-1", 1), ("INC-1", 2)]
    assert await engine.live() == {}


async def test_the_most_urgent_goes_first_and_no_more_run_than_may(start: Start) -> None:
    """Priority decides who is next; the number of places decides how many run at the same time."""
    begun: list[str] = []
    going, most = 0, 0
    all_wait = asyncio.Event()

    async def work(incident: str, attempt: int) -> None:
        nonlocal going, most
        if incident == "INC-first":
            await all_wait.wait()
            return
        begun.append(incident)
        going += 1
        most = max(most, going)
        await asyncio.sleep(0.05)
        going -= 1

    engine = await start(work, concurrency=1)
    await engine.enqueue("INC-first", 1, 1)
    await until(engine.running)
    for number in range(5):
        await engine.enqueue(f"INC-{number}", 1, 5 - number)
    all_wait.set()
    await until(lambda: len(begun) == 5)
    assert begun == ["INC-4", "INC-3", "INC-2", "INC-1", "INC-0"]
    assert most == 1


async def test_what_runs_at_the_end_has_its_grace_and_is_then_put_back(
    start: Start, empty_database: str
) -> None:
    """Stopping waits for what is nearly done; what is not is on the queue again for whoever comes next."""
    ended: list[str] = []
    nearly_done = asyncio.Event()

    async def work(incident: str, attempt: int) -> None:
        await (nearly_done.wait() if incident == "INC-short" else asyncio.sleep(60))
        ended.append(incident)

    engine = await start(work)
    await engine.enqueue("INC-short", 1)
    await engine.enqueue("INC-long", 1)
    await engine.enqueue("INC-waits", 1)
    await until(lambda: len(engine.running()) == 2)
    stopping = asyncio.ensure_future(engine.stop(4.0))
    await asyncio.sleep(0.1)
    nearly_done.set()
    await stopping
    assert ended == ["INC-short"]

    again: list[str] = []

    async def next_work(incident: str, attempt: int) -> None:
        again.append(incident)

    await start(next_work, executor="two")
    await until(lambda: len(again) == 2)
    assert sorted(again) == ["INC-long", "INC-waits"]


KILLED = """
    import asyncio, os, signal, sys
    from kubetriage.bootstrap.databases import engine_database
    from kubetriage.server.engine import Engine

    async def main(url):
        begun = []

        async def work(incident, attempt):
            print(incident, flush=True)
            begun.append(incident)
            if len(begun) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            await asyncio.sleep(60)

        engine = Engine(engine_database(url, 4), work, executor="dead", concurrency=2)
        await engine.start()
        for number in range(3):
            await engine.enqueue(f"INC-{number}", 1)
        await asyncio.sleep(60)

    asyncio.run(main(sys.argv[1]))
"""


async def test_a_dead_executors_work_is_taken_over_once(start: Start, empty_database: str) -> None:
    """After kill -9 another replica gets what the dead one had begun, and each of it once."""
    program = [sys.executable, "-c", textwrap.dedent(KILLED), empty_database]
    killed = await asyncio.to_thread(subprocess.run, program, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    had_begun = killed.stdout.split()
    assert len(had_begun) == 2

    done: list[str] = []

    async def work(incident: str, attempt: int) -> None:
        done.append(incident)

    engine = await start(work, executor="alive")
    await until(lambda: done)
    assert sorted([*done, *had_begun]) == ["INC-0", "INC-1", "INC-2"]
    taken = await asyncio.gather(engine.adopt("dead"), engine.adopt("dead"))
    assert set(taken[0]) | set(taken[1]) == {workflow_id(incident, 1) for incident in had_begun}
    await until(lambda: len(done) == 3)
    await asyncio.sleep(0.6)
    assert sorted(done) == ["INC-0", "INC-1", "INC-2"]
    assert await engine.adopt("dead") == []


async def test_a_failure_of_the_work_ends_it(start: Start) -> None:
    """Work that raises is over and is not tried for ever; trying again is a new attempt."""
    tried: list[int] = []

    async def work(incident: str, attempt: int) -> None:
        tried.append(attempt)
        raise ValueError("a bug")

    engine = await start(work)
    await engine.enqueue("INC-1", 1)
    await until_over(engine, "INC-1", 1)
    await asyncio.sleep(0.6)
    assert tried == [1]


async def test_a_cancelled_attempt_does_not_run(start: Start) -> None:
    """What is cancelled while it waits is not begun, and what is cancelled while it runs stops."""
    begun: list[str] = []

    async def work(incident: str, attempt: int) -> None:
        begun.append(incident)
        await asyncio.sleep(60)

    engine = await start(work, concurrency=1)
    await engine.enqueue("INC-runs", 1, 1)
    await until(lambda: begun)
    await engine.enqueue("INC-waits", 1, 2)
    await engine.cancel("INC-waits", 1)
    await engine.cancel("INC-runs", 1)
    await until(lambda: not engine.running())
    await until_over(engine, "INC-waits", 1)
    await until_over(engine, "INC-runs", 1)
    await asyncio.sleep(0.6)
    assert begun == ["INC-runs"]
    assert await engine.live() == {}


async def test_finished_work_is_forgotten_only_when_it_is_old(start: Start) -> None:
    """The engine's own records don't grow for ever, and live work is never among what is deleted."""
    done: list[str] = []

    async def work(incident: str, attempt: int) -> None:
        done.append(incident)

    engine = await start(work)
    await engine.enqueue("INC-1", 1)
    await until_over(engine, "INC-1", 1)
    await engine.forget(datetime.now(UTC) - timedelta(hours=1))
    await engine.enqueue("INC-1", 1)
    await asyncio.sleep(0.6)
    assert done == ["INC-1"]
    await engine.forget(datetime.now(UTC) + timedelta(seconds=1))
    await engine.enqueue("INC-1", 1)
    await until(lambda: len(done) == 2)
