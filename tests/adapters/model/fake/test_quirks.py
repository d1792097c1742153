"""Providers' presets: what they refuse, ignore and spoil, always."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kubetriage.adapters.model.fake import Reply, ScriptedServer, ToolCall
from kubetriage.adapters.model.fake.settings import presets

Serve = Callable[..., ScriptedServer]
Post = Callable[..., httpx.Response]
Tool = dict[str, Any]

R1, V3, QWEN = "deepseek-ai/DeepSeek-R1", "deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-235B-A22B"
SCHEMA = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": {"type": "object"}}}
THINK = {"thinking": {"type": "enabled"}}
NAMED = {"tool_choice": {"type": "function", "function": {"name": "request_reads"}}}
CALL = ToolCall(name="request_reads", arguments={"kind": "Pod", "name": "cart"})
USER = {"role": "user", "content": "Hello"}


def turn(reasoning: str = "") -> list[dict[str, Any]]:
    """A transcript with one call, with or without what was thought before it."""
    function = {"name": "request_reads", "arguments": "{}"}
    assistant: dict[str, Any] = {
        "role": "assistant",
        "tool_calls": [{"id": "c", "type": "function", "function": function}],
    }
    if reasoning:
        assistant["reasoning_content"] = reasoning
    return [USER, assistant, {"role": "tool", "tool_call_id": "c", "content": "Running"}]


def test_every_provider_of_the_specification_has_a_preset() -> None:
    """The presets are complete, and each can be loaded."""
    assert set(presets()) == {
        *("openai", "siliconflow", "ark", "deepseek", "dashscope", "ollama", "vllm", "vllm_no_parser"),
        "llamacpp",
    }


@pytest.mark.parametrize(
    ("quirks", "body", "tools", "told"),
    [
        ("siliconflow", {"model": R1}, True, "function calling"),
        (
            "siliconflow",
            {"model": V3, "enable_thinking": False},
            False,
            "does not support parameter enable_thinking",
        ),
        ("ark", {"model": "deepseek-r1-250120"}, True, "does not support function calling. Request id"),
        ("ark", {"model": "deepseek-v3-250324", "response_format": SCHEMA}, False, "json_schema"),
        ("deepseek", {"response_format": SCHEMA}, False, "This response_format type is unavailable now"),
        ("deepseek", {**THINK, "messages": turn()}, True, "must be passed back"),
        ("deepseek", {**THINK, **NAMED}, True, "does not support this tool_choice"),
        ("deepseek", {**THINK, "tool_choice": "required"}, True, "does not support this tool_choice"),
        ("dashscope", {"enable_thinking": True}, False, "must be set to false for non-streaming"),
        ("ollama", {"model": "deepseek-r1:7b"}, True, "deepseek-r1:7b does not support tools"),
    ],
)
def test_what_providers_refuse(
    serve: Serve, post: Post, reads_tool: Tool, quirks: str, body: dict[str, Any], tools: bool, told: str
) -> None:
    """The provider answers 400 in its own words; OpenAI takes the same request."""
    body = {**body, "tools": [reads_tool]} if tools else body
    server = serve(["fine"], quirks=quirks)
    answer = post(server, **body)
    assert answer.status_code == 400 and told in answer.text
    assert server.journal()[0]["faults"] != ["request_check"]
    server.configure(quirks="openai")
    assert post(server, **body).status_code == 200


@pytest.mark.parametrize(
    ("quirks", "body", "tools"),
    [
        ("siliconflow", {"model": V3}, True),
        ("siliconflow", {"model": QWEN, "enable_thinking": False}, True),
        ("ark", {"model": "doubao-1-5-pro"}, True),
        ("deepseek", {**THINK, "messages": turn("Hm.")}, True),
        ("deepseek", {"messages": turn()}, True),
        ("deepseek", NAMED, True),
        ("dashscope", {"enable_thinking": False}, False),
        ("dashscope", {"enable_thinking": True, "stream": True}, False),
        ("ollama", {"model": "qwen3:30b"}, True),
    ],
)
def test_what_providers_take(
    serve: Serve, post: Post, reads_tool: Tool, quirks: str, body: dict[str, Any], tools: bool
) -> None:
    """What is right for the provider and the model passes."""
    body = {**body, "tools": [reads_tool]} if tools else body
    assert post(serve(["fine"], quirks=quirks), **body).status_code == 200


def test_siliconflow_limits_without_retry_after(serve: Serve, post: Post) -> None:
    """SiliconFlow's 429 does not say when to come again; others do."""
    server = serve(["fine"], quirks="siliconflow", limits={"rpm": 1})
    assert post(server).status_code == 200
    answer = post(server)
    assert answer.json() == {
        "message": "Request was rejected due to rate limiting. Details: RPM limit reached.",
        "data": None,
    }
    assert answer.status_code == 429 and "retry-after" not in answer.headers


def test_deepseek_is_blank_at_times(serve: Serve, post: Post) -> None:
    """In JSON mode DeepSeek answers white space now and then, for the same requests each time."""
    server = serve([Reply(answer={"a": 1})], quirks="deepseek")

    def blank() -> list[int]:
        prompts = [[{"role": "user", "content": f"JSON {n}"}] for n in range(60)]
        given = [
            post(server, messages=prompt, response_format={"type": "json_object"}).json()
            for prompt in prompts
        ]
        return [n for n, one in enumerate(given) if not one["choices"][0]["message"]["content"].strip()]

    first = blank()
    assert 0 < len(first) < 12 and blank() == first


def test_ollama_ignores_the_newer_limit(serve: Serve, post: Post) -> None:
    """Ollama knows `max_tokens` only; thinking is in `reasoning`."""
    server = serve([Reply(text="one two three", reasoning="Hm.")], quirks="ollama")
    message = post(server, max_completion_tokens=1).json()["choices"][0]["message"]
    assert (message["content"], message["reasoning"]) == ("one two three", "Hm.")
    assert post(server, max_tokens=1).json()["choices"][0]["finish_reason"] == "length"


def test_vllm_without_a_parser_leaks(serve: Serve, post: Post, reads_tool: Tool) -> None:
    """Without a parser the calls stand in the text, in the model's format and without its special tokens."""
    server = serve([Reply(tool_calls=(CALL,))], quirks="vllm_no_parser")
    message = post(server, model=V3, tools=[reads_tool]).json()["choices"][0]["message"]
    assert "tool_calls" not in message
    assert message["content"].startswith("functionrequest_reads\n```json\n{")


def test_llamacpp_ignores_named_tools(serve: Serve, post: Post, reads_tool: Tool) -> None:
    """llama.cpp's server does not force a named or a required tool: the answer comes as text."""
    server = serve([Reply(answer={"a": 1})], quirks="llamacpp")
    for choice in (NAMED, {"tool_choice": "required"}):
        message = post(server, tools=[reads_tool], **choice).json()["choices"][0]["message"]
        assert message["content"] == '{"a": 1}'
