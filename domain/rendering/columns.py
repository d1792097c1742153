"""Columns of a terminal: how wide text is drawn, and where a line of it may end.

Wide and full-width characters (Unicode Standard Annex 11) take two columns, combining marks none. A line may
end at a blank and between wide characters, but not before closing nor after opening punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from kubetriage.domain.rendering.document import Content, Mark, Span

_CLOSING = frozenset("，。、；：！？）」』”’》】…·%,.;:!?)]}")
"""What must not begin a line."""
_OPENING = frozenset("（「『“‘《【([{")
"""What must not end a line."""

_PIECE = re.compile(r"\s+|\S")

Line = list[tuple[str, Span]]
"""One line on the screen: pieces of text, each with the span whose style it has."""


def width_of(text: str) -> int:
    """Columns that the text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if character < "\u0300":
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) == "Me":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _append(line: Line, text: str, span: Span) -> None:
    """Add text to a line, in one piece with the text before it that has the same style."""
    if line and line[-1][1] is span:
        line[-1] = (line[-1][0] + text, span)
    else:
        line.append((text, span))


@dataclass
class _Unit:
    """Text between two places where a line may end."""

    pieces: Line = field(default_factory=list)
    width: int = 0
    blank_before: bool = False
    last: str = ""

    def add(self, character: str, span: Span) -> None:
        _append(self.pieces, character, span)
        self.width += _columns(character)
        self.last = character


def wrap(content: Content, width: int) -> list[Line]:
    """The content in lines of at most `width` columns; only an address may be longer."""
    lines: list[Line] = [[]]
    used = 0
    for unit in _fitting(content, width):
        blank = 1 if unit.blank_before and used else 0
        if used and used + blank + unit.width > width:
            lines.append([])
            used = blank = 0
        for index, (text, span) in enumerate(unit.pieces):
            _append(lines[-1], " " * (blank if index == 0 else 0) + text, span)
        used += blank + unit.width
    return lines


def cut(text: str, width: int) -> list[str]:
    """Verbatim text in pieces of at most `width` columns, cut behind a blank where one is near."""
    pieces: list[str] = []
    rest = text
    while width_of(rest) > width:
        end = used = 0
        while used + _columns(rest[end]) <= width:
            used += _columns(rest[end])
            end += 1
        blank = rest.rfind(" ", end * 2 // 3, end)
        end = blank + 1 if blank > 0 else end
        pieces.append(rest[:end])
        rest = rest[end:]
    return [*pieces, rest]


def _fitting(content: Content, width: int) -> Iterator[_Unit]:
    for unit in _units(content):
        if unit.width <= width or _is_address(unit):
            yield unit
        else:
            yield from _cut(unit, width)


def _units(content: Content) -> Iterator[_Unit]:
    unit = _Unit()
    blank = False
    for span in content:
        for match in _PIECE.finditer(span.text):
            character = match.group()
            if character.isspace():
                blank = True
                continue
            if unit.pieces and (blank or _may_break(unit.last, character)):
                yield unit
                unit = _Unit(blank_before=blank)
            blank = False
            unit.add(character, span)
    if unit.pieces:
        yield unit


def _may_break(before: str, after: str) -> bool:
    if before in _OPENING or after in _CLOSING:
        return False
    return _columns(before) == 2 or _columns(after) == 2


def _is_address(unit: _Unit) -> bool:
    return len(unit.pieces) == 1 and unit.pieces[0][1].mark is Mark.LINK


def _cut(unit: _Unit, width: int) -> Iterator[_Unit]:
    """A unit that no line can hold, in pieces that a line can."""
    piece = _Unit(blank_before=unit.blank_before)
    for text, span in unit.pieces:
        for character in text:
            if piece.width + _columns(character) > width:
                yield piece
                piece = _Unit()
            piece.add(character, span)
    yield piece
