"""What changes nothing about a content changes nothing about its calls, and what quotes it takes them away."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from kubetriage.adapters.model.tool_calls import recover_tool_calls

Tools = Mapping[str, Mapping[str, Any]]
Change = Callable[[str], str]

LINES = (Path(__file__).parent / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
VECTORS = [vector for vector in map(json.loads, LINES) if "finish_reason" not in vector]

SAME: dict[str, Change] = {
    "thoughts before": lambda text: f"<think>\nfirst the log\n</think>\n\n{text}",
    "thoughts that the template opened": lambda text: f"first the log\n</think>\n\n{text}",
    "carriage returns": lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n"),
    "white space around": lambda text: f"\n \n{text}\n\n  ",
    "end of the turn": lambda text: text + "<|im_end|>",
    "beginning of the turn": lambda text: "<|im_start|>assistant\n" + text,
}
NONE: dict[str, Change] = {
    "in thoughts": lambda text: f"<think>{text}</think>Nothing to do.",
    "behind an invented answer": lambda text: f"<tool_response>\nok\n</tool_response>\n{text}",
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME.keys())
def test_what_changes_nothing(change: Change, tools: Tools) -> None:
    """Thoughts before it, white space and the tokens of a turn leave a content's calls as they are."""
    for vector in VECTORS:
        plain = recover_tool_calls(vector["content"], tools)
        varied = recover_tool_calls(change(vector["content"]), tools)
        assert [(one.name, one.args) for one in varied.calls] == [
            (one.name, one.args) for one in plain.calls
        ], vector["id"]


@pytest.mark.parametrize("change", NONE.values(), ids=NONE.keys())
def test_what_takes_the_calls_away(change: Change, tools: Tools) -> None:
    """In thoughts and behind an invented answer of a tool no content has calls."""
    for vector in VECTORS:
        if "think" not in vector["content"].lower() and vector["format"] not in ("kimi_k3", "reasoning"):
            assert recover_tool_calls(change(vector["content"]), tools).calls == [], vector["id"]


def test_a_length_that_was_reached_takes_all_away(tools: Tools) -> None:
    """Whatever the content is, nothing is recovered when it was cut off by its length."""
    for vector in VECTORS:
        for reason in ("length", "max_tokens", "content_filter"):
            got = recover_tool_calls(vector["content"], tools, reason)
            assert (got.calls, got.unknown, got.refused) == ([], [], [])


def test_a_tool_that_is_not_bound_is_never_called(tools: Tools) -> None:
    """The same contents without tools yield no call, whatever they hold."""
    assert all(recover_tool_calls(vector["content"], {}).calls == [] for vector in VECTORS)
