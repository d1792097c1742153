"""Which evidence fits into a prompt: what the findings point at first, the rest in a line each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from kubetriage.domain.evidence import Evidence, ReadKind
from kubetriage.domain.resource import Resource

_SHORT = 300
"""Characters of an excerpt that has no room for more."""
_FRAME = 140
"""Characters around an excerpt: its fence, its object and its time."""
_BRIEF = 2_000
"""Characters for what is only named."""


class Digest(NamedTuple):
    """Evidence cut to a budget of characters."""

    shown: tuple[Evidence, ...]
    """In the order of the ids."""
    brief: tuple[str, ...]
    """What was read too, a few words each."""


def digest_of(
    evidence: Sequence[Evidence],
    room: int,
    *,
    decisive: Collection[str],
    cited: Collection[str],
    primary: Resource | None,
) -> Digest:
    """Evidence in at most `room` characters: `decisive` ids first, the primary's, then what is `cited`."""

    def grade(item: Evidence) -> tuple[int, int]:
        number = int(item.id[1:])
        if item.id in decisive:
            return (0, number)
        if primary is not None and item.resource == primary:
            return (1, number)
        if item.id in cited:
            return (2, number)
        return (3 if item.cite.startswith(f"{ReadKind.LOG}|") or item.resource.kind == "Event" else 4, number)

    chosen: dict[str, Evidence] = {}
    brief: list[str] = []
    left = room - min(_BRIEF, room // 8)
    for item in sorted(evidence, key=grade):
        limit = min(len(item.excerpt), max(left - _FRAME, 0))
        if limit < min(len(item.excerpt), _SHORT):
            brief.append(f"{item.id} {item.resource}")
            continue
        cut = item.excerpt if limit == len(item.excerpt) else item.excerpt[:limit] + "…"
        chosen[item.id] = item.model_copy(update={"excerpt": cut})
        left -= len(cut) + _FRAME
    shown = tuple(chosen[item.id] for item in evidence if item.id in chosen)
    return Digest(shown, _within(brief, min(_BRIEF, room // 8)))


def _within(brief: Sequence[str], room: int) -> tuple[str, ...]:
    kept: list[str] = []
    for line in brief:
        room -= len(line) + 2
        if room < 20:
            return (*kept, f"+{len(brief) - len(kept)}")
        kept.append(line)
    return tuple(kept)
