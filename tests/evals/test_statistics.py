"""Intervals, paired comparisons and the repeats that they ask for."""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import fmean

import pytest

from kubetriage.evals.power import detectable, needed
from kubetriage.evals.statistics import (
    Comparison,
    Interval,
    Tries,
    compare,
    mean_interval,
    pass_at,
    pass_hat,
    pass_interval,
    pass_rate,
    quantile,
    wilson,
)

Draw = Callable[[random.Random], float]


def always(rate: float) -> Draw:
    return lambda chance: rate


def spread(good: float, bad: float) -> Draw:
    return lambda chance: chance.betavariate(good, bad)


def either(rate: float) -> Draw:
    """A scenario that is right in every repeat or in none."""
    return lambda chance: float(chance.random() < rate)


def drawn(draw: Draw, scenarios: int, repeats: int, chance: random.Random) -> list[Tries]:
    rates = [draw(chance) for _ in range(scenarios)]
    return [Tries(sum(chance.random() < rate for _ in range(repeats)), repeats) for rate in rates]


@pytest.mark.parametrize(
    ("draw", "truth", "scenarios", "repeats"),
    [
        (always(0.8), 0.8, 40, 1),
        (always(0.8), 0.8, 20, 5),
        (spread(4, 1), 0.8, 30, 3),
        (spread(0.5, 0.5), 0.5, 30, 3),
        (either(0.9), 0.9, 30, 3),
    ],
    ids=["one repeat", "repeats that do not differ", "some harder", "easy and hard", "repeats all alike"],
)
def test_intervals_of_a_rate_cover_it(draw: Draw, truth: float, scenarios: int, repeats: int) -> None:
    """Of 1,000 seeds, the interval holds the planted rate in at least 93 %, however repeats are alike."""
    covered = sum(
        truth in pass_interval(drawn(draw, scenarios, repeats, random.Random(seed))) for seed in range(1000)
    )
    assert covered >= 930


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize("rate", [0.9, 0.6])
def test_intervals_of_several_runs_cover_them(k: int, rate: float) -> None:
    """pass@k and pass^k of five repeats: of 600 seeds, the intervals hold the truth in at least 93 %."""
    held = {pass_at: 0, pass_hat: 0}
    for seed in range(600):
        tries = drawn(always(rate), 30, 5, random.Random(seed))
        any_right, all_right = ([of(k, each) for each in tries] for of in (pass_at, pass_hat))
        held[pass_at] += 1 - (1 - rate) ** k in mean_interval(any_right, len(any_right))
        held[pass_hat] += rate**k in mean_interval(all_right)
    assert held[pass_at] >= 0.93 * 600 and held[pass_hat] >= 0.93 * 600


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.03, 0.06])
def test_differences_in_few_scenarios_are_covered(share: float) -> None:
    """Arms that differ in one scenario of thirty, all one way: the skewed case, held in 93 % of 400 seeds."""
    covered = 0
    for seed in range(400):
        chance = random.Random(seed)
        lost = [chance.random() < share for _ in range(100)]
        first = {str(place): Tries(5, 5) for place in range(100)}
        second = {str(place): Tries(0 if each else 5, 5) for place, each in enumerate(lost)}
        found = compare(first, second, seed, resamples=400)
        assert found is not None
        covered += found.interval.low - 1e-9 <= share <= found.interval.high + 1e-9
    assert covered >= 0.93 * 400


@pytest.mark.slow
@pytest.mark.parametrize("scenarios", [10, 20, 60])
def test_differences_of_noisy_arms_are_covered(scenarios: int) -> None:
    """Arms alike but for a tenth of the scenarios, where one is far worse, five noisy repeats: held in 93 %."""
    covered = 0
    for seed in range(300):
        chance = random.Random(seed)
        bad = [chance.random() < 0.1 for _ in range(scenarios)]
        rates = [(0.98, 0.3 if each else 0.98) for each in bad]
        first, second = (
            {
                str(n): Tries(sum(chance.random() < pair[arm] for _ in range(5)), 5)
                for n, pair in enumerate(rates)
            }
            for arm in (0, 1)
        )
        found = compare(first, second, seed, resamples=300)
        assert found is not None
        covered += 0.068 in found.interval
    assert covered >= 0.93 * 300


