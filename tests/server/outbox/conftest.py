"""An outbox over a database file, stand-ins of platforms, and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from kubetriage.adapters.channels.building import build_channel
from kubetriage.adapters.channels.channel import ChannelBase, Look
from kubetriage.adapters.channels.fake import FakePlatforms, fake_platforms
from kubetriage.adapters.channels.options import AnyOptions
from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.intake.messages import Message, MessageState
from kubetriage.domain.intake.reading import Page
from kubetriage.domain.language import Language
from kubetriage.server.outbox import Sender

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
OPTIONS: TypeAdapter[Any] = TypeAdapter(AnyOptions)


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Outbox:
    """A sender and what it works on."""

    def __init__(self, database: Database, platforms: FakePlatforms, clock: Clock) -> None:
        self.database = database
        self.platforms = platforms
        self.clock = clock
        self.channels: dict[str, ChannelBase] = {}

    def channel(self, name: str, kind: str, **given: Any) -> ChannelBase:
        options = OPTIONS.validate_python({"type": kind, "timeout": 30.0, **given})
        self.channels[name] = build_channel(name, options, Look(Language.EN, UTC))
        return self.channels[name]

    def sender(self, worker: str = "w1", **given: Any) -> Sender:
        return Sender(
            self.database.messages,
            self.database.incidents,
            self.channels,
            worker=worker,
            clock=self.clock,
            sleep=self.clock.sleep,
            **given,
        )

    async def drain(self, sender: Sender, rounds: int = 400, step: float = 20.0) -> None:
        """Send, and let time pass, until nothing waits any more."""
        for _ in range(rounds):
            if not await sender.once():
                if not await self.count(MessageState.PENDING):
                    return
                await self.clock.sleep(step)
        raise AssertionError("messages still wait")

    async def every(self, *states: MessageState) -> list[Message]:
        found: list[Message] = []
        after = ""
        while True:
            page = await self.database.messages.messages(Page(limit=1000, after=after), states=states)
            found += page.items
            after = page.next
            if not after:
                return sorted(found, key=lambda each: each.id)

    async def count(self, *states: MessageState) -> int:
        return len(await self.every(*states))

    async def states(self) -> Mapping[str, str]:
        """Channel and event → state."""
        return {f"{each.channel} {each.event}": each.state.value for each in await self.every()}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def outbox(tmp_path: Path, clock: Clock) -> AsyncIterator[Outbox]:
    database = await Database.open(f"sqlite:///{tmp_path / 'outbox.db'}")
    async with fake_platforms() as platforms:
        made = Outbox(database, platforms, clock)
        yield made
        for channel in made.channels.values():
            await channel.aclose()
    await database.close()


@pytest.fixture
def mailbox(outbox: Outbox) -> Callable[..., Any]:
    """Enqueues notices for channels."""
    from kubetriage.domain.messages.notice import Notice
    from kubetriage.server.message_rows import new_message

    async def put(notice: Notice, *channels: str, run: str | None = None) -> None:
        new = [new_message(notice, name, outbox.clock.now, run=run) for name in channels]
        await outbox.database.messages.enqueue(new, outbox.clock.now)

    return put
