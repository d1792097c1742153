"""Stand-ins of WeCom's and DingTalk's robots."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from kubetriage.adapters.channels.fake.platform import Call, Platform, Refused, Reply, Seen
from kubetriage.adapters.channels.signing import dingtalk_sign

_WECOM_AT = re.compile(r"<@([^>]+)>")
_HOUR_MS = 3_600_000


class WeComRobot(Platform):
    """4,096 bytes of Markdown, 20 a minute."""

    def __init__(self, *, key: str = "", per_minute: int = 20, **given: Any) -> None:
        super().__init__(per_minute=per_minute, **given)
        self._key = key

    def take(self, call: Call) -> Reply:
        if self._key and call.query.get("key") != self._key:
            raise Refused(self.gone())
        body = call.json()
        kind = body["msgtype"]
        if kind not in ("markdown", "markdown_v2", "text"):
            raise Refused(_errcode(40008, "invalid message type"))
        content = body[kind]["content"]
        if len(content.encode()) > (2048 if kind == "text" else 4096):
            raise Refused(self.too_long())
        if not content.strip():
            raise Refused(_errcode(44004, "empty content"))
        pinged = list(body[kind].get("mentioned_list", ()))
        if kind == "markdown":
            pinged += _WECOM_AT.findall(content)
        self.seen.append(Seen([content], body, pinged=pinged))
        return _errcode(0, "ok")

    def busy(self) -> Reply:
        return _errcode(45009, "api freq out of limit")

    def too_long(self) -> Reply:
        return _errcode(40058, "markdown.content exceed max length 4096")

    def gone(self) -> Reply:
        return _errcode(93000, "invalid webhook url")

    def malformed(self, why: str) -> Reply:
        return _errcode(47001, f"data format error: {why}")


class DingTalkRobot(Platform):
    """Signature in the address, keyword, 20,000 bytes, 20 a minute."""

    def __init__(self, *, secret: str = "", keyword: str = "", per_minute: int = 20, **given: Any) -> None:
        super().__init__(per_minute=per_minute, **given)
        self._secret = secret
        self._keyword = keyword

    def take(self, call: Call) -> Reply:
        if self._secret:
            self._check_sign(call)
        if len(call.body) > 20_000:
            raise Refused(self.too_long())
        body = call.json()
        if body["msgtype"] != "markdown":
            raise Refused(_errcode(40035, "unsupported msgtype"))
        title, text = body["markdown"]["title"], body["markdown"]["text"]
        if self._keyword and self._keyword not in title + text:
            raise Refused(_errcode(310000, "description:关键词不匹配;solution:请检查内容中是否包含关键词"))
        at = body.get("at", {})
        pinged = ["all"] if at.get("isAtAll") else []
        pinged += [each for each in at.get("atMobiles", ()) if f"@{each}" in text]
        self.seen.append(Seen([title, text], body, pinged=pinged))
        return _errcode(0, "ok")

    def _check_sign(self, call: Call) -> None:
        at = int(call.query.get("timestamp", "0"))
        fresh = abs(self._clock() * 1000 - at) <= _HOUR_MS
        given = call.query.get("sign", "")
        if unquote(given) != given:
            raise Refused(_errcode(310000, "sign not match: encoded twice"))
        if not fresh or given != dingtalk_sign(self._secret, at):
            raise Refused(_errcode(310000, "sign not match, more: [https://ding-doc.dingtalk.com/doc]"))

    def busy(self) -> Reply:
        return _errcode(130101, "send too fast")

    def too_long(self) -> Reply:
        return _errcode(460101, "message too long")

    def gone(self) -> Reply:
        return _errcode(300005, "token is not exist")

    def malformed(self, why: str) -> Reply:
        return _errcode(43004, f"bad body: {why}")


def _errcode(code: int, words: str) -> Reply:
    return Reply.of({"errcode": code, "errmsg": words})
