"""Everything that Apprise knows and we do not, as plain text: best effort, an optional extra.

What Apprise says of a message is yes or no. A no is tried again, as nothing tells which kind of no it was.
"""

from __future__ import annotations

import asyncio
import logging

from kubetriage.adapters.channels.channel import ChannelBase, Form, Look
from kubetriage.adapters.channels.options import AppriseOptions
from kubetriage.domain.errors import BadSettings
from kubetriage.domain.messages.delivery import Delivery, dead, delivered, retry, unknown
from kubetriage.domain.messages.dialects import PLAIN_CHAT
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.writing import Writer

OWN = {
    "feishu": "feishu",
    "lark": "lark",
    "wecombot": "wecom",
    "dingtalk": "dingtalk",
    "slack": "slack",
    "msteams": "teams",
    "workflow": "teams",
    "workflows": "teams",
    "mailto": "email",
    "mailtos": "email",
    "json": "webhook",
    "jsons": "webhook",
}
"""Apprise's schemes for which there is a channel of our own, which does more."""

_MISSING = "Apprise is not installed: install kubetriage with the extra `apprise`."


class AppriseChannel(ChannelBase):
    limit = 3000
    """Bytes: what Telegram, Bark and ntfy take in one message."""
    suffix = "txt"

    def __init__(self, name: str, options: AppriseOptions, look: Look) -> None:
        """Raises `BadSettings` for a scheme that has a channel of its own."""
        super().__init__(name, options.type, options, look, PLAIN_CHAT)
        self._options = options
        scheme = options.url.get_secret_value().partition("://")[0].lower()
        if scheme in OWN:
            raise BadSettings(f'channels.{name}: for {scheme}:// use type = "{OWN[scheme]}".')

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        written = Writer(message, PLAIN_CHAT).whole() if text is None else text
        body = written.encode()
        return Form(body, len(body))

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        try:
            return await asyncio.wait_for(
                asyncio.to_thread(_notify, self._options.url.get_secret_value(), form.body.decode()),
                self._options.timeout * 3,
            )
        except TimeoutError:
            return unknown("Apprise did not come back in time.", code="timeout")


def _notify(url: str, text: str) -> Delivery:
    try:
        import apprise
    except ImportError:
        return dead(_MISSING, code="missing")
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs addresses
    title, _, body = text.partition("\n")
    sender = apprise.Apprise()
    if not sender.add(url):
        return dead("Apprise does not know this kind of address.", code="address")
    sent = sender.notify(title=title, body=body.strip() or title, body_format=apprise.NotifyFormat.TEXT)
    if sent:
        return delivered(code="apprise", why="Apprise says that it was taken.")
    return retry("Apprise says that it was not taken, and not why.", code="apprise")
