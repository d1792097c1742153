"""The JSON object in what a model wrote: read however it is wrapped, refused where it was cut off."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from kubetriage.adapters.model.answers import read_answer

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "cause": {"type": "string"},
        "rank": {"type": "integer"},
        "steps": {"type": "array", "items": {"$ref": "#/$defs/Step"}},
        "where": {"anyOf": [{"$ref": "#/$defs/Step"}, {"type": "null"}]},
    },
    "required": ["cause", "rank"],
    "$defs": {"Step": {"type": "object", "properties": {"do": {"type": "string"}}}},
}
RIGHT = {"cause": 'it says "no } such file"', "rank": 1}
TEXT = json.dumps(RIGHT)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"\ufeff  {TEXT}\n\n",
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}\n```",
        f"Here is the answer:\n```json\n{TEXT}\n```\nI hope {{this}} helps.",
        f"The pod {{web}} fails. {TEXT} That is all.",
        f"{TEXT}\n\nNote: the rank is 1.",
        json.dumps(TEXT),
        json.dumps([RIGHT]),
        json.dumps({"diagnosis": RIGHT}),
        json.dumps({"diagnosis": TEXT}),
        json.dumps({"name": "diagnosis", "arguments": RIGHT}),
        json.dumps({"name": "diagnosis", "parameters": TEXT}),
        f"{TEXT}\n{TEXT}",
        f'An example would be {{"x": 1}}.\n{TEXT}',
    ],
)
def test_a_whole_object_is_found_as_it_is(text: str) -> None:
    """Fences, prose, nested JSON text, lists of one and wrappers do not hide it, and need no repair."""
    assert read_answer(text, SCHEMA, "diagnosis") == (RIGHT, "")


@pytest.mark.parametrize(
    "text",
    [
        '{"cause": "x", "rank": 1,}',
        "{'cause': 'x', 'rank': 1}",
        "{'cause': 'x', 'rank': 1, 'where': None}",
        '{"cause": "x" "rank": 1}',
        '{cause: "x", rank: 1}',
        '{"cause": "x", // the cause\n "rank": 1}',
        'So:\n```json\n{"cause": "x",\n "rank": 1,\n}\n```\nDone.',
        '{"cause": "x", "rank": 1, "steps": [{"do": "y"}]',
        'I think: {"cause": "x", "rank": 1, "steps": [{"do": "y"},],} because of the log.',
    ],
)
def test_a_broken_object_is_mended_and_said_to_be(text: str) -> None:
    """Commas, quotes, comments and a brace that is missing at the end."""
    value, problem = read_answer(text, SCHEMA)
    assert value is not None
    assert (value["cause"], value["rank"]) == ("x", 1)
    assert "repaired" in problem


@pytest.mark.parametrize(
    "text",
    [
        '{"cause": "the ConfigMap is mis',
        '{"cause": "x", "rank": 1',
        '{"cause": "x", "rank": 1, "steps": [{"do": "y"}, {"do": "z',
        '{"cause": "x", "rank": 1, "steps": [{"do": "y"}, {"do":',
        '```json\n{"cause": "x",\n "rank": 1, "steps": ["a", "b',
        '{"cause": "it says {no} such fi',
    ],
)
def test_a_cut_object_is_no_answer(text: str) -> None:
    """What stops in a string, a number or a list is not completed."""
    value, problem = read_answer(text, SCHEMA)
    assert value is None
    assert problem


def test_the_token_limit_makes_even_a_whole_looking_object_none() -> None:
    """finish_reason=length: something may be missing, and the model is told to be brief."""
    value, problem = read_answer(TEXT, SCHEMA, finish_reason="length")
    assert value is None
    assert "cut off at the token limit" in problem


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("The ConfigMap is missing.", "no JSON object"),
        ("[1, 2]", "not one object"),
        ("null", "not one object"),
        ('{"error": "I cannot"}', "without any of the properties"),
        ("I {cannot} say", "cannot be read"),
        ("x" * 200_000, "200000 characters"),
    ],
)
def test_no_answer_is_said_to_be_none(text: str, why: str) -> None:
    """Each with a sentence that a re-ask can quote."""
    value, problem = read_answer(text, SCHEMA)
    assert value is None
    assert why in problem


def test_of_two_objects_the_better_one_is_taken() -> None:
    """The one with all that is required; of two such, the last, and that is said."""
    draft = {"cause": "a guess", "rank": 2}
    assert read_answer(f'{{"cause": "only"}}\n{TEXT}', SCHEMA) == (RIGHT, "")
    value, problem = read_answer(f"{json.dumps(draft)}\nNo, better:\n{TEXT}", SCHEMA)
    assert value == RIGHT
    assert "several objects" in problem


def test_a_part_of_a_broken_object_is_not_taken_for_it() -> None:
    """An inner object that shares names with the answer does not become the answer."""
    schema = {
        "type": "object",
        "properties": {"cause": {}, "rank": {}, "links": {}},
        "required": ["cause", "links"],
    }
    text = '{"cause": "outer", "rank": 1, "links": [{"cause": "inner", "rank": 2}],}'
    value, _ = read_answer(text, schema)
    assert value is not None and value["cause"] == "outer"


def test_json_in_strings_is_decoded_where_the_schema_wants_it() -> None:
    """A list or an object as text becomes one; a string that looks like one stays where a string is wanted."""
    text = json.dumps({"cause": '{"a": 1}', "rank": 1, "steps": '[{"do": "y"}]', "where": '{"do": "z"}'})
    value, _ = read_answer(text, SCHEMA)
    assert value == {"cause": '{"a": 1}', "rank": 1, "steps": [{"do": "y"}], "where": {"do": "z"}}


@pytest.mark.parametrize(
    "text", ['{"a":' * 3_000, "{" * 60_000, '{"cause": "' + "\\" * 50_000, "[" * 60_000 + "}"]
)
def test_hostile_texts_take_no_time(text: str) -> None:
    """Deep nesting and long strings neither raise nor take a second."""
    begun = time.thread_time()
    value, problem = read_answer(text, SCHEMA)
    assert value is None and problem
    assert time.thread_time() - begun < 2
