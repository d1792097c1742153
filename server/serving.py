"""`kubetriage serve`: what one server process is made of, from its start to its end."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubetriage.bootstrap.serving import open_database
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.errors import BadSettings
from kubetriage.server.clocks import SteadyClock
from kubetriage.server.ending import end_with_parent, ended_by_signals
from kubetriage.server.replica import process_name
from kubetriage.server.supervising import Supervisor

if TYPE_CHECKING:
    from kubetriage.server.metrics import ServerMetrics
    from kubetriage.server.worker import Worker

log = logging.getLogger(__name__)

_HTTP_GRACE_SECONDS = 5


@dataclass(frozen=True)
class ServeOptions:
    """What `kubetriage serve` was told, beside the settings."""

    worker_command: Sequence[str] = ()
    """What starts one worker process."""
    snapshot: Path | None = None
    attached: bool = False
    """End at once when standard input ends: it is held by the process that started this one."""
    say: Callable[[str], None] = lambda line: None
    """Tells a person where it listens."""


async def serve(settings: Settings, options: ServeOptions) -> None:
    """Serve until a signal ends it. Raises what it cannot begin without, a sentence each."""
    from kubetriage.server.logging import configure_logging
    from kubetriage.server.metrics import ServerMetrics

    configure_logging()
    if options.attached:
        end_with_parent()
    server, metrics, stopping = settings.server, ServerMetrics(), asyncio.Event()
    if server.role == "worker" and not options.attached:
        async with open_database(settings):  # what is wrong with it is said here, and not for ever in the log
            pass
    supervisor = Supervisor(options.worker_command, server.workers, server.grace_seconds)
    works: list[Coroutine[Any, Any, None]] = []
    worker = None
    if server.role != "intake" and server.workers:
        works.append(supervisor.run(stopping))
    elif server.role != "intake":
        worker = _worker(settings, metrics, options, alone=server.role == "worker")
    if server.role != "worker":
        works.append(_http(settings, options, metrics, stopping, worker))
        if worker is not None:
            works.append(in_thread(worker, stopping))
    elif worker is not None:
        works.append(worker.run(stopping))
    with ended_by_signals(stopping, server.grace_seconds, supervisor.kill):
        await _all(works, stopping)


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
    worker: Worker | None,
) -> None:
    from kubetriage.server.app import create_app
    from kubetriage.server.auth import Gate, require_loopback
    from kubetriage.server.cluster_health import ConfiguredClusters
    from kubetriage.server.desk import Desk
    from kubetriage.server.parts import HttpSettings, ServerParts

    gate = Gate(settings.server.secrets())
    require_loopback(settings.server.host, gate)

    clock = SteadyClock()

    async def ready() -> bool:
        return worker is None or worker.ready.is_set()

    with _listening(settings.server.host, settings.server.port) as listener:
        async with open_database(settings) as database:
            parts = ServerParts(
                incidents=database.incidents,
                runs=database.runs,
                messages=database.messages,
                triage=Desk(database.runs, settings, clock, any_cluster=options.snapshot is not None),
                clusters=ConfiguredClusters(settings),
                gate=gate,
                metrics=metrics,
                settings=HttpSettings(language=settings.languages(None)[1]),
                clock=clock,
                name=process_name(),
                stopping=stopping,
                ready=ready,
            )
            host, port = listener.getsockname()[:2]
            where = f"[{host}]" if ":" in host else host
            options.say(f"kubetriage serve: listening on http://{where}:{port}")
            if not gate.closed:
                options.say(
                    "kubetriage serve: without server.tokens only programs of this machine may use it"
                )
            await _answer(create_app(parts), listener, stopping)


async def _answer(app: Any, listener: socket.socket, stopping: asyncio.Event) -> None:
    """Answer requests until it is to stop; those under way then have a few seconds."""
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # they are heeded elsewhere

    server = Server(
        uvicorn.Config(
            app, access_log=False, log_config=None, server_header=False,
            timeout_graceful_shutdown=_HTTP_GRACE_SECONDS, lifespan="on",
        )
    )  # fmt: skip

    async def end() -> None:
        await stopping.wait()
        server.should_exit = True

    ending = asyncio.ensure_future(end())
    try:
        await server.serve(sockets=[listener])
    finally:
        ending.cancel()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        listener = socket.create_server(address[:2], family=family, backlog=2048)
        # asyncio sets it on sockets of its own alone; without it an answer waits 40 ms for the other side.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        said = (error.strerror or "").partition(" (")[0]  # Python repeats the address there
        raise BadSettings(f"server: {host}:{port} cannot be listened on: {said}.") from error
    with listener:
        yield listener
