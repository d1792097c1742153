"""A question as the request that an endpoint takes."""

from __future__ import annotations

from typing import Any, NamedTuple

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from kubetriage.adapters.model.forms import Form
from kubetriage.adapters.model.profile import Method, ModelProfile, Spelling
from kubetriage.adapters.model.schemas import (
    is_shown,
    openai_tool,
    response_format,
    schema_words,
    tool_words,
)
from kubetriage.adapters.model.tokens import estimated_tokens
from kubetriage.domain.model import Question

LEAST_OUTPUT = 256
"""Tokens that are asked for however little room the prompt leaves."""


class Request(NamedTuple):
    """What is sent."""

    messages: list[BaseMessage]
    options: dict[str, Any]
    """Beside the messages, as the chat model takes it."""
    prompt_tokens: int
    """Reckoned."""
    output_tokens: int
    """Asked for at most."""


def request_of(question: Question, profile: ModelProfile, form: Form) -> Request:
    """The request in one form. What the form cannot carry goes to the end of the prompt, so that its
    beginning stays the same for a provider's cache."""
    tools = question.tools if form.tools else ()
    user = "\n\n".join([*question.user, *_words(question, profile, form)])
    messages = [SystemMessage(question.system), HumanMessage(user)]
    offered = [openai_tool(each.name, each.description, each.parameters) for each in tools]
    extra = (
        {} if form.thinking == "unsent" else profile.switched(profile.thinking and form.thinking == "asked")
    )
    options: dict[str, Any] = {}
    if form.method is Method.FUNCTION_CALLING:
        offered.append(openai_tool(question.answer_name, "Give the answer.", question.answer_schema))
        named = {"type": "function", "function": {"name": question.answer_name}}
        options["tool_choice"] = "required" if tools else named
    if wanted := response_format(form.method, question.answer_name, question.answer_schema):
        extra["response_format"] = wanted
    if offered:
        options["tools"] = offered
    elif form.stream:
        options |= {"stream": True, "stream_usage": form.usage_in_streams}
    shown = sum(estimated_tokens(message.text) + 4 for message in messages)
    shown += sum(estimated_tokens(str(each)) for each in offered)
    if extra.get("response_format", {}).get("type") == "json_schema":
        shown += estimated_tokens(str(question.answer_schema))  # servers put it into the prompt
    output = max(LEAST_OUTPUT, min(profile.output_tokens, profile.context_tokens - shown))
    options[form.max_tokens_field] = output
    if form.temperature and profile.temperature != "default":
        options["temperature"] = profile.temperature
    if extra:
        options["extra_body"] = extra
    return Request(messages, options, shown, output)


def _words(question: Question, profile: ModelProfile, form: Form) -> list[str]:
    """What has to be said in words."""
    words = []
    prompt = "\n".join((question.system, *question.user))
    if form.method in (Method.JSON_OBJECT, Method.PROMPT):
        if not is_shown(question.answer_schema, prompt):
            words.append(schema_words(question.answer_schema))
        elif "json" not in prompt.lower():  # DeepSeek and OpenAI refuse json_object without the word
            words.append("Answer with one JSON object and nothing else.")
    if question.tools and not form.tools:
        words.append(tool_words([(each.name, each.description, each.parameters) for each in question.tools]))
    if profile.thinking_switch is Spelling.NO_THINK and not profile.thinking:
        words.append("/no_think")
    return words
