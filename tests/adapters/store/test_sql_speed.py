"""Accepting costs little however much arrives. Counted is this process's own time: machines do other things."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import pytest

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.deciding import decide
from kubetriage.domain.intake.decisions import Known
from kubetriage.domain.intake.values import IntakeSettings

MakeAlert = Callable[..., Alert]

pytestmark = pytest.mark.slow


def storm(make_alert: MakeAlert, count: int, causes: int, first: int = 0) -> list[Alert]:
    return [
        make_alert(
            namespace=f"team{n % causes}",
            pod=f"app-6d9c7f8b5d-{n + first:05}",
            container="app",
            uid=f"5b1d3c1e-0000-4000-8000-{n + first:012}",
            reason="CrashLoopBackOff",
        )
        for n in range(count)
    ]


async def accepting(database: Database, at: datetime, alerts: list[Alert]) -> float:
    """Seconds of this process."""
    begun = time.process_time()
    accepted = await database.incidents.accept(alerts, source="t", body_digest="", received_at=at)
    assert accepted.alerts == len(alerts)
    return time.process_time() - begun


async def test_ten_thousand_alerts_are_accepted_within_three_seconds(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """New as well as repeated, in one request, and all of them are in 40 incidents."""
    alerts = storm(make_alert, 10_000, 40)
    assert await accepting(database, now, alerts) < 3
    assert await accepting(database, now, alerts) < 3
    tallies = await database.incidents.tallies(now)
    assert (tallies.firing_alerts, tallies.incidents) == (10_000, {"waiting": {"warning": 40}})


async def test_a_hundred_alerts_are_accepted_within_a_tenth_of_a_second(
    database: Database, make_alert: MakeAlert, now: datetime
) -> None:
    """Nearly all requests of up to a hundred alerts, in a database that holds ten thousand."""
    await accepting(database, now, storm(make_alert, 10_000, 40))
    taken = sorted(
        [
            await accepting(database, now, storm(make_alert, 100, 40, 20_000 + 100 * turn))
            for turn in range(50)
        ]
    )
    assert taken[47] < 0.1


async def test_posts_at_the_same_time_share_a_commit(database: Database, now: datetime) -> None:
    """Four hundred posts from many senders take less than a second together."""
    begun = time.process_time()
    kept = [database.inbox.keep(b"x" * 1000, source="", received_at=now) for _ in range(400)]
    assert len(set(await asyncio.gather(*kept))) == 400
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("kind", ["one cause", "own causes", "one alert", "nodes and pods"])
def test_deciding_takes_time_in_proportion(make_alert: MakeAlert, now: datetime, kind: str) -> None:
    """Eight times the alerts take about eight times as long, whatever they have in common."""

    def made(count: int) -> list[Alert]:
        if kind == "one alert":
            return [make_alert(pod="web-0", namespace="shop", minutes=n) for n in range(count)]
        if kind == "nodes and pods":
            names = [("KubeNodeNotReady", {"node": f"n{n}"}) for n in range(count // 2)]
            pods = [{"namespace": f"t{n}", "pod": "web-0", "node": f"n{n}"} for n in range(count // 2)]
            return [make_alert(name, **labels) for name, labels in names] + [make_alert(**p) for p in pods]
        return storm(make_alert, count, 1 if kind == "one cause" else count)

    def seconds(alerts: list[Alert]) -> float:
        taken = []
        for _ in range(3):
            begun = time.process_time()
            decide(Known(), alerts, now, IntakeSettings())
            taken.append(time.process_time() - begun)
        return min(taken)

    assert seconds(made(4000)) < 16 * seconds(made(500))
