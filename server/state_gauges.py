"""Gauges of what the database holds, read anew for each scrape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from prometheus_client.core import Metric

from kubetriage.domain.alert import Severity
from kubetriage.domain.intake.posts import Backlog
from kubetriage.domain.intake.reading import Tallies
from kubetriage.domain.intake.values import IncidentState

PREFIX: Final = "kubetriage_"


def state_of(tallies: Tallies | None, now: datetime) -> Iterable[Metric]:
    """Gauges of what the database holds; the same on every replica."""
    yield _gauge("store_up", "Whether the database answers.", [({}, float(tallies is not None))])
    if tallies is None:
        return
    yield _gauge(
        "incidents_open",
        "Open incidents.",
        [
            ({"state": state, "severity": severity}, tallies.incidents.get(state, {}).get(severity, 0))
            for state in IncidentState
            if state is not IncidentState.CLOSED
            for severity in Severity
        ],
    )
    yield _gauge("alerts_firing", "Episodes that fire.", [({}, tallies.firing_alerts)])
    yield _gauge("queue_depth", "Diagnoses that may start and have not.", [({}, tallies.due)])
    oldest = tallies.oldest_due_at
    age = (now - oldest).total_seconds() if oldest else 0.0
    yield _gauge("queue_oldest_seconds", "How long the oldest of them waits.", [({}, max(0.0, age))])
    yield _gauge(
        "messages",
        "Messages in the outbox.",
        [
            ({"channel": channel, "state": state}, count)
            for channel, by_state in tallies.messages.items()
            for state, count in by_state.items()
        ],
    )
    yield _gauge(
        "storm_incidents",
        "Incidents of a storm.",
        [({"cluster": s.cluster}, s.incidents) for s in tallies.storms],
    )
    yield _gauge(
        "watchdog_heard_seconds",
        "Since the Watchdog of a cluster was last heard.",
        [({"cluster": s.cluster}, (now - s.last_heard).total_seconds()) for s in tallies.silences],
    )
    yield _gauge(
        "watchdog_silent",
        "Whether the Watchdog of a cluster is missing: its alerts may not reach us.",
        [({"cluster": s.cluster}, float(s.silent_since is not None)) for s in tallies.silences],
    )


def inbox_of(backlog: Backlog | None, now: datetime) -> Iterable[Metric]:
    """Gauges of posts that are not sorted."""
    if backlog is None:
        return
    age = (now - backlog.oldest_at).total_seconds() if backlog.oldest_at else 0.0
    yield _gauge("inbox_posts", "Posts that wait for their alerts to be sorted.", [({}, backlog.posts)])
    yield _gauge("inbox_age_seconds", "How long the oldest of them waits.", [({}, max(0.0, age))])
    yield _gauge("inbox_failed", "Posts that could not be sorted, and are kept.", [({}, backlog.failed)])


def _gauge(name: str, what: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Metric:
    metric = Metric(PREFIX + name, what, "gauge")
    for labels, value in samples:
        metric.add_sample(PREFIX + name, dict(labels), float(value))
    return metric
