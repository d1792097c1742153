"""Grafana's webhooks, of unified and of legacy alerting."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import AlertStatus, Severity
from kubetriage.domain.alert_formats import alerts_from

UNIFIED: dict[str, Any] = {
    "receiver": "triage",
    "status": "firing",
    "orgId": 1,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "Restarts high", "namespace": "shop", "pod": "cart-0", "severity": "P1"},
            "annotations": {"summary": "37 restarts"},
            "startsAt": "2026-11-23T11:13:20+08:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": "c6eadffa33fcdf37",
            "values": {"B": 37},
            "panelURL": "https://grafana.example.com/d/abc?viewPanel=4",
        }
    ],
    "version": "1",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "title": "[FIRING:1] Restarts high",
    "state": "alerting",
    "message": "**Firing**",
}

LEGACY: dict[str, Any] = {
    "dashboardId": 1,
    "evalMatches": [
        {"value": 95, "metric": "cpu", "tags": {"pod": "cart-0", "namespace": "shop"}},
        {"value": 97, "metric": "cpu", "tags": {"pod": "cart-1", "namespace": "shop"}},
        {"value": 97, "metric": "cpu", "tags": {"pod": "cart-1", "namespace": "shop"}},
    ],
    "message": "look at it",
    "ruleId": 7,
    "ruleName": "CPU high",
    "ruleUrl": "https://grafana.example.com/d/x",
    "state": "alerting",
    "tags": {"severity": "critical"},
    "title": "[Alerting] CPU high",
}


def test_unified_alerting(now: datetime) -> None:
    """The webhook reads like Alertmanager's; links and values are kept, offsets become UTC."""
    parsed = alerts_from(UNIFIED, received_at=now)
    (alert,) = parsed.alerts
    assert (parsed.source, alert.source, alert.severity) == ("grafana", "grafana", Severity.CRITICAL)
    assert alert.starts_at == datetime(2026, 11, 23, 3, 13, 20, tzinfo=UTC)
    assert alert.extra == {"values": {"B": 37}, "panelURL": "https://grafana.example.com/d/abc?viewPanel=4"}
    assert parsed.group is not None and parsed.group.extra["title"] == "[FIRING:1] Restarts high"


@pytest.mark.parametrize("name", ["DatasourceNoData", "DatasourceError"])
def test_a_query_without_answer_has_the_rules_name(name: str, now: datetime) -> None:
    """Alerts about a rule's query are called like the rule, say what they are, and may have null values."""
    labels = {"alertname": name, "rulename": "Restarts high", "ref_id": "A"}
    body = UNIFIED | {"alerts": [{"status": "firing", "labels": labels, "values": None}]}
    (alert,) = alerts_from(body, received_at=now).alerts
    assert (alert.name, alert.extra["no_data"], alert.labels) == ("Restarts high", name, labels)


def test_version_alone_tells_grafana(now: datetime) -> None:
    """Without orgId the version tells it from Alertmanager's."""
    body = {key: value for key, value in UNIFIED.items() if key != "orgId"}
    assert alerts_from(body, received_at=now).source == "grafana"


def test_legacy_alerting_gives_an_alert_a_series(now: datetime) -> None:
    """Each series that matched is an alert with its tags as labels; the same one twice is one."""
    parsed = alerts_from(LEGACY, received_at=now)
    assert [alert.labels["pod"] for alert in parsed.alerts] == ["cart-0", "cart-1"]
    first = parsed.alerts[0]
    assert (first.name, first.severity, first.status) == ("CPU high", Severity.CRITICAL, AlertStatus.FIRING)
    assert first.labels["alertname"] == "CPU high"
    assert first.annotations == {"summary": "[Alerting] CPU high", "message": "look at it"}
    assert first.extra["match"] == {"value": 95, "metric": "cpu"}


@pytest.mark.parametrize("matches", [None, []])
def test_legacy_alerting_resolved(matches: Any, now: datetime) -> None:
    """`ok` is resolved; then there are no series, and one alert for the rule."""
    (alert,) = alerts_from(LEGACY | {"state": "ok", "evalMatches": matches}, received_at=now).alerts
    assert (alert.status, alert.name) == (AlertStatus.RESOLVED, "CPU high")
