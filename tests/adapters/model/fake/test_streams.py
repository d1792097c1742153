"""A stream is the same answer in parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.adapters.model.fake import Reply, ScriptedServer, ToolCall

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]

CALL = ToolCall(name="request_reads", arguments={"kind": "Pod", "name": "cart"})
REPLIES = [
    Reply(text="The image cart:v2 does not exist. 节点 is fine. 🙂"),
    Reply(text=""),
    Reply(answer={"outcome": "healthy", "nested": [1, {"a": "é"}]}),
    Reply(text="Both.", tool_calls=(CALL, CALL), reasoning="First one, then the other."),
    Reply(text="e\u0301 is not composed"),
]


def joined(chunks: Any) -> tuple[dict[str, Any], Any]:
    """The message that the deltas add up to, and the usage."""
    message: dict[str, Any] = {"content": "", "reasoning": "", "calls": {}, "finish": None}
    usage = None
    for chunk in chunks:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            delta = choice.delta
            message["content"] += delta.content or ""
            message["reasoning"] += getattr(delta, "reasoning_content", None) or ""
            message["finish"] = choice.finish_reason or message["finish"]
            for call in delta.tool_calls or ():
                kept = message["calls"].setdefault(call.index, {"id": call.id, "name": "", "arguments": ""})
                kept["name"] += call.function.name or ""
                kept["arguments"] += call.function.arguments or ""
    return message, usage


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("size", [1, 7])
def test_a_stream_adds_up_to_the_answer(serve: Serve, ask: Ask, reply: Reply, size: int) -> None:
    """Text, reasoning, calls, finish reason and usage are those of the answer in one piece."""
    server = serve([reply], stream_chunk_tokens=size, prefix_cache=False)
    whole = ask(server)
    parts, usage = joined(ask(server, stream=True, stream_options={"include_usage": True}))
    message = whole.choices[0].message
    calls = [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    assert parts["content"] == (message.content or "")
    assert parts["reasoning"] == (getattr(message, "reasoning_content", None) or "")
    assert [tuple(call.values()) for call in parts["calls"].values()] == calls
    assert (parts["finish"], usage) == (whole.choices[0].finish_reason, whole.usage)
    one, two = server.journal()
    assert {key: one[key] for key in ("completion_tokens", "modelled")} == {
        key: two[key] for key in ("completion_tokens", "modelled")
    }


def test_chunks_hold_as_many_tokens_as_configured(serve: Serve, ask: Ask) -> None:
    """With one token a chunk there is a chunk for every token, with five a fifth of them."""
    server = serve(["one two three four five six seven eight nine ten"])

    def texts() -> list[str]:
        return [chunk.choices[0].delta.content for chunk in ask(server, stream=True) if chunk.choices]

    assert [text for text in texts() if text] == [
        "one",
        " two",
        " three",
        " four",
        " five",
        " six",
        " seven",
        " eight",
        " nine",
        " ten",
    ]
    server.configure(stream_chunk_tokens=5)
    assert [text for text in texts() if text] == ["one two three four five", " six seven eight nine ten"]


def test_usage_comes_only_when_asked_for(serve: Serve, ask: Ask) -> None:
    """Without `include_usage` a stream has no usage."""
    server = serve(["one"])
    assert all(chunk.usage is None for chunk in ask(server, stream=True))
    *_, last = ask(server, stream=True, stream_options={"include_usage": True})
    assert (last.choices, last.usage.completion_tokens) == ([], 1)


def test_a_streamed_call_begins_with_its_name(serve: Serve, ask: Ask) -> None:
    """The first delta of a call has index, id, type and name; the following ones arguments alone."""
    server = serve([Reply(tool_calls=(CALL,))])
    deltas = [
        chunk.choices[0].delta.tool_calls[0]
        for chunk in ask(server, stream=True)
        if chunk.choices[0].delta.tool_calls
    ]
    first, *rest = deltas
    assert (first.index, first.type, first.function.name, first.function.arguments) == (
        0,
        "function",
        CALL.name,
        "",
    )
    assert all((part.id, part.function.name) == (None, None) for part in rest)
    assert json.loads("".join(part.function.arguments for part in rest)) == CALL.arguments
