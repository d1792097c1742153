"""Whether a run may go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import Cell, CellOutcome, Run, Strategy
from kubetriage.evals.figures import figures_of
from kubetriage.evals.gating import Gate, baseline_of, baseline_text, gate, read_baseline
from kubetriage.evals.planted import Plant, planted_cells, planted_run, planted_scenarios

GOOD = Plant(Strategy.RULES, "none", lambda chance: 1.0, 0.2)


def planted(plant: Plant = GOOD, scenarios: int = 30) -> tuple[Run, list[Cell]]:
    run = planted_run(planted_scenarios(scenarios), 2, [plant])
    return run, list(planted_cells(run, [plant], 1))


def gated(run: Run, cells: list[Cell], **options: object) -> Gate:
    return gate(run, figures_of(run, cells), **options)  # type: ignore[arg-type]


def failing(cells: list[Cell], *scenarios: str) -> list[Cell]:
    update = {"outcome": CellOutcome.FAIL, "why": "Wrong.", "wrong_with_confidence": True}
    return [cell.model_copy(update=update) if cell.key.scenario in scenarios else cell for cell in cells]


def test_a_run_that_is_good_enough_passes(tmp_path: Path) -> None:
    """All right, against a number and against its own baseline out of a file: nothing to say."""
    run, cells = planted()
    path = tmp_path / "rules.json"
    path.write_text(baseline_text(baseline_of(run, figures_of(run, cells))))
    assert gated(run, cells, min_pass=0.9, baseline=read_baseline(path)) == Gate((), ())
    assert gated(run, cells, min_pass=0.9).open


def test_too_few_right_is_a_problem() -> None:
    """A rate below what is asked for is told with its interval."""
    run, cells = planted()
    found = gated(run, failing(cells, *(f"scenario-{n:03d}" for n in range(4))), min_pass=0.9)
    assert (
        len(found.problems) == 1 and "rules: 86.7 % (" in found.problems[0] and "90.0 %" in found.problems[0]
    )


def test_a_scenario_that_is_lost_is_a_problem_even_alone() -> None:
    """One that was always right and never is now does not pass, though the rate is well within chance."""
    run, cells = planted()
    baseline = baseline_of(run, figures_of(run, cells))
    found = gated(run, failing(cells, "scenario-007"), min_pass=0.9, baseline=baseline)
    assert found.problems == ("rules: always right before and never now: scenario-007.",)
    assert found.notes == ("rules: 2 wrong with confidence, 0 before.",)


def test_chance_is_no_problem_and_a_real_loss_is() -> None:
    """An arm that differs by noise passes its baseline; one whose rate falls by a third does not."""
    noisy = Plant(Strategy.GRAPH, "m", lambda chance: 0.85, 6.0)
    run, before = planted(noisy, 60)
    again = list(planted_cells(run, [noisy], 2))
    worse = list(planted_cells(run, [noisy._replace(rate=lambda chance: 0.5)], 2))
    baseline = baseline_of(run, figures_of(run, before))
    assert not [each for each in gated(run, again, baseline=baseline).problems if "beyond chance" in each]
    assert [each for each in gated(run, worse, baseline=baseline).problems if "beyond chance" in each]


def test_what_has_no_verdict_does_not_pass() -> None:
    """A run of which much could not be run or is missing decides nothing; an empty one neither."""
    run, cells = planted(GOOD._replace(flaky=0.4))
    assert "of 60 cells have no verdict" in gated(run, cells, min_pass=0.5).problems[0]
    run, cells = planted()
    assert not gated(run, cells[:20], min_pass=0.5).open
    assert gated(run, []).problems == ("rules: 60 of 60 cells have no verdict.",)


def test_a_changed_scenario_is_not_held_against_a_run() -> None:
    """What a baseline says of a scenario that has changed since counts for nothing, and is told."""
    run, cells = planted()
    baseline = baseline_of(run, figures_of(run, cells))
    old = baseline.model_copy(update={"digests": {**baseline.digests, "scenario-007": "older"}})
    found = gated(run, failing(cells, "scenario-007"), min_pass=0.9, baseline=old)
    assert found.open and found.notes[0].endswith("changed since the baseline (1): scenario-007.")


def test_what_the_baseline_has_and_the_run_has_not_does_not_pass() -> None:
    """A scenario or an arm that is gone hides what became of it; on purpose, it is a note."""
    both = [GOOD, Plant(Strategy.GRAPH, "a", lambda chance: 1.0)]
    before = planted_run(planted_scenarios(30), 2, both)
    baseline = baseline_of(before, figures_of(before, planted_cells(before, both, 1)))
    run, cells = planted(scenarios=29)
    found = gated(run, cells, min_pass=0.9, baseline=baseline)
    assert found.problems == (
        "graph a is in the baseline and not in this run.",
        "Scenarios of the baseline that are not in this run (1): scenario-029.",
    )
    assert gated(run, cells, min_pass=0.9, baseline=baseline, partial=True) == Gate((), found.problems)


def test_rules_without_a_verdict_on_a_scenario_do_not_pass() -> None:
    """A crash of ours on one of many is none of an endpoint's troubles, which a share of cells may have."""
    for plant, stops in ((GOOD, True), (Plant(Strategy.GRAPH, "a", lambda chance: 1.0), False)):
        run, cells = planted(plant)
        baseline = baseline_of(run, figures_of(run, cells))
        crash = {"outcome": CellOutcome.COULD_NOT_RUN, "why": "This is a bug.", "scores": {}}
        lamed = [c.model_copy(update=crash) if c.key.scenario == "scenario-007" else c for c in cells]
        found = gated(run, lamed, min_pass=0.9, baseline=baseline)
        assert found.open is not stops
        said = found.problems if stops else found.notes
        assert any("without any verdict now: scenario-007" in each for each in said)


