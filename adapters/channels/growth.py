"""How large what a template computes would become, worked out before it is computed.

One call of a filter or of a method is one step of C that no clock can end: `replace` makes gigabytes of two
short texts, and printing a list that holds one text ten thousand times makes as many copies of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

LONGEST = 200_000
"""Characters that a template may write, and that one value in it may have."""
MOST = 4_000_000
"""Characters that one step may make: more than the whole of a report as JSON."""
_DEEPEST = 50


def weight(value: Any, limit: int = MOST, depth: int = 0) -> int:
    """Characters of all the texts in a value, at least one an item; counts no further than the limit."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return max(1, value.bit_length() // 3)
    if not isinstance(value, Mapping | list | tuple | set | frozenset) or depth > _DEEPEST:
        return 1 if depth <= _DEEPEST else limit + 1
    parts: Iterable[Any] = value
    if isinstance(value, Mapping):
        parts = (each for pair in value.items() for each in pair)
    total = 1
    for each in parts:
        total += weight(each, limit, depth + 1)
        if total > limit:
            break
    return total


def _replaced(subject: Any, given: list[Any]) -> int:
    text, new = str(subject), str(given[1]) if len(given) > 1 else ""
    found = text.count(str(given[0])) if given else 0
    return len(text) + found * len(new)


def _filled(subject: Any, given: list[Any]) -> int:
    text = str(subject)
    return len(text) + max(text.count("%"), text.count("{")) * sum(map(weight, given))


def _joined(subject: Any, given: list[Any]) -> int:
    """Of the filter the subject is the list, of the method it is what stands between."""
    texts = [len(each) for each in (subject, *given) if isinstance(each, str)]
    return sum(map(weight, given)) * max(texts, default=1) + weight(subject) * max(texts, default=1)


def _times_number(subject: Any, given: list[Any]) -> int:
    """As if each character were a line or a tab."""
    wide = [each if isinstance(each, int) else len(each) for each in given if isinstance(each, int | str)]
    return weight(subject) * max(1, *wide, 1)


def _times_text(subject: Any, given: list[Any]) -> int:
    return weight(subject) * max(1, *(weight(each) for each in given if not isinstance(each, int)), 1)


GROWTH: Mapping[str, Callable[[Any, list[Any]], int]] = {
    "replace": _replaced,
    "format": _filled,
    "format_map": _filled,
    "join": _joined,
    "expandtabs": _times_number,
    "indent": _times_number,
    "tojson": _times_number,
    "translate": _times_text,
    "wordwrap": _times_text,
}
"""Filters and methods whose result can be larger than all that they are given."""


def too_large(name: str, subject: Any, given: Iterable[Any]) -> bool:
    """Whether a filter or a method of that name would make more of these than one step may."""
    arguments = list(given)
    if weight(subject) + sum(map(weight, arguments)) > MOST:
        return True
    growth = GROWTH.get(name)
    return growth is not None and growth(subject, arguments) > MOST
