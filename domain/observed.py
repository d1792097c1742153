"""What was observed in a run, indexed once: objects, events and logs.

`get(ref)` tells apart an object that is there, one that was asked for and is not there, and one that could
not be asked for (or was not yet): a rule may conclude from the first two only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from kubetriage.domain.events import EventRecord, about_key, event_record
from kubetriage.domain.evidence import ASKS_PROMETHEUS, Observation, Read, ReadFailure, ReadKind, list_of
from kubetriage.domain.kube import Obj
from kubetriage.domain.log_digest import LogDigest
from kubetriage.domain.resource import KINDS, Resource
from kubetriage.domain.samples import Samples, samples_of

Key = tuple[str, str, str]
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Present(NamedTuple):
    """The object is there."""

    object: Obj
    cite: str


class Absent(NamedTuple):
    """Asked for, and not there."""

    cite: str


class Unknown(NamedTuple):
    """Could not be asked for (`failure`), or was not asked for (None)."""

    failure: ReadFailure | None


class LogText(NamedTuple):
    """The lines of one container's log that were read."""

    pod: Resource
    container: str
    previous: bool
    text: str
    """What is kept of it: all, or of a long one its end and the lines that the digest points at."""
    cite: str
    cut: str
    digest: LogDigest | None = None
    """What reading the whole of it told."""


def _length(seen: Observation) -> tuple[int, int]:
    """Lines that were read, of which a long log keeps a part, and what is kept."""
    text = seen.text or ""
    return (seen.digest.lines if seen.digest is not None else text.count("\n"), len(text))


