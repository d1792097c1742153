"""The figures of a run, against planted rates."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterable

import pytest

from kubetriage.evals.cells import Cell, CellOutcome, Strategy
from kubetriage.evals.figure_values import ArmFigures, Figures
from kubetriage.evals.figures import figures_of
from kubetriage.evals.planted import Plant, planted_cells, planted_run, planted_scenarios

RULES = Plant(Strategy.RULES, "none", lambda chance: float(chance.random() < 0.8), 0.2)
SMALL = Plant(
    Strategy.GRAPH, "small", lambda chance: chance.betavariate(3, 1), 6.0, 0.001, "USD", (3000, 300)
)
BIG = Plant(Strategy.GRAPH, "big", lambda chance: chance.betavariate(9, 1), 14.0, 0.03, "CNY", (3000, 300))


def figured(plants: list[Plant], seed: int = 1, scenarios: int = 40, repeats: int = 3) -> Figures:
    run = planted_run(planted_scenarios(scenarios), repeats, plants)
    return figures_of(run, planted_cells(run, plants, seed))


def accuracy(arm: ArmFigures) -> tuple[object, ...]:
    shares = [(score.name, score.mean, score.rate) for score in arm.scores]
    return (arm.overall, arm.several, arm.wrong_with_confidence, arm.groups, shares)


def test_rates_are_those_of_the_cells() -> None:
    """pass@1 is the mean of the scenarios' rates; counts, groups and spots add up to it."""
    plants = [RULES, SMALL]
    run = planted_run(planted_scenarios(21), 3, plants)
    cells = list(planted_cells(run, plants, 1))
    figures = figures_of(run, cells)
    for arm in figures.arms:
        of_arm = [cell for cell in cells if cell.key.arm == (arm.strategy.value, arm.model)]
        passed = sum(cell.outcome is CellOutcome.PASS for cell in of_arm)
        assert (arm.overall.passed, arm.overall.ran) == (passed, 63)
        assert arm.overall.rate == pytest.approx(passed / 63)
        assert sum(spot.passed for spot in arm.scenarios.values()) == passed
        families = [group.rate for group in arm.groups if group.by == "family"]
        assert sum(rate.passed for rate in families) == passed
    assert figures.cells == len(cells)


def test_the_order_of_cells_does_not_matter() -> None:
    """Figures are the same for cells in any order."""
    plants = [RULES, SMALL, BIG]
    run = planted_run(planted_scenarios(12), 3, plants)
    cells = list(planted_cells(run, plants, 1))
    shuffled = random.Random(5).sample(cells, len(cells))
    one, other = figures_of(run, cells), figures_of(run, shuffled)
    assert [accuracy(arm) for arm in one.arms] == [accuracy(arm) for arm in other.arms]
    assert one.pairings == other.pairings


def test_cells_of_another_plan_are_left_out() -> None:
    """What stands in a folder from a run of more scenarios or repeats is in no figure."""
    run = planted_run(planted_scenarios(20), 3, [SMALL])
    cells = list(planted_cells(run, [SMALL], 1))
    smaller = run.model_copy(update={"scenarios": run.scenarios[:10], "repeats": 2})
    own = [cell for cell in cells if cell.key.scenario < "scenario-010" and cell.key.repeat < 3]
    assert len(own) == 20
    assert figures_of(smaller, cells) == figures_of(smaller, own)


def failing(cells: Iterable[Cell]) -> list[Cell]:
    """The cells with another try of each that could not be run."""
    failed = {"outcome": CellOutcome.COULD_NOT_RUN, "why": "The endpoint answered 503.", "scores": {}}
    return [
        each
        for cell in cells
        for each in (cell, cell.model_copy(update={**failed, "wrong_with_confidence": False}))
    ]


