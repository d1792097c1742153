"""A notice becomes a message: the sections in the order in which somebody on call reads them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from kubetriage.domain.alert_table import row_of
from kubetriage.domain.language import NAMES, Language, Text
from kubetriage.domain.messages.evidence_sections import changes, evidence
from kubetriage.domain.messages.failure_section import failure
from kubetriage.domain.messages.message import Block, Link, Message, Section, SectionName
from kubetriage.domain.messages.neutral import calm
from kubetriage.domain.messages.notice import Event, Notice
from kubetriage.domain.messages.report_sections import cause, impact, steps
from kubetriage.domain.messages.spoken import (
    LINE_LIMIT,
    SHORTEST_SENTENCE,
    TITLE_LIMIT,
    address,
    named,
    said,
    short,
)
from kubetriage.domain.messages.words import (
    ALIKE,
    ASKED_FOR,
    ASSUMED_OVER,
    CHECK_THE_CHAIN,
    DETAILS,
    FLAPS,
    LABELS,
    LASTED,
    LASTED_IN_ALL,
    LINKS,
    MADE,
    MADE_BESIDE,
    MADE_WITH,
    MORE_LINES,
    READ,
    STATES,
    STORM_OVER,
    STORM_SUMMED_UP,
    TITLES,
    UNDELIVERED,
)
from kubetriage.domain.rendering.alert_section import state_time
from kubetriage.domain.rendering.document import Bullets, Content, KeyValues, Mark, Paragraph, Span, Tone
from kubetriage.domain.rendering.moments import lasted
from kubetriage.domain.rendering.visible import clip, one_line
from kubetriage.domain.rendering.voice import Voice
from kubetriage.domain.rendering.words import OUTCOMES, REPORT_MADE, SEVERITIES, STATUSES
from kubetriage.domain.report import Report

LINES_SHOWN = 20
_WITHOUT_REPORT = frozenset(
    {Event.STILL_FIRING, Event.FLAPPING, Event.STORM, Event.DIGEST, Event.SILENT, Event.HEARD}
)
"""Events whose message says nothing of a report's sections, even where there is one."""


def compose(notice: Notice, *, language: Language, zone: tzinfo, primary: Language = Language.EN) -> Message:
    """The message in the channel's language; a report's own sentences stay in the report's language.

    `both` has headings in both languages and other words of ours in the report's language, or in `primary`
    where there is no report. Times are local to `zone`.
    """
    report = notice.report
    values = report.language if report else primary
    words = language if language is not Language.BOTH else values
    words = Language.ZH if words is Language.ZH else Language.EN
    voice = Voice(language=words, headings=language, zone=zone, shown=frozenset())
    state, tone = _state(notice)
    known = SEVERITIES.get(notice.severity.lower())
    severity = known[0].say(words) if known else short(notice.severity, 20)
    if notice.event in TITLES or notice.severity.lower() == "none":
        severity = ""
    sections = [
        _facts(notice, voice),
        *_standing(notice, voice),
        *_of_report(notice, voice),
        *_lines(notice, voice),
    ]
    return Message(
        event=notice.event,
        language=words,
        tone=tone,
        state=state.say(words),
        severity=severity,
        name=_name(notice, words),
        summary=calm(short(report.summary if report else notice.title, LINE_LIMIT)),
        sections=tuple(each for each in sections if each.blocks),
        links=_links(notice, words),
        footer=_footer(notice, voice),
        incident=short(notice.incident, 40),
    )


def _state(notice: Notice) -> tuple[Text, Tone]:
    if notice.over:
        return STORM_OVER
    if notice.assumed:
        return ASSUMED_OVER
    if notice.event in STATES:
        return STATES[notice.event]
    report = notice.report
    if report is None:
        return STATUSES["firing"]
    status, tone = STATUSES.get(report.alert.status.lower(), STATUSES["firing"])
    if tone is Tone.GOOD:
        return status, tone
    if report.outcome.value == "healthy":
        return OUTCOMES[report.outcome]
    if report.alert.asked_for:
        return ASKED_FOR
    known = SEVERITIES.get(notice.severity.lower())
    return status, known[1] if known else Tone.WARN


def _name(notice: Notice, language: Language) -> str:
    """The title; a well-known alert's has its Chinese title too."""
    if not notice.title and notice.over:
        return STORM_SUMMED_UP.say(language).format(count=notice.count, diagnosed=notice.diagnosed)
    if not notice.title and notice.event in TITLES:
        return TITLES[notice.event].say(language).format(count=notice.count)
    name = calm(short(notice.title, TITLE_LIMIT)) or "?"
    if language is not Language.ZH:
        return name
    if row := row_of(notice.title):
        return f"{name} {row.title_zh}".rstrip()
    alert, _, place = name.partition(" ")  # an incident's title has the place behind the alert's name
    row = row_of(alert)
    return f"{alert} {row.title_zh} {place}" if row and row.title_zh else name


