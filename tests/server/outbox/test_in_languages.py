"""One diagnosis on two channels of different languages, and what was stored before there were two."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from kubetriage.adapters.channels.fake import FeishuRobot, Platform, SlackHook
from kubetriage.bootstrap.settings import Settings
from kubetriage.domain.alert import Alert, Severity
from kubetriage.domain.fingerprint import fingerprint
from kubetriage.domain.intake.messages import MessageState
from kubetriage.domain.language import Language
from kubetriage.domain.messages.trial import Trial, trial_notice
from kubetriage.domain.rendering.sample import sample_report
from kubetriage.domain.report import Report
from kubetriage.server.delivering import deliver_messages

Outbox = Any
ENGLISH = sample_report(Language.EN)
CHINESE = sample_report(Language.ZH).model_copy(update={"original_language": Language.EN})
LABELS = {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-0"}
HAN = re.compile("[\u3400-\u9fff]")


async def reported(outbox: Outbox, others: Sequence[Report]) -> None:
    """An incident whose diagnosis has ended."""
    now, incidents = outbox.clock.now, outbox.database.incidents
    alert = Alert(
        name="KubePodCrashLooping",
        labels=LABELS,
        severity=Severity.WARNING,
        starts_at=now,
        fingerprint=fingerprint(LABELS),
    )
    before = now - timedelta(minutes=2)
    accepted = await incidents.accept([alert], source="t", body_digest="d", received_at=before)
    (ident,) = accepted.incidents
    assert await incidents.claim(ident, 1, now)
    assert await incidents.started(ident, 1, "run-1", now)
    await incidents.finished(ident, 1, "run-1", ENGLISH, now, others)


def settings(outbox: Outbox, zh: Platform, en: Platform) -> Settings:
    channels = {
        "zh": {"type": "feishu", "url": outbox.platforms.add("zh", zh), "language": "zh"},
        "en": {"type": "slack", "url": outbox.platforms.add("en", en)},
    }
    return Settings.model_validate({"language": "en", "channels": channels})


async def delivered(outbox: Outbox, given: Settings, count: int) -> None:
    """Told by the worker's own loops."""
    database, stopping = outbox.database, asyncio.Event()
    work = asyncio.ensure_future(
        deliver_messages(
            database.messages,
            database.incidents,
            given,
            worker="w1",
            stopping=stopping,
            clock=outbox.clock,
        )
    )
    async with asyncio.timeout(60):
        while await outbox.count(MessageState.DELIVERED) < count:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
    stopping.set()
    await work


def text_of(robot: Platform) -> str:
    (seen,) = robot.seen
    return "\n".join(seen.texts)


async def test_each_channel_is_told_in_its_language(outbox: Outbox) -> None:
    """Cause, impact, steps and changes are in the channel's language; names and commands are the same."""
    zh, en = FeishuRobot(), SlackHook()
    await reported(outbox, [CHINESE])
    await delivered(outbox, settings(outbox, zh, en), 2)
    chinese, english = text_of(zh), text_of(en)
    for said, report in ((chinese, CHINESE), (english, ENGLISH)):
        assert report.root_causes[0].statement[:40] in said
        assert report.impact.statement[:40] in said
        assert report.recommendations[0].title in said
        assert report.changes[0].what[:30] in said
    assert ENGLISH.recommendations[0].title not in chinese
    for command in (each.command for step in ENGLISH.recommendations[:2] for each in step.commands):
        assert command in chinese and command in english
    assert not HAN.search(english.replace(ENGLISH.alert.name, ""))


async def test_a_report_of_an_older_version_is_told_as_it_is(outbox: Outbox) -> None:
    """Where only the run's own report was kept, every channel is told that one, under its own headings."""
    zh, en = FeishuRobot(), SlackHook()
    await reported(outbox, [])
    await delivered(outbox, settings(outbox, zh, en), 2)
    assert ENGLISH.root_causes[0].statement[:40] in text_of(zh)
    assert "根因" in text_of(zh) and "Root cause" in text_of(en)


async def test_a_digest_is_in_the_channels_language(outbox: Outbox, mailbox: Any) -> None:
    """What many messages are told as is made for one channel, and speaks as that one does."""
    robot = FeishuRobot(per_second=0)
    outbox.channel("zh", "feishu", url=outbox.platforms.add("zh", robot), per_minute=1)
    for trial in (Trial.SAMPLE, Trial.RESOLVED):
        notice = trial_notice(trial, Language.EN).model_copy(update={"report": None})
        for number in range(8):
            await mailbox(notice.model_copy(update={"incident": f"INC-{number}"}), "zh")
    await outbox.sender(languages={"zh": Language.ZH}).once()
    assert text_of(robot).count("已恢复") == 8
