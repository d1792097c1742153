"""Faults of the turn itself, as LangChain's model hands them on: this is what an adapter has to repair."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pydantic
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_openai.chat_models.base import (
    BaseChatOpenAI,
    OpenAIContextOverflowError,
    OpenAIInvalidRequestError,
)

from kubetriage.adapters.model.fake import Reply, ScriptedServer, ToolCall

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]
Chat = Callable[..., BaseChatOpenAI]
Tool = dict[str, Any]

ARGUMENTS = {"kind": "Pod", "name": "cart", "tail": 40}
CALLS = Reply(tool_calls=(ToolCall(name="request_reads", arguments=ARGUMENTS),))


def spoilt(serve: Serve, *faults: Any, reply: Any = CALLS) -> ScriptedServer:
    return serve([reply], faults=[{"do": list(faults)}])


def invoke(chat: Chat, server: ScriptedServer, tool: Tool | None = None, **given: Any) -> AIMessage:
    model = chat(server, **given)
    found = (model.bind_tools([tool]) if tool else model).invoke("Hello")
    assert isinstance(found, AIMessage)
    return found


def summed(chat: Chat, server: ScriptedServer, tool: Tool | None = None, **given: Any) -> AIMessageChunk:
    """The chunks of a stream added up as LangChain does it."""
    model = chat(server, **given)
    whole: Any = None
    for chunk in (model.bind_tools([tool]) if tool else model).stream("Hello"):
        whole = chunk if whole is None else whole + chunk
    assert isinstance(whole, AIMessageChunk)
    return whole


# --- the JSON around ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"choices": "null"}, TypeError),
        ({"choices": "empty"}, IndexError),
        ("error_in_200", ValueError),
    ],
)
def test_broken_envelopes(serve: Serve, chat: Chat, fault: Any, error: type[Exception]) -> None:
    """Null and empty choices and an error with status 200 each raise another bare exception."""
    with pytest.raises(error):
        invoke(chat, spoilt(serve, fault))


def test_absent_choices(serve: Serve, ask: Ask) -> None:
    """A completion without `choices` passes the openai client unnoticed."""
    assert ask(spoilt(serve, {"choices": "absent"})).choices is None


def test_usage(serve: Serve, chat: Chat, ask: Ask) -> None:
    """Usage may be missing, hidden in the last choice, or counted up in each chunk, which LangChain sums."""
    server = spoilt(serve, {"usage": "absent"}, reply="one two three")
    assert ask(server).usage is None and invoke(chat, server).usage_metadata is None
    server.configure(faults=[{"do": [{"usage": "in_last_choice"}]}])
    *_, last = list(ask(server, stream=True))
    assert last.usage is None and last.choices[0].usage["completion_tokens"] == 3
    server.configure(faults=[{"do": [{"usage": "each_chunk"}]}])
    found = summed(chat, server).usage_metadata
    assert found is not None and found["output_tokens"] > 3 and found["input_tokens"] > 9
    *_, last = list(ask(server, stream=True))
    assert last.usage.completion_tokens == 3


def test_nulls(serve: Serve, ask: Ask) -> None:
    """Content and the last delta may be null."""
    server = spoilt(serve, "content_null", "delta_null", reply="one")
    assert ask(server).choices[0].message.content is None
    *_, last = list(ask(server, stream=True))
    assert last.choices[0].delta is None and last.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "null"])
def test_finish_reasons(serve: Serve, ask: Ask, reason: str) -> None:
    """The finish reason can lie, or be missing."""
    server = spoilt(serve, {"finish": reason})
    choice = ask(server).choices[0]
    assert choice.finish_reason == (None if reason == "null" else reason) and choice.message.tool_calls


# --- tool calls -----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["object", "double"])
def test_arguments_that_raise(serve: Serve, chat: Chat, reads_tool: Tool, encoding: str) -> None:
    """Arguments as an object, or encoded twice, end the call with a pydantic error."""
    with pytest.raises(pydantic.ValidationError):
        invoke(chat, spoilt(serve, {"arguments": encoding}), reads_tool)


@pytest.mark.parametrize("encoding", ["python", "trailing_comma"])
def test_arguments_that_are_invalid(serve: Serve, chat: Chat, reads_tool: Tool, encoding: str) -> None:
    """Python's quotes and a trailing comma make an invalid call, which is no call."""
    said = invoke(chat, spoilt(serve, {"arguments": encoding}), reads_tool)
    assert said.tool_calls == [] and len(said.invalid_tool_calls) == 1


def test_empty_arguments_pass(serve: Serve, chat: Chat, reads_tool: Tool) -> None:
    """Empty arguments are a call without arguments, although the schema requires some."""
    [call] = invoke(chat, spoilt(serve, {"arguments": "empty"}), reads_tool).tool_calls
    assert call["args"] == {}


