"""Slack's Web API: messages that can be answered in a thread and changed. Errors come with HTTP 200."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kubetriage.adapters.channels.answers import Answer, wait_of
from kubetriage.adapters.channels.channel import Form, HttpChannel, Look, json_bytes
from kubetriage.adapters.channels.options import SlackApiOptions
from kubetriage.adapters.channels.slack import of_word, payload
from kubetriage.adapters.channels.slack_blocks import TOTAL
from kubetriage.domain.messages.delivery import Delivery, Verdict, dead, delivered, retry, unknown
from kubetriage.domain.messages.dialects import SLACK
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Event, Notice
from kubetriage.domain.messages.sending import Pace

_FINAL: Mapping[str, str] = {
    "invalid_auth": "The token is not valid.",
    "not_authed": "There is no token.",
    "account_inactive": "The token belongs to a user or workspace that is gone.",
    "token_revoked": "The token was revoked.",
    "token_expired": "The token has expired.",
    "missing_scope": "The token lacks the scope chat:write.",
    "not_in_channel": "The app is not in the channel: invite it.",
    "channel_not_found": "There is no such channel, or the app may not see it: `channel` takes an id.",
    "is_archived": "The channel is archived.",
    "restricted_action": "A setting of the workspace keeps the app from posting.",
}
_PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_FIRST_IS_GONE = frozenset(
    {
        "message_not_found",
        "thread_not_found",
        "cant_update_message",
        "edit_window_closed",
        "cannot_reply_to_message",
    }
)
"""The incident's first message cannot be answered or changed: a new one is written instead."""


_OF_THE_FIRST = frozenset({Event.RESOLVED, Event.REOPENED})
"""What changes the state that the first message shows."""
_QUIET = frozenset({Event.RESOLVED, Event.STILL_FIRING})
"""What only those are told who follow the thread; other answers are shown in the channel too."""


class SlackApiChannel(HttpChannel):
    limit = TOTAL
    platform_pace = Pace(per_second=1, per_minute=50)
    threads = True

    def __init__(self, name: str, options: SlackApiOptions, look: Look) -> None:
        super().__init__(name, options.type, options, look, SLACK)
        self._options = options

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        body, size = payload(notice, message, self.mentioned(notice), text)
        return Form(json_bytes({"channel": self._options.channel, **body}), size)

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        """`earlier` is `CHANNEL:TS`. An update that fails for good leaves the answer in the thread.

        A change of a message notifies nobody, and neither does an answer by itself: what is new is an answer
        that the channel shows as well.
        """
        body: dict[str, Any] = json.loads(form.body)
        channel, _, ts = earlier.partition(":")
        how = self._options.follow_up
        if ts and how in ("update", "both") and notice.event in _OF_THE_FIRST:
            changed = await self._call("chat.update", {**body, "channel": channel, "ts": ts}, form.size)
            only = how == "update" and notice.event in _QUIET
            if changed.code not in _FIRST_IS_GONE and (only or changed.verdict is Verdict.RETRY):
                return changed
        if ts:
            answer = {**body, "thread_ts": ts, "reply_broadcast": notice.event not in _QUIET}
            answered = await self._call("chat.postMessage", answer, form.size)
            if answered.code not in _FIRST_IS_GONE:
                return answered
        return await self._call("chat.postMessage", body, form.size)

    async def _call(self, method: str, body: dict[str, Any], size: int) -> Delivery:
        token = self._options.token.get_secret_value().strip()
        url = f"{self._options.api.get_secret_value().rstrip('/')}/{method}"
        answer = await self.post(url, json_bytes(body), {"Authorization": f"Bearer {token}"})
        return answer if isinstance(answer, Delivery) else of_answer(answer, size)


def of_answer(answer: Answer, size: int) -> Delivery:
    """The class of a 200 by its `ok` and `error`."""
    body = answer.json()
    if body is None or not isinstance(body.get("ok"), bool):
        return unknown(f"The answer is not Slack's: {answer.words}", code="HTTP 200")
    if body["ok"]:
        remote = f"{body.get('channel', '')}:{body.get('ts', '')}"
        return delivered(remote=remote if remote != ":" else "", code="ok")
    word = str(body.get("error", "unknown_error"))
    if word in _FINAL:
        return dead(_FINAL[word], code=word)
    if word in _PASSING:
        return retry("Slack failed.", code=word)
    found = of_word(word, size, dead(f"Slack refused the message: {word}.", code=word))
    if found.verdict is Verdict.RETRY:
        return found.model_copy(update={"retry_after": wait_of(answer.headers)})
    return found
