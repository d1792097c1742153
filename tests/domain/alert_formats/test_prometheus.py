"""Answers of Prometheus' own API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.errors import BadAlert

ALERT: dict[str, Any] = {
    "labels": {"alertname": "KubePodNotReady", "namespace": "shop", "pod": "cart-0", "severity": "warning"},
    "annotations": {"summary": "not ready"},
    "state": "firing",
    "activeAt": "2026-11-23T03:18:28.000000001Z",
    "value": "1e+00",
}


def answer(data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}


def test_alerts_of_the_api(now: datetime) -> None:
    """GET /api/v1/alerts: `activeAt` is the start, the value is kept."""
    parsed = alerts_from(answer({"alerts": [ALERT]}), received_at=now)
    (alert,) = parsed.alerts
    assert (alert.name, alert.status, parsed.source) == ("KubePodNotReady", AlertStatus.FIRING, "prometheus")
    assert alert.starts_at == datetime(2026, 11, 23, 3, 18, 28, tzinfo=UTC)
    assert alert.extra == {"state": "firing", "value": "1e+00"}


def test_a_pending_alert_says_so(now: datetime) -> None:
    """A pending alert's condition is true already: it is triaged, and marked."""
    (alert,) = alerts_from(answer({"alerts": [ALERT | {"state": "pending"}]}), received_at=now).alerts
    assert (alert.status, alert.extra["state"]) == (AlertStatus.FIRING, "pending")


def test_alerts_of_the_rules(now: datetime) -> None:
    """GET /api/v1/rules: the alerts of all groups' rules."""
    rules = {"groups": [{"name": "g", "rules": [{"alerts": [ALERT]}, {"alerts": []}]}, {"rules": []}]}
    assert [a.name for a in alerts_from(answer(rules), received_at=now).alerts] == ["KubePodNotReady"]


def test_a_query_of_the_alerts_metric(now: datetime) -> None:
    """A query of ALERTS: the series' labels are the alert's, without the metric's name and its state."""
    metric = {"__name__": "ALERTS", "alertstate": "pending", "alertname": "X", "pod": "a"}
    data = {"resultType": "vector", "result": [{"metric": metric, "value": [1764300000.1, "1"]}]}
    (alert,) = alerts_from(answer(data), received_at=now).alerts
    assert (alert.labels, alert.extra["state"]) == ({"alertname": "X", "pod": "a"}, "pending")


def test_alertmanagers_former_api(now: datetime) -> None:
    """Alertmanager's GET /api/v1/alerts has the alerts right under `data`."""
    stored = {"labels": {"alertname": "X"}, "status": {"state": "active"}, "endsAt": "2020-01-01T00:00:00Z"}
    parsed = alerts_from(answer([stored]), received_at=now)
    assert (parsed.alerts[0].status, parsed.source) == (AlertStatus.FIRING, "alertmanager")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (answer({"alerts": []}), "no alerts"),
        ({"status": "error", "errorType": "bad_data", "error": "parse\nerror"}, "error answer.*parse$"),
        (answer({"resultType": "vector", "result": [{"metric": {"__name__": "up"}}]}), "ALERTS"),
        (answer({"alerts": 3}), r"data\.alerts must be a list, not a number"),
    ],
)
def test_answers_without_alerts(body: dict[str, Any], message: str, now: datetime) -> None:
    """An empty answer, an error answer and another metric's answer are told apart, in one sentence each."""
    with pytest.raises(BadAlert, match=message):
        alerts_from(body, received_at=now)
