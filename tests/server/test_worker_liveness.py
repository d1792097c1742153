"""server.liveness and server.replica: who is alive, and who comes after whom."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.run_store import Runs
from kubetriage.domain.intake.runs import Executor
from kubetriage.server.liveness import Pulse, TakenOver, Watch
from kubetriage.server.replica import replica

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_who_beats_is_alive_whatever_time_its_clock_shows() -> None:
    """A beat that differs from the last one is a sign of life, be its time in the past or the future."""
    stopwatch = Stopwatch()
    watch = Watch(10, stopwatch)
    for step in (0, 3600, -86400, 5, 5.5):
        assert watch.still({"a": NOW + timedelta(seconds=step)}) == []
        stopwatch.seconds += 9


def test_who_shows_nothing_new_for_the_time_is_dead() -> None:
    """Silence is measured from when we last saw a change, on our own stopwatch."""
    stopwatch = Stopwatch()
    watch = Watch(10, stopwatch)
    assert watch.still({"a": 1, "b": 1}) == []
    stopwatch.seconds = 4.9
    assert watch.still({"a": 1, "b": 1}) == []
    stopwatch.seconds = 9.8
    assert watch.still({"a": 1, "b": 2}) == []
    stopwatch.seconds = 10
    assert watch.still({"a": 1, "b": 2}) == ["a"]
    stopwatch.seconds = 15
    assert watch.still({"b": 2}) == []
    stopwatch.seconds = 20
    assert watch.still({"b": 2}) == ["b"]


def test_who_could_not_look_holds_nobody_for_dead() -> None:
    """The others slept too, or had no database to beat in: they have half of their time to show that they live."""
    stopwatch = Stopwatch()
    watch = Watch(10, stopwatch)
    assert watch.still({"a": 1}) == []
    stopwatch.seconds = 300
    assert watch.still({"a": 1}) == []
    stopwatch.seconds = 304.9
    assert watch.still({"a": 1}) == []
    stopwatch.seconds = 305
    assert watch.still({"a": 1}) == ["a"]


def test_who_went_and_came_back_is_watched_anew() -> None:
    """A name that was gone for a moment does not inherit its old silence."""
    stopwatch = Stopwatch()
    watch = Watch(10, stopwatch)
    watch.still({"a": 1})
    stopwatch.seconds = 8
    watch.still({})
    stopwatch.seconds = 12
    assert watch.still({"a": 1}) == []


class Beats:
    """The executors of a store that can go away."""

    def __init__(self) -> None:
        self.known: dict[str, Executor] = {}
        self.away = False

    async def beat(
        self, executor: str, now: datetime, data: Mapping[str, Any] | None = None, *, again: bool = False
    ) -> bool:
        if self.away:
            raise StoreUnavailable("gone")
        if again and executor not in self.known:
            return False
        self.known[executor] = Executor(id=executor, beat_at=now, started_at=now, data=dict(data or {}))
        return True


def pulse(beats: Beats, let_go: Any, seconds: float = 0.05) -> Pulse:
    return Pulse(
        cast(Runs, beats), "me", beat_seconds=0.01, let_go_seconds=seconds, let_go=let_go, clock=lambda: NOW,
        data=lambda: {"running": 2},
    )  # fmt: skip


async def test_a_worker_that_cannot_beat_lets_go_of_what_it_runs() -> None:
    """Before the others may take its work, a worker cut off from the database has stopped it."""
    beats, let_go = Beats(), asyncio.Event()

    async def go() -> None:
        let_go.set()

    beating = pulse(beats, go, 60.0)
    await beating.beat()
    assert beats.known["me"].data == {"running": 2}
    running = asyncio.ensure_future(beating.run())
    await asyncio.sleep(0.1)
    assert not let_go.is_set()
    beats.away = True
    beating._let_go_seconds = 0.3  # only now: before, the machine may pause as long as it likes
    await asyncio.wait_for(let_go.wait(), 60)
    beats.away = False
    await asyncio.sleep(0.05)
    assert not running.done()
    running.cancel()


async def test_a_worker_that_slept_lets_go_of_what_it_runs() -> None:
    """What it runs slept as well, and would find its time gone: it goes on from its last step, with time again."""
    beats, let_go = Beats(), asyncio.Event()

    async def go() -> None:
        let_go.set()

    beating = pulse(beats, go, 0.5)
    await beating.beat()
    running = asyncio.ensure_future(beating.run())
    await asyncio.sleep(0.05)
    time.sleep(0.8)  # noqa: ASYNC251 as a stopped process does
    await asyncio.wait_for(let_go.wait(), 30)
    assert not running.done()
    running.cancel()


async def test_a_worker_that_was_held_for_dead_learns_of_it() -> None:
    """The others have forgotten it: what it holds is not its own any more."""
    beats = Beats()

    async def go() -> None: ...

    beating = pulse(beats, go)
    await beating.beat()
    beats.known.clear()
    with pytest.raises(TakenOver):
        await asyncio.wait_for(beating.run(), 30)


def test_two_processes_at_once_have_two_names_and_no_forerunner(tmp_path: Path) -> None:
    """A slot that is held is nobody else's, so a living worker is never taken for dead."""
    with replica(tmp_path) as one, replica(tmp_path) as other:
        assert one.executor != other.executor
        assert (one.forerunners, other.forerunners) == ((), ())


KILLED = """
import os, signal, sys
from pathlib import Path
from kubetriage.server.replica import replica

with replica(Path(sys.argv[1])) as me:
    print(me.executor, *me.forerunners, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(folder: Path) -> list[str]:
    program = [sys.executable, "-c", KILLED, str(folder)]
    return subprocess.run(program, capture_output=True, text=True, check=False).stdout.split()


def test_after_kills_the_next_one_knows_all_that_were_not_taken_over(tmp_path: Path) -> None:
    """Also a worker that dies before it has taken over from its forerunner leaves both to the next one."""
    first, *none = killed(tmp_path)
    second, *known = killed(tmp_path)
    assert (none, known) == ([], [first])
    with replica(tmp_path) as third:
        assert third.forerunners == (second, first)
        third = third.all_buried()
        assert third.renamed().forerunners == (third.executor,)
    with replica(tmp_path) as fourth:
        assert fourth.forerunners == ()


def test_a_worker_that_was_held_for_dead_gets_a_new_name(tmp_path: Path) -> None:
    """A name is never used twice; the old one becomes a forerunner."""
    with replica(tmp_path) as me:
        again = me.renamed()
        assert again.executor != me.executor
        assert again.forerunners == (me.executor,)


def test_without_a_folder_to_write_to_a_worker_still_has_a_name(tmp_path: Path) -> None:
    """A read-only container works; what a dead worker left is then found by its silence."""
    (tmp_path / "file").write_text("in the way")
    with replica(tmp_path / "file") as me:
        assert me.executor
        assert me.forerunners == ()
