"""A receiver of signed webhooks that does what the specification asks of one."""

from __future__ import annotations

import hmac
from typing import Any

from kubetriage.adapters.channels.fake.platform import Call, Platform, Refused, Reply, Seen
from kubetriage.adapters.channels.signing import standard_signature

_TOLERANCE = 300


class WebhookReceiver(Platform):
    """Checks signature and time, and takes a `webhook-id` once."""

    def __init__(self, *, secret: str = "", largest: int = 2 * 1024 * 1024, **given: Any) -> None:
        super().__init__(**given)
        self._secret = secret
        self._largest = largest

    def take(self, call: Call) -> Reply:
        if len(call.body) > self._largest:
            raise Refused(self.too_long())
        ident = call.headers["webhook-id"]
        at = int(call.headers["webhook-timestamp"])
        if abs(self._clock() - at) > _TOLERANCE:
            raise Refused(Reply(400, b"timestamp too old"))
        if self._secret:
            expected = standard_signature(self._secret, ident, at, call.body)
            if not hmac.compare_digest(call.headers.get("webhook-signature", ""), expected):
                raise Refused(Reply(401, b"signature does not match"))
        body = call.json()
        if all(each.ident != ident for each in self.seen):
            self.seen.append(Seen([body.get("text", "")], body, ident=ident))
        return Reply(204)

    def busy(self) -> Reply:
        return Reply(429, b"slow down", {"Retry-After": "1"})

    def too_long(self) -> Reply:
        return Reply(413, b"too large")

    def gone(self) -> Reply:
        return Reply(410, b"gone")

    def malformed(self, why: str) -> Reply:
        return Reply(400, why.encode())
