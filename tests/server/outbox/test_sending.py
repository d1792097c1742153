"""Sending from the outbox: every message ends, with a reason, and nobody is told twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from kubetriage.adapters.channels.fake import (
    EVERY,
    DingTalkRobot,
    Fault,
    FaultKind,
    FeishuRobot,
    Platform,
    Reply,
    SlackApi,
    SlackHook,
    TeamsWorkflow,
    WebhookReceiver,
    WeComRobot,
    every_class,
)
from kubetriage.domain.intake.messages import MessageState
from kubetriage.domain.language import Language
from kubetriage.domain.messages.notice import Event, Notice
from kubetriage.domain.messages.settling import Policy
from kubetriage.domain.messages.trial import Trial, trial_notice

Outbox = Any
Put = Callable[..., Any]
SAMPLE = trial_notice(Trial.SAMPLE, Language.EN)
RESOLVED = trial_notice(Trial.RESOLVED, Language.EN)
BUSY = Fault(FaultKind.BUSY)
SILENT = Fault(FaultKind.SILENT)


def numbered(number: int, **given: object) -> Notice:
    return SAMPLE.model_copy(update={"incident": f"INC-{number:05d}.", **given})


async def faulty(outbox: Outbox, put: Put, total: int) -> dict[str, Platform]:
    """`total` messages over seven channels, a fifth of whose calls fail, each in every way."""
    kinds: dict[str, Callable[..., Platform]] = {
        "feishu": FeishuRobot,
        "wecom": WeComRobot,
        "dingtalk": DingTalkRobot,
        "slack": SlackHook,
        "slack-api": lambda **given: SlackApi(token="t", channel="C1", **given),
        "teams": TeamsWorkflow,
        "webhook": WebhookReceiver,
    }
    platforms: dict[str, Platform] = {}
    for seed, (kind, build) in enumerate(kinds.items()):
        open_wide = {"per_minute": 0} if kind in ("wecom", "dingtalk") else {"per_second": 0}
        open_wide = {} if kind == "webhook" else open_wide
        open_wide |= {"per_minute": 0} if kind == "feishu" else {}
        # Whoever answers 2xx as a receiver of webhooks has taken it, whatever it says.
        faults = [
            each for each in (*EVERY, SILENT) if kind != "webhook" or each.kind is not FaultKind.GARBAGE
        ]
        platforms[kind] = build(faults=every_class(0.2, seed, tuple(faults)), **open_wide)
        url = outbox.platforms.add(kind, platforms[kind])
        given = {"api": url, "token": "t", "channel": "C1"} if kind == "slack-api" else {"url": url}
        given |= {"allow_private": True} if kind == "webhook" else {}
        # A slow machine makes more of them unknown, never told twice.
        outbox.channel(kind, kind, per_minute=1000, timeout=3.0, **given)
    for number in range(total):
        await put(numbered(number), list(kinds)[number % len(kinds)])
    return platforms


async def check_faults(outbox: Outbox, put: Put, total: int) -> None:
    platforms = await faulty(outbox, put, total)
    await outbox.drain(outbox.sender(digest_after=10**6))
    messages = await outbox.every()
    assert len(messages) == total
    ends = Counter(each.state for each in messages)
    assert set(ends) == {MessageState.DELIVERED, MessageState.DEAD, MessageState.UNKNOWN}
    assert all(each.error for each in messages if each.state is not MessageState.DELIVERED)
    assert ends[MessageState.DELIVERED] > total * 0.75
    for each in messages:
        seen = platforms[each.channel].seen
        told = sum(f"{each.incident}" in str(one.raw) for one in seen)
        assert told <= 1, f"{each.incident} was told {told} times"
        if each.state is MessageState.DELIVERED:
            assert told == 1, f"{each.channel}: {each.body}"
        if each.state is MessageState.DEAD:
            assert told == 0, f"{each.channel}: {each.error}"


async def test_under_faults_every_message_ends_once(outbox: Outbox, mailbox: Put) -> None:
    """Of 70 messages with a fifth of the calls failing in every way, each ends, with a reason, none twice."""
    await check_faults(outbox, mailbox, 70)


@pytest.mark.slow
async def test_a_thousand_messages_under_faults(outbox: Outbox, mailbox: Put) -> None:
    """The same with 1,000 messages."""
    await check_faults(outbox, mailbox, 1000)


async def test_a_dead_channel_has_a_stand_in(outbox: Outbox, mailbox: Put) -> None:
    """What one channel will never take goes to its fallback, once, and not round in a circle."""
    gone = WeComRobot(faults=[Fault(FaultKind.DEAD)] * 9)
    also = FeishuRobot(per_second=0, faults=[Fault(FaultKind.DEAD)])
    outbox.channel("ops", "wecom", url=outbox.platforms.add("ops", gone))
    outbox.channel("spare", "feishu", url=outbox.platforms.add("spare", also))
    sender = outbox.sender(fallbacks={"ops": "spare", "spare": "ops"})
    await mailbox(numbered(1), "ops")
    await outbox.drain(sender)
    assert await outbox.count(MessageState.DEAD) == 2
    await mailbox(numbered(2), "ops")
    await outbox.drain(sender)
    assert len(also.seen) == 1
    assert [each.state.value for each in await outbox.every()] == ["dead", "dead", "dead", "delivered"]


async def test_no_answer_is_not_asked_again_of_a_robot(outbox: Outbox, mailbox: Put) -> None:
    """Unknown stays unknown for a robot, unless it is set; a receiver that knows keys is asked again."""
    cut = [Fault(FaultKind.CUT)]
    robots = {name: WeComRobot(faults=list(cut)) for name in ("robot", "stubborn")}
    receiver = WebhookReceiver(faults=list(cut))
    for name, robot in robots.items():
        outbox.channel(name, "wecom", url=outbox.platforms.add(name, robot))
    outbox.channel("hook", "webhook", url=outbox.platforms.add("hook", receiver), allow_private=True)
    await mailbox(SAMPLE, "robot", "stubborn", "hook")
    await outbox.drain(outbox.sender(repeats={"stubborn": True}))
    assert await outbox.states() == {
        "robot diagnosed": "unknown",
        "stubborn diagnosed": "delivered",
        "hook diagnosed": "delivered",
    }
    assert (len(robots["robot"].seen), len(robots["stubborn"].seen)) == (1, 2)
    assert len(receiver.calls) == 2 and len(receiver.seen) == 1


@pytest.mark.parametrize("then", [FaultKind.DEAD, FaultKind.STATUS])
async def test_what_may_have_arrived_is_never_called_dead(
    outbox: Outbox, mailbox: Put, then: FaultKind
) -> None:
    """An attempt without an answer, and refusals after it: people may have it, and no stand-in repeats it."""
    hook, spare = WebhookReceiver(faults=[Fault(FaultKind.CUT), *[Fault(then)] * 9]), WeComRobot()
    outbox.channel("hook", "webhook", url=outbox.platforms.add("hook", hook), allow_private=True)
    outbox.channel("spare", "wecom", url=outbox.platforms.add("spare", spare))
    await mailbox(SAMPLE, "hook")
    sender = outbox.sender(fallbacks={"hook": "spare"}, policy=Policy(max_attempts=4))
    await outbox.drain(sender)
    await sender.keep()
    assert await outbox.states() == {"hook diagnosed": "unknown"}
    (message,) = await outbox.every()
    assert message.error.endswith("(an earlier attempt had no answer)") and spare.calls == []


async def test_a_worker_that_dies_leaves_unknown(outbox: Outbox, mailbox: Put) -> None:
    """An attempt that was begun and never ended is unknown; one that was not begun is sent by another."""
    robot, receiver = WeComRobot(), WebhookReceiver()
    outbox.channel("robot", "wecom", url=outbox.platforms.add("robot", robot))
    outbox.channel("hook", "webhook", url=outbox.platforms.add("hook", receiver), allow_private=True)
    await mailbox(numbered(1), "robot", "hook")
    await mailbox(numbered(2), "robot")
    messages = outbox.database.messages
    claimed = await messages.claim_due("dead", outbox.clock.now, {"robot": 9, "hook": 9})
    for message in claimed:
        if message.incident == "INC-00001.":
            assert await messages.attempt_started(message.id, "dead", outbox.clock.now)
    sender = outbox.sender()
    assert await sender.once() == 0
    await outbox.clock.sleep(3600)
    await sender.keep()
    await outbox.drain(sender)
    ends = {f"{each.channel} {each.incident}": each.state.value for each in await outbox.every()}
    assert ends == {
        "robot INC-00001.": "unknown",
        "hook INC-00001.": "delivered",
        "robot INC-00002.": "delivered",
    }


async def test_a_limit_is_kept_by_a_digest(outbox: Outbox, mailbox: Put) -> None:
    """Thirty messages to a robot that takes 20 a minute are told in far fewer, and none is lost."""
    robot = WeComRobot(clock=outbox.clock.seconds)
    outbox.channel("ops", "wecom", url=outbox.platforms.add("ops", robot))
    for number in range(30):
        severity = "critical" if number == 17 else "warning"
        await mailbox(numbered(number, severity=severity), "ops")
    await outbox.drain(outbox.sender())
    ends = Counter(each.state for each in await outbox.every())
    assert ends == {MessageState.DIGESTED: 30, MessageState.DELIVERED: 1}
    (seen,) = robot.seen
    assert "30 messages in one" in seen.texts[0]
    assert seen.texts[0].index("INC-00017.") < seen.texts[0].index("INC-00000.")
    digested = await outbox.every(MessageState.DIGESTED)
    (told_by,) = {each.digest for each in digested}
    assert told_by == (await outbox.every(MessageState.DELIVERED))[0].id


async def test_a_digest_tells_of_no_end_without_a_beginning(outbox: Outbox, mailbox: Put) -> None:
    """Recoveries of what was never told here stand in no digest, and end with that as their reason."""
    robot = WeComRobot(clock=outbox.clock.seconds)
    outbox.channel("ops", "wecom", url=outbox.platforms.add("ops", robot))
    for number in range(25):
        await mailbox(numbered(number), "ops")
    for number in range(13, 38):
        await mailbox(RESOLVED.model_copy(update={"incident": f"INC-{number:05d}."}), "ops")
    await outbox.drain(outbox.sender())
    ends = Counter((each.event, each.state.value) for each in await outbox.every())
    assert ends == {
        ("diagnosed", "digested"): 25,
        ("resolved", "digested"): 12,
        ("resolved", "dead"): 13,
        ("digest", "delivered"): 1,
    }
    assert "37 messages in one" in robot.seen[0].texts[0] and len(robot.seen) == 1


async def test_a_few_messages_are_told_at_the_channels_pace(outbox: Outbox, mailbox: Put) -> None:
    """Without a digest no more than 18 a minute are sent, and the robot never refuses one."""
    robot = WeComRobot(clock=outbox.clock.seconds)
    outbox.channel("ops", "wecom", url=outbox.platforms.add("ops", robot))
    for number in range(40):
        await mailbox(numbered(number), "ops")
    await outbox.drain(outbox.sender(digest_after=10**6))
    assert len(robot.seen) == 40 == len(robot.calls)
    assert outbox.clock.now - SAMPLE.at > timedelta(minutes=1)


async def test_a_channel_that_asks_for_rest_gets_it(outbox: Outbox, mailbox: Put) -> None:
    """After a refusal for speed nothing is sent until the time that was asked for, by any message."""
    robot = DingTalkRobot(faults=[BUSY])
    outbox.channel("ops", "dingtalk", url=outbox.platforms.add("ops", robot))
    for number in range(3):
        await mailbox(numbered(number), "ops")
    sender = outbox.sender()
    await sender.once()
    assert len(robot.calls) == 1
    await outbox.clock.sleep(590)
    assert await sender.once() == 0
    await outbox.drain(sender)
    assert len(robot.seen) == 3


async def test_another_worker_leaves_it_alone_too(outbox: Outbox, mailbox: Put) -> None:
    """A robot that is silent for ten minutes is not asked by a worker that began, or came, after it said so."""
    robot = DingTalkRobot(faults=[BUSY])
    outbox.channel("ops", "dingtalk", url=outbox.platforms.add("ops", robot))
    await mailbox(numbered(1), "ops")
    await outbox.sender("w1").once()
    await mailbox(numbered(2), "ops")
    await outbox.clock.sleep(590)
    assert await outbox.sender("w2").once() == 0 and len(robot.calls) == 1
    await outbox.drain(outbox.sender("w2"))
    assert len(robot.seen) == 2


async def test_what_is_refused_for_its_size_is_made_smaller(outbox: Outbox, mailbox: Put) -> None:
    """The second attempt is smaller than the first; after the third refusal the message is dead."""
    once, always = (
        WeComRobot(faults=[Fault(FaultKind.TOO_LONG)]),
        WeComRobot(faults=[Fault(FaultKind.TOO_LONG)] * 9),
    )
    outbox.channel("once", "wecom", url=outbox.platforms.add("once", once))
    outbox.channel("always", "wecom", url=outbox.platforms.add("always", always))
    await mailbox(trial_notice(Trial.LONG, Language.ZH), "once", "always")
    await outbox.drain(outbox.sender())
    assert await outbox.states() == {"once diagnosed": "delivered", "always diagnosed": "dead"}
    sizes = [len(call.body) for call in always.calls]
    assert len(sizes) == 3 and sizes == sorted(sizes, reverse=True) and sizes[2] < sizes[0] * 0.6


async def test_trying_ends(outbox: Outbox, mailbox: Put) -> None:
    """After the last attempt a message is dead, with what the last one ended with; pauses grow."""
    outbox.channel("ops", "wecom", url="http://127.0.0.1:9/x")
    await mailbox(SAMPLE, "ops")
    await outbox.drain(outbox.sender(policy=Policy(max_attempts=4)))
    (message,) = await outbox.every()
    assert message.state is MessageState.DEAD and "given up after 4 attempts" in message.error
    begun = [each.started_at for each in await outbox.database.messages.attempts(message.id)]
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(begun)]
    assert pauses == sorted(pauses) and len(pauses) == 3


async def test_what_waited_for_the_morning_is_tried_as_often_as_anything(
    outbox: Outbox, mailbox: Put
) -> None:
    """The time after which trying ends begins with the first attempt: quiet hours are longer than it."""
    robot = WeComRobot(faults=[Fault(FaultKind.STATUS, 503)])
    outbox.channel("ops", "wecom", url=outbox.platforms.add("ops", robot))
    await mailbox(SAMPLE, "ops")
    await outbox.clock.sleep(10 * 3600)
    await outbox.drain(outbox.sender(policy=Policy(give_up_hours=6)))
    (message,) = await outbox.every()
    assert message.state is MessageState.DELIVERED and message.attempts >= 2


async def test_what_a_far_side_repeats_is_kept_without_the_key(outbox: Outbox, mailbox: Put) -> None:
    """Proxies quote the address that they could not reach; the reason of an attempt is shown to people."""
    answer = Reply(403, b"Access to /ops/0123456789abcdef with k3y-canary-k3y denied")
    robot = WeComRobot()
    robot.handle = lambda call, fault=None: answer  # type: ignore[method-assign]
    url = outbox.platforms.add("ops", robot)
    outbox.channel("ops", "wecom", url=f"{url}/0123456789abcdef?key=k3y-canary-k3y")
    await mailbox(SAMPLE, "ops")
    await outbox.drain(outbox.sender())
    (message,) = await outbox.every()
    assert message.state is MessageState.DEAD and "Access to" in message.error
    assert "canary" not in message.error and "0123456789abcdef" not in message.error


async def test_a_recovery_is_told_only_where_the_fault_was(outbox: Outbox, mailbox: Put) -> None:
    """It follows the first message, waits for it, and is not sent where there is none."""
    robot = SlackApi(token="t", channel="C1", per_second=0, faults=[Fault(FaultKind.STATUS, 503)])
    outbox.channel("slack", "slack-api", api=outbox.platforms.add("slack", robot), token="t", channel="C1")
    other = WeComRobot()
    outbox.channel("other", "wecom", url=outbox.platforms.add("other", other))
    await mailbox(SAMPLE, "slack")
    await mailbox(RESOLVED, "slack", "other")
    await outbox.drain(outbox.sender())
    assert await outbox.states() == {
        "slack diagnosed": "delivered",
        "slack resolved": "delivered",
        "other resolved": "dead",
    }
    assert [bool(each.thread) for each in robot.seen] == [False, True]
    assert other.calls == []


async def test_the_report_is_read_when_it_is_sent(outbox: Outbox, mailbox: Put) -> None:
    """A row holds no report; the message has it all the same."""
    receiver = WebhookReceiver()
    outbox.channel("hook", "webhook", url=outbox.platforms.add("hook", receiver), allow_private=True)
    assert SAMPLE.report is not None
    await outbox.database.incidents.keep_report("run-1", SAMPLE.report, outbox.clock.now)
    await mailbox(SAMPLE, "hook", run="run-1")
    (row,) = await outbox.every()
    assert "report" not in row.body["notice"]
    await outbox.drain(outbox.sender())
    assert receiver.seen[0].raw["report"]["summary"] == SAMPLE.report.summary


async def test_a_row_that_cannot_be_read_is_dead(outbox: Outbox) -> None:
    """A message of another version ends with a reason instead of holding up the others."""
    from kubetriage.domain.intake.messages import NewMessage

    outbox.channel("ops", "stdout")
    now = outbox.clock.now
    new = NewMessage(key="k", channel="ops", event="odd", body={"notice": {"event": "no"}}, due_at=now)
    await outbox.database.messages.enqueue([new], now)
    await outbox.drain(outbox.sender())
    (message,) = await outbox.every()
    assert message.state is MessageState.DEAD and "cannot be read" in message.error


async def test_two_workers_tell_once(outbox: Outbox, mailbox: Put) -> None:
    """Two senders on one database share the work; each message is seen once."""
    robot = FeishuRobot(per_second=0, per_minute=0)
    outbox.channel("ops", "feishu", url=outbox.platforms.add("ops", robot))
    for number in range(20):
        await mailbox(numbered(number), "ops")
    import asyncio

    senders = [outbox.sender(name, digest_after=10**6) for name in ("w1", "w2")]
    await asyncio.gather(*(outbox.drain(each) for each in senders))
    assert len(robot.seen) == 20
    assert Event.DIAGNOSED.value in str((await outbox.every())[0].event)


async def test_a_channel_that_is_gone_holds_nothing_up(outbox: Outbox, mailbox: Put) -> None:
    """Messages for a channel that was taken out of the settings wait for it, and then end with a reason."""
    outbox.channel("ops", "stdout")
    await mailbox(SAMPLE, "gone")
    sender = outbox.sender()
    await sender.keep()
    assert await outbox.count(MessageState.PENDING) == 1
    await outbox.clock.sleep(7 * 3600)
    await sender.keep()
    (message,) = await outbox.every()
    assert message.state is MessageState.DEAD and "no channel named gone" in message.error
