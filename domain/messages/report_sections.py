"""What a report says about the fault: root cause, impact, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from kubetriage.domain.finding import Effect, RemedyKind
from kubetriage.domain.language import Language
from kubetriage.domain.messages.message import Block, Section, SectionName
from kubetriage.domain.messages.spoken import (
    COMMAND_LIMIT,
    SENTENCE_LIMIT,
    SHORT_SENTENCE,
    SHORTEST_SENTENCE,
    sentences,
)
from kubetriage.domain.messages.words import (
    HEADINGS,
    HINT_ONLY,
    LIKELIHOOD,
    LONG_COMMAND,
    MORE_CAUSES,
    MORE_STEPS,
    NO_STEPS,
    NOT_FOUND,
)
from kubetriage.domain.rendering.document import Code, Content, Mark, Paragraph, Span, Tone
from kubetriage.domain.rendering.inline import with_code
from kubetriage.domain.rendering.visible import visible
from kubetriage.domain.rendering.voice import Voice
from kubetriage.domain.rendering.words import COLON, LIKELIHOODS, NO_ROOT_CAUSE, REMEDIES
from kubetriage.domain.report import Outcome, Recommendation, Report, RootCause

CAUSES_SHOWN = 3
STEPS_SHOWN = 6
_STEP_FORMS = ((STEPS_SHOWN, True), (STEPS_SHOWN, False), (3, False), (2, False), (1, False))
"""Lengths of the steps: how many, and whether they are explained."""


def heading(name: str, voice: Voice) -> Content:
    words = HEADINGS[name]
    if voice.headings is Language.BOTH:
        return (Span(f"{words.zh} {words.en}"),)
    return (Span(words.say(voice.language)),)


def cause(report: Report, voice: Voice, *, past: bool = False) -> Section:
    """The root cause in at most three sentences with its likelihood, or plainly that none was found."""
    title = heading("was" if past else "cause", voice)
    causes = sorted(report.root_causes, key=lambda it: it.rank)
    if not causes:
        said = _no_cause(report, voice)
        return Section(SectionName.CAUSE, title, said[:-1], pinned=True, least=said[-1])
    more = _more(causes[1:], voice)
    first = _stated(causes[0], voice, 3 if len(causes) == 1 else 1, SENTENCE_LIMIT)
    forms: list[tuple[Block, ...]] = [(*first, *more)]
    if len(causes) > 1:
        shown = (_stated(each, voice, 1, SENTENCE_LIMIT) for each in causes[:CAUSES_SHOWN])
        every = tuple(block for blocks in shown for block in blocks)
        forms.insert(0, (*every, *_more(causes[CAUSES_SHOWN:], voice)))
    forms.append((*_stated(causes[0], voice, 1, SHORT_SENTENCE), *more))
    least = (*_stated(causes[0], voice, 1, SHORTEST_SENTENCE), *more)
    return Section(SectionName.CAUSE, title, tuple(forms), pinned=True, least=least)


def _stated(it: RootCause, voice: Voice, most: int, limit: int) -> tuple[Block, ...]:
    words = voice.say(LIKELIHOOD, level=LIKELIHOODS[it.likelihood].say(voice.language))
    if not it.confirmed:
        words += f" · {voice.say(HINT_ONLY)}"
    statement = with_code(sentences(it.statement, most, limit), Mark.STRONG)
    opening, closing = ("（", "）") if voice.language is Language.ZH else (" (", ")")
    return (Paragraph((*statement, Span(f"{opening}{words}{closing}", tone=Tone.MUTED))),)


def _more(left: Sequence[RootCause], voice: Voice) -> tuple[Block, ...]:
    return (Paragraph((voice.words(MORE_CAUSES, count=len(left)),)),) if left else ()


def _no_cause(report: Report, voice: Voice) -> tuple[tuple[Block, ...], ...]:
    none = NO_ROOT_CAUSE[Outcome.HEALTHY] if report.outcome is Outcome.HEALTHY else NOT_FOUND

    def form(most: int, limit: int) -> tuple[Block, ...]:
        told = Paragraph(with_code(sentences(report.summary, most, limit), Mark.STRONG))
        return Paragraph((voice.words(none),)), told

    return form(3, SENTENCE_LIMIT), form(1, SHORT_SENTENCE), form(1, SHORTEST_SENTENCE)


def impact(report: Report, voice: Voice) -> Section:
    statement = sentences(report.impact.statement, 2)
    blocks: tuple[Block, ...] = (Paragraph(with_code(statement)),) if statement else ()
    return Section(SectionName.IMPACT, heading("impact", voice), (blocks,))


def steps(report: Report, voice: Voice) -> Section:
    """Numbered steps with their commands; what only reads comes before what changes."""
    title = heading("steps", voice)
    ordered = sorted(report.recommendations, key=_boldness)
    if not ordered:
        if report.outcome is not Outcome.HEALTHY:
            return Section(SectionName.STEPS, title, ((),))
        return Section(SectionName.STEPS, title, ((Paragraph((voice.words(NO_STEPS),)),),), pinned=True)
    forms: list[tuple[Block, ...]] = []
    for most, explained in _STEP_FORMS:
        shown = (_step(number, it, voice, explained) for number, it in enumerate(ordered[:most], 1))
        blocks = tuple(block for each in shown for block in each)
        left = len(ordered) - most
        more = (Paragraph((voice.words(MORE_STEPS, count=left),)),) if left > 0 else ()
        forms.append((*blocks, *more))
    least = (_titled(1, ordered[0], voice, SHORTEST_SENTENCE), Paragraph((voice.words(LONG_COMMAND),)))
    return Section(SectionName.STEPS, title, tuple(dict.fromkeys(forms)), pinned=True, least=least)


def _boldness(it: Recommendation) -> int:
    """0 for what only looks, then what changes, then whom to ask; what cannot be undone comes last of all."""
    effects = {command.effect for command in it.commands}
    if it.kind is RemedyKind.CHECK and effects <= {Effect.READ}:
        return 0
    if Effect.DESTRUCTIVE in effects:
        return 3
    return 2 if it.kind is RemedyKind.ESCALATE else 1


def _titled(number: int, it: Recommendation, voice: Voice, limit: int) -> Paragraph:
    words, tone = REMEDIES[it.kind]
    kind = Span(words.say(voice.language), Mark.BADGE, tone)
    title = with_code(sentences(it.title, 1, limit), Mark.STRONG)
    return Paragraph((Span(f"{number}.", Mark.STRONG), Span(" "), kind, voice.words(COLON), *title))


def _step(number: int, it: Recommendation, voice: Voice, explained: bool) -> tuple[Block, ...]:
    blocks: list[Block] = [_titled(number, it, voice, SHORT_SENTENCE)]
    mixed = len({command.effect for command in it.commands}) > 1
    if explained and it.detail:
        blocks.append(Paragraph(with_code(sentences(it.detail, 2))))
    for command in it.commands[:3]:
        text = visible(command.command) if len(command.command) <= COMMAND_LIMIT else ""
        if not text or len(text) > COMMAND_LIMIT:
            blocks.append(Paragraph((voice.words(LONG_COMMAND),)))
        else:
            said = mixed or command.effect is Effect.DESTRUCTIVE
            blocks.append(Code(text, language="sh", effect=command.effect if said else None))
    return tuple(blocks)
