"""`OpenAIModels.ask`: answers, calls, and methods step by step."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.model import Purpose

RIGHT = {"cause": "the ConfigMap web is missing", "rank": 1}
LEAK = '<tool_call>{"name": "request_reads", "arguments": {"kind": "Node", "lines": "5"}}</tool_call>'
Make = Callable[..., Any]


def told(completion: Any) -> str:
    """All notes in one text."""
    return " ".join(note.en for note in completion.notes)


# --- an answer ------------------------------------------------------------------------------------------


async def test_an_answer_with_what_it_cost(wire: Any, models: Make, profile: Make, question: Make) -> None:
    """Object, tokens, money, the model's own name; one completion and nothing to say."""
    wire.answers(wire.said(RIGHT))
    price = {"prompt": 2.0, "completion": 8.0, "currency": "CNY"}
    got = await models(profile(price=price)).ask(question())
    assert (got.answer, got.problem, got.notes, got.completions) == (RIGHT, "", (), 1)
    assert (got.prompt_tokens, got.completion_tokens) == (100, 20)
    assert (got.cost, got.currency) == (pytest.approx(0.00036), "CNY")
    assert (got.profile, got.model) == ("small", "served-model")
    system, user = wire.last["messages"]
    assert system == {"role": "system", "content": "Find the cause."}
    assert user["content"] == "Pod web-0 does not start."
    assert wire.last["response_format"]["json_schema"]["strict"] is True
    assert wire.last["max_tokens"] == 4096 and wire.last["temperature"] == 0.0
    assert wire.headers[-1]["authorization"] == f"Bearer {wire.key}"


async def test_what_is_asked_again_is_one_turn(wire: Any, models: Make, question: Make) -> None:
    """The parts of a question stand after one another in one user message."""
    wire.answers(wire.said(RIGHT))
    await models().ask(question(user=("the case", "again, as JSON"), purpose=Purpose.REASK))
    assert [each["role"] for each in wire.last["messages"]] == ["system", "user"]
    assert wire.last["messages"][1]["content"] == "the case\n\nagain, as JSON"


async def test_a_streamed_answer_is_the_same(wire: Any, models: Make, profile: Make, question: Make) -> None:
    """Text, reasoning and usage come together from the pieces."""
    text = f"<think>hm</think>{json.dumps(RIGHT)}"
    events = [wire.chunk(content=text[at : at + 5]) for at in range(0, len(text), 5)]
    usage = {"prompt_tokens": 7, "completion_tokens": 9}
    events += [wire.chunk("stop"), {"id": "c", "choices": [], "usage": usage}]
    wire.answers(wire.reply(events=events))
    got = await models(profile(stream=True)).ask(question())
    assert (got.answer, got.reasoning, got.text) == (RIGHT, "hm", json.dumps(RIGHT))
    assert (got.prompt_tokens, got.completion_tokens) == (7, 9)
    assert wire.last["stream"] is True


async def test_tokens_are_reckoned_where_none_are_said(wire: Any, models: Make, question: Make) -> None:
    """Without usage the estimate counts, so that budgets hold."""
    wire.answers(wire.said(RIGHT, usage=None))
    got = await models().ask(question())
    assert 5 < got.prompt_tokens < 120 and 5 < got.completion_tokens < 40


@pytest.mark.parametrize(
    ("content", "reason", "problem"),
    [
        ("The ConfigMap is missing.", "stop", "no JSON object"),
        ('{"cause": "the Config', "length", "cut off at the token limit"),
        ("  ", "stop", "empty"),
        (json.dumps(RIGHT), "content_filter", "filter"),
    ],
)
async def test_an_answer_that_is_none_comes_back_as_such(
    content: str, reason: str, problem: str, wire: Any, models: Make, question: Make
) -> None:
    """It was paid for and counts; asking again is the caller's business."""
    wire.answers(wire.said(content, reason))
    got = await models().ask(question())
    assert got.answer is None
    assert problem in got.problem
    assert (got.completions, len(wire.requests)) == (1, 1)


async def test_thinking_is_never_read_as_the_answer(wire: Any, models: Make, question: Make) -> None:
    """An answer that is all reasoning is empty, and said to be."""
    wire.answers(wire.said("", reasoning_content=json.dumps(RIGHT) + LEAK))
    got = await models().ask(question(reads=True))
    assert (got.answer, got.calls) == (None, ())
    assert "all of it was thinking" in got.problem
    assert "ConfigMap" in got.reasoning


# --- calls ------------------------------------------------------------------------------------------------


