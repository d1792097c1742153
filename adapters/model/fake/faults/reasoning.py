"""Faults of thinking: where it is put, and what it does to the rest of the turn."""

from __future__ import annotations

from dataclasses import replace

from kubetriage.adapters.model.fake.drafting import musing
from kubetriage.adapters.model.fake.leak_formats import family_format
from kubetriage.adapters.model.fake.leaks import LeakedCall, leaked
from kubetriage.adapters.model.fake.plan import Draft, Plan, ReasoningForm, Turn

TOKENS = 40


def _thinking(draft: Draft, turn: Turn, tokens: int = TOKENS) -> str:
    return draft.reasoning or musing(tokens, turn.counter)


def reasoning_as(plan: Plan, turn: Turn, *, value: ReasoningForm = "inline") -> Plan:
    """The thinking is in one of two fields, in the content with both tags or one, or hidden."""
    draft = replace(plan.draft, reasoning=_thinking(plan.draft, turn), reasoning_as=value)
    return replace(plan, draft=draft)


def all_in_reasoning(plan: Plan, turn: Turn) -> Plan:
    """The answer is in the reasoning field and the content is empty."""
    thought = _thinking(plan.draft, turn)
    draft = replace(plan.draft, text="", reasoning=f"{thought}\n{plan.draft.text or ''}")
    return replace(plan, draft=draft)


def call_in_thinking(plan: Plan, turn: Turn, *, format: str = "auto", inline: bool = False) -> Plan:
    """The calls are written while thinking and never made."""
    draft = plan.draft
    name = family_format(turn.request.model) if format == "auto" else format
    calls = [LeakedCall(c.name, c.arguments if isinstance(c.arguments, dict) else {}) for c in draft.calls]
    thought = f"{_thinking(draft, turn)}\n{leaked(calls, name)}" if calls else _thinking(draft, turn)
    form: ReasoningForm = "inline" if inline else draft.reasoning_as
    changed = replace(draft, text=draft.text or "", calls=(), reasoning=thought, reasoning_as=form)
    return replace(plan, draft=changed)


def budget_eaten(plan: Plan, turn: Turn, *, tokens: int = 400) -> Plan:
    """All the tokens that the answer may have are spent on thinking."""
    limit = min(tokens, turn.request.max_tokens or tokens)
    draft = replace(plan.draft, text="", calls=(), reasoning=musing(limit + 1, turn.counter))
    return replace(plan, draft=draft, token_limit=limit, limit_finish="length")
