"""Logs as one JSON object a line, with the incident they are about, and without secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from kubetriage.domain.redaction import redact_text

LONGEST = 8000
"""Characters of a message, and of an error's trace; of the latter the end is kept."""
_ABOUT: ContextVar[dict[str, str]] = ContextVar("kubetriage_log_about", default={})  # noqa: B039 never changed in place
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message", "asctime", "taskName", "color_message"
}  # fmt: skip
"""Not shown as fields; the last is uvicorn's message once more, for terminals."""
AGAIN_SECONDS = 10.0
_TRACE = "Traceback (most recent call last):"
_RAISED = re.compile(r"[A-Za-z_][\w.]*: ")
"""The line of a trace that says what was raised."""
_REMEMBERED = 1000
_QUIET = ("httpx", "httpcore", "uvicorn.access", "alembic", "aiosqlite", "mcp.client")
"""Libraries that log addresses, or each step they take."""


@contextmanager
def bound(**about: str) -> Iterator[None]:
    """Everything logged inside, tasks begun there included, carries these: `incident`, `run`, `request`, …"""
    token = _ABOUT.set({**_ABOUT.get(), **about})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def note(**about: str) -> None:
    """Like `bound`, until the end of the present task."""
    _ABOUT.set({**_ABOUT.get(), **about})


class JsonLines(logging.Formatter):
    """One line a record: line breaks and control characters of what is logged are JSON escapes in it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact_text(record.getMessage())[:LONGEST],
        }
        line |= {name: _plain(value) for name, value in _ABOUT.get().items()}
        line |= {name: _plain(value) for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["error"] = redact_text(self.formatException(record.exc_info))[-LONGEST:]
        return json.dumps(line, ensure_ascii=True, default=str)


class Thinned(logging.Filter):
    """Of a library that says in many lines what it cannot do, and says it again several times a second."""

    def __init__(self, seconds: float = AGAIN_SECONDS) -> None:
        """The same is said once in so many seconds."""
        super().__init__()
        self._seconds = seconds
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        first, *others = record.getMessage().splitlines() or [""]
        if _TRACE in first:
            first = first.replace(_TRACE, next(filter(_RAISED.match, others), ""))
        record.msg, record.args = first, ()
        what, now = first.partition(":")[0], time.monotonic()
        if now - self._said.get(what, -self._seconds) < self._seconds:
            return False
        if len(self._said) >= _REMEMBERED:
            self._said.clear()
        self._said[what] = now
        return True


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact_text(str(value))[:LONGEST]


def configure_logging(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Everything that is logged goes to the stream (standard error) as JSON lines, the libraries' too."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("kubetriage").setLevel(level)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.error").setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
