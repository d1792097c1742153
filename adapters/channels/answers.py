"""HTTP answers, and what those mean that every platform means alike."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from kubetriage.domain.messages.delivery import Delivery, dead, retry, shrink, unknown
from kubetriage.domain.rendering.visible import clip, one_line

LONGEST_WAIT = 3600.0
"""Seconds: a far side that asks for more is asked again after this."""


_NUMBER = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def words(self) -> str:
        """The body's beginning as one visible line."""
        return clip(one_line(self.body[:2000].decode("utf-8", "replace")), 200)

    def json(self) -> dict[str, Any] | None:
        """The body's object, None if it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


def of_status(answer: Answer) -> Delivery | None:
    """What an HTTP status says by itself; None for 2xx, whose body has to be read."""
    status, code = answer.status, f"HTTP {answer.status}"
    if 200 <= status < 300:
        return None
    if status == 413:
        return shrink("The message was refused as too large.", code=code)
    if status == 504:
        return unknown("A gateway gave up waiting: the message may have been taken.", code=code)
    if status in (408, 425, 429) or status >= 500:
        said = "The far side takes no more for now" if status == 429 else "The far side failed"
        return retry(f"{said}{_quoted(answer)}.", code=code, after=wait_of(answer.headers))
    if 300 <= status < 400:
        return dead("The address answers with a redirect, which is not followed.", code=code)
    return dead(f"The far side refused the message{_quoted(answer)}.", code=code)


def _quoted(answer: Answer) -> str:
    return f": {answer.words}" if answer.words else ""


def wait_of(headers: Mapping[str, str], name: str = "retry-after") -> float | None:
    """Seconds of a `Retry-After` header, in either of its forms."""
    given = headers.get(name, "").strip()
    if not given:
        return None
    try:
        seconds = float(given)
    except ValueError:
        try:
            at = parsedate_to_datetime(given)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT) if seconds == seconds else None


def number_of(body: Mapping[str, Any], *names: str) -> int | None:
    """The first of the fields that is there, as a number."""
    for name in names:
        value = body.get(name)
        if isinstance(value, int):
            return value
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            return int(value)
    return None


def coded(answer: Answer, *names: str) -> tuple[int, dict[str, Any]] | Delivery:
    """A robot's code and the object that it stands in; `unknown` for an answer that has none."""
    body = answer.json()
    code = number_of(body, *names) if body is not None else None
    if body is None or code is None:
        return unknown(f"The answer is not a robot's: {answer.words}", code=f"HTTP {answer.status}")
    return code, body


def said_in(body: Mapping[str, Any], *names: str) -> str:
    """What the far side says, on one line."""
    return clip(one_line(next((str(body[name]) for name in names if body.get(name)), "")), 200)