def test_arguments_null(serve: Serve, ask: Ask) -> None:
    """Arguments can be null on the wire."""
    message = ask(spoilt(serve, {"arguments": "null"})).choices[0].message
    assert message.tool_calls[0].function.arguments is None


def test_truncated_calls(serve: Serve, ask: Ask) -> None:
    """A call may end in the middle of its arguments and claim to be whole."""
    choice = ask(spoilt(serve, {"truncate": 18})).choices[0]
    arguments = choice.message.tool_calls[0].function.arguments
    assert choice.finish_reason == "stop" and json.dumps(ARGUMENTS).startswith(arguments)
    assert 0 < len(arguments) < len(json.dumps(ARGUMENTS))


def test_streamed_calls_without_index(serve: Serve, chat: Chat, reads_tool: Tool) -> None:
    """Without an index the arguments are lost: an empty call beside an invalid fragment."""
    assert summed(chat, spoilt(serve), reads_tool).tool_calls[0]["args"] == ARGUMENTS
    said = summed(chat, spoilt(serve, "no_index"), reads_tool)
    assert all(call["args"] == {} for call in said.tool_calls) and said.invalid_tool_calls


def test_streamed_calls_with_repeated_names(serve: Serve, chat: Chat, reads_tool: Tool) -> None:
    """A name in every delta adds up to a name that nobody has."""
    said = summed(chat, spoilt(serve, "name_repeated"), reads_tool)
    [name] = {call["name"] for call in [*said.tool_calls, *said.invalid_tool_calls]}
    assert name and name != "request_reads" and name.replace("request_reads", "") == ""


def test_ids(serve: Serve, ask: Ask) -> None:
    """Calls may come without id, or all with one."""
    absent = ask(spoilt(serve, {"call_id": "absent"})).choices[0].message.tool_calls
    assert absent[0].id is None
    repeated = ask(spoilt(serve, {"parallel": 3}, {"call_id": "repeated"})).choices[0].message.tool_calls
    assert [call.id for call in repeated] == ["call_0"] * 3


def test_other_tools(serve: Serve, ask: Ask) -> None:
    """The model may call what does not exist or was not offered, with arguments of a wrong type, or chatter."""
    assert (
        ask(spoilt(serve, "unknown_tool")).choices[0].message.tool_calls[0].function.name != "request_reads"
    )
    assert ask(spoilt(serve, {"unbound_tool": "pods_delete"})).choices[0].message.tool_calls[
        0
    ].function.name == ("pods_delete")
    wrong = ask(spoilt(serve, {"wrong_type": "tail"})).choices[0].message.tool_calls[0].function.arguments
    assert json.loads(wrong) == ARGUMENTS | {"tail": "40"}
    both = ask(spoilt(serve, {"with_verdict": "It is the image."})).choices[0].message
    assert both.tool_calls and both.content == "It is the image."


def test_parallel_calls(serve: Serve, ask: Ask) -> None:
    """The same call several times in a turn, each with its own id."""
    calls = ask(spoilt(serve, {"parallel": 5})).choices[0].message.tool_calls
    assert len({call.id for call in calls}) == 5
    assert {call.function.arguments for call in calls} == {json.dumps(ARGUMENTS)}


def test_a_leaked_call_is_no_call(serve: Serve, chat: Chat, reads_tool: Tool) -> None:
    """A leak is text with reason `stop`; structured output by function calling becomes None without an error."""
    server = spoilt(serve, {"leak": {"format": "hermes", "before": "Let me look.\n"}})
    said = invoke(chat, server, reads_tool)
    assert said.tool_calls == [] and str(said.content).startswith("Let me look.\n<tool_call>")
    assert said.response_metadata["finish_reason"] == "stop"
    structured = chat(server).with_structured_output(
        {"title": "verdict", "type": "object", "properties": {}}, method="function_calling", include_raw=True
    )
    found: Any = structured.invoke("Hello")
    assert (found["parsed"], found["parsing_error"]) == (None, None)


# --- thinking -------------------------------------------------------------------------------------


def test_reasoning_content_is_dropped(serve: Serve, chat: Chat, ask: Ask) -> None:
    """The field is on the wire and LangChain's model loses it, in one piece as in a stream."""
    server = serve([Reply(text="42", reasoning="Six by seven.")])
    assert ask(server).choices[0].message.reasoning_content == "Six by seven."
    for said in (invoke(chat, server), summed(chat, server)):
        assert said.content == "42" and "reasoning_content" not in said.additional_kwargs


