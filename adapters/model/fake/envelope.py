"""The JSON around a turn: `chat.completion`, and the chunks of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kubetriage.adapters.model.fake.plan import Envelope
from kubetriage.adapters.model.fake.turn_text import Part, Spoken, folded

Json = dict[str, Any]

CREATED = 1_735_689_600
"""The answers' `created`: always the same, so that equal runs give equal bytes."""


@dataclass(frozen=True)
class Usage:
    prompt: int
    cached: int
    completion: int
    """Thinking included."""
    reasoning: int

    def as_json(self) -> Json:
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": {"cached_tokens": self.cached},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning},
        }


@dataclass(frozen=True)
class Labels:
    id: str
    model: str


@dataclass(frozen=True)
class Chunk:
    """One event of a stream, due when the model has made `tokens` in all."""

    tokens: int
    body: Json


def completion(said: Spoken, usage: Usage, labels: Labels, envelope: Envelope) -> Json:
    message = folded(said)
    if envelope.content_null:
        message["content"] = None
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}
    if envelope.usage == "in_last_choice":
        choice["usage"] = usage.as_json()
    body: Json = _head(labels, "chat.completion") | {"choices": [choice]}
    if envelope.usage in ("normal", "each_chunk"):
        body["usage"] = usage.as_json()
    return _spoilt(body, envelope)


def chunks(
    said: Spoken, usage: Usage, labels: Labels, envelope: Envelope, *, size: int, include_usage: bool
) -> list[Chunk]:
    """The events of a stream, `size` tokens in each; the usage comes last if the client asked for it."""
    made: list[Chunk] = []
    opening: Json = {"role": "assistant", "content": None if envelope.content_null else ""}
    head = _head(labels, "chat.completion.chunk")

    def add(tokens: int, delta: Json | None, finish: str | None = None) -> None:
        choice: Json = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        body: Json = head | {"choices": [choice]}
        if envelope.usage == "each_chunk":
            # What some servers do: counts so far, again and again.
            body["usage"] = Usage(usage.prompt, usage.cached, tokens, usage.reasoning).as_json()
        made.append(Chunk(tokens, _spoilt(body, envelope)))

    add(0, opening)
    done = 0
    for parts in _grouped(said.parts, size):
        done += sum(part.tokens for part in parts)
        if (delta := _delta(parts, said, envelope)) is not None:
            add(done, delta)
    add(done, None if envelope.delta_null else {}, said.finish)
    last = made[-1].body
    if envelope.usage == "in_last_choice" and last.get("choices"):
        last["choices"][0]["usage"] = usage.as_json()
    if include_usage and envelope.usage == "normal":
        made.append(Chunk(done, _spoilt(head | {"choices": [], "usage": usage.as_json()}, envelope)))
    return made


def _head(labels: Labels, kind: str) -> Json:
    return {"id": labels.id, "object": kind, "created": CREATED, "model": labels.model}


def _spoilt(body: Json, envelope: Envelope) -> Json:
    if envelope.choices == "absent":
        body.pop("choices", None)
    elif envelope.choices:
        body["choices"] = None if envelope.choices == "null" else []
    if envelope.error:
        body = {
            "error": {"message": "Internal error in the model server.", "type": "server_error", "code": None}
        }
    return body


def _grouped(parts: Sequence[Part], size: int) -> Iterator[list[Part]]:
    """Neighbours of one kind and one call together, up to `size` tokens."""
    group: list[Part] = []
    for part in parts:
        alike = group and (part.kind, part.call) == (group[0].kind, group[0].call) and part.kind != "call"
        full = sum(one.tokens for one in group) + part.tokens > size
        if group and (not alike or full or not isinstance(part.text, str)):
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def _delta(parts: Sequence[Part], said: Spoken, envelope: Envelope) -> Json | None:
    first = parts[0]
    text: object = first.text if len(parts) == 1 else "".join(str(part.text) for part in parts)
    if first.kind == "hidden":
        return None
    if first.kind == "content":
        return {"content": None if envelope.content_null else text}
    if first.kind == "reasoning":
        return {said.reasoning_field: text}
    heads = {part.call: part for part in said.parts if part.kind == "call"}
    head = heads[first.call]
    named = first.kind == "call" or envelope.name_repeated
    call: Json = {} if envelope.no_index else {"index": first.call}
    if named:
        call |= ({"id": head.id} if head.id else {}) | {"type": "function"}
    function: Json = {"name": head.name} if named else {}
    call["function"] = function | {"arguments": "" if first.kind == "call" else text}
    return {"tool_calls": [call]}
