"""Names that were probably meant: what a wrong reference looks like beside the names that exist."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

_SEPARATORS = re.compile(r"[-_.]+")
_ALIKE = 0.8
"""`SequenceMatcher` ratio from which two names are taken for a slip of the same one."""


def nearest(name: str, others: Iterable[str]) -> str:
    """The existing name that differs by a slip (letters, separators, a missing or added part), or empty."""
    best, best_score = "", 0.0
    for other in sorted(set(others)):
        score = _likeness(name, other)
        if other != name and score > best_score:
            best, best_score = other, score
    return best if best_score >= _ALIKE else ""


def _likeness(one: str, other: str) -> float:
    first, second = _parts(one), _parts(other)
    if "".join(first) == "".join(second) or sorted(first) == sorted(second):
        return 1.0
    shorter, longer = sorted((first, second), key=len)
    if shorter and set(shorter) < set(longer) and len("".join(shorter)) >= 3:
        return 0.9 if len(longer) - len(shorter) == 1 else _ALIKE
    return SequenceMatcher(None, one, other).ratio()


def _parts(name: str) -> list[str]:
    return [p for p in _SEPARATORS.split(name.lower()) if p]
