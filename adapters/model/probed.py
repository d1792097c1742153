"""Raw answers of an endpoint under probe, and what was made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from kubetriage.adapters.model.envelope import reasoning_of, text_of, usage_of
from kubetriage.adapters.model.forms import Form
from kubetriage.adapters.model.ledger import Used
from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.adapters.model.tool_calls import split_reasoning

MOST_TOKENS = Used(1_500, 0, 3_500)
"""What a probe is reckoned to take at most, of a model that thinks before each answer."""


class Check(NamedTuple):
    """One thing that was tried."""

    name: str
    good: bool | None
    """None where it is neither."""
    said: str


class Probed(NamedTuple):
    """What was found out."""

    profile: ModelProfile
    form: Form
    """The form that later runs begin with."""
    checks: tuple[Check, ...]
    used: Used = Used(0, 0, 0)
    """Of all its requests, as far as the endpoint says."""

    def findings(self) -> dict[str, Any]:
        """For the file that it is written down in."""
        return {check.name: {"good": check.good, "said": check.said} for check in self.checks}


class RawAnswer(NamedTuple):
    """One answer as it came."""

    status: int
    body: Any
    words: str
    """What the server says of an error."""

    @property
    def message(self) -> Mapping[str, Any]:
        choices = self.body.get("choices") if isinstance(self.body, dict) else None
        first = choices[0] if isinstance(choices, list) and choices else None
        message = first.get("message") if isinstance(first, dict) else None
        return message if isinstance(message, dict) else {}

    @property
    def text(self) -> str:
        return split_reasoning(text_of(self.message.get("content")), reasoning_of(self.message))[0].strip()

    @property
    def reasoning(self) -> str:
        return split_reasoning(text_of(self.message.get("content")), reasoning_of(self.message))[1].strip()

    @property
    def usage(self) -> dict[str, Any]:
        usage: dict[str, Any] | None = (
            usage_of(self.body.get("usage")) if isinstance(self.body, dict) else None
        )
        return usage or {}


def loaded(text: str) -> Any:
    """JSON, or None."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def event_of(line: str) -> tuple[str, dict[str, Any] | None]:
    """What an event of a stream adds to the text, and the usage in it."""
    if not line.startswith("data:"):
        return "", None
    body = loaded(line.removeprefix("data:").strip())
    if not isinstance(body, dict):
        return "", None
    choices = body.get("choices")
    delta = choices[0].get("delta") if isinstance(choices, list) and choices else None
    piece = text_of(delta.get("content")) + reasoning_of(delta) if isinstance(delta, dict) else ""
    return piece, usage_of(body.get("usage"))
