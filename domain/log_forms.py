"""A whole log's records by form: lines that differ only in numbers, ids and times have one form.

Most of a log is the same few lines again and again, so what costs time (levels, JSON, signs of failures) is
done once a form. A line is first told by itself without its digits, which is done for the whole log at once;
only a line that is new in that shape is looked at by a pattern, and only a new form is read. Beyond
`MOST_FORMS` a line that fits none is told by the words that many lines have, and if it has too few of them it
is counted by its level alone: so a log of lines that are all unlike costs little more than any other.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from datetime import datetime

from kubetriage.domain.kube import when
from kubetriage.domain.log_digest import LogPlace
from kubetriage.domain.log_fields import json_fields
from kubetriage.domain.log_joining import RECORD_LINES, spans
from kubetriage.domain.log_levels import Level, level_of, says_error
from kubetriage.domain.log_lines import Lines
from kubetriage.domain.log_masks import Vocabulary, masked
from kubetriage.domain.log_orders import gives_orders
from kubetriage.domain.log_times import time_in
from kubetriage.domain.logs import Record, record_of

MOST_FORMS = 2000
"""Forms that are told apart."""
TRIES = 2000
"""Lines beyond them of which one in twenty must fit a known form; if not, no further one is tried."""
_DIGITS = b"0123456789"
_SERVER_ERROR = re.compile(
    r'HTTP/[0-9.]{1,3}"? 5[0-9]{2}\b|(?:[sS]tatus(?:_?[cC]ode)?|response_code)"?[=: ]{1,3}"?5[0-9]{2}\b'
)
"""An answer with a status of 5xx in an access log."""
_NEAR_STATUS = ("HTTP/", "tatus", "response_code")
_STATUS_5XX = re.compile(r'[" =:]5[0-9][0-9](?![0-9])')
"""What stands in every such line, and is found fast."""
_NUMERIC_LEVEL = re.compile(r'"level": ?([0-9])')


class Form:
    """One form of records."""

    __slots__ = ("count", "error", "first", "last", "level", "orders", "record")

    def __init__(self, record: Record | None, level: Level, error: bool, first: int) -> None:
        self.record = record
        """The first of them; None for what is counted by its level alone."""
        self.level = level
        self.error = error
        """Whether it tells of something that went wrong."""
        self.orders = record is not None and gives_orders(record.whole)
        self.count = 0
        self.first = self.last = first


class Forms:
    """The records of a log, each with its form, in the order of the log."""

    def __init__(self, lines: Lines, now: datetime | None = None) -> None:
        self.lines = lines
        self.now = now
        self.forms: list[Form] = []
        self.starts = array("l")
        """By record, its first line."""
        self.ends = array("l")
        """By record, the line after its last."""
        self.form_of = array("l")
        """By record, the place of its form in `forms`."""
        self._by_shape: dict[tuple[str, bytes], int] = {}
        self._by_mask: dict[tuple[str, str], int] = {}
        self._vocabulary: Vocabulary | None = None
        self._by_words: dict[tuple[str, str], int] = {}
        self._alone: dict[tuple[Level, bool], int] = {}
        self._tried = self._fitted = 0
        self._read()

    def form(self, place: int) -> Form:
        return self.forms[self.form_of[place]]

    def words(self, place: int) -> str:
        """The lines of a record."""
        return "\n".join(self.lines.lines[self.starts[place] : self.ends[place]])

    def record(self, place: int) -> Record:
        """The record itself, read anew."""
        start, end = self.starts[place], self.ends[place]
        return self._record(
            [line.rstrip() for line in self.lines.lines[start:end] if line][:RECORD_LINES], start
        )

    def time(self, place: int) -> datetime | None:
        """The time that a record carries."""
        start = self.starts[place]
        stamp = when(self.lines.stamps[start]) if self.lines.stamps else None
        line = self.lines.lines[start]
        at = time_in(line, self.now)
        if at is None and line.endswith("}"):
            fields = json_fields(line, self.now)
            at = fields.at if fields is not None else None
        return at or stamp

    def place(self, place: int) -> LogPlace:
        """Where a record stands."""
        return LogPlace(line=self.starts[place] + 1, at=self.time(place))

    def errors(self) -> list[int]:
        """The records that tell of something that went wrong."""
        wrong = {i for i, form in enumerate(self.forms) if form.error and not form.orders}
        return [place for place, form in enumerate(self.form_of) if form in wrong]

    # ---- reading

    def _read(self) -> None:
        lines = self.lines.lines
        shapes = "\n".join(lines).encode("utf-8", "replace").translate(None, _DIGITS).split(b"\n")
        text_marks = _marks(lines)
        known = self._by_shape
        for start, end, own in spans(lines):
            mark = text_marks[start] if text_marks else ""
            shape = shapes[start] if end - start == 1 else b"\n".join(shapes[start:end])
            place = len(self.starts)
            number = known.get((mark, shape))
            if number is None:
                number = known[mark, shape] = self._of_new_shape(mark, own, start, place)
            form = self.forms[number]
            form.count += 1
            form.last = place
            self.starts.append(start)
            self.ends.append(end)
            self.form_of.append(number)

    def _of_new_shape(self, mark: str, own: Sequence[str], start: int, place: int) -> int:
        full = len(self._by_mask) >= MOST_FORMS
        if full and self._tried >= TRIES and self._fitted * 20 < self._tried:
            return self._by_level(mark, own[0], place)
        words = masked(own[0] if len(own) == 1 else "\n".join(own))
        number = self._by_mask.get((mark, words))
        if not full:
            if number is None:
                number = self._by_mask[mark, words] = self._new(mark, own, start, place)
            return number
        if number is None:
            number = self._of_known_words(mark, words, own, start, place)
        self._tried += 1
        self._fitted += number is not None
        return self._by_level(mark, own[0], place) if number is None else number

    def _of_known_words(
        self, mark: str, words: str, own: Sequence[str], start: int, place: int
    ) -> int | None:
        if self._vocabulary is None:
            self._vocabulary = Vocabulary([known for _, known in self._by_mask])
        coarse = self._vocabulary.coarse(words)
        if not coarse:
            return None
        number = self._by_words.get((mark, coarse))
        if number is None and len(self._by_words) < MOST_FORMS // 3:
            number = self._by_words[mark, coarse] = self._new(mark, own, start, place)
        return number

    def _new(self, mark: str, own: Sequence[str], start: int, place: int) -> int:
        record = self._record(own, start)
        self.forms.append(Form(record, record.level, mark == "5" or tells_of_error(record), place))
        return len(self.forms) - 1

    def _by_level(self, mark: str, line: str, place: int) -> int:
        level = level_of(line)
        wrong = mark == "5" or level >= Level.ERROR
        number = self._alone.get((level, wrong))
        if number is None:
            self.forms.append(Form(None, level, wrong, place))
            number = self._alone[level, wrong] = len(self.forms) - 1
        return number

    def _record(self, own: Sequence[str], start: int) -> Record:
        stamp = self.lines.stamps[start] if self.lines.stamps else ""
        return record_of(own, when(stamp), self.now)


def _marks(lines: Sequence[str]) -> list[str] | None:
    """By line what its digits say of it: a level written as a number, or `5` for an answer of 5xx."""
    head = "\n".join(lines[:200]) if len(lines) < 400 else "\n".join((*lines[:200], *lines[-200:]))
    numeric, status = bool(_NUMERIC_LEVEL.search(head)), any(word in head for word in _NEAR_STATUS)
    if not numeric and not status:
        return None
    return [_mark(line, numeric, status) for line in lines]


def _mark(line: str, numeric: bool, status: bool) -> str:
    if status and _STATUS_5XX.search(line) and _SERVER_ERROR.search(line):
        return "5"
    found = _NUMERIC_LEVEL.search(line) if numeric else None
    return f"l{found[1]}" if found else ""


def tells_of_error(record: Record) -> bool:
    """Whether a record counts as an error: by its level, or by its words if it is a warning or has none."""
    if record.level >= Level.ERROR or record.thrown:
        return True
    return record.level in (Level.NONE, Level.WARN) and says_error(record.said)
