"""domain.rules.log_denied: ports and files that a process has no right to."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Specificity
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-1"
LOG = ("shop", "app-1", "app", True)
LINE = "mkdir: can't create directory '/var/lib/grafana/plugins': Permission denied\n"
VOLUMES = [{"name": "data", "persistentVolumeClaim": {"claimName": "grafana"}}]


def _one(k8s: Any, view_of: Any, log: str, *, pod: Any = None, **spec: Any) -> Finding:
    made = k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1), restarts=4, **spec)
    view = view_of([k8s.pod(POD, made, phase="Running", **(pod or {}))], POD, logs={LOG: log})
    (found,) = k8s.findings(log_causes(view))
    return found  # type: ignore[no-any-return]


def test_a_claim_without_a_group(k8s: Any, view_of: Any) -> None:
    """A volume's files belong to root unless the pod sets fsGroup."""
    mounts = [{"name": "data", "mountPath": "/var/lib/grafana"}]
    found = _one(k8s, view_of, LINE, pod={"volumes": VOLUMES}, volumeMounts=mounts)
    assert "in the volume of claim grafana; the pod sets no fsGroup" in found.statement.en
    assert found.specificity is Specificity.EXACT and "fsGroup" in found.remedies[0].title.en
    assert "存储卷声明 grafana" in found.statement.zh


def test_a_group_that_is_set_is_not_the_reason(k8s: Any, view_of: Any) -> None:
    """With fsGroup, or outside a claim, the group is not missing."""
    mounts = [{"name": "data", "mountPath": "/var/lib/grafana"}]
    grouped = {"volumes": VOLUMES, "securityContext": {"fsGroup": 472}}
    assert "fsGroup" not in _one(k8s, view_of, LINE, pod=grouped, volumeMounts=mounts).statement.en
    assert "fsGroup" not in _one(k8s, view_of, LINE).statement.en


def test_the_port_of_the_container(k8s: Any, view_of: Any) -> None:
    """.NET names no port: the container's only one below 1024 is meant."""
    log = (
        "Unhandled exception. System.Net.Sockets.SocketException (13): Permission denied\n"
        "   at System.Net.Sockets.Socket.Bind(EndPoint localEP)\n"
    )
    found = _one(k8s, view_of, log, ports=[{"containerPort": 80}, {"containerPort": 9090}])
    assert "it may not bind port 80" in found.statement.en and found.category == "pod-security"


def test_a_script_without_its_interpreter(k8s: Any, view_of: Any) -> None:
    """The kernel says the same of a file that is not there and of an interpreter that is not."""
    found = _one(k8s, view_of, "exec /docker-entrypoint.sh: no such file or directory\n")
    assert "the interpreter that its first line names" in found.statement.en


def test_a_database_that_is_not_there(k8s: Any, view_of: Any) -> None:
    """The variable that holds its name stands beside it."""
    log = 'FATAL server error (10.0.0.9:5432): database "loyality" does not exist\n'
    found = _one(k8s, view_of, log, env=[{"name": "PGDATABASE", "value": "loyality"}])
    assert "for database loyality, which does not exist" in found.statement.en
    assert "its environment sets PGDATABASE to `loyality`" in found.statement.en
