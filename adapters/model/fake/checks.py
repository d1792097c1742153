"""The checks that providers make before a model sees a request; each failure is their 400."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kubetriage.adapters.model.fake.request import content_text

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
KNOWN = {
    *("audio", "chat_template_kwargs", "enable_thinking", "extra_body"),
    *("frequency_penalty", "function_call", "functions", "guided_choice", "guided_json"),
    *("guided_regex", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens"),
    *("messages", "metadata", "min_p", "model", "modalities", "n", "parallel_tool_calls"),
    *("prediction", "presence_penalty", "reasoning", "reasoning_effort"),
    *("repetition_penalty", "response_format", "seed", "service_tier", "stop", "store", "stream"),
    *("stream_options", "temperature", "thinking", "thinking_budget", "tool_choice", "tools"),
    *("top_k", "top_logprobs", "top_p", "user", "verbosity", "web_search_options"),
}
"""Parameters that some OpenAI-compatible server understands."""


def unknown_parameters(body: Mapping[str, Any]) -> list[str]:
    return sorted(set(body) - KNOWN)


def request_problem(body: object) -> str:
    """What is wrong with a request, in one sentence of its provider; empty if nothing is."""
    if not isinstance(body, dict):
        return "The body of the request is not a JSON object."
    if not isinstance(body.get("model"), str) or not body["model"]:
        return "you must provide a model parameter"
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "'messages' must be an array with at least one message."
    if not all(isinstance(message, dict) for message in messages):
        return "Every item of 'messages' must be an object."
    return (
        _fields_problem(body)
        or next((p for i, m in enumerate(messages) if (p := _message_problem(m, i))), "")
        or _pairing_problem(messages)
        or _json_word_problem(body, messages)
    )


def _fields_problem(body: Mapping[str, Any]) -> str:
    tools = body.get("tools")
    if tools is not None:
        well_formed = isinstance(tools, list) and all(
            isinstance(tool, dict) and isinstance((tool.get("function") or {}).get("name"), str)
            for tool in tools
        )
        if not well_formed or not tools:
            return "'tools' must be an array with at least one function that has a name."
        names = [tool["function"]["name"] for tool in tools]
        if len(names) != len(set(names)):
            return "'tools' has the same name twice."
    elif body.get("tool_choice") not in (None, "none", "auto"):
        return "'tool_choice' is only allowed when 'tools' are specified."
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        wanted = (choice.get("function") or {}).get("name")
        if wanted not in [tool["function"]["name"] for tool in tools or ()]:
            return f"Tool choice 'function' name {wanted!r} was not found in 'tools'."
    form = body.get("response_format")
    if form is not None and (
        not isinstance(form, dict) or form.get("type") not in ("text", "json_object", "json_schema")
    ):
        return "'response_format.type' must be one of text, json_object, json_schema."
    if isinstance(form, dict) and form["type"] == "json_schema":
        schema = form.get("json_schema")
        if not isinstance(schema, dict) or not schema.get("name"):
            return "Missing required parameter: 'response_format.json_schema.name'."
    return ""


def _message_problem(message: Mapping[str, Any], index: int) -> str:
    role, place = message.get("role"), f"messages[{index}]"
    if role not in ROLES:
        return f"Invalid value: {role!r}. Supported values for {place}.role are {', '.join(ROLES)}."
    calls = message.get("tool_calls")
    if calls is not None and role != "assistant":
        return f"{place}: only messages of the assistant have 'tool_calls'."
    for call in calls or ():
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not call.get("id") or not function.get("name"):
            return f"{place}: every tool call needs an 'id' and a function with a 'name'."
        if not isinstance(function.get("arguments"), str):
            return f"Invalid type for '{place}.tool_calls.function.arguments': expected a string."
    content = message.get("content")
    if content is not None and not isinstance(content, str | list):
        return f"Invalid type for '{place}.content': expected a string or an array."
    if role == "assistant" and not calls and not content_text(content).strip() and not message.get("refusal"):
        return f"{place}: a message of the assistant must have content or 'tool_calls'."
    if role != "assistant" and content is None:
        return f"Invalid value for '{place}.content': expected a string, got null."
    return ""


def _pairing_problem(messages: Sequence[Mapping[str, Any]]) -> str:
    """Every call is answered right after its turn, once, and nothing else is."""
    waiting: list[str] = []
    seen: set[str] = set()
    for message in messages:
        if message.get("role") == "tool":
            answered = str(message.get("tool_call_id") or "")
            if answered not in waiting:
                return (
                    "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                )
            waiting.remove(answered)
            continue
        if waiting:
            break
        ids = [call["id"] for call in message.get("tool_calls") or ()]
        if len(ids) != len(set(ids)) or seen & set(ids):
            return "Duplicate value for 'tool_call_id'."
        seen |= set(ids)
        waiting = ids
    if waiting:
        return (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. The following tool_call_ids did not have response messages: "
            + ", ".join(waiting)
        )
    return ""


def _json_word_problem(body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> str:
    wants_json = (body.get("response_format") or {}).get("type") == "json_object"
    if wants_json and not any("json" in content_text(m.get("content")).lower() for m in messages):
        needed = "to use 'response_format' of type 'json_object'"
        return f"'messages' must contain the word 'json' in some form, {needed}."
    return ""
