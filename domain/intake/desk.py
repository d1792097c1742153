"""The state that decisions are made on: what was known, changed by what was decided so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kubetriage.domain.alert import Alert, Severity
from kubetriage.domain.intake.decisions import (
    CountedEpisode,
    Decisions,
    Fate,
    Happened,
    Known,
    NewEpisode,
)
from kubetriage.domain.intake.incident_ids import incident_id
from kubetriage.domain.intake.reading import EventKind, Silence, Storm
from kubetriage.domain.intake.values import Counts, Incident, IntakeSettings

SEVERITIES = (Severity.CRITICAL, Severity.WARNING, Severity.INFO, Severity.NONE)
"""The worst first."""


@dataclass(slots=True)
class Episode:
    """One episode while decisions are made."""

    fingerprint: str
    starts_at: datetime
    firing: bool
    assumed: bool = False
    ends_at: datetime | None = None
    incident: str | None = None
    cluster: str = ""
    alert: Alert | None = None
    """The alert of an episode that is not stored yet."""
    arrivals: int = 0
    changed: bool = False
    moved: bool = False
    """It belongs to another incident than before."""
    seen_at: datetime | None = None
    """When it last arrived, before now."""


@dataclass(slots=True)
class AlertEpisodes:
    """The episodes of one alert."""

    by_start: dict[datetime, Episode] = field(default_factory=dict)
    current: Episode | None = None
    """The one that fires."""
    incidents: set[str] = field(default_factory=set)
    """Those that an episode of it belongs to."""

    def add(self, episode: Episode) -> None:
        self.by_start[episode.starts_at] = episode
        if episode.incident:
            self.incidents.add(episode.incident)
        if episode.firing and (self.current is None or self.current.starts_at < episode.starts_at):
            self.current = episode

    def end(self, episode: Episode, ends_at: datetime, *, assumed: bool) -> None:
        episode.firing, episode.assumed, episode.changed, episode.ends_at = False, assumed, True, ends_at
        if self.current is episode:
            self.current = None


@dataclass(slots=True)
class _Tally:
    """What is to be added to an incident's counts."""

    alerts: int = 0
    firing: int = 0
    episodes: int = 0
    repeats: int = 0


@dataclass(slots=True)
class _Joined:
    """Alerts that came to one incident together: one line in its timeline."""

    alerts: int = 0
    names: dict[str, None] = field(default_factory=dict)


