"""A storm: ten thousand alerts of forty causes. None is lost, each cause is diagnosed once, memory stays bounded."""

from __future__ import annotations

import importlib
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = "claim-below-storage-class-minimum"
ALERTS, CAUSES, A_POST, REPEATED = 10_000, 40, 100, 20
"""Alerts, their causes, alerts in one post, and how many of the posts come a second time."""
MEMORY = 400 * 1024 * 1024
SETTINGS = """
database = "sqlite:///{folder}/kubetriage.db"
language = "en"
[server]
port = 0
sweep_seconds = 0.2
[intake]
wait_seconds = {wait}
storm_incidents = {storm}
storm_diagnoses = 5
"""


def from_benchmarks(name: str) -> ModuleType:
    """A script of `benchmarks/`, which is no package."""
    folder = str(ROOT / "benchmarks")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


@pytest.fixture
def serve(scenario_folder: Callable[[str], Path], tmp_path: Path) -> Iterator[Callable[[int, float], Any]]:
    """`serve(storm, wait)`: a server over a recorded cluster, for which so many incidents are a storm."""
    from contextlib import ExitStack

    with ExitStack() as ends:

        def start(storm: int, wait: float) -> Any:
            config = tmp_path / "kubetriage.toml"
            config.write_text(SETTINGS.format(folder=tmp_path, storm=storm, wait=wait), encoding="utf-8")
            snapshot = str(scenario_folder(SCENARIO) / "snapshot")
            own = from_benchmarks("own_server")
            return ends.enter_context(own.own_server(config, "--snapshot", snapshot))

        yield start


def posted(server: Any) -> float:
    """Post all of it, from eight senders; the seconds until all of it was sorted."""
    storms = from_benchmarks("storms")
    bodies = [storms.post_of(range(first, first + A_POST)) for first in range(0, ALERTS, A_POST)]
    began = time.monotonic()
    with ThreadPoolExecutor(8) as senders:
        receipts = list(senders.map(server.post, [*bodies, *bodies[:REPEATED]]))
    last = max(receipt["post"] for receipt in receipts)
    server.wait_until(
        lambda: all(server.request(f"/api/v1/posts/{n}")["state"] == "sorted" for n in range(1, last + 1)),
        300,
    )
    return time.monotonic() - began


def stored(folder: Path, query: str) -> Any:
    with sqlite3.connect(f"file:{folder / 'kubetriage.db'}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


def most_memory(server: Any) -> int:
    """Of the server or of its sorter, whichever needed more."""
    pid = server.process.pid
    sorters = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    assert sorters
    statuses = [Path(f"/proc/{each}/status").read_text(encoding="utf-8") for each in (pid, *sorters)]
    lines = [line for status in statuses for line in status.splitlines() if line.startswith("VmHWM:")]
    return max(int(line.split()[1]) * 1024 for line in lines)


def test_ten_thousand_alerts_are_forty_diagnoses(
    serve: Callable[..., Any], tmp_path: Path, lateness: Callable[[], float]
) -> None:
    """Within a minute all are in the database, repeats are counted, and no cause is diagnosed twice."""
    server = serve(1000, 2.0)
    assert posted(server) < 60 * lateness()
    assert stored(tmp_path, "SELECT count(*), sum(repeats) FROM alerts") == [(ALERTS, REPEATED * A_POST)]
    assert stored(tmp_path, "SELECT sum(alerts) FROM posts") == [(ALERTS + REPEATED * A_POST,)]
    assert stored(tmp_path, "SELECT count(*) FROM alerts WHERE incident IS NULL") == [(0,)]

    def done() -> bool:
        return len(server.incidents("reported")) == CAUSES

    server.wait_until(done, 400)
    time.sleep(2)  # a diagnosis too many would begin now
    incidents = server.incidents()
    assert len(incidents) == CAUSES
    assert {each["counts"]["alerts"] for each in incidents} == {ALERTS // CAUSES}
    assert sum(each["diagnosis_attempts"] for each in incidents) == CAUSES
    assert stored(tmp_path, "SELECT count(*) FROM runs") == [(CAUSES,)]
    assert most_memory(server) < MEMORY


def test_in_a_storm_only_its_budget_is_diagnosed(
    serve: Callable[..., Any], tmp_path: Path, lateness: Callable[[], float]
) -> None:
    """Thirty incidents in five minutes are a storm: it is told once, five are diagnosed, the others wait and are kept."""
    server = serve(30, 5.0)
    assert posted(server) < 60 * lateness()
    assert stored(tmp_path, "SELECT count(*), sum(repeats) FROM alerts") == [(ALERTS, REPEATED * A_POST)]
    server.wait_until(lambda: len(server.incidents("reported")) >= 5, 300)
    time.sleep(6)  # longer than any incident waits
    server.wait_until(lambda: not server.incidents("queued", "diagnosing"), 300)
    incidents = server.incidents()
    assert len(incidents) == CAUSES
    assert {each["state"] for each in incidents} == {"reported", "waiting"}
    assert 5 <= sum(each["diagnosis_attempts"] for each in incidents) <= CAUSES // 2
    assert stored(tmp_path, "SELECT count(*) FROM incident_events WHERE kind = 'storm-began'") == [(1,)]
    assert most_memory(server) < MEMORY
