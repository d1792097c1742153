"""Scripted models: right as often as is assumed, the same whoever asks, and worth what they are said to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubetriage.adapters.model.fake.profiles import PROFILES
from kubetriage.adapters.model.ready import ready_tables
from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import CellOutcome
from kubetriage.evals.react import verdict_of
from kubetriage.evals.scenario import find
from kubetriage.evals.scorers.every import judge
from kubetriage.evals.scorers.material import Spent
from kubetriage.evals.simulated import (
    PREFIX,
    SKILLS,
    agent_answer,
    described,
    manner,
    simulation_of,
    skill_of,
)

FOLDER = Path(__file__).resolve().parents[2] / "evals" / "scenarios"
SMALL = f"{PREFIX}qwen3-30b-a3b"


def test_every_script_has_a_time_profile_and_a_price() -> None:
    """What is assumed of it is possible: shares of at most 1, a ready profile to be priced as."""
    assert set(SKILLS) == set(PROFILES)
    for name, skill in SKILLS.items():
        assert 0 <= skill.right + skill.plausible <= 1 and 0 <= skill.leaks <= 1
        assert described(f"{PREFIX}{name}")["price"] == ready_tables()[skill.priced_as]["price"]


def test_manners_come_as_often_as_is_assumed() -> None:
    """Over many cells; another seed draws other cells, the same one the same."""
    drawn = [manner(SMALL, f"s{number}", repeat, 0) for number in range(400) for repeat in range(1, 6)]
    skill = skill_of(SMALL)
    assert drawn.count("right") / len(drawn) == pytest.approx(skill.right, abs=0.03)
    assert drawn.count("plausible") / len(drawn) == pytest.approx(skill.plausible, abs=0.03)
    again = [manner(SMALL, f"s{number}", 1, 0) for number in range(400)]
    assert again == drawn[::5] != [manner(SMALL, f"s{number}", 1, 1) for number in range(400)]


@pytest.mark.parametrize(("how", "passes"), [("right", True), ("made-up", False), ("plausible", False)])
def test_an_agents_answers_are_worth_what_they_are_said_to_be(how: str, passes: bool) -> None:
    """Over every twentieth scenario in which something is wrong: right ones pass, wrong ones fail."""
    for scenario in find(FOLDER)[::20]:
        expected = scenario.expected
        if expected.culprit is None or "healthy" in expected.outcome or "inconclusive" in expected.outcome:
            continue
        answer = agent_answer(how, expected, (("resources_get", {"kind": "Node", "name": "node-77"}),))
        verdict = verdict_of(json.dumps(answer, ensure_ascii=False))
        assert verdict is not None
        report = verdict.model_dump(mode="json")
        judged = judge(report, scenario, Spent())
        assert (judged.outcome is CellOutcome.PASS) == passes, (scenario.name, judged.why)


def test_a_simulation_is_told_and_unknown_scripts_are_refused() -> None:
    """With the assumed rate and how time goes; nothing is said where nothing is simulated."""
    said = simulation_of(["mine", SMALL], "zero")
    assert said.startswith("Simulated: ") and "86%" in said and "not what models can do" in said
    assert simulation_of(["mine"], "zero") == ""
    with pytest.raises(BadInput, match="there are scripted:qwen3-30b-a3b"):
        skill_of(f"{PREFIX}gpt")
