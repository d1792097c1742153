"""The alert server under `kill -9`, without its database, and on a full disk: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def kills(benchmark_module: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_module("kills")


@pytest.fixture
def started(kills: ModuleType, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`started(url, name, node=…, delay=…)`: a server with a home of its own, killed at that node if one is named."""
    running: list[Any] = []

    def start(url: str, name: str, node: str = "", delay: float = 0.0) -> Any:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        (home / "kubetriage.toml").write_text(kills.SETTINGS.format(url=url), encoding="utf-8")
        server = kills.Server(home / "kubetriage.toml", node, delay)
        running.append(server)
        assert server.listening(), (home / "server.log").read_text(encoding="utf-8")
        return server

    yield start
    for server in running:
        server.kill()


def wait_until(condition: Callable[[], Any], seconds: float = 90.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} seconds"
        time.sleep(0.05)


def incidents(server: Any, *states: str) -> list[Any]:
    query = "&".join(f"state={each}" for each in states)
    with urllib.request.urlopen(f"{server.url}/api/v1/incidents?limit=500&{query}", timeout=60) as answer:
        items: list[Any] = json.load(answer)["items"]
        return items


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_at_every_node_nothing_is_lost_and_nothing_done_twice(
    database: str, benchmark_module: Callable[[str], ModuleType]
) -> None:
    """Ten kills spread over the nodes and the messages: every accepted alert has its one report, of which people
    were told, no finished node ran again, and no message was sent again whose delivery was known.
    """
    if database == "postgresql":
        own = benchmark_module("own_postgres")
        try:
            own.programs()
        except own.NoPostgres as error:
            pytest.skip(str(error))
    script = [sys.executable, str(ROOT / "benchmarks" / "kills.py"), "--database", database]
    ended = subprocess.run(
        [*script, "--kills", "10", "--seed", "7", "--json"], capture_output=True, text=True, check=False
    )
    assert ended.returncode in (0, 1), ended.stderr
    told = json.loads(ended.stdout)
    assert sum(told["kills"].values()) == 10
    assert told["alerts"] >= 14
    assert (told["lost"], told["twice"], told["again"]) == ([], [], [])
    assert (told["untold"], told["resent"]) == ([], [])
    assert told["messages"] == told["alerts"]


def test_another_replica_takes_over_within_the_stated_time(
    started: Callable[..., Any], kills: ModuleType, postgres: Any, tmp_path: Path
) -> None:
    """Of two on one PostgreSQL one dies in the middle: the other takes its work over `takeover_seconds` later.

    On top of that time come some rounds of looking for work. Then all of it is done, each once.
    """
    url = postgres.database()
    dying = started(url, "dying", "check_related", 0.01)
    survivor = started(url, "survivor")
    given = 0

    def died() -> bool:
        nonlocal given
        if given < 8 or len(incidents(survivor, "reported")) == given:  # it has not had its part of them yet
            given += kills.post(survivor.url, given)
        return dying.process.poll() is not None

    wait_until(died)
    at = time.time()
    assert dying.process.poll() == -signal.SIGKILL
    wait_until(lambda: len(incidents(survivor, "reported")) == given)
    assert taken_over_at(tmp_path / "survivor" / "server.log") - at < 3.0 + 20.0
    assert {each["diagnosis_attempts"] for each in incidents(survivor, "reported")} == {1}


def taken_over_at(log: Path) -> float:
    """When its writer found another worker dead, and had taken its work over, in seconds of the wall clock."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    [dead] = [each for each in lines if "is dead; taken over" in each["message"]]
    return datetime.fromisoformat(dead["at"]).timestamp()


def test_a_replica_that_only_slept_does_nothing_twice(
    started: Callable[..., Any], kills: ModuleType, postgres: Any
) -> None:
    """Held for dead and taken over, it wakes up: what the other did is not done again, and it works on."""
    url = postgres.database()
    sleeper = started(url, "sleeper")
    for number in range(20):
        wait_until(lambda: kills.post(sleeper.url, number))  # noqa: B023 within this round
    wait_until(lambda: incidents(sleeper, "reported"))
    sleeper.process.send_signal(signal.SIGSTOP)
    try:
        other = started(url, "other")
        # Rows that the sleeper has locked come free after ten seconds, then its twenty diagnoses are made.
        wait_until(lambda: len(incidents(other, "reported")) == 20, 300)
    finally:
        sleeper.process.send_signal(signal.SIGCONT)
    wait_until(lambda: kills.post(sleeper.url, 20))  # its connections were ended meanwhile
    wait_until(lambda: len(incidents(sleeper, "reported")) == 21)
    time.sleep(2)  # more than two beats: by now it knows
    for server in (sleeper, other):
        assert server.process.poll() is None
        server.process.terminate()
        assert server.process.wait(120) == 0
    verdict = asyncio.run(kills.judged(url, range(21)))
    assert (verdict.lost, verdict.twice, verdict.again) == ([], [], [])


OUTAGE_SECONDS = 30.0
"""As long as a restart of a database server, or its switch to another one, takes; and many times as long as a
worker that is cut off waits before it lets go of what it runs."""
LOCK = """
import sqlite3, sys

