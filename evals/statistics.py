"""How sure a figure is: intervals, paired comparisons, and the repeats that it takes to tell two arms apart.

A scenario is drawn from all that could happen, a repeat from all that a model could say of it. Repeats of one
scenario resemble each other, so intervals count scenarios first.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from statistics import NormalDist, fmean, variance
from typing import Final, NamedTuple

LEVEL: Final = 0.95
RESAMPLES: Final = 4000

_Z: Final = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2)


class Interval(NamedTuple):
    """A 95 % interval."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, (int, float)) and self.low <= value <= self.high


class Tries(NamedTuple):
    """How often a scenario was run, and how often well; what could not be run is in neither."""

    passed: int
    ran: int

    @property
    def rate(self) -> float:
        return self.passed / self.ran


# ---- a rate


def wilson(passed: float, ran: float, z: float = _Z) -> Interval:
    """Wilson's score interval for a rate (Wilson 1927); all that is possible where nothing ran."""
    if ran <= 0:
        return Interval(0.0, 1.0)
    rate = passed / ran
    middle = rate + z * z / (2 * ran)
    half = z * math.sqrt(rate * (1 - rate) / ran + z * z / (4 * ran * ran))
    scale = 1 + z * z / ran
    # The rate itself is always within, whatever the last digit was rounded to.
    return Interval(
        min(rate, max(0.0, (middle - half) / scale)), max(rate, min(1.0, (middle + half) / scale))
    )


def pass_rate(tries: Sequence[Tries]) -> float | None:
    """pass@1: the mean of the scenarios' rates; each scenario counts alike. None where nothing ran."""
    rates = [each.rate for each in tries if each.ran]
    return fmean(rates) if rates else None


def pass_interval(tries: Sequence[Tries]) -> Interval:
    """The interval of `pass_rate`: of the mean of the scenarios' rates."""
    ran = [each for each in tries if each.ran]
    return mean_interval([each.rate for each in ran], sum(each.ran for each in ran))


def mean_interval(shares: Sequence[float], tries: int | None = None) -> Interval:
    """The interval of the mean of shares, one a scenario; `tries` of a coin were made for all of them.

    Wilson's, with as many independent tries as the spread between scenarios says there were (the design
    effect, after Korn and Graubard 1998): between one a scenario and all of them. Student's t in place of the
    normal quantile keeps it at 95 % where Wilson's own falls below with few scenarios. Without `tries` the
    shares are none of a coin's, and the spread alone says.
    """
    scenarios = len(shares)
    if not scenarios:
        return wilson(0, 0)
    rate, independent = fmean(shares), float(scenarios)
    most = math.inf if tries is None else float(tries)
    # Without a success or a failure, or with one scenario, nothing tells whether repeats are alike.
    if most > scenarios > 1 and 0 < rate < 1:
        spread = variance(shares)
        fitting = rate * (1 - rate) * scenarios / spread if spread else most
        # Where not even the spread says how many: no more than if they were equal.
        independent = float(scenarios) if math.isinf(fitting) else min(most, max(float(scenarios), fitting))
    return wilson(rate * independent, independent, _t(scenarios - 1))


def _t(freedom: int) -> float:
    """Student's t for `LEVEL`, by its expansion in 1/freedom (Abramowitz and Stegun 26.7.5).

    Below four degrees it would make an interval of everything: there Wilson's own width is enough.
    """
    z, n = _Z, max(4, freedom)
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )


def pass_at(k: int, tries: Tries) -> float:
    """pass@k: the chance that one of k runs is right, unbiased (Chen et al. 2021).

    Raises `ValueError` for fewer than k runs.
    """
    _enough(k, tries)
    return 1 - math.comb(tries.ran - tries.passed, k) / math.comb(tries.ran, k)


def pass_hat(k: int, tries: Tries) -> float:
    """pass^k: the chance that all of k runs are right, unbiased (Yao et al. 2024).

    Raises `ValueError` for fewer than k runs.
    """
    _enough(k, tries)
    return math.comb(tries.passed, k) / math.comb(tries.ran, k)


