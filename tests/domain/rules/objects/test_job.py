"""Jobs that failed, wait or never end, and CronJobs that start nothing."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.rules import cronjob, job_stuck
from kubetriage.domain.rules import job as rules

JOB = "Job shop/load"
CRON = "CronJob shop/load"
BACKOFF = ("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
DEADLINE = ("Failed", "DeadlineExceeded", "Job was active longer than specified deadline")
PODS = list_of("Pod", "shop", labels="controller-uid=u1")


def _try(k8s: Any, code: int, name: str = "load-x1") -> Any:
    ended = k8s.container(state=k8s.ended(code))
    phase = "Failed" if code else "Succeeded"
    return k8s.pod(f"Pod shop/{name}", ended, owner=JOB, phase=phase, restartPolicy="Never")


def test_failed_tries_tell_why_themselves(k8s: Any, view_of: Any, job: Any, found: Any) -> None:
    """While a failed pod is there, the Job's failure is a symptom of it."""
    failed = job(ended=BACKOFF, status={"failed": 3}, spec={"backoffLimit": 2})
    (one,) = found(view_of([failed, _try(k8s, 1)], JOB), rules.RULES)
    assert one.role is Role.SYMPTOM and "3 failed tries, backoffLimit 2" in one.statement.en


def test_without_pods_the_reason_is_lost(view_of: Any, job: Any, cause: Any) -> None:
    """The pods are gone and the logs with them: low, and said so."""
    view = view_of([job(ended=BACKOFF, status={"failed": 7})], JOB, lists=[("Pod", "shop")])
    one = cause(view, rules.RULES)
    assert one.likelihood is Likelihood.LOW and "logs with them" in one.statement.en


def test_pods_that_could_not_be_listed_are_not_gone(view_of: Any, job: Any, cause: Any) -> None:
    """An unreadable list is no absence."""
    one = cause(view_of([job(ended=BACKOFF)], JOB, failed={PODS: FailureKind.FORBIDDEN}), rules.RULES)
    assert "could not be listed" in one.statement.en and "gone" not in one.statement.en


def test_events_of_deleted_pods_speak(k8s: Any, view_of: Any, job: Any, cause: Any) -> None:
    """The Job's own event names its pod, whose events outlive it."""
    events = [
        k8s.event(JOB, "SuccessfulCreate", "Created pod: load-x1", kind="Normal"),
        k8s.event("Pod shop/load-x1", "Failed", 'Failed to pull image "load:9": not found', last=4),
        k8s.event("Pod shop/load-x1", "Failed", "Error: ImagePullBackOff", last=1),
    ]
    view = view_of([job(ended=BACKOFF), *events], JOB, lists=[("Pod", "shop")])
    one = cause(view, rules.RULES)
    assert one.likelihood is Likelihood.MEDIUM and "Failed to pull image: “not found”" in one.statement.en
    assert one.category == "image-pull"
    assert "kept its pods from starting" in one.remedies[0].title.en


def test_a_deadline_is_a_reason_of_its_own(view_of: Any, job: Any, cause: Any, k8s: Any, found: Any) -> None:
    """activeDeadlineSeconds is stated with its number; while pods show trouble, theirs is the reason."""
    late = job(ended=DEADLINE, spec={"activeDeadlineSeconds": 1800})
    one = cause(view_of([late], JOB, lists=[("Pod", "shop")]), rules.RULES)
    assert one.likelihood is Likelihood.HIGH and "activeDeadlineSeconds of 1800" in one.statement.en
    assert found(view_of([late, _try(k8s, 2)], JOB), rules.RULES, Role.CAUSE) == []


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("PodFailurePolicy",
            "Container app for pod shop/load-x1 failed with exit code 42 matching FailJob rule at "
                             "index 0"),
        ("FailedIndexes", "Job has failed indexes"),
        ("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes"),
    ],
)  # fmt: skip
def test_other_reasons_are_quoted(view_of: Any, job: Any, cause: Any, reason: str, message: str) -> None:
    """Reasons of newer versions are told in the controller's words."""
    one = cause(
        view_of([job(ended=("FailureTarget", reason, message))], JOB, lists=[("Pod", "shop")]), rules.RULES
    )
    assert reason in one.statement.en and message[:60] in one.statement.en


def test_a_job_that_completed_is_left_alone(k8s: Any, view_of: Any, job: Any, found: Any) -> None:
    """Failed tries of a Job that completed are history."""
    done = job(ended=("Complete", "", ""), status={"succeeded": 1, "failed": 1})
    assert found(view_of([done, _try(k8s, 1), _try(k8s, 0, "load-x2")], JOB), rules.RULES) == []


