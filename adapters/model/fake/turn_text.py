"""A turn as the parts in which it is streamed; the answer in one piece is folded from the same parts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from kubetriage.adapters.model.fake.plan import Call, Draft, Plan
from kubetriage.adapters.model.fake.tokens import TokenCounter, call_text

Kind = Literal["hidden", "reasoning", "content", "call", "arguments"]

_CALL_OPENS = "\n<tool_call>\n"
_CALL_CLOSES = "\n</tool_call>"


@dataclass(frozen=True)
class Part:
    """A stretch of the turn, and the tokens that the model needs for it."""

    kind: Kind
    tokens: int
    text: object = ""
    """What is added; the arguments of a call may be no text at all where a fault wants it so."""
    call: int = 0
    """Which call it belongs to."""
    id: str = ""
    name: str = ""


@dataclass(frozen=True)
class Spoken:
    """The turn with its limit applied."""

    parts: tuple[Part, ...]
    finish: str | None
    reasoning_field: str
    has_content: bool
    """The content is text, if only an empty one, and not null."""

    @property
    def tokens(self) -> int:
        """All that were made, thinking included."""
        return sum(part.tokens for part in self.parts)

    @property
    def reasoning_tokens(self) -> int:
        return sum(part.tokens for part in self.parts if part.kind in ("reasoning", "hidden"))


def spoken(plan: Plan, counter: TokenCounter, ids: Sequence[str]) -> Spoken:
    """The parts of the plan's turn, up to its token limit; `ids` are for the calls that have none."""
    draft = plan.draft
    parts = list(_parts(draft, counter, ids))
    kept = list(_within(parts, plan.token_limit))
    finish = draft.finish
    if finish == "auto":
        finish = "tool_calls" if draft.calls else "stop"
    if sum(part.tokens for part in kept) < sum(part.tokens for part in parts):
        finish = plan.limit_finish
    has_content = draft.text is not None or draft.reasoning_as in ("inline", "lone_close", "unclosed")
    field = "reasoning" if draft.reasoning_as == "reasoning" else "reasoning_content"
    return Spoken(tuple(kept), None if finish == "null" else finish, field, has_content)


def _within(parts: Iterable[Part], limit: int | None) -> Iterator[Part]:
    left = limit
    for part in parts:
        if left is not None:
            if part.tokens > left:
                return
            left -= part.tokens
        yield part


def _parts(draft: Draft, counter: TokenCounter, ids: Sequence[str]) -> Iterator[Part]:
    content = draft.text or ""
    if draft.reasoning:
        match draft.reasoning_as:
            case "inline":
                content = f"<think>\n{draft.reasoning}\n</think>\n\n{content}"
            case "lone_close":
                content = f"{draft.reasoning}\n</think>\n\n{content}"
            case "unclosed":
                content = f"<think>\n{draft.reasoning}\n{content}"
            case "hidden":
                yield from (Part("hidden", n) for _, n in counter.pieces(draft.reasoning))
            case _:
                yield from (Part("reasoning", n, text) for text, n in counter.pieces(draft.reasoning))
    yield from (Part("content", n, text) for text, n in counter.pieces(content))
    for index, call in enumerate(draft.calls):
        yield from _call_parts(call, index, counter, ids[index % len(ids)] if ids else "")


def _call_parts(call: Call, index: int, counter: TokenCounter, given_id: str) -> Iterator[Part]:
    encoded = encoded_arguments(call)
    written = encoded if isinstance(encoded, str) else json.dumps(encoded, ensure_ascii=False)
    pieces = counter.pieces(written)
    whole = counter.ids(_CALL_OPENS + call_text({"name": call.name, "arguments": written}) + _CALL_CLOSES)
    around = max(len(whole) - sum(n for _, n in pieces), 0)
    closing = min(around, 3)
    call_id = given_id if call.id is None else call.id
    yield Part("call", around - closing, call=index, id=call_id, name=call.name)
    if isinstance(encoded, str):
        parts = [Part("arguments", n, text, index) for text, n in pieces] or [Part("arguments", 0, "", index)]
    else:
        parts = [Part("arguments", sum(n for _, n in pieces), encoded, index)]
    yield from parts[:-1]
    yield replace(parts[-1], tokens=parts[-1].tokens + closing)


def encoded_arguments(call: Call) -> object:
    """The arguments as they are put into the answer: JSON text, or what a fault makes of them."""
    if isinstance(call.arguments, str):
        return call.arguments
    text = json.dumps(call.arguments, ensure_ascii=False)
    match call.encoding:
        case "empty":
            return ""
        case "null":
            return None
        case "object":
            return call.arguments
        case "double":
            return json.dumps(text, ensure_ascii=False)
        case "python":
            return repr(call.arguments)
        case "trailing_comma":
            return text[:-1] + ",}"
    return text


def folded(said: Spoken) -> dict[str, Any]:
    """The assistant's message that the parts add up to."""
    message: dict[str, Any] = {"role": "assistant", "content": "" if said.has_content else None}
    reasoning = ""
    calls: list[dict[str, Any]] = []
    for part in said.parts:
        if part.kind == "content":
            message["content"] = (message["content"] or "") + str(part.text)
        elif part.kind == "reasoning":
            reasoning += str(part.text)
        elif part.kind == "call":
            calls.append(
                {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": ""}}
            )
        elif part.kind == "arguments":
            function = calls[part.call]["function"]
            function["arguments"] = (
                function["arguments"] + part.text if isinstance(part.text, str) else part.text
            )
    if reasoning:
        message[said.reasoning_field] = reasoning
    if calls:
        message["tool_calls"] = [
            {key: value for key, value in call.items() if key != "id" or value} for call in calls
        ]
    return message
