"""Faults of the model's mind: it loops, gives up, makes things up, or obeys what it reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kubetriage.adapters.model.fake.drafting import drafted
from kubetriage.adapters.model.fake.plan import Call, Draft, Plan, Turn
from kubetriage.adapters.model.fake.replies import Reply, as_reply
from kubetriage.adapters.model.fake.request import ChatRequest, content_text

_SAMPLES: dict[str, Any] = {
    "string": "default",
    "integer": 1,
    "number": 1,
    "boolean": False,
    "array": [],
    "object": {},
}


def loop(plan: Plan, turn: Turn, *, times: int = 1_000_000, same: bool = True) -> Plan:
    """The model calls a tool instead of answering until `times` calls are in the transcript.

    `same` repeats its last call; else the tools that are offered take turns. Without tools nothing changes.
    """
    earlier, tools = turn.request.earlier_calls, turn.request.tools
    if not tools or len(earlier) >= times:
        return plan
    if same and earlier:
        name, arguments = earlier[-1]
    elif same and plan.draft.calls and isinstance(plan.draft.calls[0].arguments, dict):
        name, arguments = plan.draft.calls[0].name, plan.draft.calls[0].arguments
    else:
        name = list(tools)[len(earlier) % len(tools)]
        arguments = sample_arguments(tools[name])
    return replace(plan, draft=replace(plan.draft, text=None, calls=(Call(name, arguments),), finish="auto"))


def sample_arguments(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Some arguments that the schema of a tool allows."""
    properties: Mapping[str, Any] = schema.get("properties") or {}
    return {name: _sample(properties.get(name) or {}) for name in schema.get("required") or ()}


def _sample(schema: Mapping[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return sample_arguments(schema)
    if kind == "array" and schema.get("minItems"):
        return [_sample(schema.get("items") or {})]
    return _SAMPLES.get(str(kind), "default")


def gives_up(plan: Plan, turn: Turn, *, text: str = "I am sorry, I cannot tell what is wrong.") -> Plan:
    """A sentence instead of calls or an answer."""
    return replace(plan, draft=replace(plan.draft, text=text, calls=(), finish="auto"))


def ignores_results(plan: Plan, turn: Turn) -> Plan:
    """The model says what it would have said before it saw any tool's answer."""
    kept = [m for m in turn.request.messages if m.get("role") != "tool" and not m.get("tool_calls")]
    unread: ChatRequest = replace(turn.request, body={**turn.request.body, "messages": kept})
    reply = turn.answer_to(unread)
    if reply is None:
        return plan
    said = drafted(reply, unread, reasoning_as=plan.draft.reasoning_as)
    return replace(plan, draft=replace(said, reasoning=plan.draft.reasoning))


def invents_observation(plan: Plan, turn: Turn, *, text: str = "The pod is healthy.") -> Plan:
    """The calls are written as ReAct text, with answers that no tool gave and a conclusion from them."""
    calls = plan.draft.calls or (Call(next(iter(turn.request.tools), "lookup"), {}),)
    steps = "".join(
        f"Action: {call.name}\nAction Input: {call.arguments}\nObservation: {text}\n" for call in calls
    )
    said = f"Thought: I need to look.\n{steps}Thought: I know now.\nFinal Answer: {text}"
    return replace(plan, draft=replace(plan.draft, text=said, calls=()))


def obeys(plan: Plan, turn: Turn, *, pattern: str, then: dict[str, Any]) -> Plan:
    """Where what the model reads (user and tool messages) matches, it replies `then` instead.

    In texts of `then`, {match} stands for what was found.
    """
    read = "\n".join(
        content_text(message.get("content"))
        for message in turn.request.messages
        if message.get("role") in ("user", "tool")
    )
    found = re.search(pattern, read)
    if not found:
        return plan
    reply: Reply = as_reply(_filled(then, found.group()))
    said: Draft = drafted(reply, turn.request, reasoning_as=plan.draft.reasoning_as)
    return replace(plan, draft=replace(said, reasoning=plan.draft.reasoning))


def _filled(value: Any, found: str) -> Any:
    if isinstance(value, str):
        return value.replace("{match}", found)
    if isinstance(value, dict):
        return {key: _filled(inner, found) for key, inner in value.items()}
    return [_filled(inner, found) for inner in value] if isinstance(value, list) else value
