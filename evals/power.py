"""How many repeats or scenarios it takes to tell two arms apart, by the rule that tells them apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Final, NamedTuple

from kubetriage.evals.statistics import LEVEL, Comparison

POWER: Final = 0.8
"""The chance of seeing a difference that is there, which these numbers are reckoned for."""
FEWEST: Final = 5
"""Scenarios with which two arms can be told apart at all: fewer that all agree may be chance."""
MOST: Final = 1_000_000
"""Repeats or scenarios; where these are not enough, none are."""

_Z: Final = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2)
_Z_POWER: Final = NormalDist().inv_cdf(POWER)


class Needed(NamedTuple):
    """What it takes to tell two arms apart, with a chance of `POWER` to see the difference if it is there."""

    difference: float
    """The difference that is to be seen."""
    repeats: int | None
    """Of each of these scenarios; None if no number of repeats is enough."""
    scenarios: int
    """Scenarios like these, with the repeats there were; `MOST` for that many or more."""


def needed(found: Comparison, difference: float) -> Needed | None:
    """What it takes to see such a difference; None for none at all.

    Where there was one repeat only, what lies between scenarios and what within cannot be told apart: all of
    it is taken as between them, and more scenarios are asked for.
    """
    if not difference:
        return None
    size, between, within = abs(difference), found.between, found.within

    def by_repeats(repeats: int) -> bool:
        return _shown(size, between + within / repeats, found.scenarios, repeats)

    def by_scenarios(scenarios: int) -> bool:
        return _shown(size, between + within / found.repeats, scenarios, found.repeats)

    return Needed(difference, _least(by_repeats, 1), _least(by_scenarios, FEWEST) or MOST)


def detectable(found: Comparison) -> float | None:
    """The smallest difference that so many scenarios and repeats show with a chance of `POWER`.

    None where even the largest would not be shown: there are too few scenarios.
    """
    # One scenario in which the arms differ is the least that can be between them.
    spread = max(found.between + found.within / found.repeats, 1 / found.scenarios)
    percents = range(1, 101)
    return next(
        (each / 100 for each in percents if _shown(each / 100, spread, found.scenarios, found.repeats)), None
    )


def _least(enough: Callable[[int], bool], least: int) -> int | None:
    """The smallest number from `least` on that is enough; None if even `MOST` is not."""
    low, high = least, MOST
    if not enough(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def _shown(difference: float, spread: float, scenarios: int, repeats: float) -> bool:
    """Whether `compare` sees a true difference with a chance of `POWER`; `spread` the variance of one's.

    It is its bootstrap reckoned instead of drawn, made-up scenarios included: without them, numbers would be
    asked for that are too small to exclude 0 where scenarios are few.
    """
    seen = difference - _Z_POWER * math.sqrt(spread / scenarios)
    if scenarios < FEWEST or seen <= 0:
        return False
    squares = min(1.0, difference**2 + spread)
    drawn = scenarios + 2
    made_up = math.sqrt(squares / (1 - _alike(difference, spread, repeats)))
    mean = scenarios * seen / drawn
    error = (scenarios * (spread + seen**2) + 2 * min(1.0, made_up)) / drawn - mean**2
    return mean > _Z * math.sqrt(error / drawn)


def _alike(difference: float, spread: float, repeats: float) -> float:
    """About how many scenarios show no difference at all: rates are multiples of one in `repeats`."""
    most = max(0.0, 1 - difference**2 - spread)
    if not spread:
        return 0.0
    return min(most, math.exp(-(difference**2) / (2 * spread)) / (repeats * math.sqrt(2 * math.pi * spread)))
