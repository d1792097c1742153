"""What a run is to be: its arms, its cells, and when a folder's run is another one."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import ModelUsed, Strategy
from kubetriage.evals.figure_values import arms_of
from kubetriage.evals.runs.planning import Plan, chosen_arms, difference, digest_of, plan_of
from kubetriage.evals.scenario import Scenario, find

FOLDER = Path(__file__).resolve().parents[3] / "evals" / "scenarios"
RULES, GRAPH, REACT = Strategy.RULES, Strategy.GRAPH, Strategy.REACT


@pytest.mark.parametrize(
    ("models", "strategies", "arms"),
    [
        ([], [], ([], (RULES,))),
        (["rules"], [], ([], (RULES,))),
        (["a"], [], (["a"], (GRAPH,))),
        (["a", "b", "rules"], ["graph", "react"], (["a", "b"], (RULES, GRAPH, REACT))),
        (["a"], ["rules", "react"], (["a"], (RULES, REACT))),
        (["a", "a"], ["graph"], (["a"], (GRAPH,))),
        (["a", "rules"], [], (["a"], (RULES, GRAPH))),
    ],
)
def test_arms_follow_from_models_and_strategies(
    models: list[str], strategies: list[str], arms: tuple[list[str], tuple[Strategy, ...]]
) -> None:
    """The rules may be named as either; without anything they are all there is."""
    assert chosen_arms(models, strategies) == arms


@pytest.mark.parametrize(
    ("models", "strategies", "told"),
    [
        ([], ["graph"], "needs a model"),
        (["rules"], ["react"], "needs a model"),
        (["a"], ["tree"], "no strategy 'tree'"),
        (["a"], ["rules"], "ask no model"),
    ],
)
def test_arms_that_cannot_be_are_refused(models: list[str], strategies: list[str], told: str) -> None:
    """Each with a sentence that says why."""
    with pytest.raises(BadInput, match=told):
        chosen_arms(models, strategies)


def plan(scenarios: list[Scenario], **changes: object) -> Plan:
    given: dict[str, object] = {"repeats": 2, "seed": 0, "language": "en", "simulation": ""}
    models = [ModelUsed(name="a"), ModelUsed(name="b")]
    now = datetime(2027, 3, 20, tzinfo=UTC)
    return plan_of(scenarios, (RULES, GRAPH), models, now=now, **(given | changes))  # type: ignore[arg-type]


def test_each_cell_is_there_once_and_scenarios_stay_together() -> None:
    """Scenarios × arms × repeats, and a snapshot is not left and taken up again."""
    made = plan(find(FOLDER)[:5])
    keys = list(made.each())
    assert len({key.id for key in keys}) == len(keys) == made.cells == 5 * 3 * 2
    assert len({key.scenario for key in keys[:6]}) == 1
    assert arms_of(made.run) == [(RULES, "none"), (GRAPH, "a"), (GRAPH, "b")]


def test_the_same_plan_is_the_same() -> None:
    """Whatever the time: a run goes on with the command that began it."""
    first, later = (plan(find(FOLDER)[:3]).run for _ in range(2))
    assert difference(first, later.model_copy(update={"started": datetime(2027, 4, 1, tzinfo=UTC)})) == ""


def test_another_plan_is_told_by_what_differs() -> None:
    """Repeats, seed, scenarios, models and the code of the rules."""
    there = plan(find(FOLDER)[:3]).run
    assert "repeats are 2, not 3" in difference(plan(find(FOLDER)[:3], repeats=3).run, there)
    assert "seed is 0, not 1" in difference(plan(find(FOLDER)[:3], seed=1).run, there)
    assert "not among those chosen" in difference(plan(find(FOLDER)[:2]).run, there)
    assert "it lacks scenarios" in difference(plan(find(FOLDER)[:4]).run, there)
    assert "simulated in another way" in difference(plan(find(FOLDER)[:3], simulation="x").run, there)
    others = there.model_copy(update={"versions": {**there.versions, "rules": "other"}})
    assert difference(there, others) == "rules has changed since"
    profile = ModelUsed(name="a", profile={"temperature": 1})
    other = there.model_copy(update={"models": (profile, *there.models[1:])})
    assert difference(other, there) == "the profile of a was another"


def test_a_digest_changes_with_any_file(tmp_path: Path) -> None:
    """With the alert, the answer, the snapshot, and a file's name."""
    shutil.copytree(find(FOLDER)[0].folder, tmp_path / "one")
    before = digest_of(tmp_path / "one")
    assert before == digest_of(find(FOLDER)[0].folder)
    alert = tmp_path / "one" / "alert.json"
    text = alert.read_text(encoding="utf-8")
    alert.write_text(text + "\n", encoding="utf-8")
    changed = digest_of(tmp_path / "one")
    alert.write_text(text, encoding="utf-8")
    alert.rename(tmp_path / "one" / "other.json")
    assert len({before, changed, digest_of(tmp_path / "one")}) == 3
