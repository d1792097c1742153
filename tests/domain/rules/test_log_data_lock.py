"""domain.rules.log_data_lock: data that another pod uses, and locks that were left behind."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Finding, Likelihood, RemedyKind, Specificity
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import signs
from kubetriage.domain.rules.log_causes import log_causes

POD = "Pod shop/app-2"
LOG = ("shop", "app-2", "app", True)
LINE = "2026-01-01T08:05:02Z 1 [ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11\n"
ENDS = "2026-01-01T08:06:42Z 0 [ERROR] [MY-010119] [Server] Aborting\n"
MOUNT = {"volumeMounts": [{"name": "data", "mountPath": "/var/lib/mysql"}]}
VOLUMES = [{"name": "data", "persistentVolumeClaim": {"claimName": "db-data"}}]


def _view(k8s: Any, view_of: Any, *others: Any) -> Any:
    state = k8s.waiting("CrashLoopBackOff")
    made = k8s.container(state=state, last=k8s.ended(1), restarts=4, **MOUNT)
    pod = k8s.pod(POD, made, phase="Running", owner="ReplicaSet shop/app-new", volumes=VOLUMES)
    sets = [k8s.replicaset("ReplicaSet shop/app-new", revision=2), k8s.replicaset("ReplicaSet shop/app-old")]
    return view_of([pod, *sets, k8s.deployment(), *others], POD, logs={LOG: LINE + ENDS})


def _one(k8s: Any, view: Any) -> Finding:
    (found,) = k8s.findings(log_causes(view))
    return found  # type: ignore[no-any-return]


def test_the_old_pod_of_an_update_holds_the_data(k8s: Any, view_of: Any) -> None:
    """A rolling update starts the new pod while the old one still runs on the same claim."""
    old = k8s.pod("Pod shop/app-1", k8s.container(**MOUNT), owner="ReplicaSet shop/app-old", volumes=VOLUMES)
    found = _one(k8s, _view(k8s, view_of, old))
    assert "pod app-1 still runs on the same volume (claim db-data)" in found.statement.en
    assert (found.category, found.specificity) == ("rollout-stuck", Specificity.EXACT)
    fix = next(r for r in found.remedies if r.kind is RemedyKind.CHANGE)
    assert "Recreate" in fix.commands[0].command and "存储卷声明 db-data" in found.statement.zh


def test_another_workload_holds_the_data(k8s: Any, view_of: Any) -> None:
    """Two workloads on one claim: neither is a rollout of the other."""
    other = k8s.pod("Pod shop/backup-1", k8s.container(**MOUNT), volumes=VOLUMES)
    found = _one(k8s, _view(k8s, view_of, other))
    assert found.category == "misconfigured-app" and "backup-1" in found.statement.en


def test_a_pod_that_has_ended_holds_nothing(k8s: Any, view_of: Any) -> None:
    """Without a running pod on the claim, a lock that was left behind stays possible."""
    ended = k8s.pod("Pod shop/app-1", k8s.container(state=k8s.ended(0), ready=False, **MOUNT),
                    phase="Succeeded", owner="ReplicaSet shop/app-old", volumes=VOLUMES)  # fmt: skip
    found = _one(k8s, _view(k8s, view_of, ended))
    assert "left its lock behind" in found.statement.en and found.likelihood is Likelihood.HIGH
    assert found.remedies[0].kind is RemedyKind.ESCALATE


@pytest.mark.parametrize(
    "line",
    [
        'FATAL:  lock file "postmaster.pid" already exists',
        "ERROR DBPathInUse: Unable to lock the lock file: /data/db/mongod.lock (Resource temporarily "
        "unavailable). Another mongod instance is already running on the /data/db directory",
        "ERROR opening storage failed: lock DB directory: resource temporarily unavailable",
        "ERROR IO error: While lock file: /data/LOCK: Resource temporarily unavailable",
        "kafka.common.KafkaException: Failed to acquire lock on file .lock in /kafka/data. A Kafka instance in "
        "another process or thread is using this directory.",
        "ERROR Cannot lock file /var/lib/clickhouse/status. Another server instance in same directory is already "
        "running.",
        "A server is already running. Check /app/tmp/pids/server.pid.",
        "ERROR: Pidfile (celerybeat.pid) already exists.",
    ],
)
def test_words_for_locked_data(line: str) -> None:
    """Databases, stores and servers that guard their data with a lock say so in words of their own."""
    assert next((one.sign for one in signs(line + "\n")), None) is Sign.DATA_LOCKED


@pytest.mark.parametrize(
    "line",
    [
        'FATAL:  could not write lock file "postmaster.pid": No space left on device',
        "ERROR another instance holds the leader lease",
        "ERROR Deadlock found when trying to get lock; try restarting transaction",
    ],
)
def test_other_locks(line: str) -> None:
    """A full disk, a leader's lease and a row lock are no locked data."""
    assert all(one.sign is not Sign.DATA_LOCKED for one in signs(line + "\n"))
