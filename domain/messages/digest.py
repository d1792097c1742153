"""Several notices told as one, where a channel takes no more messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kubetriage.domain.language import Language
from kubetriage.domain.messages.notice import Event, Links, Notice
from kubetriage.domain.messages.words import ASSUMED_OVER, STATES, STORM_OVER, STORM_SUMMED_UP, TITLES
from kubetriage.domain.rendering.visible import clip, one_line
from kubetriage.domain.rendering.words import SEVERITIES

_ORDER = ("critical", "warning", "info")
_NEW = frozenset({Event.DIAGNOSED, Event.FAILED, Event.STORM})
"""Of these the digest has its severity, and so whom it mentions: what is over pages nobody."""
_LONGEST = 170


def digest_of(
    notices: Sequence[Notice], at: datetime, overview_url: str = "", *, language: Language = Language.EN
) -> Notice:
    """One notice that lists the others, the severe ones first, in the language of who is told."""
    ordered = sorted(notices, key=_rank)
    return Notice(
        event=Event.DIGEST,
        at=at,
        severity=next((each.severity for each in ordered if each.event in _NEW and not each.over), "info"),
        cluster=_common([each.cluster for each in notices]),
        namespace=_common([each.namespace for each in notices]),
        count=len(notices),
        lines=tuple(_line(each, language) for each in ordered),
        links=Links(report=overview_url),
    )


def _rank(notice: Notice) -> tuple[int, datetime]:
    severity = notice.severity.lower()
    over = notice.event is Event.RESOLVED or notice.over
    rank = _ORDER.index(severity) if severity in _ORDER else len(_ORDER)
    return (rank + len(_ORDER) + 1 if over else rank, notice.at)


def _line(notice: Notice, language: Language) -> str:
    """`INC-… critical KubePodCrashLooping shop: what is wrong`."""
    said = notice.report.summary if notice.report else ""
    severity = SEVERITIES.get(notice.severity.lower())
    state = severity[0].say(language) if severity else notice.severity
    if notice.event in STATES:
        ended = STORM_OVER if notice.over else ASSUMED_OVER if notice.assumed else STATES[notice.event]
        state = ended[0].say(language)
    place = notice.namespace if notice.incident else notice.cluster
    place = "" if f" {place}/" in f" {notice.title}" else place
    words = " ".join(each for each in (notice.incident, state, _title(notice, language), place) if each)
    return clip(one_line(f"{words}: {said}" if said else words), _LONGEST)


def _title(notice: Notice, language: Language) -> str:
    """The alert's name; of a storm how many incidents it has."""
    if notice.title or notice.event is not Event.STORM:
        return notice.title
    words = STORM_SUMMED_UP if notice.over else TITLES[Event.STORM]
    return words.say(language).format(count=notice.count, diagnosed=notice.diagnosed)


def _common(values: Sequence[str]) -> str:
    return values[0] if values and len(set(values)) == 1 else ""
