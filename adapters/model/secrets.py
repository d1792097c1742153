"""Keeping the key, and what else is secret, out of what a call brings and of what is said about it."""

from __future__ import annotations

from typing import Any, TypeVar

import openai

from kubetriage.domain.model import Completion
from kubetriage.domain.redaction import redact_object

HIDDEN = "[key]"
Error = TypeVar("Error", bound=openai.APIError)


def without_key(error: Error, key: str) -> Error:
    """The error with the key taken out of its words; servers quote the request's headers in them."""
    if len(key) < 6 or (key not in str(error) and key not in str(error.body)):
        return error
    error.message = hidden(error.message, key)
    error.body = None
    error.args = tuple(hidden(each, key) if isinstance(each, str) else each for each in error.args)
    return error


def hidden(text: str, key: str) -> str:
    """A text without the key; keys too short to be any are left alone."""
    return text.replace(key, HIDDEN) if len(key) >= 6 else text


def masked(completion: Completion, key: str) -> Completion:
    """A completion with the key and all that looks like a secret masked.

    Prompts hold none, but a model can make one up or know one, and a gateway may quote the request's headers;
    what comes back goes into checkpoints, the cache, the next prompt and the report.
    """
    parts = {"answer", "calls", "text", "reasoning", "problem", "unknown_tools"}
    said = completion.model_dump(mode="json", include=parts)
    shown = redact_object(hidden_in(said, key))
    return completion if shown == said else Completion.model_validate(completion.model_dump() | shown)


def hidden_in(value: Any, key: str) -> Any:
    """JSON without the key in any of its texts."""
    if isinstance(value, str):
        return hidden(value, key)
    if isinstance(value, dict):
        return {hidden(name, key): hidden_in(part, key) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [hidden_in(part, key) for part in value]
    return value
