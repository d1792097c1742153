"""Arguments get the types of the tool's schema, and only if nothing is lost or guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubetriage.adapters.model.tool_calls import recover_tool_calls

REFERRED = {"$ref": "#/$defs/Level"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "s": {"type": "string", "maxLength": 9},
        "i": {"type": "integer", "minimum": 0, "maximum": 99},
        "n": {"type": "number"},
        "b": {"type": "boolean"},
        "l": {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
        "o": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]},
        "e": {"enum": ["low", "high", 3]},
        "p": {"type": "string", "pattern": "^[a-z]+$"},
        "u": {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]},
        "r": REFERRED,
        "m": {"type": ["integer", "null"]},
        "any": {},
    },
    "additionalProperties": False,
    "$defs": {"Level": {"type": "string", "enum": ["info", "error"]}},
}
TOOLS = {"f": SCHEMA}


def from_json(**args: Any) -> list[dict[str, Any]]:
    content = f"<tool_call>{json.dumps({'name': 'f', 'arguments': args})}</tool_call>"
    return [call.args for call in recover_tool_calls(content, TOOLS).calls]


def from_text(**args: str) -> list[dict[str, Any]]:
    body = "".join(f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in args.items())
    return [call.args for call in recover_tool_calls(f"<function=f>\n{body}</function>", TOOLS).calls]


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        *(("i", "12", 12), ("i", 12.0, 12), ("n", "0.5", 0.5), ("n", 3, 3), ("b", "True", True), ("s", 7, "7")),
        *(("l", "[1, 2]", [1, 2]), ("l", ["1", 2], [1, 2]), ("o", '{"x": "1"}', {"x": 1}), ("e", "low", "low")),
        *(("e", 3, 3), ("u", "5", "5"), ("u", 5, 5), ("u", None, None), ("r", "info", "info"), ("m", None, None)),
        *(("any", [1, {"a": None}], [1, {"a": None}]), ("p", "abc", "abc")),
    ],
)  # fmt: skip
def test_json_values(key: str, given: Any, value: Any) -> None:
    """Values of JSON keep their type where the schema allows it and change it only without loss."""
    assert from_json(**{key: given}) == [{key: value}]


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        *(("i", "12", 12), ("i", " 12 ", 12), ("n", "-1e3", -1000.0), ("b", "false", False), ("s", "12", "12")),
        *(("s", "null", "null"), ("l", "[1]", [1]), ("o", "{'x': 1}", {"x": 1}), ("u", "5", 5), ("u", "x", "x")),
        *(("u", "null", None), ("m", "null", None), ("any", "5", "5"), ("r", "error", "error"), ("i", "7.0", 7)),
    ],
)  # fmt: skip
def test_text_values(key: str, given: str, value: Any) -> None:
    """Text without quotes takes the narrowest type that the schema allows, and stays text for a string."""
    assert from_text(**{key: given}) == [{key: value}]


@pytest.mark.parametrize(
    ("key", "given"),
    [
        *(("i", "12x"), ("i", 1.5), ("i", True), ("i", 100), ("i", "-1"), ("n", "nan"), ("b", "yes"), ("b", 1)),
        *(("s", ["x"]), ("s", "x" * 10), ("l", "1, 2"), ("l", [1, 2, 3, 4]), ("l", {"a": 1}), ("o", {}), ("o", "x")),
        *(("e", "medium"), ("p", "ABC"), ("r", "debug"), ("q", "unknown key"), ("s", False), ("n", "1_0"), ("i", "0x1")),
    ],
)  # fmt: skip
def test_what_does_not_fit(key: str, given: Any) -> None:
    """A value that the schema does not allow refuses the call, with a sentence for the model."""
    content = f"<tool_call>{json.dumps({'name': 'f', 'arguments': {key: given}})}</tool_call>"
    got = recover_tool_calls(content, TOOLS)
    assert got.calls == [] and got.unknown == []
    assert got.refused[0].name == "f" and key in got.refused[0].why


def test_null_for_an_optional_argument_is_left_out() -> None:
    """Null where the schema has no null means that the argument is not given."""
    assert from_json(s=None, i=1) == [{"i": 1}]
    assert from_text(i="null", s="x") == [{"s": "x"}]


def test_a_schema_in_the_wrapping_of_the_api() -> None:
    """Schemas may come as the tools that are sent to the API."""
    wrapped = {"f": {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}}
    got = recover_tool_calls('<function=f>{"i": "3"}</function>', wrapped)
    assert [call.args for call in got.calls] == [{"i": 3}]


def test_a_tool_without_a_schema() -> None:
    """No schema allows any object."""
    assert [
        call.args for call in recover_tool_calls('{"name": "f", "arguments": {"a": 1}}', {"f": {}}).calls
    ] == [{"a": 1}]


def test_a_schema_that_refers_to_itself() -> None:
    """A recursive schema ends at the depth of the value."""
    tree = {"type": "object", "properties": {"next": {"$ref": "#"}}, "additionalProperties": False}
    got = recover_tool_calls('{"name": "f", "arguments": {"next": {"next": {}}}}', {"f": tree})
    assert [call.args for call in got.calls] == [{"next": {"next": {}}}]


def test_a_call_reads_like_the_mapping_of_chat_libraries() -> None:
    """`call["name"]` and `call.name` are the same; other keys are errors."""
    (call,) = recover_tool_calls('{"name": "f", "arguments": {}}', TOOLS).calls
    assert (call["name"], call["args"]) == (call.name, call.args) == ("f", {})
    with pytest.raises(KeyError):
        call["id"]
