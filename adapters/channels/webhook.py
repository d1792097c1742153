"""Any HTTP server: one JSON body, signed as Standard Webhooks 1.0 says; public addresses by default."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kubetriage.adapters.channels.answers import Answer
from kubetriage.adapters.channels.channel import Fitted, Form, HttpChannel, Look, json_bytes
from kubetriage.adapters.channels.options import WebhookOptions
from kubetriage.adapters.channels.signing import standard_signature
from kubetriage.domain.messages.delivery import Delivery, delivered
from kubetriage.domain.messages.dialects import PLAIN
from kubetriage.domain.messages.fitting import shorter
from kubetriage.domain.messages.message import Message
from kubetriage.domain.messages.notice import Notice
from kubetriage.domain.messages.sending import Pace
from kubetriage.domain.messages.writing import Writer

SCHEMA = "kubetriage.notice/1"

Body = dict[str, Any]


class WebhookChannel(HttpChannel):
    """The receiver knows a message by its `webhook-id`, so one without an answer is sent again."""

    limit = 1024 * 1024
    least = 6_000
    platform_pace = Pace(per_second=20)
    deduplicates = True

    def __init__(self, name: str, options: WebhookOptions, look: Look) -> None:
        super().__init__(name, options.type, options, look, PLAIN, public_only=not options.allow_private)
        self._options = options

    def escape(self, text: str) -> str:
        """A template writes JSON, with `tojson` where it is needed: nothing is added."""
        return text

    def fitted(self, notice: Notice, room: float) -> Fitted | None:
        """Of a report that is too large the excerpts go first, then the evidence, then all but its claims,
        then all of it; what the text says is made shorter last."""
        message = self.message(notice)
        limit = self.room_for(lambda: self.form(notice, message, None).size, room)
        made = super().fitted(notice, 1.0) if self._template is not None else None
        if made is not None and made.form.size <= limit:
            return made
        left_out: tuple[str, ...] = ()
        body: Body = {}
        for body, gone in _smaller(json.loads(self.form(notice, message, None).body)):
            left_out += gone
            form = _form(body)
            if form.size <= limit:
                return Fitted(form, left_out, "")
        for shorter_message in shorter(message):
            form = _form({**body, "labels": {}, "text": Writer(shorter_message, PLAIN).whole()})
            if form.size <= limit:
                return Fitted(form, (*left_out, "text"), "")
        return None

    def form(self, notice: Notice, message: Message, text: str | None) -> Form:
        if text is not None:
            return _form(json.loads(text)) if _is_json(text) else Form(b"", 1 << 60)
        given = notice.model_dump(mode="json", exclude={"report"})
        report = notice.report.to_json() if notice.report else None
        words = Writer(message, PLAIN).whole()
        return _form({"schema": SCHEMA, **given, "text": words, "report": report})

    async def attempt(self, notice: Notice, form: Form, *, key: str, earlier: str) -> Delivery:
        seconds = int(self._clock())
        headers = {name: value.get_secret_value() for name, value in self._options.headers.items()}
        headers |= {"webhook-id": key, "webhook-timestamp": str(seconds)}
        secret = self._options.secret.get_secret_value()
        if secret:
            headers["webhook-signature"] = standard_signature(secret, key, seconds, form.body)
        answer = await self.post(self._options.url.get_secret_value(), form.body, headers)
        return answer if isinstance(answer, Delivery) else _of_answer(answer)

    def shown(self, form: Form) -> bytes:
        return json.dumps(json.loads(form.body), ensure_ascii=False, indent=2).encode()


def _of_answer(answer: Answer) -> Delivery:
    return delivered(code=f"HTTP {answer.status}")


def _form(body: Any) -> Form:
    written = json_bytes(body)
    return Form(written, len(written))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _smaller(body: Body) -> Iterator[tuple[Body, tuple[str, ...]]]:
    """The body and ever smaller ones, each with what was left out for it."""
    yield body, ()
    report: Body | None = body.get("report")
    if report is None:
        return
    for piece in report["evidence"]:
        piece["excerpt"] = ""
    for checked in report["checked"]:
        checked["log_excerpt"] = ""
    yield body, ("excerpts",)
    report["evidence"], report["checked"], report["knowledge"] = [], [], []
    yield body, ("evidence", "checked", "knowledge")
    report["alert"]["annotations"], report["alert"]["labels"], body["labels"] = {}, {}, {}
    report["gaps"], report["changes"], report["contributing"], report["risks"] = [], [], [], []
    yield body, ("labels", "gaps", "changes", "contributing", "risks")
    body["report"] = None
    yield body, ("report",)
