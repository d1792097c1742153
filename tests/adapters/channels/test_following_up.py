"""Later messages of an incident: answers, changes, mentions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.adapters.channels.channel import ChannelBase
from kubetriage.adapters.channels.fake import (
    DingTalkRobot,
    FakePlatforms,
    FeishuRobot,
    Platform,
    SlackApi,
    SlackHook,
    WeComRobot,
)
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Verdict
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.trial import Trial, trial_notice

Make = Callable[..., ChannelBase]
SAMPLE = trial_notice(Trial.SAMPLE, Language.EN)
RESOLVED = trial_notice(Trial.RESOLVED, Language.EN)


def slack_api(platforms: FakePlatforms, make: Make, follow_up: str) -> tuple[ChannelBase, SlackApi]:
    platform = SlackApi(token="t", channel="C1", per_second=0)
    url = platforms.add("slack", platform)
    return make("slack-api", api=url, token="t", channel="C1", follow_up=follow_up), platform


async def test_slack_answers_in_the_thread(platforms: FakePlatforms, make: Make) -> None:
    """The recovery is an answer to the first message, which stays as it is."""
    channel, platform = slack_api(platforms, make, "thread")
    first = await channel.send(SAMPLE, key="k1")
    later = await channel.send(RESOLVED, key="k2", earlier=first.remote)
    assert later.verdict is Verdict.DELIVERED
    assert [each.thread for each in platform.seen] == ["", platform.seen[0].ident]
    assert any("firing" in text for text in platform.seen[0].texts)


async def test_slack_changes_the_first_message(platforms: FakePlatforms, make: Make) -> None:
    """With `update` the first message itself says that it is over."""
    channel, platform = slack_api(platforms, make, "update")
    first = await channel.send(SAMPLE, key="k1")
    await channel.send(RESOLVED, key="k2", earlier=first.remote)
    (seen,) = platform.seen
    assert any("resolved" in text for text in seen.texts)
    assert not any("firing" in text for text in seen.texts)


@pytest.mark.parametrize("follow_up", ["thread", "update", "both"])
async def test_a_first_message_that_is_gone_is_no_obstacle(
    follow_up: str, platforms: FakePlatforms, make: Make
) -> None:
    """Where the first message was deleted, a new one is written."""
    channel, platform = slack_api(platforms, make, follow_up)
    later = await channel.send(RESOLVED, key="k2", earlier="C1:1600000000.000001")
    assert later.verdict is Verdict.DELIVERED
    assert [each.thread for each in platform.seen] == [""]


def severe(severity: str) -> Notice:
    return SAMPLE.model_copy(update={"severity": severity})


async def test_those_who_are_configured_are_mentioned(platforms: FakePlatforms, make: Make) -> None:
    """A critical diagnosis mentions them in each platform's way; a warning and a recovery don't."""
    robots: dict[str, tuple[Platform, dict[str, Any], list[str]]] = {
        "feishu": (FeishuRobot(per_second=0), {"mention": ["ou_1", "all"]}, ["ou_1", "all"]),
        "wecom": (WeComRobot(), {"mention": ["lisi"], "format": "markdown"}, ["lisi"]),
        "dingtalk": (DingTalkRobot(), {"mention": ["all", "13800000000"]}, ["all", "13800000000"]),
        "slack": (SlackHook(per_second=0), {"mention": ["here", "U1"]}, ["!here", "@U1"]),
    }
    for kind, (robot, options, expected) in robots.items():
        channel = make(kind, url=platforms.add(kind, robot), **options)
        for notice in (
            severe("critical"),
            severe("warning"),
            RESOLVED.model_copy(update={"severity": "critical"}),
        ):
            assert (await channel.send(notice, key="k")).verdict is Verdict.DELIVERED
        assert [each.pinged for each in robot.seen] == [expected, [], []]


async def test_a_retried_webhook_has_the_same_id(platforms: FakePlatforms, make: Make) -> None:
    """The receiver takes one id once, however often it is sent."""
    from kubetriage.adapters.channels.fake import WebhookReceiver

    receiver = WebhookReceiver()
    channel = make("webhook", url=platforms.add("hook", receiver), allow_private=True)
    for _ in range(3):
        assert (await channel.send(SAMPLE, key="k1")).verdict is Verdict.DELIVERED
    assert len(receiver.calls) == 3 and len(receiver.seen) == 1
    body = receiver.seen[0].raw
    assert body["schema"] == "kubetriage.notice/1"
    assert body["report"]["schema"] == "kubetriage.report/1"
    assert re.search("Root cause", body["text"])
