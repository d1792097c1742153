"""Calls written as JSON objects, under the names that model families give to their parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubetriage.adapters.model.tool_calls.calls import Candidate, Found
from kubetriage.adapters.model.tool_calls.literals import CutOff, Malformed
from kubetriage.adapters.model.tool_calls.turn import MAX_CALLS, Turn

NAMES = ("name", "tool_name", "function_name", "tool", "function", "recipient_name", "action")
ARGUMENTS = (
    *("arguments", "parameters", "args", "input", "params", "tool_input", "tool_args", "tool_arguments"),
    *("action_input", "function_args", "function_arguments", "kwargs"),
)
ENVELOPES = ("tool_calls", "tool_uses", "function_call", "tool_call", "function")
"""Keys under which whole calls stand, one or a list."""
BESIDE = frozenset(
    (
        *("id", "type", "index", "call_id", "tool_call_id", "role", "content", "refusal"),
        *("thought", "thoughts", "thinking", "reasoning", "reasoning_content", "rationale"),
    )
)
"""Keys that a call may have beside its name and arguments without being some other document."""
CALL_TYPES = ("function", "function_call", "tool_use", "tool_call", "tool", "call")
MAX_ENVELOPES = 4


def calls_in(value: Any, *, marked: bool, turn: Turn) -> list[Candidate] | None:
    """The calls that a decoded value is, None if it is anything else.

    `marked`: the text has announced a call, so that a name without arguments is one, as is `{"tool": {…}}`
    for a bound tool, and further keys do no harm.
    """
    return _calls(value, marked, turn, 0)


def _calls(value: Any, marked: bool, turn: Turn, depth: int) -> list[Candidate] | None:
    if depth > MAX_ENVELOPES:
        return None
    if isinstance(value, list):
        found: list[Candidate] = []
        for item in value[:MAX_CALLS]:
            if not isinstance(item, dict):
                return None
            single = _named_by_key(item, turn) if len(item) == 1 else None
            calls = single or _calls(item, marked, turn, depth + 1)
            if calls is None:
                return None
            found += calls
        return found or None
    if not isinstance(value, dict):
        return None
    for key in ENVELOPES:
        inner = _with_outer_arguments(value, key)
        if isinstance(inner, dict | list) and (marked or _beside(value, {key, *ARGUMENTS})):
            calls = _calls(inner, marked, turn, depth + 1)
            if calls is not None:
                return calls
    return _one(value, marked, turn)


def _with_outer_arguments(value: Mapping[str, Any], key: str) -> Any:
    """What stands under the key of an envelope, with the arguments that were written beside it."""
    inner = value.get(key)
    outer = {name: value[name] for name in ARGUMENTS if name in value}
    if isinstance(inner, dict) and outer and not any(name in inner for name in ARGUMENTS):
        return inner | outer
    return inner


def _one(value: Mapping[str, Any], marked: bool, turn: Turn) -> list[Candidate] | None:
    key = next((key for key in NAMES if isinstance(value.get(key), str)), None)
    given = next((key for key in ARGUMENTS if key in value), None)
    if key is None:
        return _named_by_key(value, turn) if marked else None
    if not marked and (given is None or not _beside(value, {key, given})):
        return None
    if given is None and set(value) - {key} - BESIDE:
        return None  # arguments beside the name: which key is whose would be a guess
    args = value[given] if given else None
    if not marked and not isinstance(args, dict | str | None):
        return None
    return [Candidate(value[key], args, free_text=given in ("action_input", "tool_input"))]


def _named_by_key(value: Mapping[str, Any], turn: Turn) -> list[Candidate] | None:
    """`{"tool": {arguments}}`, as Apertus writes it."""
    if not value or not all(turn.bound(key) and isinstance(args, dict) for key, args in value.items()):
        return None
    return [Candidate(key, args) for key, args in value.items()]


def _beside(value: Mapping[str, Any], used: set[str]) -> bool:
    if "type" in value and value["type"] not in CALL_TYPES:
        return False
    return set(value) - used <= BESIDE


def read_json(turn: Turn, pos: int, *, marked: bool) -> Found | None:
    """The call or the list of calls in JSON that begins at `pos`. Raises CutOff."""
    if turn.text[pos : pos + 1] not in ("{", "["):
        return None
    got = _read(turn, pos, 2 if turn.at("{", pos) else 3)
    if not got:
        return None
    value, end = got
    completed = turn.reader.completed
    calls = calls_in(value, marked=marked, turn=turn)
    if calls is None:
        empty = value in ([], {}) and marked
        return Found([], end) if empty else None
    if completed and any(call.args is None for call in calls):
        raise CutOff("the text ends before the arguments")
    return Found(calls, end)


def read_object(turn: Turn, pos: int) -> tuple[dict[str, Any], int] | None:
    """The JSON object at `pos`, as arguments stand without a name. Raises CutOff."""
    return _read(turn, pos, 1) if turn.at("{", pos) else None


def _read(turn: Turn, pos: int, closes: int) -> tuple[Any, int] | None:
    """A value as it stands, else with quotes in its strings that nothing escapes. Raises CutOff."""
    for inner in (False, True):
        try:
            return turn.reader.value(pos, closes=0 if inner else closes, inner=inner)
        except CutOff:
            raise
        except Malformed:
            continue
    return None


def read_bare_object(turn: Turn, pos: int, name: str) -> tuple[dict[str, Any], int] | None:
    """Gemma's object at `pos`, strings without quotes allowed, as the arguments of a tool. Raises CutOff."""
    if not turn.at("{", pos):
        return None
    try:
        args, end = turn.reader.value(pos, closes=1, bare=True)
    except CutOff:
        raise
    except Malformed:
        return None
    if turn.bound(name) and set(args) - set(turn.properties(name)):
        return None  # a comma in a text without quotes was taken for the end of it
    return args, end
