"""Where in a log the errors became more frequent: by time where its lines carry one, else by line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

BUCKETS = 64
"""Parts of equal length in which errors are counted."""
FEWEST = 5
"""Errors that make a burst."""
TIMES_MORE = 3.0
"""How much more frequent errors must be than before."""
SURE = 6.0
"""Logarithm of how much better a burst explains the errors than an even rate; 6 is a factor of 400."""
_BEFORE = 0.02
"""Part of the log that must lie before a burst, so that there is something to hold it against."""


class Burst(NamedTuple):
    """A stretch with more errors than before it, as places in the sequence of errors."""

    first: int
    """The first error of it."""
    last: int
    begins: float
    """Where it begins, in the unit of the positions."""
    ends: float
    lasting: bool
    """Whether it reaches the end."""


def burst_of(errors: Sequence[float], begin: float, end: float) -> Burst | None:
    """The stretch that stands out most: a scan statistic over equal parts of the time from `begin` to `end`.

    `errors` are the positions of the errors, ascending. None if none stands out, or only one that is there
    from the beginning.
    """
    whole = end - begin
    if len(errors) < FEWEST or whole <= 0:
        return None
    width = whole / BUCKETS
    counts = [0] * BUCKETS
    for at in errors:
        counts[min(max(int((at - begin) / width), 0), BUCKETS - 1)] += 1
    best = _densest(counts)
    if best is None:
        return None
    first, last = best
    before = sum(counts[:first])
    after = before + sum(counts[first : last + 1])
    reach = errors[before] - width
    while before and errors[before - 1] >= reach:
        before -= 1  # what set it off may stand just before the part in which it stands out
    inside, begins = after - before, errors[before]
    length = max((last + 1) * width - (begins - begin), width / 4)
    if begins - begin < _BEFORE * whole or inside < FEWEST:
        return None
    if inside / length < TIMES_MORE * before / (begins - begin):
        return None
    beyond = begin + (last + 1) * width
    return Burst(before, after - 1, begins, min(beyond, end), last == BUCKETS - 1)


def _densest(counts: Sequence[int]) -> tuple[int, int] | None:
    """The run of parts whose errors are least likely at an even rate (Kulldorff's scan statistic)."""
    total, parts = sum(counts), len(counts)
    best, found = SURE, None
    for first in range(parts):
        inside = 0
        if not counts[first]:
            continue
        for last in range(first, parts):
            inside += counts[last]
            if not counts[last] or (first, last) == (0, parts - 1):
                continue
            expected = total * (last - first + 1) / parts
            if inside <= expected:
                continue
            worth = inside * math.log(inside / expected)
            outside = total - inside
            if outside:
                worth += outside * math.log(outside / (total - expected))
            if worth > best:
                best, found = worth, (first, last)
    return found
