"""When the configuration of a workload was written, and that it cannot be seen."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding, Role
from kubetriage.domain.rules.changes_configuration import CONFIGURATION_RULES
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
APP, POD, MAP = "Deployment shop/app", "Pod shop/app-1-x", "ConfigMap shop/settings"


def told(view: ClusterView) -> list[Finding]:
    return [f for rule in CONFIGURATION_RULES for f in rule(view) if isinstance(f, Finding)]


def configmap(k8s: Any, written: float | None, created: float = 9000) -> Raw:
    meta: Raw = {"creationTimestamp": k8s.at(created)}
    if written is not None:
        meta["managedFields"] = [
            {"manager": "kube-controller", "operation": "Update", "time": k8s.at(created)},
            {"manager": "kubectl-edit", "operation": "Update", "time": k8s.at(written)},
        ]
    made: Raw = k8s.obj(MAP, metadata=meta)
    return made


def seen(k8s: Any, view_of: Any, found: Raw, *, started: float = 600, ready: bool = False,
         **reads: Any) -> ClusterView:  # fmt: skip
    reads = reads or {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    main = k8s.container(state={"running": {"startedAt": k8s.at(started)}}, ready=ready, **reads)
    objects = [
        k8s.deployment(APP, replicas=1), k8s.replicaset("ReplicaSet shop/app-1", APP),
        k8s.pod(POD, main, owner="ReplicaSet shop/app-1", ready=ready), found,
    ]  # fmt: skip
    view: ClusterView = view_of(objects, POD)
    return view


def test_a_write_that_the_server_shows(k8s: Any, view_of: Any) -> None:
    """Its time, its client, and that a container older than it goes on with what it read at its start."""
    (one,) = told(seen(k8s, view_of, configmap(k8s, 22)))
    assert (one.role, str(one.subject)) == (Role.CHANGE, MAP)
    assert one.statement.en == (
        "ConfigMap settings was written by kubectl-edit (12 min before the alert); 1 of 1 pods started before "
        "and keep the former values in their environment until a restart."
    )
    assert "重启前" in one.statement.zh


def test_a_pod_that_has_read_the_write(k8s: Any, view_of: Any) -> None:
    """A container that started later has the new values, and a volume follows by itself."""
    (later,) = told(seen(k8s, view_of, configmap(k8s, 22), started=20))
    assert later.statement.en == "ConfigMap settings was written by kubectl-edit (12 min before the alert)."
    mounted = k8s.container(state={"running": {"startedAt": k8s.at(600)}})
    pod = k8s.pod(POD, mounted, owner="ReplicaSet shop/app-1", ready=False)
    pod["spec"]["volumes"] = [{"name": "c", "configMap": {"name": "settings"}}]
    objects = [k8s.deployment(APP, replicas=1), k8s.replicaset("ReplicaSet shop/app-1", APP), pod]
    (volume,) = told(view_of([*objects, configmap(k8s, 22)], POD))
    assert "started before" not in volume.statement.en


def test_an_old_write_is_no_news_and_no_gap(k8s: Any, view_of: Any) -> None:
    """What was last written long ago, or as it was created, was not changed."""
    assert told(seen(k8s, view_of, configmap(k8s, 5000))) == []
    assert told(seen(k8s, view_of, configmap(k8s, 30, created=30))) == []


def test_without_write_times_a_change_cannot_be_excluded(k8s: Any, view_of: Any) -> None:
    """Most servers leave `managedFields` out: of a workload in trouble that is said, of a well one it is not."""
    (hint,) = told(seen(k8s, view_of, configmap(k8s, None)))
    assert (hint.role, hint.rule) == (Role.HINT, "change.configuration-unseen")
    assert told(seen(k8s, view_of, configmap(k8s, None), ready=True)) == []
