"""Probes that fail each time before kubelet acts on it."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Role
from kubetriage.domain.kube import Obj, containers
from kubetriage.domain.rules.probe_unheeded import unheeded
from kubetriage.domain.rules.probe_words import judged, read_probe

POD = "Pod shop/app-1"
PROBE = {"exec": {"command": ["cat", "/tmp/alive"]}, "periodSeconds": 10, "failureThreshold": 1000}


def seen(view_of: Any, k8s: Any, times: int, first: float, last: float, **container: Any) -> list[Any]:
    state = k8s.container(livenessProbe=PROBE, **container)
    said = "Liveness probe failed: cat: can't open '/tmp/alive'"
    event = k8s.event(POD, "Unhealthy", said, times=times, first=first, last=last)
    found: list[Any] = k8s.findings(unheeded(view_of([k8s.pod(POD, state), event], POD)))
    return found


def test_a_probe_that_fails_each_time(view_of: Any, k8s: Any) -> None:
    """A liveness probe that never succeeds is the cause of what is asked, though the pod is still ready."""
    (one,) = seen(view_of, k8s, times=118, first=20, last=0.1)
    assert one.role is Role.CAUSE
    assert "118 times" in one.statement.en and "1000 failures" in one.statement.en


@pytest.mark.parametrize(("times", "first", "last"), [(5, 20, 0.1), (118, 40, 20), (2, 0.4, 0.1)])
def test_a_probe_that_fails_now_and_then(
    view_of: Any, k8s: Any, times: int, first: float, last: float
) -> None:
    """Failures with successes between them, that are over, or that only just began are no fault."""
    assert seen(view_of, k8s, times, first, last) == []


def test_failures_of_an_earlier_run(view_of: Any, k8s: Any) -> None:
    """Failures from before the container's last start are told by the rule for killed containers."""
    assert seen(view_of, k8s, times=118, first=20, last=0.1, state=k8s.running(5)) == []


@pytest.mark.parametrize(
    ("command", "wrong"), [(["sh", "-c", "exit 1"], True), (["false"], True), (["cat", "/tmp/x"], False)]
)
def test_a_command_that_can_only_fail(k8s: Any, command: list[str], wrong: bool) -> None:
    """A probe whose command gives a failure whatever happens is itself wrong."""
    said, (state,) = read_probe("Readiness probe failed: "), containers(Obj(k8s.pod()))
    assert said is not None
    assert judged(state, {"exec": {"command": command}}, said, "")[1] is wrong
