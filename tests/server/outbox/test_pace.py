"""A robot's limits hold over all workers: the far side counts messages, not who sends them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from kubetriage.adapters.channels.fake import DingTalkRobot, Fault, FaultKind, FeishuRobot, SlackHook
from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.intake.messages import MessageState
from kubetriage.domain.language import Language
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.trial import Trial, trial_notice

Put = Callable[..., Awaitable[None]]
Outbox = Any

SAMPLE = trial_notice(Trial.SAMPLE, Language.EN)
WORKERS = ("w1", "w2", "w3")

SENDING = """
import asyncio, sys
from datetime import UTC
from pydantic import TypeAdapter
from kubetriage.adapters.channels.building import build_channel
from kubetriage.adapters.channels.channel import Look
from kubetriage.adapters.channels.options import AnyOptions
from kubetriage.adapters.store.sql.database import Database
from kubetriage.domain.language import Language
from kubetriage.server.outbox import Sender

async def main(database_url, robot_url, worker):
    database = await Database.open(database_url)
    options = TypeAdapter(AnyOptions).validate_python({"type": "feishu", "url": robot_url})
    channels = {"ops": build_channel("ops", options, Look(Language.EN, UTC))}
    channels["ops"].prepare()
    sender = Sender(database.messages, database.incidents, channels, worker=worker, digest_after=10**6)
    stopping = asyncio.Event()
    running = asyncio.ensure_future(sender.run(stopping))
    print("looks", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    stopping.set()
    await running
    await database.close()

asyncio.run(main(*sys.argv[1:]))
"""


def numbered(number: int) -> Notice:
    return SAMPLE.model_copy(update={"incident": f"INC-{number}", "at": SAMPLE.at + timedelta(number)})


@pytest.fixture(params=["sqlite", "postgresql"])
async def shared(request: pytest.FixtureRequest, outbox: Outbox) -> AsyncIterator[Outbox]:
    """The outbox on either kind of database."""
    if request.param == "sqlite":
        yield outbox
        return
    outbox.database = await Database.open(request.getfixturevalue("postgres").database())
    yield outbox
    await outbox.database.close()


async def test_the_limit_of_a_minute_is_that_of_all_workers(shared: Outbox, mailbox: Put) -> None:
    """Three workers that look at the same moment send no more than one alone: a robot that was sent more than
    20 is silent for ten minutes."""
    robot = DingTalkRobot(clock=shared.clock.seconds)
    shared.channel("ops", "dingtalk", url=shared.platforms.add("ops", robot))
    for number in range(40):
        await mailbox(numbered(number), "ops")
    senders = [shared.sender(name, digest_after=10**6) for name in WORKERS]
    for _ in range(3):
        await asyncio.gather(*(each.once() for each in senders))
    assert len(robot.calls) == len(robot.seen) == 18
    await asyncio.gather(*(shared.drain(each) for each in senders))
    assert len(robot.calls) == len(robot.seen) == 40


async def test_what_comes_one_by_one_keeps_the_pace_too(outbox: Outbox, mailbox: Put) -> None:
    """The pause is between messages, not only between those that one round has found."""
    robot = SlackHook(clock=outbox.clock.seconds)
    outbox.channel("ops", "slack", url=outbox.platforms.add("ops", robot))
    sender = outbox.sender()
    for number in range(4):
        await mailbox(numbered(number), "ops")
        await sender.once()
    assert len(robot.calls) == len(robot.seen) == 4


async def test_rest_that_one_worker_was_asked_for_is_kept_by_all(outbox: Outbox, mailbox: Put) -> None:
    """Also by a worker that has taken up its messages already."""
    robot = DingTalkRobot(clock=outbox.clock.seconds, faults=[Fault(FaultKind.BUSY)])
    outbox.channel("ops", "dingtalk", url=outbox.platforms.add("ops", robot))
    for number in range(15):
        await mailbox(numbered(number), "ops")
    senders = [outbox.sender(name, digest_after=10**6) for name in WORKERS[:2]]
    await asyncio.gather(*(each.once() for each in senders))
    assert len(robot.calls) <= 2
    await asyncio.gather(*(outbox.drain(each) for each in senders))
    assert len(robot.seen) == 15


@pytest.mark.slow
async def test_processes_share_the_limit_of_a_second(postgres: Any, outbox: Outbox, mailbox: Put) -> None:
    """Three processes on one PostgreSQL begin four attempts a second, of the five that Feishu takes."""
    url = postgres.database()
    outbox.database = await Database.open(url)
    outbox.clock.now = datetime.now(UTC)
    robot = FeishuRobot(per_second=0)
    address = outbox.platforms.add("ops", robot)
    pipe = asyncio.subprocess.PIPE
    begun = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", SENDING, url, address, name, stdin=pipe, stdout=pipe
        )
        for name in WORKERS
    ]
    try:
        for each in begun:
            await each.stdout.readline()  # type: ignore[union-attr]
        for number in range(30):
            await mailbox(numbered(number), "ops")
        async with asyncio.timeout(120):
            while await outbox.count(MessageState.DELIVERED) < 30:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.2)
    finally:
        for each in begun:
            each.stdin.close()  # type: ignore[union-attr]
        await asyncio.gather(*(each.wait() for each in begun))
    begun_at: list[datetime] = []
    workers: set[str] = set()
    for message in await outbox.every():
        (attempt,) = await outbox.database.messages.attempts(message.id)
        begun_at.append(attempt.started_at)
        workers.add(attempt.worker)
    await outbox.database.close()
    gaps = [later - earlier for earlier, later in pairwise(sorted(begun_at))]
    assert min(gaps) >= timedelta(seconds=0.25) and len(workers) > 1 and len(robot.seen) == 30
