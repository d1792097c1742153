"""Databases of the tests' own, SQLite in a file and PostgreSQL as a server; and a worker's parts on one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.store.sql.database import Database
from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.serving import Diagnosis, Outside, build_diagnosis, open_database
from kubetriage.bootstrap.settings import Settings
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.values import IncidentState
from kubetriage.server.metrics import ServerMetrics
from kubetriage.server.progress import RunProgress
from kubetriage.server.running import Runner

WORKERS = ("me", "other", "next", "another")
SCENARIO = bundled_scenarios() / "claim-below-storage-class-minimum"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kubetriage.db'}"
    url: str = request.getfixturevalue("postgres").database()
    return url


# ---- a worker's parts


class Clock:
    """Wall-clock time that the test sets."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class Bench:
    """A worker's parts on a database of their own, without its loops."""

    scenario = SCENARIO

    def __init__(self, settings: Settings, database: Database, parts: Diagnosis, clock: Clock) -> None:
        self.settings = settings
        self.database = database
        self.parts = parts
        self.clock = clock

    def runner(self, executor: str = "me", **changed: Any) -> Runner:
        return Runner(replace(self.parts, **changed), self.settings, executor, ServerMetrics())

    async def accepted(self, **changed: Any) -> str:
        """An incident that was claimed for its first attempt; all workers of the tests are alive."""
        for worker in WORKERS:
            await self.database.runs.beat(worker, self.clock())
        incident: str = (await self.post(**changed)).incidents[0]
        assert await self.database.incidents.claim(incident, 1, self.clock())
        return incident

    async def post(self, **changed: Any) -> Any:
        alerts = [alert.model_copy(update=changed) for alert in self.alerts()]
        return await self.database.incidents.accept(
            alerts, source="alertmanager", body_digest="d", received_at=self.clock()
        )

    async def state(self, incident: str) -> tuple[IncidentState, str]:
        found = await self.database.incidents.incident(incident)
        assert found is not None
        return found.state, found.failure

    async def nodes(self, run: str) -> list[tuple[str, str]]:
        events = await self.database.runs.run_events(run)
        return [(event.data["node"], event.data["state"]) for event in events if event.kind == "node"]

    def alerts(self) -> list[Alert]:
        """The scenario's."""
        body = (SCENARIO / "alert.json").read_bytes()
        return list(incidents_in(body, SCENARIO / "snapshot").groups[0])


@pytest.fixture
def worker_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return Settings.model_validate(
        {
            "database": f"sqlite:///{tmp_path / 'kubetriage.db'}",
            "language": "en",
            "server": {"retry_seconds": 10, "attempts": 2, "sweep_seconds": 0.1, "heartbeat_seconds": 0.1,
                       "takeover_seconds": 1.0},
            "intake": {"wait_seconds": 0},
        }
    )  # fmt: skip


@pytest.fixture
async def bench(worker_settings: Settings) -> AsyncIterator[Bench]:
    clock = Clock()
    async with AsyncExitStack() as closing:
        database = await closing.enter_async_context(open_database(worker_settings))
        outside = Outside(clock, RunProgress(), SCENARIO / "snapshot")
        parts = await closing.enter_async_context(build_diagnosis(worker_settings, database, outside))
        yield Bench(worker_settings, database, parts, clock)
