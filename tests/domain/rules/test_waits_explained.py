"""Pods that wait within what is asked for: long grace, slow ownership, a paused scaler, an older template."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kubetriage.domain.finding import Likelihood
from kubetriage.domain.rules import grace, keda_pause, rollout, terminating, volume_ownership
from kubetriage.domain.rules.image import not_pulled

POD = "Pod shop/app-1"


def _leaving(k8s: Any, *, grace_seconds: int, asked: float) -> Any:
    ends = k8s.at(asked - grace_seconds / 60)
    hook = {"preStop": {"exec": {"command": ["sleep", "3500"]}}}
    meta = {"deletionTimestamp": ends, "deletionGracePeriodSeconds": grace_seconds}
    return k8s.pod(POD, k8s.container(lifecycle=hook), metadata=meta)


def test_within_a_long_grace_period(view_of: Any, k8s: Any) -> None:
    """`deletionTimestamp` is the end of the time; the hook that uses it up is named."""
    view = view_of([_leaving(k8s, grace_seconds=3600, asked=20)], POD)
    (one,) = grace.in_grace(view)
    assert one.likelihood is Likelihood.HIGH
    assert "sleep 3500" in one.statement.en
    assert "40 min of its grace period of 3600 s left" in one.statement.en
    assert list(grace.in_grace(view_of([_leaving(k8s, grace_seconds=30, asked=0.2)], POD))) == []


def test_ownership_is_being_changed(view_of: Any, k8s: Any) -> None:
    """The number of files is told, as long as the kubelet still says so."""
    waits = k8s.container(state=k8s.waiting("ContainerCreating"))
    pod = k8s.pod(POD, waits, securityContext={"fsGroup": 2000},
                  volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])  # fmt: skip
    said = "Setting volume ownership for /pods/x/mount, processed 18211330 files."
    event = k8s.event(POD, "VolumePermissionChangeInProgress", said, times=9)
    (one,) = volume_ownership.changing(view_of([pod, event], POD))
    assert "claim data to fsGroup 2000; 18211330 files" in one.statement.en
    late = k8s.event(POD, "VolumePermissionChangeInProgress", said, first=90, last=50)
    assert list(volume_ownership.changing(view_of([pod, late], POD))) == []


def test_scaler_that_is_paused(view_of: Any, k8s: Any) -> None:
    """Replicas set by hand would be undone: the pause is ended instead, and only a pause at 0 counts."""
    work = k8s.deployment(replicas=0)
    notes = {keda_pause.NOTE: "0"}
    scaler = k8s.obj("ScaledObject shop/app", metadata={"annotations": notes},
                     spec={"scaleTargetRef": {"name": "app"}})  # fmt: skip
    scaler["apiVersion"] = "keda.sh/v1alpha1"
    (one,) = rollout.scaled_to_zero(view_of([work, scaler], "Deployment shop/app"))
    assert str(one.culprit) == "ScaledObject shop/app"
    assert one.remedies[0].commands[0].command.endswith(f"{keda_pause.NOTE}-")
    notes[keda_pause.NOTE] = "2"
    (one,) = rollout.scaled_to_zero(view_of([work, scaler], "Deployment shop/app"))
    assert str(one.culprit) == "Deployment shop/app"


def _stateful(k8s: Any, view_of: Any, own: str) -> Any:
    image = "registry.example.com/shop/app:9.9"
    waits = k8s.waiting("ImagePullBackOff", f'Back-off pulling image "{image}"')
    pod = k8s.pod("Pod shop/db-2", k8s.container("db", image, state=waits), owner="StatefulSet shop/db",
                  labels={"controller-revision-hash": own})  # fmt: skip
    spec = {"containers": [{"name": "db", "image": "registry.example.com/shop/app:9.8"}]}
    top = k8s.obj("StatefulSet shop/db", spec={"replicas": 3, "template": {"spec": spec}},
                  status={"updateRevision": "db-new"})  # fmt: skip
    said = f'Failed to pull image "{image}": rpc error: code = NotFound desc = {image}: not found'
    event = k8s.event("Pod shop/db-2", "Failed", said, field_path="spec.containers{db}")
    (one,) = k8s.findings(list(not_pulled(view_of([pod, top, event], "Pod shop/db-2"))))
    return one


def test_pod_of_an_earlier_template(view_of: Any, k8s: Any) -> None:
    """A StatefulSet does not replace a pod that never became ready: it is to be deleted."""
    one = _stateful(k8s, view_of, "db-old")
    assert one.remedies[0].commands[0].command == "kubectl delete pod/db-2 -n shop"
    assert "app:9.8 by now" in one.statement.en


def test_image_that_admission_rewrote(view_of: Any, k8s: Any) -> None:
    """Of the newest revision, another image than the template's is somebody else's doing."""
    one = _stateful(k8s, view_of, "db-new")
    assert "by now" not in one.statement.en
    assert "set image" in one.remedies[0].commands[0].command


def test_protection_is_never_taken_off(view_of: Any, k8s: Any) -> None:
    """A claim whose users were not seen is still used by somebody: no step takes its protection off."""
    meta = {"deletionTimestamp": k8s.at(60), "finalizers": ["kubernetes.io/pvc-protection"]}
    claim = k8s.obj("PersistentVolumeClaim shop/data", metadata=meta)
    (one,) = k8s.findings(list(terminating.stuck(view_of([claim], "PersistentVolumeClaim shop/data"))))
    assert one.likelihood is Likelihood.MEDIUM
    assert not any("finalizers" in c.command for r in one.remedies for c in r.commands)
    assert one.since is not None
    assert one.since <= k8s.now - timedelta(minutes=59)


def test_recreate_waits_for_the_old_pod(view_of: Any, k8s: Any) -> None:
    """A Deployment with strategy Recreate has no new pod before the old one has gone."""
    work = k8s.deployment(spec={"strategy": {"type": "Recreate"}})
    old = _leaving(k8s, grace_seconds=7200, asked=25)
    old["metadata"]["ownerReferences"] = k8s.pod(POD, owner="ReplicaSet shop/app-old")["metadata"][
        "ownerReferences"
    ]
    objects = [work, k8s.replicaset("ReplicaSet shop/app-old", replicas=0), old]
    (one,) = grace.in_grace(view_of(objects, "Deployment shop/app"))
    assert one.culprit == k8s.ref("Deployment shop/app") and one.category == "rollout-stuck"
    assert "(strategy Recreate) makes a new pod only when the old one has ended" in one.statement.en
    assert "要等旧 Pod 结束后才会创建新 Pod" in one.statement.zh
    rolling = [k8s.deployment(), *objects[1:]]
    assert list(grace.in_grace(view_of(rolling, "Deployment shop/app"))) == []
