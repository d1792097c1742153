"""Posts wait on disk as they came, in order, until they are dropped."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.errors import SchemaTooNew, StoreUnavailable
from kubetriage.domain.intake.posts import Arrival, Backlog, PostState

POSTER = """
import asyncio, sys
from datetime import UTC, datetime
from kubetriage.adapters.store.sql.database import Database

async def post(database, sender, number):
    body = f"{sender} {number}".encode()
    print(await database.inbox.keep(body, source="", received_at=datetime.now(UTC)), body.decode(), flush=True)

async def main():
    database = await Database.open(sys.argv[1])
    number = int(sys.argv[2])
    while True:
        await asyncio.gather(*(post(database, sender, number) for sender in range(4)))
        number += 1

asyncio.run(main())
"""


async def kept(database: Database, now: datetime, *bodies: bytes) -> list[int]:
    return [await database.inbox.keep(body, source="grafana", received_at=now) for body in bodies]


def remove(folder: Path) -> None:
    for path in folder.glob("lost-inbox.db*"):
        path.unlink()


async def test_bodies_are_kept_in_order_until_they_are_dropped(database: Database, now: datetime) -> None:
    """Any bytes, with who sent them and when, the oldest first; numbers grow and are not used again."""
    bodies = [b"\x00\xff\x1f\x8b", "换".encode(), b"{}"]
    numbers = await kept(database, now, *bodies)
    assert numbers == sorted(set(numbers))
    found = await database.inbox.oldest(now, 1000)
    assert [(each.post, each.body) for each in found] == list(zip(numbers, bodies, strict=True))
    assert {(each.source, each.received_at, each.attempts) for each in found} == {("grafana", now, 0)}
    await database.inbox.drop(numbers[:2])
    assert [each.post for each in await database.inbox.oldest(now, 1000)] == numbers[2:]
    await database.inbox.drop(numbers)
    assert await database.inbox.backlog() == Backlog(0, None, 0)
    assert (await kept(database, now, b"x"))[0] > numbers[-1]


async def test_only_so_many_bytes_are_read_at_once(database: Database, now: datetime) -> None:
    """As many as fit, in their order, and one at least: memory does not grow with what waits."""
    numbers = await kept(database, now, b"x" * 600, b"x" * 300, b"x" * 300, b"x" * 10)
    assert [each.post for each in await database.inbox.oldest(now, 1000)] == numbers[:2]
    assert [each.post for each in await database.inbox.oldest(now, 1)] == numbers[:1]


async def test_what_failed_waits_and_is_given_up(database: Database, now: datetime) -> None:
    """A post that failed lets others go first, counts its attempts, and is kept when it is given up."""
    first, second = await kept(database, now, b"1", b"2")
    assert await database.inbox.retry(first, now + timedelta(seconds=10), "It failed.") == 1
    assert [each.post for each in await database.inbox.oldest(now, 1000)] == [second]
    later = now + timedelta(seconds=11)
    assert [each.attempts for each in await database.inbox.oldest(later, 1000)] == [1, 0]
    await database.inbox.fail(first, "It failed again.")
    assert [each.post for each in await database.inbox.oldest(later, 1000)] == [second]
    assert await database.inbox.backlog() == Backlog(1, now, 1)
    found = await database.inbox.post(first)
    assert found is not None and (found.state, found.why) == (PostState.FAILED, "It failed again.")
    assert await database.inbox.post(10_000) is None
    assert await database.inbox.retain(now) == 0
    assert await database.inbox.retain(later) == 1
    assert await database.inbox.post(first) is None


def files_with(folder: Path, text: bytes) -> list[str]:
    return [path.name for path in folder.iterdir() if text in path.read_bytes()]


async def test_nothing_of_a_sorted_body_stays_in_the_file(tmp_path: Path, now: datetime) -> None:
    """Bodies are not redacted: what is dropped is overwritten, whichever way SQLite was built."""
    database = await Database.open(f"sqlite:///{tmp_path}/kept.db")
    numbers = await kept(database, now, b"secret " * 3000, b"secret")
    assert files_with(tmp_path, b"secret")
    assert database._beside is not None
    asked = await database._beside.write(lambda c: c.exec_driver_sql("PRAGMA secure_delete").scalar())
    await database.inbox.drop(numbers)
    await database.close()
    assert (asked, files_with(tmp_path, b"secret")) == (1, [])


async def test_a_clock_that_was_set_back_holds_nothing_up(database: Database, now: datetime) -> None:
    """What was to wait for seconds on another clock is not left for the hours between the two."""
    (number,) = await kept(database, now, b"1")
    await database.inbox.retry(number, now + timedelta(seconds=10), "It failed.")
    hours_ago = now - timedelta(hours=3)
    assert [each.post for each in await database.inbox.oldest(hours_ago, 1000)] == [number]
    assert not await database.inbox.oldest(now - timedelta(minutes=1), 1000)


async def test_what_got_further_has_nothing_against_it(database: Database, now: datetime) -> None:
    """A part of it is sorted: its attempts count anew, and it waits for nothing."""
    (number,) = await kept(database, now, b"1")
    assert await database.inbox.retry(number, now + timedelta(seconds=10), "It failed.") == 1
    assert await database.inbox.retry(number, now + timedelta(seconds=10), "It failed.", tries=0) == 1
    await database.inbox.advanced(number)
    assert [each.attempts for each in await database.inbox.oldest(now, 1000)] == [0]


async def test_a_lost_inbox_begins_after_the_posts_of_the_database(tmp_path: Path, now: datetime) -> None:
    """Whoever deletes the file of the inbox loses what waited in it, and no later post is taken for an old one."""
    url = f"sqlite:///{tmp_path}/lost.db"
    database = await Database.open(url)
    (number,) = await kept(database, now, b"1")
    alert = Alert(name="A", labels={"alertname": "A"}, starts_at=now, fingerprint="f" * 16)
    await database.incidents.sort([Arrival([alert], "bare", "d", now, post=number + 40)])
    await database.close()
    remove(tmp_path)
    database = await Database.open(url)
    assert (await kept(database, now, b"2"))[0] > number + 40
    await database.close()


async def test_an_inbox_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """One clear sentence, as for the database itself."""
    url = f"sqlite:///{tmp_path}/new.db"
    await (await Database.open(url)).close()
    engine = create_engine(f"sqlite:///{tmp_path}/new-inbox.db")
    with engine.begin() as connection:
        connection.execute(text("PRAGMA user_version=99"))
    engine.dispose()
    with pytest.raises(SchemaTooNew, match=r"schema 99, which is newer than this version.*\.$"):
        await Database.open(url)


async def test_a_sender_that_leaves_takes_nothing_back(database: Database, now: datetime) -> None:
    """A request whose client hung up is stored, and the next one is served."""
    leaving = asyncio.create_task(database.inbox.keep(b"1", source="", received_at=now))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await kept(database, now, b"2")
    assert [each.body for each in await database.inbox.oldest(now, 100)] == [b"1", b"2"]


async def test_a_full_disk_is_said_to_every_sender(tmp_path: Path, now: datetime) -> None:
    """Senders that share a transaction share its failure, in one sentence, and what comes later is kept."""
    database = await Database.open(f"sqlite:///{tmp_path}/full.db")
    assert database._beside is not None
    await database._beside.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=20"))
    keeping = [database.inbox.keep(b"x" * 50_000, source="", received_at=now) for _ in range(4)]
    answers = await asyncio.gather(*keeping, return_exceptions=True)
    refused = [each for each in answers if isinstance(each, StoreUnavailable)]
    assert refused and "full" in str(refused[0])
    await database._beside.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=100000"))
    await kept(database, now, b"y" * 50_000)
    found = await database.inbox.oldest(now, 10_000_000)
    assert len(found) == len(answers) - len(refused) + 1
    await database.close()


async def test_a_file_gives_back_what_a_storm_took(tmp_path: Path, now: datetime) -> None:
    """SQLite's inbox is small again when its posts are sorted, though nothing of it was to be kept."""
    database = await Database.open(f"sqlite:///{tmp_path}/k.db")
    posts = await kept(database, now, *[b"x" * 500_000] * 20)
    file = tmp_path / "k-inbox.db"
    await database.inbox.drop(posts)
    await database.inbox.retain(now)
    await kept(database, now, b"small")
    await database.close()
    assert file.stat().st_size < 1_000_000
    again = await Database.open(f"sqlite:///{tmp_path}/k.db")
    assert [each.body for each in await again.inbox.oldest(now, 1000)] == [b"small"]
    await again.close()


@pytest.mark.slow
def test_what_was_kept_survives_a_kill(url: str, now: datetime) -> None:
    """Killed at any moment between two posts of four senders: every post that was answered is there, once."""
    answered: list[str] = []
    for turn in range(3):
        line = [sys.executable, "-c", POSTER, url, str(turn * 1_000_000)]
        process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        answered.append(process.stdout.readline())
        time.sleep(0.05 * (turn + 1))
        process.kill()
        answered += process.stdout.read().splitlines(keepends=True)
        process.wait()
        process.stdout.close()
    whole = {line.strip() for line in answered if line.endswith("\n")}
    assert len(whole) >= 3

    async def stored() -> list[str]:
        database = await Database.open(url)
        found: list[str] = []
        while some := await database.inbox.oldest(now + timedelta(days=9000), 10_000):
            found += [f"{each.post} {each.body.decode()}" for each in some]
            await database.inbox.drop([each.post for each in some])
        await database.close()
        return found

    everything = asyncio.run(stored())
    assert whole <= set(everything)
    assert len({line.partition(" ")[2] for line in everything}) == len(everything)
