"""`kubetriage eval record` and `replay`: a run again, without its models."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.fake import ChatRequest, Reply, scripted_server_in_thread
from kubetriage.cli.app import run as kubetriage
from kubetriage.evals.cells import Cell, CellOutcome, cells_in, read_run
from kubetriage.evals.redefining import recorded_tables, with_addresses

SCENARIO = "crash-oom-killed"
KEY = "plainwords-key-0815"


def config(folder: Path, url: str) -> str:
    path = folder / "kubetriage.toml"
    path.write_text(
        f'[models.tried]\nbase_url = "{url}"\nmodel = "m"\nkey_env = "TRIED_KEY"\nretries = 0\n'
        'thinking_switch = "enable_thinking"\ncontext_tokens = 100000\n'
    )
    return str(path)


def different_each_time(request: ChatRequest) -> Reply:
    """A model whose answer to the same question is another one each time."""
    turn = request.call_no
    if "pods_list" in request.tools and not request.tool_results:
        from kubetriage.adapters.model.fake import ToolCall

        return Reply(tool_calls=(ToolCall(name="pods_list", arguments={}),))
    return Reply(answer={"outcome": "inconclusive", "summary": f"Nobody knows ({turn})."})


def told(folder: Path) -> dict[str, dict[str, Any]]:
    """What cells came to, without their times."""
    return {cell.key.id: _plain(cell) for cell in cells_in(folder)}


def _plain(cell: Cell) -> dict[str, Any]:
    said = cell.model_dump(mode="json", exclude={"seconds", "started", "report"})
    said["scores"].pop("seconds", None)
    return {**said, "summary": cell.report.get("summary"), "causes": cell.report.get("root_causes")}


@pytest.mark.slow
def test_a_recorded_run_gives_the_same_cells_without_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Graph and agent, three repeats each of which was told something else: the same cells, the same figures,
    with the endpoint gone, no key and no settings; and the key is in no file."""
    monkeypatch.setenv("TRIED_KEY", KEY)
    file, first, again = tmp_path / "traffic.jsonl.gz", tmp_path / "first", tmp_path / "again"
    options = ["--strategies", "graph,react", "--only", SCENARIO, "--repeat", "3", "--concurrency", "3"]
    with scripted_server_in_thread([], oracle=different_each_time, mode="zero") as server:
        given = ["--config", config(tmp_path, server.base_url), "eval", "record", "--models", "tried"]
        assert kubetriage([*given, "--out", str(file), "--run", str(first), *options]) == 0
    monkeypatch.delenv("TRIED_KEY")
    assert kubetriage(["eval", "replay", str(file), "--out", str(again), *options]) == 0
    cells = list(cells_in(first))
    assert len(cells) == 6 and all(cell.outcome is not CellOutcome.COULD_NOT_RUN for cell in cells)
    agents = {cell.report["summary"] for cell in cells if cell.key.strategy.value == "react"}
    assert len(agents) == 3, "the model said something else each time"
    assert told(again) == told(first)
    assert read_run(again).models == read_run(first).models
    assert "never recorded" not in capsys.readouterr().err
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


@pytest.mark.slow
def test_a_question_that_was_never_recorded_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A repeat more than was recorded could not be run, alone; the command says which cell, and ends with 1."""
    monkeypatch.setenv("TRIED_KEY", KEY)
    file, again = tmp_path / "traffic.jsonl.gz", tmp_path / "again"
    with scripted_server_in_thread([], oracle=different_each_time, mode="zero") as server:
        given = ["--config", config(tmp_path, server.base_url), "eval", "record", "--models", "tried"]
        assert kubetriage([*given, "--out", str(file), "--only", SCENARIO]) == 0
    status = kubetriage(
        ["eval", "replay", str(file), "--out", str(again), "--only", SCENARIO, "--repeat", "4"]
    )
    said = capsys.readouterr()
    assert status == 1
    assert "questions were never recorded" in said.err and f"cell {SCENARIO}@graph@tried@002" in said.err
    outcomes = {cell.key.repeat: cell.outcome for cell in cells_in(again)}
    whys = [cell.why for cell in cells_in(again) if cell.outcome is CellOutcome.COULD_NOT_RUN]
    assert all(why.startswith("The recording has no answer to this question: ") for why in whys)
    assert outcomes[2] is CellOutcome.COULD_NOT_RUN and outcomes[4] is CellOutcome.COULD_NOT_RUN
    assert outcomes[1] is not CellOutcome.COULD_NOT_RUN


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["record", "--models", "nobody", "--out", "x.gz"], "There is no model profile named nobody"),
        (["record", "--models", "scripted:qwen3-30b-a3b", "--out", "x.gz"], "is simulated anyway"),
        (["record", "--models", "siliconflow-qwen3-30b", "--out", "x.gz"], "SILICONFLOW_API_KEY is not set"),
        (["record", "--models", "vllm-qwen3-30b", "--only", "nope", "--out", "x.gz"], "no scenario 'nope'"),
        (["replay", __file__], "is no recording of model traffic: it is not a gzip file."),
    ],
    ids=["no such model", "a script", "no key", "no such scenario", "no recording"],
)
def test_what_cannot_be_recorded_or_replayed_is_refused(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One sentence, exit status 2, and no file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SILICONFLOW_API_KEY", raising=False)
    assert kubetriage(["eval", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"hello\n", "its lines are not what `eval record` writes"),
        (b'{"schema": "kubetriage.model-traffic/1"}\n', "holds no answer"),
        (b'{"schema": "kubetriage.model-traffic/1"}\nhello\n', "is damaged after 0 answers"),
    ],
    ids=["empty", "other lines", "no answer", "damaged"],
)
def test_a_file_to_replay_that_is_no_use_is_told_in_a_sentence(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong with it, and never the name of an exception; nothing is run in its place."""
    (tmp_path / "x.gz").write_bytes(gzip.compress(content))
    assert kubetriage(["eval", "replay", str(tmp_path / "x.gz")]) == 2
    told = capsys.readouterr()
    assert said in told.err and "Error" not in told.err and told.out == ""


def test_tables_of_a_recording_need_no_key() -> None:
    """The recorded profiles are what a replay runs with, at other addresses and without their keys."""
    about = {"models": {"a": {"name": "a", "base_url": "https://x/v1", "model": "m", "key_env": "K"}}}
    tables = recorded_tables(about, [])
    assert tables == {"a": {"base_url": "https://x/v1", "model": "m", "key_env": ""}}
    moved = with_addresses(tables, {"a": "http://127.0.0.1:1/v1"})
    assert moved["a"]["base_url"] == "http://127.0.0.1:1/v1" and tables["a"]["base_url"] == "https://x/v1"
    assert json.loads(json.dumps(moved)) == moved
