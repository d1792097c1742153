"""Where any of a few dozen stems stands in a text, also in one of ten million characters.

An alternation of them makes the regular expression engine stop at every letter that one of them begins with.
Looking for each by itself is several times faster, and a stem of which not even the head stands in the text
costs nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_SHORT = 10_000
"""Characters up to which the alternation is the faster of the two."""


class Stems:
    """A set of stems, none of which can overlap with itself."""

    def __init__(self, stems: Sequence[str], heads: Sequence[str] = ()) -> None:
        """Of two stems at one place the one that stands first in `stems` counts. `heads` are parts that
        several stems have in common."""
        self._any = re.compile("|".join(map(re.escape, stems)))
        self._rank = {stem: rank for rank, stem in enumerate(stems)}
        under = {head: tuple(stem for stem in stems if head in stem) for head in heads}
        self._common = {head: found for head, found in under.items() if len(found) > 1}
        held = {stem for found in self._common.values() for stem in found}
        self._alone = tuple(stem for stem in stems if stem not in held)

    def occur_in(self, text: str) -> bool:
        """Whether any of them stands in the text."""
        if len(text) < _SHORT:
            return self._any.search(text) is not None
        return bool(self.those_in(text))

    def those_in(self, text: str) -> tuple[str, ...]:
        """The stems that stand in the text; of a short one all, as looking costs more than it spares."""
        if len(text) < _SHORT:
            return tuple(self._rank)
        found = {stem for stem in self._alone if (stem.isascii() or not text.isascii()) and stem in text}
        for head, stems in self._common.items():
            if head in text:
                found.update(stem for stem in stems if stem in text)
        return tuple(sorted(found, key=self._rank.__getitem__))

    def places(self, text: str, only: Sequence[str] | None = None) -> Iterator[tuple[int, str]]:
        """Where they stand and which it is, from left to right, none overlapping the one before it.

        `only` are those that can stand in the text, where that is known.
        """
        if len(text) < _SHORT:
            yield from ((hit.start(), hit[0]) for hit in self._any.finditer(text))
            return
        found: list[tuple[int, int, str]] = []
        for stem in self.those_in(text) if only is None else only:
            at, rank = text.find(stem), self._rank[stem]
            while at >= 0:
                found.append((at, rank, stem))
                at = text.find(stem, at + len(stem))
        found.sort()
        done = 0
        for at, _, stem in found:
            if at >= done:
                yield at, stem
                done = at + len(stem)
