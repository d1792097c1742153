"""A process that hangs is ended, and its cell is tried in another one."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kubetriage.evals.cells import Strategy, cells_in
from kubetriage.evals.runs.budget import Purse
from kubetriage.evals.runs.conducting import Conduct, Standing, conduct
from kubetriage.evals.runs.folder import begun, prepared
from kubetriage.evals.runs.lock import locked
from kubetriage.evals.runs.messages import Done
from kubetriage.evals.runs.planning import Plan, plan_of
from kubetriage.evals.scenario import find

FOLDER = Path(__file__).resolve().parents[3] / "evals" / "scenarios"


def workers() -> list[int]:
    me = os.getpid()
    found = []
    for task in Path(f"/proc/{me}/task").iterdir():
        found += [int(each) for each in (task / "children").read_text().split()]
    return [pid for pid in found if b"runs.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


class Stopping:
    """Stops a worker, as a machine does that swaps, when the first cell is there."""

    def __init__(self) -> None:
        self.stopped: list[int] = []
        self.last: Standing | None = None

    def cell(self, done: Done) -> None:
        if not self.stopped:
            self.stopped = workers()[:1]
            os.kill(self.stopped[0], signal.SIGSTOP)

    def standing(self, now: Standing) -> None:
        self.last = now


def plan(count: int, repeats: int) -> Plan:
    return plan_of(
        find(FOLDER)[:count], (Strategy.RULES,), [], repeats=repeats, seed=0, language="en", simulation="",
        now=datetime.now(UTC),
    )  # fmt: skip


@pytest.mark.slow
def test_a_process_that_hangs_takes_no_cell_with_it(tmp_path: Path) -> None:
    """It is killed when its cell is late; that cell and the others have their verdicts."""
    watching = Stopping()
    how = Conduct(tmp_path, concurrency=1, timeout=12.0, grace=0.5, backoff=0.01)
    prepared(tmp_path)
    with locked(tmp_path) as lock:
        made, found = begun(tmp_path, plan(2, 4))
        ended = asyncio.run(conduct(made, how, Purse(None), found, watching, lock))
    assert watching.stopped and not ended.stopped
    assert (ended.standing.done, ended.standing.passed, ended.standing.not_run) == (8, 8, 0)
    assert len(list(cells_in(tmp_path))) == 8
    assert not Path(f"/proc/{watching.stopped[0]}").exists()
