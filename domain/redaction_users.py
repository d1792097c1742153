"""Passwords in the user part of addresses: `scheme://user:password@host`, `user:password@tcp(host)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kubetriage.domain.redaction_names import looks_random, ordinary_value
from kubetriage.domain.redaction_patterns import MARK

Span = tuple[int, int]

_USERINFO: Final = re.compile(r"://(?:(?P<alone>[\w-]{20,}+)@|[^\s/:@\"'<>]*+:(?P<rest>[^\s\"'<>]{0,500}+))")


def _userinfo(text: str, at: int) -> Span | None:
    """The password of `scheme://user:password@host`; a token that stands alone before the @."""
    found = _USERINFO.match(text, at)
    if found is None:
        return None
    if alone := found["alone"]:
        return found.span("alone") if looks_random(alone) else None
    rest = found["rest"]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    end = authority.rfind("@")
    if end < 0 and not authority.isdigit():
        end = rest.find("@")  # a password with an unescaped slash
    first = found.start("rest")
    return (first, first + end) if end > 0 and not _said(rest[:end]) else None


_WORD_END: Final = re.compile(r"[^\s\"'=(]*+")


def before_protocol(text: str, at: int) -> Span | None:
    """The password of `user:password@tcp(host)`, as Go's MySQL driver writes it."""
    first = _WORD_END.match(text[at - 280 : at][::-1] if at >= 280 else text[:at][::-1])
    user, colon, secret = (first[0][::-1] if first else "").partition(":")
    if not user or not colon or "/" in user or not secret or _said(secret):
        return None
    return (at - len(secret), at)


def _said(value: str) -> bool:
    return value.startswith(MARK) or ordinary_value(value)


def users(text: str) -> Iterator[Span]:
    """Secrets in the user part of addresses."""
    start = text.find("://")
    at = text.find("@", start) if start >= 0 else -1
    while start >= 0 <= at:
        if at < start:
            at = text.find("@", start)
            continue
        span = _userinfo(text, start) if at < start + 1000 else None
        if span:
            yield span
        start = text.find("://", span[1] if span else start + 3)
