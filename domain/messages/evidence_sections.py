"""What shows it, and what changed before: the sections that go first when room is short."""

from __future__ import annotations

from kubetriage.domain.messages.message import Block, Section, SectionName
from kubetriage.domain.messages.report_sections import heading
from kubetriage.domain.messages.spoken import LINE_LIMIT, NAME_LIMIT, said, sentences, short
from kubetriage.domain.messages.telling_line import telling_line
from kubetriage.domain.rendering.document import Bullets, Content, Mark, Paragraph, Span
from kubetriage.domain.rendering.inline import names_its_object, with_code
from kubetriage.domain.rendering.voice import Voice
from kubetriage.domain.rendering.words import COLON, UNKNOWN_TIME
from kubetriage.domain.report import Change, Report, ReportEvidence

EVIDENCE_SHOWN = 5
CHANGES_SHOWN = 3


def evidence(report: Report, voice: Voice) -> Section:
    """The pieces that the root causes cite first, one line each: the one that shows what cites them."""
    by_id = {each.id: each for each in report.evidence}
    cited: dict[str, str] = {}
    claims = [(it.statement, it.evidence) for it in report.root_causes]
    claims += [(it.statement, it.evidence) for it in report.contributing]
    for statement, idents in claims:
        for ident in idents:
            cited.setdefault(ident, statement)
    found = [by_id[ident] for ident in cited if ident in by_id]
    shown = sorted(found, key=lambda it: not it.resource.name)[:EVIDENCE_SHOWN]  # lists of objects say least
    items = tuple((Paragraph(_piece(each, cited[each.id], voice)),) for each in shown)
    blocks: tuple[Block, ...] = (Bullets(items),) if items else ()
    return Section(SectionName.EVIDENCE, heading("evidence", voice), (blocks,), folded=True)


def _piece(it: ReportEvidence, statement: str, voice: Voice) -> tuple[Span, ...]:
    name = (Span(short(it.id, NAME_LIMIT), Mark.STRONG), Span(" "), *said(it.resource))
    beside = (it.resource.kind, it.resource.namespace, it.resource.name)
    line = telling_line(it.excerpt, statement, beside)
    return (*name, voice.words(COLON), Span(line, Mark.QUOTED)) if line else name


def _of(change: Change, report: Report, voice: Voice) -> Content:
    """What was changed, unless the sentence says it."""
    if names_its_object(change, report):
        return ()
    return (*said(change.resource), voice.words(COLON))


def changes(report: Report, voice: Voice) -> Section:
    items = []
    for change in report.changes[:CHANGES_SHOWN]:
        at = voice.moment(change.at) if change.at else voice.say(UNKNOWN_TIME)
        what = sentences(change.what, 1, LINE_LIMIT)
        items.append((Paragraph((Span(f"{at} "), *_of(change, report, voice), *with_code(what))),))
    blocks: tuple[Block, ...] = (Bullets(tuple(items)),) if items else ()
    return Section(SectionName.CHANGES, heading("changes", voice), (blocks,))