class Observed:
    """The answers of a run, indexed; the same observations give the same indexes."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        self._by_read: dict[str, Observation] = {o.read.key: o for o in observations}
        self._objects: dict[Key, Obj] = {}
        self._kinds: dict[str, list[Obj]] = defaultdict(list)
        self._absent: dict[Key, str] = {}
        self._failed: dict[Key, ReadFailure] = {}
        for key in sorted(self._by_read):
            self._take(self._by_read[key])
        for found in self._kinds.values():
            found.sort(key=lambda o: o.key)

    def _take(self, seen: Observation) -> None:
        read = seen.read
        if read.verb is ReadKind.GET and not seen.found:
            if seen.absent:
                self._absent[read.resource.key] = read.key
            elif seen.failure:
                self._failed[read.resource.key] = seen.failure
            return
        if read.verb is ReadKind.LOG or read.verb is ReadKind.TOP or read.verb in ASKS_PROMETHEUS:
            return
        for raw in seen.objects:
            made = Obj(raw, kind=read.kind, api_version=read.api_version)
            if made.key not in self._objects:
                self._objects[made.key] = made
                self._kinds[made.key[0]].append(made)

    # ---- objects

    def get(self, ref: Resource) -> Present | Absent | Unknown:
        """The state of our knowledge about one object."""
        found = self._objects.get(ref.key)
        if found is not None:
            return Present(found, found.cite)
        if ref.key in self._absent:
            return Absent(self._absent[ref.key])
        whole = self._list_without(ref)
        return Absent(whole) if whole is not None else Unknown(self._failed.get(ref.key))

    def _list_without(self, ref: Resource) -> str | None:
        """The citation of a list that would hold this object if it were there."""
        info = KINDS.get(ref.kind)
        somewhere = info is not None and info.namespaced and not ref.namespace
        if somewhere and any(o.name == ref.name for o in self._kinds.get(ref.kind, [])):
            return None
        whole = self.complete_list(ref.kind, ref.namespace)
        if whole is not None:
            return whole
        named = self._by_read.get(list_of(ref.kind, ref.namespace, fields=f"metadata.name={ref.name}").key)
        return named.read.key if named is not None and named.found and not named.cut else None

    def find(self, ref: Resource | None) -> Obj | None:
        """The object if it is there and was read."""
        return self._objects.get(ref.key) if ref is not None else None

    def is_absent(self, ref: Resource) -> bool:
        return isinstance(self.get(ref), Absent)

    def objects(self, kind: str, namespace: str | None = None) -> list[Obj]:
        """All objects of a kind that were read, sorted; None means every namespace."""
        if namespace is None:
            return list(self._kinds.get(kind, []))
        return list(self._places.get((kind, namespace), []))

    @cached_property
    def _places(self) -> dict[tuple[str, str], list[Obj]]:
        found: dict[tuple[str, str], list[Obj]] = defaultdict(list)
        for kind, objects in self._kinds.items():
            for obj in objects:
                found[kind, obj.namespace].append(obj)
        return found

    def complete_list(self, kind: str, namespace: str) -> str | None:
        """The citation of a list that holds every object of that kind there, None if there is none."""
        for where in dict.fromkeys((namespace, "")):
            seen = self._by_read.get(list_of(kind, where).key)
            if seen is not None and seen.found and not seen.cut:
                return seen.read.key
        return None

    # ---- reads

    def asked(self, read: Read) -> bool:
        return read.key in self._by_read

    def observation(self, read: Read) -> Observation | None:
        return self._by_read.get(read.key)

    @property
    def observations(self) -> list[Observation]:
        return [self._by_read[key] for key in sorted(self._by_read)]

    @property
    def answered(self) -> bool:
        """Whether any question came back from the cluster with an answer."""
        return any(
            seen.found or seen.absent
            for seen in self._by_read.values()
            if seen.read.verb not in ASKS_PROMETHEUS
        )

    def failure(self, read: Read) -> ReadFailure | None:
        """Why a read failed, None if it did not fail or was not asked."""
        seen = self._by_read.get(read.key)
        return seen.failure if seen else None

    # ---- events

    @cached_property
    def _said(self) -> dict[Key, list[Obj]]:
        """The Event objects by what they are about."""
        found: dict[Key, list[Obj]] = defaultdict(list)
        for raw in self._kinds.get("Event", []):
            found[about_key(raw)].append(raw)
        return found

    @cached_property
    def _events(self) -> dict[Key, list[EventRecord]]:
        return {}

    def _records(self, key: Key) -> list[EventRecord]:
        if key not in self._events:
            records = [event_record(raw) for raw in self._said.get(key, [])]
            records.sort(key=lambda e: (e.last or e.first or _EPOCH, e.cite), reverse=True)
            self._events[key] = records
        return self._events[key]

    def events(self, ref: Resource, *reasons: str) -> list[EventRecord]:
        """Events about an object, latest first, of these reasons (all if none is given)."""
        return [e for e in self._records(ref.key) if not reasons or e.reason in reasons]

    def events_of(self, reason: str) -> list[EventRecord]:
        """Every event with this reason, by the object it is about, latest first."""
        keys = {about_key(raw) for raw in self._kinds.get("Event", []) if raw.raw.get("reason") == reason}
        return [e for key in sorted(keys) for e in self._records(key) if e.reason == reason]

    @cached_property
    def all_events(self) -> list[EventRecord]:
        """Every event that was read, by object, latest first."""
        return [e for key in sorted(self._said) for e in self._records(key)]

    # ---- samples

    def queries(self, measure: str, about: Resource) -> list[Observation]:
        """What was asked of Prometheus about an object under a name of `domain.measures`."""
        return list(self._queries.get((measure, about.key), []))

    def samples(self, measure: str, about: Resource) -> Samples | None:
        """The answer to that query, None if it was not asked or failed. An empty one says: nothing there."""
        found = [seen for seen in self.queries(measure, about) if seen.found]
        return samples_of(found[0]) if found else None

    @cached_property
    def _queries(self) -> dict[tuple[str, Key], list[Observation]]:
        found: dict[tuple[str, Key], list[Observation]] = defaultdict(list)
        for key in sorted(self._by_read):
            seen = self._by_read[key]
            if seen.read.verb is ReadKind.QUERY:
                found[seen.read.measure, seen.read.resource.key].append(seen)
        return found

    # ---- logs

    def log(self, pod: Resource, container: str, *, previous: bool = False) -> LogText | None:
        """The longest log of that container that was read, None if none was or could be."""
        found = self._logs.get((pod.key, container, previous), [])
        best = max(found, key=_length, default=None)
        if best is None:
            return None
        return LogText(pod, container, previous, best.text or "", best.read.key, best.cut, best.digest)

    @cached_property
    def _logs(self) -> dict[tuple[Key, str, bool], list[Observation]]:
        found: dict[tuple[Key, str, bool], list[Observation]] = defaultdict(list)
        for key in sorted(self._by_read):
            seen = self._by_read[key]
            if seen.read.verb is ReadKind.LOG and seen.found:
                where = (
                    ("Pod", seen.read.namespace, seen.read.name),
                    seen.read.container,
                    seen.read.previous,
                )
                found[where].append(seen)
        return found