def test_a_baseline_has_a_scenario_a_line(tmp_path: Path) -> None:
    """The file is stable, in order, one line a scenario; one that is none is refused by name."""
    run, cells = planted()
    text = baseline_text(baseline_of(run, figures_of(run, cells)))
    assert text == baseline_text(baseline_of(run, figures_of(run, cells[::-1])))
    assert '"scenario-007": [2, 2]' in text
    path = tmp_path / "x.json"
    path.write_text('{"schema": "other"}')
    with pytest.raises(BadInput, match=r"x\.json: "):
        read_baseline(path)


@pytest.mark.parametrize(
    ("before", "now", "stops"), [(5, 5, True), (5, 1, False), (1, 5, False), (10, 3, True)]
)
def test_a_model_that_fell_in_one_scenario_is_a_problem_where_chance_is_none(
    before: int, now: int, stops: bool
) -> None:
    """A model is not the same each time: all right and then none stops only where chance seldom does that."""
    plants = [Plant(Strategy.GRAPH, "a", lambda chance: 1.0)]
    earlier, later = (planted_run(planted_scenarios(30), repeats, plants) for repeats in (before, now))
    baseline = baseline_of(earlier, figures_of(earlier, planted_cells(earlier, plants, 1)))
    cells = failing(list(planted_cells(later, plants, 1)), "scenario-007")
    found = gated(later, cells, baseline=baseline)
    assert found.open is not stops
    assert any("scenario-007" in said for said in (found.problems if stops else found.notes))


@pytest.mark.parametrize(
    ("scenarios", "repeats", "stops"), [(4, 3, True), (2, 3, True), (1, 3, False), (3, 1, False)]
)
def test_what_fell_everywhere_is_no_chance(scenarios: int, repeats: int, stops: bool) -> None:
    """Few scenarios decide nothing by their rates, and each may have fallen by chance; all of them do not."""
    plants = [Plant(Strategy.GRAPH, "a", lambda chance: 1.0)]
    run = planted_run(planted_scenarios(scenarios), repeats, plants)
    cells = list(planted_cells(run, plants, 1))
    baseline = baseline_of(run, figures_of(run, cells))
    found = gated(run, failing(cells, *(each.name for each in run.scenarios)), baseline=baseline)
    assert found.open is not stops


@pytest.mark.slow
def test_an_unchanged_model_seldom_stops() -> None:
    """A model as good as before, right in nine of ten runs of each scenario, stops fewer than one in ten."""
    plants = [Plant(Strategy.GRAPH, "a", lambda chance: 0.9)]
    run = planted_run(planted_scenarios(60), 5, plants)
    stopped = 0
    for seed in range(60):
        baseline = baseline_of(run, figures_of(run, planted_cells(run, plants, seed)))
        stopped += not gated(run, list(planted_cells(run, plants, seed + 1000)), baseline=baseline).open
    assert stopped <= 6


def test_a_baseline_with_which_nothing_was_compared_does_not_pass() -> None:
    """Another name for the model, or scenarios that have all changed: an open gate would mean nothing."""
    run, cells = planted()
    baseline = baseline_of(run, figures_of(run, cells))
    renamed = baseline.model_copy(update={"arms": {"graph m": baseline.arms["rules"]}})
    assert gated(run, cells, baseline=renamed, partial=True).problems == (
        "The baseline has none of this run's arms: nothing was compared.",
    )
    changed = baseline.model_copy(update={"digests": dict.fromkeys(baseline.digests, "another")})
    assert gated(run, cells, baseline=changed).problems == (
        "rules: no scenario of the baseline ran as it was: nothing was compared.",
    )
    one = baseline.model_copy(
        update={"digests": {**changed.digests, **dict([next(iter(baseline.digests.items()))])}}
    )
    assert gated(run, cells, baseline=one).open
