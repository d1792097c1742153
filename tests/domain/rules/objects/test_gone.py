"""The alert's object is gone."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.rules import gone as rules
from kubetriage.domain.rules.grouping import focus_pods

POD = "Pod shop/web-6db6fb878d-x1x2x"
EVENTS = list_of("Event", "shop", fields="involvedObject.kind=Pod,involvedObject.name=web-6db6fb878d-x1x2x")


def test_a_pod_whose_owner_is_well_was_replaced(k8s: Any, view_of: Any, workload: Any, found: Any) -> None:
    """All current replicas of what made it are ready: well, and the alert's pod is explained by that."""
    (one,) = found(view_of([workload(app="web")], POD, absent=[POD]), rules.RULES)
    assert (one.role, str(one.subject)) == (Role.HEALTHY, "Deployment shop/web")
    assert [str(r) for r in one.explains] == [POD] and "all 2 current replicas ready" in one.statement.en


def test_a_pod_whose_owner_is_in_trouble_waits_on_it(
    k8s: Any, view_of: Any, workload: Any, found: Any
) -> None:
    """The owner misses replicas, or wants none: the question stays open and waits on the owner."""
    for owner in (workload(ready=False, app="web"), workload(replicas=0, app="web")):
        (one,) = found(view_of([owner], POD, absent=[POD]), rules.RULES)
        assert (one.role, one.likelihood) == (Role.SYMPTOM, Likelihood.LOW)
        assert [str(r) for r in one.waits_on] == ["Deployment shop/web"] and one.culprit is None


def test_nothing_of_it_remains(k8s: Any, view_of: Any, found: Any) -> None:
    """No object, no events, no owner: why is unknown, and that is said with what was looked for."""
    view = view_of([], POD, absent=[POD], lists=[("Pod", "shop")])
    (one,) = found(view, rules.RULES)
    assert (one.category, one.role, one.culprit) == ("insufficient-data", Role.SYMPTOM, None)
    assert "no longer exists (not found)" in one.statement.en and "unknown" in one.statement.en


def test_events_that_could_not_be_read_are_not_none(view_of: Any, found: Any) -> None:
    """An unreadable list of events is said to be one."""
    (one,) = found(view_of([], POD, absent=[POD], failed={EVENTS: FailureKind.FORBIDDEN}), rules.RULES)
    assert "events could not be read" in one.statement.en


def test_the_last_word_about_it_is_quoted(k8s: Any, view_of: Any, found: Any) -> None:
    """Events outlive their object for an hour: the last warning among them is quoted."""
    events = [
        k8s.event(POD, "BackOff", "Back-off restarting failed container app in pod web", last=12),
        k8s.event(POD, "Killing", "Stopping container app", kind="Normal", last=2),
    ]
    (one,) = found(view_of(events, POD, absent=[POD]), rules.RULES)
    assert (
        "BackOff “Back-off restarting failed container" in one.statement.en
        and "12 min ago" in one.statement.en
    )


def test_what_is_there_instead(k8s: Any, view_of: Any, found: Any) -> None:
    """A namespace that is absent too, the same name elsewhere, a similar name: each is told."""
    words = "Deployment shop/checkout"
    (space,) = found(view_of([], words, absent=[words, "Namespace shop"]), rules.RULES)
    assert "namespace shop does not exist" in space.statement.en
    (same,) = found(view_of([k8s.obj("Deployment prod/checkout")], words, absent=[words]), rules.RULES)
    assert "in namespace prod" in same.statement.en
    near = view_of([k8s.obj("Deployment shop/check-out")], words, lists=[("Deployment", "shop")])
    (one,) = found(near, rules.RULES)
    assert "Deployment check-out exists" in one.statement.en


def test_jobs_and_their_cronjob(k8s: Any, view_of: Any, found: Any) -> None:
    """A run that is gone is over once a later one succeeded; before that it stays open."""
    words, cron = "Job shop/load-29012345", "CronJob shop/load"
    for minutes, role in ((5, Role.HEALTHY), (60, Role.SYMPTOM)):
        status = {"lastSuccessfulTime": k8s.at(minutes)}
        (one,) = found(view_of([k8s.obj(cron, status=status)], words, absent=[words]), rules.RULES)
        assert one.role is role


def test_a_pod_of_a_job_that_completed(view_of: Any, job: Any, found: Any) -> None:
    """A failed try of a Job that completed all the same is over."""
    pod = "Pod shop/load-x1x2x"
    done = job(ended=("Complete", "", ""))
    (one,) = found(view_of([done], pod, absent=[pod, "DaemonSet shop/load"]), rules.RULES)
    assert one.role is Role.HEALTHY and "completed" in one.statement.en


def test_an_object_that_is_there_or_unknown_is_not_gone(k8s: Any, view_of: Any, found: Any) -> None:
    """Only what was asked for and is not there is gone."""
    assert found(view_of([k8s.pod(POD)], POD), rules.RULES) == []
    assert found(view_of([], POD, failed={POD: FailureKind.FORBIDDEN}), rules.RULES) == []
    assert found(view_of([], POD), rules.RULES) == []
    assert found(view_of([]), rules.RULES) == []


def _going(k8s: Any, minutes_ago: float) -> Any:
    gone = {"deletionTimestamp": k8s.at(minutes_ago)}
    crashed = k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1), restarts=3)
    return k8s.pod(POD, crashed, owner="Deployment shop/web", metadata=gone)


def test_a_pod_that_others_replace(k8s: Any, view_of: Any, workload: Any, found: Any) -> None:
    """While it is deleted its workload has all replicas without it: the alert is over."""
    view = view_of([_going(k8s, 0.2), workload(app="web")], POD)
    (one,) = found(view, rules.RULES)
    assert (one.role, str(one.subject)) == (Role.HEALTHY, "Deployment shop/web")
    assert "is being deleted" in one.statement.en and focus_pods(view) == []


def test_a_pod_that_is_stuck_or_missed(k8s: Any, view_of: Any, workload: Any, found: Any) -> None:
    """One that stays long past its grace period, or whose workload is short, is still looked at."""
    for minutes, ready in ((30.0, True), (0.2, False)):
        view = view_of([_going(k8s, minutes), workload(ready=ready, app="web")], POD)
        assert found(view, rules.RULES) == [] and [p.name for p in focus_pods(view)] == [POD.split("/")[1]]
