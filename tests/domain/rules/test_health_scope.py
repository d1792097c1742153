"""Which alerts the well state of their object refutes."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.rules.health import healthy
from kubetriage.domain.rules.health_scope import measured

POD = "Pod shop/app-1"
LOGS = {("shop", "app-1", "app", False): "2025-06-01T11:59:00Z INFO all is well\n"}


def of_alert(view_of: Any, k8s: Any, text: str, name: str = "Custom", *more: Any) -> Any:
    pod = k8s.pod(POD, k8s.container())
    return view_of([pod, *more], POD, logs=LOGS, description=text, alertname=name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HighLatencyForCheckout", "Something is odd with app."),
        ("Custom", "Requests to app are taking longer than they should."),
        ("Custom", "Requests to app need more than 3 seconds."),
        ("Custom", "The error rate of app is high."),
    ],
)
def test_what_is_measured_is_not_refuted(view_of: Any, k8s: Any, name: str, text: str) -> None:
    """That a pod is ready says nothing about speed or errors, whether its text or its name speaks of them."""
    view = of_alert(view_of, k8s, text, name)
    assert measured(view)
    assert k8s.findings(healthy(view)) == []


def test_a_state_is_refuted(view_of: Any, k8s: Any) -> None:
    """A ready pod with a clean log refutes an unknown alert that speaks of nothing measured."""
    view = of_alert(view_of, k8s, "Pod app-1 has been down for longer than 15 minutes.")
    assert not measured(view)
    assert k8s.findings(healthy(view))


@pytest.mark.parametrize(
    "text",
    [
        "The service of app is abnormal.",
        "app 服务异常，请尽快处理",
        "订单支付失败",
        "",
        "WARNING Pod shop/app-1 is unhealthy",
        "Health of app-1: degraded. Alert state: alerting",
        "app-1 状态异常，请尽快处理",
        "app-1 运行状态：不健康\n告警状态：告警中",
    ],
)
def test_what_is_not_understood_is_not_refuted(view_of: Any, k8s: Any, text: str) -> None:
    """Of an alert that speaks of neither a state nor a measure nobody knows what would have to be untrue."""
    assert k8s.findings(healthy(of_alert(view_of, k8s, text, "OrdersOdd"))) == []


@pytest.mark.parametrize(
    "text", ["The health check of app-1 fails", "容器组 app-1 频繁重启", "app-1 状态为 Unknown"]
)
def test_states_in_short_words(view_of: Any, k8s: Any, text: str) -> None:
    """Words for a state are understood in both languages."""
    assert k8s.findings(healthy(of_alert(view_of, k8s, text, "X9")))


def test_warnings_since_the_alert(view_of: Any, k8s: Any) -> None:
    """Warnings about the pod since the alert began keep the question open; older ones do not."""
    text = "The probes of app-1 do not pass."
    now = k8s.event(POD, "Unhealthy", "Liveness probe failed: no", times=9, last=1)
    old = k8s.event(POD, "Unhealthy", "Liveness probe failed: no", times=9, first=50, last=40)
    assert k8s.findings(healthy(of_alert(view_of, k8s, text, "Custom", now))) == []
    assert k8s.findings(healthy(of_alert(view_of, k8s, text, "Custom", old)))


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        ("The liveness probe of app-1 fails.", True),
        ("app-1 的存活探针失败。", True),
        ("The readiness probe of app-1 fails.", False),
        ("app-1 的就绪探针失败。", False),
    ],
)
def test_probes_that_readiness_does_not_tell_of(view_of: Any, k8s: Any, text: str, open_: bool) -> None:
    """A pod is ready while its liveness probe fails below its threshold: without the kubelet's record of when it
    failed last, that it is ready refutes only an alert about the readiness probe."""
    assert (k8s.findings(healthy(of_alert(view_of, k8s, text, "Custom"))) == []) is open_
