"""A stand-in of a Teams workflow that posts the Adaptive Card it receives."""

from __future__ import annotations

from typing import Any

from kubetriage.adapters.channels.fake.platform import Call, Platform, Refused, Reply, Seen, texts_in

LARGEST = 28 * 1024


class TeamsWorkflow(Platform):
    """28 KB, four a second; 202 for whatever it takes."""

    def __init__(self, *, per_second: int = 4, **given: Any) -> None:
        super().__init__(per_second=per_second, **given)

    def take(self, call: Call) -> Reply:
        if len(call.body) > LARGEST:
            raise Refused(self.too_long())
        body = call.json()
        (attachment,) = body["attachments"]
        card = attachment["content"]
        if body["type"] != "message" or card["type"] != "AdaptiveCard":
            raise ValueError("not a message with a card")
        pinged = [each["text"] for each in card.get("msteams", {}).get("entities", ())]
        self.seen.append(Seen(texts_in(card, "text", "title"), body, pinged=pinged))
        return Reply(202)

    def busy(self) -> Reply:
        return Reply(429, b'{"error":{"code":"TooManyRequests"}}', {"Retry-After": "2"})

    def too_long(self) -> Reply:
        return Reply(413, b"Request Entity Too Large")

    def gone(self) -> Reply:
        return Reply(404, b'{"error":{"code":"WorkflowNotFound"}}')

    def malformed(self, why: str) -> Reply:
        return Reply.of({"error": {"code": "InvalidRequestContent", "message": why}}, 400)
