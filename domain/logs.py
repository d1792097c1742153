"""Reading application logs: records instead of lines, and the last words before an end.

Nothing here knows what an error means for a cluster (`domain.log_signs` does). Log text is untrusted: it is
cut to bounds before any pattern sees it, and every pattern runs in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from kubetriage.domain.kube import when
from kubetriage.domain.log_fields import json_fields, logfmt_said
from kubetriage.domain.log_joining import CHAINED, RUBY, RUST, TRACEBACK, spans
from kubetriage.domain.log_levels import LEVELS, Level, level_of, says_error, without_head
from kubetriage.domain.log_lines import lines_of
from kubetriage.domain.log_masks import masked
from kubetriage.domain.log_orders import gives_orders
from kubetriage.domain.log_times import time_in

__all__ = [
    "LastWords", "Level", "Record", "errors", "is_error", "last_words", "record_of", "records", "signature",
    "tail",
]  # fmt: skip


class Record(NamedTuple):
    """One thing an application said: a line with its stack trace and other continuations."""

    raw: str
    """The line that says it best, as it stands in the log (without colour codes)."""
    said: str
    """Its message without time, level and JSON around it."""
    whole: str
    """All lines, for patterns that need the next one."""
    level: Level
    thrown: bool
    """Whether it is an exception, a panic or a traceback."""
    at: datetime | None


class LastWords(NamedTuple):
    """What a log ends with."""

    record: Record
    decisive: bool
    """Whether it states an error; otherwise it is only the last line."""


_THROWN = re.compile(
    r"^(?:Traceback \(most recent|panic: |fatal error: |Exception in thread|Unhandled exception|Uncaught "
    r"|thread '[^']*' panicked at|[\w.$]*(?:Exception|Error)\b(?:: |$)|Caused by: |terminate called"
    r"|\*\*\* Error)"
)
_NOISE = re.compile(
    r"^\W*$|^npm (?:ERR!|error|notice|warn)|^Node\.js v\d|^error Command failed|^exit status \d|^info Visit"
    r"|^Process (?:exited|finished)|^\s*\^+\s*$|^A complete log of this run",
    re.IGNORECASE,
)


def tail(text: str, lines: int) -> str:
    """The last lines of a log."""
    return "\n".join(text.splitlines()[-lines:])


@lru_cache(maxsize=64)
def records(text: str) -> tuple[Record, ...]:
    """A log's records in order; empty lines stand for nothing."""
    lines, stamps = lines_of(text)
    return tuple(record_of(own, when(stamps[start]) if stamps else None) for start, _, own in spans(lines))


def record_of(lines: Sequence[str], stamp: datetime | None = None, now: datetime | None = None) -> Record:
    """The record that these lines make.

    `stamp` is the time that a runtime noted for the first of them; `now` dates a line without a year.
    """
    best = _essence(lines)
    joined = lines[0].startswith("{")
    said, level, at, stack = _read(
        "\n".join(lines) if joined and len(lines) > 1 else lines[0] if joined else best
    )
    thrown = any(_THROWN.match(line.strip()) for line in (lines[0], best)) or bool(_THROWN.match(said))
    thrown = thrown or bool(RUBY.match(lines[0]))
    if len(lines) > 1 and not thrown:
        thrown = any(line.lstrip().startswith("at ") for line in lines[1:4])
    if len(lines) > 1 and not joined:
        _, named, moment, _ = _read(lines[0])
        level, at = max(level, named), at or moment
    whole = "\n".join([*lines, stack] if stack else lines)
    return Record(best, said, whole, level, thrown, at or stamp)


def _essence(lines: Sequence[str]) -> str:
    """The line of a record that says why: the innermost cause, or the exception under a traceback."""
    if raised := RUBY.match(lines[0]):
        return raised["said"]
    if len(lines) == 1:
        return lines[0]
    causes = [line for line in lines if line.lstrip().startswith("Caused by: ")]
    if causes:
        return causes[-1].strip().removeprefix("Caused by: ")
    if any(line.startswith(TRACEBACK) for line in lines[:2]):
        own = (line for line in reversed(lines[1:]) if line[:1].strip() and not CHAINED.match(line))
        return next((line for line in own if not line.startswith(TRACEBACK)), lines[0])
    if RUST.match(lines[0]):
        return lines[1].strip()
    return lines[0]


