"""A snapshot of what one run read: every question it asked has its answer, and nothing else is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from kubetriage.adapters.cluster.snapshot.coverage import Coverage
from kubetriage.adapters.cluster.snapshot.recorded_metrics import METRICS
from kubetriage.adapters.cluster.snapshot.scope import ANSWER_KEYS
from kubetriage.adapters.cluster.snapshot.store import identity
from kubetriage.adapters.cluster.snapshot.versions import current
from kubetriage.adapters.cluster.snapshot.writing import SnapshotDraft, is_file_name
from kubetriage.domain.evidence import Observation, Read, ReadKind
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import KINDS

Object = dict[str, Any]


class Observed(NamedTuple):
    """What was written."""

    objects: int
    logs: int
    answers: int
    """Of Prometheus."""
    at: datetime
    """When the last read was answered."""
    places: frozenset[tuple[str, str, str]]
    """Kind, namespace and name of each object."""


def write_observed(folder: Path, observations: Sequence[Observation]) -> Observed:
    """Write the snapshot; what could not be read is not in it, and so a gap again.

    Raises `BadInput` for a folder that cannot be written, `ValueError` without observations.
    """
    seen = _Seen()
    for one in observations:
        seen.take(one)
    at = max(one.at for one in observations)
    with SnapshotDraft(folder) as draft:
        for read, text in seen.logs.values():
            draft.log(read.namespace, read.name, read.container, text, previous=read.previous)
        if seen.answers:
            draft.file(f"{METRICS}/prometheus.json", json.dumps(seen.answers, ensure_ascii=False, indent=1))
        draft.finish(at, seen.scope(), [obj for _, obj in sorted(seen.objects.items())])
        return Observed(
            len(seen.objects), draft.logs, len(seen.answers), at, frozenset(key[1:] for key in seen.objects)
        )


class _Seen:
    """Everything that was answered."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str, str], Object] = {}
        self.logs: dict[tuple[str, ...], tuple[Read, str]] = {}
        self.answers: list[Object] = []
        self._coverage = Coverage()
        self._answered: set[tuple[str, ...]] = set()

    def take(self, one: Observation) -> None:
        read = one.read
        if one.failure is not None:
            return
        if read.verb is ReadKind.LOG:
            self._log(read, one.text)
        elif read.verb is ReadKind.QUERY:
            self.answers.append(_answer(one))
        elif read.verb is ReadKind.RULES:
            self.answers.append(_rules(one.objects))
        elif read.verb is ReadKind.TOP:
            self._usage(one)
        else:
            self._objects(one)

    def scope(self) -> dict[str, Any]:
        # A kind that the cluster doesn't serve was refused as such: that is not kept, and holds again so.
        self._answered.add(("CustomResourceDefinition", "", "", "", ""))
        asked = [dict(zip(ANSWER_KEYS, one, strict=True)) for one in sorted(self._answered)]
        answered = [{key: text for key, text in one.items() if text} for one in asked]
        return self._coverage.scope() | ({"answered": answered} if answered else {})

    def _objects(self, one: Observation) -> None:
        read = one.read
        for raw in one.objects:
            self._keep({"apiVersion": read.api_version, "kind": read.kind, **raw})
        if read.verb is ReadKind.GET:
            self._answered.add((read.kind, read.namespace, read.name, "", ""))
        elif not one.cut:
            self._listed(read.api_version, read.kind, read)

    def _listed(self, api_version: str, kind: str, read: Read) -> None:
        if read.label_selector or read.field_selector:
            self._answered.add((kind, read.namespace, "", read.label_selector, read.field_selector))
            self._coverage.touched(api_version, kind)
        else:
            self._coverage.listed(api_version, kind, read.namespace)

    def _keep(self, raw: Object) -> None:
        if not Obj(raw).ref.name:
            return
        obj = current(raw)
        key = identity(obj)
        self._coverage.saw(str(obj["apiVersion"]), str(obj["kind"]), *key[2:])
        self.objects.setdefault(key, obj)

    def _log(self, read: Read, text: str | None) -> None:
        """The longest answer of one log holds the shorter ones."""
        if text is None or not is_file_name(read.namespace, read.name, read.container):
            return
        key = (read.namespace, read.name, read.container, str(read.previous))
        if key not in self.logs or len(self.logs[key][1]) < len(text):
            self.logs[key] = (read, text)

    def _usage(self, one: Observation) -> None:
        """Rows of usage as the objects that they come from."""
        kind = f"{one.read.kind}Metrics"
        if kind not in KINDS:
            return
        made: dict[tuple[str, str], Object] = {}
        for row in one.objects:
            place = (str(row.get("namespace") or one.read.namespace), str(row.get("name") or ""))
            usage = {key: row[key] for key in ("cpu", "memory") if key in row}
            found = made.setdefault(place, _metrics(kind, place, one.at))
            if kind == "NodeMetrics":
                found["usage"] = usage
            else:
                found["containers"].append({"name": str(row.get("container") or ""), "usage": usage})
        for obj in made.values():
            self._keep(obj)
        if one.read.name:
            self._answered.add((kind, one.read.namespace, one.read.name, "", ""))
        else:
            self._listed(KINDS[kind].api_version, kind, one.read)


def _metrics(kind: str, place: tuple[str, str], at: datetime) -> Object:
    metadata = {"name": place[1]} | ({"namespace": place[0]} if kind == "PodMetrics" else {})
    made: Object = {"apiVersion": KINDS[kind].api_version, "kind": kind, "metadata": metadata}
    made |= {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "window": "30s"}
    return made | ({"containers": []} if kind == "PodMetrics" else {})


def _answer(one: Observation) -> Object:
    """An answer of Prometheus as a snapshot records it."""
    read = one.read
    end = read.at or one.at
    values = "values" if read.seconds else "value"
    result = [
        {"metric": row["labels"], values: row["points"] if read.seconds else row["points"][-1]}
        for row in one.objects
        if row.get("points")
    ]
    kind = "matrix" if read.seconds else "vector"
    body = {"status": "success", "data": {"resultType": kind, "result": result}}
    if not read.seconds:
        return {"query": read.expr, "time": _stamp(end), "answer": body}
    start = end - timedelta(seconds=read.seconds)
    return {
        "query": read.expr,
        "start": _stamp(start),
        "end": _stamp(end),
        "step": read.step,
        "answer": body,
    }


def _rules(rows: Iterable[Object]) -> Object:
    rules = [
        {
            "type": "alerting",
            "name": row.get("name"),
            "query": row.get("query"),
            "labels": row.get("labels") or {},
            "alerts": [{"labels": labels} for labels in row.get("active") or ()],
        }
        for row in rows
    ]
    return {"rules": {"status": "success", "data": {"groups": [{"name": "observed", "rules": rules}]}}}


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
