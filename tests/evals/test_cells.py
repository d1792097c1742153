"""Cells and runs on disk."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kubetriage.domain.errors import BadInput
from kubetriage.evals.cells import (
    Cell,
    CellKey,
    CellOutcome,
    Kept,
    ModelUsed,
    Run,
    ScenarioUsed,
    Score,
    Strategy,
    cell_path,
    cells_in,
    read_cell,
    read_kept,
    read_run,
    write_cell,
    write_kept,
    write_run,
)

AT = datetime(2027, 3, 20, 12, 0, tzinfo=UTC)


def key(scenario: str = "web-is-down", model: str = "qwen3-30b", repeat: int = 1) -> CellKey:
    return CellKey(scenario=scenario, strategy=Strategy.GRAPH, model=model, repeat=repeat)


def cell(of: CellKey, **given: object) -> Cell:
    return Cell.model_validate({"key": of, "outcome": CellOutcome.PASS, "started": AT, **given})


def test_a_cell_comes_back_as_it_was(tmp_path: Path) -> None:
    """Every field of a cell and of its scores is read back equal, whatever the report holds."""
    made = cell(
        key(),
        scores={"outcome": Score(name="outcome", value=1.0, passed=True, reason="Right.")},
        seconds=1.5,
        modelled_seconds=12.0,
        cost=0.002,
        currency="USD",
        report={"summary": "磁盘已满 \u202e", "root_causes": [{"rank": 1}]},
    )
    path = write_cell(tmp_path, made)
    assert path == cell_path(tmp_path, made.key)
    assert read_cell(path) == made
    assert made.diagnosis_seconds == 12.0
    assert [path.name for path in (tmp_path / "cells").iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (key(model="qwen/qwen3:free"), key(model="qwen_qwen3_free")),
        (key(scenario="a@graph", model="b"), key(scenario="a", model="graph@b")),
        (key(scenario="a/../b"), key(scenario="a%2F..%2Fb")),
        (key(scenario="s" * 300), key(scenario="s" * 301)),
        (key(repeat=1), key(repeat=11)),
    ],
)
def test_ids_are_different_and_fit_any_file_system(one: CellKey, other: CellKey) -> None:
    """Keys that differ have ids that differ, of plain characters, short enough for a file's name."""
    assert one.id != other.id
    for each in (one, other):
        assert len(f".{each.id}.json.1234567") < 256
        assert not set(each.id) & set('/\\:*?"<>| \0')


def test_cells_come_one_at_a_time_and_arms_together(tmp_path: Path) -> None:
    """Cells are read lazily; those of one arm of a scenario follow each other by repeat."""
    keys = [key(s, m, r) for r in (2, 10, 1) for s in ("web-b", "web") for m in ("qwen", "qwen-2")]
    for each in keys:
        write_cell(tmp_path, cell(each))
    broken = tmp_path / "cells" / "zzz.json"
    broken.write_text("looked at last")
    stream = cells_in(tmp_path)
    assert next(stream).key.repeat == 1
    broken.unlink()
    seen = [each.key for each in cells_in(tmp_path)]
    arms = [(each.scenario, each.arm) for each in seen]
    assert len(set(arms)) == sum(one != other for one, other in zip(arms, [None, *arms], strict=False))
    assert [each.repeat for each in seen] == [1, 2, 10] * 4


def test_unfinished_cells_are_not_cells(tmp_path: Path) -> None:
    """What a killed writer left behind is not read."""
    write_cell(tmp_path, cell(key()))
    (tmp_path / "cells" / f".{key(repeat=2).id}.json.4711").write_text('{"key": ')
    assert [each.key for each in cells_in(tmp_path)] == [key()]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """A cell, a run or a folder that cannot be used is refused with its path."""
    path = tmp_path / "cells" / "x.json"
    path.parent.mkdir()
    path.write_text('{"outcome": "pass"}')
    with pytest.raises(BadInput, match=r"x\.json: key: Field required"):
        read_cell(path)
    with pytest.raises(BadInput, match=r"holds no run: it has no run\.json"):
        read_run(tmp_path)
    with pytest.raises(BadInput, match="holds no cells"):
        list(cells_in(tmp_path / "nowhere"))


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    """`run.json` names its schema and is read back equal."""
    run = Run(
        versions={"kubetriage": "1"},
        strategies=(Strategy.RULES, Strategy.REACT),
        models=(ModelUsed(name="a", id="qwen/qwen3", profile={"context_tokens": 32768}),),
        scenarios=(ScenarioUsed(name="web-is-down", digest="12", tags=("crash",)),),
        repeats=5,
        simulated=True,
        simulation="Simulated: a script answers.",
        started=AT,
    )
    path = write_run(tmp_path, run)
    assert json.loads(path.read_text())["schema"] == "kubetriage.eval/1"
    assert read_run(tmp_path) == run


def test_what_is_kept_is_redacted_and_comes_back(tmp_path: Path) -> None:
    """Prompts, answers and reads are kept in order, compressed, without the secrets in them."""
    token = "ghp_" + "a1B2" * 9
    entries = [
        Kept(what="prompt", text=f"env TOKEN={token}"),
        Kept(what="answer", text="{}", detail={"password": "hunter2-hunter2", "completion_tokens": 3}),
    ]
    name = write_kept(tmp_path, key(), entries)
    plain = gzip.decompress((tmp_path / name).read_bytes()).decode()
    assert token not in plain and "hunter2" not in plain
    found = read_kept(tmp_path, cell(key(), calls_file=name))
    assert [each.what for each in found] == ["prompt", "answer"]
    assert found[1].detail["completion_tokens"] == 3


def test_only_files_of_the_run_are_read(tmp_path: Path) -> None:
    """A cell that points outside its run's folder, or nowhere, has nothing kept; a broken file is named."""
    outside = tmp_path / "outside.jsonl.gz"
    outside.write_bytes(gzip.compress(b'{"what": "note"}\n'))
    folder = tmp_path / "run"
    folder.mkdir()
    assert read_kept(folder, cell(key(), calls_file="../outside.jsonl.gz")) == []
    assert read_kept(folder, cell(key())) == []
    (folder / "x.gz").write_bytes(b"no gzip")
    with pytest.raises(BadInput, match=r"x\.gz cannot be used: it is not compressed"):
        read_kept(folder, cell(key(), calls_file="x.gz"))


def test_a_damaged_cell_says_what_to_do(tmp_path: Path) -> None:
    """A file cut short, or of another form, is named with the way out; nothing of it is taken."""
    path = tmp_path / "x.json"
    for text in ('{"key"', "{}", ""):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(
            BadInput, match=r"x\.json: .* Delete it, and the run's command does that cell again\."
        ):
            read_cell(path)
