"""domain.rules.metrics_throttling: containers throttled by their CPU limit, as cAdvisor counts it."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain import measures
from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.rules.metrics_throttling import throttled_periods
from kubetriage.domain.rules.throttling import throttled
from kubetriage.domain.view import ClusterView

POD = "Pod shop/app-1"
LIMITED = {"resources": {"limits": {"cpu": "200m"}}}
EXPR = (
    "rate(container_cpu_cfs_throttled_periods_total[5m]) / rate(container_cpu_cfs_periods_total[5m]) > 0.25"
)


@pytest.fixture
def shares(k8s: Any, view_of: Any, measured: Any, row: Any) -> Any:
    """`shares(0.94, …)`: a view of a ready, limited pod throttled that much."""

    def make(
        share: Any, *, ready: bool = True, spec: Any = LIMITED, pod: str = "app-1", **more: Any
    ) -> ClusterView:
        view = view_of([k8s.pod(POD, k8s.container(ready=ready, **spec))], POD)
        assert view.primary is not None
        read = measures.of_pods("throttling", view.primary, measures.pods_of(view.primary), view.now)
        made: ClusterView = measured(
            view, {read: [row(share, namespace="shop", pod=pod, container="app")]}, **more
        )
        return made

    return make


@pytest.mark.parametrize(
    ("options", "role", "likelihood"),
    [
        ({"expr": EXPR}, Role.CAUSE, Likelihood.HIGH),
        ({"words": "30% throttling of CPU"}, Role.CAUSE, Likelihood.HIGH),
        ({"words": "p99 latency is 3 s"}, Role.CAUSE, Likelihood.MEDIUM),
        ({"expr": "histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket[5m])) by (le)) > 3"},
         Role.CAUSE, Likelihood.MEDIUM),
        ({"words": "pod is not ready"}, Role.HINT, Likelihood.LOW),
        ({"expr": EXPR, "ready": False}, Role.HINT, Likelihood.LOW),
    ],
)  # fmt: skip
def test_what_throttling_is(shares: Any, options: dict[str, Any], role: Role, likelihood: Likelihood) -> None:
    """The cause of an alert about it, a likely one of slowness, of anything else a hint."""
    (one,) = throttled_periods(shares(0.9412, **options))
    assert (one.role, one.likelihood, str(one.culprit)) == (role, likelihood, POD)
    assert "throttled in 94.1% of its CPU periods by its limit of 200m" in one.statement.en
    assert "94.1%" in one.statement.zh and one.quotes == ("94.1%", "200m")


@pytest.mark.parametrize(
    "options",
    [
        {"share": 0.2},
        {"share": "NaN"},
        {"share": "+Inf"},
        {"share": 0.9, "spec": {}},
        {"share": 0.9, "pod": "app-2"},
    ],
)
def test_what_a_limit_does_not_explain(shares: Any, options: dict[str, Any]) -> None:
    """Little, nothing counted, no limit in the pod whatever is counted, and another pod."""
    assert list(throttled_periods(shares(options.pop("share"), expr=EXPR, **options))) == []


def test_one_fault_is_told_once(shares: Any) -> None:
    """What was measured goes before the number in the alert's text; without it that stands."""
    assert list(throttled(shares(0.94, words="94.1% throttling of CPU"))) == []
    assert len(list(throttled(shares("NaN", words="94.1% throttling of CPU")))) == 1


def test_pods_of_one_workload_together(k8s: Any, view_of: Any, measured: Any, row: Any) -> None:
    """One finding for the Deployment, with the share of the worst pod."""
    pods = [
        k8s.pod(f"Pod shop/app-6d-{n}", k8s.container(**LIMITED), owner="ReplicaSet shop/app-6d")
        for n in "abc"
    ]
    view = view_of([k8s.deployment(), k8s.replicaset("ReplicaSet shop/app-6d"), *pods], "Deployment shop/app")
    assert view.primary is not None
    read = measures.of_pods("throttling", view.primary, measures.pods_of(view.primary), view.now)
    rows = [row(v, pod=f"app-6d-{n}", container="app") for n, v in (("a", 0.5), ("b", 0.91), ("c", 0.1))]
    (one,) = throttled_periods(measured(view, {read: rows}, expr=EXPR))
    assert str(one.culprit) == "Deployment shop/app"
    assert one.statement.en.startswith("2 of 3 pods of Deployment app: container app is throttled in 91%")
