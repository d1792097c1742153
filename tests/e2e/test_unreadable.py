"""What may not be read never makes a report wrong with confidence: every scenario with parts of it forbidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from kubetriage.adapters.cluster.clusters import OneCluster, open_snapshot
from kubetriage.adapters.cluster.snapshot.scope import Unreadable
from kubetriage.adapters.cluster.snapshot.store import SnapshotStore
from kubetriage.bootstrap.incidents import incidents_in
from kubetriage.bootstrap.services import build_services
from kubetriage.bootstrap.settings import Settings
from kubetriage.bootstrap.triaging import triage_incidents, unreachable
from kubetriage.cli.demo import bundled_scenarios
from kubetriage.domain.ports import NoProgress
from kubetriage.domain.report import Report
from kubetriage.evals.scenario import Scenario, find, load
from kubetriage.evals.score import score
from kubetriage.state.triage_alert import TriageContext

pytestmark = pytest.mark.slow

NAMES = sorted(scenario.name for scenario in find(bundled_scenarios()))
OFTEN_FORBIDDEN = ("Event", "pods/log", "Node")
"""What a reader's rights often lack: cluster-scoped kinds, logs, and events, which are a resource of their own."""


def forbidden_in_turn(scenario: Scenario) -> Iterator[str]:
    """Kinds to forbid, one a run: the usual ones, the alert's own and the culprit's."""
    expected = scenario.expected
    own = [named.kind for named in (expected.primary, expected.culprit) if named is not None]
    yield from dict.fromkeys([*OFTEN_FORBIDDEN, *own])


async def reports(scenario: Scenario) -> dict[str, Report]:
    """The report of a run for each forbidden kind."""
    incidents = incidents_in(scenario.alert_path.read_bytes(), scenario.snapshot).groups[:1]
    made: dict[str, Report] = {}
    async with build_services(Settings(), snapshot=scenario.snapshot, progress=NoProgress()) as services:
        store = SnapshotStore.load(scenario.snapshot)
        scope = store.scope
        for kind in forbidden_in_turn(scenario):
            store.scope = replace(scope, unreadable=(*scope.unreadable, Unreadable(kind)))
            async with OneCluster(open_snapshot(store)) as cluster:
                limited = replace(services, clusters=cluster)
                (made[kind],) = [r async for r in triage_incidents(limited, incidents, TriageContext())]
    return made


def wrong(kind: str, report: Report, scenario: Scenario) -> Iterator[str]:
    said: dict[str, Any] = report.to_json()
    if score(said, scenario).wrong_with_confidence:
        yield f"without {kind}: {report.outcome}: {report.summary}"
    told = [gap.why for gap in report.gaps if kind in gap.what]  # one may be of a version that is not served
    if told and not any("forbid" in why for why in told):
        yield f"without {kind}: a gap does not say that it was forbidden"
    if unreachable(report) and len(report.gaps) == 1:
        yield f"without {kind}: one refused read was taken for an unreadable cluster"


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_is_wrong_with_confidence(name: str) -> None:
    """With one kind forbidden at a time, no report blames something else with confidence, or calls it healthy."""
    scenario = load(bundled_scenarios() / name)
    made = await reports(scenario)
    problems = [line for kind, report in made.items() for line in wrong(kind, report, scenario)]
    assert not problems, "\n".join(problems)