@pytest.mark.parametrize(
    ("form", "content", "field"),
    [
        ("reasoning", "42", "reasoning"),
        ("inline", "<think>\nSix by seven.\n</think>\n\n42", None),
        ("lone_close", "Six by seven.\n</think>\n\n42", None),
        ("unclosed", "<think>\nSix by seven.\n42", None),
        ("hidden", "42", None),
    ],
)
def test_forms_of_reasoning(serve: Serve, ask: Ask, form: str, content: str, field: str | None) -> None:
    """Thinking may be in another field, in the content with its tags or one of them, or not be shown."""
    server = spoilt(serve, {"reasoning_as": form}, reply=Reply(text="42", reasoning="Six by seven."))
    message = ask(server).choices[0].message
    assert message.content == content
    assert [getattr(message, name, None) for name in ("reasoning_content", "reasoning")] == [
        None,
        "Six by seven." if field else None,
    ]
    assert server.journal()[0]["completion_tokens"] >= 5


def test_all_in_reasoning(serve: Serve, ask: Ask) -> None:
    """The answer can stand in the reasoning field while the content is empty."""
    message = ask(spoilt(serve, "all_in_reasoning", reply="the answer")).choices[0].message
    assert message.content == "" and message.reasoning_content.endswith("the answer")


def test_a_call_while_thinking(serve: Serve, ask: Ask) -> None:
    """A call can be written while thinking, in the field or inline, and never be made."""
    message = ask(spoilt(serve, "call_in_thinking")).choices[0].message
    assert message.tool_calls is None and "request_reads" in message.reasoning_content
    inline = ask(spoilt(serve, {"call_in_thinking": {"inline": True}})).choices[0].message.content
    assert "request_reads" in inline.split("</think>")[0]


def test_thinking_eats_the_budget(serve: Serve, ask: Ask) -> None:
    """All tokens can go into thinking: an empty content with reason `length`."""
    response = ask(spoilt(serve, {"budget_eaten": 50}), max_tokens=30)
    choice, usage = response.choices[0], response.usage
    assert (choice.message.content, choice.finish_reason) == ("", "length")
    assert usage.completion_tokens == usage.completion_tokens_details.reasoning_tokens == 30


def test_think_tags_break_json_mode(serve: Serve, chat: Chat) -> None:
    """Thinking in the content makes structured output fail to parse."""
    server = spoilt(serve, {"reasoning_as": "inline"}, reply=Reply(answer={"a": 1}, reasoning="Hm."))
    structured = chat(server).with_structured_output(
        {"title": "verdict", "type": "object", "properties": {}}, method="json_mode", include_raw=True
    )
    found: Any = structured.invoke("Answer in JSON")
    assert found["parsed"] is None and found["parsing_error"] is not None


def test_a_cut_answer_raises_past_include_raw(serve: Serve, chat: Chat) -> None:
    """LangChain's json_schema method raises for a turn of reason `length` and loses its text."""
    server = spoilt(serve, {"finish": "length"}, reply=Reply(answer={"a": 1}))
    structured = chat(server).with_structured_output(
        {"title": "verdict", "type": "object", "properties": {}}, method="json_schema", include_raw=True
    )
    with pytest.raises(openai.LengthFinishReasonError):
        structured.invoke("Hello")


class Verdict(pydantic.BaseModel):
    """What structured output asks for."""

    outcome: str
    summary: str


def test_a_schema_violation_raises_past_include_raw(serve: Serve, chat: Chat) -> None:
    """LangChain's json_schema method raises pydantic's error for a missing field; text and usage are lost."""
    answer = {"outcome": "healthy", "summary": "All is well."}
    server = serve([Reply(answer=answer)])
    structured = chat(server).with_structured_output(Verdict, method="json_schema", include_raw=True)
    found: Any = structured.invoke("Hello")
    assert found["parsed"] == Verdict(outcome="healthy", summary="All is well.")
    server.configure(faults=[{"do": ["missing_field"]}])
    with pytest.raises(pydantic.ValidationError):
        structured.invoke("Hello")


def test_only_one_wording_of_an_overflow_is_known(serve: Serve, chat: Chat) -> None:
    """A prompt that does not fit is an error of its own in one wording of OpenAI's, and any 400 in the others'."""
    server = serve(["fine"], context=8)

    def raised() -> type[BaseException]:
        with pytest.raises(openai.BadRequestError) as caught:
            chat(server).invoke("Hello")
        return type(caught.value)

    for quirks in ("siliconflow", "vllm"):
        server.configure(quirks=quirks)
        assert raised() is OpenAIInvalidRequestError
    told = "Input tokens exceed the configured limit of {context} tokens."
    server.configure(
        faults=[{"when": {"over_context": True}, "do": [{"status": {"status": 400, "message": told}}]}]
    )
    assert raised() is OpenAIContextOverflowError
