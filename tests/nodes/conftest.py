"""Nodes called by themselves, over a cluster that knows a few answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from langgraph.runtime import Runtime

from kubetriage.adapters.knowledge.empty import EmptyKnowledge
from kubetriage.adapters.store.observations import MemoryObservations
from kubetriage.adapters.store.outbox import MemoryOutbox
from kubetriage.domain.alert import Alert
from kubetriage.domain.errors import UnknownCluster
from kubetriage.domain.evidence import Observation, Read, ReadKind
from kubetriage.domain.ports import NoProgress, Services
from kubetriage.state.triage_alert import TriageContext, TriageState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Raw = dict[str, Any]


class KnownAnswers:
    """A cluster called `main`, also the default one; what it does not know is not there."""

    name = "main"

    def __init__(self, *objects: Raw) -> None:
        self.objects = objects
        self.asked: list[Read] = []

    def choose(self, name: str) -> KnownAnswers:
        if name not in ("", "main"):
            raise UnknownCluster(f"There is no cluster connection {name!r}.")
        return self

    def now(self) -> datetime:
        return NOW

    async def read(self, read: Read) -> Observation:
        self.asked.append(read)
        same = [o for o in self.objects if o["kind"] == read.kind]
        if read.verb is ReadKind.LIST:
            named = read.field_selector.removeprefix("metadata.name=")
            found = [o for o in same if not named or o["metadata"]["name"] == named]
            return Observation(read=read, tool="resources_list", at=NOW, objects=tuple(found))
        found = [
            o
            for o in same
            if (o["metadata"].get("namespace", ""), o["metadata"]["name"]) == (read.namespace, read.name)
        ]
        if read.verb is ReadKind.GET and found:
            return Observation(read=read, tool="resources_get", at=NOW, objects=(found[0],))
        return Observation(read=read, tool="resources_get", at=NOW, absent=True)


def make_services(cluster: KnownAnswers, **given: Any) -> Services:
    parts: dict[str, Any] = {
        "observations": MemoryObservations(),
        "knowledge": EmptyKnowledge(),
        "outbox": MemoryOutbox(),
        "progress": NoProgress(),
        "clock": lambda: NOW,
        "stopwatch": lambda: 0.0,
    }
    return Services(clusters=cluster, **(parts | given))


@pytest.fixture
def known() -> type[KnownAnswers]:
    return KnownAnswers


@pytest.fixture
def services_of() -> Callable[..., Services]:
    return make_services


@pytest.fixture
def runtime() -> Callable[..., Runtime[TriageContext]]:
    """`runtime(language=…)`: what langgraph gives a node beside the state."""
    return lambda **context: Runtime(context=TriageContext(**context))


@pytest.fixture
def parsed() -> Callable[..., TriageState]:
    """The state after parse_alert for a subject."""

    def state(subject: Any, **more: Any) -> TriageState:
        made: Any = {
            "run": "r", "cluster": "", "deadline_at": datetime(2026, 3, 1, 12, 2, tzinfo=UTC), "now": NOW,
            "alert": Alert(name="a", fingerprint="0" * 16), "companions": [], "subject": subject,
            "primary": None, "looked": [], "wanted": [], "failures": [], "visits": 0, "bounds_hit": [],
            "model_calls": 0, "repairs": 0, "unconfirmed": [], "language": "en",
        }  # fmt: skip
        return cast("TriageState", {**made, **more})

    return state
