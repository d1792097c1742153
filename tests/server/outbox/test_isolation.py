"""What is wrong with one channel, one event or one report is nobody else's concern."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from kubetriage.adapters.channels.channel import ChannelBase, Form
from kubetriage.adapters.channels.fake import Fault, FaultKind, FeishuRobot, WeComRobot
from kubetriage.adapters.store.sql.tables import reports
from kubetriage.domain.intake.messages import MessageState
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Delivery
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.trial import Trial, trial_notice

Outbox = Any
Put = Callable[..., Any]
SAMPLE = trial_notice(Trial.SAMPLE, Language.EN)
RESOLVED = trial_notice(Trial.RESOLVED, Language.EN)


class Broken(ChannelBase):
    """A channel with a bug: in what it writes, or in what it makes of the answer."""

    limit = 9000

    @classmethod
    def of(cls, sound: ChannelBase, *, writes: bool) -> Broken:
        made = cls(sound.name, sound.kind, sound._common, sound._look, sound.dialect)
        made.writes = writes
        return made

    writes: bool

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        if not self.writes:
            raise KeyError("heading")
        return Form(b"x", 1)

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        raise TypeError("the answer is a list")


@pytest.mark.parametrize(
    ("writes", "ends", "told"),
    [
        (False, {"odd diagnosed": "dead", "spare diagnosed": "delivered"}, "cannot be written"),
        (True, {"odd diagnosed": "unknown"}, "(TypeError)"),
    ],
)
async def test_a_bug_in_a_channel_ends_its_own_message(
    outbox: Outbox, mailbox: Put, caplog: pytest.LogCaptureFixture, writes: bool, ends: Any, told: str
) -> None:
    """Its attempt fails with a reason and is logged with its trace; others send; the worker goes on."""
    robot, spare = WeComRobot(), WeComRobot()
    outbox.channel("odd", "stdout")
    outbox.channels["odd"] = Broken.of(outbox.channels["odd"], writes=writes)
    outbox.channel("ops", "wecom", url=outbox.platforms.add("ops", robot))
    outbox.channel("spare", "wecom", url=outbox.platforms.add("spare", spare))
    await mailbox(SAMPLE, "odd", "ops")
    with caplog.at_level(logging.ERROR):
        await outbox.drain(outbox.sender(fallbacks={"odd": "spare"}))
    assert await outbox.states() == {"ops diagnosed": "delivered", **ends}
    (odd,) = [each for each in await outbox.every() if each.channel == "odd"]
    assert told in odd.error and odd.error.startswith("bug: ")
    assert any(each.exc_info for each in caplog.records)


async def test_a_slow_channel_holds_up_no_other(outbox: Outbox, mailbox: Put) -> None:
    """While five messages wait for a robot that is silent, another robot gets its messages at once."""
    silent = FeishuRobot(faults=[Fault(FaultKind.SILENT)] * 5)
    quick = WeComRobot()
    outbox.channel("silent", "feishu", url=outbox.platforms.add("silent", silent), timeout=30.0)
    outbox.channel("quick", "wecom", url=outbox.platforms.add("quick", quick))
    for number in range(5):
        await mailbox(SAMPLE.model_copy(update={"incident": f"INC-{number}"}), "silent")
    stopping = asyncio.Event()
    work = asyncio.ensure_future(outbox.sender(digest_after=99).run(stopping))
    async with asyncio.timeout(60):
        while not silent.calls:  # noqa: ASYNC110 - the robot tells nobody
            await asyncio.sleep(0.02)
        await mailbox(SAMPLE, "quick")
        while not quick.seen:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert await outbox.count(MessageState.UNKNOWN) < 5
    work.cancel()
    await asyncio.wait([work])


async def test_a_report_that_cannot_be_read_is_no_obstacle(outbox: Outbox, mailbox: Put) -> None:
    """People are told where and since when, though the row of the report is another version's."""
    robot = WeComRobot()
    outbox.channel("ops", "wecom", url=outbox.platforms.add("ops", robot))
    assert SAMPLE.report is not None
    await outbox.database.incidents.keep_report("run-1", SAMPLE.report, outbox.clock.now)
    await outbox.database._connector.write(
        lambda c: c.execute(update(reports).values(body={"schema": "x/9"}))
    )
    await mailbox(SAMPLE, "ops", run="run-1")
    await outbox.drain(outbox.sender())
    assert await outbox.states() == {"ops diagnosed": "delivered"}
    assert "prod-guangzhou" in robot.seen[0].texts[0]


async def test_a_recovery_follows_to_the_stand_in(outbox: Outbox, mailbox: Put) -> None:
    """Where the first message went to the fallback, its end goes there too, and nowhere else."""
    gone, spare = WeComRobot(faults=[Fault(FaultKind.DEAD)]), WeComRobot()
    outbox.channel("ops", "wecom", url=outbox.platforms.add("ops", gone))
    outbox.channel("spare", "wecom", url=outbox.platforms.add("spare", spare))
    await mailbox(SAMPLE, "ops")
    await mailbox(RESOLVED, "ops")
    await outbox.drain(outbox.sender(fallbacks={"ops": "spare"}))
    assert await outbox.states() == {
        "ops diagnosed": "dead",
        "ops resolved": "dead",
        "spare diagnosed": "delivered",
        "spare resolved": "delivered",
    }
    assert len(gone.calls) == 1
    assert ["resolved" in seen.texts[0] for seen in spare.seen] == [False, True]
