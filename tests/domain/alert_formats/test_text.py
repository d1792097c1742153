"""Alerts that are only text."""

from __future__ import annotations

from datetime import datetime

import pytest

from kubetriage.domain.alert import AlertStatus, Severity
from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.alert_formats.labelled import MAX_CHARACTERS
from kubetriage.domain.errors import BadAlert
from kubetriage.domain.fingerprint import text_fingerprint

MESSAGE = "【告警】shop 命名空间 cart-6d9c7f8b5d-x2x7q 反复重启 37 次，集群 prod-1\n请处理"


def test_the_text_is_kept(now: datetime) -> None:
    """The text is the description, its first line the name, its hash the identity."""
    parsed = alerts_from(MESSAGE, received_at=now)
    (alert,) = parsed.alerts
    assert (parsed.source, alert.source) == ("text", "text")
    assert alert.annotations == {"description": MESSAGE}
    assert alert.name == MESSAGE.splitlines()[0]
    assert (alert.labels, alert.fingerprint) == ({}, text_fingerprint(MESSAGE))


def test_a_known_alertname_is_found(now: datetime) -> None:
    """A name of the table that stands in the text is the alert's name."""
    (alert,) = alerts_from("[FIRING:1] KubePodCrashLooping shop (cart-0)", received_at=now).alerts
    assert (alert.name, alert.labels) == ("KubePodCrashLooping", {"alertname": "KubePodCrashLooping"})


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("[RESOLVED] KubePodCrashLooping", AlertStatus.RESOLVED),
        ("[RESOLVED:2] x", AlertStatus.RESOLVED),
        ("【已恢复】cart 正常", AlertStatus.RESOLVED),
        ("【恢复】cart 正常", AlertStatus.RESOLVED),
        ("OK: cart", AlertStatus.RESOLVED),
        ("[FIRING:1] x, 2 RESOLVED", AlertStatus.FIRING),
        ("cart 未恢复", AlertStatus.FIRING),
        ("resolved name server is down", AlertStatus.FIRING),
        ("OKR service down", AlertStatus.FIRING),
        ("恢复失败：备份任务", AlertStatus.FIRING),
    ],
)
def test_resolved_only_at_the_start(text: str, status: AlertStatus, now: datetime) -> None:
    """Only a title that begins so is resolved: a wrong "resolved" would report that all is well."""
    assert alerts_from(text, received_at=now).alerts[0].status is status


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("级别：严重 cart down", Severity.CRITICAL),
        ("severity = info", Severity.INFO),
        ("【紧急】cart", Severity.CRITICAL),
        ("[P2] cart", Severity.WARNING),
        ("a critical path is slow", Severity.WARNING),
        ("level: strange, severity: critical", Severity.CRITICAL),
    ],
)
def test_severity_where_it_is_marked(text: str, severity: Severity, now: datetime) -> None:
    """A severity is read where it is marked as one, not from prose."""
    assert alerts_from(text, received_at=now).alerts[0].severity is severity


def test_a_huge_text_is_cut(now: datetime) -> None:
    """A very long text is kept only in part, and its length is said."""
    (alert,) = alerts_from("a" * (MAX_CHARACTERS + 1), received_at=now).alerts
    assert len(alert.annotations["description"]) == MAX_CHARACTERS
    assert alert.extra == {"characters": MAX_CHARACTERS + 1}
    assert len(alert.name) <= 200


@pytest.mark.parametrize("text", ["", " \n\t", "\0\0", "\ufeff"])
def test_nothing_is_refused(text: str, now: datetime) -> None:
    """A text without a visible character is an empty alert."""
    with pytest.raises(BadAlert, match="empty"):
        alerts_from(text, received_at=now)
