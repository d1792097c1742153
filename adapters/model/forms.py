"""In which form an endpoint takes a request: what it refused is left out, and remembered.

A request starts in the form of its profile. Each 400 takes one thing away, the one that its words name, or
else the one that is refused most often of what was sent; what worked is remembered by address and model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kubetriage.adapters.model.profile import Method, ModelProfile, Spelling
from kubetriage.domain.language import Text, text


class Form(BaseModel):
    """What is sent of the things that not every endpoint takes."""

    model_config = ConfigDict(frozen=True)

    method: Method
    tools: bool
    """Tools as `tools`; else described in the prompt."""
    thinking: Literal["asked", "off", "unsent"] = "asked"
    """The thinking switch as the profile has it, off whatever the profile has, or not sent."""
    stream: bool = True
    usage_in_streams: bool = True
    max_tokens_field: str = "max_tokens"
    temperature: bool = True


def first_form(profile: ModelProfile) -> Form:
    """The form that a profile asks for."""
    return Form(
        method=profile.methods[0],
        tools=profile.native_tools,
        stream=profile.stream,
        max_tokens_field=profile.max_tokens_field,
        temperature=profile.temperature != "default",
    )


class Part(StrEnum):
    """A part of a request that an endpoint may refuse."""

    USAGE_IN_STREAMS = "usage in streams"
    MAX_TOKENS = "max_tokens"
    TEMPERATURE = "temperature"
    THINKING = "thinking"
    TOOLS = "tools"
    METHOD = "method"


_WORDS: tuple[tuple[Part, re.Pattern[str]], ...] = tuple(
    (part, re.compile(pattern, re.IGNORECASE))
    for part, pattern in (
        (Part.USAGE_IN_STREAMS, r"stream_options|include_usage"),
        (Part.MAX_TOKENS, r"max_completion_tokens"),
        (Part.TEMPERATURE, r"\btemperature\b"),
        (Part.THINKING, r"thinking|reasoning_effort|chat_template_kwargs"),
        (Part.METHOD, r"response_format|json_schema|json_object|json mode|structured|guided|grammar|schema"),
        (Part.TOOLS, r"tool|function.?call|functions?\b|--enable-auto"),
    )
)
"""Which part a refusal names; the first that was sent counts."""

_UNNAMED = (Part.TOOLS, Part.METHOD, Part.THINKING)
"""What is taken away, in this order, when a refusal names nothing."""


def step_down(
    form: Form, profile: ModelProfile, refusal: str, *, with_tools: bool
) -> tuple[Form, Text] | None:
    """The next form after a refusal, and a note of it; None if nothing is left to take away."""
    sent = set(_sent(form, profile, with_tools=with_tools))
    named = [part for part, pattern in _WORDS if part in sent and pattern.search(refusal)]
    for part in [*named, *(part for part in _UNNAMED if part in sent)]:
        return _without(part, form, profile, refusal)
    return None


def _sent(form: Form, profile: ModelProfile, *, with_tools: bool) -> Iterable[Part]:
    streamed = form.stream and not (with_tools and form.tools)
    if streamed and form.usage_in_streams:
        yield Part.USAGE_IN_STREAMS
    if form.max_tokens_field == "max_tokens":
        yield Part.MAX_TOKENS
    if form.temperature:
        yield Part.TEMPERATURE
    if profile.thinking_switch not in (Spelling.NONE, Spelling.NO_THINK) and form.thinking != "unsent":
        yield Part.THINKING
    if with_tools and form.tools:
        yield Part.TOOLS
    if next_method(form, profile) is not None:
        yield Part.METHOD


def next_method(form: Form, profile: ModelProfile) -> Method | None:
    """The profile's method after this one; words alone are the last resort of every profile."""
    if form.method is Method.PROMPT:
        return None
    if form.method not in profile.methods:  # found out by a probe
        return profile.methods[0]
    later = profile.methods[profile.methods.index(form.method) + 1 :]
    return later[0] if later else Method.PROMPT


def _without(part: Part, form: Form, profile: ModelProfile, refusal: str) -> tuple[Form, Text]:
    changed: dict[str, object]
    match part:
        case Part.USAGE_IN_STREAMS:
            changed, en, zh = {"usage_in_streams": False}, "usage in streams", "流式响应中的用量统计"
        case Part.MAX_TOKENS:
            changed, en, zh = {"max_tokens_field": "max_completion_tokens"}, "max_tokens", "max_tokens"
        case Part.TEMPERATURE:
            changed, en, zh = {"temperature": False}, "a temperature", "temperature 参数"
        case Part.THINKING:
            # DashScope: "must be set to false for non-streaming calls".
            off = (
                form.thinking == "asked" and profile.thinking and re.search(r"set to false|disable", refusal)
            )
            changed, en, zh = {"thinking": "off" if off else "unsent"}, "the thinking switch", "思考开关"
        case Part.TOOLS:
            changed, en, zh = {"tools": False}, "tools", "工具调用"
        case Part.METHOD:
            method = next_method(form, profile) or Method.PROMPT
            changed, en, zh = {"method": method}, form.method.value, form.method.value
    note = text(
        "{profile} does not take {what}; it was asked without.",
        "{profile} 不支持{what}，已改用不带该项的方式提问。",
        profile=profile.name, what="{what}",
    )  # fmt: skip
    note = Text(en=note.en.replace("{what}", en), zh=note.zh.replace("{what}", zh))
    return form.model_copy(update=changed), note
