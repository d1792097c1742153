"""The numbers of what is cited, each with the words that say what it counts.

Small numbers are everywhere in an object's JSON. A number in a claim counts only where the words around it
are those of a field, of a line, or of something that can be counted in the cluster.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from kubetriage.domain.claim_counts import (
    Fact,
    Pair,
    of_lists,
    of_workload,
    pairs_of_quotas,
    pairs_of_workload,
    workloads,
)
from kubetriage.domain.claim_ground import Ground
from kubetriage.domain.claim_leaves import Leaf
from kubetriage.domain.claim_stems import stems
from kubetriage.domain.events import event_record
from kubetriage.domain.evidence import Observation, ReadKind
from kubetriage.domain.kube import Obj
from kubetriage.domain.log_masks import masked

MAX_LINES = 1_500
"""Lines of texts that numbers are looked for in."""
MAX_TOLD = 400
"""Lines that a whole sentence is compared with."""
MAX_FACTS = 6_000
_SMALL = 100
_NOT_COUNTS = re.compile(
    r"\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?Z?)?"
    r"|\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?Z?"
    r"|\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?|[0-9a-f]{8}-[0-9a-f-]{27}"
)
_CLOCK = re.compile(r"(?<![\d:])\d\d:\d\d(?::\d\d)?(?![\d:])")
_NUMBER = re.compile(
    r"(?<![\w.:-])(?:x(?=\d))?(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.\d+)?(?:x(?= ))?(?![\w-]|\.\d|:\d|,\d{3})"
)
_PLACE = re.compile(r"(?<=[A-Za-z]):(\d{1,6})(?![\w.])")
_LINE = re.compile(r"\blines? (\d{1,6})(?![\w.])")
_PAIR = re.compile(r"(?<![\w.:/-])(\d{1,9})(?:/| of (?:the |all )?)(\d{1,9})(?![\w/-]|\.\d)")
_PORT = re.compile(r"(?<=[\w\]]):(\d{2,5})(?![\w.])|(?<![\w:.]):(\d{2,5})(?![\w.:])")
_CLAUSE = re.compile(r"[;,。，；]|\. |: ")
_NUMBERS_OF_NOTHING = frozenset({"resourceVersion", "uid", "defaultMode", "fieldPath"})
_HOLDERS = frozenset({"used", "hard", "requests", "limits", "capacity", "allocatable", "request", "limit"})


class Facts:
    """Every number of a ground, collected once."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @cached_property
    def numbers(self) -> tuple[Fact, ...]:
        found: dict[Fact, None] = {}
        for fact in self._all():
            if fact.labels:
                found[fact] = None
            if len(found) >= MAX_FACTS:
                break
        return tuple(found)

    def _all(self) -> Iterator[Fact]:
        for leaf in self._ground.leaves:
            yield from _of_leaf(leaf)
        for obj in self._ground.objects:
            yield from _of_object(obj)
        yield from of_lists(self._ground)
        for ref in workloads(self._ground):
            yield from of_workload(ref, self._ground.view)
        yield from self._of_logs()
        for line in self.lines:
            yield from _of_line(line)

    # ---- things that are counted

    @cached_property
    def of_kind(self) -> dict[str, frozenset[int]]:
        """How many objects of a kind are cited, and how many a cited list holds."""
        found: dict[str, set[int]] = defaultdict(set)
        for kind, count in Counter(obj.ref.kind for obj in self._ground.objects).items():
            found[kind].add(count)
        for seen in self._ground.seen:
            if seen.read.verb is ReadKind.LIST:
                found[seen.read.kind].add(len(seen.objects))
        return {kind: frozenset(counts) for kind, counts in found.items()}

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """What is said as `a of b`, and what can be counted so."""
        found = [
            Pair(int(m[1]), int(m[2]), frozenset(stems(line[m.end() : m.end() + 40])[:4]))
            for line in self.lines
            for m in _PAIR.finditer(line)
        ]
        found += pairs_of_quotas(self._ground)
        for ref in workloads(self._ground):
            found += pairs_of_workload(ref, self._ground)
        return tuple(dict.fromkeys(found))

    def _of_logs(self) -> Iterator[Fact]:
        """How often the lines of a log say the same."""
        for seen in self._ground.seen:
            if seen.read.verb is not ReadKind.LOG or not seen.text:
                continue
            yield from _of_log(seen)

    # ---- numbers in sentences

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Lines of texts, equal ones once."""
        found: dict[str, None] = {}
        flat = {item.excerpt for item in self._ground.cited if _is_flat(item.cite, item.resource.kind)}
        texts = [text for text in self._ground.sentences if text not in flat]
        texts += [
            leaf.value for leaf in self._ground.leaves if isinstance(leaf.value, str) and " " in leaf.value
        ]
        for text in texts:
            for line in text.splitlines()[-MAX_LINES:]:
                found[line[:600]] = None
            if len(found) > MAX_LINES:
                break
        return tuple(found)

    @cached_property
    def told(self) -> tuple[tuple[Fact, frozenset[str]], ...]:
        """The small numbers of each line that has any, each with all words of the line."""
        found = []
        for line in self.lines[:MAX_TOLD]:
            small = [fact for fact in _of_line(line) if fact.value < _SMALL]
            words = frozenset(stems(line)[:30]) if small else frozenset()
            found += [(fact, words) for fact in small]
        return tuple(found)

    @cached_property
    def places(self) -> frozenset[int]:
        """Numbers of lines: of `main.go:61`, of `line 14`."""
        written = (*_PLACE.findall(self._ground.hay), *_LINE.findall(self._ground.hay))
        return frozenset(int(number) for number in written)

    @cached_property
    def ports(self) -> frozenset[int]:
        """Every number that is a port: of a field of that name, or behind a colon."""
        found = {
            int(leaf.value)
            for leaf in self._ground.leaves
            if "port" in " ".join(leaf.path).lower()
            and str(leaf.value).isdecimal()
            and len(str(leaf.value)) < 6
        }
        for line in self.lines:
            found |= {int(m[1] or m[2]) for m in _PORT.finditer(_CLOCK.sub(" ", line))}
        for leaf in self._ground.leaves:
            if isinstance(leaf.value, str) and len(leaf.value) < 300:
                found |= {int(m[1] or m[2]) for m in _PORT.finditer(_CLOCK.sub(" ", leaf.value))}
        return frozenset(found)

    def lines_with(self, words: str) -> int:
        """How many lines of cited logs hold words, given in lower case."""
        texts = [seen.text for seen in self._ground.seen if seen.text]
        return sum(words in line.lower() for text in texts for line in text.splitlines()[-MAX_LINES * 4 :])

    @cached_property
    def values(self) -> frozenset[float]:
        """Every number, whatever it is of."""
        return frozenset(fact.value for fact in self.numbers)

    @cached_property
    def written(self) -> frozenset[float]:
        """Numbers of texts, whatever they are of."""
        return frozenset(fact.value for line in self.lines for fact in _of_line(line))


def _is_flat(cite: str, kind: str) -> bool:
    """Whether an excerpt is an object written as `path: value`."""
    return cite.startswith("object|") and kind != "Event"


def _of_leaf(leaf: Leaf) -> Iterator[Fact]:
    value = leaf.value
    if isinstance(value, bool) or value is None or leaf.key in _NUMBERS_OF_NOTHING:
        return
    if isinstance(value, str):
        if not value.isdecimal() or len(value) > 12:
            return
    elif not isinstance(value, (int, float)) or abs(value) > 1e15:
        return
    named = stems(leaf.key.rpartition("/")[2].replace("_", " ").replace("-", " "))
    if len(leaf.path) > 1 and (len(named) < 2 or leaf.path[-2] in _HOLDERS):
        named += stems(leaf.path[-2].rpartition("/")[2])
    if leaf.key == "value":
        named += stems(leaf.called.replace("_", " "))
    yield Fact(float(value), frozenset(named))


def _of_object(obj: Obj) -> Iterator[Fact]:
    for key, count in _lengths(obj.raw):
        yield Fact(count, frozenset(stems(key)))
    if obj.key[0] == "Event":
        record = event_record(obj)
        said = stems(f"{record.reason} {record.message}")[:24]
        yield Fact(record.times, frozenset({"time", "event", "attempt", *said}), True)


def _lengths(part: Any, key: str = "", depth: int = 6) -> Iterator[tuple[str, int]]:
    """How many things each list of an object holds: conditions, containers, rules."""
    if isinstance(part, Mapping) and depth:
        for name, inner in part.items():
            yield from _lengths(inner, str(name), depth - 1)
    elif isinstance(part, list) and depth:
        yield key, len(part)
        for inner in part[:_SMALL]:
            yield from _lengths(inner, key, depth - 1)


def _of_log(seen: Observation) -> Iterator[Fact]:
    lines = (seen.text or "").splitlines()[-MAX_LINES * 4 :]
    same = Counter(masked(line) for line in lines if line.strip())
    for line, count in same.most_common(200):
        yield Fact(count, frozenset({"time", "line", "log", *stems(line)[:16]}), True)
    yield Fact(len(lines), frozenset({"line", "log"}), True)
    digest = seen.digest
    if digest is None:
        return
    yield Fact(digest.lines, frozenset({"line", "log"}), True)
    often = ("fail", "time") if digest.errors else ()
    yield Fact(digest.errors, frozenset({"error", "record", "line", *often}), True)
    for each in digest.templates:
        yield Fact(each.count, frozenset({"time", "line", "log", *stems(each.template)[:16]}), True)
    for sign in digest.signs:
        yield Fact(sign.times, frozenset({"time", "line", "log", *stems(sign.quote)[:16]}), True)
    if digest.rise is not None:
        rise = frozenset({"error", "time", "rise"})
        yield Fact(digest.rise.errors, rise, True)
        yield Fact(digest.rise.before_errors, rise | {"befor"}, True)


def _of_line(line: str) -> Iterator[Fact]:
    """The numbers of a line with two words before and two after; of `file:6` the line."""
    for match in _PLACE.finditer(line):
        yield Fact(float(match[1]), frozenset({"line"}))
    plain = _NOT_COUNTS.sub(lambda m: " " * len(m[0]), line)
    for match in _NUMBER.finditer(plain):
        before = _CLAUSE.split(plain[max(match.start() - 70, 0) : match.start()].replace("=", " "))[-1]
        after = plain[match.end() : match.end() + 40]
        said = frozenset([*stems(before.replace("_", " "))[-3:], *stems(after)[:2]])
        value = float(match[1].replace(",", ""))
        if "x" in match[0]:
            yield Fact(value, said | {"time", *stems(plain[match.end() : match.end() + 160])}, True)
        else:
            yield Fact(value, said)
