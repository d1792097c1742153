"""A document as GitHub-flavoured Markdown, in which nothing that was read from a cluster acts as markup.

Prose is escaped; names, values and whatever a site would turn into a mention, a reference or a link
(`@all`, `#12`, `https://…`) stand in code spans, which no site looks into; excerpts stand in fences longer
than any run of backticks in them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import assert_never

from kubetriage.domain.language import Language, Text
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
)
from kubetriage.domain.rendering.words import COLON, EFFECTS, MORE_ITEMS, MORE_LINES
from kubetriage.domain.report import Report

_MARKUP = re.compile(r"([\\`*_\[\]<>&|~$#!])")
"""Punctuation that can be markup inside a line (CommonMark 0.31, GFM tables and strikethrough, `$` math)."""

_AT_LINE_START = re.compile(r"^(\s*)(?:([-+=:])|(\d+)([.)]))")
"""List markers, rules, underlines of headings and definition lists, which act at the start of a line."""

_WORD = re.compile(r"[^\s，。、；：！？（）「」“”]+")
_ACTING = re.compile(r"@|://|\bwww\.|#\d|\bGH-\d|\bmailto:|\bxmpp:", re.IGNORECASE)
"""What makes a site turn a word into a mention, a reference or a link, escaped or not."""

_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.\-]*(?::\d+)?(?:[/?#][A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]*)?"
)
"""An address that can stand between angle brackets as it is (RFC 3986 characters only)."""


def render_markdown(*reports: Report, headings: Language, zone: tzinfo) -> str:
    """The reports one after the other, a rule between them."""
    documents = [compose(report, headings=headings, zone=zone) for report in reports]
    return "\n---\n\n".join(_Markdown(document).page() for document in documents)


@dataclass(frozen=True)
class _Markdown:
    document: Document

    def page(self) -> str:
        return "\n\n".join(self._block(block) for block in self.document.blocks) + "\n"

    def _block(self, block: Block) -> str:
        match block:
            case Heading(level, content):
                return f"{'#' * level} {_prose(content)}"
            case Paragraph(content):
                return _prose(content)
            case Bullets(items, limit):
                shown = items[:limit] if limit else items
                left_out = self._more(MORE_ITEMS, len(items) - len(shown))
                listed = [("- ", item) for item in shown]
                return "\n".join([self._listed(listed), *(f"- {each}" for each in left_out)])
            case Numbered(items):
                return self._listed([(f"{number}. ", item) for number, item in enumerate(items, 1)])
            case Code():
                return self._code(block)
            case Quote(lines):
                return "\n>\n".join(f"> {_prose(line)}" for line in lines)
            case KeyValues(rows):
                return "\n".join(self._row(name, value) for name, value in rows)
            case Fold(summary, blocks):
                inner = "\n\n".join(self._block(each) for each in blocks)
                return f"<details><summary>{_as_html(summary)}</summary>\n\n{inner}\n\n</details>"
        assert_never(block)

    def _listed(self, items: Sequence[tuple[str, Sequence[Block]]]) -> str:
        apart = any(isinstance(block, Code) for _, blocks in items for block in blocks)
        return ("\n\n" if apart else "\n").join(self._item(mark, blocks) for mark, blocks in items)

    def _item(self, mark: str, blocks: Sequence[Block]) -> str:
        """Blocks under a list marker; a list may follow its paragraph at once, other blocks may not."""
        inner = ""
        for block in blocks:
            between = "\n" if isinstance(block, Bullets) else "\n\n"
            inner += (between if inner else "") + self._block(block)
        lines = inner.split("\n")
        hang = " " * len(mark)
        return "\n".join([mark + lines[0], *(hang + line if line else "" for line in lines[1:])])

    def _row(self, name: Content, value: Content) -> str:
        colon = COLON.say(self.document.language)
        return f"- **{_prose(name)}**{colon}{_prose(value)}"

    def _code(self, code: Code) -> str:
        lines = code.text.split("\n")
        shown = lines[: code.limit] if code.limit else lines
        longest = max((len(run) for run in re.findall("`+", code.text)), default=0)
        fence = "`" * max(3, longest + 1)
        parts = [f"{fence}{code.language}", *shown, fence]
        if code.effect:
            words, _ = EFFECTS[code.effect]
            parts[:0] = [f"**{words.say(self.document.language)}**", ""]
        left_out = self._more(MORE_LINES, len(lines) - len(shown))
        return "\n".join([*parts, *(["", *left_out] if left_out else [])])

    def _more(self, words: Text, count: int) -> list[str]:
        return [words.say(self.document.language).format(count=count)] if count else []


def _prose(content: Content) -> str:
    """One line of Markdown that shows exactly the content's text."""
    return _AT_LINE_START.sub(_unmarked, "".join(_span(span) for span in content).strip())


def _span(span: Span) -> str:
    match span.mark:
        case Mark.VERBATIM:
            return _code_span(span.text)
        case Mark.LINK:
            return f"<{span.text}>" if _ADDRESS.fullmatch(span.text) else _code_span(span.text)
        case Mark.STRONG | Mark.BADGE:
            return f"**{_escaped(span.text)}**" if span.text.strip() else ""
        case Mark.PLAIN | Mark.QUOTED | Mark.EVIDENCE:
            return _escaped(span.text)
    assert_never(span.mark)


def _escaped(text: str) -> str:
    parts: list[str] = []
    at = 0
    for word in _WORD.finditer(text):
        if _ACTING.search(word.group()):
            parts += [_MARKUP.sub(r"\\\1", text[at : word.start()]), _code_span(word.group())]
            at = word.end()
    return "".join([*parts, _MARKUP.sub(r"\\\1", text[at:])])


def _code_span(text: str) -> str:
    """A code span whose delimiters are longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if longest or text != text.strip() else ""
    return f"{ticks}{pad}{text}{pad}{ticks}" if text else ""


def _unmarked(match: re.Match[str]) -> str:
    blank, sign, number, stop = match.groups()
    return f"{blank}\\{sign}" if sign else f"{blank}{number}\\{stop}"


def _as_html(content: Content) -> str:
    """The content as one line of HTML, for a place where Markdown isn't read."""
    parts: list[str] = []
    for span in content:
        text = html.escape(span.text)
        code = span.mark is Mark.VERBATIM or _ACTING.search(span.text)
        parts.append(
            f"<code>{text}</code>" if code else f"<b>{text}</b>" if span.mark is Mark.STRONG else text
        )
    return "".join(parts)
