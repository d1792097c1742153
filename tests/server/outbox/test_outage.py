"""The database goes away in the middle of sending: nothing is told twice, and nothing waits for hours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.adapters.channels.fake import WeComRobot
from kubetriage.domain.intake.errors import StoreUnavailable
from kubetriage.domain.intake.messages import MessageState
from kubetriage.domain.language import Language
from kubetriage.domain.messages.trial import Trial, trial_notice
from kubetriage.server import outbox as sending

Outbox = Any
Put = Callable[..., Any]
SAMPLE = trial_notice(Trial.SAMPLE, Language.EN)


class Away:
    """Messages whose database does not answer some of the calls of one method."""

    def __init__(self, messages: Any, method: str, calls: set[int]) -> None:
        self._messages, self._method, self._calls = messages, method, calls
        self._count = 0

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._messages, name)
        if name != self._method:
            return asked
        self._count += 1
        if self._count not in self._calls:
            return asked

        async def away(*_: Any, **__: Any) -> Any:
            raise StoreUnavailable("gone")

        return away


async def test_an_answer_waits_until_it_can_be_kept(outbox: Outbox, mailbox: Put) -> None:
    """What was delivered while the database went away is delivered, and sent once."""
    robot = WeComRobot()
    outbox.channel("ops", "wecom", url=outbox.platforms.add("ops", robot))
    await mailbox(SAMPLE, "ops")
    sender = outbox.sender()
    sender._messages = Away(outbox.database.messages, "attempt_ended", {1, 2, 3})
    await outbox.drain(sender)
    assert await outbox.states() == {"ops diagnosed": "delivered"}
    assert len(robot.seen) == 1


async def test_what_was_claimed_when_the_database_went_is_sent_when_it_is_back(
    outbox: Outbox, mailbox: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages that were held for sending go on in the next round, each once, and not when their claim is old."""
    monkeypatch.setattr(sending, "IDLE_SECONDS", 0.05)
    robot = WeComRobot()
    outbox.channel("ops", "wecom", url=outbox.platforms.add("ops", robot))
    for number in range(3):
        await mailbox(SAMPLE.model_copy(update={"incident": f"INC-{number}"}), "ops")
    sender, stopping = outbox.sender(digest_after=99), asyncio.Event()
    sender._messages = Away(outbox.database.messages, "attempt_started", {2})
    work = asyncio.ensure_future(sender.run(stopping))
    async with asyncio.timeout(60):
        while await outbox.count(MessageState.DELIVERED) < 3:  # noqa: ASYNC110 the database tells nobody
            await asyncio.sleep(0.02)
    stopping.set()
    await asyncio.wait_for(work, 60)
    assert len(robot.seen) == 3
