"""Workloads whose pods are never created."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Finding, Likelihood, Specificity
from kubetriage.domain.rules import admission
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
APP = "Deployment shop/app"
SET = "ReplicaSet shop/app-1"
FORBIDDEN = 'Error creating: pods "app-1-x" is forbidden: '
HOOK = "ValidatingWebhookConfiguration"
CALL = (
    'Error creating: Internal error occurred: failed calling webhook "check.example.com": failed to call '
    "webhook: Post "
    '"https://checker.policy.svc:443/validate?timeout=10s": '
)


def found(view: ClusterView) -> list[Finding]:
    return [f for r in admission.RULES for f in r(view) if isinstance(f, Finding)]


@pytest.fixture
def refused(k8s: Any) -> Callable[..., list[Raw]]:
    """A Deployment whose ReplicaSet lacks all pods, with the event that says why."""

    def make(message: str, first: float = 119.5) -> list[Raw]:
        deployment = k8s.deployment(APP, replicas=3, status={"replicas": 0})
        replicaset = k8s.replicaset(SET, replicas=3)
        replicaset["status"]["replicas"] = 0
        return [
            deployment,
            replicaset,
            k8s.event(SET, "FailedCreate", message, times=20, first=first, last=1),
        ]

    return make


def test_quota_exceeded(view_of: Any, k8s: Any, refused: Any) -> None:
    """The quota is the culprit; what is asked for and what is used are named."""
    message = (
        FORBIDDEN
        + "exceeded quota: compute, requested: requests.cpu=2, used: requests.cpu=3, limited: requests.cpu=4"
    )
    quota = k8s.obj("ResourceQuota shop/compute", spec={"hard": {"requests.cpu": "4"}})
    (one,) = found(view_of([*refused(message), quota], APP))
    assert (str(one.subject), str(one.culprit)) == (APP, "ResourceQuota shop/compute")
    assert "3 of 4" in one.statement.en
    assert "3/4" in one.statement.zh
    assert "requests.cpu=2" in one.quotes


def test_quota_demands(view_of: Any, refused: Any) -> None:
    """A quota that wants to be told the limits is not said to be used up."""
    (one,) = found(
        view_of(refused(FORBIDDEN + "failed quota: compute: must specify limits.cpu for: web"), APP)
    )
    assert str(one.culprit) == "ResourceQuota shop/compute"
    assert "limits.cpu" in one.statement.en
    assert "web" in one.statement.zh
    assert "used up" not in one.statement.en
    assert any("--limits=cpu=<amount>" in c.command for r in one.remedies for c in r.commands)


def test_a_priority_class_that_only_a_quota_opens(view_of: Any, k8s: Any, refused: Any) -> None:
    """Nothing is used up: the namespace has no quota of that scope, and the class is the template's."""
    scopes = "[{PriorityClass In [system-node-critical system-cluster-critical]}]"
    objects = refused(f"Error creating: insufficient quota to match these scopes: {scopes}")
    objects[1]["spec"]["template"] = {"spec": {"priorityClassName": "system-cluster-critical"}}
    (one,) = found(view_of(objects, APP))
    assert one.category == "quota" and str(one.culprit) == APP and one.likelihood is Likelihood.HIGH
    assert "PriorityClass system-cluster-critical may only be used" in one.statement.en
    assert "system-cluster-critical" in one.statement.zh and "used up" not in one.statement.en


def test_limit_range(view_of: Any, k8s: Any, refused: Any) -> None:
    """The LimitRange's words are quoted."""
    message = FORBIDDEN + "maximum memory usage per Container is 1Gi, but limit is 2Gi"
    (one,) = found(view_of([*refused(message), k8s.obj("LimitRange shop/bounds")], APP))
    assert "LimitRange bounds" in one.statement.en
    assert "1Gi, but limit is 2Gi" in one.statement.zh


def test_condition_is_enough(view_of: Any, k8s: Any) -> None:
    """When the event has gone, the ReplicaFailure condition still says why."""
    message = 'pods "app-1-x" is forbidden: failed quota: compute: must specify limits.cpu for: web'
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    deployment = k8s.deployment(APP, replicas=3, status={"replicas": 0, "conditions": [condition]})
    (one,) = found(view_of([deployment], APP))
    assert one.rule == "admission.quota-demands"


def test_old_refusal_of_a_full_workload(view_of: Any, k8s: Any, refused: Any) -> None:
    """A refusal that was overcome is no cause."""
    objects = refused(FORBIDDEN + "exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3")
    objects[1]["status"]["replicas"] = 3
    assert found(view_of(objects, APP)) == []


def test_pod_security_of_a_new_template(view_of: Any, refused: Any) -> None:
    """A template that was never admitted has to comply."""
    message = (
        FORBIDDEN
        + 'violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "web" must '
        "set it)"
    )
    (one,) = found(view_of(refused(message), APP))
    assert (one.category, str(one.culprit)) == ("pod-security", APP)
    assert "restricted:latest" in one.statement.zh


