"""Requests to a model: which are the same, and how a new one differs from those that were recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from kubetriage.domain.errors import BadInput
from kubetriage.domain.redaction import redact_object

JSON = Any
FORM: Final = (
    "response_format",
    "tool_choice",
    "stream",
    "temperature",
    "max_tokens",
    "max_completion_tokens",
)
"""Fields that tell how something is asked, besides the switches of providers; not what is asked."""
_SHOWN: Final = 60
"""Characters of a difference that a sentence quotes on each side."""


class Question(NamedTuple):
    """A request without what is secret or by chance in it."""

    model: str
    """The profile's name."""
    cell: str
    """The cell that asks; empty outside of cells."""
    asked: Mapping[str, JSON]
    """The body, redacted, its call ids numbered."""

    @property
    def key(self) -> str:
        """Equal for the same question."""
        return digest([self.model, self.asked])

    @property
    def form(self) -> str:
        """Equal for questions that are asked in the same way."""
        how = {name: self.asked.get(name) for name in FORM}
        others = sorted(set(self.asked) - {"messages", "tools", *FORM})
        kind = how["response_format"]
        how["response_format"] = kind.get("type") if isinstance(kind, Mapping) else kind
        rest = [how, {name: self.asked[name] for name in others}, bool(self.asked.get("tools"))]
        return digest([self.model, rest])


def read_question(model: str, cell: str, body: bytes) -> Question:
    """The question in a request's body. Raises `BadInput` for one that is no JSON object."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"A request is not JSON: {error}.") from error
    if not isinstance(given, dict):
        raise BadInput("A request is not a JSON object.")
    return Question(model, cell, redact_object(_numbered(given)))


def _numbered(body: dict[str, JSON]) -> dict[str, JSON]:
    """Ids of calls are drawn by chance where a server gives none: only their order counts."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        return body
    places: dict[str, str] = {}

    def named(id_: JSON) -> JSON:
        return places.setdefault(id_, f"call-{len(places) + 1}") if isinstance(id_, str) else id_

    made = []
    for message in messages:
        if isinstance(message, dict):
            message = dict(message)
            if isinstance(calls := message.get("tool_calls"), list):
                message["tool_calls"] = [
                    {**call, "id": named(call.get("id"))} if isinstance(call, dict) else call
                    for call in calls
                ]
            if "tool_call_id" in message:
                message["tool_call_id"] = named(message["tool_call_id"])
        made.append(message)
    return {**body, "messages": made}


def digest(value: JSON) -> str:
    """32 hexadecimal digits, equal for equal JSON."""
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def difference(asked: Mapping[str, JSON], recorded: Mapping[str, JSON]) -> str:
    """Where two requests first differ, and how, in words for a person."""
    for name in sorted(asked.keys() | recorded.keys(), key=lambda each: (each == "messages", each)):
        one, other = asked.get(name), recorded.get(name)
        if one == other:
            continue
        if name == "messages" and isinstance(one, list) and isinstance(other, list):
            return _message_difference(one, other)
        return f"{name} is {_short(one)} and was {_short(other)}"
    return "nothing"


def _message_difference(asked: Sequence[JSON], recorded: Sequence[JSON]) -> str:
    for place, (one, other) in enumerate(zip(asked, recorded, strict=False)):
        if one == other:
            continue
        first, second = _plain(one), _plain(other)
        at = next(
            (n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
            min(len(first), len(second)),
        )
        return f"messages[{place}] has {_around(first, at)} where {_around(second, at)} was"
    return f"there are {len(asked)} messages and were {len(recorded)}"


def same_start(asked: Mapping[str, JSON], recorded: Mapping[str, JSON]) -> int:
    """How many messages two requests begin with alike, for finding the nearest one."""
    count = 0
    for one, other in zip(asked.get("messages") or (), recorded.get("messages") or (), strict=False):
        if one != other:
            break
        count += 1
    return count


def _plain(value: JSON) -> str:
    if isinstance(value, Mapping) and isinstance(value.get("content"), str) and len(value) == 2:
        return str(value["content"])
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _around(said: str, at: int) -> str:
    return _short(said[max(0, at - 20) : at + _SHOWN])


def _short(value: JSON) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 2 * _SHOWN else f"{shown[: 2 * _SHOWN]}…"
