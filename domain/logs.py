"""Reading application logs: records instead of lines, levels, and the last words before an end.

Nothing here knows what an error means for a cluster (`domain.log_signs` does). Log text is untrusted: it is
cut to bounds before any pattern sees it, and every pattern runs in linear time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

from kubetriage.domain.kube import when
from kubetriage.domain.log_orders import gives_orders

LINE_LIMIT = 2000
"""Characters of a line that are looked at."""
RECORD_LINES = 60
"""Lines of a stack trace that are kept."""


class Level(IntEnum):
    """How serious a record says it is; NONE where it says nothing."""

    DEBUG = 0
    NONE = 1
    INFO = 2
    WARN = 3
    ERROR = 4
    FATAL = 5


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


_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LEVELS = {
    "trace": Level.DEBUG, "debug": Level.DEBUG, "dbg": Level.DEBUG, "info": Level.INFO, "inf": Level.INFO,
    "notice": Level.INFO, "warn": Level.WARN, "warning": Level.WARN, "wrn": Level.WARN, "error": Level.ERROR,
    "err": Level.ERROR, "severe": Level.ERROR, "fatal": Level.FATAL, "ftl": Level.FATAL, "pnc": Level.FATAL,
    "critical": Level.FATAL, "crit": Level.FATAL, "panic": Level.FATAL, "emerg": Level.FATAL,
    "alert": Level.FATAL,
}  # fmt: skip
_LEVEL = re.compile(r"(?:^|[\s\[|<=\"])(" + "|".join(_LEVELS) + r")(?=[\]\s|>:\",]|$)", re.IGNORECASE)
_KLOG = re.compile(r"^([EWIF])\d{4} \d\d:\d\d:\d\d")
_KLOG_LEVELS = {"E": Level.ERROR, "W": Level.WARN, "I": Level.INFO, "F": Level.FATAL}
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")
_HEAD = re.compile(
    r"^(?:[EWIF]\d{4} [\d:.]+ +\d+ \S+\] |"
    r"[\s\[|(<]*(?:\d{4}[-/]\d\d[-/]\d\d[T ]?)?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?[\s\]|)>:]*)?"
    r"(?:\[?(?:" + "|".join(_LEVELS) + r")\]?[\s:|]+)?",
    re.IGNORECASE,
)
_LOGFMT = re.compile(r'\b(?:msg|message|error|err)=(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_THROWN = re.compile(
    r"^(?:Traceback \(most recent|panic: |fatal error: |Exception in thread|Unhandled exception|Uncaught "
    r"|thread '[^']*' panicked at|[\w.$]*(?:Exception|Error)\b(?:: |$)|Caused by: |terminate called"
    r"|\*\*\* Error)"
)
_ERRORISH = re.compile(
    r"error|exception|fail|fatal|panic|cannot|can't|can not|could not|couldn't|unable|refused|denied"
    r"|not found|no such|invalid|missing|unreachable|timed? ?out|unauthorized|forbidden|abort|crash"
    r"|exhausted|not set|undefined|unknown|unrecognized|unexpected|unsupported|is empty"
    r"|must (?:be|have|specify)|required"
    r"|no available|expired|segmentation|core dumped|in use",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"^(?:\s+(?:at |File \"|\.\.\. |from )|at \S|Caused by:|\.\.\. \d+ more|goroutine \d|created by "
    r"|\[signal |[)}\]]|stack backtrace:|note: run with|The above exception"
    r"|During handling of|main\.\S+\(|runtime\.\S+\()"
)
_RUST = re.compile(r"thread '[^']*' panicked at [^']*:$")
"""Rust ≥ 1.73 puts a panic's message on the next line."""
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
    found: list[list[str]] = []
    for line in text.splitlines():
        plain = _COLOUR.sub("", line[:LINE_LIMIT]).rstrip()
        if found and _joins(found[-1], plain):
            if len(found[-1]) < RECORD_LINES:
                found[-1].append(plain)
        elif plain.strip():
            found.append([plain])
    return tuple(_record(lines) for lines in found)


def _joins(record: Sequence[str], line: str) -> bool:
    head = record[0]
    if head.startswith("Traceback (most recent") and _open_traceback(record):
        return bool(line.strip())
    if head.startswith("panic: ") and (not line.strip() or line[:1].isspace()):
        return True
    if _CONTINUES.match(line) or (len(record) == 1 and _RUST.match(head)):
        return True
    return line[:1].isspace() and bool(line.strip()) and bool(_ERRORISH.search(head))


def _open_traceback(record: Sequence[str]) -> bool:
    """Whether the exception's own line, the first that is not indented, is still to come."""
    return all(line[:1].isspace() for line in record[1:])


