"""A channel of its options; only the one that is asked for is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubetriage.adapters.channels.options import (
    AnyOptions,
    AppriseOptions,
    DingTalkOptions,
    EmailOptions,
    FeishuOptions,
    SlackApiOptions,
    SlackOptions,
    StdoutOptions,
    TeamsOptions,
    WebhookOptions,
    WeComOptions,
)

if TYPE_CHECKING:
    from kubetriage.adapters.channels.channel import ChannelBase, Look


def build_channel(name: str, options: AnyOptions, look: Look) -> ChannelBase:
    """Raises `BadSettings` for a template or an address that cannot be used."""
    match options:
        case FeishuOptions():
            from kubetriage.adapters.channels.feishu import FeishuChannel

            return FeishuChannel(name, options, look)
        case WeComOptions():
            from kubetriage.adapters.channels.wecom import WeComChannel

            return WeComChannel(name, options, look)
        case DingTalkOptions():
            from kubetriage.adapters.channels.dingtalk import DingTalkChannel

            return DingTalkChannel(name, options, look)
        case SlackOptions():
            from kubetriage.adapters.channels.slack import SlackChannel

            return SlackChannel(name, options, look)
        case SlackApiOptions():
            from kubetriage.adapters.channels.slack_api import SlackApiChannel

            return SlackApiChannel(name, options, look)
        case TeamsOptions():
            from kubetriage.adapters.channels.teams import TeamsChannel

            return TeamsChannel(name, options, look)
        case EmailOptions():
            from kubetriage.adapters.channels.mail import MailChannel

            return MailChannel(name, options, look)
        case WebhookOptions():
            from kubetriage.adapters.channels.webhook import WebhookChannel

            return WebhookChannel(name, options, look)
        case StdoutOptions():
            from kubetriage.adapters.channels.stdout import StdoutChannel

            return StdoutChannel(name, options, look)
        case AppriseOptions():
            from kubetriage.adapters.channels.apprise_bridge import AppriseChannel

            return AppriseChannel(name, options, look)
