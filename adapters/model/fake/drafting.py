"""From a reply to the model's turn: an answer takes the form that the request asks for."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from kubetriage.adapters.model.fake.plan import Call, Draft, ReasoningForm
from kubetriage.adapters.model.fake.replies import Reply
from kubetriage.adapters.model.fake.request import ChatRequest
from kubetriage.adapters.model.fake.tokens import TokenCounter

_MUSING = (
    "Let me go through what is known so far and see which of the possible causes it leaves open. "
    "The state of the object and its events come first, then what it refers to. "
)


def json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def drafted(
    reply: Reply,
    request: ChatRequest,
    *,
    thinking: str = "",
    reasoning_as: ReasoningForm = "reasoning_content",
) -> Draft:
    """The turn that a reply means; `thinking` is what is thought where the reply leaves that open."""
    calls = tuple(Call(call.name, call.arguments, call.id) for call in reply.tool_calls)
    text = reply.text
    if reply.answer is not None:
        if forced := request.forced_tool:
            calls = (Call(forced, reply.answer), *calls)
        else:
            text = json_text(reply.answer)
    reasoning = thinking if reply.reasoning is None else reply.reasoning
    return Draft(text, calls, reasoning, reasoning_as, reply.finish_reason or "auto")


@lru_cache(maxsize=32)
def musing(tokens: int, counter: TokenCounter) -> str:
    """Thinking of exactly that many tokens."""
    if tokens <= 0:
        return ""
    sample = _MUSING * (tokens * 8 // len(_MUSING) + 2)
    kept: list[str] = []
    for piece in counter.pieces(sample):
        if len(kept) == tokens:
            break
        kept.append(piece.text)
    return "".join(kept)


def answer_of(draft: Draft) -> dict[str, Any] | None:
    """The structured answer in a turn: its text if that is a JSON object, else its first call's arguments."""
    if draft.text:
        try:
            value = json.loads(draft.text)
        except json.JSONDecodeError:
            value = None
        if isinstance(value, dict):
            return value
    if draft.calls and isinstance(first := draft.calls[0].arguments, dict):
        return first
    return None