def test_repeats_show_a_small_difference() -> None:
    """95 % against 100 % in sixty scenarios of five repeats each is seen in four of five runs."""
    seen = 0
    for seed in range(40):
        chance = random.Random(seed)
        first = {str(n): Tries(5, 5) for n in range(60)}
        second = {str(n): Tries(sum(chance.random() < 0.95 for _ in range(5)), 5) for n in range(60)}
        found = compare(first, second, seed, resamples=200)
        assert found is not None
        seen += found.decided
    assert seen >= 32


@pytest.mark.slow
def test_arms_that_are_alike_are_seldom_decided() -> None:
    """Of 300 pairs of arms with one rate in every scenario, about one in twenty is said to differ, at most."""
    decided = sure = 0
    for seed in range(300):
        chance = random.Random(seed)
        rates = [chance.betavariate(4, 1) for _ in range(60)]
        first, second = (
            {str(n): Tries(sum(chance.random() < rate for _ in range(5)), 5) for n, rate in enumerate(rates)}
            for _ in range(2)
        )
        found = compare(first, second, seed, resamples=400)
        assert found is not None
        decided += found.decided
        sure += found.better > 0.95
    assert decided <= 0.07 * 300 and sure <= 0.08 * 300


@pytest.mark.slow
@pytest.mark.parametrize("repeats", [1, 5])
@pytest.mark.parametrize(("first", "second"), [(0.9, 0.8), (0.7, 0.7)])
def test_intervals_of_a_difference_cover_it(first: float, second: float, repeats: int) -> None:
    """Of 1,000 seeds, the interval of a paired comparison holds the planted difference in at least 93 %."""
    covered = 0
    for seed in range(1000):
        chance = random.Random(seed)
        one, other = (
            {str(place): tries for place, tries in enumerate(drawn(always(rate), 40, repeats, chance))}
            for rate in (first, second)
        )
        found = compare(one, other, seed, resamples=200)
        assert found is not None
        covered += round(first - second, 6) in found.interval
    assert covered >= 930


def test_wilson_is_the_published_interval() -> None:
    """8 of 10 is 49.0 % to 94.3 %; 0 of 10 begins at 0 and ends at 27.8 %; nothing tells nothing."""
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(0, 0) == Interval(0.0, 1.0)


def test_repeats_that_are_all_alike_count_once() -> None:
    """Ten repeats of twenty deterministic scenarios are no surer than one of each."""
    once = [Tries(int(place < 16), 1) for place in range(20)]
    often = [Tries(10 * each.passed, 10) for each in once]
    one, ten = pass_interval(once), pass_interval(often)
    assert ten.high - ten.low >= one.high - one.low - 1e-9
    assert pass_rate(once) == pass_rate(often) == 0.8


def test_all_right_is_not_certain() -> None:
    """Without a single failure the interval ends at 1 and still begins below it, by scenarios not repeats."""
    found = pass_interval([Tries(5, 5)] * 20)
    assert found.high == 1.0
    assert wilson(10, 10).low < found.low < wilson(20, 20).low


@pytest.mark.parametrize(("passed", "ran", "k"), [(3, 5, 1), (3, 5, 2), (1, 4, 3), (0, 3, 2), (4, 4, 2)])
def test_pass_at_and_hat_are_what_drawing_gives(passed: int, ran: int, k: int) -> None:
    """pass@k and pass^k are the shares of all choices of k runs with one, and with all, right."""
    from itertools import combinations

    chosen = list(combinations([True] * passed + [False] * (ran - passed), k))
    assert pass_at(k, Tries(passed, ran)) == pytest.approx(fmean(any(each) for each in chosen))
    assert pass_hat(k, Tries(passed, ran)) == pytest.approx(fmean(all(each) for each in chosen))


