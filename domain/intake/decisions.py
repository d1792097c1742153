"""What the decisions are made from, and what they are: values that a store reads and writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from kubetriage.domain.alert import Alert
from kubetriage.domain.intake.reading import EventKind, Silence, Storm
from kubetriage.domain.intake.values import Incident


class KnownEpisode(NamedTuple):
    """An episode that is stored already."""

    fingerprint: str
    starts_at: datetime
    firing: bool
    assumed: bool
    incident: str | None
    cluster: str = ""
    seen_at: datetime | None = None
    """When it last arrived; only asked of what arrives again."""


class Known(NamedTuple):
    """What is stored about whatever arrives."""

    episodes: Sequence[KnownEpisode] = ()
    """Of the fingerprints that arrived: all that fire, that began within the flap window, or at a start that

    arrived, and the latest."""
    members: Collection[tuple[str, str]] = ()
    """Fingerprints that arrived, each with every incident that an episode of it belongs to."""
    incidents: Sequence[Incident] = ()
    """Those of the episodes; those of the keys that arrived and of what could explain them, open or the last

    closed; where a node or a control plane arrived, all open ones of its cluster."""
    opened: Mapping[str, int] = {}
    """By cluster: incidents opened within the storm window that nothing explains."""
    storms: Sequence[Storm] = ()
    """Those that go on."""
    silences: Sequence[Silence] = ()
    seed: int = 0
    """For the ids of new incidents: any number below 2^28, different every time."""


class NewEpisode(NamedTuple):
    """A row to insert."""

    alert: Alert
    starts_at: datetime
    cluster: str
    firing: bool
    assumed: bool
    ends_at: datetime | None
    incident: str | None
    repeats: int


class CountedEpisode(NamedTuple):
    """A row to update."""

    fingerprint: str
    starts_at: datetime
    arrivals: int
    """0: it did not arrive, but its state changed."""
    firing: bool
    assumed: bool
    ends_at: datetime | None
    """None: as it was."""
    moved_to: str | None
    """The incident that it belongs to from now on. None: the same."""


class Happened(NamedTuple):
    """A line for a timeline."""

    kind: EventKind
    incident: str | None
    cluster: str
    notice: bool
    data: Mapping[str, Any]


class Fate(NamedTuple):
    """What became of one alert that arrived."""

    new: bool
    incident: str | None


class Decisions(NamedTuple):
    """Everything that is to be written, in one transaction."""

    new: Sequence[NewEpisode] = ()
    counted: Sequence[CountedEpisode] = ()
    incidents: Sequence[Incident] = ()
    """To insert, or to write over what is there, by id."""
    events: Sequence[Happened] = ()
    storms: Sequence[Storm] = ()
    silences: Sequence[Silence] = ()
    fates: Sequence[Fate] = ()
    """One for each alert, in the order of arrival."""
