"""DingTalk custom robots: Markdown, signed in the address.

20 messages a minute, then the robot is silent for about ten; 20,000 bytes a body. Answers are HTTP 200 with
an `errcode`.
"""

from __future__ import annotations

import json
from typing import Any

from kubetriage.adapters.channels.answers import Answer, coded, said_in
from kubetriage.adapters.channels.channel import Form, HttpChannel, Look, json_bytes, with_keyword
from kubetriage.adapters.channels.options import DingTalkOptions
from kubetriage.adapters.channels.signing import dingtalk_query
from kubetriage.domain.messages.delivery import Delivery, dead, delivered, retry, shrink
from kubetriage.domain.messages.dialects import DINGTALK
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.sending import Pace
from kubetriage.domain.messages.writing import Writer

_TOO_FAST = frozenset({130101, 410100})
_TOO_LONG = frozenset({460101})
_BUSY = frozenset({-1})
_SILENCE = 600.0
"""Seconds that a robot is silent after it sent too much."""


class DingTalkChannel(HttpChannel):
    limit = 20_000
    suffix = "md"
    platform_pace = Pace(per_minute=18)

    def __init__(self, name: str, options: DingTalkOptions, look: Look) -> None:
        super().__init__(name, options.type, options, look, DINGTALK)
        self._options = options

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        title = with_keyword(message.title, self._options.keyword)
        writer = Writer(message, DINGTALK)
        if text is None:
            text = f"{DINGTALK.title.format(DINGTALK.prose(title))}\n\n{writer.whole(title=False)}"
        else:
            text = with_keyword(text, self._options.keyword)
        mentions = self.mentioned(notice)
        mobiles = [each for each in mentions if each != "all"]
        if mobiles:
            text += "\n\n" + " ".join(f"@{each}" for each in mobiles)
        at: dict[str, Any] = {"isAtAll": "all" in mentions, "atMobiles": mobiles}
        body = json_bytes({"msgtype": "markdown", "markdown": {"title": title, "text": text}, "at": at})
        return Form(body, len(body))

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        url = self._options.url.get_secret_value()
        secret = self._options.secret.get_secret_value()
        if secret:
            signed = dingtalk_query(secret, int(self._clock() * 1000))
            url += ("&" if "?" in url else "?") + signed
        answer = await self.post(url, form.body)
        return answer if isinstance(answer, Delivery) else of_answer(answer)

    def shown(self, form: Form) -> bytes:
        text: str = json.loads(form.body)["markdown"]["text"]
        return text.encode()


def of_answer(answer: Answer) -> Delivery:
    """The class of a 200 by its `errcode`."""
    found = coded(answer, "errcode")
    if isinstance(found, Delivery):
        return found
    code, body = found
    said, name = said_in(body, "errmsg"), f"errcode {code}"
    if code == 0:
        return delivered(code=name)
    if code in _TOO_FAST:
        return retry("The robot was sent too much and is silent for a while.", code=name, after=_SILENCE)
    if code in _BUSY:
        return retry(f"The platform is busy: {said}.", code=name)
    if code in _TOO_LONG:
        return shrink(f"The message is too long: {said}.", code=name)
    if code == 310000:
        return dead(f"The robot's security settings refuse it ({_setting(said)}): {said}", code=name)
    return dead(f"The robot refused the message: {said}", code=name)


def _setting(said: str) -> str:
    """Which of the three settings it was, by DingTalk's words."""
    lower = said.lower()
    if "keyword" in lower or "关键词" in lower:
        return "the keyword is not in it: set `keyword`"
    if "sign" in lower or "签名" in lower or "timestamp" in lower:
        return "the signature: check `secret` and this machine's clock"
    if "ip" in lower:
        return "this machine's address is not on its list"
    return "keyword, signature or IP address"