async def test_native_and_leaked_calls_are_the_same(wire: Any, models: Make, question: Make) -> None:
    """Arguments are typed as the schema says; the leak is noted."""
    entry = {"id": "1", "function": {"name": "request_reads", "arguments": '{"kind": "Node", "lines": "5"}'}}
    wire.answers(wire.said(None, "tool_calls", tool_calls=[entry]))
    native = await models().ask(question(reads=True))
    wire.answers(wire.said(f"I need more.\n{LEAK}"))
    leaked = await models().ask(question(reads=True))
    for got in (native, leaked):
        assert [(call.name, call.args) for call in got.calls] == [
            ("request_reads", {"kind": "Node", "lines": 5})
        ]
        assert (got.answer, got.problem) == (None, "")
    assert native.notes == ()
    assert "into its text" in told(leaked)
    assert LEAK in leaked.text
    assert wire.last["tools"][0]["function"]["name"] == "request_reads"


@pytest.mark.parametrize("native", [True, False])
async def test_a_draft_between_thoughts_is_no_call(
    wire: Any, models: Make, profile: Make, question: Make, native: bool
) -> None:
    """What the model takes back in its next thoughts is not made, whether tools are offered or described."""
    wire.answers(wire.said(f"<think>a</think>{LEAK}<think>no, I know</think>{json.dumps(RIGHT)}"))
    got = await models(profile(native_tools=native)).ask(question(reads=True))
    assert (got.calls, got.answer) == ((), RIGHT)


async def test_a_call_of_an_unknown_tool_is_named_and_not_made(
    wire: Any, models: Make, question: Make
) -> None:
    """Native or leaked, it is in `unknown_tools`, with a sentence for the model."""
    entry = {"id": "1", "function": {"name": "delete_pod", "arguments": '{"name": "web-0"}'}}
    leak = '<tool_call>{"name": "delete_pod", "arguments": {"name": "web-0"}}</tool_call>'
    for body in (wire.said(None, "tool_calls", tool_calls=[entry]), wire.said(leak)):
        wire.answers(body)
        got = await models().ask(question(reads=True))
        assert (got.calls, got.unknown_tools) == ((), ("delete_pod",))
        assert "There is no tool delete_pod" in got.problem


async def test_arguments_that_do_not_fit_are_refused(wire: Any, models: Make, question: Make) -> None:
    """A call without a required argument is not handed on."""
    entry = {"id": "1", "function": {"name": "request_reads", "arguments": '{"lines": 5}'}}
    wire.answers(wire.said(None, "tool_calls", tool_calls=[entry]))
    got = await models().ask(question(reads=True))
    assert got.calls == ()
    assert "kind" in got.problem


async def test_a_call_beside_an_answer_gives_both(wire: Any, models: Make, question: Make) -> None:
    """The node decides what counts."""
    entry = {"id": "1", "function": {"name": "request_reads", "arguments": {"kind": "Node"}}}
    wire.answers(wire.said(RIGHT, tool_calls=[entry]))
    got = await models().ask(question(reads=True))
    assert got.answer == RIGHT and len(got.calls) == 1


# --- methods and what is refused ----------------------------------------------------------------------------


def refusing(wire: Any, **words: str) -> None:
    """The server answers 400 to requests that have one of the fields."""

    def rule(request: dict[str, Any]) -> Any:
        for field, said in words.items():
            kind = (request.get("response_format") or {}).get("type")
            if field in request or field == kind:
                return wire.refusal(400, said)
        return None

    wire.rule = rule
    wire.answers(wire.said(RIGHT))


async def test_a_refused_method_leads_to_the_next_one_and_is_remembered(
    wire: Any, models: Make, question: Make
) -> None:
    """json_schema, then json_object with the schema in the prompt, then words; asked once, not each time."""
    refusing(wire, json_schema="This response_format type is unavailable now")
    asked = models()
    assert asked.limits("small").fixed_schema is True
    got = await asked.ask(question())
    assert got.answer == RIGHT and "json_schema" in told(got)
    assert wire.last["response_format"] == {"type": "json_object"}
    assert '"cause"' in wire.last["messages"][1]["content"] and "JSON" in wire.last["messages"][1]["content"]
    assert len(wire.requests) == 2
    again = await asked.ask(question())
    assert (len(wire.requests), again.notes) == (3, ())
    assert asked.limits("small").fixed_schema is False
    refusing(wire, json_schema="response_format", json_object="response_format")
    got = await asked.ask(question())
    assert got.answer == RIGHT and "response_format" not in wire.last


