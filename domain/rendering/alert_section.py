"""The first section of a report: which alert, how bad, since when, where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kubetriage.domain.language import Language, Text
from kubetriage.domain.rendering.document import Block, Content, KeyValues, Mark, Span, Tone
from kubetriage.domain.rendering.moments import lasted
from kubetriage.domain.rendering.visible import NAME_LIMIT, SENTENCE_LIMIT, clip
from kubetriage.domain.rendering.voice import Voice
from kubetriage.domain.rendering.words import MORE_ITEMS, NO_ALERT, SEVERITIES, STATUSES
from kubetriage.domain.report import Report

LABELS_SHOWN = 12

_FIRST = ("namespace", "pod", "container", "node", "deployment", "statefulset", "daemonset", "job_name")
"""Labels that place the subject, in the order they are read."""

_SAID_ELSEWHERE = frozenset({"alertname", "severity", "cluster"})
_OF_THE_MONITORING = frozenset(
    {"prometheus", "prometheus_replica", "replica", "receive", "tenant_id", "endpoint", "metrics_path", "uid"}
)
"""Labels that say how the metric was collected, and nothing about what is broken."""

_SUMMARIES = ("summary", "message", "title")
_DESCRIPTIONS = ("description",)
_RUNBOOKS = ("runbook_url", "runbook")


def overview(report: Report, voice: Voice) -> tuple[Block, ...]:
    alert = report.alert
    rows: list[tuple[Content, Content]] = [
        (voice.label("status"), (_known(alert.status, STATUSES, voice),)),
        (voice.label("severity"), (_known(alert.severity, SEVERITIES, voice),)),
    ]
    if alert.asked_for:
        rows = [(voice.label("status"), (voice.badge(NO_ALERT),))]
    read_at = state_time(report)
    if alert.starts_at:
        rows.append((voice.label("started"), (Span(voice.moment(alert.starts_at)),)))
        duration = lasted(alert.starts_at, read_at, voice.language)
        if duration and alert.status == "firing":
            rows.append((voice.label("duration"), (Span(duration),)))
    if report.evidence:
        rows.append((voice.label("read_at"), (Span(voice.moment(read_at)),)))
    for name, content in (("cluster", _cluster(report)), ("labels", _labels(report, voice))):
        if content:
            rows.append((voice.label(name), content))
    for name, keys in (("summary", _SUMMARIES), ("description", _DESCRIPTIONS)):
        said = _annotation(report, keys, voice.language)
        if said:
            rows.append((voice.label(name), (Span(clip(said, SENTENCE_LIMIT), Mark.QUOTED),)))
    runbook = _annotation(report, _RUNBOOKS, voice.language)
    if runbook:
        rows.append((voice.label("runbook"), (Span(clip(runbook, SENTENCE_LIMIT), Mark.LINK),)))
    return (KeyValues(tuple(rows)),)


def state_time(report: Report) -> datetime:
    """The time the report speaks of: that of the last read (a snapshot's own time), else when it was made."""
    return max((each.at for each in report.evidence), default=report.created_at)


def severity_tone(report: Report) -> Tone:
    known = SEVERITIES.get(report.alert.severity) if not report.alert.asked_for else None
    return known[1] if known else Tone.NEUTRAL


def _known(value: str, table: Mapping[str, tuple[Text, Tone]], voice: Voice) -> Span:
    known = table.get(value.lower())
    return voice.badge(known) if known else Span(clip(value, NAME_LIMIT), Mark.QUOTED)


def _cluster(report: Report) -> Content:
    places = [report.primary, *(each.resource for each in report.checked)]
    named = next((place.cluster for place in places if place and place.cluster), None)
    name = named or report.alert.labels.get("cluster", "")
    return (Span(clip(name, NAME_LIMIT), Mark.VERBATIM),) if name else ()


def _labels(report: Report, voice: Voice) -> Content:
    left_out = _SAID_ELSEWHERE | _OF_THE_MONITORING
    labels = report.alert.labels
    names = [name for name in labels if name not in left_out and not name.startswith("__")]
    names.sort(key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    spans: list[Span] = []
    for name in names[:LABELS_SHOWN]:
        spans += [Span(" ")] if spans else []
        spans.append(Span(f"{clip(name, NAME_LIMIT)}={clip(labels[name], NAME_LIMIT)}", Mark.VERBATIM))
    if len(names) > LABELS_SHOWN:
        more = voice.say(MORE_ITEMS, count=len(names) - LABELS_SHOWN)
        spans += [Span(" "), Span(more, tone=Tone.MUTED)]
    return tuple(spans)


def _annotation(report: Report, names: tuple[str, ...], language: Language) -> str:
    """The first of the annotations that is there; one in the report's language (`summary_zh`) wins."""
    annotations = report.alert.annotations
    for name in names:
        said = annotations.get(f"{name}_{language.value}") or annotations.get(name)
        if said and said.strip():
            return said
    return ""