def test_what_could_not_be_run_changes_no_accuracy_figure() -> None:
    """As many cells again that could not be run leave every rate, interval and comparison as it is."""
    plants = [RULES, SMALL]
    run = planted_run(planted_scenarios(20), 3, plants)
    cells = list(planted_cells(run, plants, 1))
    calm, flaky = figures_of(run, cells), figures_of(run, failing(cells))
    assert [accuracy(arm) for arm in calm.arms] == [accuracy(arm) for arm in flaky.arms]
    assert calm.pairings == flaky.pairings
    assert [arm.could_not_run for arm in flaky.arms] == [60, 60]
    assert flaky.arms[0].reasons == {"The endpoint answered 503.": 60}


def test_a_flaky_endpoint_does_not_move_a_deterministic_rate() -> None:
    """Where every third cell could not be run, an arm that is the same each time keeps its rate."""
    calm, flaky = (
        figured([RULES._replace(flaky=share)], repeats=8, scenarios=30).arms[0] for share in (0.0, 0.3)
    )
    assert flaky.could_not_run > 40
    assert flaky.overall.scenarios == calm.overall.scenarios == 30
    assert flaky.overall.rate == pytest.approx(calm.overall.rate)
    assert [each.all_right for each in flaky.several[:2]] == pytest.approx([calm.overall.rate] * 2)


def test_a_flaky_endpoint_does_not_bend_rates() -> None:
    """Over many seeds, the mean rate with a third of the cells missing is the planted one."""
    found = [
        figured([SMALL._replace(flaky=0.3)], seed=seed, scenarios=30).arms[0].overall.rate
        for seed in range(60)
    ]
    rates = [rate for rate in found if rate is not None]
    assert len(rates) == 60
    assert sum(rates) / 60 == pytest.approx(0.75, abs=0.02)


def test_the_better_arm_is_found() -> None:
    """Of arms with planted rates of .75 and .9, the second is found to be better, with its money and time."""
    figures = figured([SMALL, BIG, RULES], scenarios=60, repeats=5)
    assert [arm.label for arm in figures.arms] == ["rules", "graph big", "graph small"]
    pair = next(
        each for each in figures.pairings if (each.first, each.second) == ("graph big", "graph small")
    )
    assert pair.found.decided and pair.found.better > 0.97
    assert 0.15 in pair.found.interval
    assert pair.times_as_long == pytest.approx(14 / 6, rel=0.2)
    assert figures.arms[1].money_per_diagnosis == {"CNY": pytest.approx(0.03)}
    assert figures.arms[1].seconds[0] == pytest.approx(14, rel=0.2)
    assert figures.arms[0].money == {} and figures.arms[0].model_calls == 0


def test_more_tries_are_right_more_often_and_all_right_more_seldom() -> None:
    """pass@k rises and pass^k falls with k, both from pass@1."""
    several = figured([SMALL], repeats=5).arms[0].several
    assert [each.k for each in several] == [1, 2, 3, 4, 5]
    assert several[0].any_right == pytest.approx(several[0].all_right)
    assert [each.any_right for each in several] == sorted(each.any_right for each in several)
    assert [each.all_right for each in several] == sorted((each.all_right for each in several), reverse=True)


def test_an_arm_that_never_ran_has_no_rate() -> None:
    """Where nothing could be run there is no rate, no comparison, and the reason is told."""
    figures = figured([RULES, SMALL._replace(flaky=1.1)], scenarios=5)
    arm = figures.arms[1]
    assert arm.overall.rate is None and arm.overall.ran == 0
    assert arm.seconds == (None, None) and figures.pairings == ()
    assert list(arm.reasons.values()) == [15]


@pytest.mark.slow
def test_reports_are_not_kept() -> None:
    """Ten times the cells do not take ten times the memory: reports of 50 kB each are let go."""

    def peak(repeats: int) -> int:
        run = planted_run(planted_scenarios(20), repeats, [RULES])
        cells = (
            cell.model_copy(update={"report": {"text": f"{place}" + "x" * 50_000}})
            for place, cell in enumerate(planted_cells(run, [RULES], 1))
        )
        tracemalloc.start()
        figures_of(run, cells)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(1)
    assert peak(100) < 3_000_000
