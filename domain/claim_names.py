"""The names of a whole run: whose they are, and which of them a misspelt word is near to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import islice

from kubetriage.domain.claim_leaves import Told, told
from kubetriage.domain.events import about_key
from kubetriage.domain.kube import Obj
from kubetriage.domain.view import ClusterView

MAX_NAMES = 20_000
"""Objects whose names are looked at."""


class KnownNames:
    """Names of objects, namespaces and containers that a run has read or was told of."""

    def __init__(self, view: ClusterView) -> None:
        self._view = view
        self._told_by: dict[int, Told] = {}

    def told(self, obj: Obj) -> Told:
        """What an object says, read once however many claims cite it."""
        known = self._told_by.get(id(obj.raw))
        if known is None:
            known = self._told_by[id(obj.raw)] = told(obj.raw)
        return known

    @cached_property
    def places(self) -> Mapping[str, frozenset[str]]:
        """The namespaces in which something has a name; the empty one for what has none."""
        found: dict[str, set[str]] = defaultdict(set)
        for obj in islice(self._objects(), MAX_NAMES):
            found[obj.name.lower()].add(obj.namespace.lower())
            if obj.key[0] == "Event":
                _, space, name = about_key(obj)
                found[name.lower()].add(space.lower())
            owner = obj.controller
            if owner is not None:
                found[owner.name.lower()].add(obj.namespace.lower())
        for ref in self._asked():
            found[ref[1].lower()].add(ref[0].lower())
        found.pop("", None)
        return {name: frozenset(spaces) for name, spaces in found.items()}

    def _objects(self) -> Iterable[Obj]:
        for seen in self._view.observations:
            for raw in seen.objects:
                if isinstance(raw.get("metadata"), Mapping):
                    yield Obj(raw, kind=seen.read.kind, api_version=seen.read.api_version)

    def _asked(self) -> Iterable[tuple[str, str]]:
        """Namespaces and names that the alert tells, and those that were asked for in vain."""
        primary, subject = self._view.primary, self._view.subject.resource
        for ref in (primary, subject):
            if ref is not None:
                yield ref.namespace, ref.name
        for seen in self._view.observations:
            if seen.read.name:
                yield seen.read.namespace, seen.read.name

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """Every namespace that something was read of or in."""
        found = {space for spaces in self.places.values() for space in spaces}
        found |= {obj.name.lower() for obj in self._view.objects("Namespace")}
        found |= {seen.read.namespace.lower() for seen in self._view.observations}
        return frozenset(found - {""})

    @cached_property
    def _near(self) -> Nearness:
        words = {name for name in self.places if len(name) > 2} | {s for s in self.namespaces if len(s) > 2}
        for pod in islice(self._view.objects("Pod"), 500):
            words |= {str(c.get("name") or "").lower() for c in pod.items("spec", "containers")}
        return Nearness(words)

    def is_near(self, word: str) -> bool:
        """Whether a word (in lower case) is one of the names with one letter changed, too many or missing."""
        return self._near.holds(word)


class Nearness:
    """Words that are one slip away from one of many, found without looking at each."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(word for word in words if len(word) > 2)
        self._halves: dict[tuple[int, bool, str], list[str]] = defaultdict(list)
        for word in self._words:
            cut = len(word) // 2
            self._halves[len(word), False, word[:cut]].append(word)
            self._halves[len(word), True, word[cut:]].append(word)

    def holds(self, word: str) -> bool:
        """Whether a word is not one of them, but nearly."""
        if len(word) < 3 or word in self._words or self._is_form(word):
            return False
        cut = len(word) // 2
        near = [*self._half(len(word), False, word[:cut]), *self._half(len(word), True, word[cut:])]
        if any(sum(a != b for a, b in zip(word, other, strict=True)) == 1 for other in near[:2_000]):
            return True
        if len(word) < 5:
            return False
        swapped = (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))
        shorter = (word[:i] + word[i + 1 :] for i in range(len(word)))
        return any(w in self._words for w in (*swapped, *shorter)) or self._is_short_of_one(word)

    def _is_short_of_one(self, word: str) -> bool:
        """Whether one letter more makes it one of them."""
        size = len(word) + 1
        cut = size // 2
        near = [*self._half(size, False, word[:cut]), *self._half(size, True, word[cut - size :])]
        return any(other[:i] + other[i + 1 :] == word for other in near[:2_000] for i in range(size))

    def _half(self, size: int, second: bool, part: str) -> list[str]:
        return self._halves.get((size, second, part), [])

    def _is_form(self, word: str) -> bool:
        """`orders` of order and order of `orders`."""
        return f"{word}s" in self._words or (word.endswith("s") and word[:-1] in self._words)
