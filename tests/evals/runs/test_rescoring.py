"""What is left of a run whose scenarios have changed since."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kubetriage.evals.cells import Run, Strategy
from kubetriage.evals.runs.planning import digest_of, plan_of
from kubetriage.evals.runs.rescoring import changed_since, made_of_others, with_answers
from kubetriage.evals.scenario import EXPECTED, Scenario, load

FOLDER = Path(__file__).resolve().parents[3] / "evals" / "scenarios" / "crash-oom-killed"
NAME = "mine"


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return load(Path(shutil.copytree(FOLDER, tmp_path / NAME)))


@pytest.fixture
def made(scenario: Scenario) -> Run:
    """A run of the scenario as it is."""
    now = datetime(2027, 3, 20, tzinfo=UTC)
    return plan_of(
        [scenario], (Strategy.RULES,), [], repeats=1, seed=0, language="en", simulation="", now=now
    ).run


def test_another_answer_is_taken_for_the_runs_own(scenario: Scenario, made: Run) -> None:
    """Reports are scored with it, so the run is of the scenario as it is now."""
    with (scenario.folder / EXPECTED).open("a", encoding="utf-8") as key:
        key.write("# looked through\n")
    there = {NAME: scenario}
    assert changed_since(made, there) == [NAME] and made_of_others(made, there) == []
    assert with_answers(made, there).scenarios[0].digest == digest_of(scenario.folder)


def test_another_snapshot_is_not(scenario: Scenario, made: Run) -> None:
    """Its reports are of the cluster before: it stays another scenario, which no comparison mixes with it."""
    alert = scenario.alert_path
    alert.write_text(alert.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    there = {NAME: scenario}
    assert made_of_others(made, there) == [NAME]
    assert with_answers(made, there).scenarios[0].digest == made.scenarios[0].digest
