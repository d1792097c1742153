"""Calls between the marks of the known families, from front to back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from kubetriage.adapters.model.tool_calls import harmony, minimax_m3
from kubetriage.adapters.model.tool_calls.calls import Candidate, Found
from kubetriage.adapters.model.tool_calls.data import Data
from kubetriage.adapters.model.tool_calls.elements import KIMI_K3_CALL, read_element, read_kimi_k3
from kubetriage.adapters.model.tool_calls.literals import CutOff, Malformed
from kubetriage.adapters.model.tool_calls.markers import ELEMENT, OPENING, STOP
from kubetriage.adapters.model.tool_calls.quoting import Quoting
from kubetriage.adapters.model.tool_calls.turn import MAX_CALLS, Turn
from kubetriage.adapters.model.tool_calls.wrapped import read_wrapped

MAX_MARKS = 64
"""Marks that are tried in one text, those in quotations included."""

Reader = Callable[[Turn, re.Match[str]], Found | None]


@dataclass(frozen=True)
class Format:
    """A family of formats: the mark that announces its calls, and the reader of what follows."""

    name: str
    mark: re.Pattern[str]
    read: Reader


FORMATS = (
    Format("harmony", re.compile(harmony.OPENING), harmony.read_harmony),
    Format("kimi_k3", KIMI_K3_CALL, read_kimi_k3),
    Format(
        "minimax_m3",
        re.compile(minimax_m3.OPENING),
        lambda turn, mark: minimax_m3.read_minimax_m3(turn, mark.end()),
    ),
    Format("marked", OPENING, lambda turn, mark: read_wrapped(turn, mark.end())),
    Format("element", ELEMENT, lambda turn, mark: read_element(turn, mark.start())),
)
"""In this order at one place; the place that comes first in the text goes first."""

_STOP = re.compile(rf"(?=<[\w|｜‖]|[\[✿O观 \t])(?:{STOP})")


@dataclass
class Scan:
    """What the marks of a text yielded."""

    candidates: list[Candidate] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    """The format of each candidate."""
    start: int = 0
    """Where the first call begins; the end of the model's own text if there is none."""
    limit: int = 0
    """Where the model stops speaking for itself: the end of the text, or an invented answer of a tool."""
    spans: list[tuple[int, int, int]] = field(default_factory=list)
    """Beginning, end and number of calls of each place."""


class _Marks:
    """The next mark of each kind, looked for again only once it is passed."""

    def __init__(self, text: str) -> None:
        self._text = text
        patterns = [*(one.mark for one in FORMATS), _STOP]
        self._next = [(pattern, pattern.search(text)) for pattern in patterns]

    def first(self, pos: int) -> tuple[Format | None, re.Match[str]] | None:
        """The first mark at or behind `pos` with its format, None for the format of a stop."""
        best: tuple[Format | None, re.Match[str]] | None = None
        for index, (pattern, match) in enumerate(self._next):
            if match and match.start() < pos:
                match = pattern.search(self._text, pos)
                self._next[index] = (pattern, match)
            if match and (best is None or match.start() < best[1].start()):
                best = (FORMATS[index] if index < len(FORMATS) else None, match)
        return best


def scan(turn: Turn) -> Scan:
    """The calls between marks, outside of quotations and data, up to an invented answer of a tool.

    A call that is cut off ends the text too: what looks like marks behind its beginning is its arguments.
    """
    marks = _Marks(turn.text)
    quoting = Quoting(turn.text)
    data = Data(turn)
    result = Scan(start=len(turn.text), limit=len(turn.text))
    pos = 0
    for _ in range(MAX_MARKS):
        found = marks.first(pos)
        if not found or len(result.candidates) >= MAX_CALLS:
            break
        kind, mark = found
        got = _read(turn, kind, mark) if kind else None
        end = got.end if got else mark.end()
        if quoting.quoted(mark.start(), end) or data.holds(mark.start()):
            pos = end if got and got.candidates else mark.end()
            quoting.pass_over(pos)
            continue
        pos = end
        if got and not got.candidates:
            continue
        if kind is None or got is None:
            result.limit = mark.start()
            break
        if not result.candidates:
            result.start = mark.start()
        result.candidates += got.candidates
        result.formats += [kind.name] * len(got.candidates)
        result.spans.append((mark.start(), end, len(got.candidates)))
        quoting.skip(end)
        data.skip(end)
    result.start = min(result.start, result.limit)
    return result


def acts(text: str) -> bool:
    """True if the model plays the tool or the user somewhere in a text, and does not only quote them."""
    quoting = Quoting(text)
    return any(not quoting.quoted(mark.start(), mark.end()) for mark in _STOP.finditer(text))


def _read(turn: Turn, kind: Format, mark: re.Match[str]) -> Found | None:
    """What follows the mark: no candidates if it announces nothing, None if its call is cut off."""
    try:
        return kind.read(turn, mark) or Found([], mark.end())
    except CutOff:
        return None
    except Malformed:
        return Found([], mark.end())
