"""The work on a content is bounded, and what holds no call yields none."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubetriage.adapters.model.tool_calls import recover_tool_calls, split_reasoning

Tools = Mapping[str, Mapping[str, Any]]
MOST = 65_536
SECONDS = 0.1

PIECES = [
    *("<tool_call>", "</tool_call>", "<tools>", "<function=ping>", "<parameter=a>", "</parameter>", "<invoke name=\"a\">"),
    *("<｜tool▁calls▁begin｜>", "<｜DSML｜invoke name=\"pod_logs\">", "<｜", "<|", "<", "<a_", "[TOOL_CALLS]", "functools["),
    *("]<]minimax[>[<tool_call>", "]<]minimax[>[<a>", "<arg_key>a</arg_key><arg_value>", "</arg_value>", "<|open|>"),
    *("<|channel|>commentary", "<|channel|>analysis<|message|>", "<|start|>assistant", "analysis", "assistantfinal"),
    *("{", "[", '{"a":', "[{", '"', "'", "`", "```json\n", "~~~\n", "\\", '\\"', "(", "f(a=1,", "[f(a=1), "),
    *("Action: x\n", "Action: ping\n", "Observation:", "functions.", "pod_logs{", "pod_logs", "call:pod_logs{", "ping\n"),
    *("<think>", "</think>", "\n", " ", "\\n", "a", "- ", "1. ", "> ", "|", ". [", ".\n", "<code", "“", "é", "\ud800"),
    *('<tool_call>{"name": "x", "arguments": {"a": "', '{"name":"ping","arguments":{}}\n', "functionping\n```json\n"),
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("before", ["", "</think>", '<tool_call>{"name": "runbook", "arguments": {"text": "'])
def test_repetition_takes_no_time(piece: str, before: str, tools: Tools) -> None:
    """64 Ki characters of any mark, bracket or quote over and over are read within a tenth of a second."""
    text = (before + piece * (MOST // len(piece) + 1))[:MOST]
    recover_tool_calls("<tool_call>", tools)
    started = time.thread_time()
    recover_tool_calls(text, tools)
    recovering = time.thread_time() - started
    split_reasoning(text)
    assert recovering < 10 * SECONDS
    assert time.thread_time() - started < 20 * SECONDS


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(unit=st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), min_size=1, max_size=12))
def test_mixtures_take_no_time(unit: list[str], tools: Tools) -> None:
    """Nor do mixtures of them, which moreover never raise."""
    repeated = "".join(unit) or "x"
    text = (repeated * (MOST // len(repeated) + 1))[:MOST]
    started = time.thread_time()
    recover_tool_calls(text, tools)
    assert time.thread_time() - started < 20 * SECONDS


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
def test_nothing_raises(text: str, tools: Tools) -> None:
    """Whatever the content is, both functions return, and what they return can be written as JSON."""
    got = recover_tool_calls(text, tools)
    assert json.dumps([call.args for call in got.calls]) is not None
    answer, reasoning = split_reasoning(text, text)
    assert isinstance(answer, str) and isinstance(reasoning, str)


WORDS = st.sampled_from(
    [
        "the",
        "pod_logs",
        "of",
        "ping",
        "restart",
        "because",
        "a",
        "function",
        "call",
        "tool",
        "action",
        "metrics",
        "runbook",
        "Action:",
        "input",
        "{a}",
        "[b]",
        "(c)",
        "<d>",
        "`ping`",
        "*x*",
        "#",
        "-",
        "|",
        ">",
        "3.",
        "null",
        "true",
        "0.5",
        "node-usage:",
        "arguments",
        "name",
        "=",
        "é",
        "日志",
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.lists(WORDS, max_size=10).map(" ".join), max_size=8))
def test_prose_holds_no_call(lines: list[str], tools: Tools) -> None:
    """Sentences, headings, lists and tables about the tools are no calls, and name no unknown ones."""
    got = recover_tool_calls("\n".join(lines), tools)
    assert got.calls == []


KEYS = st.sampled_from(
    ["name", "kind", "metadata", "spec", "items", "summary", "status", "ping", "labels", "type"]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from(["ping", "pod_logs", "", "x"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES, fenced=st.booleans(), indent=st.sampled_from([None, 2]))
def test_documents_hold_no_call(value: Any, fenced: bool, indent: int | None, tools: Tools) -> None:
    """JSON without a name and arguments is a document, even if it names a tool."""
    text = json.dumps(value, indent=indent)
    got = recover_tool_calls(f"```json\n{text}\n```" if fenced else text, tools)
    assert got.calls == [] and got.unknown == []


def test_more_than_sixteen_calls_are_not_read(tools: Tools) -> None:
    """Of a model that cannot stop the first sixteen calls are taken."""
    call = '<tool_call>{"name": "ping", "arguments": {}}</tool_call>\n'
    assert len(recover_tool_calls(call * 40, tools).calls) == 16
    assert len(recover_tool_calls('{"name": "ping", "arguments": {}}\n' * 40, tools).calls) <= 16


def test_a_longer_content_is_not_read(tools: Tools) -> None:
    """Beyond 64 Ki characters nothing is recovered."""
    call = '<tool_call>{"name": "ping", "arguments": {}}</tool_call>'
    assert recover_tool_calls(call.ljust(MOST), tools).calls
    assert recover_tool_calls(call.ljust(MOST + 1), tools).calls == []


def test_nesting_is_bounded(tools: Tools) -> None:
    """Brackets in brackets without end are refused, not followed into the depth of the stack."""
    for opening, closing in [("[", "]"), ('{"a":', "}"), ("(", ")"), ("-", "")]:
        nested = opening * 5_000 + "1" + closing * 5_000
        for content in (
            nested,
            f'<tool_call>{{"name": "ping", "arguments": {nested}}}</tool_call>',
            f"[ping(a={nested})]",
        ):
            assert recover_tool_calls(content, tools).calls == []
