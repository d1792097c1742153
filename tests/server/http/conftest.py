"""A server on a real socket, over a real SQLite database, in a thread of its own."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.intake.runs import Run, RunStatus
from kubetriage.domain.intake.values import IntakeSettings
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.server.app import create_app
from kubetriage.server.auth import Gate
from kubetriage.server.connections import http_config
from kubetriage.server.logging import JsonLines
from kubetriage.server.metrics import ServerMetrics
from kubetriage.server.parts import Asked, ClusterHealth, HttpSettings, ServerParts
from kubetriage.server.sorting import Sorter

INTAKE_TOKEN = "intake-4f8c1d92a7e6b350"
API_TOKEN = "api-9b1e7c40d2f85a63"
TOKENS = {
    "alertmanager": (SecretStr(INTAKE_TOKEN), ("intake",)),
    "people": (SecretStr(API_TOKEN), ("intake", "api")),
}
SETTINGS = HttpSettings(
    poll_seconds=0.05, heartbeat_seconds=0.3, accept_seconds=60, busy_seconds=60, sort_wait_seconds=60
)


class Desk:
    """Triage on demand that finds the sample's cause after a moment; cluster `slow` never ends."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, asked: Asked) -> str:
        now = datetime.now(UTC)
        run = str(uuid.uuid4())
        made = Run(id=run, thread=run, graph="triage_alert", created_at=now, updated_at=now)
        await self._database.runs.create_run(made)
        if asked.cluster != "slow":
            task = asyncio.ensure_future(self._run(run))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return run

    async def _run(self, run: str) -> None:
        runs, now = self._database.runs, datetime.now(UTC)
        await runs.run_status(run, RunStatus.RUNNING, now)
        for node in ("parse_alert", "locate_primary"):
            await runs.record_event(run, "node", {"node": node}, now)
        await self._database.incidents.keep_report(run, sample_report(Language.EN), now)
        await runs.run_status(run, RunStatus.SUCCESS, now)
        await runs.record_event(run, "end", {"status": "success"}, now)


class Clusters:
    """Two connections, one of them down."""

    async def health(self) -> Sequence[ClusterHealth]:
        now = datetime.now(UTC)
        return [
            ClusterHealth(name="east", default=True, reachable=True, tools=9, checked_at=now),
            ClusterHealth(name="west", reachable=False, detail="It cannot be reached.", checked_at=now),
        ]


@dataclass
class Served:
    """A running server as tests see it."""

    url: str
    parts: ServerParts
    database: Database
    loop: asyncio.AbstractEventLoop
    logged: io.StringIO
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.client_of(API_TOKEN)

    def client_of(self, token: str | None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120, trust_env=False)

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something on the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def lines(self) -> list[dict[str, Any]]:
        """What was logged."""
        return [json.loads(line) for line in self.logged.getvalue().splitlines()]


Serve = Callable[..., Served]


def parts_over(database: Database, tokens: Mapping[str, Any], settings: HttpSettings) -> ServerParts:
    return ServerParts(
        inbox=database.inbox,
        incidents=database.incidents,
        runs=database.runs,
        messages=database.messages,
        triage=Desk(database),
        clusters=Clusters(),
        gate=Gate(tokens),
        metrics=ServerMetrics("test"),
        settings=settings,
        name="here",
    )


