"""Pods that were not admitted in time: webhooks that are asked one after another."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.relations import admission as relations
from kubetriage.domain.rules import admission
from kubetriage.domain.view import ClusterView

APP = "Deployment shop/app"
SET = "ReplicaSet shop/app-1"
LATE = "Timeout: request did not complete within requested timeout - context deadline exceeded"


def _hook(k8s: Any, name: str, seconds: int, **more: Any) -> Any:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    entry = {
        "name": f"{name}.example.com", "failurePolicy": "Ignore", "timeoutSeconds": seconds, "rules": [rule],
        "clientConfig": {"service": {"namespace": "hooks", "name": name}},
    }  # fmt: skip
    return k8s.obj(f"MutatingWebhookConfiguration {name}", webhooks=[entry | more])


def _view(k8s: Any, view_of: Any, *hooks: Any, message: str = LATE, absent: Any = ()) -> ClusterView:
    deployment = k8s.deployment(APP, replicas=3, status={"replicas": 0})
    replicaset = k8s.replicaset(SET, replicas=3)
    replicaset["status"]["replicas"] = 0
    event = k8s.event(SET, "FailedCreate", f"Error creating: {message}", times=9, first=100)
    made: ClusterView = view_of([deployment, replicaset, event, *hooks], APP, absent=absent)
    return made


def _found(view: ClusterView) -> Finding:
    (one,) = [f for r in admission.RULES for f in r(view) if isinstance(f, Finding)]
    return one


@pytest.mark.parametrize(
    "message", [LATE, "the server was unable to return a response in the time allotted, but may still be"]
)
def test_the_webhooks_that_wait_longest(k8s: Any, view_of: Any, message: str) -> None:
    """All webhooks about pods of the namespace are named with their sum; the slowest is the culprit."""
    one = _found(_view(k8s, view_of, _hook(k8s, "labels", 12), _hook(k8s, "vault", 20), message=message))
    assert str(one.culprit) == "MutatingWebhookConfiguration vault" and one.category == "admission-webhook"
    assert "32 s at most" in one.statement.en and "labels (12 s)" in one.statement.en
    assert one.likelihood is Likelihood.MEDIUM


def test_one_whose_service_is_absent(k8s: Any, view_of: Any) -> None:
    """A webhook that nobody can answer decides, if the sum exceeds the deadline."""
    hooks = (_hook(k8s, "labels", 12), _hook(k8s, "vault", 20))
    one = _found(_view(k8s, view_of, *hooks, absent=["Service hooks/labels"]))
    assert str(one.culprit) == "MutatingWebhookConfiguration labels" and one.likelihood is Likelihood.HIGH
    assert "does not exist" in one.statement.en


def test_webhooks_about_others(k8s: Any, view_of: Any) -> None:
    """Webhooks of other kinds, namespaces or pods are not suspected."""
    elsewhere = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}
    opted = {"objectSelector": {"matchLabels": {"inject": "yes"}}}
    kinds = {"rules": [{"apiGroups": ["apps"], "operations": ["CREATE"], "resources": ["deployments"]}]}
    different: tuple[dict[str, Any], ...] = (elsewhere, opted, kinds)
    hooks = [_hook(k8s, f"h{i}", 20, **more) for i, more in enumerate(different)]
    one = _found(_view(k8s, view_of, *hooks))
    assert str(one.culprit) == APP and one.category == "admission-policy"


def test_what_is_read(k8s: Any, view_of: Any) -> None:
    """Both kinds of configuration, the namespace's labels, and the Services of the webhooks asked."""
    view = _view(k8s, view_of, _hook(k8s, "vault", 20))
    asked = {w.read.kind for r in relations.RELATIONS for w in r(view)}
    assert {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "Namespace", "Service"} <= asked
