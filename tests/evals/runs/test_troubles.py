"""Endpoints that fail, cells that hang, budgets that are spent: told apart, and counted as no answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.fake import ChatRequest, Reply, ScriptedServer, scripted_server_in_thread
from kubetriage.evals.cells import Cell, CellOutcome, cells_in, read_kept
from kubetriage.evals.scenario import find
from kubetriage.evals.scripted_answers import right

FEW = ("crash-oom-killed", "pod-security-refuses", "claim-below-storage-class-minimum")
CHOSEN = [word for name in FEW for word in ("--only", name)]
SCENARIOS = {each.name: each for each in find(Path(__file__).resolve().parents[3] / "evals" / "scenarios")}


def knowing(request: ChatRequest) -> Reply | None:
    """A model that knows the answers of the few scenarios, by what stands in their alerts."""
    for name in FEW:
        primary = SCENARIOS[name].expected.primary
        if primary is not None and primary.name in request.text:
            return Reply(answer=right(request.text, SCENARIOS[name].expected))
    return None


def cells_of(folder: Path) -> dict[str, Cell]:
    return {cell.key.id: cell for cell in cells_in(folder)}


def rates(summary: dict[str, Any]) -> dict[str, float]:
    """pass@1 by arm."""
    return {arm["label"]: arm["overall"]["rate"] for arm in summary["arms"]}


def profile(server: ScriptedServer, **more: object) -> str:
    fields = {"extends": "vllm-qwen3-30b", "base_url": server.base_url, "backoff": 0.01, "retries": 1} | more
    lines = [f"{key} = {_toml(value)}" for key, value in fields.items()]
    return "[models.mine]\n" + "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    return f"{{ {', '.join(f'{key} = {json.dumps(each)}' for key, each in value.items())} }}"


ASKED = [*CHOSEN, "--models", "mine,rules", "--strategies", "graph", "--repeat", "3", "--tries", "5"]
FLAKY = [
    {"when": {"p": 0.3}, "do": [{"status": 429}]},
    {"when": {"p": 0.2}, "do": [{"status": 503}]},
    {"when": {"p": 0.1}, "do": ["reset"]},
]


@pytest.mark.slow
def test_a_flaky_endpoint_changes_no_figure(evaluated: Callable[..., Any]) -> None:
    """429, 503 and broken connections at every other request: accuracy is that of a sound endpoint."""
    with scripted_server_in_thread([], oracle=knowing) as server:
        sound = evaluated(*ASKED, config=profile(server), out="sound")
    with scripted_server_in_thread([], oracle=knowing, faults=FLAKY, retry_salt=True, seed=3) as server:
        flaky = evaluated(*ASKED, config=profile(server), out="flaky")
        statuses = {line["http_status"] for line in server.journal()}
    assert {429, 503} <= statuses
    assert rates(flaky) == rates(sound) == {"rules": 1.0, "graph mine": 1.0}
    assert [arm["wrong_with_confidence"] for arm in flaky["arms"]] == [0, 0]


@pytest.mark.slow
def test_what_could_not_be_run_is_told_apart(evaluated: Callable[..., Any], tmp_path: Path) -> None:
    """An endpoint that is down for one of two models: its cells are no wrong answers, and the run exits with 1.

    When the endpoint is back, the same command runs them, and only them.
    """
    down = [{"when": {"regex": SCENARIOS[FEW[0]].expected.primary.name}, "do": [{"status": 503}]}]  # type: ignore[union-attr]
    asked = [*CHOSEN, "--models", "mine", "--repeat", "2", "--tries", "1"]
    with scripted_server_in_thread([], oracle=knowing, faults=down) as server:
        config = profile(server, retries=0)
        first = evaluated(*asked, config=config, status=1)
        (arm,) = first["arms"]
        assert (arm["could_not_run"], arm["overall"]["ran"], arm["overall"]["rate"]) == (2, 4, 1.0)
        assert any("503" in why for why in arm["reasons"])
        assert "could not run" in first["said"]
        down_cells = [
            c for c in cells_of(tmp_path / "run").values() if c.outcome is CellOutcome.COULD_NOT_RUN
        ]
        kept = [read_kept(tmp_path / "run", cell) for cell in down_cells]
        assert [[one.what for one in each] for each in kept] == [["prompt", "note", "note"]] * 2
        before = {
            id_: cell.started
            for id_, cell in cells_of(tmp_path / "run").items()
            if cell.outcome is CellOutcome.PASS
        }
        server.configure(faults=[])
        second = evaluated(*asked, config=config)
        assert rates(second) == {"graph mine": 1.0} and second["arms"][0]["could_not_run"] == 0
        after = cells_of(tmp_path / "run")
        assert {id_: after[id_].started for id_ in before} == before


@pytest.mark.slow
def test_a_wrong_key_stops_the_arm_at_once(evaluated: Callable[..., Any], tmp_path: Path) -> None:
    """No cell of that model is tried after the first that was told so; the rules go on."""
    with scripted_server_in_thread([], oracle=knowing, api_keys=["another"]) as server:
        asked = [*CHOSEN, "--models", "mine,rules", "--strategies", "graph,rules", "--repeat", "4"]
        found = evaluated(*asked, config=profile(server), status=1)
        requests = len(server.journal())
    assert "graph mine was stopped" in found["said"] and "401" in found["said"]
    assert requests <= 4
    assert rates(found)["rules"] == 1.0
    assert all(cell.key.strategy == "rules" for cell in cells_of(tmp_path / "run").values())


@pytest.mark.slow
def test_a_hanging_endpoint_could_not_run(evaluated: Callable[..., Any]) -> None:
    """A cell that gets no answer within its time is one that could not be run; the others have their verdicts."""
    hang = [{"when": {"regex": SCENARIOS[FEW[0]].expected.primary.name}, "do": [{"hang": 60000}]}]  # type: ignore[union-attr]
    with scripted_server_in_thread([], oracle=knowing, faults=hang) as server:
        asked = [*CHOSEN, "--models", "mine", "--tries", "1", "--timeout", "10"]
        found = evaluated(*asked, config=profile(server), status=1)
    (arm,) = found["arms"]
    assert (arm["could_not_run"], arm["overall"]["ran"], arm["overall"]["rate"]) == (1, 2, 1.0)


@pytest.mark.slow
def test_a_spent_budget_stops_cleanly_and_a_larger_one_goes_on(evaluated: Callable[..., Any]) -> None:
    """What is spent stays within the budget, the report says that it stopped, and no cell is run twice."""
    asked = [*CHOSEN, "--models", "scripted:qwen3-30b-a3b,rules", "--strategies", "graph", "--repeat", "3"]
    stopped = evaluated(*asked, "--budget", "0.015 CNY", status=1)
    arms = {arm["label"]: arm for arm in stopped["arms"]}
    spent = arms["graph scripted:qwen3-30b-a3b"]["money"]["CNY"]
    assert 0 < spent <= 0.015
    assert "The budget of 0.015 CNY is spent" in stopped["said"]
    assert " left" not in stopped["errors"].splitlines()[-1]
    assert arms["rules"]["overall"]["ran"] == 9
    whole = evaluated(*asked, "--budget", "5")
    assert whole["cells"] == 18 and whole["run"]["ended"]


@pytest.mark.slow
def test_money_of_what_could_not_be_run_is_kept_over_sessions(evaluated: Callable[..., Any]) -> None:
    """What broke off has cost its prompt; the session that runs the cell in the end adds to that, and so does
    one that meets nothing but refusals."""
    asked = ["--only", FEW[0], "--models", "mine", "--strategies", "graph,react", "--tries", "1"]
    price = {"prompt": 1.0, "completion": 4.0, "currency": "CNY"}
    cut, refused = [{"do": [{"cut": {"tokens": 3, "abrupt": True}}]}], [{"do": [{"status": 503}]}]
    with scripted_server_in_thread([], oracle=knowing, faults=cut) as server:
        config = profile(server, retries=0) + "".join(
            f"price.{key} = {json.dumps(value)}\n" for key, value in price.items()
        )
        spent = []
        for faults, status in ((cut, 1), (refused, 1), ([], 0)):
            server.configure(faults=faults)
            found = evaluated(*asked, config=config, status=status)
            spent.append([arm["money"]["CNY"] for arm in found["arms"]])
    first, second, last = spent
    assert all(each > 0 for each in first) and second == first
    assert all(now > before * 1.5 for before, now in zip(first, last, strict=True))


@pytest.mark.slow
def test_money_of_an_arm_that_was_stopped_is_shown_and_kept(evaluated: Callable[..., Any]) -> None:
    """A key that is refused after an answer was paid for: that is in the report, and in what comes after."""
    asked = ["--only", FEW[0], "--models", "mine", "--strategies", "graph"]
    faults = [
        {"when": {"call_no": 1}, "do": ["blank"]},
        {"when": {"call_no": list(range(2, 20))}, "do": [{"status": 401}]},
    ]
    with scripted_server_in_thread([], oracle=knowing, faults=faults) as server:
        config = profile(server, price={"prompt": 1.0, "completion": 4.0, "currency": "CNY"})
        (stopped,) = (said := evaluated(*asked, config=config, status=1))["arms"]
        server.configure(faults=[])
        (whole,) = evaluated(*asked, config=config)["arms"]
    assert "was stopped" in said["said"] and "spent in all" in said["said"]
    assert said["errors"].splitlines()[-1].startswith("1/1 cells: 0 passed, 0 failed, 1 could not run;")
    assert (stopped["overall"]["ran"], stopped["could_not_run"]) == (0, 1)
    assert 0 < stopped["money"]["CNY"] < whole["money"]["CNY"]


@pytest.mark.slow
def test_a_key_that_is_refused_from_the_start_is_reported(evaluated: Callable[..., Any]) -> None:
    """Where not one cell came to anything, the report says so of every arm, and the command why."""
    asked = ["--only", FEW[0], "--models", "mine", "--strategies", "graph,react"]
    with scripted_server_in_thread([], oracle=knowing, api_keys=["another"]) as server:
        found = evaluated(*asked, config=profile(server), status=1)
    assert [(arm["label"], arm["planned"], arm["overall"]["ran"]) for arm in found["arms"]] == [
        ("graph mine", 1, 0),
        ("react mine", 1, 0),
    ]
    assert "0 of 2 cells are there." in found["said"] and "401" in found["said"]
