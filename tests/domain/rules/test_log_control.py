"""domain.rules.log_control: controllers that the control plane lets down, and those that only look so."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod ops/ctl-1"
LOCK = (
    "E1123 10:00:01.000000 1 leaderelection.go:332] error retrieving resource lock ops/ctl-lock: Get "
    '"https://10.96.0.1:443/apis/coordination.k8s.io/v1/namespaces/ops/leases/ctl-lock": context deadline '
    "exceeded\n"
)
RENEW = (
    "I1123 10:00:06.000000 1 leaderelection.go:285] failed to renew lease ops/ctl-lock: timed out waiting\n"
)
LOST = "E1123 10:00:06.100000 1 main.go:120] problem running manager: leader election lost\n"
HOOK = (
    "E1123 10:00:01.000000 1 reflector.go:147] failed to list *v1.Gate: conversion webhook for "
    'edge.example.com/v1, Kind=Gate failed: Post "https://gate-hook.edge.svc:443/convert?timeout=30s": '
)
ROUTE = 'service "gate-hook" not found\n'
REFUSED = "dial tcp 10.96.4.4:443: connect: connection refused\n"
CERT = "x509: certificate signed by unknown authority\n"
SYNC = "E1123 10:02:00.000000 1 main.go:120] timed out waiting for caches to sync: Gate\n"
DATABASE = "ERROR dial tcp: db.shop.svc:5432: connection refused\n"


def _found(k8s: Any, view_of: Any, log: str, *, code: int | None = 1, **more: Any) -> Any:
    state = {} if code is None else {"state": k8s.waiting("CrashLoopBackOff"), "last": k8s.ended(code),
                                     "restarts": 6}  # fmt: skip
    pod = k8s.pod(POD, k8s.container(**state), node="n1", owner="StatefulSet ops/ctl")
    logs = {("ops", "ctl-1", "app", code is not None): log}
    view = view_of([pod, k8s.obj("Node n1")], POD, logs=logs, **more)
    return view, k8s.findings(log_causes(view))


def test_a_lease_that_could_not_be_renewed(k8s: Any, view_of: Any) -> None:
    """The lease, its loss and who did not answer are told in both languages; the reason lies at the API."""
    _, (one,) = _found(k8s, view_of, LOCK + RENEW + LOST)
    assert one.category == "control-plane-down" and one.likelihood is Likelihood.MEDIUM
    assert "lease ops/ctl-lock" in one.statement.en and "API server" in one.statement.en
    assert "租约 ops/ctl-lock" in one.statement.zh and "API 服务器" in one.statement.zh


@pytest.mark.parametrize("end", [LOST, ""])
def test_another_peer_beside_a_lost_lease(k8s: Any, view_of: Any, end: str) -> None:
    """What ends the controller is the peer that its last error names, though it gives its lease up too."""
    _, (one,) = _found(k8s, view_of, end + DATABASE)
    assert "lease" not in one.statement.en and "db.shop.svc" in one.statement.en


def test_a_lease_of_a_controller_that_runs(k8s: Any, view_of: Any) -> None:
    """A renewal that failed now and then, and succeeded later, ended nothing."""
    _, found = _found(k8s, view_of, (LOCK + RENEW) * 12, code=None)
    assert all(one.rule != "log.lease-lost" for one in found)


def test_an_end_that_is_no_network_failure(k8s: Any, view_of: Any) -> None:
    """A controller that may not renew its lease is refused by RBAC, which is the reason then."""
    denied = (
        'E1123 10:00:06.000000 1 leaderelection.go:332] error retrieving resource lock ops/ctl-lock: leases.c'
        'oordination.k8s.io "ctl-lock" is forbidden: User "system:serviceaccount:ops:ctl" cannot get resource '
        '"leases" in API group "coordination.k8s.io" in the namespace "ops"\n'
    )  # fmt: skip
    _, (one,) = _found(k8s, view_of, denied + LOST)
    assert one.rule != "log.lease-lost" and "leases" in one.statement.en


@pytest.mark.parametrize("why", [REFUSED, ROUTE])
def test_a_conversion_webhook_that_is_away(k8s: Any, view_of: Any, why: str) -> None:
    """The controller ends by a timeout of its cache; the Service that converts its objects is what is missing."""
    _, (one,) = _found(k8s, view_of, (HOOK + why) * 3 + SYNC, absent=["Service edge/gate-hook"])
    assert one.category == "admission-webhook" and str(one.culprit) == "Service edge/gate-hook"
    assert "does not exist" in one.statement.en and "不存在" in one.statement.zh
    view, (one,) = _found(k8s, view_of, (HOOK + why) * 3 + SYNC)
    assert "does not answer" in one.statement.en and "没有应答" in one.statement.zh
    assert any(str(w.about) == "Service edge/gate-hook" for w in k8s.wants(log_causes(view)))


def test_a_conversion_webhook_that_is_not_trusted(k8s: Any, view_of: Any) -> None:
    """It answers: its certificate is what the API server refuses."""
    _, (one,) = _found(k8s, view_of, (HOOK + CERT) * 3 + SYNC)
    assert "does not answer" not in one.statement.en and "certificate" in one.statement.en
    assert "证书" in one.statement.zh and str(one.culprit) == "Service edge/gate-hook"


def test_a_conversion_webhook_beside_the_cause(k8s: Any, view_of: Any) -> None:
    """A conversion that failed once does not speak for an end by the password of a database."""
    last = 'FATAL password authentication failed for user "ctl"\n'
    _, (one,) = _found(k8s, view_of, HOOK + REFUSED + last)
    assert one.category == "db-auth"
    _, (one,) = _found(k8s, view_of, HOOK + REFUSED + DATABASE)
    assert "db.shop.svc" in one.statement.en and one.category != "admission-webhook"


def test_rights_before_a_cache_that_does_not_fill(k8s: Any, view_of: Any) -> None:
    """client-go gives up waiting for its caches: what it was refused before is why they stay empty."""
    denied = (
        'E1123 10:00:01.000000 1 reflector.go:147] failed to list *v1.Secret: secrets is forbidden: User '
        '"system:serviceaccount:ops:ctl" cannot list resource "secrets" in API group "" at the cluster scope\n'
    )  # fmt: skip
    noise = "I1123 10:00:02.000000 1 request.go:697] Waited for 1.1s due to client-side throttling\n" * 4
    last = "F1123 10:02:00.000000 1 main.go:88] timed out waiting for caches to sync\n"
    _, (one,) = _found(k8s, view_of, noise + denied + noise + last, code=255)
    assert "secrets" in one.statement.en and one.category == "rbac"
    _, (one,) = _found(k8s, view_of, noise + last, code=255)
    assert "no answer in time" in one.statement.en


def test_a_warning_before_a_cache_that_does_not_fill(k8s: Any, view_of: Any) -> None:
    """What the controller only warned of is not made its end."""
    warned = (
        "W1123 10:00:01.000000 1 client.go:41] dial tcp metrics.mon.svc:443: connect: connection refused\n"
    )
    _, (one,) = _found(k8s, view_of, warned + SYNC)
    assert "metrics.mon" not in one.statement.en


def test_a_lease_lost_for_a_slow_etcd(k8s: Any, view_of: Any) -> None:
    """The API server passes on what its store said."""
    told = "E1123 10:00:03.000000 1 leaderelection.go:369] Failed to update lock: etcdserver: request timed out\n"
    _, (one,) = _found(k8s, view_of, LOCK + told + RENEW + LOST)
    assert "etcd behind it is too slow" in one.statement.en and "etcd" in one.statement.zh
    _, (one,) = _found(k8s, view_of, LOCK + RENEW + LOST)
    assert "etcd" not in one.statement.en


def test_a_conversion_webhook_without_endpoints(k8s: Any, view_of: Any) -> None:
    """The API server finds no endpoints behind it: the controller that lists such objects waits for it."""
    _, (one,) = _found(
        k8s, view_of, (HOOK + 'no endpoints available for service "gate-hook"\n') * 12, code=None
    )
    assert one.rule == "log.conversion-webhook" and str(one.culprit) == "Service edge/gate-hook"
