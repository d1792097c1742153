"""Which channels are told what, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from fnmatch import fnmatchcase
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kubetriage.domain.alert import Severity
from kubetriage.domain.messages.hours import hours, zone_name
from kubetriage.domain.messages.notice import Event, Notice

USUAL_EVENTS = tuple(each for each in Event if each is not Event.STILL_FIRING)
"""What is told where nothing is said about events: not that something still goes on."""


def _hours(words: str) -> str:
    hours(words)
    return words


HoursWords = Annotated[str, AfterValidator(_hours)]


SPANS_JOINED = 14
"""Quiet spans that may follow each other without a gap: two a day for a week."""


def _severity(word: str) -> str:
    known = [each.value for each in Severity]
    if word.lower() not in known:
        raise ValueError(f"{word!r} is none of {', '.join(known)}")
    return word.lower()


SeverityWord = Annotated[str, AfterValidator(_severity)]


class Times(BaseModel):
    """Hours of the week in a time zone."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    hours: tuple[HoursWords, ...] = ()
    """`22:00-08:00`, `mon-fri 09:00-18:00`; several are joined."""
    timezone: Annotated[str, AfterValidator(zone_name)] = "UTC"

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.timezone) if self.timezone else UTC

    def end_of(self, at: datetime) -> datetime | None:
        """When the latest of the spans that hold this time ends; None if none does."""
        ends = [end for each in self.hours if (end := hours(each).end_of(at, self.zone))]
        return max(ends, default=None)


class Route(Times):
    """Notices of some kind go to some channels. Names are patterns, as the shell has them: `prod-*`."""

    channels: tuple[str, ...] = Field(min_length=1)
    events: tuple[Event, ...] = USUAL_EVENTS
    severities: tuple[SeverityWord, ...] = ()
    clusters: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    """Label → pattern; all of them must fit."""
    go_on: bool = Field(default=False, alias="continue")
    """Look at the following routes too; the first one that fits is the only one otherwise."""

    def fits(self, notice: Notice, now: datetime) -> bool:
        return (
            notice.event in self.events
            and _any(notice.severity.lower(), [each.lower() for each in self.severities])
            and _any(notice.cluster, self.clusters)
            and _any(notice.namespace, self.namespaces)
            and all(fnmatchcase(notice.labels.get(name, ""), each) for name, each in self.labels.items())
            and (not self.hours or self.end_of(now) is not None)
        )


class QuietHours(Times):
    """When only what is severe is told at once; the rest waits until they end."""

    hours: tuple[HoursWords, ...] = Field(min_length=1)
    channels: tuple[str, ...] = ()
    """Those that are quiet then; all if empty."""
    severities: tuple[SeverityWord, ...] = ("critical",)
    """What is told all the same."""

    def until(self, notice: Notice, channel: str, now: datetime) -> datetime | None:
        """When this notice may be told there; None for now."""
        if self.channels and channel not in self.channels:
            return None
        return None if notice.severity.lower() in self.severities else self.end_of(now)


class Chosen(NamedTuple):
    channel: str
    due_at: datetime


def choose(
    notice: Notice,
    now: datetime,
    *,
    routes: Sequence[Route],
    channels: Iterable[str],
    quiet: Sequence[QuietHours] = (),
) -> tuple[Chosen, ...]:
    """The channels that are told, each once, and when. Without routes every channel gets the usual events."""
    names: list[str] = []
    if not routes and notice.event in USUAL_EVENTS:
        names += channels
    for route in routes:
        if route.fits(notice, now):
            names += route.channels
            if not route.go_on:
                break
    return tuple(Chosen(name, _due(notice, name, now, quiet)) for name in dict.fromkeys(names))


def message_key(notice: Notice, channel: str) -> str:
    """The same for the same event of the same incident on the same channel, however often it is told."""
    run = notice.report.id if notice.report else ""
    once = notice.event is Event.DIAGNOSED and run
    moment = "" if once else notice.at.isoformat()
    parts = (notice.incident, notice.event.value, run, moment, notice.title, channel)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]


def _due(notice: Notice, channel: str, now: datetime, quiet: Sequence[QuietHours]) -> datetime:
    """Spans that follow each other without a gap are one."""
    due = now
    for _ in range(SPANS_JOINED):
        ends = [end for each in quiet if (end := each.until(notice, channel, due))]
        later = max(ends, default=due)
        if later <= due:
            break
        due = later
    return due


def _any(value: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(value, each) for each in patterns)
