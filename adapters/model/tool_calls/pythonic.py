"""Calls written as Python: `[f(a=1), g(b="x")]`, keyword arguments and constants only."""

from __future__ import annotations

import re
from typing import Any

from kubetriage.adapters.model.tool_calls.calls import Candidate, Found
from kubetriage.adapters.model.tool_calls.literals import CutOff, Malformed
from kubetriage.adapters.model.tool_calls.turn import MAX_CALLS, Turn

_CALL = re.compile(r"(?:print\s{0,4}\(\s{0,4})?([A-Za-z_][\w.\-]{0,127}?)(?:\.call)?\s{0,2}\(")
_BETWEEN = re.compile(r"\s*[,;]?\s*")
_SPACE = re.compile(r"\s*")


def read_pythonic(turn: Turn, pos: int) -> Found | None:
    """The list of calls, or the calls one behind the other, that begin at `pos`. Raises CutOff."""
    try:
        return _list(turn, pos + 1) if turn.at("[", pos) else _sequence(turn, pos)
    except CutOff:
        raise
    except Malformed:
        return None


def _list(turn: Turn, pos: int) -> Found | None:
    found: list[Candidate] = []
    pos = _skip(_SPACE, turn, pos)
    while len(found) < MAX_CALLS and not turn.at("]", pos):
        call, end = _one(turn, pos)
        found.append(call)
        pos = _skip(_BETWEEN, turn, end)
        if pos == len(turn.text) and found:
            return Found(found, pos)  # only the bracket is missing
        if not turn.at("]", pos) and "," not in turn.text[end:pos]:
            return Found(found, end) if turn.text[end : end + 1].isspace() and turn.at("<", pos) else None
    return Found(found, pos + 1) if found else None


def _sequence(turn: Turn, pos: int) -> Found | None:
    call, end = _one(turn, pos)
    found = [call]
    while len(found) < MAX_CALLS:
        at = _skip(_BETWEEN, turn, end)
        try:
            call, end = _one(turn, at)
        except CutOff:
            raise
        except Malformed:
            break
        found.append(call)
    return Found(found, end)


def _one(turn: Turn, pos: int) -> tuple[Candidate, int]:
    match = _CALL.match(turn.text, pos)
    if not match:
        raise Malformed("no call")
    args, end = _arguments(turn, match.end())
    if match[0].startswith("print"):
        end = _skip(_SPACE, turn, end)
        end += turn.at(")", end)
    return Candidate(match[1], args), end


def _arguments(turn: Turn, pos: int) -> tuple[dict[str, Any], int]:
    """Keyword arguments, or one object that holds them all."""
    at = _skip(_SPACE, turn, pos)
    if not turn.at("{", at):
        return turn.reader.arguments(pos, closes=1)
    args, end = turn.reader.value(at, python=True)
    end = _skip(_SPACE, turn, end)
    if not turn.at(")", end):
        raise Malformed("no closing bracket")
    return args, end + 1


def _skip(pattern: re.Pattern[str], turn: Turn, pos: int) -> int:
    match = pattern.match(turn.text, pos)
    return match.end() if match else pos
