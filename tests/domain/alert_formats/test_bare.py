"""Alerts with nothing around them: by hand, in lists, and as Prometheus posts them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubetriage.domain.alert import AlertStatus, Severity
from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.errors import BadAlert

POSTED: dict[str, Any] = {
    "labels": {"alertname": "KubeAPIDown", "severity": "critical", "job": "kube-apiserver"},
    "annotations": {"summary": "Target disappeared."},
    "startsAt": "2026-11-23T03:53:24.078Z",
    "endsAt": "2026-11-23T04:04:04.078Z",
    "generatorURL": "http://prometheus:9090/graph?g0.expr=up",
}


def test_a_single_alert(now: datetime) -> None:
    """Labels alone are an alert: firing, warning, of unknown start, with the fingerprint computed."""
    parsed = alerts_from({"labels": {"alertname": "X", "pod": "a"}}, received_at=now)
    (alert,) = parsed.alerts
    assert (alert.name, alert.status, alert.severity) == ("X", AlertStatus.FIRING, Severity.WARNING)
    assert (alert.starts_at, alert.ends_at, alert.source) == (None, None, "bare")
    assert len(alert.fingerprint) == 16


def test_a_list(now: datetime) -> None:
    """A list gives its alerts in order."""
    parsed = alerts_from([{"labels": {"alertname": name}} for name in "ABC"], received_at=now)
    assert [alert.name for alert in parsed.alerts] == ["A", "B", "C"]


def test_a_flat_alert(now: datetime) -> None:
    """What people type without `labels` is understood: names beside `alertname` are its labels."""
    flat = {
        "alertname": "Pod状态异常",
        "severity": "warning",
        "namespace": "aiops",
        "pod": "web-6db6fb878d-mgzzn",
        "description": "Pending",
        "startsAt": "2026-11-23T03:00:00Z",
        "more": {"a": 1},
    }
    (alert,) = alerts_from(flat, received_at=now).alerts
    assert alert.labels == {
        "alertname": "Pod状态异常",
        "severity": "warning",
        "namespace": "aiops",
        "pod": "web-6db6fb878d-mgzzn",
    }
    assert alert.annotations == {"description": "Pending"}
    assert (alert.starts_at, alert.extra) == (datetime(2026, 11, 23, 3, tzinfo=UTC), {"more": {"a": 1}})


@pytest.mark.parametrize(
    ("after_end", "status"),
    [
        (timedelta(minutes=-1), AlertStatus.FIRING),
        (timedelta(0), AlertStatus.RESOLVED),
        (timedelta(minutes=1), AlertStatus.RESOLVED),
    ],
)
def test_prometheus_posts_an_end_in_the_future(after_end: timedelta, status: AlertStatus) -> None:
    """Prometheus' and vmalert's posts have no status: resolved is what ends now or has ended."""
    received = datetime(2026, 11, 23, 4, 4, 4, 78000, tzinfo=UTC) + after_end
    parsed = alerts_from([POSTED], received_at=received)
    assert (parsed.alerts[0].status, parsed.source) == (status, "prometheus")
    assert (parsed.alerts[0].ends_at is None) == (status is AlertStatus.FIRING)


def test_time_of_receipt_without_zone_is_utc() -> None:
    """A time of receipt without a zone is read as UTC rather than refused."""
    parsed = alerts_from([POSTED], received_at=datetime(2026, 11, 23, 4, 0))
    assert parsed.alerts[0].status is AlertStatus.FIRING


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("FIRING", AlertStatus.FIRING),
        ("Resolved", AlertStatus.RESOLVED),
        ("ok", AlertStatus.RESOLVED),
        ("pending", AlertStatus.FIRING),
        ("a word nobody knows", AlertStatus.FIRING),
    ],
)
def test_words_for_the_status(word: str, status: AlertStatus) -> None:
    """Other words for firing and resolved are understood; an unknown one fires, and is kept."""
    (alert,) = alerts_from(
        {"labels": {"alertname": "X"}, "status": word}, received_at=datetime(2026, 1, 1, tzinfo=UTC)
    ).alerts
    assert alert.status is status
    assert (alert.extra.get("status") == word) == (word.lower() not in ("firing", "resolved"))


@pytest.mark.parametrize(
    ("labels", "annotations", "name"),
    [
        ({"alertname": "A"}, {"summary": "S"}, "A"),
        ({"pod": "a"}, {"summary": "first line\nsecond"}, "first line"),
        ({"pod": "a"}, {}, "unnamed alert"),
        ({"alertname": "aec4cc4a-5457-4a31-b378-0442d140e6b8", "rule_name": "CPU 高"}, {}, "CPU 高"),
        ({"alertname": "aec4cc4a-5457-4a31-b378-0442d140e6b8"}, {}, "aec4cc4a-5457-4a31-b378-0442d140e6b8"),
    ],
)
def test_the_name(labels: dict[str, str], annotations: dict[str, str], name: str, now: datetime) -> None:
    """The name is the alertname, or the best title there is where it is missing or only a rule's id."""
    (alert,) = alerts_from({"labels": labels, "annotations": annotations}, received_at=now).alerts
    assert alert.name == name


def test_our_own_alert_is_read_again(now: datetime) -> None:
    """The `alert` of a JSON report can be given back: its field names are understood."""
    given = {
        "name": "X",
        "status": "resolved",
        "labels": {"alertname": "X"},
        "starts_at": "2026-11-23T03:00:00Z",
        "ends_at": "2026-11-23T03:30:00Z",
    }
    (alert,) = alerts_from(given, received_at=now).alerts
    assert alert.starts_at == datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert alert.ends_at == datetime(2026, 11, 23, 3, 30, tzinfo=UTC)


def test_an_empty_list_is_refused(now: datetime) -> None:
    """amtool prints `[]` when nothing fires: one sentence says that there are no alerts."""
    with pytest.raises(BadAlert, match="no alerts"):
        alerts_from([], received_at=now)


def test_what_is_huge_is_cut(now: datetime) -> None:
    """A huge annotation is cut and huge extra fields are left out, and both are said; small ones stay."""
    huge = {
        "labels": {"alertname": "X"},
        "annotations": {"description": "d" * 1_000_000, "summary": "s"},
        "values": "v" * 1_000_000,
        "orgId": 1,
    }
    (alert,) = alerts_from(huge, received_at=now).alerts
    assert len(alert.annotations["description"]) < 100_000
    assert alert.annotations["summary"] == "s"
    assert alert.extra == {"orgId": 1, "cut": ["description", "values"]}
