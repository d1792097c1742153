"""bootstrap.checkpoints on both databases: written beside the loop, and by the run's owner only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langgraph.checkpoint.base import Checkpoint, empty_checkpoint

from kubetriage.adapters.store.sql.database import Database
from kubetriage.bootstrap.checkpoints import Checkpoints, open_checkpoints
from kubetriage.domain.intake.errors import NotOurs
from kubetriage.domain.intake.runs import Run

RUN = "INC-1-1"
NOW = datetime(2025, 3, 4, 10, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/k.db"
    made: str = request.getfixturevalue("postgres").database()
    return made


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """With a run that `first` works on."""
    opened = await Database.open(url)
    await opened.runs.create_run(Run(id=RUN, thread=RUN, graph="g", created_at=NOW, updated_at=NOW))
    for worker in ("first", "second"):
        await opened.runs.beat(worker, NOW)
    assert await opened.runs.take_run(RUN, "first", NOW)
    yield opened
    await opened.close()


@pytest.fixture
async def checkpoints(url: str, database: Database) -> AsyncIterator[Checkpoints]:
    async with open_checkpoints(url, 2) as opened:
        yield opened


async def test_many_begin_together_on_a_new_database(url: str) -> None:
    """Several workers that start at once make the tables once, and none of them dies of it."""
    async with AsyncExitStack() as opened:
        openings = [opened.enter_async_context(open_checkpoints(url, 1)) for _ in range(5)]
        for each in await asyncio.gather(*openings):
            async with each.saver() as saver:
                assert await saver.aget_tuple(config()) is None


def config(checkpoint: str = "") -> Any:
    given = {"thread_id": RUN, "checkpoint_ns": ""}
    return {"configurable": given | ({"checkpoint_id": checkpoint} if checkpoint else {})}


def made(word: str) -> Checkpoint:
    checkpoint = empty_checkpoint()
    checkpoint["channel_values"] = {"word": [word]}
    checkpoint["channel_versions"] = {"word": word}
    return checkpoint


async def put(saver: Any, word: str, parent: str = "") -> str:
    wrote = await saver.aput(config(parent), made(word), {"step": 1}, {"word": word})
    return str(wrote["configurable"]["checkpoint_id"])


async def test_who_was_held_for_dead_writes_nothing_over_the_new_owner(
    database: Database, checkpoints: Checkpoints
) -> None:
    """A worker that slept in a node wakes up with its state: the other's newer checkpoint stays the last.

    Nor does it leave there what its node came to, which a later worker would take for done.
    """
    async with checkpoints.saver("first") as slept, checkpoints.saver("second") as other:
        begun = await put(slept, "one")
        assert await database.runs.take_run(RUN, "second", NOW)
        newer = await put(other, "two", begun)
        with pytest.raises(NotOurs):
            await put(slept, "stale", begun)
        with pytest.raises(NotOurs):
            await slept.aput_writes(config(newer), [("word", ["stale"])], "task")
        found = await other.aget_tuple(config())
        every = [each async for each in other.alist(config())]
    assert found is not None
    assert (found.checkpoint["channel_values"], found.pending_writes) == ({"word": ["two"]}, [])
    assert [each.config["configurable"]["checkpoint_id"] for each in every] == [newer, begun]


async def test_only_the_last_checkpoint_may_be_kept_and_none(checkpoints: Checkpoints) -> None:
    """A run that is over keeps its end, one that is too old to be kept nothing; reading needs no owner."""
    async with checkpoints.saver("first") as saver:
        begun = await put(saver, "one")
        await saver.aput_writes(config(begun), [("word", ["two"])], "task")
        last = await put(saver, "two", begun)
    await checkpoints.trim(RUN)
    async with checkpoints.saver() as reader:
        kept = [each.config["configurable"]["checkpoint_id"] async for each in reader.alist(config())]
        await checkpoints.forget(RUN)
        nothing = await reader.aget_tuple(config())
    assert (kept, nothing) == ([last], None)


async def test_a_checkpoint_is_no_pipeline(checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL would keep the run locked for as long as the writer of a pipeline sleeps in it."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a pipeline")

    monkeypatch.setattr(psycopg.AsyncConnection, "pipeline", refuse)
    async with checkpoints.saver("first") as saver:
        begun = await put(saver, "one")
        await saver.aput_writes(config(begun), [("word", ["two"]), ("other", 1)], "task")
        found = await saver.aget_tuple(config())
    assert found is not None
    assert found.pending_writes == [("task", "word", ["two"]), ("task", "other", 1)]
