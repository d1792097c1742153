"""What is read around Jobs and CronJobs."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.relations.job import RELATIONS
from kubetriage.domain.view import ClusterView

JOB = "Job shop/load"
CRON = "CronJob shop/load"
PODS = list_of("Pod", "shop", labels="controller-uid=u1")


def _wants(view: ClusterView) -> list[Any]:
    return [w for relation in RELATIONS for w in relation(view)]


def _job(k8s: Any, words: str = JOB, **parts: Any) -> Any:
    return k8s.obj(words, spec={"selector": {"matchLabels": {"controller-uid": "u1"}}}, status={}, **parts)


def test_events_and_pods_by_the_selector(k8s: Any, view_of: Any) -> None:
    """By the Job's own selector; without one, by the label that every version sets."""
    reads = [w.read for w in _wants(view_of([_job(k8s)], JOB))]
    assert [(r.kind, r.label_selector or r.field_selector) for r in reads] == [
        ("Event", "involvedObject.kind=Job,involvedObject.name=load"),
        ("Pod", "controller-uid=u1"),
    ]
    bare = [w.read.label_selector for w in _wants(view_of([k8s.obj(JOB)], JOB))]
    assert "job-name=load" in bare


def test_the_last_tries_are_looked_at(k8s: Any, view_of: Any) -> None:
    """Three failed or active pods, the latest first; those that succeeded are not."""
    pods = [
        k8s.pod(f"Pod shop/load-{n}", k8s.container(state=k8s.ended(1)), owner=JOB, phase="Failed",
                metadata={"creationTimestamp": k8s.at(60 - n)})
        for n in range(5)
    ]  # fmt: skip
    pods.append(k8s.pod("Pod shop/load-ok", k8s.container(state=k8s.ended(0)), owner=JOB, phase="Succeeded"))
    view = view_of([_job(k8s), *pods], JOB, failed={PODS: FailureKind.TIMEOUT})
    assert [w.about.name for w in _wants(view) if w.about.kind == "Pod"] == ["load-4", "load-3", "load-2"]


def test_what_is_left_of_deleted_pods(k8s: Any, view_of: Any) -> None:
    """The Job's events name the pods it made; once its pods are known to be gone, their events are read."""
    event = k8s.event(JOB, "SuccessfulCreate", "Created pod: load-x1x2x", kind="Normal")
    asked = view_of([_job(k8s), event], JOB, failed={PODS: FailureKind.TIMEOUT})
    assert "involvedObject.kind=Pod,involvedObject.name=load-x1x2x" in [
        w.read.field_selector for w in _wants(asked)
    ]
    fresh = view_of([_job(k8s), event], JOB)
    assert all("x1x2x" not in w.read.field_selector for w in _wants(fresh)), "only after the pods were listed"


def test_the_latest_and_the_active_run_of_a_cronjob(k8s: Any, view_of: Any) -> None:
    """Of many Jobs in a namespace only the CronJob's latest and its active ones are looked at."""
    jobs = [_job(k8s, f"Job shop/load-{n}", owner=CRON, metadata={"creationTimestamp": k8s.at(60 - n)})
            for n in range(4)]  # fmt: skip
    other = _job(k8s, "Job shop/other")
    cron = k8s.obj(CRON, status={"active": [{"name": "load-1"}]})
    wants = _wants(view_of([cron, other, *jobs], CRON))
    assert [w.about.name for w in wants if w.about.kind == "Job"] == ["load-3", "load-1"]
    assert [(w.read.kind, w.read.namespace) for w in wants][1] == ("Job", "shop")


def test_jobs_that_merely_came_with_a_list(k8s: Any, view_of: Any) -> None:
    """Only what the run looks at is expanded."""
    assert _wants(view_of([_job(k8s), k8s.obj(CRON)], "Pod shop/x")) == []
