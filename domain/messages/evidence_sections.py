"""What shows it, and what changed before: the sections that go first when room is short."""

from __future__ import annotations

from kubetriage.domain.messages.message import Block, Section, SectionName
from kubetriage.domain.messages.report_sections import heading
from kubetriage.domain.messages.spoken import LINE_LIMIT, NAME_LIMIT, said, sentences, short
from kubetriage.domain.rendering.document import Bullets, Content, Mark, Paragraph, Span
from kubetriage.domain.rendering.inline import names_its_object, with_code
from kubetriage.domain.rendering.visible import clip, one_line
from kubetriage.domain.rendering.voice import Voice
from kubetriage.domain.rendering.words import COLON, UNKNOWN_TIME
from kubetriage.domain.report import Change, Report, ReportEvidence

EVIDENCE_SHOWN = 5
CHANGES_SHOWN = 3
EXCERPT_LOOKED_AT = 20_000
"""Characters of an excerpt that are looked at for the line that says most."""
_OWN_WORDS = ("message:", "reason:", "exitcode")
"""What says most where it is not of a condition, which only sums up what its object's parts say."""
_TELLING = ("message:", "reason:", "error", "failed", "exitcode", "phase:", "status:")
"""What a line of an excerpt holds that says more than its first line, in the order of trying."""


def evidence(report: Report, voice: Voice) -> Section:
    """The pieces that the root causes cite first, one line each."""
    by_id = {each.id: each for each in report.evidence}
    cited = [ident for it in report.root_causes for ident in it.evidence]
    cited += [ident for claim in report.contributing for ident in claim.evidence]
    found = [by_id[ident] for ident in dict.fromkeys(cited) if ident in by_id]
    shown = sorted(found, key=lambda it: not it.resource.name)[:EVIDENCE_SHOWN]  # lists of objects say least
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
    own = [line for line in lines if "conditions[" not in line]
    for words, among in ((_OWN_WORDS, own), (_TELLING, lines)):
        for word in words:
            for line in among:
                if word in line.lower():
                    return clip(line, LINE_LIMIT)
    return clip(lines[0], LINE_LIMIT) if lines else ""


def _of(change: Change, report: Report, voice: Voice) -> Content:
    """What was changed, unless the sentence says it."""
    if names_its_object(change, report.primary):
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
