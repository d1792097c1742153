"""What was accepted outlives the process that accepted it, whenever that is killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select

from kubetriage.adapters.store.sql.database import Database
from kubetriage.adapters.store.sql.tables import alerts, posts
from kubetriage.domain.intake.reading import IncidentFilter, Page

POSTER = """
import asyncio, sys
from datetime import UTC, datetime
from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert
from kubetriage.domain.fingerprint import fingerprint

async def post(database, sender, number, at):
    labels = {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": f"web-{sender}", "n": str(number)}
    alert = Alert(name="KubePodCrashLooping", labels=labels, starts_at=at, fingerprint=fingerprint(labels))
    answer = await database.incidents.accept([alert], source="t", body_digest="", received_at=at)
    print(alert.fingerprint, answer.post, flush=True)

async def main():
    database = await Database.open(sys.argv[1])
    at = datetime(2025, 3, 4, 10, tzinfo=UTC)
    number = int(sys.argv[2])
    while True:
        await asyncio.gather(*(post(database, sender, number, at) for sender in range(4)))
        number += 1

asyncio.run(main())
"""


@pytest.mark.slow
def test_what_was_accepted_survives_a_kill(url: str) -> None:
    """Killed at any moment between two requests of four senders: every alert that was answered is stored,

    none is stored twice, and all of them are one incident's."""
    answered: list[str] = []
    for turn in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", POSTER, url, str(turn * 1_000_000)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        answered.append(process.stdout.readline())
        time.sleep(0.05 * (turn + 1))
        process.kill()
        answered += process.stdout.read().splitlines()
        process.wait()
        process.stdout.close()
    whole = {line.split()[0] for line in answered if len(line.split()) == 2}
    assert len(whole) >= 3
    asyncio.run(check(url, whole))


async def check(url: str, answered: set[str]) -> None:
    database = await Database.open(url)
    query = select(alerts.c.fingerprint)
    stored = await database._connector.read(lambda c: list(c.execute(query).scalars()))
    assert answered <= set(stored)
    count = await database._connector.read(lambda c: c.execute(select(func.count(posts.c.id))).scalar_one())
    assert count == len(stored)
    found = (await database.incidents.incidents(IncidentFilter(), Page())).items
    assert len({incident.key for incident in found}) == len(found)
    assert sum(incident.counts.alerts for incident in found) == len(stored)
    await database.close()