class Desk:
    """Known state, and the decisions so far. Everything is looked up by dictionaries: time is linear."""

    def __init__(self, known: Known, now: datetime, settings: IntakeSettings) -> None:
        self.now = now
        self.settings = settings
        self._seed = known.seed
        self._incidents = {incident.id: incident for incident in known.incidents}
        self._by_key: dict[str, str] = {}
        for incident in sorted(known.incidents, key=lambda incident: (incident.open, incident.id)):
            self._by_key[incident.key] = incident.id
        self._changed: dict[str, None] = {}
        self._tallies: dict[str, _Tally] = {}
        self._joined: dict[str, _Joined] = {}
        self._events: list[Happened] = []
        self.new: list[str] = []
        """Incidents opened now."""
        self.opened = dict(known.opened)
        self.storms = {storm.cluster: storm for storm in known.storms}
        self._storms_changed: dict[int, Storm] = {}
        self._silences = {silence.cluster: silence for silence in known.silences}
        self._heard: dict[str, Silence] = {}
        self._episodes: dict[str, AlertEpisodes] = {}
        for one in known.episodes:
            episode = Episode(one.fingerprint, one.starts_at, one.firing, one.assumed, None, one.incident)
            episode.cluster, episode.seen_at = one.cluster, one.seen_at
            self.episodes(one.fingerprint).add(episode)
        for fingerprint, id in known.members:
            self.episodes(fingerprint).incidents.add(id)

    # episodes

    def episodes(self, fingerprint: str) -> AlertEpisodes:
        return self._episodes.setdefault(fingerprint, AlertEpisodes())

    # incidents

    def incident(self, id: str) -> Incident:
        """As of now, its counts included."""
        tally = self._tallies.pop(id, None)
        incident = self._incidents[id]
        if tally:
            counts = incident.counts
            counts = Counts(
                alerts=counts.alerts + tally.alerts,
                firing=max(counts.firing + tally.firing, 0),
                episodes=counts.episodes + tally.episodes,
                repeats=counts.repeats + tally.repeats,
            )
            incident = self._incidents[id] = incident.model_copy(update={"counts": counts})
        return incident

    def known(self, id: str | None) -> bool:
        return id in self._incidents

    def incidents(self) -> Iterator[Incident]:
        for id in tuple(self._incidents):
            yield self.incident(id)

    def open_ones(self, cluster: str) -> list[Incident]:
        """Of those known, the open ones of one cluster, in order of their names."""
        ids = sorted(id for id, one in self._incidents.items() if one.open and one.cluster == cluster)
        return [self.incident(id) for id in ids]

    def of_key(self, key: str) -> Incident | None:
        """The open incident of this key, else the last closed one that is known."""
        id = self._by_key.get(key)
        return self.incident(id) if id else None

    def change(self, id: str, **changes: Any) -> Incident:
        incident = self.incident(id).model_copy(update={**changes, "updated_at": self.now})
        self._incidents[id] = incident
        self._changed[id] = None
        if incident.open:  # of those that were of this key, there is one at most
            self._by_key[incident.key] = id
        return incident

    def see(self, id: str) -> None:
        """An alert of it arrived."""
        if self._incidents[id].last_seen_at < self.now:
            self.change(id, last_seen_at=self.now)

    def count(
        self, id: str, *, alerts: int = 0, firing: int = 0, episodes: int = 0, repeats: int = 0
    ) -> None:
        tally = self._tallies.setdefault(id, _Tally())
        tally.alerts += alerts
        tally.firing += firing
        tally.episodes += episodes
        tally.repeats += repeats
        self._changed[id] = None

    def new_id(self) -> str:
        self._seed += 1
        return incident_id(self.now, self._seed)

    def put(self, incident: Incident) -> Incident:
        self._incidents[incident.id] = incident
        self._by_key[incident.key] = incident.id
        self._changed[incident.id] = None
        self.new.append(incident.id)
        return incident

    # events

    def tell(self, kind: EventKind, incident: Incident, *, notice: bool = False, **data: Any) -> None:
        self._events.append(Happened(kind, incident.id, incident.cluster, notice, data))

    def tell_of_cluster(self, kind: EventKind, cluster: str, **data: Any) -> None:
        self._events.append(Happened(kind, None, cluster, True, data))

    def joined(self, id: str, name: str) -> None:
        joined = self._joined.setdefault(id, _Joined())
        joined.alerts += 1
        joined.names[name] = None

    # storms and silences

    def keep_storm(self, storm: Storm) -> None:
        if storm.ended_at is None:
            self.storms[storm.cluster] = storm
        else:
            self.storms.pop(storm.cluster, None)
        self._storms_changed[storm.id] = storm

    def silence(self, cluster: str) -> Silence | None:
        return self._silences.get(cluster)

    def silences(self) -> tuple[Silence, ...]:
        return tuple(self._silences.values())

    def keep_silence(self, silence: Silence) -> None:
        self._silences[silence.cluster] = self._heard[silence.cluster] = silence

    # the end

    def decisions(self, fates: Sequence[Fate] = ()) -> Decisions:
        """All that was decided, ready to be written."""
        touched = [episode for of in self._episodes.values() for episode in of.by_start.values()]
        for id, joined in self._joined.items():
            incident = self._incidents[id]
            data = {"alerts": joined.alerts, "names": list(joined.names)[:20]}
            self._events.append(Happened(EventKind.JOINED, id, incident.cluster, False, data))
        return Decisions(
            new=[_row(episode) for episode in touched if episode.alert],
            counted=[
                _counted(episode)
                for episode in touched
                if not episode.alert and (episode.arrivals or episode.changed)
            ],
            incidents=[self.incident(id) for id in self._changed],
            events=self._events,
            storms=tuple(self._storms_changed.values()),
            silences=tuple(self._heard.values()),
            fates=fates,
        )

    def ago(self, **span: float) -> datetime:
        return self.now - timedelta(**span)

    def later(self, **span: float) -> datetime:
        return self.now + timedelta(**span)


def worst(*severities: Severity) -> Severity:
    return min(severities, key=SEVERITIES.index)


def _row(episode: Episode) -> NewEpisode:
    assert episode.alert
    return NewEpisode(
        alert=episode.alert,
        starts_at=episode.starts_at,
        cluster=episode.cluster,
        firing=episode.firing,
        assumed=episode.assumed,
        ends_at=episode.ends_at,
        incident=episode.incident,
        repeats=episode.arrivals - 1,
    )


def _counted(episode: Episode) -> CountedEpisode:
    return CountedEpisode(
        episode.fingerprint,
        episode.starts_at,
        episode.arrivals,
        episode.firing,
        episode.assumed,
        episode.ends_at,
        episode.incident if episode.moved else None,
    )