held = [sqlite3.connect(path, isolation_level=None, timeout=60) for path in sys.argv[1:]]
for each in held:
    each.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """All SQLite files there are held by another process, which lets nobody write to them."""
    files = [str(each) for each in folder.iterdir() if each.is_file() and _is_database(each)]
    assert files
    line = [sys.executable, "-c", LOCK, *files]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "locked\n"
        yield
        assert holder.poll() is None
        holder.kill()


def _is_database(file: Path) -> bool:
    return file.read_bytes()[:15] == b"SQLite format 3"


@contextmanager
def stopped(server: Any) -> Iterator[None]:
    """PostgreSQL is gone as if it had died, and comes back."""
    server.stop()
    try:
        yield
    finally:
        server.start()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_database_is_away_for_half_a_minute(
    started: Callable[..., Any],
    kills: ModuleType,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    database: str,
) -> None:
    """Meanwhile posts are answered 503 and nothing dies; then it goes on by itself, and each is diagnosed once."""
    files = tmp_path / "files"
    files.mkdir()
    postgres = request.getfixturevalue("postgres") if database == "postgresql" else None
    url = postgres.database() if postgres else f"sqlite:///{files / 'kubetriage.db'}"
    server = started(url, "one")
    accepted = list(range(12))
    for number in accepted:
        wait_until(lambda: kills.post(server.url, number))  # noqa: B023 within this round
    wait_until(lambda: incidents(server, "diagnosing", "reported"))  # in the middle of its work
    with stopped(postgres) if postgres else locked(files):
        began, told = time.monotonic(), Counter[int]()
        while time.monotonic() - began < OUTAGE_SECONDS:
            told[status_of(server.url, kills.body_of(100))] += 1
            assert server.process.poll() is None
            time.sleep(1)
    assert set(told) == {503}
    wait_until(lambda: kills.post(server.url, 100))
    wait_until(lambda: len(incidents(server, "reported")) == len(accepted) + 1, 300)
    verdict = asyncio.run(kills.judged(url, [*accepted, 100]))
    assert (verdict.lost, verdict.twice, verdict.again) == ([], [], [])


def status_of(url: str, body: bytes) -> int:
    request = urllib.request.Request(
        f"{url}/api/v1/alerts", data=body, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_on_a_full_disk_intake_says_so_and_nothing_breaks(
    started: Callable[..., Any], kills: ModuleType, tmp_path: Path
) -> None:
    """No room to store: 503, and not before. With room again everything that was accepted is there."""
    url = f"sqlite:///{tmp_path / 'kubetriage.db'}"
    server = started(url, "one")
    assert kills.post(server.url, 0)
    wait_until(lambda: incidents(server, "reported"))
    room = max(file.stat().st_size for file in tmp_path.glob("kubetriage.db*")) + 1_500_000
    _, most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (room, most))
    accepted, refused = 0, 0
    for number in range(1, 200):
        status = status_of(server.url, many(kills.body_of(number), number))
        accepted += status == 202
        refused += status == 503
        assert status in (202, 503)
        if refused > 3:
            break
    assert accepted
    assert refused > 3
    assert server.process.poll() is None
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, most))
    wait_until(lambda: kills.post(server.url, 500))
    with sqlite3.connect(tmp_path / "kubetriage.db", timeout=30) as connection:
        counted = "SELECT count(*) FROM alerts"
        wait_until(lambda: connection.execute(counted).fetchone()[0] == 1 + accepted * MANY + 1)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


MANY = 100


def many(body: bytes, number: int) -> bytes:
    """As many alerts of one incident as a large group has, so that the disk is soon full."""
    document = json.loads(body)
    [alert] = document["alerts"]
    document["alerts"] = [
        {
            **alert,
            "fingerprint": f"{number:08x}{each:08x}",
            "labels": {**alert["labels"], "cluster": "full", "copy": f"{number}-{each}"},
            "annotations": {"description": "x" * 2000},
        }
        for each in range(MANY)
    ]
    return json.dumps(document).encode()
