"""What shows it, and what changed before: the sections that go first when room is short."""

from __future__ import annotations

from kubetriage.domain.messages.message import Block, Section, SectionName
from kubetriage.domain.messages.report_sections import heading
from kubetriage.domain.messages.spoken import LINE_LIMIT, NAME_LIMIT, said, sentences, short
from kubetriage.domain.rendering.document import Bullets, Mark, Paragraph, Span
from kubetriage.domain.rendering.visible import clip, one_line
from kubetriage.domain.rendering.voice import Voice
from kubetriage.domain.rendering.words import COLON, UNKNOWN_TIME
from kubetriage.domain.report import Report, ReportEvidence

EVIDENCE_SHOWN = 5
CHANGES_SHOWN = 3
EXCERPT_LOOKED_AT = 20_000
"""Characters of an excerpt that are looked at for the line that says most."""
_TELLING = ("message:", "reason:", "error", "failed", "exitcode", "phase:", "status:")
"""What a line of an excerpt holds that says more than its first line, in the order of trying."""


def evidence(report: Report, voice: Voice) -> Section:
    """The pieces that the root causes cite first, one line each."""
    by_id = {each.id: each for each in report.evidence}
    cited = [ident for it in report.root_causes for ident in it.evidence]
    cited += [ident for claim in report.contributing for ident in claim.evidence]
    shown = [by_id[ident] for ident in dict.fromkeys(cited) if ident in by_id][:EVIDENCE_SHOWN]
    items = tuple((Paragraph(_piece(each, voice)),) for each in shown)
    blocks: tuple[Block, ...] = (Bullets(items),) if items else ()
    return Section(SectionName.EVIDENCE, heading("evidence", voice), (blocks,), folded=True)


def _piece(it: ReportEvidence, voice: Voice) -> tuple[Span, ...]:
    name = (Span(short(it.id, NAME_LIMIT), Mark.STRONG), Span(" "), *said(it.resource))
    line = _telling_line(it.excerpt)
    return (*name, voice.words(COLON), Span(line, Mark.QUOTED)) if line else name


def _telling_line(excerpt: str) -> str:
    given = excerpt[:EXCERPT_LOOKED_AT].splitlines()
    lines = [one_line(line) for line in given if line.strip() and line.strip()[-1] != ":"]
    for word in _TELLING:
        for line in lines:
            if word in line.lower():
                return clip(line, LINE_LIMIT)
    return clip(lines[0], LINE_LIMIT) if lines else ""


def changes(report: Report, voice: Voice) -> Section:
    items = []
    for change in report.changes[:CHANGES_SHOWN]:
        at = voice.moment(change.at) if change.at else voice.say(UNKNOWN_TIME)
        what = sentences(change.what, 1, LINE_LIMIT)
        items.append((Paragraph((Span(f"{at} "), *said(change.resource), voice.words(COLON), Span(what))),))
    blocks: tuple[Block, ...] = (Bullets(tuple(items)),) if items else ()
    return Section(SectionName.CHANGES, heading("changes", voice), (blocks,))
