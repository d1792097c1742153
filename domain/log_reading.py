"""Reading a whole log once: from its text to its digest. The time is linear in the text, and bounded.

Plain: without a library, records are grouped by their words without numbers. `adapters/logs` groups them
better.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kubetriage.domain.log_cutting import latest
from kubetriage.domain.log_digest import (
    EXAMPLE,
    MOST_SIGNS,
    MOST_TEMPLATES,
    ErrorRise,
    LogDigest,
    LogSign,
    LogTemplate,
)
from kubetriage.domain.log_forms import Form, Forms
from kubetriage.domain.log_levels import says_error
from kubetriage.domain.log_lines import lines_of
from kubetriage.domain.log_masks import shown_masked
from kubetriage.domain.log_signs import read_record, speaks_of_errors
from kubetriage.domain.log_tally import Tally
from kubetriage.domain.log_timeline import Timeline, rise_of
from kubetriage.domain.logs import last_words

MOST_LINES = 50_000
"""Lines that are read, the last ones."""
MOST_CHARACTERS = 16 * 1024 * 1024
_ENDING = 400
"""Lines at the end in which the last words stand."""
_WORDS = 500
"""Characters of a message by which it is grouped."""
_TEMPLATE = 200
_ERRORS = 30
"""Templates of errors that a digest holds at most; the rest are others."""
_SINGLE = 10
"""Templates of a single record that a digest holds where there are many."""
_UNLIKE_READ = 1000
"""Records at the end that are read for signs although they are unlike all others."""


class TemplateMiner(Protocol):
    """Puts messages that say the same into one group. Made anew for each log."""

    def group(self, words: str) -> int:
        """The group of a message: a number."""

    def template(self, group: int) -> str:
        """What the messages of a group have in common."""


class PlainMiner:
    """Messages with the same words are a group."""

    def __init__(self) -> None:
        self._groups: dict[str, int] = {}
        self._words: list[str] = []

    def group(self, words: str) -> int:
        """See `TemplateMiner`."""
        if words not in self._groups:
            self._groups[words] = len(self._words)
            self._words.append(words)
        return self._groups[words]

    def template(self, group: int) -> str:
        """See `TemplateMiner`."""
        return self._words[group]


class PlainLogReader:
    """A `ports.LogReader` without a library."""

    def digest(self, text: str, *, now: datetime | None = None) -> LogDigest:
        """See `ports.LogReader`."""
        return digest_of(text, PlainMiner(), now)


def digest_of(text: str, miner: TemplateMiner, now: datetime | None = None) -> LogDigest:
    """The digest of a log. `now` gives the year to times that carry none."""
    text, cut = latest(text, MOST_LINES, MOST_CHARACTERS)
    lines = lines_of(text)
    forms = Forms(lines, now)
    errors = forms.errors()
    timeline = Timeline(forms)
    templates, groups = templates_of(forms, miner)
    held = _held(templates)
    ending = last_words("\n".join(lines.lines[-_ENDING:]))
    return LogDigest(
        lines=len(lines.lines) - (lines.lines[-1] == ""),
        records=len(forms.starts),
        errors=len(errors),
        cut=cut,
        first_at=timeline.first,
        last_at=timeline.last,
        templates=tuple(held),
        more_templates=len(templates) - len(held),
        more_records=sum(t.count for t in templates) - sum(t.count for t in held),
        unlike=sum(form.count for form in forms.forms if form.record is None),
        signs=tuple(signs_in(forms)),
        rise=_rise(forms, timeline, errors, groups),
        orders=next((forms.place(f.last) for f in forms.forms if f.orders), None),
        last_words=ending.record.raw[:EXAMPLE] if ending else "",
        ends_in_error=ending.decisive if ending else False,
    )


# ---- templates


def templates_of(forms: Forms, miner: TemplateMiner) -> tuple[list[LogTemplate], dict[int, int]]:
    """The templates in the order of their first records, and by form the group that it belongs to."""
    groups: dict[int, list[Form]] = {}
    of_form: dict[int, int] = {}
    for number, form in enumerate(forms.forms):
        if form.record is not None:
            words = shown_masked(" ".join(form.record.said[:_WORDS].split()))
            group = miner.group(f"{form.level.name}{'!' if form.error else ''} {words}")
            groups.setdefault(group, []).append(form)
            of_form[number] = group
    return [_template(forms, miner.template(group), own) for group, own in groups.items()], of_form


def _template(forms: Forms, words: str, own: Sequence[Form]) -> LogTemplate:
    """A group as a template; the miner saw the level before the words."""
    first = min(own, key=lambda form: form.first)
    level = first.level.name.lower()
    assert first.record is not None
    return LogTemplate(
        template=words.partition(" ")[2][:_TEMPLATE],
        level="" if level == "none" else level,
        error=any(form.error and not form.orders for form in own),
        count=sum(form.count for form in own),
        first=forms.place(first.first),
        last=forms.place(max(form.last for form in own)),
        example=first.record.raw[:EXAMPLE],
    )


def _held(templates: Sequence[LogTemplate]) -> list[LogTemplate]:
    """Those of errors first, each kind by how often it was said."""
    often = sorted(templates, key=lambda t: (-t.count, t.first.line))
    single = [t for t in often if t.count == 1]
    dropped = {t.first.line for t in single[_SINGLE:]} if len(often) > MOST_TEMPLATES else set()
    often = [t for t in often if t.first.line not in dropped]
    wrong = [t for t in often if t.error][:_ERRORS]
    return [*wrong, *(t for t in often if not t.error)][:MOST_TEMPLATES]


# ---- signs


def signs_in(forms: Forms) -> list[LogSign]:
    tally = Tally(read_record, forms.record, forms.words)
    worth = [
        form.record is not None and not form.orders and speaks_of_errors(form.record) for form in forms.forms
    ]
    alone = {number for number, form in enumerate(forms.forms) if form.record is None}
    near = range(max(len(forms.form_of) - _UNLIKE_READ, 0), len(forms.form_of))
    read_anyway = {p for p in near if forms.form_of[p] in alone and says_error(forms.words(p))}
    for place in range(len(forms.form_of) - 1, -1, -1):
        number = forms.form_of[place]
        if worth[number] or place in read_anyway:
            form = -1 - place if place in read_anyway else number
            tally.add(form, place)
    counted = tally.counted()
    return [
        LogSign(
            sign=one.seen.sign,
            values=dict(one.seen.values),
            quote=one.seen.quote,
            times=one.times,
            first=forms.place(one.first),
            last=forms.place(one.last),
        )
        for one in counted[:MOST_SIGNS]
    ]


# ---- the rise of errors


def _rise(
    forms: Forms, timeline: Timeline, errors: Sequence[int], groups: dict[int, int]
) -> ErrorRise | None:
    found = rise_of(timeline, errors, len(forms.starts))
    if found is None:
        return None
    burst, first, last = found.burst, errors[found.burst.first], errors[found.burst.last]
    before = {groups.get(forms.form_of[place]) for place in errors[: burst.first]}
    fresh = (
        place
        for place in errors[burst.first : burst.last + 1]
        if groups.get(forms.form_of[place]) not in before
    )
    telling = forms.record(next(fresh, first))
    return ErrorRise(
        first=forms.place(first),
        last=forms.place(last),
        example=telling.raw[:EXAMPLE],
        says=telling.said[:EXAMPLE],
        errors=burst.last - burst.first + 1,
        seconds=found.seconds,
        records=found.records,
        before_errors=burst.first,
        before_seconds=found.before_seconds,
        before_records=found.before_records,
        lasting=burst.lasting,
    )
