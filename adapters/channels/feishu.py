"""Feishu and Lark custom robots: interactive cards, JSON 2.0 or 1.0.

Limits and codes are those of the platform's documentation of custom robots: 100 messages a minute, 5 a
second, 20 KB a body; answers are HTTP 200 with a `code`, some gateways in between say 429 or 400 instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from kubetriage.adapters.channels.answers import Answer, coded, number_of, said_in, wait_of
from kubetriage.adapters.channels.channel import Form, HttpChannel, Look, halved, json_bytes, with_keyword
from kubetriage.adapters.channels.feishu_cards import card_one, card_two
from kubetriage.adapters.channels.options import FeishuOptions
from kubetriage.adapters.channels.signing import feishu_sign
from kubetriage.domain.messages.delivery import Delivery, dead, delivered, retry
from kubetriage.domain.messages.dialects import FEISHU, LARK_MD
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.sending import Pace

_SIGNATURE_ROOM = 120
"""Bytes of the body that the signature and the time take."""

_FINAL: Mapping[int, str] = {
    19001: "The robot's address is not valid any more: was the robot removed from the group?",
    19002: "The robot does not know this kind of message.",
    19021: "The signature is wrong, or this machine's clock is more than an hour off.",
    19022: "This machine's address is not on the robot's list of IP addresses.",
    19024: "The robot's keyword is not in the message: set `keyword` to it.",
}
_LIMITED = frozenset({11232, 99991400})


class FeishuChannel(HttpChannel):
    limit = 20_000
    least = 4_000
    platform_pace = Pace(per_second=4, per_minute=90)

    def __init__(self, name: str, options: FeishuOptions, look: Look) -> None:
        dialect = FEISHU if options.card == "2.0" else LARK_MD
        super().__init__(name, options.type, options, look, dialect)
        self._options = options

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        title = with_keyword(message.title, self._options.keyword)
        write = card_two if self._options.card == "2.0" else card_one
        card = write(message, title, self.mentioned(notice), text)
        body = json_bytes({"msg_type": "interactive", "card": card})
        return Form(body, len(body) + _SIGNATURE_ROOM)

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        body = form.body
        secret = self._options.secret.get_secret_value()
        if secret:
            now = int(self._clock())
            signed = {"timestamp": str(now), "sign": feishu_sign(secret, now)}
            body = json_bytes(signed)[:-1] + b"," + body[1:]
        answer = await self.post(self._options.url.get_secret_value(), body)
        if isinstance(answer, Delivery):
            return _of_gateway(answer)
        return halved(of_answer(answer), form.size, self.limit) if _may_be_size(answer) else of_answer(answer)

    def shown(self, form: Form) -> bytes:
        return json.dumps(json.loads(form.body), ensure_ascii=False, indent=2).encode()


def of_answer(answer: Answer) -> Delivery:
    """The class of a 200 by its `code`."""
    found = coded(answer, "code", "StatusCode")
    if isinstance(found, Delivery):
        return found
    code, body = found
    said, name = said_in(body, "msg", "StatusMessage"), f"code {code}"
    if code == 0:
        return delivered(code=name)
    if code in _LIMITED:
        after = wait_of(answer.headers, "x-ogw-ratelimit-reset") or 60.0
        return retry(f"The robot's limit is reached: {said}.", code=name, after=after)
    return dead(f"{_FINAL.get(code, 'The robot refused the message')} ({said})".strip(), code=name)


def _may_be_size(answer: Answer) -> bool:
    """9499 is a bad request, of which too large a body is one."""
    body = answer.json()
    return body is not None and number_of(body, "code", "StatusCode") in (9499, 11246, 230025)


def _of_gateway(delivery: Delivery) -> Delivery:
    """A gateway in between answers 400 with the code of the limit in the body."""
    if delivery.code == "HTTP 400" and "99991400" in delivery.why:
        return retry("The robot's limit is reached.", code="code 99991400", after=60.0)
    return delivery
