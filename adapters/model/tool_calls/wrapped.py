"""What stands between the marks of a call, whichever family the marks are of.

Models mix them: Qwen's tag around GLM's keys, a fence in Hermes' tag, two objects in one tag, a tag opened
once for two calls. So a mark only announces that calls follow, and every payload is tried behind every
mark.
"""

from __future__ import annotations

import re

from kubetriage.adapters.model.tool_calls.calls import Candidate, Found
from kubetriage.adapters.model.tool_calls.elements import read_element
from kubetriage.adapters.model.tool_calls.json_calls import read_json
from kubetriage.adapters.model.tool_calls.literals import CutOff
from kubetriage.adapters.model.tool_calls.markers import OPENING, SPECIAL_END
from kubetriage.adapters.model.tool_calls.named import read_fenced_call, read_named
from kubetriage.adapters.model.tool_calls.pythonic import read_pythonic
from kubetriage.adapters.model.tool_calls.turn import MAX_CALLS, Turn

MAX_MARKS = 32
"""Marks in a row, with nothing between them."""

_JUNK = re.compile(r"(?:\s|\\n)*+[,;]?(?:\s|\\n)*+")
_SURPLUS = re.compile(r"\s*[})\]]{1,4}(?=\s*(?:<|\[|;|,|`|$))")
"""Closing brackets too many, before a mark or the end."""
_FENCE_LINE = re.compile(r"\s*`{3,}[a-z]{0,8}\s*(?=<|\[|$)")


def read_wrapped(turn: Turn, pos: int) -> Found:
    """The calls behind an opening mark, none if none follows: then the text goes on behind the marks."""
    found: list[Candidate] = []
    end = pos
    inside = True
    while len(found) < MAX_CALLS:
        pos, inside = _marks(turn, pos, inside)
        got = _payload(turn, pos, inside)
        if got is None:
            end = end if found else _behind(turn, pos)
            break
        found += got.candidates
        pos = end = got.end
        surplus = _SURPLUS.match(turn.text, pos)
        pos = end = surplus.end() if surplus else pos
        if closing := SPECIAL_END.match(turn.text, turn.gap(end)):
            end = closing.end()
    return Found(found[:MAX_CALLS], end)


def _behind(turn: Turn, pos: int) -> int:
    """Where the text goes on if no call can be read at `pos`: behind what was meant for one."""
    if turn.text[pos : pos + 1] not in ("{", "["):
        return pos
    closing = SPECIAL_END.search(turn.text, pos)
    if not closing:
        raise CutOff("nothing closes the call")
    return closing.end()


def _marks(turn: Turn, pos: int, inside: bool) -> tuple[int, bool]:
    """Behind white space, separators and marks; whether the last mark was an opening one."""
    text = turn.text
    for _ in range(MAX_MARKS):
        junk = _JUNK.match(text, pos)
        pos = junk.end() if junk else pos
        if closing := SPECIAL_END.match(text, pos):
            pos, inside = closing.end(), False
        elif opening := OPENING.match(text, pos):
            pos, inside = opening.end(), True
        elif fence := _FENCE_LINE.match(text, pos):
            pos = fence.end()
        else:
            break
    return pos, inside


def _payload(turn: Turn, pos: int, inside: bool) -> Found | None:
    """One call or one list of calls. Behind a closing mark only what cannot be prose is taken for one."""
    char = turn.text[pos : pos + 1]
    if char == "{":
        return read_json(turn, pos, marked=True)
    if char == "[":
        return read_json(turn, pos, marked=True) or read_pythonic(turn, pos)
    if char == "<":
        return read_element(turn, pos) or (read_named(turn, pos) if inside else None)
    if not inside:
        return None
    if char in ("`", "~"):
        return read_fenced_call(turn, pos)
    return read_named(turn, pos)
