"""Autoscalers that cannot scale, and those at their end."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Finding, Likelihood, Role
from kubetriage.domain.rules import autoscaling
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
HPA = "HorizontalPodAutoscaler shop/web"
APP = "Deployment shop/app"
API = "APIService v1beta1.metrics.k8s.io"


def found(view: ClusterView) -> list[Finding]:
    return [f for r in autoscaling.RULES for f in r(view) if isinstance(f, Finding)]


def scaler(k8s: Any, *conditions: Raw, words: str = HPA, goal: str = "app", **status: Any) -> Raw:
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": goal},
        "minReplicas": 2,
        "maxReplicas": 5,
    }
    made: Raw = k8s.obj(words, spec=spec, status={"conditions": list(conditions), **status})
    return made


def condition(kind: str, status: str, reason: str, message: str = "") -> Raw:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def inactive(reason: str, message: str) -> Raw:
    return condition(
        "ScalingActive", "False", reason, f"the HPA was unable to compute the replica count: {message}"
    )


def test_target_absent(view_of: Any, k8s: Any) -> None:
    """A target that does not exist is set beside one of a like name; the autoscaler is the culprit."""
    able = condition("AbleToScale", "False", "FailedGetScale",
                     "the HPA controller was unable to get the target's current scale: deployments.apps "
                     "\"ap\" not found")  # fmt: skip
    view = view_of([scaler(k8s, able, goal="apps"), k8s.deployment(APP)], HPA, lists=[("Deployment", "shop")])
    (one,) = found(view)
    assert (str(one.culprit), one.likelihood) == (HPA, Likelihood.HIGH)
    assert "existing: app" in one.statement.en


def test_target_absent_by_event(view_of: Any, k8s: Any) -> None:
    """An autoscaler without conditions yet is read by its events."""
    event = k8s.event(
        HPA, "FailedGetScale", 'deployments.apps "ghost" not found', component="horizontal-pod-autoscaler"
    )
    (one,) = found(view_of([scaler(k8s, goal="ghost"), event], HPA))
    assert "ghost" in one.statement.zh


@pytest.mark.parametrize(
    "message",
    ["failed to get cpu utilization: missing request for cpu in container web of Pod app-1-a",
     "failed to get cpu utilization: missing request for cpu"],
    ids=["1.23 and later", "1.18"],
)  # fmt: skip
def test_missing_request(view_of: Any, k8s: Any, message: str) -> None:
    """A percentage needs a request: the workload is the culprit."""
    (one,) = found(view_of([scaler(k8s, inactive("FailedGetResourceMetric", message))], HPA))
    assert (one.rule, str(one.culprit)) == ("hpa.missing-request", APP)


@pytest.mark.parametrize(
    ("reason", "likelihood"), [("ServiceNotFound", Likelihood.HIGH), ("MissingEndpoints", Likelihood.MEDIUM)]
)
def test_metrics_api_down(view_of: Any, k8s: Any, reason: str, likelihood: Likelihood) -> None:
    """A metrics API that says of itself that it is down; certain where that has no further reason."""
    words = "failed to get cpu utilization: unable to fetch metrics from resource metrics API"
    api = k8s.obj(API, status={"conditions": [condition("Available", "False", reason)]})
    (one,) = found(view_of([scaler(k8s, inactive("FailedGetResourceMetric", words)), api], HPA))
    assert (str(one.culprit), one.likelihood) == (API, likelihood)
    assert reason in one.statement.en


def test_metrics_api_not_seen(view_of: Any, k8s: Any) -> None:
    """Without sight of the API, the same is said with less confidence."""
    message = (
        "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from "
        "resource metrics API"
    )
    (one,) = found(view_of([scaler(k8s, inactive("FailedGetResourceMetric", message))], HPA))
    assert one.likelihood is Likelihood.MEDIUM


def test_unready_pods_are_the_cause(view_of: Any, k8s: Any) -> None:
    """Pods that give no metrics because they are not ready: a symptom."""
    message = (
        "failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)"
    )
    pod = k8s.pod(
        "Pod shop/app-1-a",
        k8s.container(state=k8s.waiting("CrashLoopBackOff")),
        owner="ReplicaSet shop/app-1",
    )
    objects = [scaler(k8s, inactive("FailedGetResourceMetric", message)), k8s.deployment(APP),
               k8s.replicaset("ReplicaSet shop/app-1"), pod]  # fmt: skip
    (one,) = found(view_of(objects, HPA))
    assert one.role is Role.SYMPTOM
    assert "Pod shop/app-1-a" in [str(r) for r in one.waits_on]


def test_external_metric(view_of: Any, k8s: Any) -> None:
    """Metrics of another kind are quoted, and metrics-server is not blamed."""
    message = "unable to get external metric shop/queue: no metrics returned from external metrics API"
    (one,) = found(view_of([scaler(k8s, inactive("FailedGetExternalMetric", message))], HPA))
    assert str(one.culprit) == HPA
    assert "External" in one.statement.en


def test_target_at_zero(view_of: Any, k8s: Any) -> None:
    """Scaling that is disabled at zero replicas waits on the target."""
    off = condition(
        "ScalingActive",
        "False",
        "ScalingDisabled",
        "scaling is disabled since the replica count of the target is zero",
    )
    (one,) = found(view_of([scaler(k8s, off)], HPA))
    assert (one.role, [str(r) for r in one.waits_on]) == (Role.SYMPTOM, [APP])


def test_two_on_one_target(view_of: Any, k8s: Any) -> None:
    """Two autoscalers of one workload are named both, once."""
    objects = [scaler(k8s), scaler(k8s, words="HorizontalPodAutoscaler shop/keda-hpa-web")]
    (one,) = found(view_of(objects, HPA))
    assert "keda-hpa-web" in one.statement.en


def test_maxed_out(view_of: Any, k8s: Any) -> None:
    """An autoscaler that wants more than it may have."""
    limited = condition(
        "ScalingLimited", "True", "TooManyReplicas", "the desired replica count is more than the maximum"
    )
    (one,) = found(view_of([scaler(k8s, limited, currentReplicas=5, desiredReplicas=5)], HPA))
    assert "maxReplicas 5" in one.statement.en


def test_at_minimum_is_fine(view_of: Any, k8s: Any) -> None:
    """Held at its minimum, or active without limit: nothing is wrong."""
    states = [
        condition("ScalingActive", "True", "ValidMetricFound"),
        condition("ScalingLimited", "True", "TooFewReplicas"),
    ]
    assert found(view_of([scaler(k8s, *states, currentReplicas=2, desiredReplicas=2)], HPA)) == []


def _failing(k8s: Any, reason: str, kind: str = "ScalingActive", message: str = "x not found") -> Any:
    states = [{"type": kind, "status": "False", "reason": reason, "message": message}]
    return k8s.obj(
        "HorizontalPodAutoscaler shop/app",
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"},
            "maxReplicas": 5,
        },
        status={"conditions": states},
    )


def test_a_target_of_another_kind(view_of: Any, k8s: Any) -> None:
    """A workload of that name and another kind is what was meant."""
    hpa = _failing(k8s, "FailedGetScale", "AbleToScale", 'deployments.apps "app" not found')
    view = view_of([hpa, k8s.obj("StatefulSet shop/app")], "HorizontalPodAutoscaler shop/app",
                   absent=["Deployment shop/app"])  # fmt: skip
    (one,) = found(view)
    assert "does not exist: app is a StatefulSet" in one.statement.en and "StatefulSet" in one.statement.zh


def test_an_adapter_that_does_not_serve(view_of: Any, k8s: Any) -> None:
    """Metrics that are no CPU or memory come from an aggregated API, whose Service's trouble explains it."""
    api = k8s.obj(
        "APIService v1beta1.external.metrics.k8s.io",
        spec={"service": {"namespace": "keda", "name": "adapter"}},
        status={
            "conditions": [
                {"type": "Available", "status": "False", "reason": "MissingEndpoints", "message": "m"}
            ]
        },
    )
    view = view_of([_failing(k8s, "FailedGetExternalMetric"), api], "HorizontalPodAutoscaler shop/app")
    (one,) = found(view)
    assert "gets no external metrics" in one.statement.en
    assert {str(r) for r in one.waits_on} == {str(k8s.ref("APIService v1beta1.external.metrics.k8s.io")),
                                              "Service keda/adapter"}  # fmt: skip


