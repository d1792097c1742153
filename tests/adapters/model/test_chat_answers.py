"""What servers send in place of an answer, or around it: `KubetriageChat` reads what can be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import SecretStr

from kubetriage.adapters.model import KubetriageChat
from kubetriage.domain.errors import ModelUnavailable


@tool
def pods_log(name: str) -> str:
    """Read a pod's log."""
    return f"log of {name}"


@pytest.fixture
def chat(wire: Any) -> KubetriageChat:
    return KubetriageChat(model="m", base_url=wire.url, api_key=SecretStr(wire.key), max_retries=0)


# --- answers ------------------------------------------------------------------------------------------

BROKEN: dict[str, Callable[[Any], Any]] = {
    "choices null": lambda wire: wire.reply({"id": "c", "choices": None}),
    "no choices": lambda wire: wire.reply({"id": "c", "choices": []}),
    "choices absent": lambda wire: wire.reply({"id": "c"}),
    "message null": lambda wire: wire.reply(
        {"id": "c", "choices": [{"message": None, "finish_reason": "stop"}]}
    ),
    "choice null": lambda wire: wire.reply({"id": "c", "choices": [None]}),
    "error in a 200": lambda wire: wire.reply({"error": {"message": "overloaded", "code": 50000}}),
    "error as text": lambda wire: wire.reply({"error": "overloaded"}),
    "html": lambda wire: wire.reply(b"<html>login</html>", type_="text/html"),
    "html as json": lambda wire: wire.reply(b"<html>login</html>"),
    "a list": lambda wire: wire.reply([1, 2]),
    "a number": lambda wire: wire.reply(7),
    "null": lambda wire: wire.reply(None),
    "empty": lambda wire: wire.reply(b""),
    "cut json": lambda wire: wire.reply(b'{"id": "c", "choices": ['),
    "cut body": lambda wire: wire.reply(wire.said("hello"), cut=True),
    "no finish_reason": lambda wire: wire.reply(wire.said("hello", None)),
    "aborted": lambda wire: wire.reply(wire.said("hello", "abort")),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_an_answer_that_is_none_is_one_class_of_error(
    name: str, wire: Any, chat: KubetriageChat
) -> None:
    """Whatever a server sends in place of a completion is `ModelUnavailable`, in both kinds of call."""
    wire.answers(BROKEN[name](wire))
    expected = (ModelUnavailable, openai.APIConnectionError) if name == "cut body" else ModelUnavailable
    with pytest.raises(expected):
        await chat.ainvoke("hi")
    with pytest.raises(expected):
        chat.invoke("hi")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "ab"),
        ({"a": 1}, '{"a": 1}'),
    ],
)
def test_contents_of_any_form_become_text(content: Any, text: str, wire: Any, chat: KubetriageChat) -> None:
    """Null, parts and objects as content are read."""
    body = wire.said("x")
    body["choices"][0]["message"]["content"] = content
    wire.answers(body)
    assert chat.invoke("hi").content == text


@pytest.mark.parametrize(
    ("message", "content", "reasoning"),
    [
        ({"content": "yes", "reasoning_content": "hm"}, "yes", "hm"),
        ({"content": "yes", "reasoning": "hm"}, "yes", "hm"),
        ({"content": "<think>hm</think>\n\nyes"}, "yes", "hm"),
        ({"content": "hm</think>yes"}, "yes", "hm"),
    ],
)
def test_reasoning_is_kept_apart(
    message: dict[str, str], content: str, reasoning: str, wire: Any, chat: KubetriageChat
) -> None:
    """However a server sends it, reasoning is in `additional_kwargs` and not in the content."""
    wire.answers(wire.said(**message))
    answer = chat.invoke("hi")
    assert answer.text.strip() == content
    assert answer.additional_kwargs["reasoning_content"].strip() == reasoning


@pytest.mark.parametrize(
    ("raw", "args"),
    [
        ('{"name": "web-0"}', {"name": "web-0"}),
        ({"name": "web-0"}, {"name": "web-0"}),
        (json.dumps('{"name": "web-0"}'), {"name": "web-0"}),
        ("{'name': 'web-0'}", {"name": "web-0"}),
        ('{"name": "web-0",}', {"name": "web-0"}),
        (None, {}),
        ("", {}),
    ],
)
def test_arguments_of_any_form_are_read(raw: Any, args: Any, wire: Any, chat: KubetriageChat) -> None:
    """As an object, encoded twice, as Python, with a comma too many, and none at all."""
    wire.answers(
        wire.said(None, "tool_calls", tool_calls=[{"function": {"name": "pods_log", "arguments": raw}}])
    )
    answer = chat.bind_tools([pods_log]).invoke("hi")
    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("pods_log", args)]
    assert answer.tool_calls[0]["id"]
    assert not answer.invalid_tool_calls


def test_arguments_that_were_cut_off_are_not_repaired(wire: Any, chat: KubetriageChat) -> None:
    """A call that stopped at the token limit is invalid, not a call with half a name."""
    call = {"id": "1", "function": {"name": "pods_log", "arguments": '{"name": "we'}}
    wire.answers(wire.said(None, "length", tool_calls=[call]))
    answer = chat.bind_tools([pods_log]).invoke("hi")
    assert answer.tool_calls == []
    assert len(answer.invalid_tool_calls) == 1


