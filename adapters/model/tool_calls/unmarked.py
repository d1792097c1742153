"""Calls without marks, as they are left where the server skips special tokens or the model knows none.

Only a place that can hold nothing else counts: the whole content, a fence with nothing but calls, the end
of the content. A call in the middle of prose is a quotation.
"""

from __future__ import annotations

import re

from kubetriage.adapters.model.tool_calls.calls import Candidate, Found
from kubetriage.adapters.model.tool_calls.data import Data
from kubetriage.adapters.model.tool_calls.json_calls import read_json
from kubetriage.adapters.model.tool_calls.literals import CutOff, Malformed
from kubetriage.adapters.model.tool_calls.markers import SPECIAL_END, TURN_START
from kubetriage.adapters.model.tool_calls.pythonic import read_pythonic
from kubetriage.adapters.model.tool_calls.quoting import (
    CALL_LANGUAGES,
    Quoting,
    closes_fence,
    example_before,
    list_before,
    quoted_on_its_line,
)
from kubetriage.adapters.model.tool_calls.turn import MAX_CALLS, Turn

MAX_FENCES = 64
MAX_PLACES = 64
"""Brackets that are tried as the beginning of a call at the end."""

_BETWEEN = re.compile(r"(?:\s|\\n)*+[,;]?(?:\s|\\n)*+")
_FENCE = re.compile(r"(?:`{3,}|^[ \t]{0,8}~{3,})", re.MULTILINE)
_FENCE_HEAD = re.compile(r"[ \t]*([\w+-]{0,24})[ \t]*(?:\n|(?=[\[{]))")
_FENCE_END = re.compile(r"\s*(?:`{3,}|~{3,}|\Z)")
_PLACE = re.compile(r"^[ \t]*(?=[\[{])|[.!?:;…。！？：；>]\s{0,4}(?=[\[{])", re.MULTILINE)
_NESTED = re.compile(r"(?:[\[{,(]|\"\s{0,4}:)\s*\Z")
_SURPLUS = re.compile(r"\s*[}\])]{0,4}\s*\Z")


def read_whole(turn: Turn) -> tuple[Found, int] | None:
    """The content is calls and nothing else, in JSON or in Python."""
    start = _beginning(turn)
    found = _json_to_end(turn, start) or _pythonic_to_end(turn, start, listed=False)
    return (found, 0) if found else None


def read_fences(turn: Turn) -> tuple[Found, int] | None:
    """The calls of all fences that hold nothing but calls, and where the first of these fences begins."""
    found: list[Candidate] = []
    first = None
    pos = 0
    data = Data(turn)
    for _ in range(MAX_FENCES):
        mark = _FENCE.search(turn.text, pos)
        if not mark:
            break
        head = _FENCE_HEAD.match(turn.text, mark.end()) if not data.holds(mark.start()) else None
        try:
            calls = _in_fence(turn, mark, head) if head else None
        except CutOff:
            break
        if calls:
            found += calls.candidates
            first = mark.start() if first is None else first
            pos = calls.end
            continue
        closing = _closing(turn.text, mark, head.end() if head else mark.end())
        if closing is None:
            break
        pos = closing
    return None if first is None else (Found(found[:MAX_CALLS], pos), first)


def read_at_end(turn: Turn) -> tuple[Found, int] | None:
    """The content ends with calls in JSON, or with a list of calls in Python."""
    quoting = Quoting(turn.text)
    data = Data(turn)
    for count, place in enumerate(_PLACE.finditer(turn.text)):
        if count == MAX_PLACES:
            break
        at = place.end()
        if _NESTED.search(turn.text, max(0, at - 16), at) or quoting.fence_at(at) or data.holds(at):
            continue
        try:
            got = _json_to_end(turn, at) or _pythonic_to_end(turn, at, listed=True)
        except CutOff:
            return None  # every bracket behind it stands inside of it
        except Malformed:
            continue
        if got and not quoted_on_its_line(turn.text, at, got.end):
            return got, at
    return None


def _beginning(turn: Turn) -> int:
    match = TURN_START.match(turn.text)
    return turn.gap(match.end() if match else 0)


def _json_to_end(turn: Turn, pos: int) -> Found | None:
    """JSON calls one behind the other, up to the end of the text or of the turn."""
    found: list[Candidate] = []
    while len(found) < MAX_CALLS:
        got = read_json(turn, pos, marked=False)
        if not got:
            return None
        found += got.candidates
        end = _ending(turn, got.end)
        if end is not None:
            return Found(found, end)
        between = _BETWEEN.match(turn.text, got.end)
        pos = between.end() if between else got.end
    return None


def _pythonic_to_end(turn: Turn, pos: int, *, listed: bool) -> Found | None:
    """Python calls up to the end. Without brackets around them only those of tools that are bound."""
    if listed and not turn.at("[", pos):
        return None
    got = read_pythonic(turn, pos)
    if not got or _ending(turn, got.end) is None:
        return None
    known = all(turn.bound(one.name) for one in got.candidates)
    return got if known or (turn.at("[", pos) and not listed) else None


def _ending(turn: Turn, pos: int) -> int | None:
    """The end of the text if nothing but closing marks and surplus brackets stands before it."""
    text = turn.text
    for _ in range(16):
        if _SURPLUS.match(text, pos):
            return len(text)
        closing = SPECIAL_END.match(text, turn.gap(pos))
        if not closing:
            return None
        pos = closing.end()
    return None


def _in_fence(turn: Turn, mark: re.Match[str], head: re.Match[str]) -> Found | None:
    """The calls of a fence that holds nothing else and belongs to no list and no quotation."""
    language = head[1].lower()
    if language not in CALL_LANGUAGES or quoted_on_its_line(turn.text, mark.start(), mark.start()):
        return None
    line = turn.text.rfind("\n", 0, mark.start()) + 1
    if list_before(turn.text, line) and not turn.text[:line].endswith("\n\n"):
        return None
    found: list[Candidate] = []
    pos = turn.gap(head.end())
    while len(found) < MAX_CALLS:
        got = read_json(turn, pos, marked=False) or (_python_code(turn, pos, language))
        if not got:
            return None
        found += got.candidates
        surplus = re.compile(r"\s*[}\])]{0,4}(?=\s*(?:`{3}|~{3}|\Z))").match(turn.text, got.end)
        end = surplus.end() if surplus else got.end
        closing = _FENCE_END.match(turn.text, end)
        if closing:
            # An example with words behind it is shown; at the end it is how some models begin a call.
            shown = not turn.at_end(closing.end()) and example_before(turn.text, line)
            return None if shown else Found(found, closing.end())
        between = _BETWEEN.match(turn.text, end)
        pos = between.end() if between else end
    return None


def _python_code(turn: Turn, pos: int, language: str) -> Found | None:
    """Python in a fence is a call where the fence says so, or where it is a list of calls of bound tools."""
    try:
        got = read_pythonic(turn, pos)
    except Malformed:
        return None
    if not got or not all(turn.bound(one.name) for one in got.candidates):
        return None
    return got if turn.at("[", pos) or language.startswith(("tool", "function")) else None


def _closing(text: str, mark: re.Match[str], pos: int) -> int | None:
    """Behind the mark that closes a fence, None if none does."""
    opened_by = mark[0].strip()
    marks = (one for one in _FENCE.finditer(text, pos) if closes_fence(text, one, opened_by))
    closing = next(marks, None)
    return closing.end() if closing else None
