"""Static pods of the control plane: whose localhost is the machine, and who is meant by the API server."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.alert import Alert, SubjectScope
from kubetriage.domain.finding import Likelihood
from kubetriage.domain.rules.log_causes import log_causes
from kubetriage.domain.subject import subject_of

POD = "Pod kube-system/kube-apiserver-cp-1"
LINE = "FATAL dial tcp 127.0.0.1:2379: connect: connection refused\n"


def _one(k8s: Any, view_of: Any, *objects: Any, **spec: Any) -> Any:
    ended = k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1), restarts=5)
    pod = k8s.pod(POD, ended, node="cp-1", **spec)
    logs = {("kube-system", "kube-apiserver-cp-1", "app", True): LINE}
    (one,) = k8s.findings(log_causes(view_of([pod, *objects], POD, logs=logs)))
    return one


def _etcd(k8s: Any, node: str, ready: bool) -> Any:
    command = ["etcd", "--listen-client-urls=https://10.0.1.11:2379,https://127.0.0.1:2379"]
    return k8s.pod(f"Pod kube-system/etcd-{node}", k8s.container(command=command, ready=ready), node=node,
                   hostNetwork=True)  # fmt: skip


def test_localhost_of_a_machine(k8s: Any, view_of: Any) -> None:
    """With hostNetwork it is the machine: no address is called wrong, and who listens there is named."""
    one = _one(
        k8s, view_of, _etcd(k8s, "cp-1", ready=False), _etcd(k8s, "cp-2", ready=True), hostNetwork=True
    )
    assert one.rule == "log.own-machine" and one.likelihood is Likelihood.MEDIUM
    assert (
        "Pod etcd-cp-1 should listen, which is not ready" in one.statement.en
        and "etcd-cp-1" in one.statement.zh
    )
    assert [str(r) for r in one.waits_on] == ["Pod kube-system/etcd-cp-1"]


def test_localhost_of_a_machine_where_nobody_is_seen(k8s: Any, view_of: Any) -> None:
    """Nobody of another machine is named."""
    one = _one(k8s, view_of, _etcd(k8s, "cp-2", ready=True), hostNetwork=True)
    assert "network of node cp-1" in one.statement.en and "etcd" not in one.statement.en.split(": “")[0]


def test_localhost_of_a_pod(k8s: Any, view_of: Any) -> None:
    """A pod with a network of its own means itself."""
    assert _one(k8s, view_of).rule == "log.localhost"


@pytest.mark.parametrize(
    ("namespace", "service", "scope"),
    [
        ("default", "kubernetes", SubjectScope.CLUSTER),
        ("default", "shop", SubjectScope.RESOURCE),
        ("shop", "kubernetes", SubjectScope.RESOURCE),
    ],
)
def test_the_service_of_the_api_server(namespace: str, service: str, scope: SubjectScope) -> None:
    """`default/kubernetes` selects no pods: what is down behind it is in the cluster's own namespace."""
    labels = {"alertname": "TargetDown", "namespace": namespace, "service": service, "job": "apiserver"}
    found = subject_of(Alert(name="TargetDown", labels=labels, fingerprint="0" * 16))
    assert found.scope is scope and (found.namespace == "") is (scope is SubjectScope.CLUSTER)
