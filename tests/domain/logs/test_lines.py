"""domain.log_lines and domain.log_joining: lines without what runtimes add, and lines that belong together."""

from __future__ import annotations

import pytest

from kubetriage.domain.log_joining import RECORD_LINES, spans
from kubetriage.domain.log_lines import LINE_LIMIT, lines_of
from kubetriage.domain.logs import Level, last_words, records


def test_each_line_stays_where_it_was() -> None:
    """Colours, NULs and carriage returns go, no line does: line numbers are those of the text."""
    text = "a\n\x1b[31mb\x1b[0m\n\n10%\r20%\rdone\r\n\0c\x1b]0;title\x07d\ne"
    assert list(lines_of(text).lines) == ["a", "b", "", "done", "cd", "e"]
    assert len(lines_of("x" * 10 * LINE_LIMIT).lines[0]) == LINE_LIMIT


CRI = """2026-03-01T12:00:00.1Z stdout F starting
2026-03-01T12:00:01.2Z stderr F java.lang.IllegalStateException: no url
2026-03-01T12:00:01.3Z stderr F \tat com.example.App.main(App.java:5)
"""
STAMPED = "\n".join(line.replace(".1Z stdout F", ".100000000Z").replace(".2Z stderr F", ".200000000Z")
                    .replace(".3Z stderr F", ".300000000Z") for line in CRI.split("\n"))  # fmt: skip
PREFIXED = "\n".join(f"[pod/app-1/main] {line.split(' ', 3)[3]}" for line in CRI.splitlines())
DOCKER = """{"log":"starting\\n","stream":"stdout","time":"2026-03-01T12:00:00.1Z"}
{"log":"java.lang.IllegalStateException: no url\\n","stream":"stderr","time":"2026-03-01T12:00:01.2Z"}
{"log":"\\tat com.example.App.main(App.java:5)\\n","stream":"stderr","time":"2026-03-01T12:00:01.3Z"}
"""


@pytest.mark.parametrize(
    "text", [CRI, STAMPED, PREFIXED, DOCKER], ids=["cri", "timestamps", "prefix", "docker"]
)
def test_what_a_runtime_puts_before_lines_does_not_keep_them_apart(text: str) -> None:
    """A stack trace is one record whatever stands before each of its lines, and its message is its own."""
    start, thrown = records(text)
    assert start.said == "starting"
    assert thrown.said == "java.lang.IllegalStateException: no url" and thrown.thrown
    assert "App.java:5" in thrown.whole


@pytest.mark.parametrize("text", [CRI, STAMPED, DOCKER], ids=["cri", "timestamps", "docker"])
def test_the_time_that_a_runtime_notes_is_the_lines_own(text: str) -> None:
    """A line without a time takes the runtime's."""
    at = records(text)[1].at
    assert at is not None and (at.second, at.microsecond) == (1, 200_000)


def test_one_line_with_a_time_is_no_prefix_of_all() -> None:
    """Only what stands before every line at the beginning is a runtime's."""
    text = "2026-03-01T12:00:00.100000000Z starting\nplain line\n"
    assert list(lines_of(text).lines)[:2] == text.splitlines()


JOINED = {
    "python-chain": (
        "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nKeyError: 'a'\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\nValueError: bad",
        "ValueError: bad",
    ),
    "java": (
        "java.lang.RuntimeException: outer\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: inner\n\t... 3 more",
        "java.io.IOException: inner",
    ),
    "dotnet": (
        "Unhandled exception. System.Exception: outer\n ---> System.IO.IOException: inner\n   at A.B() in /a.cs:line 3\n"
        "   --- End of inner exception stack trace ---\n   at A.Main()",
        "Unhandled exception. System.Exception: outer",
    ),
    "go": ("panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:7 +0x1d", "panic: boom"),
    "rust": ("thread 'main' panicked at src/main.rs:2:5:\nno url given\nnote: run with `RUST_BACKTRACE=1`",
             "no url given"),
    "node": ("Error: no config\n    at Object.<anonymous> (/app/index.js:3:7)\n    at node:internal/main:1:1",
             "Error: no config"),
    "ruby": ("/app/a.rb:1:in `open': no such table (SQLite3::SQLException)\n\tfrom /app/a.rb:3:in `<main>'",
             "no such table (SQLite3::SQLException)"),
    "php": ("PHP Fatal error:  Uncaught Exception: bad in /a.php:3\nStack trace:\n#0 /a.php(7): f()\n#1 {main}\n"
            "  thrown in /a.php on line 3", "PHP Fatal error:  Uncaught Exception: bad in /a.php:3"),
    "json": ('{\n  "level": "error",\n  "msg": "cannot start",\n  "error": "no url"\n}', "cannot start; no url"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(JOINED))
def test_a_trace_is_one_record_between_two_others(name: str) -> None:
    """Stack traces of common runtimes, and JSON over several lines, are joined; what follows is not."""
    trace, said = JOINED[name]
    found = records(f"INFO before\n{trace}\nINFO after\n")
    assert [record.said for record in found] == ["before", said, "after"]
    assert found[1].level >= Level.ERROR or found[1].thrown or name in ("php", "ruby")


def test_a_record_keeps_a_bounded_number_of_lines() -> None:
    """A trace of a thousand frames is one record of its first lines and its last word."""
    frames = [f'  File "a.py", line {n}, in f' for n in range(1000)]
    ((start, end, own),) = spans(["Traceback (most recent call last):", *frames, "RecursionError: too deep"])
    assert (start, end, len(own), own[-1]) == (0, 1002, RECORD_LINES, "RecursionError: too deep")


def test_json_with_a_stack_ends_with_its_innermost_cause() -> None:
    """A stack trace in a field of a JSON line is read as one."""
    line = (
        '{"@timestamp":"2026-03-01T12:00:00Z","level":"ERROR","message":"start failed","stack_trace":'
        '"a.B: outer\\n\\tat a.B.c(B.java:1)\\nCaused by: java.net.ConnectException: Connection refused\\n\\t... 3"}'
    )
    words = last_words(line)
    assert words is not None and words.record.said.endswith("java.net.ConnectException: Connection refused")
