"""Faults of tool calls. They change the calls that the reply makes; without calls they change nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from kubetriage.adapters.model.fake.leak_formats import family_format
from kubetriage.adapters.model.fake.leaks import LeakedCall, leaked
from kubetriage.adapters.model.fake.plan import Call, Encoding, Plan, Turn

NO_SUCH_TOOL = "search_knowledge_graph"
FOREIGN_TOOL = "pods_delete"


def _calls(plan: Plan, change: Callable[[Call], Call]) -> Plan:
    return replace(plan, draft=replace(plan.draft, calls=tuple(change(call) for call in plan.draft.calls)))


def leak(
    plan: Plan,
    turn: Turn,
    *,
    format: str = "auto",
    strip_special: bool = False,
    before: str = "",
    after: str = "",
) -> Plan:
    """The calls are written into the text, in the format of a family; `auto`: the one of the model's name."""
    draft = plan.draft
    if not draft.calls:
        return plan
    name = family_format(turn.request.model) if format == "auto" else format
    calls = [LeakedCall(c.name, c.arguments if isinstance(c.arguments, dict) else {}) for c in draft.calls]
    opening = before or (f"{draft.text}\n\n" if draft.text else "")
    text = opening + leaked(calls, name, strip_special=strip_special) + after
    return replace(plan, draft=replace(draft, text=text, calls=()))


def truncate(plan: Plan, turn: Turn, *, tokens: int, finish: str = "stop") -> Plan:
    """The turn ends after so many tokens, in the middle of a call, and claims to be whole."""
    return replace(plan, token_limit=tokens, limit_finish=finish)


def arguments(plan: Plan, turn: Turn, *, value: Encoding = "empty") -> Plan:
    """The arguments are empty, null, an object, encoded twice, quoted as Python does, or end with a comma."""
    return _calls(plan, lambda call: replace(call, encoding=value))


def call_id(plan: Plan, turn: Turn, *, value: Literal["absent", "repeated"] = "absent") -> Plan:
    """Calls come without id, or all with the same."""
    return _calls(plan, lambda call: replace(call, id="" if value == "absent" else "call_0"))


def no_index(plan: Plan, turn: Turn) -> Plan:
    """Streamed calls have no index."""
    return replace(plan, envelope=replace(plan.envelope, no_index=True))


def name_repeated(plan: Plan, turn: Turn) -> Plan:
    """Streamed calls have their name and id in every delta."""
    return replace(plan, envelope=replace(plan.envelope, name_repeated=True))


def unknown_tool(plan: Plan, turn: Turn, *, name: str = NO_SUCH_TOOL) -> Plan:
    """The model calls a tool that exists nowhere."""
    return _renamed(plan, name)


def unbound_tool(plan: Plan, turn: Turn, *, name: str = FOREIGN_TOOL) -> Plan:
    """The model calls a tool that exists and was not offered."""
    return _renamed(plan, name)


def _renamed(plan: Plan, name: str) -> Plan:
    first, *rest = plan.draft.calls or (Call(name, {}),)
    return replace(plan, draft=replace(plan.draft, calls=(replace(first, name=name), *rest)))


def wrong_type(plan: Plan, turn: Turn, *, field: str = "") -> Plan:
    """One argument, or each of them, has another type than the schema says."""

    def other(value: Any) -> Any:
        if isinstance(value, bool | int | float):
            return str(value)
        return [value] if isinstance(value, str) else str(value)

    def change(call: Call) -> Call:
        if isinstance(call.arguments, str):
            return call
        changed = {k: other(v) if field in ("", k) else v for k, v in call.arguments.items()}
        return replace(call, arguments=changed)

    return _calls(plan, change)


def parallel(plan: Plan, turn: Turn, *, times: int = 2) -> Plan:
    """Every call is made so many times in the one turn."""
    return replace(plan, draft=replace(plan.draft, calls=plan.draft.calls * times))


def with_verdict(plan: Plan, turn: Turn, *, text: str = "The cause is found: see the tool's answer.") -> Plan:
    """The call comes together with a text that is already the verdict."""
    return replace(plan, draft=replace(plan.draft, text=text)) if plan.draft.calls else plan
