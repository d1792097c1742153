"""A snapshot's recorded answers of Prometheus: found by their query, checked, and never made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.snapshot.check import check
from kubetriage.adapters.cluster.snapshot.recorded_metrics import RecordedMetrics
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.domain.errors import BadSnapshot
from kubetriage.domain.evidence import FailureKind, query_of, rules_of
from kubetriage.domain.resource import resource

NOW = datetime(2025, 3, 4, 10, tzinfo=UTC)
WEB = resource("Deployment", "shop", "web")
OBJECTS = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}]

Record = Callable[..., Path]


def vector(*result: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "vector", "result": list(result)}}


ONE = {"metric": {"pod": "a"}, "value": [1741082400, "1"]}
RANGE = {
    "query": "up",
    "start": "2025-03-04T09:00:00Z",
    "end": "2025-03-04T10:00:00Z",
    "step": 600,
    "answer": {"data": {"resultType": "matrix", "result": [
        {"metric": {}, "values": [[1741078800 + 600 * i, str(i)] for i in range(7)]}]}},
}  # fmt: skip


@pytest.fixture
def record(tmp_path: Path, write_snapshot: Any) -> Record:
    """`record(answers…)` writes a snapshot with a file of answers each."""

    def write(*files: Any) -> Path:
        folder: Path = write_snapshot(tmp_path / "s", OBJECTS)
        (folder / "metrics").mkdir()
        for number, content in enumerate(files):
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / "metrics" / f"{number}.json").write_text(text, encoding="utf-8")
        return folder

    return write


def loaded(folder: Path) -> RecordedMetrics:
    found = RecordedMetrics.load(folder)
    assert found is not None
    return found


async def test_an_answer_by_its_query(record: Record) -> None:
    """Whatever the spaces in it; an empty answer is one."""
    source = loaded(
        record([{"query": "up  ==\n0", "answer": vector(ONE)}, {"query": "down", "answer": vector()}])
    )
    seen = await source.read(query_of("up == 0", WEB, "alert-now", NOW))
    assert seen.objects == ({"labels": {"pod": "a"}, "points": [[1741082400, "1"]]},)
    assert (seen.tool, seen.at) == ("prometheus query", NOW)
    assert seen.arguments == {"query": "up == 0", "time": "2025-03-04T10:00:00Z"}
    nothing = await source.read(query_of("down", WEB, "x", NOW))
    assert nothing.found and nothing.objects == ()


@pytest.mark.parametrize(
    ("expr", "minutes", "seconds"), [("never", 0, 0), ("up", 6, 0), ("up", -6, 0), ("down", 0, 600)]
)
async def test_what_was_not_recorded_is_a_gap(record: Record, expr: str, minutes: int, seconds: int) -> None:
    """Another query, another time, another form: it is not known, which is not the same as nothing there."""
    source = loaded(record({"query": "up", "answer": vector(ONE)}, {"query": "down", "answer": vector()}))
    read = query_of(expr, WEB, "x", NOW + timedelta(minutes=minutes), seconds=seconds, step=30)
    seen = await source.read(read)
    assert seen.failure is not None and seen.failure.kind is FailureKind.NOT_RECORDED


async def test_the_part_of_a_range_that_is_asked_for(record: Record) -> None:
    """Points outside it are left out, and a series without any point inside."""
    source = loaded(record(RANGE))
    seen = await source.read(query_of("up", WEB, "x", NOW, seconds=1200, step=600))
    assert [value for _, value in seen.objects[0]["points"]] == ["4", "5", "6"]
    assert seen.arguments["start"] == "2025-03-04T09:40:00Z"
    early = await source.read(query_of("up", WEB, "x", NOW - timedelta(hours=2), seconds=600, step=600))
    assert early.found and early.objects == ()


async def test_recorded_rules(record: Record) -> None:
    """By the alert's name, from the answer for all of them."""
    rules = {"data": {"groups": [{"rules": [{"type": "alerting", "name": "Down", "query": "up == 0"}]}]}}
    source = loaded(record({"rules": rules}))
    assert [rule["query"] for rule in (await source.read(rules_of("Down"))).objects] == ["up == 0"]


async def test_rules_that_were_not_recorded(record: Record) -> None:
    """A gap, as for queries."""
    seen = await loaded(record({"query": "up", "answer": vector()})).read(rules_of("Down"))
    assert seen.failure is not None and seen.failure.kind is FailureKind.NOT_RECORDED


async def test_a_recorded_refusal(record: Record) -> None:
    """What Prometheus refused then is refused again, in its words."""
    source = loaded(record({"query": "up", "answer": {"status": "error", "error": "too many samples"}}))
    seen = await source.read(query_of("up", WEB, "x", NOW))
    assert seen.failure is not None and seen.failure.message == "too many samples"


def test_a_snapshot_without_metrics(shop: Path) -> None:
    """There is no Prometheus then."""
    assert RecordedMetrics.load(shop) is None


def test_the_files_are_no_objects(record: Record) -> None:
    """The store leaves them alone, and a good snapshot with them is a good one."""
    folder = record(RANGE, {"query": "up", "answer": vector(ONE)})
    assert SnapshotStore.load(folder).list("v1", "Namespace")
    assert check(folder) == []


WRONG = [
    ("{", "this is not JSON"),
    ("7", "neither a query with its answer nor rules"),
    ({"answer": vector()}, "neither a query with its answer nor rules"),
    ({"query": "up", "rules": {}}, "neither a query with its answer nor rules"),
    ({"query": "up"}, "a query needs its text and its answer"),
    ({"query": " ", "answer": vector()}, "a query needs its text and its answer"),
    ({"query": "up", "answer": {}}, "no series of samples"),
    ({"query": "up", "answer": vector(7)}, "a series has another form"),
    ({"query": "up", "when": 1, "answer": vector()}, "when means nothing here"),
    ({"query": "up", "time": "yesterday", "answer": vector()}, "time is 'yesterday'"),
    ({"query": "up", "start": "2025-03-04T09:00:00Z", "answer": vector()}, "end is None"),
    ({"rules": {}}, "it holds no groups of rules"),
]


@pytest.mark.parametrize(("content", "words"), WRONG)
def test_a_file_that_cannot_be_used(record: Record, content: Any, words: str) -> None:
    """Its name and what is wrong in it, when it is loaded and when it is checked."""
    folder = record(content)
    with pytest.raises(BadSnapshot, match=r"0\.json") as raised:
        RecordedMetrics.load(folder)
    assert words in str(raised.value)
    (problem,) = check(folder)
    assert problem.file == "metrics/0.json" and words in problem.reason


def test_an_answer_from_the_future(record: Record) -> None:
    """No answer is later than the snapshot."""
    (problem,) = check(record({"query": "up", "time": "2025-03-04T10:00:01Z", "answer": vector()}))
    assert problem.reason == "holds an answer for 2025-03-04T10:00:01Z, after the snapshot's time"
