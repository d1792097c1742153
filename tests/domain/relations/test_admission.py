"""What is read around workloads whose pods are refused."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.relations import admission
from kubetriage.domain.view import ClusterView

APP = "StatefulSet shop/app"
CALL = (
    'Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: Post '
    '"https://checker.policy.svc:443/validate?timeout=10s": service "checker" not found'
)


def about(view: ClusterView) -> set[str]:
    return {
        f"{w.read.verb} {w.read.kind} {w.read.namespace}/{w.read.name}"
        for r in admission.RELATIONS
        for w in r(view)
    }


def refused(k8s: Any, message: str) -> list[dict[str, Any]]:
    return [
        k8s.obj(APP, spec={"replicas": 1}, status={"replicas": 0}),
        k8s.event(APP, "FailedCreate", message),
    ]


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1", "get ResourceQuota shop/q"),
        ("maximum cpu usage per Container is 1, but limit is 2", "list LimitRange shop/"),
        ('violates PodSecurity "baseline:latest": privileged', "get Namespace /shop"),
        ('serviceaccount "bot" not found', "list ServiceAccount shop/"),
        ("no PriorityClass with name gold was found", "list PriorityClass /"),
    ],
)
def test_what_refuses(view_of: Any, k8s: Any, message: str, wanted: str) -> None:
    """The object that the message names, and nothing else."""
    assert about(view_of(refused(k8s, message), APP)) == {wanted}


def test_webhook(view_of: Any, k8s: Any) -> None:
    """Both kinds of configurations, and the Service that is called; where that is absent, its namespace."""
    first = about(view_of(refused(k8s, CALL), APP))
    assert first == {
        "list ValidatingWebhookConfiguration /",
        "list MutatingWebhookConfiguration /",
        "get Service policy/checker",
    }
    then = about(view_of(refused(k8s, CALL), APP, absent=["Service policy/checker"]))
    assert "get Namespace /policy" in then


def test_webhook_with_service(view_of: Any, k8s: Any) -> None:
    """A Service that exists is followed to its endpoints and pods."""
    service = k8s.obj("Service policy/checker", spec={"selector": {"app": "checker"}})
    found = about(view_of([*refused(k8s, CALL), service], APP))
    assert {"list EndpointSlice policy/", "list Pod policy/"} <= found


def test_full_workload(view_of: Any, k8s: Any) -> None:
    """A workload that has its pods needs nothing more."""
    objects = [
        k8s.obj(APP, spec={"replicas": 1}, status={"replicas": 1}),
        k8s.event(APP, "FailedCreate", CALL),
    ]
    assert about(view_of(objects, APP)) == set()
