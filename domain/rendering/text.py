"""A document for a terminal: wrapped to its width, coloured if it can show colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import pairwise
from typing import assert_never

from kubetriage.domain.language import Language, Text
from kubetriage.domain.rendering.columns import cut, width_of, wrap
from kubetriage.domain.rendering.compose import compose
from kubetriage.domain.rendering.document import (
    Block,
    Bullets,
    Code,
    Content,
    Document,
    Fold,
    Heading,
    KeyValues,
    Mark,
    Numbered,
    Paragraph,
    Quote,
    Span,
    Tone,
)
from kubetriage.domain.rendering.visible import clip
from kubetriage.domain.rendering.words import COLON, EFFECTS, MORE_ITEMS, MORE_LINES
from kubetriage.domain.report import Report

NARROWEST = 40
"""Columns below which nothing is wrapped any narrower."""

_TONES: Mapping[Tone, str] = {
    Tone.GOOD: "32",
    Tone.NOTE: "36",
    Tone.WARN: "33",
    Tone.BAD: "31",
    Tone.MUTED: "2",
}
"""Colours as SGR parameters (ECMA-48), out of the eight that every terminal has."""

_STRONG = "1"
_UNDERLINES = {1: "=", 2: "-"}


def render_text(*reports: Report, colour: bool, width: int, headings: Language, zone: tzinfo) -> str:
    """The reports one after the other, in lines of at most `width` columns.

    Only commands and addresses may be longer, so that they can be copied whole.
    """
    documents = [compose(report, headings=headings, zone=zone) for report in reports]
    return "\n\n".join(_Terminal(document, colour, max(width, NARROWEST)).page() for document in documents)


@dataclass(frozen=True)
class _Terminal:
    document: Document
    colour: bool
    width: int

    def page(self) -> str:
        lines: list[str] = []
        indent = 0
        for block in self.document.blocks:
            if isinstance(block, Heading):
                indent = 2 if block.level < 3 else 4
                lines += self._heading(block, indent - 2)
            else:
                lines += self._block(block, indent)
        return "\n".join(line.rstrip() for line in lines) + "\n"

    def _heading(self, heading: Heading, indent: int) -> list[str]:
        strong = tuple(Span(span.text, Mark.STRONG, span.tone) for span in heading.content)
        lines = self._wrapped(strong, indent)
        underline = _UNDERLINES.get(heading.level)
        if underline:
            long = min(sum(width_of(span.text) for span in strong), self.width - indent)
            lines.append(" " * indent + self._painted(underline * long, Span("", tone=Tone.MUTED)))
        return lines if heading.level == 1 else ["", *lines]

    def _block(self, block: Block, indent: int) -> list[str]:
        match block:
            case Heading():
                return self._heading(block, indent)
            case Paragraph(content):
                return self._wrapped(content, indent)
            case Bullets(items, limit):
                return self._bullets(items, limit, indent)
            case Numbered(items):
                marks = (f"{number}. " for number in range(1, len(items) + 1))
                return self._listed(items, marks, indent)
            case Code():
                return self._command(block, indent) if block.effect else self._excerpt(block, indent)
            case Quote(content_lines):
                return [line for content in content_lines for line in self._wrapped(content, indent, "| ")]
            case KeyValues(rows):
                return self._key_values(rows, indent)
            case Fold(summary, blocks, minor=minor):
                inner = (line for each in blocks for line in self._block(each, indent + 2))
                return [*self._wrapped(summary, indent), *(() if minor else (*inner, ""))]
        assert_never(block)

    def _bullets(self, items: Sequence[tuple[Block, ...]], limit: int, indent: int) -> list[str]:
        shown = items[:limit] if limit else items
        lines = self._listed(shown, ("- " for _ in shown), indent)
        if len(shown) < len(items):
            lines += self._muted(MORE_ITEMS, len(items) - len(shown), indent)
        return lines

    def _listed(self, items: Iterable[tuple[Block, ...]], marks: Iterable[str], indent: int) -> list[str]:
        lines: list[str] = []
        for item, mark in zip(items, marks, strict=True):
            apart = any(isinstance(block, Code) for block in item)
            lines += [""] if lines and apart else []
            inner = [line for block in item for line in self._block(block, indent + len(mark))]
            if inner:
                inner[0] = " " * indent + mark + inner[0][indent + len(mark) :]
            lines += inner
        return lines

    def _excerpt(self, code: Code, indent: int) -> list[str]:
        margin = " " * indent + "| "
        room = self.width - indent - 2
        lines = code.text.split("\n")
        most = code.limit or len(code.text)
        shown: list[str] = []
        for number, line in enumerate(lines):
            if len(shown) >= most:
                more = self._muted(MORE_LINES, len(lines) - number, indent + 2)
                return [margin + each for each in shown] + more
            shown += cut(clip(line, room * (most - len(shown))), room)
        return [margin + each for each in shown[:most]]

    def _command(self, code: Code, indent: int) -> list[str]:
        if code.effect is None:
            return []
        words, tone = EFFECTS[code.effect]
        label = Span(words.say(self.document.language), Mark.BADGE, tone)
        lead = " " * (indent + 2)
        commands = (lead + self._painted(line, Span("", Mark.STRONG)) for line in code.text.split("\n"))
        return [*self._wrapped((label, Span(COLON.say(self.document.language))), indent), *commands]

    def _key_values(self, rows: Sequence[tuple[Content, Content]], indent: int) -> list[str]:
        colon = COLON.say(self.document.language)
        names = [sum(width_of(span.text) for span in name) + width_of(colon) for name, _ in rows]
        column = max(names, default=0)
        beside = column <= (self.width - indent) // 2
        lines: list[str] = []
        for (name, value), taken in zip(rows, names, strict=True):
            label = "".join(self._painted(span.text, Span("", tone=Tone.MUTED)) for span in name)
            inner = self._wrapped(value, indent + (column if beside else 2))
            if beside:
                inner[0] = " " * (column - taken) + inner[0][indent + column :]
            lines += [" " * indent + label + colon + (inner.pop(0) if beside else ""), *inner]
        return lines

    def _wrapped(self, content: Content, indent: int, margin: str = "") -> list[str]:
        lead = " " * indent + margin
        room = max(self.width - len(lead), NARROWEST // 4)
        return [
            lead + "".join(self._painted(text, span) for text, span in line)
            for line in wrap(_bracketed(content), room)
        ]

    def _muted(self, words: Text, count: int, indent: int) -> list[str]:
        said = words.say(self.document.language).format(count=count)
        return [" " * indent + self._painted(said, Span("", tone=Tone.MUTED))]

    def _painted(self, text: str, span: Span) -> str:
        if not self.colour:
            return text
        codes = [_STRONG] if span.mark in (Mark.STRONG, Mark.BADGE) else []
        codes += [_TONES[span.tone]] if span.tone in _TONES else []
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if codes else text


def _bracketed(content: Content) -> Content:
    """A badge in front of a name stands in brackets, so that it doesn't read as a part of it."""
    spans = list(content)
    for index, (span, after) in enumerate(pairwise(content)):
        if span.mark is Mark.BADGE and after.text == " ":
            spans[index] = replace(span, text=f"[{span.text}]")
    return tuple(spans)
