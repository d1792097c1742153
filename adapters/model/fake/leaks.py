"""Tool calls written into the text, in the formats of the model families.

A server turns these texts into `tool_calls`; one without the right parser lets them through. The formats
are the chat templates' own, as the tool parsers of vLLM and SGLang read them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubetriage.adapters.model.fake.leak_formats import FORMATS, LeakFormat
from kubetriage.domain.errors import BadSettings


@dataclass(frozen=True)
class LeakedCall:
    name: str
    arguments: Mapping[str, Any]


def leak_format(name: str) -> LeakFormat:
    """The format of that name; raises `BadSettings` that lists the names there are."""
    if name not in FORMATS:
        raise BadSettings(f"There is no leak format {name!r}; known are {', '.join(sorted(FORMATS))}.")
    return FORMATS[name]


def leaked(calls: Sequence[LeakedCall], name: str, *, strip_special: bool = False) -> str:
    """The calls as text of that format; with `strip_special` as servers that skip special tokens leave it."""
    form = leak_format(name)
    text = form.begin + form.between.join(_call(form, call, i) for i, call in enumerate(calls)) + form.end
    if strip_special:
        for token in form.special:
            text = text.replace(token, "")
    return text


def _call(form: LeakFormat, call: LeakedCall, index: int) -> str:
    name = call.name
    filled = form.call if call.arguments or form.bare is None else form.bare
    arguments = _arguments(form, call.arguments) if "{args}" in filled else ""
    # The arguments last: their values may hold what looks like a place to fill.
    for place, value in (("{index}", str(index)), ("{number}", str(index + 1)), ("{name}", name)):
        filled = filled.replace(place, value)
    return filled.replace("{args}", arguments)


def _arguments(form: LeakFormat, arguments: Mapping[str, Any]) -> str:
    if form.args == "tags":
        return form.tag_between.join(_tag(form, key, value) for key, value in arguments.items())
    if form.args == "python":
        return ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    text = json.dumps(arguments, ensure_ascii=False, indent=2 if form.args == "pretty" else None)
    return json.dumps(text, ensure_ascii=False) if form.args == "string" else text


def _tag(form: LeakFormat, key: str, value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    kind = _kind(value)
    filled = form.tag
    for place, put in (
        ("{string}", "true" if kind == "string" else "false"),
        ("{type}", kind),
        ("{key}", key),
    ):
        filled = filled.replace(place, put)
    return filled.replace("{value}", text)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")
