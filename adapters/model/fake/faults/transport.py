"""Faults of the connection. Times are milliseconds; places in a stream are counted in tokens."""

from __future__ import annotations

from dataclasses import replace

from kubetriage.adapters.model.fake.plan import ErrorAnswer, Plan, Turn


def reset(plan: Plan, turn: Turn, *, after_bytes: int = -1) -> Plan:
    """The connection is reset: before the headers, or after so many bytes of the body."""
    return replace(plan, wire=replace(plan.wire, reset_after_bytes=after_bytes))


def hang(plan: Plan, turn: Turn, *, ms: float = 600_000) -> Plan:
    """Nothing comes for that long, then the answer."""
    return replace(plan, wire=replace(plan.wire, hang_ms=ms))


def slow_headers(plan: Plan, turn: Turn, *, ms: float = 600_000) -> Plan:
    """The status line comes at once and the headers do not end for that long."""
    return replace(plan, wire=replace(plan.wire, slow_headers_ms=ms))


def cut(plan: Plan, turn: Turn, *, tokens: int = 0, abrupt: bool = False) -> Plan:
    """The answer ends early: a stream without finish reason and [DONE], or by a reset connection."""
    return replace(plan, wire=replace(plan.wire, cut_after_tokens=tokens, cut_abruptly=abrupt))


def stall(plan: Plan, turn: Turn, *, ms: float = 600_000, tokens: int = 0, keepalive: bool = False) -> Plan:
    """The stream pauses after so many tokens, with SSE comments in between or in silence."""
    wire = replace(plan.wire, stall_ms=ms, stall_after_tokens=tokens, keepalive=keepalive)
    return replace(plan, wire=wire)


def sse_error(plan: Plan, turn: Turn, *, message: str = "Internal error.", tokens: int = 0) -> Plan:
    """An error event in the stream."""
    return replace(plan, wire=replace(plan.wire, error_message=message, error_after_tokens=tokens))


def garbage(plan: Plan, turn: Turn, *, line: str = "data: {not json", tokens: int = 0) -> Plan:
    """A line in the stream that is not what it should be."""
    return replace(plan, wire=replace(plan.wire, garbage=line, garbage_after_tokens=tokens))


def content_type(plan: Plan, turn: Turn, *, value: str = "text/plain") -> Plan:
    """The body is right and is called something else."""
    return replace(plan, wire=replace(plan.wire, content_type=value))


def html(plan: Plan, turn: Turn) -> Plan:
    """Status 200 and the page of some proxy."""
    return replace(plan, wire=replace(plan.wire, html=True))


def status(
    plan: Plan,
    turn: Turn,
    *,
    status: int = 500,
    style: str = "",
    message: str | None = None,
    code: int | str | None = None,
    retry_after: float | str | None = None,
    should_retry: bool | None = None,
) -> Plan:
    """An error status with the body of a provider; `retry_after` is seconds, or `date`."""
    error = ErrorAnswer(status, style or turn.style, message, code, retry_after, should_retry)
    return replace(plan, error=plan.error or error)
