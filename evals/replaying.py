"""Triaging one scenario again and again, each time with something of the cluster's answers changed.

Properties of the rules are shown this way: what becomes of a diagnosis when an object cannot be read, when an
event has expired, when a list comes in another order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from kubetriage.domain.alert import Alert
from kubetriage.domain.evidence import Observation, Read
from kubetriage.domain.finding import Finding
from kubetriage.domain.language import Language
from kubetriage.domain.ports import Cluster, Metrics, MetricSource, NoProgress, Services
from kubetriage.domain.view import ClusterView
from kubetriage.evals.scenario import Scenario

if TYPE_CHECKING:
    from kubetriage.bootstrap.settings import Settings

Change = Callable[[Observation], Observation]
"""What becomes of an answer; called once a read."""
Ask = Callable[[Read], Read]
"""What is asked of the cluster in place of a read."""


class Replay(NamedTuple):
    """One triage: its report as JSON, and what the rules saw and found."""

    report: dict[str, Any]
    view: ClusterView
    findings: Sequence[Finding]


class _Remembered:
    """A cluster of which each question is asked once; its answers are changed on the way out."""

    def __init__(self, inner: Cluster) -> None:
        self._inner = inner
        self._answers: dict[str, Observation] = {}
        self.change: Change = unchanged
        self.ask: Ask = as_asked

    @property
    def name(self) -> str:
        return self._inner.name

    def now(self) -> datetime:
        return self._inner.now()

    async def read(self, read: Read) -> Observation:
        asked = self.ask(read)
        if asked.key not in self._answers:
            self._answers[asked.key] = await self._inner.read(asked)
        return self.change(self._answers[asked.key]).model_copy(update={"read": read})

    def choose(self, name: str) -> Cluster:
        return self


def unchanged(seen: Observation) -> Observation:
    return seen


def as_asked(read: Read) -> Read:
    return read


class _RememberedMetrics:
    """The same of what measures the cluster; there is one if there was one."""

    def __init__(self, inner: Metrics, cluster: _Remembered) -> None:
        self._inner = inner
        self._cluster = cluster
        self._answers: dict[str, Observation] = {}

    def of(self, cluster: str) -> MetricSource | None:
        return self if self._inner.of(cluster) is not None else None

    async def read(self, read: Read) -> Observation:
        source, asked = self._inner.of(self._cluster.name), self._cluster.ask(read)
        assert source is not None
        if asked.key not in self._answers:
            self._answers[asked.key] = await source.read(asked)
        return self._cluster.change(self._answers[asked.key]).model_copy(update={"read": read})


class Replayer:
    """A scenario that can be triaged with its cluster's answers, or its alert, changed."""

    def __init__(self, services: Services, scenario: Scenario, incident: Sequence[Alert]) -> None:
        self.scenario = scenario
        self.incident = tuple(incident)
        """The alerts of the scenario's first incident, the leading one first."""
        self._cluster = _Remembered(services.clusters.choose(""))
        metrics = _RememberedMetrics(services.metrics, self._cluster)
        self._services = replace(services, clusters=self._cluster, metrics=metrics)

    async def triage(
        self,
        change: Change = unchanged,
        *,
        ask: Ask = as_asked,
        incident: Sequence[Alert] = (),
        language: Language = Language.EN,
    ) -> Replay:
        """Triage with answers as `change` makes them, what is read as `ask` makes it, and another incident if
        one is given."""
        from kubetriage.graphs.triage_alert import RECURSION_LIMIT, build_triage_alert
        from kubetriage.state.run_view import run_view
        from kubetriage.state.triage_alert import TriageContext

        alert, *companions = incident or self.incident
        self._cluster.change, self._cluster.ask = change, ask
        ended: Any = await build_triage_alert(self._services).compile().ainvoke(
            {"alert": alert, "companions": companions},
            {"recursion_limit": RECURSION_LIMIT},
            context=TriageContext(language=language),
        )  # fmt: skip
        view = await run_view(ended, self._services)
        await self._services.observations.forget(ended["run"])
        return Replay(ended["report"].to_json(), view, ended.get("findings", []))


@asynccontextmanager
async def replaying(scenario: Scenario, settings: Settings) -> AsyncIterator[Replayer]:
    """Raises `BadSnapshot` and `BadAlert`, as a triage of the scenario would."""
    from kubetriage.bootstrap.incidents import incidents_in
    from kubetriage.bootstrap.services import build_services

    incident = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups[0]
    async with build_services(settings, snapshot=scenario.snapshot, progress=NoProgress()) as services:
        yield Replayer(services, scenario, incident)
