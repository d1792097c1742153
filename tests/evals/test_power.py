"""The numbers of repeats and scenarios that are asked for, against the rule that tells arms apart."""

from __future__ import annotations

import random

import pytest

from kubetriage.evals.power import FEWEST, detectable, needed
from kubetriage.evals.statistics import Comparison, Interval, Tries, compare


def pilot(scenarios: int, better: float, worse: float, repeats: int = 3) -> Comparison:
    """What a run would find of two arms whose rates are the same on every scenario, were it not for chance."""
    within = better * (1 - better) + worse * (1 - worse)
    return Comparison(scenarios, better - worse, Interval(0, 0), 0.5, 0, 0, 0.0, within, repeats)


def told_apart(scenarios: int, repeats: int, better: float, worse: float, runs: int = 60) -> float:
    """The share of runs in which `compare` tells two such arms apart."""
    found = 0
    for seed in range(runs):
        chance = random.Random(seed)
        first, second = (
            {
                str(n): Tries(sum(chance.random() < rate for _ in range(repeats)), repeats)
                for n in range(scenarios)
            }
            for rate in (better, worse)
        )
        pair = compare(first, second, seed, 300)
        assert pair is not None
        found += pair.decided
    return found / runs


@pytest.mark.parametrize(
    ("scenarios", "better", "worse"), [(5, 1.0, 0.2), (8, 1.0, 0.75), (8, 0.9, 0.6), (30, 0.9, 0.7)]
)
def test_what_is_asked_for_is_enough(scenarios: int, better: float, worse: float) -> None:
    """With the repeats, or the scenarios, that are asked for, `compare` sees the difference in three to four of
    five runs, with few scenarios too."""
    asked = needed(pilot(scenarios, better, worse), better - worse)
    assert asked is not None and asked.repeats is not None
    assert 0.55 <= told_apart(scenarios, asked.repeats, better, worse) <= 0.97
    assert 0.55 <= told_apart(asked.scenarios, 3, better, worse) <= 0.97


def test_too_few_scenarios_show_nothing() -> None:
    """Four scenarios that one arm always wins and the other never may be chance: no number of repeats helps,
    and a fifth scenario does."""
    for scenarios in range(1, FEWEST):
        found = pilot(scenarios, 1.0, 0.0)
        asked = needed(found, 1.0)
        assert asked is not None and asked.repeats is None and asked.scenarios == FEWEST
        assert detectable(found) is None
    assert told_apart(FEWEST - 1, 3, 1.0, 0.0, 20) == 0
    assert told_apart(FEWEST, 3, 1.0, 0.0, 20) == 1


def test_a_run_never_asks_for_less_than_it_had() -> None:
    """What could not be told apart by so many repeats is not said to take that many, or fewer."""
    chance = random.Random(4)
    undecided = 0
    for _ in range(60):
        first, second = (
            {str(n): Tries(sum(chance.random() < rate for _ in range(4)), 4) for n in range(12)}
            for rate in (0.9, 0.75)
        )
        pair = compare(first, second, 1, 300)
        assert pair is not None
        asked = needed(pair, pair.difference)
        if asked is None or pair.decided:
            continue
        undecided += 1
        assert asked.repeats is None or asked.repeats > 4
        assert asked.scenarios > 12
    assert undecided > 10


def test_the_larger_the_run_the_smaller_the_difference_it_shows() -> None:
    """More scenarios show smaller differences, and a difference that is shown needs no more than there is."""
    able = [detectable(pilot(scenarios, 0.9, 0.8)) for scenarios in (5, 10, 40, 160)]
    shown = [each for each in able if each is not None]
    assert len(shown) == 4 and shown == sorted(shown, reverse=True) and shown[-1] < 0.1
