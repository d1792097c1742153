"""Sections written in a platform's dialect."""

from __future__ import annotations

from kubetriage.domain.messages.dialects import Dialect
from kubetriage.domain.messages.message import Block, Message, Section
from kubetriage.domain.rendering.document import Bullets, Code, Content, KeyValues, Mark, Paragraph, Tone
from kubetriage.domain.rendering.words import COLON, EFFECTS


class Writer:
    """Writes one message in one dialect."""

    def __init__(self, message: Message, dialect: Dialect) -> None:
        self._message = message
        self._dialect = dialect
        self._colon = COLON.say(message.language)

    def title(self) -> str:
        return self._dialect.title.format(self._dialect.prose(self._message.title))

    def section(self, section: Section) -> str:
        """Heading and blocks; empty for a section without any."""
        return self._dialect.gap.join(self.parts(section))

    def parts(self, section: Section) -> list[str]:
        """Heading and blocks one by one, for channels that limit a single text."""
        parts = [self.block(block) for block in section.blocks]
        if section.heading and parts:
            words = self._dialect.prose(_text(section.heading))
            parts.insert(0, self._dialect.heading.format(words))
        return parts

    def blocks(self, section: Section) -> str:
        """The blocks without the heading, for channels that show headings in their own way."""
        return self._dialect.gap.join(self.block(block) for block in section.blocks)

    def links(self) -> str:
        return " · ".join(self._dialect.link(each.label, each.url) for each in self._message.links)

    def closing(self) -> str:
        """What was left out, and who made the report."""
        parts = [self._message.shortened] if self._message.shortened else []
        parts += [self.line(self._message.footer)] if self._message.footer else []
        return self._dialect.line.join(parts)

    def whole(self, *, title: bool = True, links: bool = True) -> str:
        """The message in one text, a blank line between its parts."""
        parts = [self.title()] if title else []
        parts += [self.section(each) for each in self._message.sections]
        parts += [self.links()] if links and self._message.links else []
        parts += [self.closing()]
        return "\n\n".join(part for part in parts if part)

    def block(self, block: Block) -> str:
        match block:
            case Paragraph(content):
                return self.line(content)
            case Bullets(items):
                lines = (self._dialect.bullet + self._item(item) for item in items)
                return "\n".join(lines)
            case KeyValues(rows):
                return self._dialect.line.join(self._row(name, value) for name, value in rows)
            case Code():
                return self._code(block)

    def line(self, content: Content) -> str:
        """One line of text."""
        written = ""
        for span in content:
            text = self._span(span.text, span.mark, span.tone)
            strong = span.mark is Mark.STRONG
            if self._dialect.strong_apart and strong and written and not written[-1].isspace():
                written += " "
            written += text
            if self._dialect.strong_apart and strong:
                written += " "
        return written.replace("  ", " ").strip() if self._dialect.strong_apart else written.strip()

    def _span(self, text: str, mark: Mark, tone: Tone) -> str:
        if mark is Mark.VERBATIM:
            return self._dialect.verbatim(text)
        escaped = self._dialect.prose(text)
        if mark is Mark.STRONG:
            return self._dialect.strong(escaped) if text.strip() else ""
        if mark is Mark.BADGE:
            return self._dialect.tint(escaped, tone)
        return escaped

    def _item(self, item: tuple[object, ...]) -> str:
        return " ".join(self.line(each.content) for each in item if isinstance(each, Paragraph))

    def _row(self, name: Content, value: Content) -> str:
        label = self._dialect.strong(self._dialect.prose(_text(name)))
        colon = ": " if self._dialect.strong_apart else self._colon
        return f"{label}{colon}{self.line(value)}"

    def _code(self, code: Code) -> str:
        fenced = self._dialect.fence(code.text)
        if code.effect is None or EFFECTS[code.effect][1] is Tone.GOOD:
            return fenced
        words, tone = EFFECTS[code.effect]
        said = self._dialect.tint(self._dialect.prose(words.say(self._message.language)), tone)
        return f"{said}{self._colon.rstrip()}{self._dialect.line}{fenced}"


def _text(content: Content) -> str:
    return "".join(span.text for span in content)
