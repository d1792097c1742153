"""A log's lines as an application wrote them: without colours, and without what runtimes put before them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

LINE_LIMIT = 2000
"""Characters of a line that are looked at."""

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-9;?]{0,40}[ -/]?[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)?|[@-Z\\-_]|\([A-Z0-9])?"
)
_STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
_PREFIXES = (
    re.compile(rf"(?P<at>{_STAMP}) (?:stdout|stderr) (?P<part>[FP])(?: |$)"),  # CRI: containerd, CRI-O
    re.compile(r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)(?: |$)"),  # kubectl logs --timestamps
    re.compile(r"\[pod/[\w.-]+/[\w.-]+\] (?P<at>)"),  # kubectl logs --prefix
)
_DOCKER = re.compile(r'\{"log":"')
_LOOKED_AT = 20
"""Lines by whose beginning it is told whether a runtime's prefix stands before all of them."""


class Lines(NamedTuple):
    """The lines of a log, each where it stood among the lines of the text."""

    lines: Sequence[str]
    stamps: Sequence[str] | None
    """What a runtime noted as each line's time, empty for a line without; None if it noted none."""


def lines_of(text: str) -> Lines:
    """The lines between line feeds, cut to `LINE_LIMIT` characters; the time is linear in the text."""
    lines = text.split("\n")
    if len(text) > LINE_LIMIT:
        lines = [line[:LINE_LIMIT] if len(line) > LINE_LIMIT else line for line in lines]
    if "\x1b" in text:
        lines = [_ESCAPE.sub("", line) if "\x1b" in line else line for line in lines]
    if "\0" in text:
        lines = [line.replace("\0", "") for line in lines]
    if "\r" in text:  # a progress bar overwrites itself: what it ended with counts
        lines = [line.rstrip("\r").rpartition("\r")[2] if "\r" in line else line for line in lines]
    return _without_prefixes(lines)


def _without_prefixes(lines: list[str]) -> Lines:
    stamps: list[str] | None = None
    for _ in range(2):  # one may stand behind another
        first = [line for line in lines[: 2 * _LOOKED_AT] if line][:_LOOKED_AT]
        if first and sum(bool(_DOCKER.match(line)) for line in first) > len(first) // 2:
            lines, stamps = _of_docker(lines)
            continue
        prefix = next((p for p in _PREFIXES if first and all(p.match(line) for line in first)), None)
        if prefix is None:
            break
        lines, found = _stripped(lines, prefix)
        stamps = found if any(found[:_LOOKED_AT]) else stamps
    return Lines(lines, stamps)


def _stripped(lines: Sequence[str], prefix: re.Pattern[str]) -> tuple[list[str], list[str]]:
    made, stamps = [], []
    for line in lines:
        found = prefix.match(line)
        made.append(line[found.end() :] if found else line)
        stamps.append(found["at"] if found else "")
    return made, stamps


def _of_docker(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The messages inside the JSON that Docker's `json-file` driver writes."""
    made, stamps = [], []
    for line in lines:
        fields = _docker_fields(line) if _DOCKER.match(line) else None
        made.append(str(fields.get("log", "")).rstrip("\n") if fields else line)
        stamps.append(str(fields.get("time", "")) if fields else "")
    return made, stamps


def _docker_fields(line: str) -> dict[str, object] | None:
    try:
        made = json.loads(line)
    except (ValueError, RecursionError):
        return None
    inside = isinstance(made, dict) and isinstance(made.get("log"), str) and "stream" in made
    return made if inside else None
