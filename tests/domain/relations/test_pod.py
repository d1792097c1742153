"""What is read around a Pod."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, ReadKind
from kubetriage.domain.relations.pod import RELATIONS, owners_by_name
from kubetriage.domain.view import ClusterView

POD = "Pod shop/app-7d9-x1"


def _reads(view: ClusterView) -> list[tuple[str, str, str]]:
    """(verb, kind, name or selector) of all that is wanted."""
    wants = [w for relation in RELATIONS for w in relation(view)]
    assert all(w.why.en and w.why.zh for w in wants)
    return [
        (w.read.verb.value, w.read.kind, w.read.name or w.read.label_selector or w.read.field_selector)
        for w in wants
    ]


def _logs(view: ClusterView) -> list[tuple[str, bool]]:
    wants = [w for relation in RELATIONS for w in relation(view)]
    return [(w.read.container, w.read.previous) for w in wants if w.read.verb is ReadKind.LOG]


def test_a_pod_in_trouble_is_read_around(k8s: Any, view_of: Any) -> None:
    """Events, owner, node, claims, ConfigMaps, Services of a pod that is not well are wanted; no Secrets."""
    pod = k8s.pod(
        POD,
        k8s.container(state=k8s.waiting("ContainerCreating"), envFrom=[{"secretRef": {"name": "s"}}]),
        owner="ReplicaSet shop/app-7d9",
        volumes=[
            {"name": "d", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "c", "configMap": {"name": "conf"}},
        ],
    )
    wanted = _reads(view_of([pod], POD))
    assert wanted == [
        ("list", "Event", "involvedObject.kind=Pod,involvedObject.name=app-7d9-x1"),
        ("get", "ReplicaSet", "app-7d9"),
        ("get", "Node", "n1"),
        ("list", "Service", ""),
        ("get", "PersistentVolumeClaim", "data"),
        ("get", "ConfigMap", "conf"),
    ]


def test_the_chain_of_owners_is_followed_to_the_siblings(k8s: Any, view_of: Any) -> None:
    """Each owner that was read leads to the next, the topmost to the pods that it selects."""
    objects = [
        k8s.pod(POD, owner="ReplicaSet shop/app-7d9"),
        k8s.replicaset("ReplicaSet shop/app-7d9"),
        k8s.deployment(),
    ]
    wanted = _reads(view_of(objects, POD))
    assert ("get", "Deployment", "app") in wanted and ("list", "Pod", "app=app") in wanted


def test_a_healthy_pod_is_read_sparingly(k8s: Any, view_of: Any) -> None:
    """Around a pod that is ready neither its node nor its configuration is read."""
    pod = k8s.pod(POD, k8s.container(envFrom=[{"configMapRef": {"name": "conf"}}]))
    assert {kind for _, kind, _ in _reads(view_of([pod], POD))} == {"Event", "Pod"}


def test_logs_are_wanted_of_containers_that_ran(k8s: Any, view_of: Any) -> None:
    """A container that never started has no log; one that was restarted has a previous one too."""
    pod = k8s.pod(
        POD,
        k8s.container("new", state=k8s.waiting("ImagePullBackOff")),
        k8s.container("loop", state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1), restarts=3),
        k8s.container("well"),
    )
    assert _logs(view_of([pod], POD)) == [("loop", True), ("loop", False), ("well", False)]


def test_init_containers_that_are_done_are_not_read(k8s: Any, view_of: Any) -> None:
    """An init container that succeeded says nothing; one that runs or failed does."""
    pod = k8s.pod(
        POD,
        k8s.container("done", state=k8s.ended(0), init=True),
        k8s.container("stuck", state=k8s.running(9), ready=False, init=True),
        k8s.container(state=k8s.waiting("PodInitializing")),
    )
    assert _logs(view_of([pod], POD)) == [("stuck", False)]


def test_pods_that_merely_came_with_a_list_are_not_read_around(k8s: Any, view_of: Any) -> None:
    """Only the pods that the run looks at are expanded."""
    assert _reads(view_of([k8s.pod("Pod shop/other")], POD)) == []


def test_the_logs_of_a_workload_without_unhealthy_pods(k8s: Any, view_of: Any) -> None:
    """When all pods of the alert's workload are ready, two of their logs may show what the alert measures; else
    one of a ready pod, and none where no pod is ready."""
    pods = [k8s.pod(f"Pod shop/app-{n}", owner="StatefulSet shop/app") for n in range(4)]
    view = view_of([k8s.obj("StatefulSet shop/app"), *pods], "StatefulSet shop/app")
    assert len(_logs(view)) == 2
    pods[3] = k8s.pod("Pod shop/app-3", k8s.container(ready=False), owner="StatefulSet shop/app")
    assert len(_logs(view_of([k8s.obj("StatefulSet shop/app"), *pods], "StatefulSet shop/app"))) == 1
    assert _logs(view_of([k8s.obj("StatefulSet shop/app"), pods[3]], "StatefulSet shop/app")) == []


@pytest.mark.parametrize(
    ("name", "owners"),
    [
        ("web-6db6fb878d-mgzzn", ["Deployment web", "DaemonSet web-6db6fb878d", "Job web-6db6fb878d",
                                  "ReplicaSet web-6db6fb878d"]),
        ("db-0", ["StatefulSet db"]),
        ("agent-x7k2p", ["DaemonSet agent", "Job agent", "ReplicaSet agent"]),
        ("backup-29012345-abcde", ["Job backup-29012345", "CronJob backup"]),
        ("single", []),
    ],
)  # fmt: skip
def test_owners_are_guessed_from_a_pods_name(k8s: Any, name: str, owners: list[str]) -> None:
    """The controllers' ways of naming pods lead back to them, the likeliest first."""
    assert [f"{o.kind} {o.name}" for o in owners_by_name(k8s.ref(f"Pod shop/{name}"))] == owners


