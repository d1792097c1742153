"""What is well now, and when that may be concluded."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.finding import Role
from kubetriage.domain.rules import health as rules

POD = "Pod shop/web-1"
KSM = {"job": "kube-state-metrics"}
CLEAN = "INFO ready on :8080\nINFO 200 GET /items\n"
ERROR = CLEAN + 'level=error msg="query failed" err="dial tcp db:5432: connect: connection refused"\n'


def _healthy(found: Any, view: Any) -> list[Any]:
    made = found(view, (rules.healthy,))
    assert all(f.role is Role.HEALTHY for f in made)
    return list(made)


def test_a_ready_pod_with_since_when_and_its_last_restart(k8s: Any, view_of: Any, found: Any) -> None:
    """Since when it is ready, and how long before the alert its last restart was."""
    calm = k8s.container(restarts=7, last=k8s.ended(1, minutes_ago=190))
    (one,) = _healthy(found, view_of([k8s.pod(POD, calm)], POD))
    assert "ready since 11:30 UTC (30 min)" in one.statement.en
    assert "last of 7 restarts was 3 h before the alert (exit code 1)." in one.statement.en
    assert one.statement.zh.endswith("（退出码 1）。") and "7" in one.statement.zh
    assert one.subject.name == "web-1"
    killed = k8s.container(restarts=1, last=k8s.ended(137, "OOMKilled", minutes_ago=190))
    (one,) = _healthy(found, view_of([k8s.pod(POD, killed)], POD))
    assert one.statement.en.endswith(" before the alert (OOMKilled).")


def test_a_pod_that_is_not_ready_or_going_is_not_well(k8s: Any, view_of: Any, found: Any) -> None:
    """Neither readiness nor success: nothing is said."""
    for pod in (
        k8s.pod(POD, k8s.container(ready=False)),
        k8s.pod(POD, metadata={"deletionTimestamp": k8s.at(1)}),
        k8s.pod(POD, k8s.container(state=k8s.ended(1)), phase="Failed"),
    ):
        assert _healthy(found, view_of([pod], POD)) == []


def test_a_pod_that_finished_with_success(k8s: Any, view_of: Any, found: Any) -> None:
    """A finished pod is well whatever the alert measures."""
    pod = k8s.pod(POD, k8s.container(state=k8s.ended(0, minutes_ago=5)), phase="Succeeded")
    view = view_of([pod], POD, alertname="AnythingAtAll")
    assert "finished with success 5 min ago" in _healthy(found, view)[0].statement.en


def test_a_failed_try_of_a_job_that_completed(k8s: Any, view_of: Any, job: Any, found: Any) -> None:
    """Another try did the work: the failed pod is history; while the Job has not completed it is not."""
    words = "Pod shop/load-x1"
    pod = k8s.pod(words, k8s.container(state=k8s.ended(1)), phase="Failed", owner="Job shop/load")
    done = job(ended=("Complete", "", ""), status={"completionTime": k8s.at(3), "failed": 1})
    (one,) = _healthy(found, view_of([pod, done], words))
    assert "completed 3 min ago" in one.statement.en and "成功" in one.statement.zh
    assert _healthy(found, view_of([pod, job()], words)) == []


@pytest.mark.parametrize(
    ("alert", "logs", "concluded"),
    [
        ({"name": "KubePodNotReady"}, "", True),
        ({"name": "KubernetesPodCrashLooping"}, "", True),
        ({"name": "OwnName", "labels": KSM}, "", True),
        ({"name": "OwnName", "source": "resource"}, "", True),
        ({"name": "OwnName", "status": AlertStatus.RESOLVED}, "", True),
        ({"name": "CPUThrottlingHigh"}, CLEAN, False),
        ({"name": "KubePersistentVolumeFillingUp"}, CLEAN, False),
        ({"name": "OwnName"}, CLEAN, False),
        ({"name": "WebPodDown"}, CLEAN, True),
        ({"name": "WebPodDown"}, "", False),
        ({"name": "WebPodDown"}, ERROR, False),
        ({"name": "OwnName", "annotations": {"summary": "error rate above 5%"}}, CLEAN, False),
        (
            {"name": "OwnName", "annotations": {"summary": "web fails more than 5% of its requests"}},
            CLEAN,
            False,
        ),
        ({"name": "OwnName", "annotations": {"summary": "web reports errors of its storage"}}, CLEAN, False),
        ({"name": "OwnName", "annotations": {"summary": "p99 latency of web above 2s"}}, CLEAN, False),
        ({"name": "OwnName", "annotations": {"summary": "web 接口错误率过高"}}, CLEAN, False),
        ({"name": "OwnName", "annotations": {"summary": "Pod状态异常"}}, CLEAN, False),
        ({"name": "OwnName", "annotations": {"summary": "Pod状态为 Failed"}}, CLEAN, True),
        ({"name": "OwnName", "annotations": {"summary": "error rate"}, "labels": KSM}, ERROR, True),
    ],
)
def test_when_readiness_contradicts_an_alert(
    k8s: Any, view_of: Any, found: Any, alerted: Any, alert: Any, logs: str, concluded: bool
) -> None:
    """Alerts about states are contradicted by a well state; one that measures something is not, and of an unknown one
    the logs must have been read and hold no error."""
    given = {("shop", "web-1", "app", False): logs} if logs else {}
    view = alerted(view_of([k8s.pod(POD)], POD, logs=given), **alert)
    assert bool(_healthy(found, view)) is concluded


def test_errors_before_the_alert_do_not_count(k8s: Any, view_of: Any, found: Any, alerted: Any) -> None:
    """An error before the alert's start is over if the log goes on without one; a log that ends before says nothing."""
    line = "{t} ERROR db: connection refused\n{last} INFO GET /items 200\n"
    for time, last, well in (
        ("2025-06-01T09:00:00Z", "2025-06-01T11:58:00Z", True),
        ("2025-06-01T11:55:00Z", "2025-06-01T11:58:00Z", False),
        ("2025-06-01T11:40:00Z", "2025-06-01T11:41:00Z", False),
    ):
        logs = {("shop", "web-1", "app", False): line.format(t=time, last=last)}
        view = alerted(view_of([k8s.pod(POD)], POD, logs=logs), name="WebPodDown")
        assert bool(_healthy(found, view)) is well, time


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "ReplicaSet"])
def test_a_workload_with_all_replicas(k8s: Any, view_of: Any, found: Any, kind: str) -> None:
    """All replicas ready, updated and observed: well; one missing, an older generation or none wanted: not."""
    words = f"{kind} shop/web"

    def made(want: int = 3, generation: int = 4, observed: int = 4, **status: Any) -> Any:
        full = {
            "replicas": 3,
            "readyReplicas": 3,
            "updatedReplicas": 3,
            "observedGeneration": observed,
        } | status
        return k8s.obj(words, metadata={"generation": generation}, spec={"replicas": want}, status=full)

    assert "all 3 replicas" in _healthy(found, view_of([made()], words))[0].statement.en
    for ill in (made(4), made(readyReplicas=2), made(observed=3), made(0, replicas=0, readyReplicas=0)):
        assert _healthy(found, view_of([ill], words)) == []
    if kind != "ReplicaSet":
        assert _healthy(found, view_of([made(updatedReplicas=1)], words)) == []
    stuck = made(
        conditions=[{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
    )
    assert _healthy(found, view_of([stuck], words)) == []


def test_a_daemonset(k8s: Any, view_of: Any, found: Any) -> None:
    """Ready on every node that it wants, and on no other."""
    words = "DaemonSet shop/agent"
    good = {
        "desiredNumberScheduled": 3,
        "numberReady": 3,
        "updatedNumberScheduled": 3,
        "numberMisscheduled": 0,
    }
    assert len(_healthy(found, view_of([k8s.obj(words, status=good)], words))) == 1
    for change in ({"numberReady": 2}, {"updatedNumberScheduled": 1}, {"numberMisscheduled": 1}):
        assert _healthy(found, view_of([k8s.obj(words, status=good | change)], words)) == []


def test_a_node(view_of: Any, node: Any, found: Any, alerted: Any) -> None:
    """Ready, without pressure and open; of an alert about its Ready condition, being cordoned says nothing."""
    pressed = node(MemoryPressure=("True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory"))
    ready = alerted(view_of([node()], "Node n1"), labels=KSM)
    assert "no pressure" in _healthy(found, ready)[0].statement.en
    assert _healthy(found, alerted(view_of([pressed], "Node n1"), labels=KSM)) == []
    closed = alerted(view_of([node(cordoned=True)], "Node n1"), labels=KSM)
    assert _healthy(found, closed) == []
    assert len(_healthy(found, alerted(closed, labels={**KSM, "condition": "Ready"}))) == 1


def test_claims_jobs_scalers(k8s: Any, view_of: Any, job: Any, found: Any) -> None:
    """A bound claim, a completed Job, a scaler that works; not a pending, failed or maxed-out one."""
    claim, scaler = "PersistentVolumeClaim shop/data", "HorizontalPodAutoscaler shop/web"
    bound = k8s.obj(claim, spec={"volumeName": "pv-1"}, status={"phase": "Bound"})
    assert "pv-1" in _healthy(found, view_of([bound], claim))[0].statement.en
    assert _healthy(found, view_of([k8s.obj(claim, status={"phase": "Pending"})], claim)) == []
    done = job(ended=("Complete", "", ""), status={"completionTime": k8s.at(3)})
    assert "completed 3 min ago" in _healthy(found, view_of([done], "Job shop/load"))[0].statement.en
    assert (
        _healthy(found, view_of([job(ended=("Failed", "BackoffLimitExceeded", ""))], "Job shop/load")) == []
    )
    works = [{"type": t, "status": "True"} for t in ("AbleToScale", "ScalingActive")]
    counts = {"currentReplicas": 3, "desiredReplicas": 3}
    fine = k8s.obj(scaler, status={"conditions": works, **counts})
    assert len(_healthy(found, view_of([fine], scaler))) == 1
    maxed = [*works, {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas"}]
    full = k8s.obj(scaler, status={"conditions": maxed, **counts})
    assert _healthy(found, view_of([full], scaler)) == []


def test_a_cronjob_whose_latest_run_succeeded(k8s: Any, view_of: Any, found: Any) -> None:
    """The last success is not older than the last start."""
    words = "CronJob shop/load"
    for good, well in ((10, True), (100, False)):
        status = {"lastScheduleTime": k8s.at(15), "lastSuccessfulTime": k8s.at(good)}
        assert bool(_healthy(found, view_of([k8s.obj(words, status=status)], words))) is well


def test_a_service_with_ready_endpoints(
    k8s: Any, view_of: Any, service: Any, endpoints: Any, found: Any, alerted: Any
) -> None:
    """All its pods are ready endpoints; one that is not ready leaves the question open."""
    words, lists = "Service shop/web", [("EndpointSlice", "shop")]
    pods = [k8s.pod(f"Pod shop/web-{n}", labels={"app": "web"}) for n in (1, 2)]
    slices = endpoints("web", ("10.0.0.1", True, "n1"), ("10.0.0.2", True, "n1"))
    view = alerted(view_of([service(), slices, *pods], words, lists=lists), labels=KSM)
    assert "2 ready endpoints" in _healthy(found, view)[0].statement.en
    pods[1] = k8s.pod("Pod shop/web-2", k8s.container(ready=False), labels={"app": "web"})
    assert _healthy(found, alerted(view_of([service(), slices, *pods], words, lists=lists), labels=KSM)) == []