async def test_a_schema_that_the_prompt_shows_is_not_added(
    wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """The node's own wording of the schema is enough."""
    wire.answers(wire.said(RIGHT))
    asked = models(profile(methods=["json_object"]))
    await asked.ask(question(system='Answer with JSON: {"cause": …, "rank": …}'))
    assert wire.last["messages"][1]["content"] == "Pod web-0 does not start."


async def test_refused_tools_are_asked_for_in_words(wire: Any, models: Make, question: Make) -> None:
    """R1 behind a 400: the tool is described in the prompt, and its call read from the text."""
    refusing(wire, tools="Value error, current model does not support function calling")
    wire.answers(wire.said('{"name": "request_reads", "arguments": {"kind": "Node"}}'))
    asked = models()
    got = await asked.ask(question(reads=True))
    assert [(call.name, call.args) for call in got.calls] == [("request_reads", {"kind": "Node"})]
    assert "request_reads: Ask for more reads." in wire.last["messages"][1]["content"]
    assert asked.limits("small").native_tools is False
    assert wire.last["response_format"]["type"] == "json_schema"


async def test_a_refusal_without_words_is_found_out(wire: Any, models: Make, question: Make) -> None:
    """400 with an empty body: tools go first, as what is refused most."""
    wire.rule = lambda request: wire.reply(b"", 400) if "tools" in request else None
    wire.answers(wire.said(RIGHT))
    assert (await models().ask(question(reads=True))).answer == RIGHT


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        (
            {"thinking_switch": "enable_thinking"},
            "enable_thinking",
            "model does not support parameter enable_thinking",
        ),
        ({"thinking_switch": "thinking"}, "thinking", "unknown field: thinking"),
        ({}, "max_tokens", "Unsupported parameter: use 'max_completion_tokens' instead of 'max_tokens'"),
        ({}, "temperature", "temperature: only the default (1) is supported"),
        ({"stream": True}, "stream_options", "stream_options: extra fields not permitted"),
    ],
)
async def test_other_refused_parts_are_left_out(
    changes: dict[str, Any], field: str, words: str, wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """Each refusal takes away what it names, and only that."""
    refusing(wire, **{field: words})
    if "stream" in changes:
        events = [wire.chunk(content=json.dumps(RIGHT)), wire.chunk("stop")]
        wire.answers(wire.reply(events=events))
    got = await models(profile(**changes)).ask(question())
    assert got.answer == RIGHT and len(got.notes) == 1
    assert field in wire.requests[0] and field not in wire.last
    assert wire.last["response_format"]["type"] == "json_schema"


async def test_a_server_that_does_not_stream_is_asked_without(
    wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """A whole body in place of events is not taken for an empty answer."""
    wire.answers(wire.said(RIGHT))
    got = await models(profile(stream=True)).ask(question())
    assert got.answer == RIGHT and "does not stream" in told(got)


async def test_the_answer_as_arguments_of_a_tool(
    wire: Any, models: Make, profile: Make, question: Make
) -> None:
    """function_calling: the answer is the call's arguments; prose in its place is read as far as it can be."""
    entry = {"id": "1", "function": {"name": "diagnosis", "arguments": json.dumps(RIGHT)}}
    wire.answers(wire.said(None, "tool_calls", tool_calls=[entry]))
    asked = models(profile(methods=["function_calling"]))
    got = await asked.ask(question())
    assert (got.answer, got.calls, got.unknown_tools) == (RIGHT, (), ())
    assert wire.last["tool_choice"]["function"]["name"] == "diagnosis"
    await asked.ask(question(reads=True))
    assert wire.last["tool_choice"] == "required"
    wire.answers(wire.said("I cannot say."))
    assert (await asked.ask(question())).answer is None


async def test_500_for_a_format_that_a_server_does_not_know(wire: Any, models: Make, question: Make) -> None:
    """llama_cpp.server answers 500 to json_schema: the second one in a row leads to the next method. It may have
    been an overload, so that is not remembered."""
    wire.rule = lambda r: (
        wire.refusal(500, "oops") if (r.get("response_format") or {}).get("type") == "json_schema" else None
    )
    wire.answers(wire.said(RIGHT))
    asked = models()
    got = await asked.ask(question())
    assert got.answer == RIGHT and "failed twice with json_schema" in told(got)
    assert asked.limits("small").fixed_schema is True
    assert [r["response_format"]["type"] for r in wire.requests] == [
        "json_schema",
        "json_schema",
        "json_object",
    ]
