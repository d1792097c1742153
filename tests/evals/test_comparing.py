"""Two runs beside each other."""

from __future__ import annotations

import pytest

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import Cell, ModelUsed, Run, Strategy
from kubetriage.evals.comparing import RunComparison, compare_runs, render_comparison
from kubetriage.evals.planted import Plant, planted_cells, planted_run, planted_scenarios

RULES = Plant(Strategy.RULES, "none", lambda chance: float(chance.random() < 0.5), 0.2)
BIG = Plant(Strategy.GRAPH, "big", lambda chance: 0.95, 14.0)


def planted(plant: Plant, scenarios: int = 40) -> tuple[Run, list[Cell]]:
    run = planted_run(planted_scenarios(scenarios), 2, [plant])
    return run, list(planted_cells(run, [plant], 1))


def compared(earlier: Plant, later: Plant) -> RunComparison:
    arms = [] if earlier.model == later.model else [("rules", "graph big")]
    return compare_runs(planted(earlier), planted(later), arms)


def test_a_change_for_the_better_is_told() -> None:
    """The later run's arm is set against the earlier's, with the scenarios that changed and the time."""
    found = compared(RULES, RULES._replace(rate=lambda chance: 1.0, seconds=0.6))
    change = found.changes[0]
    assert change.pairing.found.decided and change.pairing.found.difference > 0.3
    assert change.worse == () and len(change.better) == change.pairing.found.first_ahead
    text = render_comparison(found)
    assert text.startswith("rules of B against rules of A, on 40 scenarios: +") and " B is better; " in text
    assert "B takes 3 times as long as A" in text and "Better in B (" in text and " more." in text


def test_a_and_b_are_what_the_user_named_so() -> None:
    """Who is ahead changes neither the order nor the sign: a loss of B is a loss of B."""
    better = RULES._replace(rate=lambda chance: 1.0)
    found = compared(better, RULES)
    lost = found.changes[0].pairing.found
    text = render_comparison(found, ("runs/new", "runs/old"))
    assert text.startswith(
        "A is runs/new, B is runs/old.\n\nrules of B against rules of A, on 40 scenarios: −"
    )
    assert " B is worse; probability that B is better less than 0.1 %." in text
    won = compared(RULES, better).changes[0].pairing.found
    assert lost.decided and won.difference == pytest.approx(-lost.difference)


def test_the_same_run_twice_is_no_change() -> None:
    """A run compared with itself has no scenario that is better or worse."""
    found = compared(RULES, RULES)
    assert found.changes[0].pairing.found.difference == 0
    assert found.changes[0].better == found.changes[0].worse == ()
    assert "cannot be told apart" in render_comparison(found)


def test_a_run_that_is_not_finished_is_said_to_be() -> None:
    """Figures of what there is so far are not taken for those of the whole run."""
    run, cells = planted(RULES)
    found = compare_runs((run, cells), (run, cells[:30]))
    assert found.different == ("B is not finished: 30 of 80 cells are there.",)
    assert "\nB is not finished: 30 of 80 cells are there." in render_comparison(found)


def test_arms_of_different_names_can_be_compared() -> None:
    """An arm of one run is set against another of the other, as asked for."""
    found = compared(RULES, BIG)
    assert (found.changes[0].pairing.first, found.changes[0].pairing.second) == (
        "graph big of B",
        "rules of A",
    )


def test_changed_scenarios_are_left_out_and_named() -> None:
    """A scenario whose content differs, or that only one run has, is in no figure."""
    before, cells = planted(RULES, 10)
    changed = before.scenarios[3].model_copy(update={"digest": "other"})
    later = before.model_copy(
        update={
            "scenarios": (*before.scenarios[1:3], changed, *before.scenarios[4:]),
            "versions": {"kubetriage": "1"},
            "models": (ModelUsed(name="big"),),
            "strategies": (Strategy.RULES, Strategy.GRAPH),
            "repeats": 3,
        }
    )
    found = compare_runs((before, cells), (later, [c for c in cells if c.key.scenario != "scenario-000"]))
    assert found.changed_scenarios == ("scenario-003",) and found.only_earlier == ("scenario-000",)
    assert found.changes[0].pairing.found.scenarios == 8
    text = render_comparison(found)
    assert "kubetriage was 0 and is 1." in text and "scenario-003" in text
    assert "Only B has graph big." in text and "Repeats were 2 and are 3." in text


def test_nothing_in_common_is_refused() -> None:
    """Runs without a common arm, and arms that are not there, are refused with what there is."""
    with pytest.raises(BadInput, match="no arm and scenario in common"):
        compare_runs(planted(RULES, 4), planted(BIG, 4))
    with pytest.raises(BadInput, match=r"no arm 'graph small'; there are graph big\."):
        compare_runs(planted(RULES, 4), planted(BIG, 4), [("rules", "graph small")])
