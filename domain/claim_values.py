"""A piece of a claim that says how much, how many, how long or when, and how exactly it means it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Final, NamedTuple


class Value(NamedTuple):
    words: str
    start: int
    end: int
    supported: bool


class Meant(Enum):
    """What a number stands for: itself, about so much, more than that, or less."""

    EXACTLY = "exactly"
    ABOUT = "about"
    MORE = "more"
    LESS = "less"


_ABOUT: Final = re.compile(
    r"(?:\babout|\baround|\bapproximately|\bapprox\.?|\broughly|\bnearly|\balmost|\bclose to|[~≈]"
    r"|约为?|大约|接近|近|将近|左右) ?$",
    re.IGNORECASE,
)
_MORE: Final = re.compile(
    r"(?:\bmore than|\bover|\bat least|\blonger than|\babove|\bexceed(?:s|ed|ing)?|\bgreater than"
    r"|>=?|≥|超过|至少|多于|大于|高达|不少于) ?$",
    re.IGNORECASE,
)
_LESS: Final = re.compile(
    r"(?:\bless than|\bunder|\bat most|\bbelow|\bfewer than|\bup to"
    r"|<=?|≤|不到|不足|少于|小于|低于|至多|最多) ?$",
    re.IGNORECASE,
)
_ROUGHLY: Final = 0.06
"""How far `about` may be off, of the value."""


def meant(before: str) -> Meant:
    """How the words in front of a number make it be meant."""
    end = before[-24:]
    for pattern, found in ((_ABOUT, Meant.ABOUT), (_MORE, Meant.MORE), (_LESS, Meant.LESS)):
        if pattern.search(end):
            return found
    return Meant.EXACTLY


def fits(said: float, known: Iterable[float], slack: float, how: Meant) -> bool:
    """Whether one of the known values is what was said, `slack` being how exactly it was written.

    `more than 10` fits somewhat more, not anything: far more would be said otherwise.
    """
    match how:
        case Meant.ABOUT:
            slack = max(slack, abs(said) * _ROUGHLY)
        case Meant.MORE:
            return any(said - slack <= other <= max(1.6 * said, said + 2) + slack for other in known)
        case Meant.LESS:
            return any(0.7 * said - slack <= other <= said + slack for other in known)
        case _:
            pass
    return any(abs(said - other) <= slack for other in known)
