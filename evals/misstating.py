"""True claims made false by one character or one namespace, to measure how many a check of claims catches.

What counts as a value here is decided from the raw observations, not by the code that is measured.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from kubetriage.domain.diagnosing import Case
from kubetriage.domain.evidence import Observation, ReadKind
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import KINDS
from kubetriage.domain.view import ClusterView


class Slip(StrEnum):
    """What is changed."""

    DIGIT = "digit"
    LETTER = "letter"
    NAMESPACE = "namespace"


class Claim(NamedTuple):
    """A statement with the ids of the evidence that it cites."""

    statement: str
    evidence: tuple[str, ...]


class Misstatement(NamedTuple):
    """A claim with one thing changed."""

    slip: Slip
    claim: Claim
    before: str
    after: str
    still_true: bool
    """Whether the changed value is one of the same evidence, too: then nobody can tell."""


_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.:/@=+%-]*[A-Za-z0-9%])?")
_QUOTED = re.compile(r"“[^”]*”|`[^`]*`|\"[^\"]*\"")
_SPACE_NEAR = (
    re.compile(r"(?:namespace |命名空间 ?)([a-z0-9-]+)"),
    re.compile(r"([a-z0-9-]+) ?(?:namespace\b|命名空间)"),
)
_ELSEWHERE = ("default", "kube-system", "staging", "production", "team-a")
_AT_LEAST = re.compile(r"(?:more than|over|at least|longer than|超过|至少|多于) ?$", re.IGNORECASE)


def misstatements(claim: Claim, case: Case, chance: random.Random) -> Iterator[Misstatement]:
    """One of each kind of slip that the claim has a place for, at a place that chance chooses."""
    raw = raw_text(case, claim.evidence)
    names = _names(case.view)
    words = [
        (m.start(), m[0], _is_quoted(claim.statement, m.start())) for m in _WORD.finditer(claim.statement)
    ]
    digits = [(at + i, at, word) for at, word, _ in words for i, c in enumerate(word) if c.isdigit()]
    letters = [
        (at + i, at, word)
        for at, word, quoted in words
        if _is_value(word, quoted, raw, names)
        for i, c in enumerate(word)
        if c.isascii() and c.isalpha()
    ]
    for slip, places in ((Slip.DIGIT, digits), (Slip.LETTER, letters)):
        if places:
            place, at, word = chance.choice(places)
            yield _changed(claim, slip, place, at, word, raw, chance)
    spaces = list(_namespaces(claim.statement, case.view))
    if spaces:
        at, space = chance.choice(spaces)
        yield _moved(claim, at, space, case.view, raw, chance)


def _changed(
    claim: Claim, slip: Slip, place: int, at: int, word: str, raw: str, chance: random.Random
) -> Misstatement:
    said = claim.statement
    old = said[place]
    pool = "abcdefghijklmnopqrstuvwxyz" if slip is Slip.LETTER else "0123456789"
    if slip is Slip.DIGIT and place == at and len(word) > 1:
        pool = pool[1:]
    new = chance.choice([c for c in pool if c != old.lower()])
    new = new.upper() if old.isupper() else new
    statement = said[:place] + new + said[place + 1 :]
    after = statement[at : at + len(word)]
    short = after.isdigit() and len(after) < 3
    true = not short and _stands(after, raw)
    if slip is Slip.DIGIT and new < old and _AT_LEAST.search(said[:at]):
        true = True
    return Misstatement(slip, Claim(statement, claim.evidence), word, after, true)


def _moved(
    claim: Claim, at: int, space: str, view: ClusterView, raw: str, chance: random.Random
) -> Misstatement:
    known = {o.namespace for seen in view.observations for o in _objects(seen)} - {"", space}
    new = chance.choice(sorted(known) or [n for n in _ELSEWHERE if n != space])
    said = claim.statement
    statement = said[:at] + new + said[at + len(space) :]
    end = re.compile(r"[^\s，。；、（）“”,;()]*").match(statement, at)
    after = end[0] if end is not None else new
    return Misstatement(
        Slip.NAMESPACE, Claim(statement, claim.evidence), space, after, "/" in after and _stands(after, raw)
    )


def _namespaces(said: str, view: ClusterView) -> Iterator[tuple[int, str]]:
    """Where a namespace stands: before a name, or beside the word for it."""
    known = {o.namespace for seen in view.observations for o in _objects(seen)} - {""}
    for space in sorted(known):
        for match in re.finditer(rf"(?<![\w.:/@-]){re.escape(space)}(?=/[a-z0-9])", said):
            if not _is_quoted(said, match.start()):
                yield match.start(), space
    for pattern in _SPACE_NEAR:
        yield from ((m.start(1), m[1]) for m in pattern.finditer(said) if m[1] in known)


def _is_value(word: str, quoted: bool, raw: str, names: frozenset[str]) -> bool:
    """Whether a word is one of the evidence, and not one of the language."""
    if word in KINDS or not re.search("[A-Za-z]", word) or not _stands(word, raw):
        return False
    if re.search(r"[a-z][A-Z]|[0-9_:/=@]|\w\.\w", word) or quoted:
        return True
    return word.lower() in names


def _is_quoted(said: str, place: int) -> bool:
    return any(m.start() < place < m.end() for m in _QUOTED.finditer(said))


def _names(view: ClusterView) -> frozenset[str]:
    """Names of objects, namespaces and containers, in lower case."""
    found: set[str] = set()
    for seen in view.observations:
        for obj in _objects(seen):
            found |= {obj.name.lower(), obj.namespace.lower()}
            for path in (("spec", "containers"), ("spec", "template", "spec", "containers")):
                found |= {str(c.get("name") or "").lower() for c in obj.items(*path)}
    return frozenset(found - {""})


def _objects(seen: Observation) -> list[Obj]:
    if seen.read.verb not in (ReadKind.GET, ReadKind.LIST):
        return []
    return [Obj(raw, kind=seen.read.kind, api_version=seen.read.api_version) for raw in seen.objects]


def _stands(word: str, raw: str) -> bool:
    edge = "0-9" if re.fullmatch(r"[\d:]+", word) else "a-z0-9"  # `T18:15:00Z` holds the time 18:15
    return re.search(rf"(?<![{edge}]){re.escape(word.lower())}(?![{edge}])", raw) is not None


def raw_text(case: Case, ids: Sequence[str]) -> str:
    """Everything that was observed behind the ids, and the alert, in lower case."""
    cited = {e.cite: e for e in case.evidence if e.id in ids}
    parts = [f"{e.resource} {e.excerpt} {json.dumps(e.arguments)}" for e in cited.values()]
    view = case.view
    for seen in view.observations:
        whole = seen.read.key in cited
        parts += [seen.text or ""] if whole else []
        parts += [_dumped(dict(raw)) for raw in seen.objects] if whole else []
        parts += [_dumped(dict(o.raw)) for o in _objects(seen) if not whole and o.cite in cited]
    alert = view.alert
    parts += [alert.name, *alert.labels.values(), *alert.annotations.values(), str(view.primary)]
    return "\n".join(parts).lower().replace('\\"', '"')


def _dumped(raw: dict[str, Any]) -> str:
    return json.dumps(raw, ensure_ascii=False)
