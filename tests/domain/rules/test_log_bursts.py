"""domain.rules.log_bursts: since when a container logs errors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kubetriage.domain.evidence import Observation, log_of
from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.log_keeping import with_digest
from kubetriage.domain.log_reading import PlainLogReader
from kubetriage.domain.rules.log_bursts import error_bursts
from kubetriage.domain.view import ClusterView

POD, WORK = "Pod shop/app-1", "Deployment shop/app"
MEASURED = {"alertname": "HighErrorRate", "description": "5% of requests fail"}


def log_text(k8s: Any, *, before: int = 60, during: int = 15, timed: bool = True) -> str:
    """A record every second: quiet until `during` minutes ago, then every third one an error."""
    lines = []
    for second in range((before + during) * 60):
        at = k8s.now - timedelta(minutes=before + during) + timedelta(seconds=second)
        wrong = second >= before * 60 and second % 3 == 0
        words = f"ERROR price of sku {second} does not match" if wrong else f"INFO sold sku {second}"
        lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ} {words}" if timed else words)
    return "\n".join(lines)


def view_with_log(k8s: Any, view_of: Any, text: str, container: Any = None, **more: Any) -> ClusterView:
    pod = k8s.pod(POD, container or k8s.container(), owner="ReplicaSet shop/app-rs")
    base = view_of(
        [pod, k8s.replicaset("ReplicaSet shop/app-rs"), k8s.deployment()], WORK, looked=[POD], **more
    )
    seen = Observation(read=log_of(k8s.ref(POD), "app"), tool="pods_log", at=k8s.now, text=text)
    read = with_digest(seen, PlainLogReader().digest(text, now=k8s.now))
    return ClusterView(
        base.alert, base.subject, base.primary, base.now, [*base.observations, read], base.looked
    )


def only(k8s: Any, view: ClusterView) -> Finding:
    (found,) = k8s.findings(error_bursts(view))
    return found  # type: ignore[no-any-return]


def test_it_is_said_when_errors_rose_and_which_came_first(k8s: Any, view_of: Any) -> None:
    """Beginning, rate now and before, and the first error stand in the statement, in both languages."""
    found = only(k8s, view_with_log(k8s, view_of, log_text(k8s), alert_minutes_ago=10, **MEASURED))
    assert found.role is Role.SYMPTOM and found.culprit == k8s.ref(WORK) and found.subject == k8s.ref(POD)
    assert "rose at 11:45 UTC: 300 in 15 min" in found.statement.en and "0 in 1 h;" in found.statement.en
    assert "price of sku 3600 does not match" in found.statement.en and "此前" in found.statement.zh
    assert found.since == k8s.now - timedelta(minutes=15)
    assert len(found.statement.en) <= 300 and len(found.statement.zh) <= 300
    assert found.quotes and all(quote in log_text(k8s) for quote in found.quotes)


def test_it_decides_nothing_where_the_alert_is_about_a_state(k8s: Any, view_of: Any) -> None:
    """A pod whose readiness is the question may log errors and be well: a hint, no symptom."""
    assert only(k8s, view_with_log(k8s, view_of, log_text(k8s))).role is Role.HINT


def test_of_a_container_that_is_not_ready_it_is_a_hint(k8s: Any, view_of: Any) -> None:
    """That it is not ready is the symptom; what explains it is for other rules."""
    text = log_text(k8s)
    unready = k8s.container(ready=False)
    found = only(k8s, view_with_log(k8s, view_of, text, unready, alert_minutes_ago=10, **MEASURED))
    assert found.role is Role.HINT


def test_without_times_it_is_told_by_line(k8s: Any, view_of: Any) -> None:
    """Lines that carry no time: from which line on, and how many records of how many."""
    found = only(k8s, view_with_log(k8s, view_of, log_text(k8s, timed=False), **MEASURED))
    assert "rose from line 3601: 300 in 900 records" in found.statement.en and found.since is None


@pytest.mark.parametrize("hours", [3, 30])
def test_an_old_burst_is_nothing(k8s: Any, view_of: Any, hours: int) -> None:
    """Errors that rose long before the alert did not make it fire."""
    text = log_text(k8s, during=60 * hours) if hours == 3 else log_text(k8s, before=200, during=120)
    assert not k8s.findings(error_bursts(view_with_log(k8s, view_of, text, alert_minutes_ago=5, **MEASURED)))


def test_an_even_rate_and_an_ended_container_say_nothing(k8s: Any, view_of: Any) -> None:
    """No burst without a rise, and none of a run that is over: its last words are read by others."""
    even = "\n".join(f"{'ERROR' if n % 9 == 0 else 'INFO'} row {n}" for n in range(900))
    assert not k8s.findings(error_bursts(view_with_log(k8s, view_of, even, **MEASURED)))
    down = k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1), restarts=3)
    assert not k8s.findings(error_bursts(view_with_log(k8s, view_of, log_text(k8s), down, **MEASURED)))
