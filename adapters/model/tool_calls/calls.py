"""What a recovery yields, and what a format's reader hands over before it is held against the tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ToolCall:
    """A call that may be run: its tool is bound in this turn and its arguments satisfy the tool's schema."""

    name: str
    args: dict[str, Any]
    format: str = ""
    """The notation it was written in, for the count of recoveries."""

    def __getitem__(self, key: str) -> Any:
        """Readable as the mapping that chat libraries have for a call: `call["name"]`, `call["args"]`."""
        if key not in ("name", "args"):
            raise KeyError(key)
        return getattr(self, key)


@dataclass(frozen=True)
class RefusedCall:
    """A call of a bound tool that must not be run; `why` is a sentence for the model."""

    name: str
    why: str


@dataclass(frozen=True)
class RecoveredCalls:
    """What a content holds of calls, in the order in which they were written."""

    calls: list[ToolCall] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Names that were called and are not bound: for the model to hear, never to be run."""
    refused: list[RefusedCall] = field(default_factory=list)
    text: str = ""
    """The answer before the first call; the whole answer when there is no call."""


@dataclass(frozen=True)
class Candidate:
    """A call as it was written; nothing about it is checked yet."""

    name: str
    args: object
    """A dict, a string that may hold one, None for none given; values of `Text` come without a type."""
    free_text: bool = False
    """A plain string may stand for the tool's only required argument, as in ReAct."""


@dataclass(frozen=True)
class Found:
    """What a reader made of one place of the text."""

    candidates: list[Candidate]
    end: int
    """Where the text goes on behind them."""


class Text(str):
    """A value that was written without quotes or type, as in XML; the tool's schema says what it is."""

    __slots__ = ()
