"""Whatever a cluster answers, a triage ends in a report: fields are missing, null, of another type, absurd.

An aggregated API, a hand-written snapshot or a server that lies can return any JSON. The objects of bundled
scenarios are damaged at random and triaged; an exception in a relation, a rule, a node or the rendering fails
the test, and names scenario and seed. `KUBETRIAGE_TEST_HOSTILE_RUNS` asks for more runs than the usual few.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.status import ApiStatus
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.adapters.knowledge.empty import EmptyKnowledge
from kubetriage.adapters.store.observations import MemoryObservations
from kubetriage.adapters.store.outbox import MemoryOutbox
from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.triaging import triage_incidents
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, ReadKind
from kubetriage.domain.language import Language
from kubetriage.domain.ports import NoProgress, Services
from kubetriage.domain.redaction import redact_object
from kubetriage.domain.rendering.formats import Format, render
from kubetriage.domain.report import Report
from kubetriage.state.triage_alert import TriageContext

Raw = dict[str, Any]
Place = tuple[Any, ...]
"""Keys and list positions on the way to a value."""

RUNS = int(os.environ.get("KUBETRIAGE_TEST_HOSTILE_RUNS", "120"))
BLOCKS = 6

ABSURD: tuple[Any, ...] = (
    None, "", 0, -1, 1.5, 10**18, 2**31, -(2**31), 10**400, 1e308, float("inf"), float("nan"), True, False,
    [], {}, [None], [[]], [{}], ["a"], [{"name": None}], ["a", {"b": 1}, None, 3], {"": None}, {"a": {"b": []}},
    "x" * 3000, "9" * 5000, "1e999999", "-1e999999", "9999999999999999999999999Gi", "10", "-5", "²", "٣", "1.2.3",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "1969-01-01T00:00:00Z", "2026-13-45T00:00:00Z",
    "../../etc/passwd", "'; echo #", "a\nb", "\n" * 50, "[", "(?", "%", "{0}", "\u202e\x1b[31m", "\ud800",
)  # fmt: skip
NUMBERS = ("0", "-1", "9" * 5000, "²", "٣", "1e9", "", "99999999999")
KEPT: frozenset[Place] = frozenset(
    {("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace")}
)
"""What the border checks, or what an object is known by: damaged less often."""


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    if at:
        yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        yield from places(part, (*at, key))


def damaged(raw: Raw, chance: random.Random, times: int) -> Raw:
    made = copy.deepcopy(raw)
    for _ in range(times):
        spared = KEPT if chance.random() < 0.95 else {("metadata",)}
        found = [place for place in places(made) if place not in spared]
        if found:
            damage(made, chance.choice(found), chance)
    return made


def damage(made: Any, place: Place, chance: random.Random) -> None:
    *above, last = place
    for step in above:
        made = made[step]
    match chance.choice(("remove", "digits", "absurd", "absurd", "wrap", "repeat")):
        case "remove":
            del made[last]
        case "digits" if isinstance(made[last], str):
            made[last] = re.sub(r"\d+", lambda _: chance.choice(NUMBERS), made[last])
        case "wrap":
            made[last] = {"x": made[last]} if isinstance(made[last], list) else [made[last]]
        case "repeat" if isinstance(made, list) and isinstance(last, int):
            made.append(copy.deepcopy(made[last]))
        case _:
            made[last] = copy.deepcopy(chance.choice(ABSURD))


class HostileCluster:
    """`ports.Cluster` and `ports.Clusters` over a recorded cluster; an object looks the same in each answer."""

    name = "hostile"

    def __init__(self, store: SnapshotStore, chance: random.Random) -> None:
        self._store = store
        self._chance = chance
        self._share = chance.choice((0.2, 0.6, 1.0))
        self._times = chance.choice((1, 3, 12))
        self._known: dict[tuple[str, ...], Raw] = {}

    def choose(self, name: str) -> HostileCluster:
        return self

    def now(self) -> datetime:
        return self._store.time

    async def read(self, read: Read) -> Observation:
        place = (read.api_version, read.kind, read.namespace)
        try:
            if read.kind == "Secret" or read.verb is ReadKind.TOP:
                return self._made(read, failure=ReadFailure(kind=FailureKind.DENIED))
            if read.verb is ReadKind.LOG:
                text = self._store.log(read.namespace, read.name, read.container, read.previous)
                return self._made(read, text=text)
            if read.verb is ReadKind.GET:
                found = [self._store.get(*place, read.name)]
            else:
                found = self._store.list(*place, read.label_selector, read.field_selector)
        except ApiStatus as error:
            if error.code == 404:
                return self._made(read, absent=True)
            return self._made(read, failure=ReadFailure(kind=FailureKind.NOT_RECORDED))
        return self._made(read, objects=tuple(redact_object([self._seen(raw) for raw in found])))

    def _seen(self, raw: Raw) -> Raw:
        key = (raw["apiVersion"], raw["kind"], raw["metadata"].get("namespace", ""), raw["metadata"]["name"])
        if key not in self._known:
            hit = self._chance.random() < self._share
            times = self._chance.randint(1, self._times)
            self._known[key] = damaged(raw, self._chance, times) if hit else raw
        return self._known[key]

    def _made(self, read: Read, **answer: Any) -> Observation:
        """Not validated, as the adapter makes them of what was redacted and bounded."""
        whole: dict[str, Any] = {"absent": False, "failure": None, "objects": (), "text": None, "cut": ""}
        whole |= answer
        return Observation.model_construct(read=read, tool="t", arguments={}, at=self.now(), **whole)


@cache
def recorded(folder: Path) -> SnapshotStore:
    return SnapshotStore.load(folder / "snapshot")


async def triage(folder: Path, seed: int) -> list[Report]:
    chance = random.Random(seed)
    cluster = HostileCluster(recorded(folder), chance)
    services = Services(
        clusters=cluster, observations=MemoryObservations(), knowledge=EmptyKnowledge(),
        outbox=MemoryOutbox(), progress=NoProgress(), clock=lambda: datetime.now(UTC),
        stopwatch=time.monotonic,
    )  # fmt: skip
    incidents = incidents_in((folder / "alert.json").read_bytes(), folder / "snapshot").groups
    context = TriageContext(language=chance.choice((Language.EN, Language.ZH)))
    return [report async for report in triage_incidents(services, incidents, context)]


def shown(reports: list[Report]) -> Mapping[Format, str]:
    forms = {
        each: render(reports, each, headings=Language.EN, zone=UTC, colour=False, width=100)
        for each in Format
    }
    json.dumps([report.to_json() for report in reports], ensure_ascii=False, allow_nan=False)
    return forms


@pytest.mark.parametrize("block", range(BLOCKS))
async def test_every_answer_ends_in_a_report(block: int) -> None:
    """Random damage to what the API returns never ends in an exception, in any rule or form of the report."""
    folders = sorted(each.parent for each in bundled_scenarios().glob("*/alert.json"))
    for run in range(block, RUNS, BLOCKS):
        folder = folders[(run * 37) % len(folders)]
        try:
            reports = await triage(folder, run)
            forms = shown(reports)
        except Exception as error:
            error.add_note(f"scenario {folder.name}, seed {run}")
            raise
        assert reports and all(report.summary for report in reports), (folder.name, run)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", forms[Format.TEXT]), (
            folder.name,
            run,
        )


def pod(**parts: Any) -> Raw:
    meta = {"name": "web-0", "namespace": "shop", "labels": {"app": "web"}, **parts.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, **parts}


def owned_by(kind: str, name: str) -> Raw:
    return {"ownerReferences": [{"apiVersion": "v1", "kind": kind, "name": name, "controller": True}]}


RINGS: Mapping[str, list[Raw]] = {
    "a pod that owns itself": [pod(metadata=owned_by("Pod", "web-0"))],
    "owners in a ring": [
        pod(metadata=owned_by("ReplicaSet", "a")),
        {"apiVersion": "apps/v1", "kind": "ReplicaSet",
         "metadata": {"name": "a", "namespace": "shop", **owned_by("Deployment", "b")}},
        {"apiVersion": "apps/v1", "kind": "Deployment",
         "metadata": {"name": "b", "namespace": "shop", **owned_by("ReplicaSet", "a")}},
    ],
    "conditions that are no list": [pod(status={"phase": "Running", "conditions": {"type": "Ready"}})],
    "no container statuses": [pod(spec={"containers": [{"name": "app"}]}, status={"containerStatuses": None})],
    "a selector of nothing": [
        pod(), {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
                "spec": {"selector": None, "ports": None}},
    ],
    "an event about nothing": [
        pod(), {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "shop"}},
    ],
    "a node without status": [
        pod(spec={"nodeName": "n1"}), {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}},
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", RINGS)
async def test_states_that_no_cluster_is_in(
    name: str, tmp_path: Path, write_snapshot: Callable[..., Path]
) -> None:
    """Rings of owners and objects without what every object has are looked at like any other."""
    write_snapshot(tmp_path / "snapshot", copy.deepcopy(RINGS[name]))
    labels = {"alertname": "KubePodNotReady", "namespace": "shop", "pod": "web-0"}
    (tmp_path / "alert.json").write_text(json.dumps({"labels": labels}), encoding="utf-8")
    reports = await triage(tmp_path, 1)
    assert reports[0].primary is not None and reports[0].primary.name == "web-0"
    assert "web-0" in shown(reports)[Format.TEXT]
