"""Keeping the key out of everything that is said about a call."""

from __future__ import annotations

from typing import TypeVar

import openai

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