def test_the_cronjob_is_the_culprit_of_its_run(k8s: Any, view_of: Any, job: Any, cause: Any) -> None:
    """What has to be changed is the CronJob; running again is offered from it."""
    objects = [job(ended=BACKOFF, owner=CRON), k8s.obj(CRON, spec={"schedule": "@daily"})]
    one = cause(view_of(objects, JOB, lists=[("Pod", "shop")]), rules.RULES)
    assert str(one.culprit) == CRON
    assert "kubectl create job load-again --from=cronjob/load -n shop" in [
        c.command for r in one.remedies for c in r.commands
    ]


# ---- waiting, or never ending


def test_a_suspended_job(view_of: Any, job: Any, cause: Any, found: Any) -> None:
    """`spec.suspend` keeps a Job from starting; Kueue's queue is named; a finished one is left alone."""
    one = cause(view_of([job(spec={"suspend": True})], JOB), rules.RULES)
    assert one.category == "suspended" and "suspend" in one.statement.en
    queued = job(spec={"suspend": True}, labels={"kueue.x-k8s.io/queue-name": "batch"})
    assert "Kueue queue batch" in cause(view_of([queued], JOB), rules.RULES).statement.en
    done = job(spec={"suspend": True}, ended=("Complete", "", ""))
    assert found(view_of([done], JOB), rules.RULES) == []


def test_a_sidecar_keeps_it_running(k8s: Any, view_of: Any, job: Any, cause: Any, found: Any) -> None:
    """The work is done and another container runs on; a native sidecar or a pod at work is no fault."""
    done, proxy = k8s.container("work", state=k8s.ended(0, minutes_ago=40)), k8s.container("proxy")
    one = cause(view_of([job(), k8s.pod("Pod shop/load-x1", done, proxy, owner=JOB)], JOB), rules.RULES)
    assert (
        one.category == "job-stuck"
        and "container work" in one.statement.en
        and "container proxy" in one.statement.en
    )
    native = k8s.container("proxy", init=True, restartPolicy="Always")
    at_work = [job(), k8s.pod("Pod shop/load-x1", native, k8s.container("work"), owner=JOB)]
    assert found(view_of(at_work, JOB), rules.RULES, Role.CAUSE) == []


def test_a_job_that_still_runs_is_a_symptom(k8s: Any, view_of: Any, job: Any, found: Any) -> None:
    """Only of the alert's own Job, and waiting on its pods."""
    objects = [job(), k8s.pod("Pod shop/load-x1", owner=JOB)]
    (one,) = found(view_of(objects, JOB), job_stuck.RULES)
    assert one.role is Role.SYMPTOM and "0 of 1 completions" in one.statement.en
    assert found(view_of(objects, "Pod shop/load-x1", looked=[JOB]), job_stuck.RULES) == []


# ---- CronJobs


def _cron(k8s: Any, active: str = "", **spec: Any) -> Any:
    status = {"lastScheduleTime": k8s.at(300)} | (
        {"active": [{"kind": "Job", "name": active}]} if active else {}
    )
    return k8s.obj(CRON, spec={"schedule": "*/5 * * * *", **spec}, status=status)


def test_a_suspended_cronjob(k8s: Any, view_of: Any, job: Any, cause: Any, found: Any) -> None:
    """A cause where the CronJob is asked about, a fact where one of its runs failed."""
    one = cause(view_of([_cron(k8s, suspend=True)], CRON), cronjob.RULES)
    assert one.category == "suspended" and "*/5 * * * *" in one.statement.en and "5 h ago" in one.statement.en
    (hint,) = found(view_of([_cron(k8s, suspend=True), job(owner=CRON)], JOB, looked=[CRON]), cronjob.RULES)
    assert hint.role is Role.HINT


