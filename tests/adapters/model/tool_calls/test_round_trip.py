"""Whatever the arguments are, a call written in a family's notation comes back as it was, or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kubetriage.adapters.model.tool_calls import recover_tool_calls, split_reasoning

Tools = Mapping[str, Mapping[str, Any]]
Written = tuple[str, dict[str, Any]]


class Notation(Protocol):
    name: str
    raw: tuple[str, ...]
    trims: bool
    thinks: bool

    def write(self, name: str, args: Mapping[str, Any]) -> str: ...


MARKS = st.sampled_from(
    [
        *(
            "<tool_call>",
            "</tool_call>",
            "<function=ping>",
            "</function>",
            "</parameter>",
            "<parameter=x>",
            '<invoke name="ping"/>',
        ),
        *(
            "```",
            "\n```\n",
            "```json\n",
            "{",
            "}",
            "[",
            "]",
            '"',
            "'",
            "\\",
            "\n",
            "\\n",
            "\t",
            "|",
            "`",
            "<",
            ">",
            "(",
            ")",
            ",",
            ":",
        ),
        *(
            "<｜tool▁call▁end｜>",
            "<|tool_call_end|>",
            "<|call|>",
            "[TOOL_CALLS]",
            "<|python_tag|>",
            "</arg_value>",
            "<|im_end|>",
        ),
        *(
            '{"name": "ping", "arguments": {}}',
            "ping{}",
            "[ping()]",
            "functions.ping:0{}",
            "function ping\n```json\n{}\n```",
        ),
        *(
            "<function=ping></function>",
            "<tool_call>ping\n</tool_call>",
            "Action: ping\nAction Input: {}",
            "; ",
            "null",
            "40",
        ),
        *("日志", "🚀", "é", "'", '"""', "\\u0041", "&lt;", 'rate(x{job="a",code=~"5.."}[5m]) > 0.1'),
    ]
)
THINKING = st.sampled_from(
    ["<think>", "</think>", "[THINK]", "Observation: x", "<tool_response>", "\nObservation: 1\n"]
)


def strings(marks: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(st.text(max_size=6), marks), max_size=5).map("".join)


def arguments(string: st.SearchStrategy[str]) -> st.SearchStrategy[Written]:
    """A tool and arguments that satisfy its schema."""
    whole = st.integers(-(10**9), 10**9)
    number = st.one_of(whole, st.floats(allow_nan=False, allow_infinity=False, width=32))
    read = st.fixed_dictionaries(
        {"kind": string, "name": string}, optional={"namespace": string, "tail": whole}
    )
    tools = {
        "pod_logs": st.fixed_dictionaries(
            {"pod": string, "namespace": string},
            optional={"container": string, "lines": whole, "previous": st.booleans()},
        ),
        "list_objects": st.fixed_dictionaries(
            {"kind": string},
            optional={
                "labels": st.dictionaries(st.from_regex(r"\A[a-z]{1,6}\Z"), string, max_size=3),
                "limit": whole,
            },
        ),
        "metrics": st.fixed_dictionaries({"expr": string}, optional={"hours": number}),
        "runbook": st.fixed_dictionaries(
            {"text": string}, optional={"tags": st.lists(string, max_size=3), "top": whole}
        ),
        "request_reads": st.fixed_dictionaries(
            {"reads": st.lists(read, max_size=3)}, optional={"reason": string}
        ),
        "ping": st.just({}),
        "node-usage": st.fixed_dictionaries({"node": string}),
        "mesh.route": st.fixed_dictionaries({"host": string}),
    }
    return st.one_of(*(st.tuples(st.just(name), args) for name, args in tools.items()))


def every_string(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for item in inner for text in every_string(item)]


def expressible(notation: Notation, args: Mapping[str, Any]) -> bool:
    """False for strings that the notation has no way to write: its own tags in raw text, breaks at its edges."""
    texts = every_string(args)
    if notation.raw and any(tag in text for tag in (*notation.raw, "\r\n") for text in texts):
        return False
    edges = [text for text in args.values() if isinstance(text, str)] if notation.trims else []
    return not any(text != text.strip() or text.startswith("\\n") for text in edges)


quick = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


@quick
@given(written=arguments(strings(MARKS)))
def test_a_written_call_comes_back(notation: Notation, tools: Tools, written: Written) -> None:
    """Any arguments, marks and quotes in their strings included, are recovered unchanged in every notation."""
    name, args = written
    assume(expressible(notation, args))
    got = recover_tool_calls(notation.write(name, args), tools)
    assert [(call.name, call.args) for call in got.calls] == [(name, args)]
    assert got.unknown == []


@quick
@given(written=arguments(strings(st.one_of(MARKS, THINKING))))
def test_tags_of_reasoning_in_strings_are_data(
    notation: Notation, thinks: bool, tools: Tools, written: Written
) -> None:
    """Where strings are quoted between marks, tags of reasoning and of tool answers in them change nothing."""
    name, args = written
    assume(thinks and expressible(notation, args))
    got = recover_tool_calls(notation.write(name, args), tools)
    assert [(call.name, call.args) for call in got.calls] == [(name, args)]


@quick
@given(written=arguments(strings(MARKS)), data=st.data())
def test_what_is_cut_off_is_never_changed(
    notation: Notation, tools: Tools, written: Written, data: st.DataObject
) -> None:
    """Cut at any character a call is lost, or has the arguments that stood complete before the cut, unchanged."""
    name, args = written
    assume(expressible(notation, args))
    text = notation.write(name, args)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    got = recover_tool_calls(cut, tools)
    for call in got.calls:
        assert call.name == name
        assert subset(call.args, args), (cut, call.args)
    assert len(got.calls) <= 1
    assert recover_tool_calls(cut, tools, "length").calls == []


def subset(some: Mapping[str, Any], every: Mapping[str, Any]) -> bool:
    return all(key in every and every[key] == value for key, value in some.items())


@quick
@given(written=arguments(strings(MARKS)))
def test_the_answer_alone_yields_the_same(notation: Notation, tools: Tools, written: Written) -> None:
    """Calls survive the separation of reasoning: the answer that it leaves yields the same calls."""
    name, args = written
    assume(expressible(notation, args))
    text = notation.write(name, args)
    answer, _ = split_reasoning(text)
    assert recover_tool_calls(answer, tools).calls == recover_tool_calls(text, tools).calls
    assert json.dumps(recover_tool_calls(answer, tools).unknown) == "[]"
