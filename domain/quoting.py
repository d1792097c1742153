"""Whether a text holds a quoted value, and not merely a longer one that contains it."""

from __future__ import annotations

import re


def holds(words: str, quote: str) -> bool:
    """Whether the value occurs, and not as a part of a longer number (`5Gi` in `15Gi`)."""
    before = r"(?<![0-9.])" if quote[:1].isdigit() else ""
    after = r"(?![0-9])" if quote[-1:].isdigit() else ""
    return re.search(before + re.escape(quote) + after, words) is not None


def squeezed(words: str) -> str:
    """Every run of white space as one blank: line breaks of a quotation do not matter."""
    return " ".join(words.split())