@pytest.mark.parametrize(
    ("reason", "message", "words"),
    [
        ("FailedNeedsStart",
            "Cannot determine if job needs to be started: too many missed start time (> 100). Set or "
         "decrease .spec.startingDeadlineSeconds or check clock skew", "more than 100 starts"),
        ("TooManyMissedTimes",
            "too many missed start times: 101. Set or decrease .spec.startingDeadlineSeconds or check "
         "clock skew", "more than 100 starts"),
        ("UnparseableSchedule", 'unparseable schedule: "* * *" : expected exactly 5 fields',
            "cannot be used"),
        ("UnknownTimeZone", 'invalid timeZone: "Europe/Berlinn": unknown time zone', "time zone"),
    ],
)  # fmt: skip
def test_a_cronjob_that_cannot_start(
    k8s: Any, view_of: Any, cause: Any, reason: str, message: str, words: str
) -> None:
    """The controller's events, old and new, say why nothing is started."""
    event = k8s.event(CRON, reason, message, component="cronjob-controller")
    one = cause(view_of([_cron(k8s), event], CRON), cronjob.RULES)
    assert words in one.statement.en and message[:40] in one.statement.en


def test_a_cronjob_that_missed_starts_and_goes_on(k8s: Any, view_of: Any, found: Any) -> None:
    """Since 1.21 the controller starts the latest run after it has said that it missed many."""
    cron = _cron(k8s)
    cron["status"]["lastScheduleTime"] = k8s.at(4)
    said = (
        "too many missed start times: 101. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
    )
    event = k8s.event(CRON, "TooManyMissedTimes", said, component="cronjob-controller")
    assert found(view_of([cron, event], CRON), cronjob.RULES) == []


def test_a_run_in_the_way(k8s: Any, view_of: Any, job: Any, cause: Any, found: Any) -> None:
    """With Forbid a run that does not end lets no other start; it waits on that run, and is surer by the event."""
    objects = [_cron(k8s, active="load", concurrencyPolicy="Forbid"), job(owner=CRON)]
    one = cause(view_of(objects, CRON), cronjob.RULES)
    assert (one.likelihood, [str(r) for r in one.waits_on]) == (Likelihood.MEDIUM, [JOB])
    said = "Not starting job because prior execution is running and concurrency policy is Forbid"
    event = k8s.event(CRON, "JobAlreadyActive", said, kind="Normal")
    assert cause(view_of([*objects, event], CRON), cronjob.RULES).likelihood is Likelihood.HIGH
    allowed = [_cron(k8s, active="load", concurrencyPolicy="Allow"), job(owner=CRON)]
    assert found(view_of(allowed, CRON), cronjob.RULES) == []


@pytest.mark.parametrize(
    ("deadline", "missed", "ran", "likelihood"),
    [
        (5, True, True, Likelihood.HIGH),
        (5, True, False, Likelihood.HIGH),
        (5, False, False, Likelihood.MEDIUM),
        (5, False, True, None),
        (200, True, True, None),
        (None, True, True, None),
    ],
)
def test_a_deadline_shorter_than_the_controllers_pace(
    k8s: Any, view_of: Any, found: Any, deadline: int | None, missed: bool, ran: bool,
    likelihood: Likelihood | None,
) -> None:  # fmt: skip
    """Ten seconds may pass before the controller looks: what must start sooner is missed, as an event says."""
    spec: Any = {"startingDeadlineSeconds": deadline} if deadline is not None else {}
    cron = _cron(k8s, **spec)
    cron["status"] = {"lastScheduleTime": k8s.at(4)} if ran else {}
    said = "Missed scheduled time to start a job: Sun, 01 Jun 2025 11:58:00 UTC"
    events = [k8s.event(CRON, "MissSchedule", said, times=9, last=2)] if missed else []
    made = found(view_of([cron, *events], CRON), [cronjob.deadline_too_short], Role.CAUSE)
    assert [one.likelihood for one in made] == ([likelihood] if likelihood is not None else [])
    assert all("within 5 s (startingDeadlineSeconds)" in one.statement.en for one in made)


def test_a_suspended_cronjob_misses_nothing(k8s: Any, view_of: Any, cause: Any) -> None:
    """That it is suspended is why nothing starts, whatever its deadline."""
    one = cause(view_of([_cron(k8s, suspend=True, startingDeadlineSeconds=5)], CRON), cronjob.RULES)
    assert one.rule == "cronjob.suspended"


def test_misses_that_could_not_be_read(k8s: Any, view_of: Any, found: Any) -> None:
    """Without its events a CronJob with a short deadline that does run is not blamed."""
    cron = _cron(k8s, startingDeadlineSeconds=5)
    cron["status"]["lastScheduleTime"] = k8s.at(4)
    events = list_of("Event", "shop", fields="involvedObject.kind=CronJob,involvedObject.name=load")
    assert found(view_of([cron], CRON, failed={events: FailureKind.FORBIDDEN}), cronjob.RULES) == []
