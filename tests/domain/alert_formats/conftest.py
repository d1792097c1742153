"""Small bodies in the shapes that sources send."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """When the bodies were received."""
    return NOW


@pytest.fixture
def crash() -> dict[str, Any]:
    """One alert as Alertmanager's webhook has it."""
    return {
        "status": "firing",
        "labels": {
            "alertname": "KubePodCrashLooping",
            "cluster": "prod-1",
            "container": "app",
            "namespace": "shop",
            "pod": "cart-0",
            "scenario": "auth",
            "severity": "warning",
        },
        "annotations": {"summary": "Pod is crash looping."},
        "startsAt": "2026-11-23T03:13:28.655123456Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph?g0.expr=x",
        "fingerprint": "295ac1470ef91896",
    }


@pytest.fixture
def webhook(crash: dict[str, Any]) -> dict[str, Any]:
    """Alertmanager's webhook of one alert."""
    return {
        "receiver": "triage",
        "status": "firing",
        "alerts": [crash],
        "groupLabels": {"alertname": "KubePodCrashLooping"},
        "commonLabels": crash["labels"],
        "commonAnnotations": crash["annotations"],
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": '{}:{alertname="KubePodCrashLooping"}',
        "truncatedAlerts": 0,
    }
