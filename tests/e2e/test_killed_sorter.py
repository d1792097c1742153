"""The server and its sorter under `kill -9` while posts come in: each that was answered is sorted, exactly once."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from kubetriage.adapters.store.sql.database import Database
from kubetriage.adapters.store.sql.tables import alerts, posts

pytestmark = pytest.mark.slow

KILLS = 8
SETTINGS = 'database = "{url}"\n[server]\nport = 0\n[intake]\nstorm_incidents = 100000\n'
LARGE = 2500
"""Alerts in a body of more than a megabyte, whose sorting takes longer than a server lives here."""


class Senders:
    """Post alerts that were never there before to whichever server answers, until they are to stop."""

    def __init__(self, servers: list[Any]) -> None:
        self.answered: dict[int, list[str]] = {}
        """By the number of the post, the names of its alerts."""
        self._servers = servers
        self._stopping = threading.Event()
        self._numbers = count()
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(3)]

    def __enter__(self) -> Senders:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for each in self._threads:
            each.join()

    def _send(self, sender: int) -> None:
        chosen = random.Random(sender)
        for turn in count():
            if self._stopping.is_set():
                return
            size = LARGE if sender == 0 and turn % 12 == 3 else chosen.choice([1, 2, 30])
            names = [f"alert-{next(self._numbers)}" for _ in range(size)]
            url = chosen.choice(self._servers).url
            asked = urllib.request.Request(
                f"{url or 'http://127.0.0.1:9'}/api/v1/alerts", data=body_of(names)
            )
            try:
                with urllib.request.urlopen(asked, timeout=30) as answer:
                    self.answered[json.load(answer)["post"]] = names
            except (OSError, HTTPException, ValueError):  # killed before its answer: stored or not
                pass
            time.sleep(0.1)


def body_of(names: list[str]) -> bytes:
    """One post, of alerts of forty workloads."""
    pods = [f"web{index % 40}-5d9c7b6f4-x2x7k" for index in range(len(names))]
    labels = [
        {
            "alertname": "KubePodCrashLooping",
            "namespace": "shop",
            "pod": pod,
            "name": name,
            "filler": "x" * 400,
        }
        for pod, name in zip(pods, names, strict=True)
    ]
    started = "2026-03-04T09:50:00Z"
    return json.dumps(
        {
            "version": "4",
            "alerts": [{"status": "firing", "labels": each, "startsAt": started} for each in labels],
        }
    ).encode()


@pytest.fixture
def start(
    benchmark_module: Callable[[str], ModuleType], tmp_path: Path
) -> Iterator[Callable[[str, str], Any]]:
    """`start(name, url)`: a server that takes alerts, and its sorter."""
    own = benchmark_module("own_server")
    running: list[Any] = []

    def server(name: str, url: str) -> Any:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        config = home / "kubetriage.toml"
        config.write_text(SETTINGS.format(url=url), encoding="utf-8")
        running.append(own.OwnServer(config, "--role", "intake"))
        running[-1].wait_until(running[-1].ready, 120)
        return running[-1]

    yield server
    for each in running:
        each.end()


def kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_post_that_was_answered_is_sorted_once(
    kind: str, start: Callable[[str, str], Any], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Sorter, server or both die at any moment, on PostgreSQL one of two: no alert is lost, none counted twice."""
    postgres = request.getfixturevalue("postgres") if kind == "postgresql" else None
    url = postgres.database() if postgres else f"sqlite:///{tmp_path / 'kubetriage.db'}"
    names = ["one", "two"] if postgres else ["one"]
    servers = [start(name, url) for name in names]
    chosen = random.Random(5)
    with Senders(servers) as senders:
        for _ in range(KILLS):
            time.sleep(chosen.uniform(0.2, 2.0))
            which = chosen.randrange(len(servers))
            own = servers[which].process
            sorters = Path(f"/proc/{own.pid}/task/{own.pid}/children").read_text(encoding="ascii").split()
            dies = chosen.choice(["sorter", "server", "both"])
            for sorter in sorters if dies != "server" else []:
                kill(int(sorter))
            if dies != "sorter":
                kill(own.pid)
                own.wait()
                servers[which] = start(names[which], url)
    assert senders.answered
    asyncio.run(expect_once(url, senders.answered))


async def expect_once(url: str, answered: dict[int, list[str]]) -> None:
    database = await Database.open(url)
    async with asyncio.timeout(400):
        while (await database.inbox.backlog()).posts:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    assert (await database.inbox.backlog()).failed == 0
    connector = database._connector
    kept = {row.id: row for row in await connector.read(lambda c: c.execute(select(posts)).all())}
    seen: Counter[str] = Counter()
    for labels, repeats in await connector.read(
        lambda c: c.execute(select(alerts.c.labels, alerts.c.repeats)).all()
    ):
        seen[labels["name"]] += 1 + repeats
    await database.close()
    for post, names in answered.items():
        row = kept[post]
        assert (row.sorted, row.alerts, row.new, row.repeats) == (True, len(names), len(names), 0)
    assert {name for names in answered.values() for name in names} <= set(seen)
    assert set(seen.values()) == {1}
