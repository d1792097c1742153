"""The latest part of a log that is too long: by lines, or by size from a record that carries a time."""

from __future__ import annotations

from kubetriage.domain.log_times import time_in

_NEAR = 200
"""Lines after the cut among which one with a time is looked for: no stack trace is to be cut in two."""
LONGEST_LINE = 16 * 1024
"""Characters of one line that are kept, its first ones."""
_WORD = 2000
"""Characters before the end of what is kept in which the last word begins that is kept whole."""


def latest(text: str, lines: int, characters: int) -> tuple[str, str]:
    """The last lines within so many lines and characters, and what was left out, in words.

    Where it is too large it begins at a line that carries a time, if one is near, else at a line. Lines are
    cut to `LONGEST_LINE`. 0 lines means any number.
    """
    text, cut = without_long_lines(encodable(text))
    said = [cut] if cut else []
    if len(text) > characters:
        begin = text.find("\n", len(text) - characters) + 1 or len(text) - characters
        begin, since = _at_a_record(text, begin)
        left = text.count("\n", 0, begin)
        said.append(f"{left} lines before {since}" if since else f"{begin} characters from its beginning")
        text = text[begin:]
    begin = _last_lines(text, lines) if lines else 0
    if begin:
        said.append(f"{text.count(chr(10), 0, begin)} lines before its last {lines}")
        text = text[begin:]
    return text, f"{' and '.join(said)} were left out" if said else ""


def encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which a server's JSON may hold and no file can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def without_long_lines(text: str) -> tuple[str, str]:
    """The text with each line cut to `LONGEST_LINE` characters, and what was left out, in words.

    A line is cut between words, so that no half of a secret is left that would not be told as one.
    """
    lines = text.split("\n")
    long = [place for place, line in enumerate(lines) if len(line) > LONGEST_LINE]
    if not long:
        return text, ""
    left = 0
    for place in long:
        line = lines[place]
        end = max(line.rfind(" ", LONGEST_LINE - _WORD, LONGEST_LINE), LONGEST_LINE - _WORD)
        lines[place], left = line[:end] + " …", left + len(line) - end
    said = "the end of 1 long line" if len(long) == 1 else f"the ends of {len(long)} long lines"
    return "\n".join(lines), f"{said} ({left} characters)"


def _last_lines(text: str, count: int) -> int:
    """Where the last lines begin, 0 if the text has no more."""
    at = len(text) - text.endswith("\n")
    for _ in range(count):
        at = text.rfind("\n", 0, at)
        if at < 0:
            return 0
    return at + 1


def _at_a_record(text: str, begin: int) -> tuple[int, str]:
    """The first line from there on that carries a time, and that time; the line itself if none is near."""
    at = begin
    for _ in range(_NEAR):
        end = text.find("\n", at)
        line = text[at : min(end if end >= 0 else len(text), at + 200)]
        moment = time_in(line) if line[:1] not in (" ", "\t") else None
        if moment is not None:
            return at, moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if end < 0:
            break
        at = end + 1
    return begin, ""
