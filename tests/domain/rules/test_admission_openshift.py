"""Pods that no SecurityContextConstraint of OpenShift admits."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.rules import admission

APP, SET = "Deployment shop/app", "ReplicaSet shop/app-1"
HEAD = (
    'Error creating: pods "app-1-" is forbidden: unable to validate against any security context constraint: '
)
FIRST = ".containers[0].runAsUser: Invalid value: 0: must be in the ranges: [1000700000, 1000709999]"
NEW = (
    HEAD + '[provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: '
    + FIRST + ', provider "restricted": Forbidden: not usable by user or serviceaccount]'
)  # fmt: skip
OLD = HEAD + "[provider restricted: .spec.securityContext.hostNetwork: Invalid value: true: not allowed]"
BARE = HEAD + '[spec.volumes[0]: Invalid value: "hostPath": hostPath volumes are not allowed to be used]'


def _found(k8s: Any, view_of: Any, message: str, account: str = "", **parts: Any) -> list[Finding]:
    deployment = k8s.deployment(APP, replicas=3, status={"replicas": 0})
    made = k8s.replicaset(SET, replicas=3)
    made["status"]["replicas"] = 0
    template = {"spec": {"containers": [{"name": "app"}]}}
    if account:
        template["spec"]["serviceAccountName"] = account  # type: ignore[assignment]
    deployment["spec"]["template"] = made["spec"]["template"] = template
    said = [k8s.event(SET, "FailedCreate", message, times=9, last=1)] if message else []
    view = view_of([deployment, made, *said], APP, **parts)
    return [f for r in admission.RULES for f in r(view) if isinstance(f, Finding)]


def test_the_constraint_that_the_account_may_use_says_what_is_wrong(k8s: Any, view_of: Any) -> None:
    """Those that it may not use are named besides; the template is what is to be changed."""
    (one,) = _found(k8s, view_of, NEW, "web")
    assert str(one.culprit) == APP and one.category == "pod-security" and one.likelihood is Likelihood.HIGH
    assert (
        "restricted-v2, which ServiceAccount web may use, forbids them: “.containers[0]" in one.statement.en
    )
    assert "anyuid, restricted are closed to it" in one.statement.en and "restricted-v2" in one.statement.zh
    assert all(quote in NEW for quote in one.quotes)
    assert "add-scc-to-user <constraint> -z web -n shop" in one.remedies[1].detail.en


def test_older_wording_and_the_default_account(k8s: Any, view_of: Any) -> None:
    """Names of constraints without quotes, and a pod that names no account."""
    (one,) = _found(k8s, view_of, OLD)
    assert "restricted, which ServiceAccount default may use" in one.statement.en
    assert "hostNetwork" in one.statement.en


def test_a_message_without_constraints(k8s: Any, view_of: Any) -> None:
    """OpenShift 3 named only the fields."""
    (one,) = _found(k8s, view_of, BARE)
    assert "no SecurityContextConstraints admits them" in one.statement.en and "hostPath" in one.statement.zh


def test_pod_security_of_kubernetes_is_another_matter(k8s: Any, view_of: Any) -> None:
    """Its refusal names the namespace's profile and no constraint."""
    said = 'Error creating: pods "app-1-x" is forbidden: violates PodSecurity "restricted:v1.30": runAsNonRoot != true'
    (one,) = _found(k8s, view_of, said)
    assert "SecurityContextConstraints" not in one.statement.en and "PodSecurity" in one.statement.en


def test_unreadable_events(k8s: Any, view_of: Any) -> None:
    """Without the event nobody knows who refuses the pods."""
    chosen = "involvedObject.kind=ReplicaSet,involvedObject.name=app-1"
    failed = {list_of("Event", "shop", fields=chosen): FailureKind.FORBIDDEN}
    assert _found(k8s, view_of, "", failed=failed) == []
