"""What a report says, in the order it is said, before it is known how it will be shown.

`compose` makes a `Document`; one writer per format turns it into text, Markdown or HTML. Text that is put
into a span or a block of code is made visible there, so that no document can hold a terminal escape.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from kubetriage.domain.finding import Effect
from kubetriage.domain.language import Language
from kubetriage.domain.rendering.visible import one_line, visible


class Mark(StrEnum):
    """What a piece of text is."""

    PLAIN = "plain"
    """The report's own words."""
    STRONG = "strong"
    BADGE = "badge"
    """A state word (firing, abnormal, read-only): the report's own, set apart."""
    QUOTED = "quoted"
    """Somebody else's words (the alert's annotations): prose, never translated, never read as markup."""
    VERBATIM = "verbatim"
    """A name or a value: never translated, never read as markup."""
    LINK = "link"
    """An address from the alert, verbatim; only http and https become links."""
    EVIDENCE = "evidence"
    """The id of a piece of evidence that this document shows."""


class Tone(StrEnum):
    """How a piece of text is meant; each writer has its own colours for them."""

    NEUTRAL = "neutral"
    GOOD = "good"
    NOTE = "note"
    WARN = "warn"
    BAD = "bad"
    MUTED = "muted"


@dataclass(frozen=True)
class Span:
    """A piece of one line of text."""

    text: str
    mark: Mark = Mark.PLAIN
    tone: Tone = Tone.NEUTRAL
    language: Language | None = None
    """The language of these words where it differs from the document's: headings in both."""

    def __post_init__(self) -> None:
        text = self.text
        kept = one_line(text)
        if self.mark is Mark.PLAIN and kept:  # blanks at the ends separate plain words from their neighbours
            kept = " " * text.startswith(" ") + kept + " " * text.endswith(" ")
        object.__setattr__(self, "text", kept or " " * bool(text))


Content: TypeAlias = tuple[Span, ...]
"""One line, or one paragraph, of text."""


@dataclass(frozen=True)
class Heading:
    level: int
    """1 for the title of the report, 2 for its sections, 3 below them."""
    content: Content


@dataclass(frozen=True)
class Paragraph:
    content: Content


@dataclass(frozen=True)
class Bullets:
    items: tuple[tuple[Block, ...], ...]
    limit: int = 0
    """Items shown at once, 0 for all; HTML folds the others away, text and Markdown count them."""


@dataclass(frozen=True)
class Numbered:
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True)
class Code:
    """Verbatim lines: an excerpt, or commands of one effect (then it is set)."""

    text: str
    language: str = "text"
    effect: Effect | None = None
    limit: int = 0
    """Lines shown by text and Markdown, 0 for all; the others are counted."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", visible(self.text).strip("\n"))


@dataclass(frozen=True)
class Quote:
    """Somebody else's words, one paragraph a line."""

    lines: tuple[Content, ...]


@dataclass(frozen=True)
class KeyValues:
    rows: tuple[tuple[Content, Content], ...]


@dataclass(frozen=True)
class Fold:
    """Blocks under one line of summary, closed at first where the format can do that."""

    summary: Content
    blocks: tuple[Block, ...]
    anchor: str = ""
    """The id of the evidence it shows."""
    minor: bool = False
    """No claim depends on it: text shows the summary alone."""


Block: TypeAlias = Heading | Paragraph | Bullets | Numbered | Code | Quote | KeyValues | Fold


@dataclass(frozen=True)
class Document:
    title: str
    language: Language
    """The language of the values: English or Chinese."""
    severity: Tone
    blocks: tuple[Block, ...]