def test_pod_security_that_changed(view_of: Any, refused: Any) -> None:
    """A template that was admitted before is refused because the namespace's level changed."""
    message = FORBIDDEN + 'violates PodSecurity "restricted:latest": runAsNonRoot != true'
    (one,) = found(view_of(refused(message, first=15), APP))
    assert str(one.culprit) == "Namespace shop"


def webhook(k8s: Any) -> Raw:
    entry = {
        "name": "check.example.com",
        "failurePolicy": "Fail",
        "timeoutSeconds": 10,
        "clientConfig": {"service": {"name": "checker", "namespace": "policy"}},
    }
    made: Raw = k8s.obj(f"{HOOK} checks", webhooks=[{"name": "other.example.com"}, entry])
    return made


def test_webhook_without_service(view_of: Any, k8s: Any, refused: Any) -> None:
    """The configuration is the culprit, the Service named as absent, and the way around it exact."""
    objects = [*refused(CALL + 'service "checker" not found'), webhook(k8s)]
    (one,) = found(view_of(objects, APP, absent=["Service policy/checker"]))
    assert (str(one.culprit), one.specificity) == (f"{HOOK} checks", Specificity.EXACT)
    assert "policy/checker does not exist" in one.statement.en
    assert any('"/webhooks/1/failurePolicy"' in c.command for r in one.remedies for c in r.commands)


def test_webhook_without_endpoints(view_of: Any, k8s: Any, refused: Any) -> None:
    """A webhook whose pods are not ready waits on them."""
    service = k8s.obj("Service policy/checker", spec={"selector": {"app": "checker"}})
    pod = k8s.pod(
        "Pod policy/checker-1",
        k8s.container(state=k8s.waiting("CrashLoopBackOff")),
        labels={"app": "checker"},
    )
    objects = [*refused(CALL + 'no endpoints available for service "checker"'), webhook(k8s), service, pod]
    (one,) = found(view_of(objects, APP))
    assert "Pod policy/checker-1" in [str(r) for r in one.waits_on]
    assert "no endpoints" in one.statement.en


def test_webhook_unreadable(view_of: Any, refused: Any) -> None:
    """Where configurations cannot be read, the Service from the message is named."""
    failed = {list_of(k): FailureKind.FORBIDDEN for k in (HOOK, "MutatingWebhookConfiguration")}
    (one,) = found(view_of(refused(CALL + "context deadline exceeded"), APP, failed=failed))
    assert str(one.culprit) == "Service policy/checker"


def test_webhook_certificate(view_of: Any, k8s: Any, refused: Any) -> None:
    """A certificate that is not accepted is quoted, and nobody else's pods are waited for."""
    objects = [*refused(CALL + "x509: certificate signed by unknown authority"), webhook(k8s)]
    (one,) = found(view_of(objects, APP))
    assert "x509: certificate signed by unknown authority" in one.statement.zh
    assert one.waits_on == ()


def test_webhook_denies(view_of: Any, refused: Any) -> None:
    """A policy that says no is about the workload."""
    message = (
        'Error creating: admission webhook "check.example.com" denied the request: image tag latest '
        "is not allowed"
    )
    (one,) = found(view_of(refused(message), APP))
    assert (one.category, str(one.culprit)) == ("admission-policy", APP)
    assert "image tag latest is not allowed" in one.statement.en


def test_service_account_absent(view_of: Any, k8s: Any, refused: Any) -> None:
    """An absent account is the culprit, or the reference where one of a like name exists."""
    message = FORBIDDEN + 'error looking up service account shop/robot: serviceaccount "robot" not found'
    accounts = [("ServiceAccount", "shop")]
    (one,) = found(view_of(refused(message), APP, lists=accounts))
    assert str(one.culprit) == "ServiceAccount shop/robot"
    (one,) = found(view_of([*refused(message), k8s.obj("ServiceAccount shop/robots")], APP, lists=accounts))
    assert str(one.culprit) == APP
    assert "robots" in one.statement.en


def test_account_that_came_later(view_of: Any, k8s: Any) -> None:
    """A Job whose pods were made in the end is not said to lack its account."""
    job = k8s.obj("Job shop/load", spec={"parallelism": 1}, status={"failed": 2})
    event = k8s.event(
        "Job shop/load", "FailedCreate", FORBIDDEN + 'serviceaccount "robot" not found', last=50
    )
    assert found(view_of([job, event], "Job shop/load")) == []


def test_statefulset(view_of: Any, k8s: Any) -> None:
    """StatefulSets word it their own way."""
    owner = k8s.obj("StatefulSet shop/db", spec={"replicas": 2}, status={"replicas": 0})
    message = (
        'create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: no PriorityClass '
        "with name gold was found"
    )
    (one,) = found(view_of([owner, k8s.event("StatefulSet shop/db", "FailedCreate", message)],
        "StatefulSet shop/db",
                           lists=[("PriorityClass", "")]))  # fmt: skip
    assert str(one.culprit) == "PriorityClass gold"


def test_unknown_refusal(view_of: Any, refused: Any) -> None:
    """A refusal of an unknown kind is quoted with less confidence."""
    (one,) = found(view_of(refused(FORBIDDEN + "of a rule of our own"), APP))
    assert one.likelihood is Likelihood.MEDIUM
    assert "of a rule of our own" in one.statement.en
