"""A command line taken apart as a shell would, and refused where a shell would do more than that."""

from __future__ import annotations

import re
import shlex
from typing import Final, NamedTuple

from kubetriage.domain.finding import Effect

MAX_COMMAND: Final = 4_000
_PLACEHOLDER: Final = re.compile(r"<[A-Za-z][A-Za-z0-9 _./-]{0,40}>|\{\{[^{}]{1,40}\}\}|\bYOUR[_-][A-Z_-]+\b")
_OPERATORS: Final = "|&;<>()\n\r`$"
_IN_DOUBLE: Final = "`$\n\r"
HOLE: Final = "\ue000"
"""Stands for a placeholder in words that were split."""


class CheckedCommand(NamedTuple):
    """A command as code sees it."""

    effect: Effect
    problem: str
    """Why it must not be shown, in English; empty if it may."""


class Words(NamedTuple):
    """A command's words, placeholders in them as `HOLE`; a problem instead if it is no plain command."""

    words: list[str]
    problem: str


def words_of(text: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(text.split())


def refused(problem: str) -> CheckedCommand:
    """Whatever cannot be understood counts as the worst."""
    return CheckedCommand(Effect.DESTRUCTIVE, problem)


def split(command: str) -> Words:
    """The words of one command. Raises nothing: what cannot be split has a problem."""
    if len(command) > MAX_COMMAND:
        return Words([], "it is too long")
    plain = _PLACEHOLDER.sub(HOLE, command.strip())
    problem = _shell_in(plain)
    if problem:
        return Words([], problem)
    try:
        words = shlex.split(plain)
    except ValueError:
        return Words([], "it cannot be parsed")
    return Words(words, "" if words else "it is empty")


def _shell_in(command: str) -> str:
    """What of a shell's own language stands in a command, outside quotes that keep it from the shell."""
    quote, escaped, before = "", False, " "
    for char in command:
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            if char == quote:
                quote = ""
            elif quote == '"' and char in _IN_DOUBLE:
                return "it uses a shell's substitutions"
        elif char in "'\"":
            quote = char
        elif char in _OPERATORS:
            return "it uses a shell's operators"
        elif char == "#" and before.isspace():
            return "it has a comment"
        elif not char.isprintable() and char not in f" \t{HOLE}":
            return "it has characters that cannot be seen"
        before = char
    return ""


def has_hole(words: list[str]) -> bool:
    """Whether any word has a placeholder."""
    return any(HOLE in word for word in words)


def worst(*effects: Effect) -> Effect:
    """The most far-reaching of several effects."""
    return max(effects, key=list(Effect).index)
