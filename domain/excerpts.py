"""What a report shows of one read: a few lines that hold every cited value.

Deterministic, bounded (`EXCERPT_LIMIT` characters), and made of the observation's own words only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kubetriage.domain.events import event_record
from kubetriage.domain.evidence import EXCERPT_LIMIT, Observation, ReadKind
from kubetriage.domain.kube import Obj
from kubetriage.domain.quoting import holds

_LINE = 320
_AROUND = 60
_TAIL = 12
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
        rows = [", ".join(f"{k}={v}" for k, v in row.items()) for row in seen.objects]
        return _bounded(sorted(rows, key=lambda row: not any(q in row for q in quotes if q)))
    return _names(seen, quotes)


def excerpt_of_log(text: str, quotes: Sequence[str] = ()) -> str:
    """The lines that hold a quoted value, the line before each, and the last ones, as far as there is room.

    The last line with each value comes first of all, so that every value is seen.
    """
    lines = text.splitlines()
    if not lines:
        return "(empty log)"
    parts = [part for quote in quotes for part in quote.splitlines() if part]
    hits = [[i for i, line in enumerate(lines) if part in line] for part in parts]
    found = [places for places in hits if places]
    order = [places[-1] for places in found] + [places[0] for places in found]
    order += [i - 1 for i in order if i]
    order += range(len(lines) - 1, max(len(lines) - 1 - _TAIL, -1), -1)
    chosen: dict[int, str] = {}
    room = EXCERPT_LIMIT
    for i in order:
        line = chosen.get(i) or _short(lines[i], parts)
        cost = len(line) + len("\n…\n")
        if i not in chosen and cost <= room:
            chosen[i] = line
            room -= cost
    return _with_gaps(chosen) if chosen else _bounded([_short(lines[order[0]], parts)])


def _with_gaps(chosen: Mapping[int, str]) -> str:
    out: list[str] = []
    previous = -1
    for i in sorted(chosen):
        if i != previous + 1 and out:
            out.append("…")
        out.append(chosen[i])
        previous = i
    return _bounded(out)


def _short(line: str, quotes: Sequence[str]) -> str:
    """A long line cut down to what stands around the quoted values it holds, else to its beginning."""
    if len(line) <= _LINE:
        return line
    windows: list[tuple[int, int]] = []
    for start, end in sorted((line.find(q), line.find(q) + len(q)) for q in quotes if q and q in line):
        first, last = max(0, start - _AROUND), min(len(line), end + _AROUND)
        if windows and first <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(last, windows[-1][1]))
        else:
            windows.append((first, last))
    windows = windows or [(0, 0)]
    rest = _LINE - 2 - sum(last - first for first, last in windows)
    windows[-1] = (windows[-1][0], min(len(line), windows[-1][1] + max(rest, 0)))
    shown = "…".join(line[first:last] for first, last in windows)[: 3 * _LINE]
    return ("…" if windows[0][0] else "") + shown + ("…" if windows[-1][1] < len(line) else "")


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
    return _bounded([f"{len(names)} {seen.read.kind} objects{cut}: {', '.join(names[:_NAMES])}{more}"])


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
    """A line for each quoted value, then status, then the rest, as many as fit."""
    wanted = [q for q in quotes if q]
    must = {place for q in wanted if (place := _place_of(pairs, q)) is not None}

    def grade(i: int) -> int:
        return 0 if i in must else _grade(pairs[i][0])

    lines: list[str] = []
    room = EXCERPT_LIMIT
    for i in sorted(range(len(pairs)), key=grade):
        line = f"{pairs[i][0]}: {_short(pairs[i][1], wanted)}"
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
