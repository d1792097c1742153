"""One answer of a model while it is read: its text, the tools that were bound, the work that is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubetriage.adapters.model.tool_calls.arguments import Schema, properties_of
from kubetriage.adapters.model.tool_calls.literals import LiteralReader
from kubetriage.adapters.model.tool_calls.markers import GAP, NAME

MAX_CALLS = 16
"""Calls that one answer may hold; further ones are not read."""

_PREFIXES = ("functions.", "function.", "functions:", "default_api.", "tools.", "tool.")
"""Namespaces that templates show the tools in, and that models repeat."""


class Turn:
    """What every reader of a format is given."""

    def __init__(self, text: str, tools: Mapping[str, Schema]) -> None:
        self.text = text
        self.tools = tools
        self.reader = LiteralReader(text)

    def gap(self, pos: int) -> int:
        """Behind the white space at `pos`."""
        match = GAP.match(self.text, pos)
        return match.end() if match else pos

    def at(self, text: str, pos: int) -> bool:
        return self.text.startswith(text, pos)

    def at_end(self, pos: int) -> bool:
        return not self.text[pos:].strip()

    def bound(self, name: str) -> str | None:
        """The tool that a written name means, if it is bound in this turn."""
        name = name.strip().strip("\"'`")
        if name in self.tools:
            return name
        for prefix in _PREFIXES:
            if name.startswith(prefix) and name.removeprefix(prefix) in self.tools:
                return name.removeprefix(prefix)
        return None

    def properties(self, name: str) -> Mapping[str, Any]:
        bound = self.bound(name)
        return properties_of(self.tools[bound]) if bound else {}

    def name_at(self, pos: int) -> tuple[str, int] | None:
        """The longest bound name at `pos`, else the word that stands there."""
        match = NAME.match(self.text, pos)
        if not match:
            return None
        word = match[0]
        if self.bound(word):
            return word, match.end()
        known = [name for name in self.tools if self.text.startswith(name, pos)]
        if known and not word.startswith(_PREFIXES):
            name = max(known, key=len)
            if len(name) >= len(word):
                return name, pos + len(name)
        word = word.rstrip(".-/")
        return word, pos + len(word)
