"""What is kept of an answer, and how it is given again."""

from __future__ import annotations

import json
from typing import Any

from kubetriage.adapters.model.traffic.answers import answer_of_json, joined, read_answer


def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}


def piece_of_call(text: str, **named: Any) -> dict[str, Any]:
    function = {"arguments": text, **({"name": named.pop("name")} if "name" in named else {})}
    return chunk({"tool_calls": [{"index": 0, "function": function, **named}]})


def stream(events: list[Any]) -> bytes:
    lines = [each if isinstance(each, str) else json.dumps(each) for each in events]
    return "".join(f"data: {line}\n\n" for line in lines).encode()


def kept(events: list[Any], key: str = "", *, broken: bool = False) -> Any:
    headers = {"content-type": "text/event-stream"}
    return read_answer(200, headers, stream(events), key, broken=broken, seconds=1.23456)


def test_pieces_of_a_text_are_put_together() -> None:
    """A thousand tokens are one event, with the role of the first and the end as it came."""
    events = [chunk({"role": "assistant", "content": "a"}), chunk({"content": "b"}), chunk({"content": "c"})]
    end = chunk({}, "stop")
    assert list(joined([*events, end])) == [chunk({"role": "assistant", "content": "abc"}), end]


def test_pieces_of_different_things_stay_apart() -> None:
    """Reasoning and text, two calls, a usage figure: each keeps its place."""
    events = [
        chunk({"reasoning_content": "hm"}),
        chunk({"content": "so"}),
        chunk({"content": "!"}, "stop"),
        {"choices": [], "usage": {"prompt_tokens": 3}},
    ]
    assert list(joined(events)) == events


def test_arguments_of_a_call_are_put_together_under_its_name() -> None:
    """The first piece names the call, the others add to its arguments; a second call is a new one."""
    first = [piece_of_call("{", id="x", name="f"), piece_of_call('"a":'), piece_of_call("1}")]
    second = [piece_of_call("{}", id="y", name="g")]
    whole = piece_of_call('{"a":1}', id="x", name="f")
    assert list(joined([*first, *second])) == [whole, *second]


def test_a_stream_is_given_again_as_it_was_said() -> None:
    """What a client reads of the kept stream is what it would have read, the mark of the end included."""
    answer = kept([chunk({"content": "a"}), chunk({"content": "b"}, "stop"), "[DONE]"])
    again = answer_of_json(json.loads(json.dumps(answer.to_json())))
    assert again == answer
    assert again.written() == stream([chunk({"content": "a"}), chunk({"content": "b"}, "stop"), "[DONE]"])


def test_a_secret_in_pieces_is_masked() -> None:
    """A secret that a stream spells token by token is in no event of what is kept."""
    secret = "ghp_" + "a1B2" * 9
    said = json.dumps(kept([chunk({"content": part}) for part in ("It is ", *secret)]).to_json())
    assert secret not in said and "a1B2a1B2" not in said


def test_the_key_is_masked_wherever_an_answer_quotes_it() -> None:
    """A gateway that quotes the request's key does not bring it into the file."""
    body = json.dumps({"error": {"message": "bad key plainwords-key-1"}}).encode()
    answer = read_answer(401, {}, body, "plainwords-key-1", broken=False, seconds=0)
    assert "plainwords-key-1" not in json.dumps(answer.to_json())


def test_usage_and_words_survive_redaction() -> None:
    """Counts of tokens are no secrets: an answer in one piece is kept word for word."""
    said = {
        "choices": [{"message": {"content": "OOMKilled"}}],
        "usage": {"prompt_tokens": 7, "total_tokens": 9},
    }
    answer = read_answer(
        200, {"content-type": "application/json"}, json.dumps(said).encode(), "", broken=False, seconds=0
    )
    assert answer.body == said and json.loads(answer.written()) == said


def test_what_is_no_json_is_kept_as_text() -> None:
    """A web page in place of an answer is given again as one."""
    answer = read_answer(
        502, {"content-type": "text/html"}, b"<html>down</html>", "", broken=False, seconds=0
    )
    assert answer.written() == b"<html>down</html>" and answer.type == "text/html"


def test_only_headers_that_a_client_acts_on_are_kept() -> None:
    """Retry-After stays; cookies, request ids and the like are in no recording."""
    headers = {
        "content-type": "application/json",
        "retry-after": "3",
        "set-cookie": "s=1",
        "x-request-id": "r",
    }
    answer = read_answer(429, headers, b"{}", "", broken=False, seconds=0)
    assert answer.headers == {"retry-after": "3"}