def test_more_runs_than_there_are_say_nothing() -> None:
    """pass@k of fewer than k runs is refused, not extrapolated."""
    with pytest.raises(ValueError, match="2 runs say nothing of 3"):
        pass_at(3, Tries(1, 2))
    with pytest.raises(ValueError, match="say nothing"):
        pass_hat(3, Tries(2, 2))


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 2.5), (0.95, 3.85), (1.0, 4.0)])
def test_quantiles_lie_between_neighbours(share: float, value: float) -> None:
    """A quantile is read between the two values around it; of nothing there is none."""
    assert quantile([4, 1, 3, 2], share) == pytest.approx(value)
    assert quantile([], share) is None


def arms(better: int, worse: int, alike: int, repeats: int = 1) -> tuple[dict[str, Tries], dict[str, Tries]]:
    pairs = [(repeats, 0)] * better + [(0, repeats)] * worse + [(repeats, repeats)] * alike
    first = {str(place): Tries(pair[0], repeats) for place, pair in enumerate(pairs)}
    return first, {str(place): Tries(pair[1], repeats) for place, pair in enumerate(pairs)}


def compared(better: int, worse: int, alike: int, repeats: int = 1) -> Comparison:
    found = compare(*arms(better, worse, alike, repeats), seed=1)
    assert found is not None
    return found


def test_a_clear_difference_is_decided_and_a_small_one_is_not() -> None:
    """20 to 2 of 60 decides; 4 to 2 does not, and the probability says how far it leans."""
    clear, small = compared(20, 2, 38), compared(4, 2, 54)
    assert clear.decided and clear.better > 0.99
    assert clear.difference == pytest.approx(0.3)
    assert (clear.first_ahead, clear.second_ahead) == (20, 2)
    assert not small.decided and 0.6 < small.better < 0.95


def test_scenarios_that_all_agree_are_not_certainty() -> None:
    """Where no scenario differs the interval still has a width, and neither is the better one."""
    found = compared(0, 0, 20)
    assert found.interval.low < -0.02 and found.interval.high > 0.02
    assert found.better == pytest.approx(0.5, abs=0.03)


def test_a_comparison_is_the_same_each_time_and_turns_round() -> None:
    """One seed gives one result; with the arms exchanged the difference has the other sign."""
    first, second = arms(9, 3, 20)
    there, again, back = compare(first, second, 7), compare(first, second, 7), compare(second, first, 7)
    assert there == again and there is not None and back is not None
    assert back.difference == pytest.approx(-there.difference)
    assert back.better == pytest.approx(1 - there.better, abs=0.03)


def test_only_scenarios_of_both_are_compared() -> None:
    """A scenario that one arm never ran is left out; with none in common there is no comparison."""
    first = {"a": Tries(1, 1), "b": Tries(1, 1), "c": Tries(0, 0)}
    found = compare(first, {"b": Tries(0, 1), "c": Tries(1, 1)}, 1)
    assert found is not None and found.scenarios == 1 and found.difference == 1.0
    assert compare(first, {"c": Tries(1, 1)}, 1) is None


def test_repeats_help_against_noise_and_not_against_hard_scenarios() -> None:
    """What differs between repeats is averaged out by more; what differs between scenarios needs scenarios."""
    noisy_one = {str(place): Tries(4, 5) for place in range(40)}
    noisy_other = {str(place): Tries(3, 5) for place in range(40)}
    noisy = compare(noisy_one, noisy_other, 1)
    assert noisy is not None and noisy.between == 0.0
    asked = needed(noisy, 0.1)
    assert asked is not None and asked.repeats is not None and asked.repeats > 5
    hard = compared(6, 4, 30, repeats=5)
    asked = needed(hard, hard.difference)
    assert asked is not None and asked.repeats is None and asked.scenarios > 40


def test_no_difference_needs_no_number_of_repeats() -> None:
    """For arms that are alike nothing is asked for, and what the run could have shown is told."""
    found = compared(0, 0, 30)
    assert needed(found, found.difference) is None
    able = detectable(found)
    assert able is not None and 0 < able < 0.2


def test_a_rate_is_within_its_own_interval() -> None:
    """All right and none right too, whatever the last digit is rounded to."""
    for scenarios in range(1, 120):
        for passed in (0, 3):
            assert passed / 3 in pass_interval([Tries(passed, 3)] * scenarios)
