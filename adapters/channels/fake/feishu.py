"""A stand-in of a Feishu or Lark custom robot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kubetriage.adapters.channels.fake.platform import Call, Platform, Refused, Reply, Seen, texts_in
from kubetriage.adapters.channels.signing import feishu_sign

LARGEST = 20 * 1024
_HOUR = 3600
_AT = re.compile(r"<at\s+(?:id|user_id|email)\s*=\s*[\"']?([^\s\"'>]+)", re.IGNORECASE)

_KNOWN: Mapping[str, set[str]] = {
    "markdown": {"tag", "content", "text_size", "text_align", "element_id", "icon", "margin"},
    "plain_text": {"tag", "content", "text_size", "text_color", "text_align", "lines", "icon"},
    "collapsible_panel": {
        *("tag", "element_id", "expanded", "header", "border", "elements", "vertical_spacing"),
        *("padding", "margin", "background_color", "direction"),
    },
    "column_set": {"tag", "element_id", "flex_mode", "columns", "horizontal_spacing", "margin"},
    "column": {"tag", "element_id", "width", "weight", "elements", "vertical_align", "vertical_spacing"},
    "button": {"tag", "element_id", "type", "size", "text", "behaviors", "width", "icon", "disabled"},
    "hr": {"tag", "element_id", "margin"},
}
"""Attributes of JSON 2.0 by tag: any other is an error there."""
_CARD = {"schema", "config", "header", "body", "card_link"}
_CONFIG = {"update_multi", "summary", "enable_forward", "width_mode", "style", "locales", "streaming_mode"}
_HEADER = {"title", "subtitle", "template", "text_tag_list", "icon", "padding"}


class FeishuRobot(Platform):
    """Signature, keyword, 20 KB, 5 a second and 100 a minute, strict cards 2.0."""

    def __init__(
        self, *, secret: str = "", keyword: str = "", per_second: int = 5, per_minute: int = 100, **given: Any
    ) -> None:
        super().__init__(per_second=per_second, per_minute=per_minute, **given)
        self._secret = secret
        self._keyword = keyword

    def take(self, call: Call) -> Reply:
        if len(call.body) > LARGEST:
            raise Refused(self.too_long())
        body = call.json()
        if self._secret:
            self._check_sign(body)
        if body["msg_type"] != "interactive":
            raise Refused(_code(19002, "params error, msg_type need"))
        card = body["card"]
        if card.get("schema") == "2.0":
            _check_two(card)
        elif "body" in card or not isinstance(card.get("elements"), list):
            raise Refused(_code(11246, "card 1.0 has elements"))
        texts = texts_in(card, "content")
        if self._keyword and not any(self._keyword in text for text in texts):
            raise Refused(_code(19024, "Key Words Not Found"))
        pinged = [each for text in _markup(card) for each in _AT.findall(text)]
        self.seen.append(Seen(texts, body, pinged=pinged))
        return Reply.of(
            {"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"}
        )

    def _check_sign(self, body: dict[str, Any]) -> None:
        at = int(body.get("timestamp", 0))
        fresh = abs(self._clock() - at) <= _HOUR
        if not fresh or body.get("sign") != feishu_sign(self._secret, at):
            raise Refused(
                _code(19021, "sign match fail or timestamp is not within one hour from current time")
            )

    def busy(self) -> Reply:
        return _code(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")

    def too_long(self) -> Reply:
        return _code(9499, "Bad Request")

    def gone(self) -> Reply:
        return _code(19001, "param invalid: incoming webhook access token invalid")

    def malformed(self, why: str) -> Reply:
        return _code(9499, "Bad Request")


def _code(code: int, words: str) -> Reply:
    return Reply.of({"code": code, "msg": words, "data": {}})


def _markup(card: Any) -> list[str]:
    """Texts in which tags act: not those of plain text."""
    if isinstance(card, dict):
        if card.get("tag") == "plain_text":
            return []
        own = [card["content"]] if card.get("tag") in ("markdown", "lark_md") else []
        return own + [each for value in card.values() for each in _markup(value)]
    return [each for value in card for each in _markup(value)] if isinstance(card, list) else []


def _check_two(card: dict[str, Any]) -> None:
    for where, part, known in (
        ("card", card, _CARD),
        ("config", card.get("config", {}), _CONFIG),
        ("header", card.get("header", {}), _HEADER),
        ("body", card["body"], {"elements", "direction", "padding", "vertical_spacing"}),
    ):
        _check_names(where, part, known)
    for element in card["body"]["elements"]:
        _check_element(element)


def _check_element(element: Any) -> None:
    tag = element.get("tag", "")
    if tag not in _KNOWN:
        raise Refused(_code(11246, f"unsupported tag {tag} in JSON 2.0"))
    _check_names(tag, element, _KNOWN[tag])
    for inner in [*element.get("elements", ()), *element.get("columns", ())]:
        _check_element(inner)
    for behaviour in element.get("behaviors", ()):
        if behaviour.get("type") != "open_url":
            raise Refused(_code(11246, "custom bots have no callbacks"))


def _check_names(where: str, part: Mapping[str, Any], known: set[str]) -> None:
    unknown = set(part) - known
    if unknown:
        raise Refused(_code(11246, f"unknown property {sorted(unknown)[0]} of {where}"))
