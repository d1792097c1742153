"""Stand-ins of Slack's incoming webhooks and of the two methods of its Web API that are called."""

from __future__ import annotations

import re
from typing import Any

from kubetriage.adapters.channels.fake.platform import Call, Platform, Refused, Reply, Seen, texts_in

_MENTION = re.compile(r"<([!@][^>]+)>")
_TOTAL = 13_200


class SlackHook(Platform):
    """Header 150, section 3,000, 50 blocks, 13,200 characters over all; about one a second."""

    def __init__(self, *, per_second: int = 1, **given: Any) -> None:
        super().__init__(per_second=per_second, **given)

    def take(self, call: Call) -> Reply:
        seen = checked(call.json())
        self.seen.append(seen)
        return Reply(200, b"ok")

    def busy(self) -> Reply:
        return Reply(429, b"rate_limited", {"Retry-After": "1"})

    def too_long(self) -> Reply:
        return Reply(400, b"msg_blocks_too_long")

    def gone(self) -> Reply:
        return Reply(404, b"no_service")

    def malformed(self, why: str) -> Reply:
        return Reply(400, b"invalid_payload")


class SlackApi(Platform):
    """`chat.postMessage` and `chat.update`; errors are HTTP 200 with `ok: false`."""

    def __init__(self, *, token: str, channel: str, per_second: int = 1, **given: Any) -> None:
        super().__init__(per_second=per_second, **given)
        self._token = token
        self._channel = channel

    def take(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {self._token}":
            raise Refused(_error("invalid_auth"))
        body = call.json()
        if body.get("channel") != self._channel:
            raise Refused(_error("channel_not_found"))
        method = call.path.rsplit("/", 1)[-1]
        seen = checked(body)
        if method == "chat.update":
            found = next((each for each in self.seen if each.ident == body["ts"]), None)
            if found is None:
                raise Refused(_error("message_not_found"))
            found.texts, found.raw = seen.texts, seen.raw
            return Reply.of({"ok": True, "channel": self._channel, "ts": found.ident})
        seen.thread = body.get("thread_ts", "")
        seen.broadcast = bool(seen.thread and body.get("reply_broadcast"))
        if seen.thread and all(each.ident != seen.thread for each in self.seen):
            raise Refused(_error("thread_not_found"))
        seen.ident = f"17000000{len(self.seen):02d}.000100"
        self.seen.append(seen)
        return Reply.of({"ok": True, "channel": self._channel, "ts": seen.ident, "message": {}})

    def busy(self) -> Reply:
        return Reply.of({"ok": False, "error": "ratelimited"}, 429, **{"Retry-After": "1"})

    def too_long(self) -> Reply:
        return _error("msg_blocks_too_long")

    def gone(self) -> Reply:
        return _error("is_archived")

    def malformed(self, why: str) -> Reply:
        return _error("invalid_blocks")


def _error(word: str) -> Reply:
    return Reply.of({"ok": False, "error": word})


def checked(body: dict[str, Any]) -> Seen:
    """The message, if its blocks keep to the limits. Raises `ValueError`."""
    blocks = list(body.get("blocks", ()))
    for attachment in body.get("attachments", ()):
        blocks += attachment.get("blocks", ())
    if not body.get("text") or len(blocks) > 50:
        raise ValueError("no text, or more than 50 blocks")
    total = 0
    for block in blocks:
        kind = block["type"]
        if kind == "header":
            texts, most = [block["text"]["text"]], 150
        elif kind == "section":
            texts, most = [block["text"]["text"]], 3000
        elif kind == "context":
            texts, most = [each["text"] for each in block["elements"]], 3000
        else:
            raise ValueError(f"unexpected block {kind}")
        if not all(0 < len(text) <= most for text in texts):
            raise ValueError(f"a text of a {kind} is empty or too long")
        total += sum(map(len, texts))
    if total > _TOTAL:
        raise ValueError("msg_blocks_too_long")
    texts = texts_in(body, "text")
    return Seen(texts, body, pinged=[each for text in texts for each in _MENTION.findall(text)])
