"""`kubetriage serve`: what one server process is made of, from its start to its end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from kubetriage.bootstrap.serving import open_database
from kubetriage.bootstrap.settings import Settings
from kubetriage.server.clocks import SteadyClock
from kubetriage.server.ending import end_with_parent, ended_by_signals
from kubetriage.server.listening import address_of, answer, listening
from kubetriage.server.replica import process_name
from kubetriage.server.supervising import Supervisor

if TYPE_CHECKING:
    from kubetriage.server.metrics import ServerMetrics
    from kubetriage.server.parts import HttpSettings
    from kubetriage.server.worker import Worker

SORTER_NICENESS = 5
"""Who takes posts and who diagnoses come first."""


@dataclass(frozen=True)
class ServeOptions:
    """What `kubetriage serve` was told, beside the settings."""

    worker_command: Sequence[str] = ()
    """What starts one worker process."""
    sorter_command: Sequence[str] = ()
    """What starts the process that sorts what is posted."""
    snapshot: Path | None = None
    attached: bool = False
    """End at once when standard input ends: it is held by the process that started this one."""
    say: Callable[[str], None] = lambda line: None
    """Tells a person where it listens."""


async def serve(settings: Settings, options: ServeOptions) -> None:
    """Serve until a signal ends it. Raises what it cannot begin without, a sentence each."""
    from kubetriage.server.logging import configure_logging
    from kubetriage.server.metrics import ServerMetrics
    from kubetriage.server.sorting import Sorted

    configure_logging()
    if options.attached:
        end_with_parent()
    server, metrics, stopping = settings.server, ServerMetrics(), asyncio.Event()
    if not options.attached:
        _require_of_workers(settings, options)
        _say_doubts(settings, options)
    if server.role == "worker" and not options.attached:
        async with open_database(settings):  # what is wrong with it is said here, and not for ever in the log
            pass
    supervisor = Supervisor(options.worker_command, server.workers, server.grace_seconds)
    sorter = Supervisor(
        options.sorter_command, 1, server.grace_seconds, lambda line: metrics.sorted(Sorted.of_line(line))
    )
    works: list[Coroutine[Any, Any, None]] = []
    worker = None
    if server.role != "intake" and server.workers:
        works.append(supervisor.run(stopping))
    elif server.role != "intake":
        worker = _worker(settings, metrics, options, alone=server.role == "worker")
    if server.role != "worker":
        works.append(_http(settings, options, metrics, stopping, (worker, sorter)))
        if worker is not None:
            works.append(in_thread(worker, stopping))
    else:
        if worker is not None:
            works.append(worker.run(stopping))
        if server.health_port is not None and not options.attached:
            works.append(_http(settings, options, ServerMetrics(), stopping, (worker, None)))

    def kill() -> None:
        supervisor.kill()
        sorter.kill()

    with ended_by_signals(stopping, server.grace_seconds, kill, attached=options.attached):
        await _all(works, stopping)


def _require_of_workers(settings: Settings, options: ServeOptions) -> None:
    """Raises `BadSettings` and `BadSnapshot`, which would end each worker anew while posts are taken."""
    if settings.server.role == "intake":
        return
    settings.chosen_model(None)
    if options.snapshot is not None:
        from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
        from kubetriage.bootstrap.folders import cache_folder

        SnapshotStore.load(options.snapshot, cache_dir=cache_folder() / "snapshots")


def _say_doubts(settings: Settings, options: ServeOptions) -> None:
    from kubetriage.bootstrap.doubts import doubts_about

    for doubt in () if options.snapshot is not None else doubts_about(settings):
        options.say(f"kubetriage serve: {doubt}")


async def sort_posts(settings: Settings, say: Callable[[str], None]) -> None:
    """Be the sorter of another process, which holds standard input and is told what becomes of posts."""
    from kubetriage.server.logging import configure_logging
    from kubetriage.server.sorting import Sorter

    configure_logging()
    end_with_parent()
    os.nice(SORTER_NICENESS)
    stopping = asyncio.Event()
    with ended_by_signals(stopping, settings.server.grace_seconds, lambda: None, attached=True):
        async with open_database(settings) as database:
            sorter = Sorter(
                database.inbox, database.incidents, SteadyClock(), lambda done: say(done.line()),
                failed_days=settings.retention.posts_days,
            )  # fmt: skip
            await sorter.run(stopping)


def _worker(settings: Settings, metrics: ServerMetrics, options: ServeOptions, *, alone: bool) -> Worker:
    from kubetriage.server.worker import Worker, WorkerOptions

    return Worker(settings, metrics, WorkerOptions(options.snapshot, exports_metrics=alone))


async def _all(works: Sequence[Coroutine[Any, Any, None]], stopping: asyncio.Event) -> None:
    """Until all have ended; as soon as one does, the others are to stop. The first failure is raised."""
    tasks = [asyncio.ensure_future(each) for each in works]
    for each in tasks:
        each.add_done_callback(lambda _: stopping.set())
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended


async def in_thread(worker: Worker, stopping: asyncio.Event) -> None:
    """Run the worker on a loop of its own: what it computes never holds up a request."""
    ours = asyncio.get_running_loop()

    async def work() -> None:
        told, loop = asyncio.Event(), asyncio.get_running_loop()

        async def pass_on() -> None:
            await stopping.wait()
            loop.call_soon_threadsafe(told.set)

        passing = asyncio.run_coroutine_threadsafe(pass_on(), ours)
        try:
            await worker.run(told)
        finally:
            passing.cancel()

    with ThreadPoolExecutor(1, "kubetriage-worker") as thread:
        await ours.run_in_executor(thread, asyncio.run, work())


async def _http(
    settings: Settings,
    options: ServeOptions,
    metrics: ServerMetrics,
    stopping: asyncio.Event,
    beside: tuple[Worker | None, Supervisor | None],
) -> None:
    """Take alerts and serve the API beside the process that sorts; without it only say how the worker is."""
    from kubetriage.server.app import HEALTH, create_app
    from kubetriage.server.auth import Gate, require_loopback
    from kubetriage.server.cluster_health import ConfiguredClusters, RecordedCluster
    from kubetriage.server.desk import Desk
    from kubetriage.server.parts import ServerParts

    (worker, sorter), recorded = beside, options.snapshot
    gate = Gate(settings.server.secrets())
    require_loopback(settings.server.host, gate)
    clock = SteadyClock()

    port = settings.server.port if sorter is not None else settings.server.health_port or 0
    with listening(settings.server.host, port) as listener:
        async with open_database(settings) as database:
            parts = ServerParts(
                inbox=database.inbox,
                incidents=database.incidents,
                runs=database.runs,
                messages=database.messages,
                triage=Desk(database.runs, settings, clock, any_cluster=recorded is not None),
                clusters=RecordedCluster(recorded) if recorded else ConfiguredClusters(settings),
                gate=gate,
                metrics=metrics,
                settings=http_settings(settings),
                clock=clock,
                name=process_name(),
                stopping=stopping,
                ready=None if worker is None else _readiness_of(worker),
            )
            _say_where(options, address_of(listener), closed=gate.closed)
            if sorter is None:
                await answer(create_app(parts, HEALTH), listener, stopping)
                return
            sorting = asyncio.ensure_future(sorter.run(stopping))
            try:
                await answer(create_app(parts), listener, stopping)
            finally:
                stopping.set()
                await sorting


def _readiness_of(worker: Worker) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return worker.ready.is_set()

    return ready


def _say_where(options: ServeOptions, address: str, *, closed: bool) -> None:
    options.say(f"kubetriage serve: listening on {address}")
    if not closed:
        options.say("kubetriage serve: without server.tokens only programs of this machine may use it")


def http_settings(settings: Settings) -> HttpSettings:
    """What of the settings is about HTTP."""
    from kubetriage.server.parts import HttpSettings

    server = settings.server
    return HttpSettings(
        accept_seconds=server.accept_seconds,
        body_seconds=server.body_seconds,
        bodies_bytes=server.bodies_mb * 1024 * 1024,
        busy_seconds=server.busy_seconds,
        heartbeat_seconds=server.stream_heartbeat_seconds,
        streams=server.streams,
        wait_seconds=server.triage_wait_seconds,
        language=settings.languages(None)[1],
        zone=ZoneInfo(server.timezone or "UTC"),
    )
