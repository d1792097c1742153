"""Webhooks of cloud vendors: Aliyun ARMS, Volcengine VMP, Tencent TCOP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import AlertStatus, Severity
from kubetriage.domain.alert_formats import alerts_from

TENCENT: dict[str, Any] = {
    "sessionId": "s-1",
    "alarmStatus": "1",
    "alarmType": "metric",
    "alarmObjInfo": {
        "region": "gz",
        "namespace": "qce/tke",
        "dimensions": {"clusterid": "cls-abc", "namespace": "shop", "pod_name": "cart-0"},
    },
    "alarmPolicyInfo": {
        "policyName": "Pod 重启",
        "conditions": {
            "metricShowName": "重启次数",
            "calcType": ">",
            "calcValue": "5",
            "calcUnit": "次",
            "currentValue": "37",
        },
    },
    "firstOccurTime": "2026-11-23 11:13:00",
    "durationTime": 500,
    "recoverTime": "0",
}


def aliyun(**more: Any) -> dict[str, Any]:
    labels = {"alertname": "Pod频繁重启", "clustername": "ack-prod", "severity": "P2", "pod_name": "cart-0"}
    return {
        "status": "firing",
        "alerts": [{"status": "firing", "labels": labels, "endsAt": "0001-01-01T00:00:00Z"}],
        "commonLabels": labels | {"_aliyun_arms_involvedObject_kind": "app"},
        **more,
    }


def test_aliyun(now: datetime) -> None:
    """The form without groupKey and version is read, and known by Aliyun's labels or address."""
    parsed = alerts_from(aliyun(), received_at=now)
    assert (parsed.source, parsed.alerts[0].source) == ("aliyun", "aliyun")
    assert (parsed.alerts[0].name, parsed.alerts[0].severity) == ("Pod频繁重启", Severity.WARNING)
    by_address = aliyun(commonLabels={}, externalURL="https://arms.console.aliyun.com/x")
    assert alerts_from(by_address, received_at=now).source == "aliyun"
    assert alerts_from(aliyun(groupKey="{}:{}"), received_at=now).source == "alertmanager"


def test_volcengine(now: datetime) -> None:
    """A rule's UUID as alertname gives way to a title or the metric; the level has a label of its own."""
    labels = {
        "alertname": "aec4cc4a-5457-4a31-b378-0442d140e6b8",
        "internal_label_alert_level": "P0",
        "__name__": "container_memory_usage_bytes",
        "pod": "cart-0",
    }
    body: dict[str, Any] = {"status": "firing", "alerts": [{"status": "firing", "labels": labels}]}
    parsed = alerts_from(body, received_at=now)
    (alert,) = parsed.alerts
    assert (parsed.source, alert.name, alert.severity) == (
        "volcengine",
        "container_memory_usage_bytes",
        Severity.CRITICAL,
    )
    body["alerts"][0]["annotations"] = {"title": "内存过高"}
    assert alerts_from(body, received_at=now).alerts[0].name == "内存过高"


def test_tencent_metric(now: datetime) -> None:
    """Dimensions are labels, the product's namespace is not one, and local times are China's."""
    parsed = alerts_from(TENCENT, received_at=now)
    (alert,) = parsed.alerts
    assert (parsed.source, alert.name, alert.status) == ("tencent", "Pod 重启", AlertStatus.FIRING)
    assert alert.labels == {
        "alertname": "Pod 重启",
        "clusterid": "cls-abc",
        "namespace": "shop",
        "pod_name": "cart-0",
        "region": "gz",
    }
    assert alert.starts_at == datetime(2026, 11, 23, 3, 13, tzinfo=UTC)
    assert alert.extra["time_notes"] == ["firstOccurTime: no time zone given, read as +08:00"]
    assert alert.annotations == {"summary": "重启次数 > 5次 (37次)"}
    assert alert.extra["alarmObjInfo"]["namespace"] == "qce/tke"


@pytest.mark.parametrize("status", ["0", 0])
def test_tencent_recovery(status: Any, now: datetime) -> None:
    """Status 0, as text or number, is resolved at recoverTime; it is the same alert as when it fired."""
    body = TENCENT | {"alarmStatus": status, "recoverTime": "2026-11-23 11:30:00"}
    (alert,) = alerts_from(body, received_at=now).alerts
    assert alert.status is AlertStatus.RESOLVED
    assert alert.ends_at == datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
    assert alert.fingerprint == alerts_from(TENCENT, received_at=now).alerts[0].fingerprint


def test_tencent_event_and_level(now: datetime) -> None:
    """An event without a policy's name is called like the event; the level is the severity."""
    body = TENCENT | {
        "alarmType": "event",
        "alarmLevel": "Serious",
        "alarmPolicyInfo": {"conditions": {"eventShowName": "OOM", "eventName": "oom"}},
    }
    (alert,) = alerts_from(body, received_at=now).alerts
    assert (alert.name, alert.severity) == ("OOM", Severity.CRITICAL)


@pytest.mark.parametrize(
    ("dimensions", "labels"),
    [
        ('{"namespace": "shop"}', {"namespace": "shop"}),
        ([{"namespace": "shop"}, {"namespace": "b"}], {"namespace": "shop"}),
        ("not json", {}),
        (None, {}),
    ],
)
def test_tencent_dimensions_in_other_forms(dimensions: Any, labels: dict[str, str], now: datetime) -> None:
    """Dimensions that come as JSON in a text, in a list or not at all don't lose the alert."""
    body = TENCENT | {"alarmObjInfo": {"dimensions": dimensions}}
    (alert,) = alerts_from(body, received_at=now).alerts
    assert alert.labels == {"alertname": "Pod 重启"} | labels
