"""What is read around autoscalers and disruption budgets."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.relations import autoscaling
from kubetriage.domain.view import ClusterView

HPA = "HorizontalPodAutoscaler shop/web"
PDB = "PodDisruptionBudget shop/web"


def about(view: ClusterView) -> set[str]:
    return {
        f"{w.read.verb} {w.read.kind} {w.read.namespace}/{w.read.name}"
        for r in autoscaling.RELATIONS
        for w in r(view)
    }


def scaler(k8s: Any, *conditions: dict[str, str]) -> dict[str, Any]:
    goal = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"}
    made: dict[str, Any] = k8s.obj(
        HPA, spec={"scaleTargetRef": goal}, status={"conditions": list(conditions)}
    )
    return made


def test_target_and_rivals(view_of: Any, k8s: Any) -> None:
    """Events, target and the namespace's other autoscalers; where the target is absent, those that exist."""
    wanted = {"list Event shop/", "get Deployment shop/app", "list HorizontalPodAutoscaler shop/"}
    assert about(view_of([scaler(k8s)], HPA)) == wanted
    assert "list Deployment shop/" in about(view_of([scaler(k8s)], HPA, absent=["Deployment shop/app"]))


def test_metrics(view_of: Any, k8s: Any) -> None:
    """Without resource metrics, who serves them."""
    off = {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric"}
    found = about(view_of([scaler(k8s, off)], HPA))
    assert {"get APIService /v1beta1.metrics.k8s.io", "get Deployment kube-system/metrics-server"} <= found


def test_budget(view_of: Any, k8s: Any) -> None:
    """The pods that a budget counts, and the workload that owns them; without any, what may be meant."""
    spec = {"selector": {"matchLabels": {"app": "app"}}}
    budget = k8s.obj(PDB, spec=spec, status={"expectedPods": 1})
    assert about(view_of([budget], PDB)) == {"list Pod shop/"}
    none = about(view_of([k8s.obj(PDB, spec=spec, status={"expectedPods": 0})], PDB))
    assert none == {"list Pod shop/", "list Deployment shop/", "list StatefulSet shop/"}
    pod = k8s.pod("Pod shop/app-1-a", owner="ReplicaSet shop/app-1")
    assert "get ReplicaSet shop/app-1" in about(view_of([budget, pod], PDB))


def test_not_looked_at(view_of: Any, k8s: Any) -> None:
    """An autoscaler that merely came with a list is not followed."""
    assert about(view_of([scaler(k8s)], "Pod shop/web-1")) == set()


@pytest.mark.parametrize(
    ("primary", "text"),
    [
        ("Deployment shop/app", "Consumer group orders lags by more than 80000 messages"),
        ("Pod shop/app-1-a", "CPU of app is saturated"),
        ("Deployment shop/app", "消费者积压超过 80000"),
    ],
)
def test_scalers_of_what_has_too_much_to_do(view_of: Any, k8s: Any, primary: str, text: str) -> None:
    """Whether the workload behind the alert may be scaled further."""
    assert "list HorizontalPodAutoscaler shop/" in about(_loaded(view_of, k8s, primary, text))


@pytest.mark.parametrize(
    ("primary", "text"),
    [
        ("Deployment shop/app", "app has no ready replicas"),
        ("Deployment shop/app", "Deployment flags differ from the release"),
        ("Service shop/app", "The queue of app grows"),
        ("Deployment shop/gone", "The queue of gone grows"),
        ("DaemonSet shop/agent", "CPU of agent is saturated"),
    ],
)
def test_scalers_of_others(view_of: Any, k8s: Any, primary: str, text: str) -> None:
    """Not for alerts on a state, nor around what was not found or is never scaled."""
    assert about(_loaded(view_of, k8s, primary, text)) == set()


def _loaded(view_of: Any, k8s: Any, primary: str, text: str) -> ClusterView:
    made: ClusterView = view_of(
        [k8s.deployment(), k8s.replicaset("ReplicaSet shop/app-1"), k8s.obj("DaemonSet shop/agent"),
         k8s.pod("Pod shop/app-1-a", owner="ReplicaSet shop/app-1"), k8s.obj("Service shop/app", spec={})],
        primary, description=text, alertname="Custom",
    )  # fmt: skip
    return made
