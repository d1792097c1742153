"""Calls written into the text look as the model families write them, and can be read again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.adapters.model import recover_tool_calls
from kubetriage.adapters.model.fake import Reply, ScriptedServer, ToolCall
from kubetriage.adapters.model.fake.leak_formats import FORMATS, family_format
from kubetriage.adapters.model.fake.leaks import LeakedCall, leaked
from kubetriage.domain.errors import BadSettings

Serve = Callable[..., ScriptedServer]
Ask = Callable[..., Any]

READ = LeakedCall("read_log", {"pod": "cart-1", "tail": 40})
INFO = LeakedCall("cluster_info", {})
MIXED = LeakedCall(
    "read_log",
    {"pod": 'a "b" {c}', "tail": 2, "previous": True, "kinds": ["节点", "<Pod>"], "options": {"x": 1}},
)
TOOLS: dict[str, dict[str, Any]] = {
    "read_log": {
        "type": "object",
        "properties": {
            "pod": {"type": "string"},
            "tail": {"type": "integer"},
            "previous": {"type": "boolean"},
            "kinds": {"type": "array", "items": {"type": "string"}},
            "options": {"type": "object"},
        },
        "required": ["pod"],
    },
    "cluster_info": {"type": "object", "properties": {}},
}
JSON_ARGUMENTS = '{"pod": "cart-1", "tail": 40}'
UNMARKED = {"apertus"}
"""Formats of which nothing tells a call from data once the special tokens are gone."""


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("hermes", f'<tool_call>\n{{"name": "read_log", "arguments": {JSON_ARGUMENTS}}}\n</tool_call>'),
        (
            "qwen3_coder",
            "<tool_call>\n<function=read_log>\n<parameter=pod>\ncart-1\n</parameter>\n"
            "<parameter=tail>\n40\n</parameter>\n</function>\n</tool_call>",
        ),
        (
            "deepseek_v3",
            f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>read_log\n```json\n{JSON_ARGUMENTS}\n"
            "```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        ),
        (
            "deepseek_v31",
            f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>read_log<｜tool▁sep｜>{JSON_ARGUMENTS}"
            "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        ),
        (
            "deepseek_v32",
            '<｜DSML｜function_calls>\n<｜DSML｜invoke name="read_log">\n'
            '<｜DSML｜parameter name="pod" string="true">cart-1</｜DSML｜parameter>\n'
            '<｜DSML｜parameter name="tail" string="false">40</｜DSML｜parameter>\n'
            "</｜DSML｜invoke>\n</｜DSML｜function_calls>",
        ),
        (
            "kimi_k2",
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.read_log:0<|tool_call_argument_begin|>"
            f"{JSON_ARGUMENTS}<|tool_call_end|><|tool_calls_section_end|>",
        ),
        (
            "glm45",
            "<tool_call>read_log\n<arg_key>pod</arg_key>\n<arg_value>cart-1</arg_value>\n"
            "<arg_key>tail</arg_key>\n<arg_value>40</arg_value>\n</tool_call>",
        ),
        ("llama3_json", f'<|python_tag|>{{"name": "read_log", "parameters": {JSON_ARGUMENTS}}}'),
        ("llama4_pythonic", "<|python_start|>[read_log(pod='cart-1', tail=40)]<|python_end|>"),
        ("mistral", f'[TOOL_CALLS] [{{"name": "read_log", "arguments": {JSON_ARGUMENTS}}}]'),
        ("mistral_v11", f"[TOOL_CALLS]read_log[ARGS]{JSON_ARGUMENTS}"),
        (
            "minimax_m2",
            '<minimax:tool_call>\n<invoke name="read_log">\n<parameter name="pod">cart-1</parameter>\n'
            '<parameter name="tail">40</parameter>\n</invoke>\n</minimax:tool_call>',
        ),
        (
            "harmony",
            "<|start|>assistant<|channel|>commentary to=functions.read_log <|constrain|>json<|message|>"
            f"{JSON_ARGUMENTS}<|call|>",
        ),
        ("react", f"Action: read_log\nAction Input: {JSON_ARGUMENTS}"),
        (
            "openai_envelope",
            '{"tool_calls": [{"id": "call_0", "type": "function", "function": {"name": "read_log", '
            '"arguments": "{\\"pod\\": \\"cart-1\\", \\"tail\\": 40}"}}]}',
        ),
    ],
)
def test_a_format_is_written_as_its_family_writes_it(form: str, text: str) -> None:
    """Markers, separators and encodings of arguments are those of the chat templates."""
    assert leaked([READ], form) == text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("deepseek_v3", f"functionread_log\n```json\n{JSON_ARGUMENTS}\n```"),
        ("deepseek_v31", f"read_log{JSON_ARGUMENTS}"),
        ("kimi_k2", f"functions.read_log:0{JSON_ARGUMENTS}"),
        ("harmony", f"assistantcommentary to=functions.read_log json{JSON_ARGUMENTS}"),
        ("llama3_json", f'{{"name": "read_log", "parameters": {JSON_ARGUMENTS}}}'),
        ("hermes", f'<tool_call>\n{{"name": "read_log", "arguments": {JSON_ARGUMENTS}}}\n</tool_call>'),
    ],
)
def test_what_is_left_when_special_tokens_are_skipped(form: str, text: str) -> None:
    """A server that skips special tokens leaves the rest of the text; Qwen's marks are no special tokens."""
    assert leaked([READ], form, strip_special=True) == text


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "calls", [[READ], [READ, INFO], [INFO], [MIXED]], ids=["one", "two", "bare", "mixed"]
)
def test_every_format_can_be_read_again(form: str, calls: list[LeakedCall]) -> None:
    """The parser of the product finds in each format the calls that were written, values and types included."""
    found = recover_tool_calls(leaked(calls, form), TOOLS)
    assert [(call.name, call.args) for call in found.calls] == [(call.name, call.arguments) for call in calls]


