"""One worker: it diagnoses, beats, sweeps, and takes over what dead workers left."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubetriage.bootstrap.databases import away, engine_database
from kubetriage.bootstrap.server_settings import database_url, slots_folder
from kubetriage.bootstrap.serving import Outside, build_diagnosis, open_database
from kubetriage.bootstrap.settings import Settings
from kubetriage.server.checking import Checker
from kubetriage.server.clocks import SteadyClock
from kubetriage.server.delivering import deliver_messages
from kubetriage.server.engine import Engine
from kubetriage.server.liveness import Pulse, TakenOver
from kubetriage.server.progress import RunProgress
from kubetriage.server.replica import Replica, replica
from kubetriage.server.running import Runner
from kubetriage.server.sweeping import Cleaner, Sweeper

if TYPE_CHECKING:
    from kubetriage.server.metrics import ServerMetrics

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_SPARE_CONNECTIONS = 4


@dataclass(frozen=True)
class WorkerOptions:
    """What a worker is started with, beside the settings."""

    snapshot: Path | None = None
    """A recorded cluster to read instead of the configured ones."""
    exports_metrics: bool = False
    """Its metrics are told with its beats, because nobody asks this process for them."""
    clock: Callable[[], datetime] = field(default_factory=SteadyClock)


class Worker:
    """Runs on the loop that awaits `run`; a process has at most one."""

    def __init__(
        self, settings: Settings, metrics: ServerMetrics, options: WorkerOptions | None = None
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._options = options or WorkerOptions()
        self.ready = asyncio.Event()
        self._me: Replica

    async def run(self, stopping: asyncio.Event) -> None:
        """Until it is to stop; then what runs has the settings' grace to end.

        Raises what it cannot begin without (`BadSettings`, `BadSnapshot`, …). It begins anew after whatever
        takes its database or its place among the workers away.
        """
        with replica(slots_folder(self._settings.database)) as me:
            self._me, pause = me, _FIRST_PAUSE
            while not stopping.is_set():
                try:
                    await self._live(self._me, stopping)
                except TakenOver:
                    log.warning("worker %s was held for dead, and begins anew", self._me.executor)
                    self._me = self._me.renamed()
                except away() as error:
                    log.warning("the database is away: %s", error)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stopping.wait(), pause * random.uniform(0.7, 1.3))
                    pause = min(_LONGEST_PAUSE, pause * 2)

    async def _live(self, me: Replica, stopping: asyncio.Event) -> None:
        settings, server = self._settings, self._settings.server
        running = settings.intake.max_running
        connections = engine_database(database_url(settings.database), running + _SPARE_CONNECTIONS)
        async with (
            open_database(settings) as database,
            build_diagnosis(settings, database, self._outside()) as parts,
        ):
            runner = Runner(parts, settings, me.executor, self._metrics)
            engine = Engine(connections, runner.diagnose, executor=me.executor, concurrency=running)
            pulse = Pulse(
                parts.runs, me.executor, beat_seconds=server.heartbeat_seconds,
                let_go_seconds=server.takeover_seconds / 2, let_go=engine.abandon,
                clock=parts.services.clock, data=self._told(engine),
            )  # fmt: skip
            sweeper = Sweeper(parts, engine, settings, self._metrics)
            runner.on_end = sweeper.wake
            await pulse.beat()  # before anything can be this worker's
            await engine.start()
            beating = asyncio.ensure_future(pulse.run())
            try:
                for forerunner in me.forerunners:
                    await sweeper.bury(forerunner)
                self._me = me.all_buried()
                self._say_ready()
                telling = deliver_messages(
                    database.messages, parts.incidents, settings,
                    worker=me.executor, stopping=stopping, clock=parts.services.clock,
                    ended=self._metrics.delivered,
                )  # fmt: skip
                cleaner, checker = Cleaner(parts, engine, settings), Checker(parts, self._metrics)
                works = (sweeper.run(stopping), cleaner.run(), checker.run(), telling, stopping.wait())
                await _first_of(beating, *works)
            except TakenOver:
                await engine.abandon()  # none of it is ours any more: no grace
                raise
            finally:
                await engine.stop(server.grace_seconds)  # beats go on meanwhile
                beating.cancel()
                with suppress(*away()):
                    await parts.runs.forget_executor(me.executor)
                await asyncio.to_thread(connections.dispose)

    def _say_ready(self) -> None:
        if not self.ready.is_set():
            gc.collect()
            gc.freeze()  # what is there by now stays: looking through it took 0.2 s of every full collection
        self.ready.set()

    def _outside(self) -> Outside:
        return Outside(self._options.clock, RunProgress(), self._options.snapshot)

    def _told(self, engine: Engine) -> Callable[[], Mapping[str, Any]]:
        def told() -> Mapping[str, Any]:
            running = {"running": len(engine.running())}
            return (
                running | {"metrics": self._metrics.exported()} if self._options.exports_metrics else running
            )

        return told


async def _first_of(*works: Any) -> None:
    """Until one ends; what it raised is raised, the others are cancelled."""
    tasks = [asyncio.ensure_future(each) for each in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
    finally:
        for each in tasks[1:]:
            each.cancel()
        await asyncio.gather(*tasks[1:], return_exceptions=True)