class _Said(NamedTuple):
    said: str
    level: Level
    at: datetime | None
    stack: str = ""


def _read(line: str) -> _Said:
    """A line's message, level, time, and the stack trace in its fields."""
    stripped = line.strip()
    fields = json_fields(stripped) if stripped.endswith("}") else None
    if fields is not None and not fields.before:
        level = LEVELS.get(fields.level, Level.NONE)
        return _Said(_with_cause(fields.said, fields.stack) or stripped, level, fields.at, fields.stack)
    moment = time_in(line)
    level = level_of(line)
    if fields is not None:
        words = without_head(fields.before.strip()).strip()
        said = "; ".join(part for part in (words, fields.said) if part) or stripped
        level = max(level, LEVELS.get(fields.level, Level.NONE))
        return _Said(_with_cause(said, fields.stack), level, moment or fields.at, fields.stack)
    told = logfmt_said(line)
    if told:
        return _Said(told, level, moment)
    said = stripped if _THROWN.match(stripped) else without_head(stripped).strip()
    return _Said(said or stripped, level, moment)


def _with_cause(said: str, stack: str) -> str:
    """What a line says, with the innermost cause in the stack trace that it carries."""
    _, caused, cause = stack.rpartition("Caused by: ")
    first = cause.partition("\n")[0].strip()
    return f"{said}; {first}" if caused and first not in said else said


def is_error(record: Record) -> bool:
    """Whether a record speaks of something that went wrong, by its level or, without one, by its words."""
    if record.level >= Level.ERROR or record.thrown:
        return True
    return record.level is not Level.DEBUG and says_error(record.said)


NEAR_END = 12
"""Records from the end among which an exception still counts as the last word."""


def last_words(text: str) -> LastWords | None:
    """What a log ends with: the last exception or fatal record near its end, else the last that speaks of an
    error, else the last line; None for an empty log."""
    every = [r for r in records(text)[-80:] if not _NOISE.match(r.raw) and not gives_orders(r.whole)]
    if not every:
        return None
    near = every[-NEAR_END:]
    telling = [r for r in near if not _ENDS.match(r.said.lstrip(" -.:*!\"'"))]
    for among in (telling, near):
        for good in (_fatal, is_error, _warns):
            found = next((r for r in reversed(among) if good(r)), None)
            if found is not None:
                return LastWords(found, decisive=True)
    return LastWords(every[-1], decisive=False)


_ENDS = re.compile(
    r"(?:\d+ )?(?:\[[\w-]+\] )*(?:abort(?:ing|ed)|exit(?:ing|ed)|terminat(?:ing|ed)|bye|goodbye"
    r"|shutting down|shutdown (?:complete|initiated)|boot failed|stopp(?:ing|ed))\b[^:=]{0,40}$"
    r"|application (?:run failed|startup exception)$|crash dump is being written|kernel pid terminated"
    r"|error during startup: ?\W*\w*\W*$"
    r"|(?:\d+ )?(?:\[[\w-]+\] )*(?:data dictionary initialization failed"
    r"|failed to initialize dd storage engine)",
    re.IGNORECASE,
)
"""Words that say no more than that a program ends: what it ends for stands before them."""


def _fatal(record: Record) -> bool:
    return record.thrown or record.level is Level.FATAL


def _warns(record: Record) -> bool:
    return record.level >= Level.WARN


def signature(line: str) -> str:
    """A line without what differs from one occurrence to the next: equal signatures say the same."""
    return masked(without_head(line.strip()[:300]))


def errors(text: str) -> Iterator[Record]:
    """The records of a log that speak of an error, in order."""
    return (r for r in records(text) if is_error(r))
