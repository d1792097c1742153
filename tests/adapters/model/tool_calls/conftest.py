"""Tools that the tests bind, and the notations of the families, written from their grammar."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

Args = Mapping[str, Any]

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
STRINGS = {"type": "array", "items": STRING}


def parameters(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


READ = parameters(["kind", "name"], kind=STRING, name=STRING, namespace=STRING, tail=INTEGER)
TOOLS: dict[str, dict[str, Any]] = {
    "pod_logs": parameters(
        *(["pod", "namespace"],),
        pod=STRING,
        namespace=STRING,
        container=STRING,
        lines=INTEGER,
        previous={"type": "boolean"},
    ),
    "list_objects": parameters(
        ["kind"], kind=STRING, namespace=STRING, labels={"type": "object"}, limit=INTEGER
    ),
    "metrics": parameters(["expr"], expr=STRING, hours={"type": "number"}),
    "runbook": parameters(["text"], text=STRING, tags=STRINGS, top=INTEGER),
    "request_reads": parameters(["reads"], reads={"type": "array", "items": READ}, reason=STRING),
    "ping": parameters([]),
    "node-usage": parameters(["node"], node=STRING),
    "mesh.route": parameters(["host"], host=STRING),
}


@pytest.fixture(scope="session")
def tools() -> dict[str, dict[str, Any]]:
    """Names to the JSON Schemas of their arguments."""
    return TOOLS


@dataclass(frozen=True)
class Notation:
    """How one family writes one call."""

    name: str
    write: Callable[[str, Args], str]
    raw: tuple[str, ...] = ()
    """What strings must not hold, because the notation has no way to write it: its own tags around raw text."""
    trims: bool = False
    """White space around a raw value may belong to the notation."""
    thinks: bool = True
    """A tag of reasoning in a string is known for data."""


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else dumped(value)


def call_object(name: str, args: Args, key: str = "arguments") -> str:
    return dumped({"name": name, key: args})


def as_json(before: str, after: str, key: str = "arguments") -> Callable[[str, Args], str]:
    return lambda name, args: before + call_object(name, args, key) + after


def as_list(before: str, after: str) -> Callable[[str, Args], str]:
    return lambda name, args: f"{before}[{call_object(name, args)}]{after}"


def named(before: str, after: str, between: str = "") -> Callable[[str, Args], str]:
    return lambda name, args: before + name + between + dumped(args) + after


def elements(call: str, argument: str, end: str) -> Callable[[str, Args], str]:
    """`call`, `argument` and `end` with {name}, {key}, {value}; values are raw text, or JSON if they are no text."""

    def write(name: str, args: Args) -> str:
        body = "".join(
            argument.replace("{string}", "true" if isinstance(value, str) else "false")
            .replace("{key}", key)
            .replace("{value}", text_of(value))
            for key, value in args.items()
        )
        return call.replace("{name}", name) + body + end

    return write


def pythonic(before: str, after: str) -> Callable[[str, Args], str]:
    return lambda name, args: before + f"{name}({', '.join(f'{k}={v!r}' for k, v in args.items())})" + after


def gemma_value(value: Any, quote: str) -> str:
    if isinstance(value, str):
        return quote + value + quote
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{gemma_value(item, quote)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(gemma_value(item, quote) for item in value) + "]"
    return dumped(value)


def gemma(before: str, after: str, quote: str) -> Callable[[str, Args], str]:
    return lambda name, args: f"{before}call:{name}{gemma_value(dict(args), quote)}{after}"


def react(name: str, args: Args) -> str:
    return f"Thought: look closer.\nAction: {name}\nAction Input: {dumped(args)}"


def envelope(name: str, args: Args) -> str:
    function = {"name": name, "arguments": json.dumps(args)}
    return dumped({"tool_calls": [{"id": "call_1", "type": "function", "function": function}]})


V3 = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>"
V3_END = "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
K2 = "<|tool_calls_section_begin|><|tool_call_begin|>functions."
K2_END = "<|tool_call_end|><|tool_calls_section_end|>"
K3_ARGUMENT = '<|open|>argument key="{key}" type="string"<|sep|>{value}<|close|>argument<|sep|>'
M3 = "]<]minimax[>["
DSML = '<｜DSML｜parameter name="{key}" string="{string}">{value}</｜DSML｜parameter>\n'
HARMONY = "<|channel|>analysis<|message|>Look.<|end|><|start|>assistant<|channel|>commentary to=functions."
XML_TAGS = ("<param", "</param", "</invoke", "</function", "<invoke", "<function")

NOTATIONS = [
    Notation("hermes", as_json("<tool_call>\n", "\n</tool_call>")),
    Notation("hermes_list", as_list("<tool_call>", "</tool_call>")),
    Notation("function_call", as_json("<function_call> ", "")),
    Notation("tools", as_json("<tools>\n", "\n</tools>")),
    Notation("longcat", as_json("<longcat_tool_call>", "</longcat_tool_call>")),
    Notation("doubao", as_list("<|FunctionCallBegin|>", "<|FunctionCallEnd|>")),
    Notation("lm_studio", as_json("[TOOL_REQUEST]\n", "\n[END_TOOL_REQUEST]")),
    Notation("llama3", as_json("<|python_tag|>", "<|eom_id|>", "parameters")),
    Notation("llama3_tag", named("<function=", "</function>", ">")),
    Notation("bare", as_json("", "", "parameters")),
    Notation("bare_at_end", as_json("I look closer:\n\n", ""), thinks=False),
    Notation("fence", as_json("I look closer.\n```json\n", "\n```\n"), thinks=False),
    Notation("envelope", envelope),
    Notation("mistral_v3", as_list("[TOOL_CALLS] ", "")),
    Notation("mistral_v11", named("[TOOL_CALLS]", "", "[ARGS]")),
    Notation("deepseek_v3", named(f"{V3}function<｜tool▁sep｜>", f"\n```{V3_END}", "\n```json\n")),
    Notation("deepseek_v3_skipped", named("function", "\n```", "\n```json\n"), thinks=False),
    Notation("deepseek_v31", named(V3, V3_END, "<｜tool▁sep｜>")),
    Notation("deepseek_v31_skipped", named("", ""), thinks=False),
    Notation("kimi_k2", named(K2, K2_END, ":0<|tool_call_argument_begin|>")),
    Notation("kimi_k2_skipped", named("functions.", "", ":0"), thinks=False),
    Notation("harmony", named(HARMONY, "<|call|>", " <|constrain|>json<|message|>")),
    Notation(
        "harmony_skipped", named("analysisLook.assistantcommentary to=functions.", "", " json"), thinks=False
    ),
    Notation("internlm", as_json("<|action_start|> <|plugin|>\n", "<|action_end|>", "parameters")),
    Notation("granite", as_list("<|tool_call|>", "")),
    Notation("functools", as_list("functools", "")),
    Notation("nemotron", as_list("<TOOLCALL>", "</TOOLCALL>")),
    Notation("pythonic", pythonic("[", "]"), thinks=False),
    Notation("llama4", pythonic("<|python_start|>[", "]<|python_end|>")),
    Notation("lfm2", pythonic("<|tool_call_start|>[", "]<|tool_call_end|>")),
    Notation("gemma4", gemma("<|tool_call>", "<tool_call|>", '<|"|>'), ('<|"|>',)),
    Notation(
        "functiongemma", gemma("<start_function_call>", "<end_function_call>", "<escape>"), ("<escape>",)
    ),
    Notation("react", react, thinks=False),
    Notation(
        "qwen3_coder",
        elements(
            "<tool_call>\n<function={name}>\n",
            "<parameter={key}>\n{value}\n</parameter>\n",
            "</function>\n</tool_call>",
        ),
        XML_TAGS,
        thinks=False,
    ),
    Notation(
        "seed_oss",
        elements(
            "<seed:tool_call>\n<function={name}>\n",
            "<parameter={key}>{value}</parameter>\n",
            "</function>\n</seed:tool_call>",
        ),
        XML_TAGS,
        trims=True,
        thinks=False,
    ),
    Notation(
        "minimax_m2",
        elements(
            '<minimax:tool_call>\n<invoke name="{name}">\n',
            '<parameter name="{key}">{value}</parameter>\n',
            "</invoke>\n</minimax:tool_call>",
        ),
        XML_TAGS,
        trims=True,
        thinks=False,
    ),
    Notation(
        "dsml",
        elements(
            '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="{name}">\n',
            DSML,
            "</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
        ),
        ("DSML", *XML_TAGS),
        trims=True,
        thinks=False,
    ),
    Notation(
        "glm",
        elements(
            "<tool_call>{name}\n",
            "<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n",
            "</tool_call>",
        ),
        ("arg_", "</tool_call>"),
        trims=True,
        thinks=False,
    ),
    Notation(
        "kimi_k3",
        elements(
            '<|open|>tools<|sep|><|open|>call tool="{name}" index="1"<|sep|>',
            K3_ARGUMENT,
            "<|close|>call<|sep|>",
        ),
        ("<|open|>", "<|close|>"),
        thinks=False,
    ),
    Notation(
        "minimax_m3",
        elements(
            f'{M3}<tool_call>{M3}<invoke name="{{name}}">',
            f"{M3}<{{key}}>{{value}}{M3}</{{key}}>",
            f"{M3}</invoke>{M3}</tool_call>",
        ),
        ("]<]",),
        trims=True,
        thinks=False,
    ),
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `notation` runs once for every family."""
    if "notation" in metafunc.fixturenames:
        some = [one for one in NOTATIONS if one.thinks or "thinks" not in metafunc.fixturenames]
        metafunc.parametrize("notation", some, ids=[one.name for one in some])


@pytest.fixture(scope="session")
def thinks() -> bool:
    """Asked for by tests that only concern notations in which a tag of reasoning can be known for data."""
    return True
