"""Whatever arrives, in whatever order, with time between: nothing that fires is forgotten, nothing stays for ever."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, Severity
from kubetriage.domain.intake.values import Incident, IncidentState
from kubetriage.domain.report import Report

Fire = Callable[..., Alert]
MakeReport = Callable[..., Report]
World = Any

SUBJECTS = (
    "KubePodCrashLooping namespace=shop pod=web-6d9c7f8b5d-x2x7q",
    "KubePodNotReady namespace=shop pod=web-6d9c7f8b5d-x2x7q node=worker-1",
    "KubePodCrashLooping namespace=shop pod=db-0 node=worker-1",
    "KubePersistentVolumeFillingUp namespace=shop persistentvolumeclaim=data-db-0",
    "KubeNodeNotReady node=worker-1",
    "KubeAPIDown job=apiserver",
    "Watchdog",
)
PAUSES = (0.1, 0.5, 1, 2, 5, 10, 40, 120, 600)
"""Minutes between two things that happen."""
CULPRITS = (None, ("Node", "", "worker-1"), ("StatefulSet", "shop", "db"))
DONE = (IncidentState.REPORTED, IncidentState.FAILED)


class History:
    """One of very many, by its seed."""

    def __init__(self, seed: int, world: World, fire: Fire, report: MakeReport) -> None:
        self.choice = random.Random(seed).choice
        self.world, self.fire, self.report = world, fire, report
        self.running: list[tuple[str, int]] = []

    def step(self) -> None:
        minute = self.world.minute + self.choice(PAUSES)
        self.choice((self.post, self.post, self.world.sweep, self.begin, self.end))(minute)
        self.check()

    def post(self, minute: float) -> None:
        starts = (0, 5, 30, None, round(minute), round(minute - 40))
        severities = (Severity.WARNING, Severity.CRITICAL)
        alerts = [
            self.fire(
                self.choice(SUBJECTS),
                self.choice(starts),
                resolved=self.choice((True, False, False)),
                severity=self.choice(severities),
            )
            for _ in range(self.choice((1, 1, 2, 4)))
        ]
        self.world.post(minute, *alerts)

    def begin(self, minute: float) -> None:
        self.world.minute = minute
        ids = self.waiting()
        if ids:
            id = self.choice(ids)
            self.running.append((id, self.world.begin(minute, id)))

    def end(self, minute: float) -> None:
        if self.running:
            id, attempt = self.running.pop()
            outcome = self.choice(("diagnosed", "healthy", "inconclusive"))
            self.world.finish(minute, id, attempt, self.report(outcome, self.choice(CULPRITS)))

    def waiting(self) -> list[str]:
        return [id for id in self.world.due() if self.world.incidents[id].state is IncidentState.WAITING]

    def go_on(self, minutes: float) -> None:
        """Time passes; whatever is due is diagnosed."""
        self.world.sweep(self.world.minute + minutes)
        while self.running:
            self.end(self.world.minute)
        for id in self.waiting():
            self.world.diagnose(self.world.minute, id, self.report())
        self.check()

    def open(self) -> list[Incident]:
        return [each for each in self.world.incidents.values() if each.open]

    def check(self) -> None:
        incidents = self.world.incidents
        for episode in self.world.episodes.values():
            if episode.firing and episode.incident:
                incident = incidents[episode.incident]
                assert incident.open and incident.resolved_at is None
        assert all(incidents[each.absorbed_by].open for each in self.open() if each.absorbed_by)


@pytest.mark.parametrize("seed", range(12))
def test_what_fires_is_diagnosed_and_what_is_over_is_closed(
    seed: int, make_world: Callable[..., World], fire: Fire, report: MakeReport
) -> None:
    """Of any sixty things that happen: what fires has one open incident, and soon a report; silence closes all."""
    history = History(seed, make_world(storm_incidents=3 if seed % 2 else 30), fire, report)
    for _ in range(60):
        history.step()
    for _ in range(30):
        history.go_on(1)
    own = [each for each in history.open() if not each.absorbed_by and not each.flapping_until]
    assert all(each.state in DONE for each in own if each.counts.firing)
    for _ in range(60):
        history.go_on(30)
    assert history.open() == []
