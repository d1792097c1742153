"""The second section of a report: what is wrong, where it shows, and why."""

from __future__ import annotations

from collections.abc import Sequence

from kubetriage.domain.rendering.document import (
    Block,
    Bullets,
    Code,
    Content,
    Heading,
    Mark,
    Numbered,
    Paragraph,
    Span,
    Tone,
)
from kubetriage.domain.rendering.inline import names_its_object
from kubetriage.domain.rendering.visible import NAME_LIMIT, clip
from kubetriage.domain.rendering.voice import Voice
from kubetriage.domain.rendering.words import (
    COLON,
    LIKELIHOODS,
    LOG,
    NO_PRIMARY,
    NO_RELATED,
    NO_ROOT_CAUSE,
    OUTCOMES,
    STATES,
    UNKNOWN_TIME,
)
from kubetriage.domain.report import Checked, CheckState, Claim, Report, RootCause

LOG_LINES_SHOWN = 8
CLAIMS_SHOWN = 20
RELATED_SHOWN = 30


def diagnosis(report: Report, voice: Voice) -> tuple[Block, ...]:
    """Outcome and summary, then what led there, each part under its own heading."""
    outcome = voice.badge(OUTCOMES[report.outcome])
    blocks: list[Block] = [
        Paragraph((outcome, Span(" "), *voice.emphasis(report.summary))),
    ]
    if report.first_reading:
        blocks += [voice.heading(3, "first_reading"), Paragraph(voice.sentence(report.first_reading))]
    primary, related = _split(report)
    blocks += [voice.heading(3, "primary"), *_primary(report, primary, voice)]
    blocks += [voice.heading(3, "related"), *_related(related, voice)]
    blocks += [voice.heading(3, "root_causes"), *_root_causes(report, voice)]
    blocks += _claims("contributing", report.contributing, voice, ordered=True)
    blocks += _claims("risks", report.risks, voice, ordered=False)
    blocks += _changes(report, voice)
    if report.impact.statement:
        said = (*voice.sentence(report.impact.statement), *voice.refs(report.impact.evidence))
        blocks += [voice.heading(3, "impact"), Paragraph(said)]
    return tuple(blocks)


def _split(report: Report) -> tuple[Checked | None, list[Checked]]:
    """The primary resource's check, and the others."""
    if report.primary is None:
        return None, list(report.checked)
    at = (report.primary.kind, report.primary.namespace, report.primary.name)
    is_primary = [(it.resource.kind, it.resource.namespace, it.resource.name) == at for it in report.checked]
    primary = next((it for it, chosen in zip(report.checked, is_primary, strict=True) if chosen), None)
    return primary, [it for it in report.checked if it is not primary]


def _primary(report: Report, checked: Checked | None, voice: Voice) -> Sequence[Block]:
    if checked is not None:
        return _details(checked, voice)
    if report.primary is None:
        return [Paragraph((voice.words(NO_PRIMARY),))]
    return [Paragraph(voice.resource(report.primary))]


def _related(related: Sequence[Checked], voice: Voice) -> Sequence[Block]:
    """What is not well, or has something to tell, first and with details; then the others, one line each."""
    if not related:
        return [Paragraph((voice.words(NO_RELATED),))]
    unwell = [it for it in related if it.state is not CheckState.NORMAL]
    well = [it for it in related if it.state is CheckState.NORMAL]
    well.sort(key=lambda it: not it.findings)
    items = [tuple(_details(it, voice)) for it in (*unwell, *well)]
    return [Bullets(tuple(items), limit=RELATED_SHOWN)]


def _line(checked: Checked, voice: Voice) -> Content:
    name = (voice.badge(STATES[checked.state]), Span(" "), *voice.resource(checked.resource))
    return (*voice.explained(name, checked.why), *voice.refs(checked.evidence))


def _details(checked: Checked, voice: Voice) -> Sequence[Block]:
    blocks: list[Block] = [Paragraph(_line(checked, voice))]
    if checked.findings:
        said = tuple((Paragraph(voice.sentence(each)),) for each in checked.findings)
        blocks.append(Bullets(said, limit=CLAIMS_SHOWN))
    if checked.log_excerpt.strip():
        blocks.append(Paragraph((Span(voice.say(LOG) + voice.say(COLON), tone=Tone.MUTED),)))
        blocks.append(Code(checked.log_excerpt, limit=LOG_LINES_SHOWN))
    return blocks


def _root_causes(report: Report, voice: Voice) -> Sequence[Block]:
    if not report.root_causes:
        return [Paragraph((voice.words(NO_ROOT_CAUSE[report.outcome]),))]
    ranked = sorted(report.root_causes, key=lambda cause: cause.rank)
    return [Numbered(tuple(_root_cause(cause, voice) for cause in ranked))]


def _root_cause(cause: RootCause, voice: Voice) -> tuple[Block, ...]:
    said = Paragraph((*voice.emphasis(cause.statement), *voice.refs(cause.evidence)))
    facts: list[Content] = [(voice.confirmed(cause.confirmed),)]
    facts.append(voice.fact("likelihood", (voice.words(LIKELIHOODS[cause.likelihood]),)))
    if cause.culprit:
        facts.append(voice.fact("culprit", voice.resource(cause.culprit)))
    if cause.category:
        facts.append(voice.fact("category", (Span(clip(cause.category, NAME_LIMIT), Mark.VERBATIM),)))
    return said, Paragraph(voice.joined(facts))


def _claims(name: str, claims: Sequence[Claim], voice: Voice, *, ordered: bool) -> Sequence[Block]:
    """Statements with their evidence; one that code could not confirm says so."""
    if not claims:
        return []
    items: list[tuple[Block, ...]] = []
    for claim in claims:
        doubt = () if claim.confirmed else (voice.confirmed(False), Span(" "))
        items.append((Paragraph((*doubt, *voice.sentence(claim.statement), *voice.refs(claim.evidence))),))
    listed = Numbered(tuple(items)) if ordered else Bullets(tuple(items), limit=CLAIMS_SHOWN)
    return [voice.heading(3, name), listed]


def _changes(report: Report, voice: Voice) -> Sequence[Block]:
    if not report.changes:
        return []
    items: list[tuple[Block, ...]] = []
    for change in report.changes:
        at = Span(voice.moment(change.at) if change.at else voice.say(UNKNOWN_TIME))
        said: Content = (at, Span(" "), *voice.sentence(change.what))
        if not names_its_object(change, report):
            said = voice.explained((at, Span(" "), *voice.resource(change.resource)), change.what)
        items.append((Paragraph((*said, *voice.refs(change.evidence))),))
    heading: Heading = voice.heading(3, "changes")
    return [heading, Bullets(tuple(items), limit=CLAIMS_SHOWN)]
