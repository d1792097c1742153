"""What a report shows of one read: a few lines that hold every cited value.

Deterministic, bounded (`EXCERPT_LIMIT` characters), and made of the observation's own words only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kubetriage.domain.events import event_record
from kubetriage.domain.evidence import EXCERPT_LIMIT, Observation, ReadKind
from kubetriage.domain.kube import Obj

_LINE = 320
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
        return excerpt_of_log(seen.text or "", quotes)
    if seen.read.verb is ReadKind.GET and seen.objects:
        return excerpt_of_object(seen.objects[0], quotes)
    if seen.read.verb is ReadKind.TOP:
        return _bounded(", ".join(f"{k}={v}" for k, v in row.items()) for row in seen.objects)
    return _names(seen)


def excerpt_of_log(text: str, quotes: Sequence[str] = ()) -> str:
    """The lines that hold a quoted value with the line before each, and the last ones."""
    lines = text.splitlines()
    if not lines:
        return "(empty log)"
    chosen: set[int] = set()
    for quote in quotes:
        hits = [i for i, line in enumerate(lines) if quote and quote in line]
        for hit in (*hits[:1], *hits[-1:]):
            chosen |= {max(hit - 1, 0), hit}
    cited = sorted(chosen)
    tail = [i for i in range(len(lines) - 1, -1, -1) if i not in chosen]
    room = EXCERPT_LIMIT - sum(_cost(lines[i]) for i in cited)
    for i in tail[:12]:
        room -= _cost(lines[i])
        if room < 0:
            break
        chosen.add(i)
    return _with_gaps(lines, sorted(chosen), quotes)


def _with_gaps(lines: Sequence[str], chosen: Sequence[int], quotes: Sequence[str]) -> str:
    out: list[str] = []
    previous = -1
    for i in chosen:
        if i != previous + 1 and out:
            out.append("…")
        out.append(_short(lines[i], quotes))
        previous = i
    return _bounded(out)


def _cost(line: str) -> int:
    return min(len(line), _LINE) + 3


def _short(line: str, quotes: Sequence[str]) -> str:
    """At most `_LINE` characters of a line, around the first quoted value it holds."""
    if len(line) <= _LINE:
        return line
    places = [line.find(q) for q in quotes if q and q in line]
    start = max(0, min(places) - 60) if places else 0
    return ("…" if start else "") + line[start : start + _LINE - 2] + "…"


def _bounded(lines: Iterable[str]) -> str:
    kept: list[str] = []
    room = EXCERPT_LIMIT
    for line in lines:
        if len(line) + 1 > room:
            kept.append(line[: max(room - 2, 0)] + "…")
            break
        kept.append(line)
        room -= len(line) + 1
    return "\n".join(kept)[:EXCERPT_LIMIT]


def _names(seen: Observation) -> str:
    if not seen.objects:
        return f"0 {seen.read.kind} objects"
    names = []
    for raw in seen.objects[:_NAMES]:
        made = Obj(raw, kind=seen.read.kind)
        names.append(made.name if seen.read.namespace else f"{made.namespace}/{made.name}".lstrip("/"))
    more = f" … and {len(seen.objects) - _NAMES} more" if len(seen.objects) > _NAMES else ""
    cut = f" ({seen.cut})" if seen.cut else ""
    return _bounded([f"{len(seen.objects)} {seen.read.kind} objects{cut}: {', '.join(names)}{more}"])


def _event_line(event: Obj) -> str:
    record = event_record(event)
    kind = "Warning" if record.warning else "Normal"
    first = record.first.strftime("%Y-%m-%dT%H:%M:%SZ") if record.first else "?"
    last = record.last.strftime("%Y-%m-%dT%H:%M:%SZ") if record.last else "?"
    span = first if first == last else f"{first} to {last}"
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
    """Lines that hold a quoted value, then status, then the rest, as many as fit."""
    wanted = [q for q in quotes if q]

    def grade(pair: tuple[str, str]) -> int:
        path, value = pair
        if any(q in value or q in path for q in wanted):
            return 0
        return 3 if path.startswith(_DULL) else 1 if path.startswith(_FIRST) else 2

    lines: list[str] = []
    room = EXCERPT_LIMIT
    for path, value in sorted(pairs, key=grade):
        line = f"{path}: {_short(value, quotes)}"
        if len(line) + 1 <= room and grade((path, value)) < 3:
            lines.append(line)
            room -= len(line) + 1
    return "\n".join(lines)
