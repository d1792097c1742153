"""A report becomes a document: the sections of the contract, in its order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from kubetriage.domain.language import Language
from kubetriage.domain.rendering.action_section import closing, evidence, gaps, knowledge, recommendations
from kubetriage.domain.rendering.alert_section import overview, severity_tone
from kubetriage.domain.rendering.diagnosis_section import diagnosis
from kubetriage.domain.rendering.document import Block, Document, Heading, Mark, Span
from kubetriage.domain.rendering.visible import NAME_LIMIT, clip, one_line
from kubetriage.domain.rendering.voice import Voice
from kubetriage.domain.report import Report

SECTIONS: tuple[tuple[str, Callable[[Report, Voice], tuple[Block, ...]]], ...] = (
    ("overview", overview),
    ("diagnosis", diagnosis),
    ("recommendations", recommendations),
    ("evidence", evidence),
    ("gaps", gaps),
    ("knowledge", knowledge),
    ("verification", closing),
)
"""The sections in their order; one without content is left out."""


def compose(report: Report, *, headings: Language, zone: tzinfo) -> Document:
    """What the report says, section by section.

    Headings and labels are in `headings` (both: Chinese, then English); everything else is in the report's
    own language, names, commands and quoted evidence as they are. Times are local to `zone`.
    """
    voice = Voice(
        language=Language.ZH if report.language is Language.ZH else Language.EN,
        headings=headings,
        zone=zone,
        shown=frozenset(each.id for each in report.evidence),
    )
    name = clip(report.alert.name, NAME_LIMIT)
    blocks: list[Block] = [Heading(1, (Span(name, Mark.QUOTED),))]
    for section, write in SECTIONS:
        written = write(report, voice)
        if written:
            blocks += [voice.heading(2, section), *written]
    return Document(one_line(name), voice.language, severity_tone(report), tuple(blocks))