def _record(lines: Sequence[str]) -> Record:
    best = _essence(lines)
    said, level, at = _read(best if not lines[0].startswith("{") else lines[0])
    thrown = any(_THROWN.match(line.strip()) for line in (lines[0], best)) or bool(_THROWN.match(said))
    if len(lines) > 1 and not thrown:
        thrown = any(line.lstrip().startswith("at ") for line in lines[1:4])
    return Record(best, said, "\n".join(lines), level, thrown, at or _read(lines[0])[2])


def _essence(lines: Sequence[str]) -> str:
    """The line of a record that says why: the innermost cause, or the exception under a traceback."""
    if len(lines) == 1:
        return lines[0]
    causes = [line for line in lines if line.lstrip().startswith("Caused by: ")]
    if causes:
        return causes[-1].strip().removeprefix("Caused by: ")
    if lines[0].startswith("Traceback"):
        return next((line for line in reversed(lines) if line[:1].strip()), lines[0])
    if _RUST.match(lines[0]):
        return lines[1].strip()
    return lines[0]


def _read(line: str) -> tuple[str, Level, datetime | None]:
    """A line's message, level and time."""
    stripped = line.strip()
    if stripped.startswith("{"):
        fields = _json(stripped)
        if fields is not None:
            return _from_json(fields, stripped)
    at = _TIME.search(line[:80])
    moment = when(at[0].replace(",", ".").replace(" ", "T", 1)) if at else None
    klog = _KLOG.match(line)
    named = _LEVEL.search(line[:100])
    level = _KLOG_LEVELS[klog[1]] if klog else _LEVELS[named[1].lower()] if named else Level.NONE
    logfmt = _LOGFMT.findall(line) if "=" in line else []
    if logfmt and ("level=" in line or "lvl=" in line):
        return "; ".join(a or b for a, b in logfmt), level, moment
    said = stripped if _THROWN.match(stripped) else _HEAD.sub("", stripped, count=1).strip()
    return said or stripped, level, moment


def _json(line: str) -> dict[str, Any] | None:
    try:
        made = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return made if isinstance(made, dict) else None


def _from_json(fields: dict[str, Any], line: str) -> tuple[str, Level, datetime | None]:
    low = {str(k).lower().lstrip("@"): v for k, v in fields.items()}
    level = next((low[k] for k in ("level", "severity", "lvl", "log.level", "levelname") if k in low), "")
    if isinstance(level, int):  # pino and bunyan: 30 info, 40 warn, 50 error, 60 fatal
        level = {3: "info", 4: "warn", 5: "error", 6: "fatal"}.get(level // 10, "")
    grade = _LEVELS.get(str(level).lower(), Level.NONE)
    keys = ("msg", "message", "log", "error", "err", "exception", "error.message", "reason", "details")
    parts = []
    for key in keys:
        value = low.get(key)
        if isinstance(value, dict):
            value = value.get("message") or value.get("msg")
        if isinstance(value, str) and value and value not in parts:
            parts.append(value)
    at = next((when(low[k]) for k in ("time", "timestamp", "ts", "datetime", "asctime") if k in low), None)
    return "; ".join(parts) or line, grade, at


def is_error(record: Record) -> bool:
    """Whether a record speaks of something that went wrong, by its level or, without one, by its words."""
    if record.level >= Level.ERROR or record.thrown:
        return True
    return record.level is not Level.DEBUG and bool(_ERRORISH.search(record.said))


NEAR_END = 12
"""Records from the end among which an exception still counts as the last word."""


def last_words(text: str) -> LastWords | None:
    """What a log ends with: the last exception or fatal record near its end, else the last that speaks of an
    error, else the last line; None for an empty log."""
    every = [r for r in records(text)[-80:] if not _NOISE.match(r.raw) and not gives_orders(r.whole)]
    if not every:
        return None
    near = every[-NEAR_END:]
    for good in (_fatal, is_error):
        found = next((r for r in reversed(near) if good(r)), None)
        if found is not None:
            return LastWords(found, decisive=True)
    return LastWords(every[-1], decisive=False)


def _fatal(record: Record) -> bool:
    return record.thrown or record.level is Level.FATAL


_VARIABLE = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"), "<ip>"),
    (re.compile(r"\b(?:0x)?[0-9a-f]{8,}\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"\d+"), "<n>"),
)


def signature(line: str) -> str:
    """A line without what differs from one occurrence to the next: equal signatures say the same."""
    plain = _HEAD.sub("", line.strip()[:300], count=1)
    for pattern, mark in _VARIABLE:
        plain = pattern.sub(mark, plain)
    return plain


def errors(text: str) -> Iterator[Record]:
    """The records of a log that speak of an error, in order."""
    return (r for r in records(text) if is_error(r))
