"""A document as one self-contained HTML page: no script, no style but its own, nothing fetched."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import assert_never

from kubetriage.domain.language import Language
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
from kubetriage.domain.rendering.html_style import POLICY, STYLE
from kubetriage.domain.rendering.words import EFFECTS, MORE_ITEMS
from kubetriage.domain.report import Report

_TAGS = {Language.EN: "en", Language.ZH: "zh-CN"}
"""Language tags (BCP 47)."""


def render_html(*reports: Report, headings: Language, zone: tzinfo) -> str:
    """One page with the reports one after the other; evidence is folded, and its ids lead to it."""
    documents = [compose(report, headings=headings, zone=zone) for report in reports]
    articles = [
        _Page(document, prefix=f"r{number}-" if len(documents) > 1 else "").article()
        for number, document in enumerate(documents, 1)
    ]
    title = " · ".join(document.title for document in documents[:3]) or "kubetriage"
    language = _TAGS[documents[0].language] if documents else "en"
    head = (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )
    return head + "\n".join(articles) + "\n</body>\n</html>\n"


@dataclass(frozen=True)
class _Page:
    document: Document
    prefix: str
    """Before every anchor, so that several reports on one page keep theirs apart."""

    def article(self) -> str:
        inner = "\n".join(self._block(block) for block in self.document.blocks)
        language = _TAGS[self.document.language]
        return f'<article lang="{language}" class="{self.document.severity.value}">\n{inner}\n</article>'

    def _block(self, block: Block) -> str:
        match block:
            case Heading(level, content):
                return f"<h{level}>{self._spans(content)}</h{level}>"
            case Paragraph(content):
                return f"<p>{self._spans(content)}</p>"
            case Bullets(items, limit):
                return self._bullets(items, limit)
            case Numbered(items):
                return f"<ol>\n{self._items(items)}\n</ol>"
            case Code():
                return self._code(block)
            case Quote(lines):
                said = "\n".join(f"<p>{self._spans(line)}</p>" for line in lines)
                return f"<blockquote>\n{said}\n</blockquote>"
            case KeyValues(rows):
                pairs = "\n".join(
                    f"<dt>{self._spans(name)}</dt><dd>{self._spans(value)}</dd>" for name, value in rows
                )
                return f"<dl>\n{pairs}\n</dl>"
            case Fold(summary, blocks, anchor):
                return self._fold(self._spans(summary), "\n".join(map(self._block, blocks)), anchor)
        assert_never(block)

    def _bullets(self, items: Sequence[tuple[Block, ...]], limit: int) -> str:
        shown = items[:limit] if limit else items
        listed = f"<ul>\n{self._items(shown)}\n</ul>"
        left_out = items[len(shown) :]
        if not left_out:
            return listed
        more = MORE_ITEMS.say(self.document.language).format(count=len(left_out))
        return listed + "\n" + self._fold(html.escape(more), f"<ul>\n{self._items(left_out)}\n</ul>")

    def _items(self, items: Sequence[tuple[Block, ...]]) -> str:
        return "\n".join(f"<li>{''.join(self._block(block) for block in item)}</li>" for item in items)

    def _fold(self, summary: str, inner: str, anchor: str = "") -> str:
        at = f' id="{html.escape(self.prefix + anchor)}"' if anchor else ""
        return f"<details{at}><summary>{summary}</summary><div>\n{inner}\n</div></details>"

    def _code(self, code: Code) -> str:
        block = f'<pre translate="no">{html.escape(code.text)}</pre>'
        if code.effect is None:
            return block
        words, tone = EFFECTS[code.effect]
        badge = self._span(Span(words.say(self.document.language), Mark.BADGE, tone))
        return f'<div class="command {tone.value}">{badge}{block}</div>'

    def _spans(self, content: Content) -> str:
        return "".join(self._span(span) for span in content)

    def _span(self, span: Span) -> str:
        text = html.escape(span.text)
        match span.mark:
            case Mark.VERBATIM:
                return f'<code translate="no">{text}</code>'
            case Mark.LINK:
                return _link(span.text)
            case Mark.EVIDENCE:
                return f'<a href="#{html.escape(self.prefix + span.text)}">{text}</a>'
            case Mark.BADGE:
                return f'<span class="badge {span.tone.value}">{text}</span>'
            case Mark.STRONG:
                return f"<strong>{text}</strong>"
            case Mark.QUOTED:
                return f'<span translate="no">{text}</span>'
            case Mark.PLAIN:
                return self._plain(span)
        assert_never(span.mark)

    def _plain(self, span: Span) -> str:
        attributes = ""
        if span.tone is not Tone.NEUTRAL:
            attributes += f' class="{span.tone.value}"'
        if span.language and span.language is not self.document.language:
            attributes += f' lang="{_TAGS[span.language]}"'
        text = html.escape(span.text)
        return f"<span{attributes}>{text}</span>" if attributes else text


def _link(address: str) -> str:
    text = html.escape(address)
    if not address.lower().startswith(("http://", "https://")):
        return f'<code translate="no">{text}</code>'
    return f'<a href="{text}" rel="noopener noreferrer nofollow">{text}</a>'