@contextmanager
def serving(
    folder: Path,
    tokens: Mapping[str, Any] | None = None,
    settings: HttpSettings = SETTINGS,
    changed: Callable[[ServerParts], ServerParts] = lambda parts: parts,
    url: str = "",
) -> Iterator[Served]:
    """A server until this ends. `changed` may put other parts in; `url` is another database than SQLite's."""
    at = url or f"sqlite:///{folder / uuid.uuid4().hex}.db"
    started: list[Served] = []
    failed: list[BaseException] = []
    logged = io.StringIO()
    ended = threading.Event()

    async def run() -> None:
        quiet = IntakeSettings(wait_seconds=0, storm_incidents=100_000)  # a module of tests is no storm
        database = await Database.open(at, settings=quiet)
        parts = changed(parts_over(database, TOKENS if tokens is None else tokens, settings))
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(http_config(create_app(parts)))
        loop = asyncio.get_running_loop()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        sorter = Sorter(
            database.inbox, database.incidents, parts.clock, parts.metrics.sorted, poll_seconds=0.02
        )
        sorting = asyncio.ensure_future(sorter.run(parts.stopping))
        running = asyncio.ensure_future(server.serve(sockets=[listening]))
        await until(lambda: server.started or running.done())
        started.append(Served(address, parts, database, loop, logged))
        await until(lambda: ended.is_set() or running.done())
        parts.stopping.set()
        server.should_exit = True
        await running
        await sorting
        await database.close()

    def main() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            failed.append(error)
            raise

    with logging_to(logged):
        thread = threading.Thread(target=main, daemon=True)
        thread.start()
        late = time.monotonic() + 120
        while not started and not failed and time.monotonic() < late:
            time.sleep(0.01)
        assert started, failed
        try:
            yield started[0]
        finally:
            ended.set()
            thread.join(120)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - set from another thread
        await asyncio.sleep(0.02)


@contextmanager
def logging_to(stream: io.StringIO) -> Iterator[None]:
    """What kubetriage logs goes there, as it does to standard error."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    ours = logging.getLogger("kubetriage")
    before = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        ours.removeHandler(handler)
        ours.setLevel(before)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with two tokens, one for alerts and one for everything."""
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="session")
def serve_in() -> Callable[..., Any]:
    """`with serve_in(folder, …) as server:`, for servers of a whole module."""
    return serving


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., Any]:
    """`with serve(tokens=…, settings=…, changed=…) as server:`, for servers unlike the usual one."""

    def run(**options: Any) -> Any:
        return serving(tmp_path, **options)

    return run


@pytest.fixture
def with_parts() -> Callable[..., Callable[[ServerParts], ServerParts]]:
    """`with_parts(incidents=…)` for `serve(changed=…)`."""

    def change(**parts: Any) -> Callable[[ServerParts], ServerParts]:
        return lambda usual: replace(usual, **parts)

    return change


def alert(name: str = "KubePodCrashLooping", **labels: str) -> dict[str, Any]:
    """A bare alert on a workload of its own."""
    pod = f"app{uuid.uuid4().hex[:6]}-5d9c7b6f4-x2x7k"
    given = {"alertname": name, "namespace": "shop", "pod": pod, "severity": "warning"}
    return {"labels": given | labels, "annotations": {"summary": "It restarts."}}


@pytest.fixture
def make_alert() -> Callable[..., dict[str, Any]]:
    return alert


@pytest.fixture(scope="session")
def report_in() -> Callable[[Served], tuple[str, str]]:
    """`report_in(server)` makes an incident that was diagnosed there."""
    return report_on


@pytest.fixture
def reported(served: Served) -> tuple[str, str]:
    """An incident that was diagnosed, and the run that did it."""
    return report_on(served)


def report_on(served: Served) -> tuple[str, str]:
    answer = served.client.post("/api/v1/alerts?wait=15", json=alert())
    incident = answer.json()["incidents"][0]
    run = f"{incident}-1"

    async def diagnose() -> None:
        store, runs, now = served.database.incidents, served.database.runs, datetime.now(UTC)
        assert await store.claim(incident, 1, now)
        assert await store.started(incident, 1, run, now)
        await runs.create_run(
            Run(id=run, thread=run, graph="triage_alert", incident=incident, created_at=now, updated_at=now)
        )
        await runs.run_status(run, RunStatus.RUNNING, now)
        await runs.record_event(run, "node", {"node": "parse_alert"}, now)
        await store.finished(incident, 1, run, sample_report(Language.EN), now)
        await runs.run_status(run, RunStatus.SUCCESS, now)
        await runs.record_event(run, "end", {"status": "success", "outcome": "diagnosed"}, now)

    served.do(diagnose())
    return incident, run
