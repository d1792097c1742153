"""PrometheusAlert's stock webhook template: one alert, most of it lost, often broken JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.alert_formats import alerts_from

STOCK: dict[str, Any] = {
    "title": "Prometheus告警信息",
    "prometheus-url": "http://prometheus:9090/graph",
    "alert-name": "KubePodCrashLooping",
    "alertmanager-url": "http://alertmanager:9093",
    "alert-level": "<no value>",
    "alert-start-time": "2026-11-23T03:13:28.655Z",
    "alert-end-time": "0001-01-01T00:00:00Z",
    "alert-instance": "<no value>",
    "message": "plain",
}

BROKEN = """{
 "title": "Prometheus告警信息",
 "prometheus-url": "http://prometheus:9090/graph",
 "alert-name": "KubePodCrashLooping",
 "alert-level": "critical",
 "alert-start-time": "2026-11-23T03:13:28.655Z",
 "message": "Pod shop/cart-0 (app) is in waiting state (reason: "CrashLoopBackOff")."
}
"""
"""What the template makes of a description with quotes."""


def test_stock_fields(now: datetime) -> None:
    """Name, start, link and message are read; `<no value>` counts as absent; the loss is said."""
    parsed = alerts_from(STOCK, received_at=now)
    (alert,) = parsed.alerts
    assert (parsed.source, alert.name, alert.status) == (
        "prometheusalert",
        "KubePodCrashLooping",
        AlertStatus.FIRING,
    )
    assert alert.labels == {"alertname": "KubePodCrashLooping"}
    assert alert.starts_at == datetime(2026, 11, 23, 3, 13, 28, 655000, tzinfo=UTC)
    assert alert.annotations == {"message": "plain", "title": "Prometheus告警信息"}
    assert "lossy" in alert.extra


def test_an_end_in_the_past_is_resolved(now: datetime) -> None:
    """The template has no status: an end before now is the only sign that it is over."""
    (alert,) = alerts_from(STOCK | {"alert-end-time": "2026-11-23T03:30:00Z"}, received_at=now).alerts
    assert alert.status is AlertStatus.RESOLVED


def test_quotes_in_the_message_do_not_lose_it(now: datetime) -> None:
    """A body that the unescaped quotes made invalid JSON is read line by line, with the whole message."""
    parsed = alerts_from(BROKEN, received_at=now)
    (alert,) = parsed.alerts
    assert (parsed.source, alert.name, alert.severity.value) == (
        "prometheusalert",
        "KubePodCrashLooping",
        "critical",
    )
    assert alert.annotations["message"] == (
        'Pod shop/cart-0 (app) is in waiting state (reason: "CrashLoopBackOff").'
    )
