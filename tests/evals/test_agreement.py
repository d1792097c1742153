"""How far two judges agree."""

from __future__ import annotations

import random

import pytest

from kubetriage.evals.agreement import Counts, agreement_of, counts_of, in_words


def test_kappa_is_the_published_one() -> None:
    """Cohen's own kind of table: 20 and 15 agreed of 50, 5 and 10 not, is 0.40."""
    counts = Counts(both_right=20, both_wrong=15, only_first=5, only_second=10)
    assert counts.share == pytest.approx(0.7)
    assert counts.kappa == pytest.approx(0.4)


def test_kappa_is_none_where_there_is_nothing_to_agree_on() -> None:
    """Of nothing there is none, nor where both find everything right; chance alone is 0, contradiction -1."""
    assert Counts().kappa is None and Counts().share is None
    assert Counts(both_right=9).kappa is None
    assert Counts(25, 25, 25, 25).kappa == pytest.approx(0)
    assert Counts(0, 0, 10, 10).kappa == pytest.approx(-1)


def test_a_judge_that_finds_everything_right_has_no_merit() -> None:
    """It agrees on nine of ten where nine of ten are right, and its kappa is 0."""
    counts = counts_of([(True, True)] * 90 + [(False, True)] * 10)
    assert counts.share == 0.9 and counts.kappa == pytest.approx(0)


@pytest.mark.slow
def test_the_interval_covers_a_known_kappa() -> None:
    """With reports on one scenario all alike, scenarios are resampled: 93 of 100 intervals hold the truth."""
    covered = 0
    for seed in range(150):
        chance = random.Random(seed)
        by_scenario = {}
        for number in range(60):
            right = chance.random() < 0.5
            same = chance.random() < 0.8
            by_scenario[str(number)] = [(right, right if same else not right)] * 5
        found = agreement_of(by_scenario, seed)
        assert found.interval is not None
        covered += 0.6 in found.interval
    assert covered >= 0.9 * 150


def test_repeats_of_one_scenario_do_not_narrow_the_interval() -> None:
    """Five equal reports a scenario are no surer than one."""
    chance = random.Random(4)
    once = {str(n): [(chance.random() < 0.5, chance.random() < 0.5)] for n in range(30)}
    often = {name: pairs * 5 for name, pairs in once.items()}
    assert agreement_of(once, 1).interval == agreement_of(often, 1).interval


def test_agreement_is_said_in_a_sentence() -> None:
    """Counts, percentage, kappa with its interval, and who is laxer; without a kappa it says why."""
    found = agreement_of({"a": [(True, True), (False, True)], "b": [(False, False)]}, 1)
    said = in_words("graph m", found)
    assert (
        "2 of 3 reports (66.7 %)" in said and "kappa 0.40" in said and "1 right for the judge alone" in said
    )
    assert "no kappa" in in_words("x", agreement_of({"a": [(True, True)]}, 1))
    assert in_words("x", agreement_of({}, 1)) == "x: nothing was judged."
