"""A snapshot's recorded answers of Prometheus: the files `metrics/*.json`.

Each file holds one of these, or a list of them; `answer` is the body that Prometheus' HTTP API gave:

    {"query": "up == 0", "time": "2025-05-29T10:57:40Z", "answer": {"status": "success", "data": …}}
    {"query": "up == 0", "start": …, "end": …, "step": 30, "answer": {…}}
    {"rules": {"status": "success", "data": {"groups": […]}}}

A query is answered by the entry with the same text, spaces apart, and of the same form; `time` is the
snapshot's unless given, and may be five minutes off. Of a range, the points within what is asked are given.
What was not recorded is a gap, not an absence: an empty answer has to be recorded as one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.snapshot.scope import MANIFEST, parse_time, read_manifest, snapshot_time
from kubetriage.domain.errors import BadSnapshot
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, ReadKind
from kubetriage.domain.samples import NoAnswer, Rows, rows_of, rules_in

METRICS = "metrics"
KEYS = frozenset({"query", "time", "start", "end", "step", "answer", "rules"})
_OFF = timedelta(minutes=5)
"""How far from its recorded time an answer may be asked for: as far as Prometheus itself looks back."""


class Entry(NamedTuple):
    """One recorded answer."""

    query: str
    """Its spaces made one; empty for rules."""
    start: datetime
    end: datetime
    is_range: bool
    body: Any


class RecordedMetrics:
    """A `ports.MetricSource` over the files of a snapshot."""

    def __init__(self, time: datetime, entries: list[Entry]) -> None:
        self._time = time
        self._entries = entries

    @classmethod
    def load(cls, path: Path) -> RecordedMetrics | None:
        """None where no metrics were recorded. Raises `BadSnapshot` for a file that cannot be used."""
        files = metric_files(path)
        if not files:
            return None
        time = snapshot_time(path / MANIFEST, read_manifest(path))
        return cls(time, [entry for file in files for entry in entries_of(file, time)])

    async def read(self, read: Read) -> Observation:
        """See `ports.MetricSource`."""
        rows, failure = Rows([], ""), None
        try:
            found = self._rules(read) if read.verb is ReadKind.RULES else self._samples(read)
            if found is None:
                failure = ReadFailure(kind=FailureKind.NOT_RECORDED)
            else:
                rows = found
        except NoAnswer as refused:
            failure = ReadFailure(kind=FailureKind.BAD_ANSWER, message=str(refused))
        return Observation(
            read=read,
            tool=f"prometheus {_endpoint(read)}",
            arguments=_arguments(read),
            at=self._time,
            failure=failure,
            objects=tuple(rows.rows),
            cut=rows.cut,
        )

    def _rules(self, read: Read) -> Rows | None:
        recorded = [entry.body for entry in self._entries if not entry.query]
        return rules_in(recorded[0], read.name) if recorded else None

    def _samples(self, read: Read) -> Rows | None:
        at, asked = read.at or self._time, _squeezed(read.expr)
        start = at - timedelta(seconds=read.seconds)
        for entry in self._entries:
            if entry.query != asked or entry.is_range is not bool(read.seconds):
                continue
            if entry.is_range:
                return _within(rows_of(entry.body), start, at)
            if abs(entry.end - at) <= _OFF:
                return rows_of(entry.body)
        return None


def _within(rows: Rows, start: datetime, end: datetime) -> Rows:
    first, last = start.timestamp(), end.timestamp()
    kept = [{**row, "points": [p for p in row["points"] if first <= p[0] <= last]} for row in rows.rows]
    return Rows([row for row in kept if row["points"]], rows.cut)


def _endpoint(read: Read) -> str:
    return "rules" if read.verb is ReadKind.RULES else "query_range" if read.seconds else "query"


def _arguments(read: Read) -> dict[str, Any]:
    """What a Prometheus would have been asked with."""
    if read.verb is ReadKind.RULES or read.at is None:
        return {"type": "alert", "rule_name[]": read.name}
    at = f"{read.at:%Y-%m-%dT%H:%M:%SZ}"
    if not read.seconds:
        return {"query": read.expr, "time": at}
    start = f"{read.at - timedelta(seconds=read.seconds):%Y-%m-%dT%H:%M:%SZ}"
    return {"query": read.expr, "start": start, "end": at, "step": str(read.step)}


# ---- files


def metric_files(path: Path) -> list[Path]:
    """The files of recorded answers of a snapshot folder, in order."""
    return sorted(file for file in (path / METRICS).glob("*.json") if file.is_file())


def entries_of(file: Path, time: datetime) -> Iterator[Entry]:
    """The answers of one file. Raises `BadSnapshot` with the file and what is wrong in it."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadSnapshot(f"{file}: this is not JSON: {error}.") from error
    for number, item in enumerate(found if isinstance(found, list) else [found], 1):
        try:
            yield _entry(item, time)
        except ValueError as wrong:
            raise BadSnapshot(f"{file}, answer {number}: {wrong}.") from wrong


def _entry(item: Any, time: datetime) -> Entry:
    """Raises `ValueError` for what is no recorded answer, `NoAnswer` for a body that cannot be read."""
    if not isinstance(item, dict) or ("query" in item) is ("rules" in item):
        raise ValueError("it has neither a query with its answer nor rules")
    if unknown := sorted(set(item) - KEYS):
        raise ValueError(f"{unknown[0]} means nothing here")
    if "rules" in item:
        rules_in(item["rules"], "")
        return Entry("", time, time, False, item["rules"])
    query, is_range = item["query"], "start" in item
    if not isinstance(query, str) or not query.strip() or "answer" not in item:
        raise ValueError("a query needs its text and its answer")
    end = _time(item, "end" if is_range else "time", None if is_range else time)
    start = _time(item, "start", end)
    body = item["answer"]
    if not (isinstance(body, dict) and body.get("status") == "error"):
        rows_of(body)
    return Entry(_squeezed(query), start, end, is_range, body)


def _time(item: dict[str, Any], key: str, default: datetime | None) -> datetime:
    if key not in item and default is not None:
        return default
    found = parse_time(str(item.get(key, "")))
    if found is None:
        raise ValueError(f"{key} is {item.get(key)!r}, and must be like 2025-01-31T12:00:00Z")
    return found


def _squeezed(query: str) -> str:
    return " ".join(query.split())
