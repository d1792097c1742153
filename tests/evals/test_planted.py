"""The harness against answerers whose worth is known."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubetriage.domain.report import Outcome
from kubetriage.evals.builders.__main__ import FOLDER
from kubetriage.evals.cells import Cell, CellKey, CellOutcome, Run, ScenarioUsed, Strategy
from kubetriage.evals.figures import figures_of
from kubetriage.evals.planted import BEGAN, Answerer, echo, guessing, oracle
from kubetriage.evals.scenario import Scenario, find
from kubetriage.evals.score import score
from kubetriage.evals.scorers.every import judge
from kubetriage.evals.scorers.material import Spent


@pytest.fixture(scope="module")
def bundled() -> list[Scenario]:
    """All bundled scenarios."""
    return find(Path(FOLDER))


def share_passed(answerer: Answerer, scenarios: list[Scenario], seed: int = 1) -> float:
    chance = random.Random(seed)
    right = [score(answerer(each, chance), each.expected).passed for each in scenarios]
    return sum(right) / len(right)


def test_an_oracle_scores_all(bundled: list[Scenario]) -> None:
    """The key's own sentence, outcome and culprit pass in every bundled scenario."""
    assert share_passed(oracle, bundled) == 1.0


def test_an_echo_of_the_alert_scores_nothing(bundled: list[Scenario]) -> None:
    """Whoever repeats the whole alert and blames its subject passes no bundled scenario."""
    assert share_passed(echo, bundled) == 0.0


@pytest.mark.parametrize("choices", [2, 4])
def test_a_guesser_scores_chance(bundled: list[Scenario], choices: int) -> None:
    """Who draws one of k answers, of which one is right, is found to be right about once in k times."""
    guesser = guessing(bundled, choices)
    found = [share_passed(guesser, bundled, seed) for seed in range(3)]
    assert sum(found) / 3 == pytest.approx(1 / choices, abs=0.05)


def cells_of(answerer: Answerer, model: str, scenarios: list[Scenario], repeats: int) -> Iterator[Cell]:
    chance = random.Random(4)
    for scenario in scenarios:
        for repeat in range(1, repeats + 1):
            report = answerer(scenario, chance)
            judged = judge(report, scenario, Spent(seconds=1.0))
            key = CellKey(scenario=scenario.name, strategy=Strategy.GRAPH, model=model, repeat=repeat)
            yield Cell(key=key, started=BEGAN, report=report, **judged._asdict())


@pytest.mark.slow
def test_planted_answerers_come_out_in_the_figures(bundled: list[Scenario]) -> None:
    """Scored with their snapshots and figured: oracle 100 %, echo 0 %, the guesser's chance in its interval."""
    chosen = [each for each in bundled if each.expected.outcome[0] is Outcome.DIAGNOSED][::16]
    run = Run(
        strategies=(Strategy.GRAPH,),
        scenarios=tuple(
            ScenarioUsed(name=each.name, digest="", category=each.expected.category) for each in chosen
        ),
        repeats=4,
        started=BEGAN,
    )
    answerers = {"oracle": oracle, "echo": echo, "guesser": guessing(bundled, 4)}
    cells = [cell for name, each in answerers.items() for cell in cells_of(each, name, chosen, 4)]
    arms = {arm.model: arm for arm in figures_of(run, cells).arms}
    assert arms["oracle"].overall.rate == 1.0 and arms["oracle"].wrong_with_confidence == 0
    assert arms["echo"].overall.rate == 0.0 and arms["echo"].wrong_with_confidence > 40
    assert 0.25 in arms["guesser"].overall.interval
    shares = {score.name: score.rate for score in arms["oracle"].scores}
    for name in ("outcome", "culprit", "statement", "category", "wrong_with_confidence"):
        rate = shares[name]
        assert rate is not None and rate.rate == 1.0
    failed = next(cell for cell in cells if cell.key.model == "echo")
    assert failed.outcome is CellOutcome.FAIL and failed.why.endswith(".")
