"""The numbers of what is cited, each with the words that say what it counts.

Small numbers are everywhere in an object's JSON. A number in a claim counts only where the words around it are
those of a field, of a line, or of something that can be counted in the cluster.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from kubetriage.domain.claim_ground import Ground
from kubetriage.domain.claim_leaves import Leaf
from kubetriage.domain.claim_stems import stems
from kubetriage.domain.events import event_record
from kubetriage.domain.evidence import Observation, ReadKind
from kubetriage.domain.kube import Obj, containers, pod_ready
from kubetriage.domain.log_masks import masked
from kubetriage.domain.resource import WORKLOADS, Resource

MAX_LINES = 1_500
"""Lines of texts that numbers are looked for in."""
MAX_FACTS = 6_000
_NOT_COUNTS = re.compile(
    r"\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?Z?)?|\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?Z?"
    r"|\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?|[0-9a-f]{8}-[0-9a-f-]{27}"
)
_NUMBER = re.compile(
    r"(?<![\w.:-])(?:x(?=\d))?(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.\d+)?(?:x(?= ))?(?![\w-]|\.\d|:\d|,\d{3})"
)
_PLACE = re.compile(r"(?<=[A-Za-z]):(\d{1,6})(?![\w.])")
_PAIR = re.compile(r"(?<![\w.:/-])(\d{1,9})(?:/| of (?:the |all )?)(\d{1,9})(?![\w/-]|\.\d)")
_PORT = re.compile(r"(?<=[\w\]]):(\d{2,5})(?![\w.])|(?<![\w:.]):(\d{2,5})(?![\w.:])")
_CLAUSE = re.compile(r"[;,。，；]|\. |: ")
_NUMBERS_OF_NOTHING = frozenset({"resourceVersion", "uid", "defaultMode", "fieldPath"})
_GOOD = frozenset({"ready", "available", "healthy", "run"})
_HOLDERS = frozenset({"used", "hard", "requests", "limits", "capacity", "allocatable", "request", "limit"})
_BAD = frozenset({"unready", "fail", "crash"})


class Fact(NamedTuple):
    """A number and what it is of."""

    value: float
    labels: frozenset[str]
    times: bool = False
    """Whether it says how often something was seen: an event, a line of a log."""


class Pair(NamedTuple):
    """So many of so many."""

    part: int
    whole: int
    labels: frozenset[str]


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
        yield from self._of_lists()
        for ref in self._workloads():
            yield from self._of_workload(ref)
        for service in (obj for obj in self._ground.objects if obj.key[0] == "Service"):
            yield Fact(len(self._ground.view.pods_behind(service)), frozenset({"pod", "endpoint", "select"}))
        nodes = self._ground.view.objects("Node")
        if nodes and self._ground.view.complete_list("Node", "") is not None:
            yield Fact(len(nodes), frozenset({"node"}))
        yield from self._of_logs()
        for line in self.lines:
            yield from _of_line(line)

    # ---- things that are counted

    def _of_lists(self) -> Iterator[Fact]:
        for seen in self._ground.seen:
            if seen.read.verb is ReadKind.LIST:
                yield Fact(len(seen.objects), frozenset({*stems(seen.read.kind), "object"}))
        kinds = Counter(obj.ref.kind for obj in self._ground.objects)
        for kind, count in kinds.items():
            if kind in ("Pod", "Node", "Job", "Event", "Service"):
                yield Fact(count, frozenset(stems(kind)))
        pods = [obj for obj in self._ground.objects if obj.ref.kind == "Pod"]
        restarts = sum(c.restarts for pod in pods for c in containers(pod))
        if pods:
            yield Fact(restarts, frozenset({"restart", "time"}))

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

    def _workloads(self) -> list[Resource]:
        view, ground = self._ground.view, self._ground
        found = [obj.ref for obj in ground.objects if obj.ref.kind in WORKLOADS]
        for obj in ground.objects:
            if obj.ref.kind == "Pod":
                found += view.owners(obj.ref)
        return [ref for ref in dict.fromkeys([*found, *ground.always]) if ref.kind in WORKLOADS][:20]

    def _of_workload(self, ref: Resource) -> Iterator[Fact]:
        view = self._ground.view
        obj, pods = view.find(ref), view.pods_of(ref)
        ready = sum(pod_ready(pod) for pod in pods)
        if obj is not None:
            yield Fact(self._wanted(obj), frozenset({"pod", "want"}))
            for field, label in (("readyReplicas", "ready"), ("availableReplicas", "available")):
                yield Fact(obj.number("status", field), frozenset({"pod", label, "healthy", "run"}))
            yield Fact(obj.number("status", "replicas"), frozenset({"pod", "exist", "create"}))
        if pods:
            yield Fact(len(pods), frozenset({"pod", "exist"}))
            yield Fact(ready, frozenset({"pod", *_GOOD}))
            yield Fact(len(pods) - ready, frozenset({"pod", *_BAD}))

    def _wanted(self, obj: Obj) -> int:
        """How many pods a workload is meant to have."""
        for path in (("spec", "replicas"), ("status", "desiredNumberScheduled"), ("spec", "completions")):
            if obj.at(*path) is not None:
                return obj.number(*path)
        return 1

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """What is said as `a of b`, and what can be counted so."""
        found = [
            Pair(int(m[1]), int(m[2]), frozenset(stems(line[m.end() : m.end() + 40])[:4]))
            for line in self.lines
            for m in _PAIR.finditer(line)
        ]
        cited = {obj.key for obj in self._ground.objects}
        for ref in self._workloads():
            found += self._pairs_of(ref, cited)
        return tuple(dict.fromkeys(found))

    def _pairs_of(self, ref: Resource, cited: set[tuple[str, str, str]]) -> Iterator[Pair]:
        obj, pods = self._ground.view.find(ref), self._ground.view.pods_of(ref)
        if obj is not None and ref.kind == "Job":
            for field, label in (("succeeded", "completion"), ("failed", "fail"), ("active", "active")):
                done = obj.number("status", field)
                yield Pair(done, obj.number("spec", "completions", default=1), frozenset({label}))
        elif obj is not None and ref.kind != "CronJob":
            wanted = self._wanted(obj)
            ready = obj.number("status", "readyReplicas") or obj.number("status", "numberReady")
            exist = obj.number("status", "replicas", default=len(pods))
            yield Pair(ready, wanted, _GOOD)
            yield Pair(exist, wanted, frozenset({"exist", "create"}))
            if ref.kind != "ReplicaSet":
                updated = obj.number("status", "updatedReplicas") or obj.number(
                    "status", "updatedNumberScheduled"
                )
                yield Pair(updated, exist, frozenset({"update"}))
                yield Pair(exist - updated, exist, frozenset({"old"}))
        if not pods:
            return
        ready = sum(pod_ready(pod) for pod in pods)
        if obj is None:
            yield Pair(ready, len(pods), _GOOD)
        yield Pair(len(pods) - ready, len(pods), _BAD)
        known = sum(pod.key in cited for pod in pods)
        for whole in {len(pods), self._wanted(obj) if obj is not None else len(pods)} if known else ():
            yield Pair(known, whole, frozenset())

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
            found |= {int(m[1] or m[2]) for m in _PORT.finditer(line)}
        for leaf in self._ground.leaves:
            if isinstance(leaf.value, str) and len(leaf.value) < 300:
                found |= {int(m[1] or m[2]) for m in _PORT.finditer(leaf.value)}
        return frozenset(found)

    def lines_with(self, words: str) -> int:
        """How many lines of cited logs hold words, given in lower case."""
        texts = [seen.text for seen in self._ground.seen if seen.text]
        return sum(words in line.lower() for text in texts for line in text.splitlines()[-MAX_LINES * 4 :])

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
    if obj.key[0] == "Event":
        record = event_record(obj)
        said = stems(f"{record.reason} {record.message}")[:24]
        yield Fact(record.times, frozenset({"time", "event", *said}), True)


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
    yield Fact(digest.errors, frozenset({"error", "record", "fail", "time", "line"}), True)
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
        before = _CLAUSE.split(plain[max(match.start() - 40, 0) : match.start()].replace("=", " "))[-1]
        after = plain[match.end() : match.end() + 40]
        said = frozenset([*stems(before.replace("_", " "))[-2:], *stems(after)[:2]])
        value = float(match[1].replace(",", ""))
        if "x" in match[0]:
            yield Fact(value, said | {"time", *stems(plain[match.end() : match.end() + 160])}, True)
        else:
            yield Fact(value, said)
