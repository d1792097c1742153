"""WeCom group robots: `markdown_v2`, or `markdown` for old clients and mentions.

4,096 bytes of UTF-8 a text and 20 messages a minute, by the platform's documentation; answers are HTTP 200
with an `errcode`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from kubetriage.adapters.channels.answers import Answer, coded, said_in
from kubetriage.adapters.channels.channel import Form, HttpChannel, Look, json_bytes
from kubetriage.adapters.channels.options import WeComOptions
from kubetriage.domain.messages.delivery import Delivery, dead, delivered, retry, shrink
from kubetriage.domain.messages.dialects import WECOM, WECOM_V2
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.sending import Pace
from kubetriage.domain.messages.writing import Writer

_TOO_LONG = frozenset({40058, 45002})
_BUSY = frozenset({-1, 45009, 45033})
_FINAL: Mapping[int, str] = {
    93000: "The key in the robot's address is not valid: was the robot removed from the group?",
    93004: "The robot was disabled.",
    93008: "The robot is not in the group.",
    40008: "The robot does not know this kind of message: the client or server may be too old for it.",
}


class WeComChannel(HttpChannel):
    limit = 4096
    suffix = "md"
    platform_pace = Pace(per_minute=18)

    def __init__(self, name: str, options: WeComOptions, look: Look) -> None:
        dialect = WECOM_V2 if options.format == "markdown_v2" else WECOM
        super().__init__(name, options.type, options, look, dialect)
        self._options = options

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        content = Writer(message, self.dialect).whole() if text is None else text
        mentions = " ".join(f"<@{each}>" for each in self.mentioned(notice))
        content = f"{content}\n{mentions}" if mentions else content
        kind = self._options.format
        return Form(json_bytes({"msgtype": kind, kind: {"content": content}}), len(content.encode()))

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        answer = await self.post(self._options.url.get_secret_value(), form.body)
        return answer if isinstance(answer, Delivery) else of_answer(answer)

    def shown(self, form: Form) -> bytes:
        content: str = json.loads(form.body)[self._options.format]["content"]
        return content.encode()


def of_answer(answer: Answer) -> Delivery:
    """The class of a 200 by its `errcode`."""
    found = coded(answer, "errcode")
    if isinstance(found, Delivery):
        return found
    code, body = found
    said, name = said_in(body, "errmsg"), f"errcode {code}"
    if code == 0:
        return delivered(code=name)
    if code in _BUSY:
        return retry(f"The robot takes no more for now: {said}.", code=name, after=60.0)
    if code in _TOO_LONG:
        return shrink(f"The text is too long: {said}.", code=name)
    return dead(f"{_FINAL.get(code, 'The robot refused the message.')} ({said})", code=name)