@pytest.mark.parametrize("form", sorted(set(FORMATS) - UNMARKED))
def test_every_format_can_be_read_without_its_special_tokens(form: str) -> None:
    """What servers leave that skip special tokens is enough to find the call."""
    found = recover_tool_calls(leaked([READ], form, strip_special=True), TOOLS)
    assert [(call.name, call.args) for call in found.calls] == [(READ.name, READ.arguments)]


@pytest.mark.parametrize(
    ("model", "form"),
    [
        ("Qwen/Qwen3-235B-A22B", "hermes"),
        ("Qwen/Qwen3-Coder-480B", "qwen3_coder"),
        ("deepseek-ai/DeepSeek-V3", "deepseek_v3"),
        ("deepseek-ai/DeepSeek-R1", "deepseek_v3"),
        ("deepseek-ai/DeepSeek-V3.1", "deepseek_v31"),
        ("moonshotai/Kimi-K2-Instruct", "kimi_k2"),
        ("zai-org/GLM-4.5", "glm45"),
        ("openai/gpt-oss-120b", "harmony"),
        ("something-else", "hermes"),
    ],
)
def test_a_model_leaks_in_its_own_format(serve: Serve, ask: Ask, model: str, form: str) -> None:
    """With `auto` the format follows from the model's name."""
    assert family_format(model) == form
    server = serve(
        [Reply(tool_calls=(ToolCall(name="read_log", arguments=dict(READ.arguments)),))],
        faults=[{"do": [{"leak": "auto"}]}],
    )
    message = ask(server, model=model).choices[0].message
    assert (message.content, message.tool_calls) == (leaked([READ], form), None)


def test_text_around_a_leak(serve: Serve, ask: Ask) -> None:
    """What the model said before the call stays before it; text can be put around."""
    call = ToolCall(name="read_log", arguments=dict(READ.arguments))
    server = serve(
        [Reply(text="Let me look.", tool_calls=(call,))],
        faults=[{"do": [{"leak": {"format": "bare_json", "after": "\n"}}]}],
    )
    content = ask(server).choices[0].message.content
    assert content == f"Let me look.\n\n{leaked([READ], 'bare_json')}\n"


def test_an_unknown_format() -> None:
    """A format that does not exist is named with those that do."""
    with pytest.raises(BadSettings, match="hermes"):
        leaked([READ], "klingon")
