"""What a report shows of one read: a few lines that hold every cited value.

Deterministic, bounded (`EXCERPT_LIMIT` characters), and made of the observation's own words only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kubetriage.domain.events import event_record
from kubetriage.domain.evidence import ASKS_PROMETHEUS, EXCERPT_LIMIT, Observation, ReadKind
from kubetriage.domain.excerpt_lines import bounded_lines, cut_line
from kubetriage.domain.kube import Obj
from kubetriage.domain.log_excerpts import excerpt_of_log
from kubetriage.domain.measures import unit_of
from kubetriage.domain.quoting import holds
from kubetriage.domain.samples import lines_of

_DULL = (
    "apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.uid", "metadata.resourceVersion",
    "metadata.generation", "metadata.managedFields", "metadata.ownerReferences", "metadata.annotations",
    "metadata.labels", "metadata.generateName", "metadata.finalizers",
)  # fmt: skip
"""Fields that tell a reader nothing new, unless one of them holds a quoted value."""
_FIRST = ("status.", "metadata.deletionTimestamp", "type:", "reason:", "message:", "involvedObject.")
_NAMES = 40


def excerpt_of_object(raw: dict[str, Any], quotes: Sequence[str] = ()) -> str:
    """The object as `path: value` lines: those with cited values, then its status, then the rest."""
    if raw.get("kind") == "Event" or "involvedObject" in raw:
        return _event_line(Obj(raw))
    return _choose(list(_flatten(raw, "")), quotes)


def excerpt_of_read(seen: Observation, quotes: Sequence[str] = ()) -> str:
    """The answer to one read as a report shows it."""
    if seen.absent:
        return "not found"
    if seen.read.verb is ReadKind.LOG:
        return excerpt_of_log(seen.text or "", quotes, seen.digest, cut=seen.cut, tail=seen.read.tail)
    if seen.read.verb is ReadKind.GET and seen.objects:
        return excerpt_of_object(seen.objects[0], quotes)
    if seen.read.verb is ReadKind.TOP:
        rows = [", ".join(f"{k}={v}" for k, v in row.items()) for row in seen.objects]
        return bounded_lines(sorted(rows, key=lambda row: not any(q in row for q in quotes if q)))
    if seen.read.verb in ASKS_PROMETHEUS:
        return _measured(seen, quotes)
    return _names(seen, quotes)


def _measured(seen: Observation, quotes: Sequence[str]) -> str:
    """The series of a query, those with a quoted value first, or the rules of a name."""
    if seen.read.verb is ReadKind.RULES:
        return bounded_lines(str(rule.get("query")) for rule in seen.objects) or "no rule of this name"
    if not seen.objects:
        return "no series"
    lines = lines_of(seen.objects, unit_of(seen.read.measure))
    lines.sort(key=lambda line: not any(holds(line, q) for q in quotes if q))
    cut = [f"({seen.cut})"] if seen.cut else []
    return bounded_lines([*cut, *(cut_line(line, quotes) for line in lines)])


def _names(seen: Observation, quotes: Sequence[str]) -> str:
    """How many, and their names, quoted ones first."""
    if not seen.objects:
        return f"0 {seen.read.kind} objects"
    names = []
    for raw in seen.objects:
        made = Obj(raw, kind=seen.read.kind)
        names.append(made.name if seen.read.namespace else f"{made.namespace}/{made.name}".lstrip("/"))
    wanted = {*quotes}
    names.sort(key=lambda name: name not in wanted and name.rpartition("/")[2] not in wanted)
    more = f" … and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    cut = f" ({seen.cut})" if seen.cut else ""
    objects = "object" if len(names) == 1 else "objects"
    return bounded_lines([f"{len(names)} {seen.read.kind} {objects}{cut}: {', '.join(names[:_NAMES])}{more}"])


def _event_line(event: Obj) -> str:
    record = event_record(event)
    kind = "Warning" if record.warning else "Normal"
    times = [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in (record.first, record.last) if at]
    span = " to ".join(dict.fromkeys(times)) or "time not recorded"
    about = f"{record.about.kind}/{record.about.name}"
    head = f"{kind} {record.reason} x{record.times} ({span}) {record.component} on {about}: "
    return (head + record.message)[:EXCERPT_LIMIT]


def _flatten(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _flatten(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        if all(not isinstance(part, (dict, list)) for part in value):
            yield path, f"[{', '.join(str(part) for part in value)}]"
        else:
            for i, part in enumerate(value):
                yield from _flatten(part, f"{path}[{i}]")
    else:
        yield path, "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _choose(pairs: list[tuple[str, str]], quotes: Sequence[str]) -> str:
    """A line for each quoted value, then status, then the rest, as many as fit."""
    wanted = [q for q in quotes if q]
    must = {place for q in wanted if (place := _place_of(pairs, q)) is not None}

    def grade(i: int) -> int:
        return 0 if i in must else _grade(pairs[i][0])

    lines: list[str] = []
    room = EXCERPT_LIMIT
    for i in sorted(range(len(pairs)), key=grade):
        line = f"{pairs[i][0]}: {cut_line(pairs[i][1], wanted)}"
        if len(line) + 1 <= room and grade(i) < 3:
            lines.append(line)
            room -= len(line) + 1
    return "\n".join(lines)


def _grade(path: str) -> int:
    return 3 if path.startswith(_DULL) else 1 if path.startswith(_FIRST) else 2


def _place_of(pairs: Sequence[tuple[str, str]], quote: str) -> int | None:
    """The line that shows a quoted value best: the value itself, then a text that holds it, then a key."""
    ranked = [
        (0 if value == quote else 1 if holds(value, quote) else 2 if quote in value else 3, _grade(path), i)
        for i, (path, value) in enumerate(pairs)
        if quote in value or quote in path
    ]
    return min(ranked)[2] if ranked else None