def test_an_absent_pods_owner_is_looked_for_one_by_one(k8s: Any, view_of: Any) -> None:
    """The next guess is made only when the one before is absent; events may outlive the pod."""
    pod = "Pod shop/agent-x7k2p"
    first = _reads(view_of([], pod, absent=[pod]))
    assert first == [
        ("list", "Event", "involvedObject.kind=Pod,involvedObject.name=agent-x7k2p"), ("get", "DaemonSet",
                                                                                       "agent")
    ]  # fmt: skip
    second = _reads(view_of([], pod, absent=[pod, "DaemonSet shop/agent"]))
    assert second[-1] == ("get", "Job", "agent")
    found = _reads(view_of([k8s.obj("Job shop/agent")], pod, absent=[pod, "DaemonSet shop/agent"]))
    assert found[-1] == ("get", "Job", "agent")


def test_a_pod_that_could_not_be_read_is_not_taken_for_absent(k8s: Any, view_of: Any) -> None:
    """Without an answer nothing is concluded from the pod's name."""
    assert _reads(view_of([], "Pod shop/agent-x7k2p")) == []


@pytest.mark.parametrize(("kind", "asked"), [(FailureKind.FORBIDDEN, 2), (FailureKind.UNAVAILABLE, 0)])
def test_around_a_pod_that_may_not_be_read(k8s: Any, view_of: Any, kind: FailureKind, asked: int) -> None:
    """Who may not read Pods may read their events and owner; of a cluster that is down no more is asked."""
    pod = "Pod shop/web-6db6fb878d-mgzzn"
    wanted = _reads(view_of([], pod, failed={pod: kind}))
    assert [(verb, what) for verb, what, _ in wanted] == [("list", "Event"), ("get", "Deployment")][:asked]


def test_the_log_of_a_ready_pod_beside_unready_ones(k8s: Any, view_of: Any) -> None:
    """What callers notice may be another fault than the one that keeps pods from being ready."""
    labels = {"app": "app"}
    pods = [
        k8s.pod("Pod shop/app-1", k8s.container(state=k8s.waiting("ImagePullBackOff")), labels=labels,
                owner="Deployment shop/app"),
        *(k8s.pod(f"Pod shop/app-{i}", labels=labels, owner="Deployment shop/app") for i in (2, 3)),
    ]  # fmt: skip
    view = view_of([k8s.deployment(), *pods], "Deployment shop/app")
    logs = [r[2] for r in _reads(view) if r[0] == "log"]
    assert logs == ["app-2"]