def _facts(notice: Notice, voice: Voice) -> Section:
    """Where, what, since when, and how many of the kind; at its shortest where and its number."""
    place: list[tuple[Content, Content]] = []
    if notice.cluster:
        place.append((_label("cluster", voice), (Span(named(notice.cluster), Mark.VERBATIM),)))
    primary = notice.report.primary if notice.report else None
    if primary:
        place.append((_label("resource", voice), said(primary)))
    elif notice.namespace:
        place.append((_label("namespace", voice), (Span(named(notice.namespace), Mark.VERBATIM),)))
    rows = list(place)
    if notice.since and notice.event not in (Event.STORM, Event.DIGEST):
        rows.append((_label("since", voice), _since(notice, notice.since, voice)))
    alike = [voice.say(ALIKE, count=notice.alike)] if notice.alike else []
    alike += [voice.say(UNDELIVERED, count=notice.undelivered)] if notice.undelivered else []
    if alike:
        rows.append((_label("alike", voice), (Span(" · ".join(alike)),)))
    number: list[tuple[Content, Content]] = []
    if notice.incident:
        number.append((_label("incident", voice), (Span(short(notice.incident, 40), Mark.VERBATIM),)))
    brief = [*place, *number]
    rows += number
    forms: list[tuple[Block, ...]] = [(KeyValues(tuple(rows)),)] if rows else [()]
    if len(rows) > len(brief) > 0:
        forms.append((KeyValues(tuple(brief)),))
    least = (KeyValues(tuple(number)),) if number else ()
    return Section(SectionName.FACTS, (), tuple(forms), pinned=True, least=least)


def _label(name: str, voice: Voice) -> Content:
    words = LABELS[name]
    if voice.headings is Language.BOTH:
        return (Span(f"{words.zh} {words.en}"),)
    return (Span(words.say(voice.language)),)


def _since(notice: Notice, since: datetime, voice: Voice) -> Content:
    report = notice.report
    until = state_time(report) if report and notice.event is Event.DIAGNOSED else notice.at
    duration = lasted(since, until, voice.language)
    over = notice.event in (Event.RESOLVED, Event.HEARD) or (
        report is not None and report.alert.status == "resolved"
    )
    words = LASTED_IN_ALL if over else LASTED
    behind = voice.say(words, duration=duration) if duration else ""
    return (Span(voice.moment(since) + behind),)


def _standing(notice: Notice, voice: Voice) -> list[Section]:
    """What follows from an event that has no report."""
    words = ""
    if notice.event is Event.FLAPPING and notice.count and notice.until:
        words = voice.say(FLAPS, count=notice.count, until=voice.moment(notice.until))
    elif notice.event is Event.SILENT:
        words = voice.say(CHECK_THE_CHAIN)
    return [Section(SectionName.CAUSE, (), ((Paragraph((Span(words),)),),), pinned=True)] if words else []


def _of_report(notice: Notice, voice: Voice) -> list[Section]:
    report = notice.report
    if report is None or notice.event in _WITHOUT_REPORT:
        return []
    if notice.event is Event.RESOLVED:
        was = [cause(report, voice, past=True)] if report.root_causes else []
        rest = [steps(report, voice), evidence(report, voice), changes(report, voice)]
        return [*was, *rest] if notice.untold else was
    return [
        cause(report, voice),
        impact(report, voice),
        steps(report, voice),
        evidence(report, voice),
        changes(report, voice),
    ]


def _lines(notice: Notice, voice: Voice) -> list[Section]:
    """What a storm, a digest or an inspection lists: all, ten, or three of the lines."""
    if notice.event is Event.FAILED:
        return [failure(notice, voice)]
    if not notice.lines:
        return []
    forms: list[tuple[Block, ...]] = []
    for most, limit in ((LINES_SHOWN, LINE_LIMIT), (10, LINE_LIMIT), (3, LINE_LIMIT), (1, SHORTEST_SENTENCE)):
        lines = (Span(short(line, limit), Mark.QUOTED) for line in notice.lines)
        items = [(Paragraph((line,)),) for line in lines]
        left_out = max(len(items), notice.count) - most
        if left_out > 0:
            items = [*items[:most], (Paragraph((voice.words(MORE_LINES, count=left_out),)),)]
        forms.append((Bullets(tuple(items)),))
    *forms, least = forms
    return [Section(SectionName.CAUSE, (), tuple(dict.fromkeys(forms)), pinned=True, least=least)]


def _links(notice: Notice, language: Language) -> tuple[Link, ...]:
    labels = LINKS if notice.report else {**LINKS, "report": DETAILS}
    found = ((name, address(getattr(notice.links, name))) for name in LINKS)
    return tuple(Link(name, labels[name].say(language), url) for name, url in found if url)


def _footer(notice: Notice, voice: Voice) -> Content:
    report = notice.report
    if report is None or notice.event in _WITHOUT_REPORT or notice.event is Event.RESOLVED:
        return ()
    facts: list[Content] = [(Span(_author(report, voice), tone=Tone.MUTED),)]
    at = state_time(report)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    facts.append((Span(voice.say(READ, at=voice.moment(at)), tone=Tone.MUTED),))
    made = (voice.words(REPORT_MADE), Span(clip(report.id, 60), Mark.VERBATIM))
    return voice.joined([*facts, made])


def _author(report: Report, voice: Voice) -> str:
    usage = report.usage
    if not usage.model or not usage.model_calls:
        return voice.say(MADE)
    if report.original_language is not None:
        beside = NAMES[report.original_language].say(voice.language)
        return voice.say(MADE_BESIDE, model=clip(one_line(usage.model), 60), language=beside)
    return voice.say(MADE_WITH, model=clip(one_line(usage.model), 60))
