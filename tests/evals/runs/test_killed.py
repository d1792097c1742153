"""A run that is killed goes on where it was: no cell is lost, and none is done twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubetriage.evals.cells import Cell, cells_in
from kubetriage.evals.runs.lock import locked

FEW = ("crash-oom-killed", "pod-security-refuses", "claim-below-storage-class-minimum")
CHOSEN = [word for name in FEW for word in ("--only", name)]
ARGUMENTS = [*CHOSEN, "--models", "scripted:qwen3-30b-a3b,rules", "--strategies", "graph", "--repeat", "6"]
CELLS = 3 * 2 * 6

Evaluating = Callable[..., Any]


def cells_of(folder: Path) -> dict[str, Cell]:
    return {cell.key.id: cell for cell in cells_in(folder)}


def stamps(folder: Path) -> dict[str, tuple[int, str]]:
    """By cell: when its file was written, and when the cell was begun."""
    cells = cells_of(folder)
    return {
        id_: ((folder / "cells" / f"{id_}.json").stat().st_mtime_ns, cell.started.isoformat())
        for id_, cell in cells.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_killed_run_goes_on_without_repeating_a_cell(
    seed: int, evaluating: Evaluating, evaluated: Callable[..., Any], tmp_path: Path
) -> None:
    """kill -9 at any moment, twice: what has a verdict then keeps its file untouched, and all are there."""
    chance, folder = random.Random(seed), tmp_path / "run"
    before: dict[str, tuple[int, str]] = {}
    for _ in range(2):
        process = evaluating(*ARGUMENTS)
        until = time.monotonic() + 180
        wanted = len(before) + chance.randint(1, 8)
        while len(list((folder / "cells").glob("[!.]*.json"))) < wanted and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(chance.random() * 0.3)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with locked(folder):  # its workers have ended
            now = stamps(folder)
        assert len(now) >= wanted
        assert {id_: now[id_] for id_ in before} == before
        before = now
    summary = evaluated(*ARGUMENTS)
    after = stamps(folder)
    assert len(after) == CELLS == summary["cells"]
    assert {id_: after[id_] for id_ in before} == before


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.0, 0.7, 1.5])
def test_a_killed_worker_takes_no_cell_with_it(
    seconds: float, evaluating: Evaluating, tmp_path: Path
) -> None:
    """Its cell is tried again in another process, and every cell has its verdict."""
    folder = tmp_path / "run"
    process = evaluating(*ARGUMENTS)
    killed = 0
    while process.poll() is None and not killed:  # the second death over one cell would be its end
        if (folder / "cells").is_dir():
            time.sleep(seconds)
            for child in children(process.pid)[:1]:
                os.kill(child, signal.SIGKILL)
                killed += 1
        time.sleep(0.05)
    said, errors = process.communicate(timeout=400)
    assert killed and process.returncode == 0, (said, errors)
    assert len(cells_of(folder)) == CELLS


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in path.read_text().split()] if path.exists() else []


def test_another_plan_is_refused_with_one_sentence(evaluated: Callable[..., Any]) -> None:
    """More repeats, other scenarios or arms in the same folder are another run; a command that is the same
    finds nothing left to do and exits with 0."""
    first = evaluated("--only", "crash-oom-killed", "--repeat", "2")
    again = evaluated("--only", "crash-oom-killed", "--repeat", "2")
    assert again["run"]["started"] == first["run"]["started"] and again["cells"] == 2
    for arguments, told in (
        (["--only", "crash-oom-killed", "--repeat", "3"], "its repeats are 2, not 3"),
        (["--only", "pod-security-refuses", "--repeat", "2"], "scenarios that are not among those chosen"),
        (["--only", "crash-oom-killed", "--repeat", "2", "--models", "scripted:qwen3-30b-a3b"],
         "it is of rules, not of graph scripted:qwen3-30b-a3b"),
        (["--only", "crash-oom-killed", "--repeat", "2", "--language", "zh"], "its language is en, not zh"),
    ):  # fmt: skip
        refused = evaluated(*arguments, status=2)["errors"]
        assert told in refused and refused.count("\n") == 1, refused


def test_a_run_at_work_is_not_joined(tmp_path: Path) -> None:
    """Two runs in one folder would write the same cells."""
    from kubetriage.domain.errors import BadInput

    with (
        locked(tmp_path),
        pytest.raises(BadInput, match="Another run is at work"),
        locked(tmp_path, patience=0.2),
    ):
        pass