def test_ids_are_unique_in_a_history(wire: Any, chat: KubetriageChat) -> None:
    """Servers that number the calls of each answer from the start get other ids."""
    entry = {"id": "call_0", "function": {"name": "pods_log", "arguments": '{"name": "a"}'}}
    wire.answers(wire.said(None, "tool_calls", tool_calls=[entry, entry]))
    agent = chat.bind_tools([pods_log])
    first = agent.invoke([HumanMessage("hi")])
    results = [ToolMessage("log", tool_call_id=str(call["id"])) for call in first.tool_calls]
    second = agent.invoke([HumanMessage("hi"), first, *results])
    ids = [call["id"] for answer in (first, second) for call in answer.tool_calls]
    assert len(set(ids)) == 4


def test_usage_is_read_in_every_spelling(wire: Any, chat: KubetriageChat) -> None:
    """Also cached tokens as DeepSeek says them; odd numbers count as none."""
    wire.answers(
        wire.said("x", usage={"prompt_tokens": 9, "completion_tokens": 3, "prompt_cache_hit_tokens": 8})
    )
    usage = chat.invoke("hi").usage_metadata
    assert usage is not None
    assert (usage["input_tokens"], usage["output_tokens"], usage["input_token_details"]["cache_read"]) == (
        9,
        3,
        8,
    )
    wire.answers(wire.said("x", usage={"prompt_tokens": None, "completion_tokens": "7"}))
    usage = chat.invoke("hi").usage_metadata
    assert usage is not None and usage["total_tokens"] == 0
    wire.answers(wire.said("x", usage=None))
    assert chat.invoke("hi").usage_metadata is None


# --- streams ------------------------------------------------------------------------------------------


async def test_a_stream_is_whole_and_counted_once(wire: Any, chat: KubetriageChat) -> None:
    """Usage in every chunk is not summed, a finish_reason said twice is not joined."""
    counts = [{"prompt_tokens": 10, "completion_tokens": n} for n in (1, 2, 3)]
    events = [wire.chunk(usage=usage, content=piece) for usage, piece in zip(counts, "abc", strict=True)]
    events += [wire.chunk("stop"), wire.chunk("stop", usage=counts[-1])]
    wire.answers(wire.reply(events=events))
    whole: AIMessageChunk | None = None
    async for piece in chat.astream("hi"):
        whole = piece if whole is None else whole + piece
    assert whole is not None and whole.text == "abc"
    assert whole.response_metadata["finish_reason"] == "stop"
    assert whole.usage_metadata is not None
    assert (whole.usage_metadata["input_tokens"], whole.usage_metadata["output_tokens"]) == (10, 3)
    assert [piece.text for piece in chat.stream("hi") if piece.text] == ["a", "b", "c"]
    assert wire.last["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("width", [1, 3, 100])
def test_thinking_is_kept_out_of_a_stream(width: int, wire: Any, chat: KubetriageChat) -> None:
    """Tags that come in pieces are recognised; reasoning_content is kept as well."""
    text = "<think>a < b</think>\n\nyes < no"
    events = [wire.chunk(reasoning_content="first. ")]
    events += [wire.chunk(content=text[at : at + width]) for at in range(0, len(text), width)]
    wire.answers(wire.reply(events=[*events, wire.chunk("stop")]))
    pieces = list(chat.stream("hi"))
    assert "".join(piece.text for piece in pieces) == "yes < no"
    assert "".join(p.additional_kwargs.get("reasoning_content", "") for p in pieces) == "first. a < b"


@pytest.mark.parametrize(
    "reply",
    [
        lambda wire: wire.reply(events=[wire.chunk(content="half")], done=False),
        lambda wire: wire.reply(events=[wire.chunk(content="half")]),
        lambda wire: wire.reply(events=[]),
        lambda wire: wire.reply(wire.said("whole")),
        lambda wire: wire.reply(events=[wire.chunk(content="half"), wire.chunk("abort")]),
        lambda wire: wire.reply(events=["data: {broken\n\n"]),
        lambda wire: wire.reply(b"<html></html>", type_="text/html"),
    ],
)
async def test_a_stream_that_breaks_off_is_no_answer(
    reply: Callable[[Any], Any], wire: Any, chat: KubetriageChat
) -> None:
    """No finish_reason, no event at all, an event that is none, or no stream: `ModelUnavailable`."""
    wire.answers(reply(wire))
    with pytest.raises(ModelUnavailable):
        [piece async for piece in chat.astream("hi")]
    with pytest.raises(ModelUnavailable):
        list(chat.stream("hi"))


async def test_an_error_event_is_an_error(wire: Any, chat: KubetriageChat) -> None:
    """An error inside a stream is raised, not taken for its end."""
    wire.answers(
        wire.reply(events=[wire.chunk(content="half"), {"error": {"message": "out of memory", "code": 500}}])
    )
    with pytest.raises(openai.APIError, match="out of memory"):
        [piece async for piece in chat.astream("hi")]
