"""Reasoning is told from the answer in every spelling, and never lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kubetriage.adapters.model.tool_calls import recover_tool_calls, split_reasoning

Tools = Mapping[str, Mapping[str, Any]]

SPELLINGS = [
    *(("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<Thought>", "</Thought>"), ("[THINK]", "[/THINK]")),
    *(("<reasoning>", "</reasoning>"), ("<seed:think>", "</seed:think>"), ("◁think▷", "◁/think▷")),
    *(("<|START_THINKING|>", "<|END_THINKING|>"), ("<|begin_of_thought|>", "<|end_of_thought|>")),
    *(("<|channel>thought\n", "<channel|>"), ("<|open|>think<|sep|>", "<|close|>think<|sep|>")),
    *(("<think:opensource>", "</think:opensource>"), ("<ifm|think>", "</ifm|think>")),
    *(("<|inner_prefix|>", "<|inner_suffix|>"), ('<think type="x">', "</think>")),
]  # fmt: skip


@pytest.mark.parametrize(("opening", "closing"), SPELLINGS)
def test_a_block_of_reasoning(opening: str, closing: str) -> None:
    """What stands between the tags is reasoning, the rest is the answer."""
    assert split_reasoning(f"{opening}It restarts.{closing}\n\nThe node is full.") == (
        "The node is full.",
        "It restarts.",
    )


@pytest.mark.parametrize(("opening", "closing"), SPELLINGS)
def test_a_closing_tag_alone(opening: str, closing: str) -> None:
    """Where the prompt's template opened it, all before the closing tag is reasoning."""
    assert split_reasoning(f"It restarts.{closing}The node is full.") == ("The node is full.", "It restarts.")


@pytest.mark.parametrize(("opening", "closing"), SPELLINGS)
def test_an_opening_tag_alone(opening: str, closing: str) -> None:
    """Reasoning that is never closed goes to the end."""
    assert split_reasoning(f"{opening}It restarts.") == ("", "It restarts.")
    assert split_reasoning(f"The node is full. {opening}Or not?") == ("The node is full.", "Or not?")


def test_a_field_of_its_own_comes_first() -> None:
    """`reasoning_content` and what stands in the content are both kept."""
    assert split_reasoning("<think>b</think>c", "a") == ("c", "a\n\nb")
    assert split_reasoning("c", "a") == ("c", "a")
    assert split_reasoning(None, None) == ("", "")
    assert split_reasoning("c", "") == ("c", "")


def test_several_blocks() -> None:
    """Thoughts between parts of an answer are taken out, the parts stay."""
    assert split_reasoning("<think>1</think>a <think>2</think>b") == ("a b", "1\n\n2")


def test_channels() -> None:
    """Of gpt-oss's channels analysis is reasoning and final the answer, marks or none."""
    marked = "<|channel|>analysis<|message|>It restarts.<|end|><|start|>assistant<|channel|>final<|message|>Full.<|return|>"
    assert split_reasoning(marked) == ("Full.", "It restarts.")
    assert split_reasoning("analysisIt restarts.assistantfinalFull.") == ("Full.", "It restarts.")
    preamble = (
        "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>final<|message|>Full."
    )
    assert split_reasoning(preamble) == ("I look.\n\nFull.", "")
    assert split_reasoning("<|channel|>analysis<|message|>cut off in") == ("", "cut off in")


def test_tags_in_strings_and_code_are_none() -> None:
    """A tag in an answer's JSON, or shown as code, ends nothing."""
    document = '{"summary": "it printed <think> and </think>, then stopped"}'
    assert split_reasoning(document) == (document, "")
    shown = "The log shows `<think>` once."
    assert split_reasoning(shown) == (shown, "")


def test_calls_stay_in_the_answer(tools: Tools) -> None:
    """A call stays in the answer as it was written, and one in the reasoning is never found."""
    call = '<tool_call>{"name": "ping", "arguments": {}}</tool_call>'
    answer, reasoning = split_reasoning(f"<think>or {call}?</think>{call}")
    assert (answer, reasoning) == (call, f"or {call}?")
    assert len(recover_tool_calls(answer, tools).calls) == 1
    got = recover_tool_calls(f"<think>x</think>I ask.\n{call}", tools)
    assert (got.text, [one.name for one in got.calls]) == ("I ask.", ["ping"])
    assert recover_tool_calls("<think>x</think>Only text.", tools).text == "Only text."
