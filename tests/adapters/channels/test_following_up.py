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
    TeamsWorkflow,
    WeComRobot,
)
from kubetriage.domain.language import Language
from kubetriage.domain.messages.delivery import Verdict
from kubetriage.domain.messages.notice import Event, Notice
from kubetriage.domain.messages.trial import Trial, trial_notice

Make = Callable[..., ChannelBase]
SAMPLE = trial_notice(Trial.SAMPLE, Language.EN)
RESOLVED = trial_notice(Trial.RESOLVED, Language.EN)
STORM = trial_notice(Trial.STORM, Language.EN)
OBJECT_ID = "87d349ed-44d7-43e1-9a83-5f2406dee5bd"


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
    assert not platform.seen[1].broadcast
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
@pytest.mark.parametrize("event", [Event.DIAGNOSED, Event.REOPENED, Event.FLAPPING, Event.STILL_FIRING])
async def test_news_in_a_thread_is_seen_in_the_channel(
    event: Event, follow_up: str, platforms: FakePlatforms, make: Make
) -> None:
    """A diagnosis stays where it is; what is new is an answer that the channel shows, a reminder is none."""
    channel, platform = slack_api(platforms, make, follow_up)
    first = await channel.send(SAMPLE, key="k1")
    later = SAMPLE.model_copy(update={"event": event})
    assert (await channel.send(later, key="k2", earlier=first.remote)).verdict is Verdict.DELIVERED
    before, answer = platform.seen
    assert answer.thread == before.ident and answer.broadcast is (event is not Event.STILL_FIRING)
    changed = any("firing again" in text for text in before.texts)
    assert changed is (event is Event.REOPENED and follow_up != "thread")


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
    """A critical diagnosis and a storm mention them in each platform's way; what is mild or over does not."""
    robots: dict[str, tuple[Platform, dict[str, Any], list[str]]] = {
        "feishu": (FeishuRobot(per_second=0), {"mention": ["ou_1", "all"]}, ["ou_1", "all"]),
        "wecom": (WeComRobot(), {"mention": ["lisi"], "format": "markdown"}, ["lisi"]),
        "dingtalk": (DingTalkRobot(), {"mention": ["all", "13800000000"]}, ["all", "13800000000"]),
        "slack": (SlackHook(per_second=0), {"mention": ["here", "U1"]}, ["!here", "@U1"]),
        "teams": (
            TeamsWorkflow(per_second=0),
            {"mention": ["li.wei@example.com", OBJECT_ID]},
            ["<at>li.wei@example.com</at>", f"<at>{OBJECT_ID}</at>"],
        ),
    }
    for kind, (robot, options, expected) in robots.items():
        channel = make(kind, url=platforms.add(kind, robot), **options)
        for notice in (
            severe("critical"),
            severe("warning"),
            RESOLVED.model_copy(update={"severity": "critical"}),
            STORM,
            STORM.model_copy(update={"over": True}),
        ):
            assert (await channel.send(notice, key="k")).verdict is Verdict.DELIVERED
        assert [each.pinged for each in robot.seen] == [expected, [], [], expected, []]


async def test_teams_mentions_whom_the_card_names(platforms: FakePlatforms, make: Make) -> None:
    """Each mention has its tag in one text of the card; a tag that a log line brings along is none."""
    workflow = TeamsWorkflow()
    channel = make("teams", url=platforms.add("teams", workflow), mention=["li.wei@example.com"])
    hostile = trial_notice(Trial.HOSTILE, Language.EN).model_copy(update={"severity": "critical"})
    assert (await channel.send(hostile, key="k")).verdict is Verdict.DELIVERED
    card = workflow.seen[0].raw["attachments"][0]["content"]
    person = {"id": "li.wei@example.com", "name": "li.wei@example.com"}
    entity = {"type": "mention", "text": "<at>li.wei@example.com</at>", "mentioned": person}
    assert card["msteams"]["entities"] == [entity]
    assert {text for text in workflow.seen[0].texts if "<at" in text} == {"<at>li.wei@example.com</at>"}


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
