"""What was kept becomes incidents once, in order, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.posts import Arrival, Backlog, KeptBody, Post, PostState
from kubetriage.domain.intake.reading import EventKind, IncidentFilter, Page
from kubetriage.domain.intake.values import IntakeSettings
from kubetriage.server import sorting
from kubetriage.server.posted import MOST_LEFT_OUT
from kubetriage.server.sorting import ATTEMPTS, DEATHS, Sorted, Sorter, batches
from kubetriage.server.sweeping import sorted_until

AT = datetime(2026, 3, 4, 10, tzinfo=UTC)


def body(*pods: str, truncated: int = 0, status: str = "firing") -> bytes:
    """A post of Alertmanager's."""
    alerts = [
        {
            "status": status,
            "labels": {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": pod},
            "annotations": {},
            "startsAt": "2026-03-04T09:50:00Z",
            "endsAt": "2026-03-04T09:59:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
        }
        for pod in pods
    ]
    group = {"version": "4", "groupKey": "{}", "status": status, "receiver": "r", "alerts": alerts}
    return json.dumps({**group, "groupLabels": {}, "truncatedAlerts": truncated}).encode()


@pytest.fixture
async def database(empty_database: str) -> AsyncIterator[Database]:
    opened = await Database.open(empty_database, IntakeSettings(storm_incidents=10_000))
    yield opened
    await opened.close()


class Bench:
    """A sorter whose clock stands where the test puts it, and what it told."""

    def __init__(self, database: Database, incidents: Any = None) -> None:
        self.database = database
        self.now = AT
        self.told: list[Sorted] = []
        self.sorter = Sorter(
            database.inbox, incidents or database.incidents, lambda: self.now, self.told.append
        )

    async def keep(self, *bodies: bytes) -> list[int]:
        inbox = self.database.inbox
        return [await inbox.keep(each, source="", received_at=self.now) for each in bodies]

    async def sort(self) -> None:
        while await self.sorter.once():
            pass

    async def post(self, number: int) -> Post:
        found = await self.database.incidents.post(number)
        assert found is not None
        return found

    async def alerts(self) -> int:
        return (await self.database.incidents.tallies(self.now)).firing_alerts


async def test_posts_become_incidents_in_their_order(database: Database) -> None:
    """Fired, then resolved: the incident knows both, each post says what became of it, and nothing waits."""
    bench = Bench(database)
    first, second = await bench.keep(body("web-0", "web-1", truncated=7), body("web-0", status="resolved"))
    await bench.sort()
    found = await bench.post(first)
    assert (found.state, found.source, found.alerts, found.new) == (PostState.SORTED, "alertmanager", 2, 2)
    assert (found.truncated, len(found.incidents)) == (7, 1)
    after = await bench.post(second)
    assert (after.new, after.repeats, after.incidents) == (0, 1, found.incidents)
    assert await bench.alerts() == 1
    assert await database.inbox.backlog() == Backlog(0, None, 0)
    assert [(each.post, each.alerts) for each in bench.told] == [(first, 2), (second, 1)]


async def test_what_a_sender_left_out_is_told_once(database: Database) -> None:
    """Alerts that were cut off never arrive: the incident says how many, and a repeat does not say it again."""
    bench = Bench(database)
    (number, _) = await bench.keep(body("web-0", truncated=7), body("web-0", truncated=7))
    await bench.sort()
    (incident,) = (await bench.post(number)).incidents
    events = await database.incidents.timeline(incident)
    assert [event.data for event in events if event.kind is EventKind.CUT_OFF] == [{"alerts": 7}]


@pytest.mark.parametrize("left_out", [2**31, 10**18, 10**30, -5])
async def test_a_sender_may_say_any_number(database: Database, left_out: int) -> None:
    """Of alerts that it left out: what no database counts that far is no reason to lose the alerts."""
    bench = Bench(database)
    (number,) = await bench.keep(body("web-0", truncated=left_out))
    await bench.sort()
    found = await bench.post(number)
    assert (found.state, found.alerts) == (PostState.SORTED, 1)
    assert found.truncated == max(0, min(left_out, MOST_LEFT_OUT))


async def test_failed_posts_are_deleted_in_the_end(database: Database) -> None:
    """After the time that posts are kept."""
    bench = Bench(database)
    (number,) = await bench.keep(body("web-0"))
    await database.inbox.fail(number, "It failed.")
    for days, there in ((13, True), (15, False)):
        bench.now = AT + timedelta(days=days)
        await bench.sort()
        assert (await database.inbox.post(number) is not None) is there


async def test_a_large_post_is_stored_in_parts_and_goes_on_where_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between two parts: the next one stores what is missing, and nothing twice."""
    monkeypatch.setattr(sorting, "PART_ALERTS", 3)

    class Dying:
        def __init__(self) -> None:
            self.parts = 0

        async def sort(self, arrivals: Sequence[Arrival]) -> Any:
            self.parts += 1
            if self.parts == 3:
                raise StoreUnavailable("The process is dead.")
            return await database.incidents.sort(arrivals)

    pods = [f"web-{n}" for n in range(10)]
    bench = Bench(database, Dying())
    (number,) = await bench.keep(body(*pods))
    with pytest.raises(StoreUnavailable):
        await bench.sort()
    half = await bench.post(number)
    assert (half.state, half.alerts) == (PostState.WAITING, 6)
    again = Bench(database)
    await again.sort()
    whole = await again.post(number)
    assert (whole.state, whole.alerts, whole.new, whole.repeats) == (PostState.SORTED, 10, 10, 0)
    assert sum(each.alerts for each in [*bench.told, *again.told]) == 10
    assert await bench.alerts() == 10


async def test_a_body_that_is_there_again_is_dropped(database: Database) -> None:
    """Killed after storing and before dropping: the body is read once more, and counted as nothing."""
    bench = Bench(database)
    (number,) = await bench.keep(body("web-0"))
    (kept,) = await database.inbox.oldest(AT, 10_000)
    await bench.sort()
    arrival = sorting.parts_of(kept, sorting._understood(kept))[0]
    assert await database.incidents.sort([arrival]) == [None]
    assert (await bench.post(number)).repeats == 0


async def test_sorters_at_the_same_time_store_everything_once(
    database: Database, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replicas whose sorters take the same posts: each alert is counted once, and no post is dropped unsorted."""
    monkeypatch.setattr(sorting, "PART_ALERTS", 4)
    other = await Database.open(empty_database, IntakeSettings(storm_incidents=10_000))
    benches = [Bench(database), Bench(other)]
    numbers = await benches[0].keep(*(body(*(f"p{n}-{pod}" for pod in range(10))) for n in range(8)))
    await asyncio.gather(*(bench.sort() for bench in benches))
    for number in numbers:
        found = await benches[0].post(number)
        assert (found.state, found.alerts, found.new, found.repeats) == (PostState.SORTED, 10, 10, 0)
    assert sum(each.alerts for bench in benches for each in bench.told) == 80
    assert (await database.inbox.backlog()).posts == 0
    await other.close()


async def test_a_post_that_a_bug_stumbles_over_is_tried_again_and_kept(database: Database) -> None:
    """Its neighbours are stored; it is tried some times, then given up: kept as it came, counted and told."""

    class Stumbling:
        post = database.incidents.post

        async def sort(self, arrivals: Sequence[Arrival]) -> Any:
            if any("bad" in alert.labels.get("pod", "") for each in arrivals for alert in each.alerts):
                raise ZeroDivisionError
            return await database.incidents.sort(arrivals)

    bench = Bench(database, Stumbling())
    before, bad, after = await bench.keep(body("web-0"), body("bad"), body("web-1"))
    for _ in range(ATTEMPTS):
        await bench.sort()
        bench.now += timedelta(minutes=1)
    assert {(await bench.post(each)).state for each in (before, after)} == {PostState.SORTED}
    found = await database.inbox.post(bad)
    assert found is not None
    assert (found.state, found.why) == (PostState.FAILED, "It could not be sorted: ZeroDivisionError.")
    assert (await database.inbox.backlog()).failed == 1
    assert [each.post for each in bench.told if each.failed] == [bad]


async def test_a_post_that_kills_the_sorter_is_given_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what a process looks at first it is noted before: others go ahead of what killed several processes."""

    class Killed(BaseException):
        pass

    real = sorting._understood

    def killing(kept: KeptBody) -> Any:
        if kept.post == number:
            raise Killed
        return real(kept)

    (number, other) = await Bench(database).keep(body("web-0"), body("web-1"))
    now = AT
    with monkeypatch.context() as patched:
        patched.setattr(sorting, "_understood", killing)
        for death in range(DEATHS):
            dying, now = Bench(database), now + timedelta(minutes=10)
            dying.now = now
            with pytest.raises(Killed):
                await dying.sorter.once()
            if death == ATTEMPTS:
                following = Bench(database)
                following.now = now  # at the same moment
                await following.sort()
                assert (await following.post(other)).state is PostState.SORTED
    bench = Bench(database)
    bench.now = now + timedelta(minutes=10)
    await bench.sort()
    found = await database.inbox.post(number)
    assert found is not None and found.state is PostState.FAILED
    assert bench.told[-1].failed


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
async def test_an_outage_is_not_the_fault_of_the_post(
    database: Database, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    """However often its transaction fails because the database is away, a large post is never given up for it."""
    monkeypatch.setattr(sorting, "RISKY_BYTES", 10)
    away = True

    class Leaving:
        post = database.incidents.post

        async def sort(self, arrivals: Sequence[Arrival]) -> Any:
            if away:
                raise StoreUnavailable("The database is away.")
            return await database.incidents.sort(arrivals)

    bench = Bench(database, Leaving())
    (number,) = await bench.keep(pack(body("web-0")))
    for _ in range(2 * DEATHS):
        with pytest.raises(StoreUnavailable):
            await bench.sorter.once()
        bench.now += timedelta(seconds=1)
    away = False
    await bench.sort()
    assert (await bench.post(number)).state is PostState.SORTED


async def test_many_sorters_at_once_do_not_give_a_post_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each replica's sorter begins with the same large post before the first has stored it: it is no poison."""
    monkeypatch.setattr(sorting, "RISKY_BYTES", 10)
    benches = [Bench(database) for _ in range(2 * DEATHS)]
    (number,) = await benches[0].keep(body("web-0"))
    for bench in benches:
        for kept in await database.inbox.oldest(AT, 10_000):
            assert await bench.sorter._arrivals(kept)
    benches[0].now += timedelta(minutes=2)
    await benches[0].sort()
    assert (await benches[0].post(number)).state is PostState.SORTED
    assert await database.inbox.backlog() == Backlog(0, None, 0)


async def test_what_gets_further_with_every_process_is_not_given_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers that are killed again and again while they sort one large post: each stores a part more."""
    monkeypatch.setattr(sorting, "PART_ALERTS", 1)
    monkeypatch.setattr(sorting, "RISKY_BYTES", 10)

    class Dying:
        post = database.incidents.post

        async def sort(self, arrivals: Sequence[Arrival]) -> Any:
            results = await database.incidents.sort(arrivals)
            if self.stored:
                raise KeyboardInterrupt
            self.stored = results[0] is not None
            return results

        stored = False

    pods = [f"web-{n}" for n in range(3 * DEATHS)]
    (number,) = await Bench(database).keep(body(*pods))
    for _ in range(len(pods)):
        try:
            await Bench(database, Dying()).sort()
        except KeyboardInterrupt:
            continue
    found = await Bench(database).post(number)
    assert (found.state, found.alerts, found.new) == (PostState.SORTED, len(pods), len(pods))


async def test_a_body_without_alerts_says_so(database: Database) -> None:
    """What only a closer look finds to be empty is a post of no alerts, with the reason."""
    bench = Bench(database)
    (number,) = await bench.keep(b"[[], [[]]]")
    await bench.sort()
    found = await bench.post(number)
    assert (found.state, found.alerts, found.why) == (PostState.SORTED, 0, "The body holds no alerts.")


async def test_while_the_database_is_away_the_sorter_waits(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on by itself, and ends when it is asked to."""
    away = [True]
    oldest = database.inbox.oldest

    async def sometimes(*given: Any) -> Any:
        if away:
            away.clear()
            raise StoreUnavailable("The database is away.")
        return await oldest(*given)

    monkeypatch.setattr(database.inbox, "oldest", sometimes)
    bench = Bench(database)
    (number,) = await bench.keep(body("web-0"))
    stopping = asyncio.Event()
    running = asyncio.ensure_future(bench.sorter.run(stopping))
    async with asyncio.timeout(60):
        while not bench.told:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    stopping.set()
    await running
    assert bench.told[0].post == number
    page = await database.incidents.incidents(IncidentFilter(), Page())
    assert len(page.items) == 1


async def test_what_is_due_waits_for_what_is_not_sorted(database: Database) -> None:
    """Time stands where the oldest unsorted post came, for a minute at most: then a stuck post is left behind."""
    bench = Bench(database)
    assert await sorted_until(database.inbox, AT) == AT
    (first,) = await bench.keep(body("web-0"))
    bench.now += timedelta(seconds=5)
    await bench.keep(body("web-1"))
    assert await sorted_until(database.inbox, AT + timedelta(seconds=20)) == AT
    assert await sorted_until(database.inbox, AT + timedelta(minutes=3)) == AT + timedelta(minutes=2)
    assert await sorted_until(database.inbox, AT - timedelta(seconds=1)) == AT - timedelta(seconds=1)
    await database.inbox.fail(first, "It failed.")
    assert await sorted_until(database.inbox, AT + timedelta(seconds=20)) == AT + timedelta(seconds=5)
    await bench.sort()
    assert await sorted_until(database.inbox, AT + timedelta(seconds=20)) == AT + timedelta(seconds=20)


def spoil(folder: Path) -> None:
    for path in folder.glob("one-inbox.db*"):
        path.write_bytes(b"no database" * 1000)


async def test_what_is_due_does_not_wait_for_an_inbox_that_cannot_be_read(tmp_path: Path) -> None:
    """SQLite's inbox is a file of its own: when it is spoilt, what is stored is diagnosed all the same."""
    database = await Database.open(f"sqlite:///{tmp_path}/one.db")
    await database.close()
    database = await Database.open(f"sqlite:///{tmp_path}/one.db")
    spoil(tmp_path)
    with pytest.raises(StoreUnavailable):
        await database.inbox.backlog()
    assert await sorted_until(database.inbox, AT) == AT - timedelta(minutes=1)
    await database.incidents.ping()
    await database.close()


def test_two_parts_of_a_post_are_never_stored_together() -> None:
    """A transaction has so many alerts at most, in the order in which they came."""
    alert: Any = object()

    def arrival(post: int, count: int, before: int = 0) -> Arrival:
        return Arrival([alert] * count, "s", "d", AT, post, before=before)

    given = [arrival(1, 600), arrival(2, 300), arrival(3, 1000), arrival(3, 1000, 1000), arrival(4, 1)]
    assert [[each.post for each in some] for some in batches(given)] == [[1, 2], [3], [3], [4]]
