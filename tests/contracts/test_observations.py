"""What every store of observations does: the memo of a run, and the answers of a run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kubetriage.adapters.store.observations import FolderObservations, MemoryObservations
from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, get
from kubetriage.domain.ports import Observations
from kubetriage.domain.resource import resource

AT = datetime(2025, 3, 4, 10, tzinfo=UTC)


def read_of(name: str) -> Read:
    return get(resource("Pod", "shop", name))


class Server:
    """Answers reads, and counts them."""

    def __init__(self, seconds: float = 0.0, failure: ReadFailure | None = None) -> None:
        self.seconds = seconds
        self.failure = failure
        self.asked: list[str] = []
        self.ended = 0
        self.began = asyncio.Event()

    async def fetch(self, read: Read) -> Observation:
        self.asked.append(read.name)
        self.began.set()
        await asyncio.sleep(self.seconds)
        self.ended += 1
        objects = () if self.failure else ({"metadata": {"name": read.name}},)
        return Observation(read=read, tool="t", at=AT, objects=objects, failure=self.failure)


@pytest.fixture(params=["memory", "folder", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the answers are kept: a word, a folder, or the address of a database."""
    kinds = {
        "memory": "memory",
        "folder": f"{tmp_path}/answers",
        "sqlite": f"sqlite:///{tmp_path}/answers.db",
    }
    return kinds.get(request.param) or str(request.getfixturevalue("postgres").database())


@pytest.fixture
async def store(place: str) -> AsyncIterator[Observations]:
    if "://" not in place:
        yield MemoryObservations() if place == "memory" else FolderObservations(Path(place))
        return
    database = await Database.open(place)
    yield database.observations
    await database.close()


async def test_a_question_is_asked_once_a_run(store: Observations) -> None:
    """The second time the stored answer comes, equal to the first; another run asks anew."""
    server = Server()
    first = await store.observe("r1", read_of("web"), server.fetch)
    second = await store.observe("r1", read_of("web"), server.fetch)
    assert first == second
    assert server.asked == ["web"]
    await store.observe("r2", read_of("web"), server.fetch)
    assert server.asked == ["web", "web"]


async def test_those_who_wait_share_one_question(store: Observations) -> None:
    """Asked by several at once, a question goes out once, and all get its answer."""
    server = Server(seconds=0.05)
    answers = await asyncio.gather(*(store.observe("r", read_of("web"), server.fetch) for _ in range(5)))
    assert len(answers) == 5
    assert server.asked == ["web"]


async def test_one_who_leaves_does_not_take_the_answer_from_the_others(store: Observations) -> None:
    """A waiter's cancellation ends its waiting alone."""
    server = Server(seconds=0.5)
    first = asyncio.create_task(store.observe("r", read_of("web"), server.fetch))
    second = asyncio.create_task(store.observe("r", read_of("web"), server.fetch))
    await asyncio.wait_for(server.began.wait(), 60)
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await second).found
    assert server.asked == ["web"]


async def test_a_question_without_waiters_is_given_up(store: Observations) -> None:
    """When the last waiter leaves, the cluster isn't kept busy for nobody."""
    server = Server(seconds=60)
    only = asyncio.create_task(store.observe("r", read_of("web"), server.fetch))
    await asyncio.wait_for(server.began.wait(), 60)
    only.cancel()
    await asyncio.gather(only, return_exceptions=True)
    await asyncio.sleep(0.01)
    assert (server.asked, server.ended) == (["web"], 0)


async def test_failures_are_not_kept(store: Observations) -> None:
    """A failed read is handed on and asked again the next time."""
    server = Server(failure=ReadFailure(kind=FailureKind.TIMEOUT))
    assert not (await store.observe("r", read_of("web"), server.fetch)).found
    server.failure = None
    assert (await store.observe("r", read_of("web"), server.fetch)).found
    assert len(server.asked) == 2


async def test_an_error_reaches_all_who_wait(store: Observations) -> None:
    """What the fetch raises is raised to every waiter, and nothing is stored."""

    async def fails(read: Read) -> Observation:
        await asyncio.sleep(0.01)
        raise LookupError("no cluster")

    ask: Callable[[], Awaitable[Observation]] = lambda: store.observe("r", read_of("web"), fails)  # noqa: E731
    ended = await asyncio.gather(ask(), ask(), return_exceptions=True)
    assert [type(error) for error in ended] == [LookupError, LookupError]
    assert list(await store.recorded("r")) == []


async def test_the_answers_of_a_run_are_sorted(store: Observations) -> None:
    """All answers of one run come in the order of their keys, whatever the order they were asked in."""
    server = Server()
    for name in ("web", "api", "db"):
        await store.observe("r", read_of(name), server.fetch)
    await store.observe("other", read_of("x"), server.fetch)
    assert [answer.read.name for answer in await store.recorded("r")] == ["api", "db", "web"]


async def test_a_run_can_be_forgotten(store: Observations) -> None:
    """Afterwards nothing of it is there, and other runs are untouched."""
    server = Server()
    await store.observe("r1", read_of("web"), server.fetch)
    await store.observe("r2", read_of("web"), server.fetch)
    await store.forget("r1")
    assert list(await store.recorded("r1")) == []
    assert len(await store.recorded("r2")) == 1
