"""Certificates that only look expired."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"


@pytest.mark.parametrize(
    ("now", "category", "culprit"),
    [
        ("2026-06-01T12:00:00Z", "clock-skew", "Node n1"),
        ("2025-06-01T11:59:00Z", "cert-expired", "Pod shop/app-1"),
        ("2025-06-01T13:30:00+02:00", "cert-expired", "Pod shop/app-1"),
    ],
)
def test_a_clock_in_the_future(k8s: Any, view_of: Any, now: str, category: str, culprit: str) -> None:
    """A container that believes in a time to come sits on a node whose clock is wrong."""
    line = f"ERROR Get https://pay.example.com/: x509: certificate has expired or is not yet valid: current time {now} "
    log = (line + "is after 2025-05-01T00:00:00Z\n") * 12
    view = view_of([k8s.pod(POD)], POD, logs={("shop", "app-1", "app", False): log})
    (one,) = [f for f in log_causes(view) if isinstance(f, Finding)]
    assert (one.category, str(one.culprit)) == (category, culprit)
    if category == "clock-skew":
        assert one.likelihood is Likelihood.HIGH and "2026-06-01T12:00" in one.statement.en


@pytest.mark.parametrize(
    ("now", "begins", "rule"),
    [
        ("2025-06-01T09:30:00Z", "2025-06-01T11:40:00Z", "log.clock-behind"),
        ("2025-06-01T11:39:30Z", "2025-06-01T11:40:00Z", "log.clock"),
        ("2025-06-01T11:50:00Z", "2025-06-02T00:00:00Z", "log.clock"),
    ],
)
def test_a_clock_in_the_past(k8s: Any, view_of: Any, now: str, begins: str, rule: str) -> None:
    """A certificate that was made before now and is called too new shows that the node's clock is behind; one
    that begins in the future is too new for everybody."""
    line = f"x509: certificate has expired or is not yet valid: current time {now} is before {begins}"
    log = f"ERROR Get https://pay.example.com/: tls: failed to verify certificate: {line}\n" * 12
    view = view_of([k8s.pod(POD)], POD, logs={("shop", "app-1", "app", False): log})
    (one,) = [f for f in log_causes(view) if isinstance(f, Finding)]
    assert (one.rule, one.category) == (rule, "clock-skew")
    assert (str(one.culprit) == "Node n1") is (rule == "log.clock-behind")
