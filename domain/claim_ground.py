"""What a claim may say: the words, values and names that the evidence it cites holds.

Made once for each set of citations from the whole observations behind them, not only from their excerpts, and
from what the rules found in this evidence and no other: a count that a rule computed is a fact, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from kubetriage.domain.claim_leaves import Leaf, leaves
from kubetriage.domain.claim_names import KnownNames
from kubetriage.domain.evidence import ASKS_PROMETHEUS, Evidence, Observation, ReadKind
from kubetriage.domain.hypotheses import Hypothesis
from kubetriage.domain.kube import Obj, containers
from kubetriage.domain.quoting import squeezed
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import ClusterView

MAX_OBJECTS = 100
"""Objects of a cited list that are looked at."""
MAX_LOG = 200_000
"""Characters of a cited log that are looked at, from its end."""
MAX_TEXT = 1_500_000
"""Characters that one set of citations may come to."""
_MARKS = str.maketrans("", "", "\"'“”‘’`")


class Ground:
    """The evidence that one claim stands on."""

    def __init__(
        self,
        cited: Sequence[Evidence],
        view: ClusterView,
        findings: Sequence[Hypothesis] = (),
        known: KnownNames | None = None,
    ) -> None:
        self.view = view
        self.known = known or KnownNames(view)
        self.cited = tuple(cited)
        ids = {item.id for item in cited}
        self.findings = [each for each in findings if each.evidence and ids.issuperset(each.evidence)]
        self.sentences: list[str] = []
        """What people and programs wrote: messages, lines of logs, excerpts, findings."""
        self.leaves: list[Leaf] = []
        self.objects: list[Obj] = []
        self.seen: list[Observation] = []
        """The observations that are cited as a whole."""
        self.told: list[str] = []
        """What several fields tell together, as people write it."""
        self._values: list[str] = []
        self._gather()

    # ---- what is cited

    def _gather(self) -> None:
        for item in self.cited:
            self.sentences += [str(item.resource), item.excerpt]
            self._values += _words_of(item.arguments)
        for each in self.findings:
            statement = each.finding.statement
            self.sentences += [statement.en, statement.zh, str(each.finding.culprit or "")]
        alert = self.view.alert
        self.sentences += [alert.name, *alert.labels.values(), *alert.annotations.values()]
        self._values += [f"{name}={value}" for name, value in alert.labels.items()]
        self._values += [str(ref) for ref in self.always]
        room = MAX_TEXT
        for seen in self._observed():
            if seen.text is not None:
                self.sentences.append(seen.text[-min(MAX_LOG, max(room, 0)) :] if room > 0 else "")
                room -= len(self.sentences[-1])
        for obj in self.objects:
            if room <= 0:
                break
            said = self.known.told(obj)
            self.leaves += said.leaves
            self._values += said.values
            self.told += said.together
            room -= said.size
            self._values += [str(ref) for ref in self.view.owners(obj.ref)]

    def _observed(self) -> Iterator[Observation]:
        """The observations behind the citations; their objects are collected on the way."""
        wanted = {item.cite for item in self.cited}
        found: dict[tuple[str, str, str], Obj] = {}
        for seen in self.view.observations:
            whole = seen.read.key in wanted
            if whole:
                self.seen.append(seen)
                yield seen
            if seen.read.verb is ReadKind.LOG or not seen.objects:
                continue
            if whole:
                for number, raw in enumerate(seen.objects[:MAX_OBJECTS]):
                    obj = Obj(raw, kind=seen.read.kind, api_version=seen.read.api_version)
                    unnamed = seen.read.verb in ASKS_PROMETHEUS or seen.read.verb is ReadKind.TOP
                    found.setdefault((seen.read.key, "", str(number)) if unnamed else obj.key, obj)
        for item in self.cited:
            known = self.view.find(item.resource) if item.cite.startswith("object|") else None
            if known is not None:
                found[known.key] = known
        self.objects = list(found.values())

    @cached_property
    def always(self) -> tuple[Resource, ...]:
        """What a claim may name without citing it: the alert's object and what owns it."""
        primary = self.view.primary
        if primary is None:
            return ()
        return tuple(dict.fromkeys((primary, *self.view.owners(primary), self.view.workload(primary))))

    # ---- as words

    @cached_property
    def hay(self) -> str:
        """Everything as one text, in lower case, quotation marks unescaped."""
        joined = squeezed("\n".join([*self.sentences, *dict.fromkeys([*self._values, *self.told])])).lower()
        return joined.replace('\\"', '"').replace("\\\\", "\\")

    @cached_property
    def bare(self) -> str:
        """The same without quotation marks."""
        return squeezed(self.hay.translate(_MARKS))

    def stands(self, word: str) -> bool:
        """Whether a word (in lower case) stands there, and not as a part of a longer one."""
        return stands(word, self.hay)

    @cached_property
    def keys(self) -> Mapping[str, frozenset[str]]:
        """The values (in lower case) of each field of the cited objects, by its name in lower case."""
        found: dict[str, set[str]] = defaultdict(set)
        for leaf in self.leaves:
            value = str(leaf.value).lower() if leaf.value is not None else "null"
            for key in leaf.path:
                found[key.lower()]
            found[leaf.key.lower()].add(value[:300])
        return {key: frozenset(values) for key, values in found.items()}

    # ---- as names

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """The namespaces of what is cited and of the alert's object."""
        found = {item.resource.namespace for item in self.cited} | {obj.namespace for obj in self.objects}
        found |= {ref.namespace for ref in self.always} | {self.view.subject.namespace}
        return frozenset(found - {""})

    @cached_property
    def values(self) -> frozenset[str]:
        """Single words that are the whole value of a field, and the names of what is cited."""
        found = {
            leaf.value.lower()
            for leaf in self.leaves
            if isinstance(leaf.value, str) and 2 < len(leaf.value) < 64 and " " not in leaf.value
        }
        for obj in self.objects:
            if obj.ref.kind == "Pod":
                found |= {each.name.lower() for each in containers(obj)}
        return frozenset(found)


def stands(word: str, hay: str) -> bool:
    """Whether a word stands in a text, and not as a part of a longer word or number; both in lower case."""
    if not word:
        return False
    at = hay.find(word)
    while at >= 0:
        if not _joins(hay, at - 1, word[0], -1) and not _joins(hay, at + len(word), word[-1], 1):
            return True
        at = hay.find(word, at + 1)
    return False


def _joins(hay: str, place: int, edge: str, step: int) -> bool:
    """Whether the character at a place makes one word or number with the edge of what was found."""
    if not 0 <= place < len(hay) or not (edge.isascii() and edge.isalnum()):
        return False
    char = hay[place]
    if (char.isascii() and char.isalnum()) or char == "_":
        return True
    beyond = place + step
    dotted = char == "." and edge.isdigit() and 0 <= beyond < len(hay)
    return dotted and hay[beyond].isdigit()


def _words_of(value: Any) -> list[str]:
    return [str(leaf.value) for leaf in leaves(value)]
