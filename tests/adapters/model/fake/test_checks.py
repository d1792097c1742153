"""Requests that a provider would refuse are refused with its 400, before any rule is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kubetriage.adapters.model.fake import ScriptedServer

Serve = Callable[..., ScriptedServer]
Post = Callable[..., httpx.Response]

USER = {"role": "user", "content": "Hello"}


def call(call_id: str = "c1", arguments: Any = "{}") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "look", "arguments": arguments}}


def assistant(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(calls)}


def result(call_id: str = "c1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": "Running"}


TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}

GOOD: list[dict[str, Any]] = [
    {"messages": [USER, assistant(call()), result()]},
    {"messages": [USER, assistant(call("a"), call("b")), result("b"), result("a"), USER]},
    {"messages": [{"role": "system", "content": [{"type": "text", "text": "Be brief."}]}, USER]},
    {"messages": [USER, {"role": "assistant", "content": "Hi"}, USER]},
    {"messages": [{"role": "user", "content": "as JSON"}], "response_format": {"type": "json_object"}},
    {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "look"}}},
    {"response_format": {"type": "text"}, "tool_choice": "none"},
]

BAD: list[tuple[dict[str, Any], str]] = [
    ({"messages": [USER, assistant(call())]}, "c1"),
    ({"messages": [USER, assistant(call()), USER]}, "did not have response messages"),
    ({"messages": [USER, assistant(call("a"), call("b")), result("a")]}, "messages: b"),
    ({"messages": [USER, result()]}, "must be a response"),
    ({"messages": [USER, assistant(call()), result(), result()]}, "must be a response"),
    ({"messages": [USER, assistant(call(), call()), result(), result()]}, "Duplicate"),
    ({"messages": [USER, assistant(call()), result(), assistant(call()), result()]}, "Duplicate"),
    ({"messages": [USER, assistant(call(arguments={"a": 1})), result()]}, "arguments"),
    ({"messages": [USER, assistant(call("")), result("")]}, "needs an 'id'"),
    ({"messages": [USER, {"role": "assistant", "content": ""}]}, "must have content"),
    ({"messages": [USER, {"role": "assistant"}]}, "must have content"),
    ({"messages": [{"role": "robot", "content": "Hello"}]}, "robot"),
    ({"messages": [{"role": "user", "content": None}]}, "got null"),
    ({"messages": [{"role": "user", "content": 5}]}, "expected a string"),
    ({"messages": []}, "at least one"),
    ({"messages": ["Hello"]}, "must be an object"),
    ({"model": ""}, "model"),
    ({"tools": []}, "tools"),
    ({"tools": [TOOL, TOOL]}, "twice"),
    ({"tool_choice": "required"}, "only allowed when"),
    ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "x"}}}, "not found"),
    ({"response_format": {"type": "json_object"}}, "the word 'json'"),
    ({"response_format": {"type": "yaml"}}, "response_format.type"),
    ({"response_format": {"type": "json_schema"}}, "json_schema.name"),
]


@pytest.mark.parametrize("body", GOOD)
def test_a_right_request_passes(serve: Serve, post: Post, body: dict[str, Any]) -> None:
    """What OpenAI accepts is accepted."""
    assert post(serve(["fine"]), **body).status_code == 200


@pytest.mark.parametrize(("body", "told"), BAD)
def test_a_wrong_request_is_refused(serve: Serve, post: Post, body: dict[str, Any], told: str) -> None:
    """Unanswered calls, stray results, empty turns, duplicate ids, wrong types and forms are a 400 that says so."""
    server = serve(["fine"])
    answer = post(server, **body)
    assert answer.status_code == 400 and told in answer.json()["error"]["message"]
    assert server.journal()[0]["faults"] == ["request_check"]


def test_what_is_no_json_is_refused(serve: Serve) -> None:
    """A body that is not JSON, or no object, is a 400 too."""
    server = serve(["fine"])
    for body in (b"{", b"[]", b""):
        answer = httpx.post(f"{server.base_url}/chat/completions", content=body)
        assert (answer.status_code, "not a JSON object" in answer.text) == (400, True)


def test_unknown_parameters(serve: Serve, post: Post) -> None:
    """Parameters that no server knows are written down, or refused where that is configured."""
    server = serve(["fine"])
    assert post(server, temperatur=0).status_code == 200
    assert server.journal()[0]["unknown_params"] == ["temperatur"]
    server.configure(unknown_parameters="refuse")
    answer = post(server, temperatur=0)
    assert answer.status_code == 400 and "temperatur" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("quirks", "told"),
    [
        ("openai", "your messages resulted in"),
        ("siliconflow", "must be less than max_seq_len (40)"),
        ("vllm", "in the completion)"),
        ("deepseek", "maximum context length is 40 tokens"),
    ],
)
def test_a_prompt_that_does_not_fit(serve: Serve, post: Post, quirks: str, told: str) -> None:
    """More than the context is a 400 in the provider's words; a limit that would not fit counts too."""
    server = serve(["fine"], context=40, quirks=quirks)
    long = post(server, messages=[{"role": "user", "content": "word " * 60}])
    assert long.status_code == 400 and told in long.text
    assert post(server, max_tokens=39).status_code == 400
    assert post(server, max_tokens=5).status_code == 200


def test_the_rest_of_the_context_limits_the_answer(serve: Serve, post: Post) -> None:
    """Without a limit of its own an answer ends where the context does."""
    server = serve(["word " * 100], context=40)
    choice = post(server).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    line = server.journal()[0]
    assert line["prompt_tokens"] + line["completion_tokens"] == 40


def test_ollama_cuts_without_a_word(serve: Serve, post: Post) -> None:
    """Ollama does not refuse a prompt that is too long."""
    server = serve(["fine"], context=40, quirks="ollama")
    assert post(server, messages=[{"role": "user", "content": "word " * 60}]).status_code == 200