def _enough(k: int, tries: Tries) -> None:
    if not 1 <= k <= tries.ran:
        raise ValueError(f"{tries.ran} runs say nothing of {k}")


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that so large a share of values does not exceed, between neighbours by proportion."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


# ---- two arms


class Comparison(NamedTuple):
    """Two arms on the scenarios that both ran."""

    scenarios: int
    difference: float
    """Mean over scenarios of the first arm's rate less the second's."""
    interval: Interval
    better: float
    """The probability that the first is better, on scenarios like these."""
    first_ahead: int
    """Scenarios in which the first has the higher rate."""
    second_ahead: int
    between: float
    """Variance between scenarios of the true difference."""
    within: float
    """Variance of one repeat's difference within a scenario."""
    repeats: float
    """Repeats that each arm had of a scenario, on average."""

    @property
    def decided(self) -> bool:
        """Whether the interval excludes that the two are alike."""
        return not self.interval.low <= 0 <= self.interval.high


def compare(
    first: Mapping[str, Tries], second: Mapping[str, Tries], seed: int, resamples: int = RESAMPLES
) -> Comparison | None:
    """Two arms by scenario name; None where no scenario ran in both.

    The interval is a paired bootstrap over scenarios. Two made-up scenarios, one that each arm wins, are
    drawn with them (after Bonett and Price 2012): without them, a few scenarios that all agree would be
    certainty. It errs on the wide side, and less so the more repeats there are.
    """
    names = sorted(name for name, tries in first.items() if tries.ran and name in second and second[name].ran)
    if not names:
        return None
    pairs = [(first[name], second[name]) for name in names]
    differences = [one.rate - other.rate for one, other in pairs]
    interval, better = _bootstrap(differences, seed, resamples)
    within = fmean(_noise(one) + _noise(other) for one, other in pairs)
    repeats = fmean((one.ran + other.ran) / 2 for one, other in pairs)
    spread = variance(differences) if len(differences) > 1 else 0.0
    return Comparison(
        scenarios=len(names),
        difference=fmean(differences),
        interval=interval,
        better=better,
        first_ahead=sum(each > 0 for each in differences),
        second_ahead=sum(each < 0 for each in differences),
        between=max(0.0, spread - within / repeats),
        within=within,
        repeats=repeats,
    )


def _bootstrap(differences: Sequence[float], seed: int, resamples: int) -> tuple[Interval, float]:
    chance = random.Random(seed)
    made_up = _made_up(differences)
    drawn_from = [*differences, made_up, -made_up]
    size = len(drawn_from)
    means = sorted(sum(chance.choices(drawn_from, k=size)) / size for _ in range(resamples))
    tail = (1 - LEVEL) / 2
    low, high = quantile(means, tail), quantile(means, 1 - tail)
    assert low is not None and high is not None
    above, level = sum(each > 1e-12 for each in means), sum(abs(each) <= 1e-12 for each in means)
    return Interval(low, high), (above + level / 2) / resamples


def _made_up(differences: Sequence[float]) -> float:
    """By how much each arm wins its made-up scenario.

    Wholly, where scenarios differ wholly or not at all, as single runs do. Where repeats have shown that they
    differ by a little, halfway (geometrically) between that and all: with that little alone, scenarios that
    differ wholly and have not come up would be forgotten, and with all, differences that many repeats show
    would be drowned. By simulation that covers 95 % in both cases.
    """
    squares = [each * each for each in differences if each]
    return fmean(squares) ** 0.25 if squares else 1.0


def _noise(tries: Tries) -> float:
    """The variance of a single run, unbiased; 0 where there was only one, which tells nothing of it."""
    return tries.rate * (1 - tries.rate) * tries.ran / (tries.ran - 1) if tries.ran > 1 else 0.0
