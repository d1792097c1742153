"""Which requests are the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubetriage.adapters.model.traffic.questions import Question, difference, read_question, same_start
from kubetriage.domain.errors import BadInput


def asked(*, cell: str = "a", model: str = "m", **body: Any) -> Question:
    said = {"model": "q", "messages": [{"role": "user", "content": "What broke?"}], **body}
    return read_question(model, cell, json.dumps(said).encode())


def call(id_: str, name: str = "pods_get") -> dict[str, Any]:
    return {
        "role": "assistant",
        "tool_calls": [{"id": id_, "type": "function", "function": {"name": name, "arguments": "{}"}}],
    }


def test_the_order_of_fields_does_not_matter() -> None:
    """Two bodies with the same fields in another order are one question."""
    one = read_question("m", "a", b'{"model": "q", "temperature": 0}')
    assert one.key == read_question("m", "a", b'{"temperature": 0, "model": "q"}').key


def test_ids_of_calls_do_not_matter_but_what_answers_which_does() -> None:
    """Call ids are chance where a client makes them up; an answer to another call is another question."""

    def history(first: str, second: str, answered: str) -> Question:
        return asked(messages=[call(first), call(second), {"role": "tool", "tool_call_id": answered}])

    assert history("x1", "x2", "x1").key == history("call_9", "call_7", "call_9").key
    assert history("x1", "x2", "x1").key != history("x1", "x2", "x2").key


@pytest.mark.parametrize(
    "other",
    [{"temperature": 0.7}, {"messages": []}, {"tools": [{"type": "function"}]}, {"model": "other"}],
    ids=["temperature", "messages", "tools", "model id"],
)
def test_what_is_asked_makes_the_question(other: dict[str, Any]) -> None:
    """Another word, another tool, another setting: another question."""
    assert asked().key != asked(**other).key


def test_a_profile_is_part_of_the_question_and_the_cell_is_not() -> None:
    """Two profiles of one endpoint are apart; the same words of two cells have one key."""
    assert asked(model="m").key != asked(model="n").key
    assert asked(cell="a").key == asked(cell="b").key


def test_a_form_is_how_something_is_asked() -> None:
    """The same way with other words is one form; with or without tools, or a schema, is another."""
    schema = {"type": "json_schema", "json_schema": {"name": "a"}}
    other = {"type": "json_schema", "json_schema": {"name": "b"}}
    assert asked(response_format=schema).form == asked(response_format=other, messages=[]).form
    assert asked(response_format=schema).form != asked().form
    assert asked(tools=[{"type": "function"}]).form != asked().form
    assert asked(enable_thinking=False).form != asked(enable_thinking=True).form


def test_secrets_are_in_no_question() -> None:
    """What looks like a secret is masked before anything is made of the request."""
    secret = "ghp_" + "a1B2" * 9
    question = asked(messages=[{"role": "user", "content": f"token {secret}"}])
    assert secret not in json.dumps(question.asked)


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    """A body that is no JSON object is bad input, not a crash."""
    with pytest.raises(BadInput, match="request is not"):
        read_question("m", "a", body)


def test_a_difference_says_where_and_what() -> None:
    """The first message that differs is named, with the words around; so is another field."""
    one = asked(messages=[{"role": "user", "content": "pod web-1 has failed since noon"}])
    other = asked(messages=[{"role": "user", "content": "pod web-2 has failed since noon"}])
    said = difference(one.asked, other.asked)
    assert said.startswith("messages[0] has") and "web-1" in said and "web-2" in said
    assert difference(asked(temperature=1).asked, asked().asked) == "temperature is 1 and was null"
    assert difference(asked().asked, asked(messages=[]).asked) == "there are 1 messages and were 0"


def test_the_nearest_question_is_found_by_its_start() -> None:
    """Questions are as near as they have first messages in common."""
    said = [{"role": "user", "content": text} for text in ("a", "b", "c")]
    assert same_start(asked(messages=said).asked, asked(messages=said[:2]).asked) == 2
