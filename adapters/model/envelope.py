"""What servers put around an answer, brought into the one form that LangChain's client reads.

Each oddity here was seen from a server that calls itself compatible: no choices, null choices, an error in a
200, arguments as objects or encoded twice, ids missing or repeated, usage in every chunk, no finish_reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from kubetriage.adapters.model.arguments import arguments_text
from kubetriage.domain.errors import ModelUnavailable

INTERRUPTED = {"abort", "aborted", "error", "insufficient_system_resource", "server_error"}
"""Reasons that say that the server gave up (vLLM, SGLang, DeepSeek)."""

MOST_TOKENS = 1_000_000_000
"""A count above that is none; it would not fit into the ledger either."""


class ErrorInAnswer(ModelUnavailable):
    """A 200, or an event of a stream, whose content is an error."""

    def __init__(self, text: str, code: int | None) -> None:
        super().__init__(f"The endpoint answered with an error in place of a completion: {text}")
        self.text = text
        self.code = code


def checked_completion(response: Any) -> dict[str, Any]:
    """A completion that can be relied on; raises `ModelUnavailable` for anything else."""
    if not isinstance(response, Mapping):
        raise ModelUnavailable(
            "The endpoint's answer is no completion: it is not a JSON object (a web page?)."
        )
    if response.get("error"):
        raise error_of(response["error"])
    choices = response.get("choices")
    if not isinstance(choices, list) or not choices:
        raise ModelUnavailable("The endpoint's answer has no choices.")
    made = [_choice(choice) for choice in choices]
    if made[0]["finish_reason"] in INTERRUPTED:
        raise ModelUnavailable(f"The endpoint broke the answer off ({made[0]['finish_reason']}).")
    return {**response, "choices": made, "usage": usage_of(response.get("usage"))}


def error_of(error: Any) -> ErrorInAnswer:
    """The error that a body carries, in whichever form."""
    if not isinstance(error, Mapping):
        return ErrorInAnswer(str(error), None)
    code = str(error.get("code") or error.get("status") or error.get("status_code") or "")
    text = str(error.get("message") or error.get("msg") or json.dumps(dict(error), default=str))
    return ErrorInAnswer(text, int(code) if code.isdecimal() and 400 <= int(code) < 600 else None)


def _choice(choice: Any) -> dict[str, Any]:
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(message, Mapping):
        raise ModelUnavailable("The endpoint's answer has a choice without a message.")
    reason = choice.get("finish_reason")
    if not reason:
        raise ModelUnavailable("The endpoint's answer has no finish_reason: it may have been cut off.")
    whole = reason != "length"
    made = {
        **message,
        "role": "assistant",
        "content": text_of(message.get("content")),
        "tool_calls": calls_of(message, whole=whole) or None,
        "reasoning_content": reasoning_of(message),
        "function_call": None,
    }
    return {**choice, "message": made, "finish_reason": str(reason)}


def text_of(content: Any) -> str:
    """The text of a content: a string, null, or a list of parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text", "") if isinstance(part, Mapping) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return json.dumps(content, ensure_ascii=False)


def reasoning_of(message: Mapping[str, Any]) -> str:
    """`reasoning_content`, or `reasoning` as OpenRouter, Ollama and newer vLLM spell it."""
    for key in ("reasoning_content", "reasoning"):
        if isinstance(message.get(key), str) and message[key]:
            return str(message[key])
    return ""


def calls_of(message: Mapping[str, Any], *, whole: bool) -> list[dict[str, Any]]:
    """The tool calls of a message, each with an id of its own and arguments as JSON text."""
    raw = message.get("tool_calls")
    entries = list(raw) if isinstance(raw, list) else []
    if not entries and isinstance(message.get("function_call"), Mapping):
        entries = [{"function": message["function_call"]}]
    made: list[dict[str, Any]] = []
    for entry in entries:
        function = entry.get("function") if isinstance(entry, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            continue
        arguments = arguments_text(function.get("arguments"), whole=whole)
        call = {"name": function["name"].strip(), "arguments": arguments}
        taken = {each["id"] for each in made}
        made.append({"id": fresh_id(entry.get("id"), taken), "type": "function", "function": call})
    return made


def fresh_id(given: Any, taken: Iterable[str]) -> str:
    """The id that a server gave, unless it is missing or used already."""
    return given if isinstance(given, str) and given and given not in taken else f"call_{uuid4().hex[:20]}"


def usage_of(usage: Any) -> dict[str, Any] | None:
    """OpenAI's form of a usage, or None; cached tokens are also read as DeepSeek spells them."""
    if not isinstance(usage, Mapping):
        return None
    prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    details = usage.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, Mapping) else 0
    cached = cached or _count(usage.get("prompt_cache_hit_tokens")) or _count(usage.get("cached_tokens"))
    made = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return {**made, "prompt_tokens_details": {"cached_tokens": min(cached, prompt)}}


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value <= MOST_TOKENS else 0
