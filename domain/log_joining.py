"""Which lines of a log belong together: stack traces, tracebacks, JSON over several lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kubetriage.domain.log_levels import says_error

RECORD_LINES = 60
"""Lines of a stack trace that are kept."""

TRACEBACK = "Traceback (most recent"
CHAINED = re.compile(r"The above exception|During handling of the above")
"""What Python writes between an exception and the one that came of it."""
RUBY = re.compile(r"\S+\.rb:\d+:in [`'][^'\n]{1,200}': (?P<said>.*\S)")
"""The first line of a Ruby exception: where it was raised, then what it says."""
RUST = re.compile(r"thread '[^']*' panicked at [^']*:$")
"""Rust ≥ 1.73 puts a panic's message on the next line."""
_CONTINUES = re.compile(
    r"^(?:\s+(?:at |File \"|\.\.\. |from |thrown in )|at \S|Caused by:|Suppressed:|\.\.\. \d+ more"
    r"|goroutine \d|created by |\[signal |[)}\]]|stack backtrace:|note: run with|The above exception"
    r"|During handling of"
    r"|main\.\S+\(|runtime\.\S+\(|Stack trace:$|#\d+ |--- End of |<\d+ internal)"
)
_STARTS = (
    "at ", "Caused by:", "Suppressed:", "... ", "goroutine ", "created by ", "[signal ", ")", "}", "]",
    "stack backtrace:", "note: run with", "The above exception", "During handling of", "main.", "runtime.",
    "Stack trace:", "#", "--- End of ", "<",
)  # fmt: skip
"""What those of them begin with that are not indented."""
_MAY_JOIN = frozenset(" \t'aC.gc[)}]snTDmr#S-<")
"""What the line after a record's first begins with, if it belongs to it."""
_CALLER_GONE = (
    "org.apache.catalina.connector.ClientAbortException",
    "org.eclipse.jetty.io.EofException",
    "org.springframework.web.context.request.async.AsyncRequestNotUsableException",
)
"""What a server throws whose caller went away: on a line of its own, one is all that the error above says."""
_LISTED = re.compile(r"\d validation errors? for \w{1,80}$")
"""Pydantic names the fields on the following lines."""
_OPENS = (TRACEBACK, "panic: ", "thread '", "{", "[")
"""What a record begins with that any line may belong to."""


def spans(lines: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
    """The records that lines make: the first line's place, the one after the last, and the lines themselves.

    Of a record of many lines the first `RECORD_LINES` are given, and the last one that is not indented. Empty
    lines stand for nothing.
    """
    start, end, own, opened = -1, 0, [""], False
    for place, line in enumerate(lines):
        if start >= 0 and (opened or not line or line[0] in _MAY_JOIN or line.startswith(_CALLER_GONE)):
            plain = line.rstrip()
            if _joins(own, plain):
                opened = opened or plain.startswith(TRACEBACK)
                end = place + 1
                if len(own) < RECORD_LINES:
                    own.append(plain)
                elif plain and not plain[0].isspace():
                    own[-1] = plain  # of a longer trace its last word is kept: the exception's own line
                continue
        if not line or line.isspace():
            continue
        if start >= 0:
            yield start, end, own
        start, end, own = place, place + 1, [line.rstrip()]
        opened = line.startswith(_OPENS) or ("validation error" in line and bool(_LISTED.search(line)))
    if start >= 0:
        yield start, end, own


def _joins(record: Sequence[str], line: str) -> bool:
    head = record[0]
    if line.startswith(TRACEBACK):  # logged with the line before it, or the next one of a chain
        return bool(CHAINED.match(_last_said(record))) or (len(record) == 1 and says_error(head))
    if _open_traceback(record):
        return bool(line)
    if head in ("{", "[{"):
        return record[-1][:1] != "}"
    if _LISTED.search(head):
        return bool(line) and (line[0].isspace() or line.isidentifier())
    if head.startswith("panic: ") and (not line or line[0].isspace()):
        return True
    if len(record) == 1 and head.startswith("thread '") and RUST.match(head):
        return True
    if len(record) == 1 and line.startswith(_CALLER_GONE):
        return says_error(head)
    indented = line[:1].isspace()
    if not indented and not line.startswith(_STARTS):
        return False
    return bool(_CONTINUES.match(line)) or (indented and says_error(head))


def _last_said(record: Sequence[str]) -> str:
    """The last line of a record that is not empty."""
    return next((line for line in reversed(record) if line.strip()), "")


def _open_traceback(record: Sequence[str]) -> bool:
    """Whether the exception's own line, the first that is not indented, is still to come."""
    at = next((n for n in range(len(record) - 1, -1, -1) if record[n].startswith(TRACEBACK)), None)
    return at is not None and all(line[:1].isspace() or not line for line in record[at + 1 :])
