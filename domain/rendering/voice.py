"""How a report speaks: the language of its values, of its headings, and the zone of its times."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from kubetriage.domain.language import Language, Text
from kubetriage.domain.rendering.document import Content, Heading, Mark, Span, Tone
from kubetriage.domain.rendering.inline import with_code
from kubetriage.domain.rendering.moments import moment
from kubetriage.domain.rendering.visible import NAME_LIMIT, SENTENCE_LIMIT, clip
from kubetriage.domain.rendering.words import COLON, CONFIRMED, HEADINGS, LABELS, UNCONFIRMED
from kubetriage.domain.report import ReportResource

REFS_LIMIT = 12
"""Evidence ids shown behind one statement."""

_NOT_IN_ANCHOR = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Voice:
    """Makes the spans of one document."""

    language: Language
    """Of the values: English or Chinese."""
    headings: Language
    zone: tzinfo
    shown: frozenset[str]
    """Ids of the evidence that the document shows; others are not linked."""

    def say(self, words: Text, **values: Any) -> str:
        template = words.say(self.language)
        return template.format(**values) if values else template

    def heading(self, level: int, name: str) -> Heading:
        return Heading(level, self._titled(HEADINGS[name]))

    def label(self, name: str) -> Content:
        return self._titled(LABELS[name])

    def words(self, words: Text, **values: Any) -> Span:
        return Span(self.say(words, **values))

    def badge(self, words: tuple[Text, Tone]) -> Span:
        return Span(words[0].say(self.language), Mark.BADGE, words[1])

    def sentence(self, statement: str) -> Content:
        """A statement of the report's own."""
        return with_code(clip(statement, SENTENCE_LIMIT))

    def emphasis(self, statement: str) -> Content:
        """A statement that the eye should find first."""
        return with_code(clip(statement, SENTENCE_LIMIT), Mark.STRONG)

    def fact(self, name: str, value: Content) -> Content:
        """`label: value`, the label in the language of the headings."""
        return (*self.label(name), self.words(COLON), *value)

    def joined(self, facts: Iterable[Content]) -> Content:
        """Facts on one line, a dot between them."""
        spans: list[Span] = []
        for fact in facts:
            spans += [Span(" · ", tone=Tone.MUTED), *fact] if spans else fact
        return tuple(spans)

    def explained(self, name: Content, explanation: str) -> Content:
        """`name: explanation`, or only the name."""
        if not explanation:
            return name
        return (*name, self.words(COLON), *self.sentence(explanation))

    def resource(self, it: ReportResource) -> Content:
        """`Kind namespace/name`, as people write it; `*` for a list, which has no name."""
        place = f"{clip(it.namespace, NAME_LIMIT)}/" if it.namespace else ""
        name = clip(it.name, NAME_LIMIT) or "*"
        return (Span(f"{clip(it.kind, NAME_LIMIT)} {place}{name}", Mark.VERBATIM),)

    def refs(self, ids: Iterable[str]) -> Content:
        """` [E1, E2]`, each linked to the evidence; nothing for no ids."""
        cited = list(ids)
        if not cited:
            return ()
        cited, more = cited[:REFS_LIMIT], len(cited) > REFS_LIMIT
        spans = [Span(" [", tone=Tone.MUTED)]
        for index, each in enumerate(cited):
            spans += [Span(", ", tone=Tone.MUTED)] if index else []
            spans.append(
                Span(anchor(each), Mark.EVIDENCE) if each in self.shown else Span(each, Mark.VERBATIM)
            )
        return (*spans, Span(", …]" if more else "]", tone=Tone.MUTED))

    def confirmed(self, confirmed: bool) -> Span:
        if confirmed:
            return Span(f"✓ {self.say(CONFIRMED)}", Mark.BADGE, Tone.GOOD)
        return Span(f"? {self.say(UNCONFIRMED)}", Mark.BADGE, Tone.WARN)

    def moment(self, at: datetime) -> str:
        return moment(at, self.zone)

    def _titled(self, words: Text) -> Content:
        """Words that follow the language of the headings, which may be both."""
        if self.headings is Language.BOTH:
            return (
                Span(words.zh, language=Language.ZH),
                Span(" "),
                Span(words.en, language=Language.EN),
            )
        return (Span(words.say(self.headings), language=self.headings),)


def anchor(evidence_id: str) -> str:
    """An evidence id as it can stand in an address."""
    return _NOT_IN_ANCHOR.sub("-", clip(evidence_id, NAME_LIMIT)) or "-"
