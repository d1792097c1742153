"""`kubetriage eval`: what is chosen, what is refused, and what the exit status says."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kubetriage.evals.cells import (
    Cell,
    CellKey,
    CellOutcome,
    Run,
    ScenarioUsed,
    Strategy,
    write_cell,
    write_run,
)
from kubetriage.evals.planted import echo, oracle
from kubetriage.evals.runs.planning import digest_of
from kubetriage.evals.scenario import Scenario, find
from kubetriage.evals.scorers.every import judge
from kubetriage.evals.scorers.material import Spent

Command = Callable[..., Any]
FOLDER = Path(__file__).resolve().parents[2] / "evals" / "scenarios"
CHOSEN = ("claim-below-storage-class-minimum", "crash-oom-killed", "pod-security-refuses")


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return [each for each in find(FOLDER) if each.name in CHOSEN]


@pytest.fixture
def made(scenarios: list[Scenario], tmp_path: Path) -> Callable[..., Path]:
    """`made("name", right=2)` writes a run of rules, right on so many of the three scenarios."""

    def write(name: str, right: int, repeats: int = 4) -> Path:
        folder, now = tmp_path / name, datetime(2027, 3, 20, tzinfo=UTC)
        used = [ScenarioUsed(name=each.name, digest=digest_of(each.folder)) for each in scenarios]
        run = Run(strategies=(Strategy.RULES,), scenarios=tuple(used), repeats=repeats, started=now)
        write_run(folder, run)
        for place, scenario in enumerate(scenarios):
            report = (oracle if place < right else echo)(scenario, random.Random(0))
            judged = judge(report, scenario, Spent())._asdict()
            for repeat in range(1, repeats + 1):
                key = CellKey(scenario=scenario.name, strategy=Strategy.RULES, repeat=repeat)
                write_cell(folder, Cell(key=key, started=now, report=report, **judged))
        return folder

    return write


def test_list_chooses_as_run_does(kubetriage: Command) -> None:
    """By name, tag and family; a sample is spread over all; the count goes to stderr."""
    every = kubetriage("eval", "list")
    assert every.out.count("\n") == len(find(FOLDER)) and f"{len(find(FOLDER))} scenarios" in every.err
    storage = json.loads(kubetriage("eval", "list", "--family", "storage", "--format", "json").out)
    assert storage and {each["family"] for each in storage} == {"storage"}
    tagged = json.loads(kubetriage("eval", "list", "--tag", "adversarial", "--format", "json").out)
    assert tagged and all("adversarial" in each["tags"].split() for each in tagged)
    sample = [line.split()[0] for line in kubetriage("eval", "list", "--sample", "5").out.splitlines()]
    assert len(set(sample)) == 5 and sample == sorted(sample)
    families = json.loads(kubetriage("eval", "list", "--by", "family", "--format", "json").out)
    assert sum(each["scenarios"] for each in families) == len(find(FOLDER))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["list", "--only", "crash-oom-kill"], "did you mean crash-oom-killed?"),
        (["list", "--tag", "qqq"], "There is no tag 'qqq'"),
        (["list", "--family", "storrage"], "did you mean storage?"),
        (["list", "--family", "storage", "--only", "crash-oom-killed"], "No scenario fits"),
        (["run", "--strategies", "graph"], "needs a model"),
        (["run", "--models", "nobody"], "There is no model profile named nobody"),
        (["run", "--models", "scripted:gpt"], "There is no scripted model 'scripted:gpt'"),
        (["run", "--models", "siliconflow-qwen3-30b"], "SILICONFLOW_API_KEY is not set"),
        (["run", "--models", "scripted:qwen3-30b-a3b", "--budget", "5 USD"], "priced in CNY"),
        (["run", "--models", "scripted:qwen3-30b-a3b", "--simulated-time", "fast"], "mode 'fast'"),
        (["run", "--budget", "5"], "--budget is for models"),
        (["gate", "nowhere", "--min-pass", "0.9"], "holds no run: it has no run.json"),
        (["gate", "nowhere"], "Nothing is asked for"),
        (["gate", "nowhere", "--min-pass", "nan"], "'nan' is no finite number"),
        (["gate", "nowhere", "--min-pass", "0.9", "--max-not-run", "nan"], "'nan' is no finite number"),
        (["run", "--timeout", "inf"], "'inf' is no finite number"),
        (["replay", __file__, "--pace", "nan"], "'nan' is no finite number"),
        (["compare", "nowhere", "elsewhere"], "holds no run: it has no run.json"),
        (["score", "nowhere"], "holds no run: it has no run.json"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(kubetriage: Command, arguments: list[str], told: str) -> None:
    """Exit status 2, before anything is run."""
    ended = kubetriage("eval", *arguments)
    assert ended.status == 2
    assert told in ended.err and ended.err.count("\n") == 1


def test_a_key_that_is_not_filled_in_measures_nothing(
    kubetriage: Command, scenarios: list[Scenario], tmp_path: Path
) -> None:
    """By it every diagnosis would be wrong with confidence: it is named, and nothing is run."""
    shutil.copytree(scenarios[0].folder, tmp_path / "suite" / "INC-1")
    key = tmp_path / "suite" / "INC-1" / "expected.yaml"
    key.write_text(re.sub(r"category: .*", "category: TO BE FILLED IN", key.read_text()), encoding="utf-8")
    ended = kubetriage("eval", "run", "--scenarios", tmp_path / "suite")
    assert ended.status == 2 and "The answers of INC-1 still have to be filled in" in ended.err


def test_a_folder_with_other_things_is_left_alone(kubetriage: Command, tmp_path: Path) -> None:
    """--out names a new folder, or one with a run."""
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    ended = kubetriage("eval", "run", "--only", CHOSEN[0], "--out", tmp_path)
    assert ended.status == 2 and "holds no run" in ended.err
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def test_run_without_options_is_a_line_a_scenario(kubetriage: Command) -> None:
    """In their order, with what is wrong below, a count at the end, and nothing kept."""
    ended = kubetriage("eval", "run", *(word for name in CHOSEN for word in ("--only", name)))
    lines = ended.out.splitlines()
    assert [line.split()[-1] for line in lines[:3]] == sorted(CHOSEN)
    assert all(line.startswith("pass") for line in lines[:3])
    assert lines[3] == "3 of 3 passed, 0 failed (0 wrong with confidence), 0 could not run"
    assert ended.status == 0


def test_a_failed_scenario_fails_a_plain_run(kubetriage: Command, tmp_path: Path) -> None:
    """Its line says FAIL, and the next what was expected; the status is 1."""
    import shutil

    shutil.copytree(FOLDER / CHOSEN[0], tmp_path / "set" / CHOSEN[0])
    key = tmp_path / "set" / CHOSEN[0] / "expected.yaml"
    key.write_text(
        key.read_text(encoding="utf-8").replace("outcome: diagnosed", "outcome: healthy"), encoding="utf-8"
    )
    ended = kubetriage("eval", "run", "--scenarios", tmp_path / "set")
    assert ended.status == 1
    assert ended.out.startswith("FAIL ") and "outcome: healthy is right" in ended.out


def test_gate_opens_and_shuts(kubetriage: Command, made: Callable[..., Path], tmp_path: Path) -> None:
    """By the least rate, and by a baseline that it can write itself; a run that fails writes none."""
    good, bad, baseline = made("good", 3), made("bad", 1), tmp_path / "baselines" / "rules.json"
    assert kubetriage("eval", "gate", good, "--min-pass", "0.9").status == 0
    shut = kubetriage("eval", "gate", bad, "--min-pass", "0.9", "--write-baseline", baseline)
    assert shut.status == 1 and "FAIL: rules: 33.3 %" in shut.out and not baseline.exists()
    assert kubetriage("eval", "gate", good, "--write-baseline", baseline).status == 0
    assert kubetriage("eval", "gate", good, "--baseline", baseline).status == 0
    worse = kubetriage("eval", "gate", bad, "--baseline", baseline)
    assert worse.status == 1 and "always right before and never now" in worse.out


def test_compare_says_what_became_worse(kubetriage: Command, made: Callable[..., Path]) -> None:
    """By name, and as JSON."""
    good, bad = made("good", 3), made("bad", 1)
    said = kubetriage("eval", "compare", good, bad).out
    assert f"Worse in B (2): {CHOSEN[1]}, {CHOSEN[2]}." in said
    found = json.loads(kubetriage("eval", "compare", good, bad, "--format", "json").out)
    assert found["changes"][0]["worse"] == list(CHOSEN[1:])
    pairing = found["changes"][0]["pairing"]
    assert pairing["found"]["difference"] < 0 and pairing["found"]["scenarios"] == len(CHOSEN)
    assert len(pairing["found"]["interval"]) == 2 and pairing["says"]
    wrong = kubetriage("eval", "compare", good, bad, "--arms", "rules=graph x")
    assert wrong.status == 2 and "no arm 'graph x'" in wrong.err


def test_score_takes_todays_answers(kubetriage: Command, made: Callable[..., Path], tmp_path: Path) -> None:
    """Kept reports are scored again; --dry-run says what would change and changes nothing."""
    folder = made("run", 3)
    path = next((folder / "cells").glob(f"{CHOSEN[0]}*001.json"))
    cell = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**cell, "outcome": CellOutcome.FAIL.value}), encoding="utf-8")
    dry = kubetriage("eval", "score", folder, "--dry-run")
    assert f"{CHOSEN[0]} (rules, repeat 1): fail → pass" in dry.out
    assert json.loads(path.read_text(encoding="utf-8"))["outcome"] == "fail"
    done = kubetriage("eval", "score", folder)
    assert done.status == 0 and "1 have another verdict" in done.err
    assert json.loads(path.read_text(encoding="utf-8"))["outcome"] == "pass"
    assert (
        json.loads((folder / "summary.json").read_text(encoding="utf-8"))["arms"][0]["overall"]["rate"] == 1.0
    )


def test_every_command_tells_its_options(kubetriage: Command) -> None:
    """Each has help that says what it is for and how it exits or what it writes."""
    from kubetriage.cli.evals import COMMANDS

    shown = kubetriage("eval", "--help").out
    for name, (_, line) in COMMANDS.items():
        assert name in shown and line.split()[0] in shown
        assert kubetriage("eval", name, "--help").status == 0
