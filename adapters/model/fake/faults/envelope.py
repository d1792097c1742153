"""Faults of the JSON around the turn."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from kubetriage.adapters.model.fake.plan import Missing, Plan, Turn, UsagePlace


def choices(plan: Plan, turn: Turn, *, value: Missing = "null") -> Plan:
    """`choices` is null, empty or absent."""
    return replace(plan, envelope=replace(plan.envelope, choices=value))


def error_in_200(plan: Plan, turn: Turn) -> Plan:
    """Status 200, and the body is an error."""
    return replace(plan, envelope=replace(plan.envelope, error=True))


def usage(plan: Plan, turn: Turn, *, value: UsagePlace = "absent") -> Plan:
    """Usage is absent, in the last choice, or (counted up) in each chunk."""
    return replace(plan, envelope=replace(plan.envelope, usage=value))


def content_null(plan: Plan, turn: Turn) -> Plan:
    return replace(plan, envelope=replace(plan.envelope, content_null=True))


def delta_null(plan: Plan, turn: Turn) -> Plan:
    return replace(plan, envelope=replace(plan.envelope, delta_null=True))


def finish(
    plan: Plan,
    turn: Turn,
    *,
    value: Literal["stop", "length", "content_filter", "tool_calls", "null"] = "null",
) -> Plan:
    """The finish reason says something else than what happened."""
    return replace(plan, draft=replace(plan.draft, finish=value), limit_finish=value)
