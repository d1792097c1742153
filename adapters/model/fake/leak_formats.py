"""The formats in which model families write tool calls, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class LeakFormat:
    """`begin`, the calls joined by `between`, `end`.

    Places that are filled: {name}, {args}, {index} (from 0) and {number} (from 1) in `call`;
    {key}, {value}, {type} and {string} (true or false) in `tag`.
    """

    call: str
    begin: str = ""
    between: str = "\n"
    end: str = ""
    args: Literal["json", "pretty", "string", "python", "tags"] = "json"
    """`string`: JSON inside a JSON string. `tags`: one `tag` an argument, of which only the text is left."""
    tag: str = ""
    tag_between: str = "\n"
    bare: str | None = None
    """The call without arguments, where it is written differently."""
    special: tuple[str, ...] = ()
    """Tokens of the tokenizer that a server which skips special tokens leaves out, in this order."""


_JSON_CALL = '{"name": "{name}", "arguments": {args}}'
_PARAMETERS_CALL = '{"name": "{name}", "parameters": {args}}'
_DSML_CALL = '<｜DSML｜invoke name="{name}">\n{args}\n</｜DSML｜invoke>'
_DSML_TAG = '<｜DSML｜parameter name="{key}" string="{string}">{value}</｜DSML｜parameter>'
_DSML_BARE = '<｜DSML｜invoke name="{name}"/>'
_INVOKE = '<invoke name="{name}">\n{args}\n</invoke>'
_INVOKE_TAG = '<parameter name="{key}">{value}</parameter>'
_DEEPSEEK = (
    *("<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"),
    *("<｜tool▁calls▁end｜>", "<｜end▁of▁sentence｜>"),
)
_MINIMAX_3 = "]<]minimax[>["

FORMATS: dict[str, LeakFormat] = {
    # Hermes, Qwen2.5, Qwen3: their <tool_call> is no special token and stays
    "hermes": LeakFormat(call=f"<tool_call>\n{_JSON_CALL}\n</tool_call>"),
    "qwen_tools": LeakFormat(call=f"<tools>\n{_JSON_CALL}\n</tools>"),
    "function_call": LeakFormat(call=f"<function_call>\n{_JSON_CALL}\n</function_call>"),
    "fenced_json": LeakFormat(
        call='```json\n{\n  "name": "{name}",\n  "arguments": {args}\n}\n```', between="\n\n"
    ),
    "bare_json": LeakFormat(call=_JSON_CALL),
    "qwen3_coder": LeakFormat(
        call="<tool_call>\n<function={name}>\n{args}\n</function>\n</tool_call>",
        bare="<tool_call>\n<function={name}>\n</function>\n</tool_call>",
        args="tags",
        tag="<parameter={key}>\n{value}\n</parameter>",
        special=("<tool_call>\n", "\n</tool_call>"),
    ),
    "seed_oss": LeakFormat(
        call="<seed:tool_call>\n<function={name}>\n{args}\n</function>\n</seed:tool_call>",
        bare="<seed:tool_call>\n<function={name}>\n</function>\n</seed:tool_call>",
        args="tags",
        tag="<parameter={key}>{value}</parameter>",
        special=("<seed:tool_call>\n", "\n</seed:tool_call>"),
    ),
    "deepseek_v3": LeakFormat(
        begin="<｜tool▁calls▁begin｜>",
        call="<｜tool▁call▁begin｜>function<｜tool▁sep｜>{name}\n```json\n{args}\n```<｜tool▁call▁end｜>",
        end="<｜tool▁calls▁end｜>",
        special=_DEEPSEEK,
    ),
    "deepseek_v31": LeakFormat(
        begin="<｜tool▁calls▁begin｜>",
        call="<｜tool▁call▁begin｜>{name}<｜tool▁sep｜>{args}<｜tool▁call▁end｜>",
        between="",
        end="<｜tool▁calls▁end｜>",
        special=_DEEPSEEK,
    ),
    "deepseek_v32": LeakFormat(
        begin="<｜DSML｜function_calls>\n",
        call=_DSML_CALL,
        bare=_DSML_BARE,
        end="\n</｜DSML｜function_calls>",
        args="tags",
        tag=_DSML_TAG,
    ),
    "deepseek_v4": LeakFormat(
        begin="<｜DSML｜tool_calls>\n",
        call=_DSML_CALL,
        bare=_DSML_BARE,
        end="\n</｜DSML｜tool_calls>",
        args="tags",
        tag=_DSML_TAG,
    ),
    "kimi_k2": LeakFormat(
        begin="<|tool_calls_section_begin|>",
        call="<|tool_call_begin|>functions.{name}:{index}<|tool_call_argument_begin|>{args}<|tool_call_end|>",
        between="",
        end="<|tool_calls_section_end|>",
        special=(
            *("<|tool_calls_section_begin|>", "<|tool_call_begin|>", "<|tool_call_argument_begin|>"),
            *("<|tool_call_end|>", "<|tool_calls_section_end|>"),
        ),
    ),
    "kimi_k3": LeakFormat(
        begin="<|open|>tools<|sep|>",
        call='<|open|>call tool="{name}" index="{number}"<|sep|>{args}<|close|>call<|sep|>',
        between="",
        end="<|close|>tools<|sep|>",
        args="tags",
        tag='<|open|>argument key="{key}" type="{type}"<|sep|>{value}<|close|>argument<|sep|>',
        tag_between="",
    ),
    "glm45": LeakFormat(
        call="<tool_call>{name}\n{args}\n</tool_call>",
        bare="<tool_call>{name}\n</tool_call>",
        args="tags",
        tag="<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>",
    ),
    "llama3_json": LeakFormat(
        begin="<|python_tag|>", call=_PARAMETERS_CALL, between="; ", special=("<|python_tag|>", "<|eot_id|>")
    ),
    "llama31_function": LeakFormat(call="<function={name}>{args}</function>"),
    "pythonic": LeakFormat(begin="[", call="{name}({args})", between=", ", end="]", args="python"),
    "llama4_pythonic": LeakFormat(
        begin="<|python_start|>[",
        call="{name}({args})",
        between=", ",
        end="]<|python_end|>",
        args="python",
        special=("<|python_start|>", "<|python_end|>"),
    ),
    "olmo3": LeakFormat(
        begin="<function_calls>", call="{name}({args})", end="</function_calls>", args="python"
    ),
    "lfm2": LeakFormat(
        begin="<|tool_call_start|>[",
        call="{name}({args})",
        between=", ",
        end="]<|tool_call_end|>",
        args="python",
        special=("<|tool_call_start|>", "<|tool_call_end|>"),
    ),
    "mistral": LeakFormat(
        begin="[TOOL_CALLS] [", call=_JSON_CALL, between=", ", end="]", special=("[TOOL_CALLS] ",)
    ),
    "mistral_v11": LeakFormat(
        call="[TOOL_CALLS]{name}[ARGS]{args}", between="", special=("[TOOL_CALLS]", "[ARGS]")
    ),
    "minimax_m1": LeakFormat(begin="<tool_calls>\n", call=_JSON_CALL, end="\n</tool_calls>"),
    "minimax_m2": LeakFormat(
        begin="<minimax:tool_call>\n",
        call=_INVOKE,
        bare='<invoke name="{name}">\n</invoke>',
        end="\n</minimax:tool_call>",
        args="tags",
        tag=_INVOKE_TAG,
        special=("<minimax:tool_call>\n", "\n</minimax:tool_call>"),
    ),
    "minimax_m3": LeakFormat(
        begin=f"{_MINIMAX_3}<tool_call>",
        call=f'{_MINIMAX_3}<invoke name="{{name}}">{{args}}{_MINIMAX_3}</invoke>',
        between="",
        end=f"{_MINIMAX_3}</tool_call>",
        args="tags",
        tag=f"{_MINIMAX_3}<{{key}}>{{value}}{_MINIMAX_3}</{{key}}>",
        tag_between="",
    ),
    "invoke_xml": LeakFormat(
        begin="<function_calls>\n",
        call=_INVOKE,
        bare='<invoke name="{name}">\n</invoke>',
        end="\n</function_calls>",
        args="tags",
        tag=_INVOKE_TAG,
    ),
    "harmony": LeakFormat(
        call="<|start|>assistant<|channel|>commentary to=functions.{name} <|constrain|>json"
        "<|message|>{args}<|call|>",
        between="",
        special=("<|start|>", "<|channel|>", "<|constrain|>", "<|message|>", "<|call|>", "<|end|>"),
    ),
    "react": LeakFormat(call="Action: {name}\nAction Input: {args}"),
    "structured_chat": LeakFormat(
        call='```json\n{"action": "{name}", "action_input": {args}}\n```', between="\n\n"
    ),
    "openai_envelope": LeakFormat(
        begin='{"tool_calls": [',
        call='{"id": "call_{index}", "type": "function", '
        '"function": {"name": "{name}", "arguments": {args}}}',
        between=", ",
        end="]}",
        args="string",
    ),
    # rarer families
    "minicpm": LeakFormat(
        call='<function name="{name}">{args}</function>',
        args="tags",
        tag='<param name="{key}">{value}</param>',
        tag_between="",
    ),
    "functools": LeakFormat(begin="functools[", call=_JSON_CALL, between=", ", end="]"),
    "granite": LeakFormat(
        begin="<|tool_call|>[", call=_JSON_CALL, between=", ", end="]", special=("<|tool_call|>",)
    ),
    "internlm2": LeakFormat(
        call=f"<|action_start|> <|plugin|>\n{_PARAMETERS_CALL}<|action_end|>",
        special=("<|action_start|> <|plugin|>\n", "<|action_end|>"),
    ),
    "cohere": LeakFormat(
        begin="<|START_ACTION|>[\n",
        call='{"tool_call_id": "{index}", "tool_name": "{name}", "parameters": {args}}',
        between=",\n",
        end="\n]<|END_ACTION|>",
        special=("<|START_ACTION|>", "<|END_ACTION|>"),
    ),
    "jamba": LeakFormat(begin="<tool_calls>[", call=_JSON_CALL, between=", ", end="]</tool_calls>"),
    "longcat": LeakFormat(call=f"<longcat_tool_call>{_JSON_CALL}</longcat_tool_call>"),
    "apertus": LeakFormat(
        begin="<|tools_prefix|>[",
        call='{"{name}": {args}}',
        between=", ",
        end="]<|tools_suffix|>",
        special=("<|tools_prefix|>", "<|tools_suffix|>"),
    ),
}
"""By family; the first ones are what hosted Qwen, DeepSeek and Kimi models leak."""

FAMILIES: tuple[tuple[str, str], ...] = (
    ("deepseek-v3.1", "deepseek_v31"),
    ("deepseek-v3.2", "deepseek_v32"),
    ("deepseek-v4", "deepseek_v4"),
    ("deepseek", "deepseek_v3"),
    ("qwen3-coder", "qwen3_coder"),
    ("qwen3.5", "qwen3_coder"),
    ("qwen3.6", "qwen3_coder"),
    ("kimi-k3", "kimi_k3"),
    ("kimi", "kimi_k2"),
    ("glm", "glm45"),
    ("llama-4", "llama4_pythonic"),
    ("llama", "llama3_json"),
    ("mistral", "mistral"),
    ("minimax-m2", "minimax_m2"),
    ("minimax", "minimax_m1"),
    ("gpt-oss", "harmony"),
    ("seed-oss", "seed_oss"),
    ("granite", "granite"),
)
"""What part of a model's name, in lower case, says of its format; the first that fits, else Hermes."""


def family_format(model: str) -> str:
    """The format that a model of that name leaks."""
    lower = model.lower()
    return next((form for part, form in FAMILIES if part in lower), "hermes")