ADAPTER = "APIService v1beta1.external.metrics.k8s.io"
UNSERVED = "unable to get external metric: the server is currently unable to handle the request (get depth)"


def test_an_adapter_that_could_not_be_looked_at(view_of: Any, k8s: Any) -> None:
    """The API server's own words blame the API, not the autoscaler; why it is not served stays open."""
    hpa = _failing(k8s, "FailedGetExternalMetric", message=UNSERVED)
    view = view_of([hpa], "HorizontalPodAutoscaler shop/app", failed={ADAPTER: FailureKind.FORBIDDEN})
    (one,) = found(view)
    assert str(one.culprit) == ADAPTER and one.likelihood is Likelihood.MEDIUM
    assert "could not be seen" in one.statement.en


def test_an_adapter_that_is_not_installed(view_of: Any, k8s: Any) -> None:
    """Nobody has registered the API."""
    said = "external metrics API: the server could not find the requested resource"
    hpa = _failing(k8s, "FailedGetExternalMetric", message=said)
    (one,) = found(view_of([hpa], "HorizontalPodAutoscaler shop/app", absent=[ADAPTER]))
    assert one.likelihood is Likelihood.HIGH and "is not installed" in one.statement.en


def test_an_adapter_that_answers(view_of: Any, k8s: Any) -> None:
    """A metric that the adapter does not have is the autoscaler's own matter, whatever could be read."""
    hpa = _failing(k8s, "FailedGetExternalMetric", message="no metrics returned from external metrics API")
    view = view_of([hpa], "HorizontalPodAutoscaler shop/app", failed={ADAPTER: FailureKind.FORBIDDEN})
    (one,) = found(view)
    assert one.culprit == one.subject
