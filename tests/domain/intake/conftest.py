"""A world in memory: decisions are applied to it, and the next ones are made from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, AlertStatus, Severity
from kubetriage.domain.fingerprint import fingerprint
from kubetriage.domain.intake import diagnosing, sweeping
from kubetriage.domain.intake.deciding import decide
from kubetriage.domain.intake.decisions import Decisions, Happened, Known, KnownEpisode
from kubetriage.domain.intake.reading import Silence, Storm
from kubetriage.domain.intake.values import Incident, IntakeSettings
from kubetriage.domain.report import Report

START = datetime(2025, 3, 4, 10, tzinfo=UTC)


class World:
    """Holds everything that was decided. Times are minutes after its start."""

    def __init__(self, settings: IntakeSettings) -> None:
        self.settings = settings
        self.minute = 0.0
        self.incidents: dict[str, Incident] = {}
        self.episodes: dict[tuple[str, datetime], KnownEpisode] = {}
        self.seen: dict[tuple[str, datetime], datetime] = {}
        self.arrivals: dict[tuple[str, datetime], int] = {}
        self.storms: dict[int, Storm] = {}
        self.silences: dict[str, Silence] = {}
        self.events: list[Happened] = []
        self.seed = 0
        self.listening_since = START

    @property
    def now(self) -> datetime:
        return self.at(self.minute)

    def at(self, minute: float) -> datetime:
        return START + timedelta(minutes=minute)

    def known(self) -> Known:
        since = self.now - timedelta(minutes=self.settings.storm_window_minutes)
        opened: dict[str, int] = {}
        for incident in self.incidents.values():
            if incident.opened_at >= since and incident.absorbed_by is None:
                opened[incident.cluster] = opened.get(incident.cluster, 0) + 1
        self.seed += 10_000
        return Known(
            episodes=tuple(each._replace(seen_at=self.seen[key]) for key, each in self.episodes.items()),
            incidents=tuple(self.incidents.values()),
            opened=opened,
            storms=tuple(storm for storm in self.storms.values() if storm.ended_at is None),
            silences=tuple(self.silences.values()),
            seed=self.seed,
        )

    def post(self, minute: float, *alerts: Alert) -> Decisions:
        """These alerts arrive in one request."""
        self.minute = minute
        return self.apply(decide(self.known(), alerts, self.now, self.settings))

    def apply(self, decisions: Decisions) -> Decisions:
        for new in decisions.new:
            key = (new.alert.fingerprint, new.starts_at)
            assert key not in self.episodes
            self.episodes[key] = KnownEpisode(*key, new.firing, new.assumed, new.incident, new.cluster)
            self.arrivals[key], self.seen[key] = new.repeats + 1, self.now
        for counted in decisions.counted:
            key = (counted.fingerprint, counted.starts_at)
            old = self.episodes[key]
            self.episodes[key] = old._replace(
                firing=counted.firing,
                assumed=counted.assumed,
                incident=counted.moved_to or old.incident,
            )
            self.arrivals[key] += counted.arrivals
            if counted.arrivals:
                self.seen[key] = self.now
        self.incidents |= {incident.id: incident for incident in decisions.incidents}
        self.storms |= {storm.id: storm for storm in decisions.storms}
        self.silences |= {silence.cluster: silence for silence in decisions.silences}
        self.events += decisions.events
        firing: dict[str, int] = {}
        for episode in self.episodes.values():
            if episode.firing and episode.incident:
                firing[episode.incident] = firing.get(episode.incident, 0) + 1
        assert {i.id: i.counts.firing for i in self.incidents.values() if i.counts.firing} == firing
        open_keys = [i.key for i in self.incidents.values() if i.open]
        assert len(open_keys) == len(set(open_keys)), "two open incidents of one workload"
        return decisions

    def sweep(self, minute: float) -> list[str]:
        """Time passes; the kinds of what happened."""
        self.minute = minute
        stale = self.now - timedelta(hours=self.settings.stale_after_hours)
        old = [e for key, e in self.episodes.items() if e.firing and self.seen[key] <= stale]
        members = {id: [i for i in self.incidents.values() if i.storm == id] for id in self.storms}
        counts = {
            id: sweeping.StormCount(len(of), sum(one.report_run is not None for one in of))
            for id, of in members.items()
        }
        known = self.known()._replace(episodes=old)
        return self.kinds(
            self.apply(sweeping.sweep(known, counts, self.now, self.settings, self.listening_since))
        )

    def assume_over(self, minute: float) -> Decisions:
        """Somebody looked at its only incident, and found it healthy."""
        self.minute = minute
        firing = [episode for episode in self.episodes.values() if episode.firing]
        known = self.known()._replace(episodes=firing)
        return self.apply(sweeping.assume_over(known, self.only.id, self.now, self.settings))

    def diagnose(self, minute: float, id: str, report: Report) -> Decisions:
        """A worker takes it, runs and ends, all in this minute."""
        attempt = self.begin(minute, id)
        return self.finish(minute, id, attempt, report)

    def begin(self, minute: float, id: str) -> int:
        self.minute = minute
        attempt = self.incidents[id].diagnosis_attempts + 1
        claimed = self.apply(diagnosing.claim(self.known(), id, attempt, self.now, self.settings))
        assert claimed.incidents, "it was not due"
        run = f"{id}-{attempt}"
        self.apply(diagnosing.start(self.known(), id, attempt, run, self.now, self.settings))
        return attempt

    def finish(self, minute: float, id: str, attempt: int, report: Report) -> Decisions:
        self.minute = minute
        run = f"{id}-{attempt}"
        known = self.known()
        return self.apply(diagnosing.finish(known, id, attempt, run, report, self.now, self.settings))

    def acknowledge(self, minute: float, id: str, who: str) -> None:
        self.minute = minute
        self.apply(diagnosing.acknowledge(self.known(), id, who, self.now, self.settings))

    def due(self) -> list[str]:
        """Ids of incidents whose diagnosis may start now."""
        return [i.id for i in self.incidents.values() if i.open and i.due_at and i.due_at <= self.now]

    @property
    def only(self) -> Incident:
        [incident] = self.incidents.values()
        return incident

    @staticmethod
    def kinds(decisions: Decisions) -> list[str]:
        return [event.kind.value for event in decisions.events]

    @property
    def notices(self) -> list[str]:
        return [event.kind.value for event in self.events if event.notice]


@pytest.fixture
def make_world() -> Callable[..., World]:
    return lambda **settings: World(IntakeSettings(**settings))


@pytest.fixture
def world() -> World:
    return World(IntakeSettings())


@pytest.fixture
def fire() -> Callable[..., Alert]:
    """`fire("KubePodCrashLooping pod=web-0 namespace=shop", since=minute)`; `resolved=True` ends it."""

    def make(
        text: str,
        since: float | None = 0,
        *,
        resolved: bool = False,
        severity: Severity = Severity.WARNING,
        annotations: dict[str, str] | None = None,
    ) -> Alert:
        name, *pairs = text.split()
        labels = {"alertname": name} | dict(pair.split("=", 1) for pair in pairs)
        return Alert(
            name=name,
            labels=labels,
            annotations=annotations or {},
            severity=severity,
            status=AlertStatus.RESOLVED if resolved else AlertStatus.FIRING,
            starts_at=None if since is None else START + timedelta(minutes=since),
            fingerprint=fingerprint(labels),
        )

    return make


@pytest.fixture
def report() -> Callable[..., Report]:
    """`report()` says nothing; `report(culprit=(kind, namespace, name), abnormal=[…])` says it surely."""

    def make(
        outcome: str = "diagnosed",
        culprit: tuple[str, str, str] | None = None,
        abnormal: Sequence[tuple[str, str, str]] = (),
    ) -> Report:
        def place(of: tuple[str, str, str]) -> dict[str, Any]:
            return dict(zip(("kind", "namespace", "name"), of, strict=True))

        cause = {
            "rank": 1,
            "category": "c",
            "culprit": culprit and place(culprit),
            "statement": "It is so.",
            "likelihood": "high",
            "confirmed": True,
        }
        alert = {"name": "A", "status": "firing", "severity": "warning", "labels": {}, "annotations": {}}
        return Report.model_validate(
            {
                "id": "r",
                "language": "en",
                "created_at": START,
                "alert": alert | {"starts_at": None, "fingerprint": "0" * 16},
                "outcome": outcome,
                "summary": "It is so.",
                "first_reading": "",
                "primary": None,
                "impact": {"statement": ""},
                "checked": [{"resource": place(of), "why": "w", "state": "abnormal"} for of in abnormal],
                "root_causes": [cause] if culprit else [],
            }
        )

    return make
