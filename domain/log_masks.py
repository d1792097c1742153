"""Lines without what differs from one occurrence to the next: numbers, ids, addresses, times."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

_VARIABLE = re.compile(r"(?<![A-Za-z])(?:0x)?[a-fA-F]{0,16}[0-9][0-9a-fA-F.:,/_-]*")
"""A number or what looks like one: `17`, `0.3`, `10.0.0.1:80`, `2026-03-01`, a hexadecimal id, a UUID."""

_NUMBER = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|0x[0-9a-fA-F]+|\b(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,}\b"
    r"|[0-9]+(?:[.:,/_T-]?[0-9]+)*(?:Z\b)?"
)
"""The same more exactly, which takes several times as long."""


def masked(text: str) -> str:
    """The text without its numbers and ids: texts that say the same become equal."""
    return _VARIABLE.sub("*", text)


def shown_masked(text: str) -> str:
    """The text with `<*>` for each of its numbers and ids, for people."""
    return _NUMBER.sub("<*>", text)


class Vocabulary:
    """The words that many of a log's lines have: what stands between them are names and other values."""

    def __init__(self, lines: Collection[str]) -> None:
        """`lines` are masked, and each is unlike the others."""
        count = Counter(word for line in lines for word in set(line.split()))
        least = max(len(lines) // 100, 3)
        self._common = {word for word, times in count.items() if times >= least and _LETTERS.search(word)}

    def coarse(self, line: str) -> str:
        """The line with a mark for every other word; empty if too little is left to tell it by."""
        words = line.split()
        kept = [word if word in self._common else "*" for word in words]
        told = len(kept) - kept.count("*")
        return " ".join(kept) if told >= 2 and told * 10 >= 3 * len(words) else ""


_LETTERS = re.compile(r"[^\W\d_]{2}")


def holds_value(words: str, value: str) -> bool:
    """Whether a value stands in the words, and not as part of a longer number (`10.0.0.1` in `10.0.0.12`)."""
    at = words.find(value)
    while at >= 0:
        end = at + len(value)
        before, after = words[at - 1 : at], words[end : end + 1]
        inside = (before.isdigit() and value[0].isdigit()) or (after.isdigit() and value[-1].isdigit())
        if not inside:
            return True
        at = words.find(value, at + 1)
    return False
