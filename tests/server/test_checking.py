"""Looking at what no word comes of any more: real triage by the rules, over recorded clusters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.serving import Outside, build_diagnosis, open_database
from kubetriage.bootstrap.settings import Settings
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.errors import UnknownCluster
from kubetriage.domain.intake.values import CloseReason, IncidentState
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.server.checking import Checker
from kubetriage.server.metrics import ServerMetrics
from kubetriage.server.progress import RunProgress

WELL, ILL = "healthy-replaced-pod", "claim-below-storage-class-minimum"
Silenced = Callable[[str], Any]


class Looked:
    """An incident of a scenario's alerts that was reported five hours ago, and who looks at it."""

    def __init__(self, parts: Any, incident: str) -> None:
        self.parts = parts
        self.incident = incident
        self.metrics = ServerMetrics()

    def checker(self, **changed: Any) -> Checker:
        return Checker(replace(self.parts, **changed), self.metrics)

    async def state(self) -> Any:
        return await self.parts.incidents.incident(self.incident)


@pytest.fixture
def silenced(worker_settings: Settings) -> Silenced:
    @asynccontextmanager
    async def made(scenario: str) -> AsyncIterator[Looked]:
        folder = bundled_scenarios() / scenario
        now = [datetime.now(UTC)]
        async with AsyncExitStack() as closing:
            database = await closing.enter_async_context(open_database(worker_settings))
            outside = Outside(lambda: now[0], RunProgress(), folder / "snapshot")
            parts = await closing.enter_async_context(build_diagnosis(worker_settings, database, outside))
            alerts = incidents_in((folder / "alert.json").read_bytes(), folder / "snapshot").groups[0]
            store = database.incidents
            accepted = await store.accept(alerts, source="a", body_digest="d", received_at=now[0])
            (incident,) = accepted.incidents
            assert await store.claim(incident, 1, now[0])
            assert await store.started(incident, 1, "run", now[0])
            await store.finished(incident, 1, "run", sample_report(Language.EN), now[0])
            now[0] += timedelta(hours=5)
            yield Looked(parts, incident)

    return made


async def test_what_the_rules_find_healthy_is_assumed_to_be_over(silenced: Silenced) -> None:
    """The pod of the alert was replaced by one that runs: closed without waiting for twice the interval."""
    async with silenced(WELL) as looked:
        assert list(await looked.checker().once()) == [looked.incident]
        after = await looked.state()
        assert (after.state, after.close_reason) == (IncidentState.CLOSED, CloseReason.STALE)


async def test_what_is_still_wrong_stays_open(silenced: Silenced) -> None:
    """Silence alone closes nothing before its time; it is looked at again an hour later, not at once."""
    async with silenced(ILL) as looked:
        assert list(await looked.checker().once()) == []
        after = await looked.state()
        assert (after.open, after.counts.firing > 0) == (True, True)
        assert after.checked_at is not None
        assert list(await looked.parts.incidents.silent(looked.parts.services.clock(), 5)) == []


async def test_what_cannot_be_looked_at_stays_open(
    silenced: Silenced, caplog: pytest.LogCaptureFixture
) -> None:
    """An unknown cluster is no sign of health, a bug is counted, and neither ends the worker."""

    class Unknown:
        def choose(self, name: str) -> Any:
            raise UnknownCluster("There is no such cluster.")

    class Broken:
        def choose(self, name: str) -> Any:
            raise KeyError(name)

    async with silenced(WELL) as looked:
        services = replace(looked.parts.services, clusters=Unknown())
        assert list(await looked.checker(services=services).once()) == []
        later = looked.parts.services.clock() + timedelta(hours=2)
        services = replace(looked.parts.services, clusters=Broken(), clock=lambda: later)
        assert list(await looked.checker(services=services).once()) == []
        assert (await looked.state()).open
        assert looked.metrics.errors.labels("check")._value.get() == 1
        assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == [
            "a bug ended a look at an incident"
        ]
