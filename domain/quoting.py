"""Whether a text holds a quoted value, and not merely a longer one that contains it."""

from __future__ import annotations

import re
from itertools import pairwise


def holds(words: str, quote: str) -> bool:
    """Whether the value occurs, and not as a part of a longer number (`5Gi` in `15Gi`)."""
    before = r"(?<![0-9.])" if quote[:1].isdigit() else ""
    after = r"(?![0-9])" if quote[-1:].isdigit() else ""
    return re.search(before + re.escape(quote) + after, words) is not None


def squeezed(words: str) -> str:
    """Every run of white space as one blank: line breaks of a quotation do not matter."""
    return " ".join(words.split())


_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*[A-Za-z0-9]|[A-Za-z0-9]")
_REPEATED = 12
"""Characters that two following words have at least where they are somebody's words and not chance."""


def repeats(statement: str, words: str) -> bool:
    """Whether a statement repeats words of a text: two that follow each other there, long enough to tell."""
    spoken = " " + " ".join(_WORD.findall(words.lower())) + " "
    said = _WORD.findall(statement.lower())
    pairs = (f"{one} {two}" for one, two in pairwise(said))
    return any(len(pair) >= _REPEATED and f" {pair} " in spoken for pair in pairs)
