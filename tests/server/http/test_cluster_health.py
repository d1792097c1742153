"""The health of connections, as `GET /api/v1/clusters` tells it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.cluster.examination import Examined, Rights
from kubetriage.bootstrap.doctor import Connection
from kubetriage.bootstrap.doubts import doubts_about
from kubetriage.bootstrap.settings import ConnectionSettings, Settings
from kubetriage.server.cluster_health import FRESH_SECONDS, ConfiguredClusters, RecordedCluster, health_of

NOW = datetime(2025, 3, 4, tzinfo=UTC)


def connection(found: Examined) -> Connection:
    return Connection("east", "stdio", "kubernetes-mcp-server", True, found)


def test_what_is_wrong_is_said_first() -> None:
    """Why a connection is down, or which tools it lacks; kinds that may not be read are listed."""
    down = health_of(connection(Examined(unreachable="It did not start.")), NOW)
    assert (down.reachable, down.detail) == (False, "It did not start.")
    poor = Examined(
        server="k",
        version="1",
        usable=("pods_log",),
        missing=("resources_get",),
        rights=Rights(forbidden=("Node",)),
    )
    found = health_of(connection(poor), NOW)
    assert (found.reachable, found.detail) == (True, "Tools are missing: resources_get.")
    assert (found.server, found.tools, found.forbidden) == ("k 1", 1, ("Node",))


@pytest.fixture
def broken(tmp_path: Path) -> Settings:
    """A connection whose program notes that it was started, and ends at once."""
    program = tmp_path / "server"
    program.write_text(f"#!/bin/sh\necho started >> {tmp_path}/starts\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    return Settings(clusters={"east": ConnectionSettings(command=str(program), connect_timeout=60)})


async def test_connections_are_tried_now_and_then(broken: Settings, tmp_path: Path) -> None:
    """A connection that is down is told as such; asked again soon, the answer is the same without a new try."""
    now = [100.0]
    watch = ConfiguredClusters(broken, stopwatch=lambda: now[0])

    async def starts() -> tuple[list[Any], int]:
        found = [(each.name, each.reachable) for each in await watch.health()]
        return found, len((tmp_path / "starts").read_text(encoding="utf-8").splitlines())

    found, first = await starts()
    assert found == [("east", False)]
    assert await starts() == (found, first)
    now[0] += FRESH_SECONDS + 1
    assert (await starts())[1] > first


@pytest.mark.slow
async def test_one_that_hangs_keeps_nobody_waiting(broken: Settings, tmp_path: Path) -> None:
    """A program that says nothing is told as such within the answer's time, once tried; the others as they are."""
    hanging = tmp_path / "hanging"
    hanging.write_text(f"#!/bin/sh\necho tried >> {tmp_path}/tries\nexec sleep 90\n", encoding="utf-8")
    hanging.chmod(0o755)
    clusters = {**broken.clusters, "west": ConnectionSettings(command=str(hanging), connect_timeout=5)}
    watch = ConfiguredClusters(broken.model_copy(update={"clusters": clusters}), answer_seconds=0.4)
    east, west = await watch.health()
    assert (east.reachable, west.reachable, west.where) == (False, False, "hanging")
    assert "0.4 s, and is still being tried" in west.detail
    ends = time.monotonic() + 90
    while (await watch.health())[1].detail == west.detail:
        assert time.monotonic() < ends
    assert (tmp_path / "tries").read_text(encoding="utf-8") == "tried\n"


async def test_a_recorded_cluster_is_the_only_one(tmp_path: Path) -> None:
    """With a snapshot no configured connection is tried; a folder that was taken away is told."""
    folder = tmp_path / "recorded"
    folder.mkdir()
    watch = RecordedCluster(folder)
    [there] = await watch.health()
    assert (there.name, there.reachable, there.where) == ("snapshot", True, str(folder))
    folder.rmdir()
    [gone] = await watch.health()
    assert (gone.reachable, gone.detail) == (False, "The folder is not there any more.")


ONE, TWO = (
    {"east": {"command": "x"}},
    {"east": {"command": "x", "also_called": ["e"]}, "west": {"command": "x"}},
)


@pytest.mark.parametrize(
    ("clusters", "default", "said"),
    [
        (ONE, "", ""), (ONE, "east", ""), (TWO, "west", ""), (TWO, "e", ""),
        (TWO, "", r"several clusters \(east, west\) and no default_cluster"),
        (ONE, "wset", r"default_cluster is wset, which is not configured \(configured are: east\)"),
    ],
)  # fmt: skip
def test_alerts_that_would_find_no_cluster_are_foretold(
    clusters: dict[str, Any], default: str, said: str
) -> None:
    """Several clusters without a default, and a default that there is not, are said before the first alert comes."""
    doubts = doubts_about(Settings.model_validate({"clusters": clusters, "default_cluster": default}))
    assert len(doubts) == bool(said)
    assert re.search(said, "".join(doubts))


def test_without_any_cluster_the_program_is_missed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where none is configured, the server's own connection needs a program on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no kubernetes-mcp-server on PATH" in "".join(doubts_about(Settings()))
    program = tmp_path / "kubernetes-mcp-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert doubts_about(Settings()) == []
