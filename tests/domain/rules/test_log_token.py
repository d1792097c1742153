"""Pods whose tokens the cluster's own API refuses."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind
from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.rules.log_causes import log_causes

POD, ACCOUNT = "Pod shop/app-1", "ServiceAccount shop/syncer"
REFLECTOR = (
    'E0601 11:50:41.2 1 reflector.go:166] "Unhandled Error" err="client-go/reflector.go:243: Failed to watch '
    '*v1.ConfigMap: failed to list *v1.ConfigMap: Unauthorized" logger="UnhandledError"'
)


def _found(k8s: Any, view_of: Any, line: str = REFLECTOR, objects: Any = (), **parts: Any) -> list[Finding]:
    pod = k8s.pod(POD, k8s.container(), owner="Deployment shop/app", serviceAccountName="syncer")
    logs = {("shop", "app-1", "app", False): f"{line}\n" * 12}
    view = view_of([pod, k8s.deployment(), *objects], POD, logs=logs, **parts)
    made = list(log_causes(view))

    return k8s.findings(made)  # type: ignore[no-any-return]


def _account(k8s: Any, minutes_ago: float) -> Any:
    return k8s.obj(ACCOUNT, metadata={"creationTimestamp": k8s.at(minutes_ago)})


@pytest.mark.parametrize(
    "line",
    [
        REFLECTOR,
        "E0601 leaderelection.go:332] error retrieving resource lock shop/lock: Unauthorized",
        "ERROR the server has asked for the client to provide credentials (get pods)",
        "error: You must be logged in to the server (Unauthorized)",
    ],
)
def test_an_account_that_was_made_anew(k8s: Any, view_of: Any, line: str) -> None:
    """It is younger than the pod, whose token is the old one's; to start the pods anew ends it."""
    (one,) = _found(k8s, view_of, line, [_account(k8s, 43)])
    assert str(one.culprit) == ACCOUNT and one.likelihood is Likelihood.HIGH
    assert "ServiceAccount syncer was made anew 43 min ago" in one.statement.en
    assert one.category == "stale-credential" and "重新创建" in one.statement.zh
    commands = [c.command for r in one.remedies for c in r.commands]
    assert "kubectl rollout restart deployment/app -n shop" in commands


def test_an_account_that_is_gone(k8s: Any, view_of: Any) -> None:
    """Deleted and not made anew."""
    (one,) = _found(k8s, view_of, absent=[ACCOUNT])
    assert str(one.culprit) == ACCOUNT and "does not exist any more" in one.statement.en
    assert "kubectl create serviceaccount syncer -n shop" in one.remedies[0].commands[0].command


@pytest.mark.parametrize("unreadable", [True, False])
def test_an_account_that_is_not_to_blame(k8s: Any, view_of: Any, unreadable: bool) -> None:
    """One that is older than the pod, or could not be read: that the token is refused is all that is known."""
    parts: Any = {"failed": {ACCOUNT: FailureKind.FORBIDDEN}} if unreadable else {}
    (one,) = _found(k8s, view_of, REFLECTOR, [] if unreadable else [_account(k8s, 900)], **parts)
    assert one.likelihood is Likelihood.MEDIUM and str(one.culprit) == "Deployment shop/app"


@pytest.mark.parametrize(
    "line",
    [
        "ERROR failed to get invoice 7 from billing: Unauthorized",
        'E0601 reflector.go:166] failed to list *v1.Pod: pods is forbidden: User "system:serviceaccount:shop:syncer" '
        'cannot list resource "pods" in API group "" in the namespace "shop"',
    ],
)
def test_other_refusals(k8s: Any, view_of: Any, line: str) -> None:
    """Another service's 401 has nothing to do with the account, and what RBAC denies needs no new token."""
    assert all(one.rule != "log.token-refused" for one in _found(k8s, view_of, line, [_account(k8s, 43)]))
