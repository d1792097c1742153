"""nodes.parse_alert: what fired and which object it means."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.alert import Alert, SubjectScope
from kubetriage.domain.errors import BadAlert, UnknownCluster
from kubetriage.domain.report import Outcome
from kubetriage.nodes.parse_alert import parse_alert
from kubetriage.state.triage_alert import TriageUpdate

BODY = {
    "version": "4",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "KubePodCrashLooping", "namespace": "shop", "pod": "web-1"},
            "annotations": {},
            "startsAt": "2026-03-01T11:50:00Z",
        }
    ],
}


def alert(**labels: str) -> Alert:
    return Alert(name=labels["alertname"], labels=labels, fingerprint="0" * 16)


async def test_a_document_is_parsed(known: Any, services_of: Any, runtime: Any) -> None:
    """A decoded body becomes its incident's alert, subject and the run's fixed values."""
    update = await parse_alert({"document": BODY}, runtime(deadline=30), services=services_of(known()))
    assert update["alert"].name == "KubePodCrashLooping"
    assert str(update["subject"].resource) == "Pod shop/web-1"
    assert (update["deadline_at"] - update["now"]).total_seconds() == 30
    assert len(update["run"]) == 32


async def test_a_document_that_is_no_alert_is_refused(known: Any, services_of: Any, runtime: Any) -> None:
    """What is no alert raises the error that says so, whoever started the graph."""
    with pytest.raises(BadAlert):
        await parse_alert({"document": {"alerts": "none"}}, runtime(), services=services_of(known()))


async def test_a_resource_that_was_asked_for_is_the_subject(
    known: Any, services_of: Any, runtime: Any
) -> None:
    """`KIND/NAME` means that object, whatever labels of alerts of that look would mean."""
    asked = Alert(
        name="Service web",
        labels={"alertname": "Service web", "kind": "Service", "name": "web", "namespace": "shop"},
        fingerprint="0" * 16,
        source="resource",
    )
    update = await parse_alert({"alert": asked}, runtime(), services=services_of(known()))
    assert str(update["subject"].resource) == "Service shop/web"


async def test_the_run_keeps_the_id_it_was_given(known: Any, services_of: Any, runtime: Any) -> None:
    """Who starts a run names it, so that its report can be found again."""
    given = alert(alertname="KubePodNotReady", namespace="shop", pod="web-1")
    update = await parse_alert({"alert": given}, runtime(run="run-7"), services=services_of(known()))
    assert update["run"] == "run-7"


@pytest.mark.parametrize(("asked", "label", "chosen"), [("main", "other", "main"), ("", "main", "main")])
async def test_the_cluster_that_was_asked_for_goes_before_the_alerts_label(
    asked: str, label: str, chosen: str, known: Any, services_of: Any, runtime: Any
) -> None:
    """--cluster, then the alert's cluster label."""
    given = alert(alertname="KubePodNotReady", namespace="shop", pod="web-1", cluster=label)
    update: TriageUpdate = await parse_alert(
        {"alert": given}, runtime(cluster=asked), services=services_of(known())
    )
    assert update["cluster"] == chosen


async def test_a_cluster_nobody_configured_is_refused(known: Any, services_of: Any, runtime: Any) -> None:
    """Another cluster is never read instead."""
    given = alert(alertname="KubePodNotReady", namespace="shop", pod="web-1", cluster="elsewhere")
    with pytest.raises(UnknownCluster):
        await parse_alert({"alert": given}, runtime(), services=services_of(known()))


async def test_an_alert_that_is_not_for_triage_has_its_diagnosis_at_once(
    known: Any, services_of: Any, runtime: Any
) -> None:
    """Watchdog needs no read: the diagnosis is made where the alert is parsed."""
    cluster = known()
    update = await parse_alert(
        {"alert": alert(alertname="Watchdog")}, runtime(language="zh"), services=services_of(cluster)
    )
    assert update["subject"].scope is SubjectScope.SKIP
    assert update["diagnosis"].outcome is Outcome.HEALTHY
    assert "按设计" in update["diagnosis"].summary
    assert cluster.asked == []
