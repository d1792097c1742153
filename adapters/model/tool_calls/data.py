"""Where a text holds literals: what looks like the mark of a call in a string is data."""

from __future__ import annotations

import re

from kubetriage.adapters.model.tool_calls.literals import CutOff, Malformed
from kubetriage.adapters.model.tool_calls.pythonic import read_pythonic
from kubetriage.adapters.model.tool_calls.turn import Turn

MAX_PLACES = 256
"""Brackets that are tried as the beginning of a literal in one text."""

_BRACKET = re.compile(r"[{\[]|(?<=\w)\(")


class Data:
    """The literals of one text; asked from front to back."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._pos = 0
        self._left = MAX_PLACES
        self._literal = 0
        """Where the last literal that was read ends."""

    def skip(self, end: int) -> None:
        """What was read as a call up to `end` is none of the text's literals."""
        self._pos = max(self._pos, end)

    def holds(self, pos: int) -> bool:
        """True if a literal that has begun before `pos` ends behind it, or is cut off."""
        while self._literal <= pos and self._left:
            bracket = _BRACKET.search(self._turn.text, self._pos, pos)
            if not bracket:
                self._pos = max(self._pos, pos)
                break
            self._left -= 1
            self._pos = bracket.end()
            end = self._end(bracket)
            if end:
                self._literal = self._pos = max(end, self._pos)
        return self._literal > pos

    def _end(self, bracket: re.Match[str]) -> int | None:
        text, start = self._turn.text, bracket.start()
        try:
            if bracket[0] == "(":
                return self._turn.reader.arguments(bracket.end())[1]
            try:
                return self._turn.reader.value(start)[1]
            except CutOff:
                raise
            except Malformed:
                calls = read_pythonic(self._turn, start) if bracket[0] == "[" else None
                return calls.end if calls else None
        except CutOff:
            return len(text) + 1
        except Malformed:
            return None
