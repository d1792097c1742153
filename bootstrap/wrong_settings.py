"""What is wrong with a setting, in plain words: where it stands in the file, and what it has to be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_PLAINLY: Mapping[str, str] = {
    "missing": "is not set, and has to be",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "string_type": "must be a text",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "too_long": "has too many entries",
}
"""pydantic's kinds of errors, in the words of somebody who writes a file of settings."""

_PLACE = re.compile(r"[a-z_]+[.\[]")


def place_of(steps: Sequence[Any]) -> str:
    """As in the file, `routes[2].hours[1]`: counted from 1, and a channel's table without its type."""
    shown = [*steps[:2], *steps[3:]] if steps[:1] == ("channels",) else steps
    place = ""
    for step in shown:
        place += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if place else str(step)
    return place


def plainly(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors as the end of a sentence that begins with the setting's place."""
    words = _PLAINLY.get(error["type"])
    if words is None:
        return str(error["msg"]).removeprefix("Value error, ")
    return words.format_map(error.get("ctx", {}))


def placed(place: str, words: str) -> str:
    """`place: words`; words that begin with a place of their own stay as they are."""
    if place:
        return f"{place}: {words}"
    return words if _PLACE.match(words) else f"the settings: {words}"
