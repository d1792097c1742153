"""Answers of a model's endpoint: what is kept of one, and how it is given again.

Of a stream, the pieces of one text are put together: what is secret would be in no single piece, and a
thousand of them are one line of text. Everything else of it is kept as it came, an end that is none too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from kubetriage.adapters.model.secrets import hidden_in
from kubetriage.domain.redaction import redact_object, redact_text

JSON = Any
NO_ANSWER: Final = 0
"""The status where the connection ended before one came."""
EVENTS: Final = "text/event-stream"
_DONE: Final = "[DONE]"
_TEXTS: Final = ("content", "reasoning_content", "reasoning")
_KEPT_HEADERS: Final = ("retry-after", "retry-after-ms", "x-should-retry")
"""What else a client acts on; no other header is kept."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    type: str
    """The content type."""
    headers: Mapping[str, str]
    events: tuple[JSON, ...] | None
    """Of a stream: JSON values, and strings for what was none."""
    body: JSON
    """Of an answer in one piece: JSON, or its text."""
    broken: bool
    """The connection ended before the answer did."""
    seconds: float

    def to_json(self) -> dict[str, JSON]:
        said = self._asdict()
        said["events"] = list(self.events) if self.events is not None else None
        return {name: value for name, value in said.items() if value is not None and value is not False}

    def written(self) -> bytes:
        """The answer as it is sent again."""
        if self.events is not None:
            return b"".join(_event(each) for each in self.events)
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False).encode()


def answer_of_json(said: Mapping[str, JSON]) -> Answer:
    """An answer out of a recording. Raises `KeyError` and `TypeError` for what is none."""
    events = said.get("events")
    return Answer(
        status=int(said["status"]),
        type=str(said["type"]),
        headers=dict(said.get("headers") or {}),
        events=None if events is None else tuple(events),
        body=said.get("body"),
        broken=bool(said.get("broken")),
        seconds=float(said["seconds"]),
    )


def read_answer(
    status: int, headers: Mapping[str, str], body: bytes, key: str, *, broken: bool, seconds: float
) -> Answer:
    """What is kept of an answer: redacted, and without the key that it may quote."""
    kind = headers.get("content-type", "application/json")
    said = body.decode("utf-8", "replace")
    kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    seconds = round(seconds, 3)
    if EVENTS in kind:
        events = tuple(_redacted(each, key) for each in joined(_read_events(said)))
        return Answer(status, kind, kept, events, None, broken, seconds)
    return Answer(status, kind, kept, None, _redacted(_value(said), key), broken, seconds)


def _value(said: str) -> JSON:
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return said


def _redacted(value: JSON, key: str) -> JSON:
    value = hidden_in(value, key)
    return redact_text(value) if isinstance(value, str) else redact_object(value)


# ---- streams


def _read_events(said: str) -> Iterator[JSON]:
    for line in said.splitlines():
        if line.startswith("data:"):
            data = line[5:].strip()
            yield data if data == _DONE else _value(data)
        elif line and not line.startswith(":"):
            yield line  # no event of ours: kept as it is, and sent as it is


def _event(event: JSON) -> bytes:
    if isinstance(event, str) and event != _DONE:
        return f"{event}\n\n".encode()
    data = event if event == _DONE else json.dumps(event, ensure_ascii=False)
    return f"data: {data}\n\n".encode()


def joined(events: Iterable[JSON]) -> Iterator[JSON]:
    """The events with neighbouring pieces of one text, or of one call's arguments, put together."""
    waiting: JSON = None
    for event in events:
        if (whole := _together(waiting, event)) is not None:
            waiting = whole
            continue
        if waiting is not None:
            yield waiting
        waiting = event
    if waiting is not None:
        yield waiting


def _together(one: JSON, other: JSON) -> JSON | None:
    """Two events as one; None where something would be lost."""
    first, second = _piece(one), _piece(other)
    if first is None or second is None or first[:2] != second[:2]:
        return None
    name, text = first[0], first[2]
    choice = one["choices"][0]
    if name == "arguments":
        call = choice["delta"]["tool_calls"][0]
        function = {**call["function"], "arguments": text + second[2]}
        delta: JSON = {"tool_calls": [{**call, "function": function}]}
    else:
        delta = {**choice["delta"], name: text + second[2]}
    if not second[3]:  # the other one says more than a piece of text
        return None
    return {**one, "choices": [{**choice, "delta": delta}, *one["choices"][1:]]}


def _piece(event: JSON) -> tuple[str, JSON, str, bool] | None:
    """(what, of which call, its text, whether the event is nothing else); None for other events."""
    choices = event.get("choices") if isinstance(event, dict) else None
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        return None
    choice, delta = choices[0], choices[0].get("delta")
    if not isinstance(delta, dict) or choice.get("finish_reason") or event.get("usage"):
        return None
    said = {name: value for name, value in delta.items() if value is not None}
    only = set(said) <= {"role"} | set(_TEXTS)
    texts = [name for name in _TEXTS if isinstance(said.get(name), str) and said[name]]
    if only and len(texts) == 1:
        return texts[0], choice.get("index"), said[texts[0]], True
    calls = said.get("tool_calls")
    if isinstance(calls, list) and len(calls) == 1 and isinstance(calls[0], dict):
        function = calls[0].get("function")
        if isinstance(function, dict) and isinstance(function.get("arguments"), str):
            bare = not calls[0].get("id") and not function.get("name")
            return "arguments", calls[0].get("index"), function["arguments"], bare
    return None
