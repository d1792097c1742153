"""Stand-ins of the platforms: they check what the real ones check, and answer and fail as those do.

    async with fake_platforms() as platforms:
        url = platforms.add("ops", FeishuRobot(secret="s", keyword="告警"))
        ...  # a channel with that url
        platforms["ops"].seen  # what people would see

They say nothing about how a message looks. Limits, codes and words are those of the platforms' documentation,
as far as it says them.
"""

from __future__ import annotations

from kubetriage.adapters.channels.fake.faults import EVERY, Fault, FaultKind, every_class
from kubetriage.adapters.channels.fake.feishu import FeishuRobot
from kubetriage.adapters.channels.fake.platform import Call, Platform, Reply, Seen
from kubetriage.adapters.channels.fake.receiver import WebhookReceiver
from kubetriage.adapters.channels.fake.robots import DingTalkRobot, WeComRobot
from kubetriage.adapters.channels.fake.serving import FakePlatforms, fake_platforms
from kubetriage.adapters.channels.fake.slack import SlackApi, SlackHook
from kubetriage.adapters.channels.fake.teams import TeamsWorkflow

__all__ = [
    "EVERY",
    "Call",
    "DingTalkRobot",
    "FakePlatforms",
    "Fault",
    "FaultKind",
    "FeishuRobot",
    "Platform",
    "Reply",
    "Seen",
    "SlackApi",
    "SlackHook",
    "TeamsWorkflow",
    "WeComRobot",
    "WebhookReceiver",
    "every_class",
    "fake_platforms",
]
