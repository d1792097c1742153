"""What is read before deciding is enough: with all that is stored the same would be decided."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from kubetriage.adapters.store.sql.database import Database
from kubetriage.adapters.store.sql.known import known_of
from kubetriage.adapters.store.sql.rows import incident_of
from kubetriage.adapters.store.sql.tables import alerts, incidents
from kubetriage.domain.alert import Alert, Severity
from kubetriage.domain.intake.deciding import decide
from kubetriage.domain.intake.decisions import Decisions, Known, KnownEpisode
from kubetriage.domain.intake.keys import look_at
from kubetriage.domain.intake.reading import IncidentFilter, Page
from kubetriage.domain.intake.values import Incident, IntakeSettings
from kubetriage.domain.report import Report

MakeAlert = Callable[..., Alert]

SETTINGS = IntakeSettings(storm_incidents=1000, stale_after_hours=2, flap_window_minutes=20)
"""Without storms: those that wait are gathered into one by a statement of their own."""

SUBJECTS: list[dict[str, Any]] = [
    {"name": "KubePodCrashLooping", "namespace": "shop", "pod": "web-6d9c7f8b5d-x2x7q"},
    {"name": "KubePodNotReady", "namespace": "shop", "pod": "web-6d9c7f8b5d-x2x7q", "node": "worker-1"},
    {"name": "KubePodCrashLooping", "namespace": "shop", "pod": "db-0", "node": "worker-1"},
    {"name": "KubePersistentVolumeFillingUp", "namespace": "shop", "persistentvolumeclaim": "data-db-0"},
    {"name": "KubeStatefulSetReplicasMismatch", "namespace": "shop", "statefulset": "db"},
    {"name": "KubeNodeNotReady", "node": "worker-1"},
    {"name": "KubeNodeNotReady", "node": "worker-2", "severity": Severity.CRITICAL},
    {"name": "KubeAPIDown", "job": "apiserver", "severity": Severity.CRITICAL},
    {"name": "Watchdog"},
    *({"name": "KubeJobFailed", "namespace": f"n{n}", "job_name": "report"} for n in range(5)),
]


def everything(connection: Connection, some: Known) -> Known:
    a = alerts.c
    columns = (a.fingerprint, a.starts_at, a.firing, a.assumed, a.incident, a.cluster, a.last_seen)
    return some._replace(
        episodes=[KnownEpisode(*row) for row in connection.execute(select(*columns))],
        incidents=[incident_of(row) for row in connection.execute(select(incidents))],
    )


def comparable(decisions: Decisions) -> tuple[Any, ...]:
    events = sorted((e.kind, e.incident or "", sorted(e.data)) for e in decisions.events)
    changed = sorted(decisions.incidents, key=lambda incident: incident.id)
    return (
        sorted((new.alert.fingerprint, *new[1:]) for new in decisions.new),
        sorted((c.fingerprint, c.starts_at, c.arrivals, c.firing, c.assumed) for c in decisions.counted),
        [incident.model_dump() for incident in changed],
        events,
        decisions.storms,
        decisions.silences,
        decisions.fates,
    )


def check_enough(connection: Connection, arrived: Sequence[Alert], at: datetime) -> None:
    some = known_of(connection, arrived, look_at, at, SETTINGS)
    enough = decide(some, arrived, at, SETTINGS)
    assert comparable(enough) == comparable(decide(everything(connection, some), arrived, at, SETTINGS))


def check_counts(connection: Connection, found: Sequence[Incident]) -> None:
    """What incidents say of their alerts is what the rows say."""
    a = alerts.c
    counted = select(a.incident, func.count(), func.sum(a.repeats), func.count(a.fingerprint.distinct()))
    rows = {row[0]: row[1:] for row in connection.execute(counted.group_by(a.incident))}
    firing = select(a.incident, func.count()).where(a.firing.is_(True)).group_by(a.incident)
    fires = {row[0]: row[1] for row in connection.execute(firing)}
    for incident in found:
        said = incident.counts
        assert (said.episodes, said.repeats, said.alerts) == tuple(rows[incident.id])
        assert said.firing == fires.get(incident.id, 0)


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 8))])
async def test_what_is_read_is_enough(
    tmp_path: Path, make_alert: MakeAlert, make_report: Callable[..., Report], now: datetime, seed: int
) -> None:
    """Over random alerts, diagnoses and hours: the same decisions as with everything known, counts that add

    up, one open incident a key, and not one alert unaccounted for."""
    chance = random.Random(seed)
    database = await Database.open(f"sqlite:///{tmp_path}/random.db", SETTINGS)
    at, sent = now, 0
    for _ in range(40):
        at += timedelta(minutes=chance.choice([0.1, 1, 3, 10, 40, 130]))
        since = (at - now).total_seconds() / 60
        arrived = []
        for _ in range(chance.randint(1, 4)):
            subject = dict(chance.choice(SUBJECTS))
            minutes = chance.choice([None, 0, since, since - 2, since - 5])
            resolved = chance.random() < 0.35
            arrived.append(make_alert(subject.pop("name"), minutes=minutes, resolved=resolved, **subject))
        sent += len(arrived)
        await database._connector.read(lambda c, a=arrived, t=at: check_enough(c, a, t))  # type: ignore[misc]
        await database.incidents.accept(arrived, source="t", body_digest="", received_at=at)
        await database.incidents.sweep(at)
        for due in await database.incidents.due(at, 1):
            assert await database.incidents.claim(due.incident, due.attempt, at)
            run = f"{due.incident}-{due.attempt}"
            assert await database.incidents.started(due.incident, due.attempt, run, at)
            if chance.random() < 0.8:
                await database.incidents.finished(due.incident, due.attempt, run, make_report(), at)
    found = (await database.incidents.incidents(IncidentFilter(), Page(limit=1000))).items
    await database._connector.read(lambda c: check_counts(c, found))
    keys = [incident.key for incident in found if incident.open]
    assert len(keys) == len(set(keys))
    stored = select(func.count() + func.coalesce(func.sum(alerts.c.repeats), 0))
    assert await database._connector.read(lambda c: c.execute(stored).scalar_one()) == sent
    await database.close()
