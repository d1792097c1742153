"""The later sections of a report: what to do, what shows it, what could not be looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from kubetriage.domain.finding import Command, Effect
from kubetriage.domain.rendering.document import (
    Block,
    Bullets,
    Code,
    Content,
    Fold,
    KeyValues,
    Mark,
    Numbered,
    Paragraph,
    Quote,
    Span,
    Tone,
)
from kubetriage.domain.rendering.visible import NAME_LIMIT, SENTENCE_LIMIT, clip
from kubetriage.domain.rendering.voice import Voice, anchor
from kubetriage.domain.rendering.words import (
    ADDRESSES,
    BY_MODEL,
    BY_ONE_CALL,
    BY_RULES,
    COLON,
    DROPPED,
    MADE_AT,
    NO_EVIDENCE,
    NO_GAPS,
    NO_RECOMMENDATION,
    ONE_READ,
    READS,
    REMEDIES,
    REPORT_MADE,
    SECONDS,
    VERIFIED,
)
from kubetriage.domain.report import CheckState, Gap, KnowledgeItem, Recommendation, Report, ReportEvidence

EXCERPT_LINES_SHOWN = 8
GAPS_SHOWN = 20
ARGUMENTS_LIMIT = 400
FIRST_LINE = 90
"""Characters of an excerpt shown beside evidence that is not unfolded."""


def recommendations(report: Report, voice: Voice) -> tuple[Block, ...]:
    """What to do, in the report's order: what only reads comes before what changes."""
    if not report.recommendations:
        return (Paragraph((voice.words(NO_RECOMMENDATION),)),)
    return (Numbered(tuple(_recommendation(each, voice) for each in report.recommendations)),)


def _recommendation(it: Recommendation, voice: Voice) -> tuple[Block, ...]:
    title: Content = (voice.badge(REMEDIES[it.kind]), Span(" "), *voice.emphasis(it.title))
    if it.addresses is not None:
        title += (Span(voice.say(ADDRESSES, rank=it.addresses), tone=Tone.MUTED),)
    blocks: list[Block] = [Paragraph(title)]
    if it.detail:
        blocks.append(Paragraph(voice.sentence(it.detail)))
    return (*blocks, *_commands(it.commands))


def _commands(commands: Sequence[Command]) -> Iterator[Block]:
    """Commands that only read stand together; each other one by itself, so that it is copied by itself."""
    for effect, group in groupby(commands, key=lambda it: it.effect):
        texts = [each.command for each in group]
        for text in ["\n".join(texts)] if effect is Effect.READ else texts:
            yield Code(text, language="sh", effect=effect)


def evidence(report: Report, voice: Voice) -> tuple[Block, ...]:
    if not report.evidence:
        return (Paragraph((voice.words(NO_EVIDENCE),)),)
    cited = _cited(report)
    return tuple(_piece(each, voice, minor=each.id not in cited) for each in report.evidence)


def _cited(report: Report) -> frozenset[str]:
    """Evidence that says what is wrong, rather than what is well."""
    cited = [it.evidence for it in (*report.contributing, *report.risks)]
    cited += [it.evidence for it in report.root_causes] + [it.evidence for it in report.changes]
    cited += [it.evidence for it in report.checked if it.state is not CheckState.NORMAL or it.findings]
    return frozenset(each for ids in (*cited, report.impact.evidence) for each in ids)


def _piece(it: ReportEvidence, voice: Voice, *, minor: bool) -> Block:
    called = f"{clip(it.tool, NAME_LIMIT)} {_arguments(it.arguments)}".strip()
    rows: tuple[tuple[Content, Content], ...] = (
        (voice.label("call"), (Span(called, Mark.VERBATIM),)),
        (voice.label("time"), (Span(voice.moment(it.at)),)),
    )
    blocks: list[Block] = [KeyValues(rows)]
    if it.excerpt.strip():
        blocks.append(Code(it.excerpt, limit=EXCERPT_LINES_SHOWN))
    summary: Content = (Span(anchor(it.id), Mark.STRONG), Span(" "), *voice.resource(it.resource))
    first = it.excerpt.strip().partition("\n")[0]
    if minor and first:
        summary = (*summary, voice.words(COLON), Span(clip(first, FIRST_LINE), Mark.VERBATIM))
    return Fold(summary, tuple(blocks), anchor=anchor(it.id), minor=minor)


def _arguments(arguments: dict[str, Any]) -> str:
    pairs = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return clip(" ".join(pairs), ARGUMENTS_LIMIT)


def gaps(report: Report, voice: Voice) -> tuple[Block, ...]:
    if not report.gaps:
        return (Paragraph((voice.words(NO_GAPS),)),)
    items = tuple((Paragraph(_gap(each, voice)),) for each in report.gaps)
    return (Bullets(items, limit=GAPS_SHOWN),)


def _gap(gap: Gap, voice: Voice) -> Content:
    return voice.explained(voice.sentence(gap.what), gap.why)


def knowledge(report: Report, voice: Voice) -> tuple[Block, ...]:
    return tuple(block for each in report.knowledge for block in _passage(each, voice))


def _passage(it: KnowledgeItem, voice: Voice) -> tuple[Block, ...]:
    title: Content = (Span(clip(it.title, SENTENCE_LIMIT), Mark.QUOTED),)
    if it.source:
        source = Span(clip(it.source, SENTENCE_LIMIT), Mark.VERBATIM, Tone.MUTED)
        title = (*title, voice.words(COLON), source)
    lines = [clip(line, SENTENCE_LIMIT) for line in it.excerpt.splitlines() if line.strip()]
    if not lines:
        return (Paragraph(title),)
    return Paragraph(title), Quote(tuple((Span(line, Mark.QUOTED),) for line in lines))


def closing(report: Report, voice: Voice) -> tuple[Block, ...]:
    """How much of the report was confirmed, what the run cost, and which report it is."""
    verification, usage = report.verification, report.usage
    blocks: list[Block] = []
    if verification.notes:
        notes = tuple((Paragraph(voice.sentence(note)),) for note in verification.notes)
        blocks.append(Bullets(notes, limit=GAPS_SHOWN))
    counts = {"confirmed": verification.confirmed, "claims": verification.claims}
    facts: list[Content] = [(voice.words(VERIFIED, **counts),)]
    if verification.dropped:
        facts.append((voice.words(DROPPED, count=verification.dropped),))
    facts.append(_authorship(report, voice))
    reads = ONE_READ if usage.cluster_reads == 1 else READS
    facts.append((voice.words(reads, count=usage.cluster_reads),))
    facts.append((voice.words(SECONDS, seconds=f"{usage.seconds:.1f}"),))
    made_at = voice.words(MADE_AT, at=voice.moment(report.created_at))
    report_id = Span(clip(report.id, NAME_LIMIT), Mark.VERBATIM)
    facts.append((voice.words(REPORT_MADE), report_id, made_at))
    return (*blocks, Paragraph(voice.joined(facts)))


def _authorship(report: Report, voice: Voice) -> Content:
    usage = report.usage
    if not usage.model:  # without calls it is an answer of a short time before
        return (voice.words(BY_RULES),)
    tokens = f"{usage.prompt_tokens + usage.completion_tokens:,}"
    words = BY_ONE_CALL if usage.model_calls == 1 else BY_MODEL
    calls = voice.words(words, calls=usage.model_calls, tokens=tokens)
    return (calls, Span(clip(usage.model, NAME_LIMIT), Mark.VERBATIM))
