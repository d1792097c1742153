"""Slack's incoming webhooks: an HTTP status and a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubetriage.adapters.channels.answers import Answer
from kubetriage.adapters.channels.channel import Form, HttpChannel, Look, json_bytes
from kubetriage.adapters.channels.options import SlackOptions
from kubetriage.adapters.channels.slack_blocks import TOTAL, blocks_of
from kubetriage.domain.messages.delivery import Delivery, Verdict, dead, delivered, retry, unknown
from kubetriage.domain.messages.dialects import SLACK
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.sending import Pace

FINAL: Mapping[str, str] = {
    "no_service": "The webhook was disabled or removed.",
    "no_active_hooks": "The webhook was disabled.",
    "invalid_token": "The webhook's address is not valid any more.",
    "channel_not_found": "The channel is gone.",
    "channel_is_archived": "The channel is archived.",
    "action_prohibited": "An administrator of the workspace restricts posting.",
    "posting_to_general_channel_denied": "Posting to the general channel is restricted.",
}
MAYBE_TOO_LONG = (
    "invalid_blocks",
    "invalid_payload",
    "invalid_attachments",
    "msg_blocks_too_long",
    "msg_too_long",
    "too_long",
)
"""Words for a form that is refused, of which its length is one reason."""


def payload(notice: Notice, message: Message, mentions: tuple[str, ...], text: str | None) -> tuple[Any, int]:
    """What both ways into Slack take, and its size in characters."""
    made = blocks_of(message, mentions, text)
    attachment = {"color": made.colour, "blocks": made.blocks[1:]}
    body = {"text": made.text, "blocks": made.blocks[:1], "attachments": [attachment]}
    quiet = {"link_names": False, "unfurl_links": False, "unfurl_media": False}
    return body | quiet, made.size


class SlackChannel(HttpChannel):
    limit = TOTAL
    platform_pace = Pace(per_second=1, per_minute=50)

    def __init__(self, name: str, options: SlackOptions, look: Look) -> None:
        super().__init__(name, options.type, options, look, SLACK)
        self._url = options.url

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        body, size = payload(notice, message, self.mentioned(notice), text)
        return Form(json_bytes(body), size)

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        answer = await self.post(self._url.get_secret_value(), form.body)
        if isinstance(answer, Delivery):
            return of_refusal(answer, form.size)
        return of_answer(answer)


def of_answer(answer: Answer) -> Delivery:
    """A 200 of a webhook says `ok`."""
    if answer.words == "ok":
        return delivered(code="ok")
    return unknown(f"The answer is not a webhook's: {answer.words}", code="HTTP 200")


def of_refusal(delivery: Delivery, size: int) -> Delivery:
    """What a status other than 200 means by the word that comes with it."""
    if delivery.verdict is not Verdict.DEAD:
        return delivery
    word = next((each for each in (*FINAL, *MAYBE_TOO_LONG) if each in delivery.why), "")
    return of_word(word, size, delivery) if word else delivery


def of_word(word: str, size: int, otherwise: Delivery) -> Delivery:
    """The class of one of Slack's words for an error."""
    if word in FINAL:
        return dead(FINAL[word], code=word)
    if word in MAYBE_TOO_LONG:
        refused = dead("Slack refuses the message's form.", code=word)
        shrinkable = "too_long" in word or size * 2 > TOTAL
        return refused.model_copy(update={"verdict": Verdict.SHRINK}) if shrinkable else refused
    if word in ("ratelimited", "rate_limited"):
        return retry("Slack takes no more for now.", code=word)
    return otherwise
