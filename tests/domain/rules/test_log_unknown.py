"""Errors that running containers repeat and that no known sign reads, and what takes long in their logs."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.finding import Likelihood, Role
from kubetriage.domain.rules.log_causes import log_causes
from kubetriage.domain.rules.log_slow import slow_operations, slowest
from kubetriage.domain.rules.log_unknown import common_error, unknown_errors
from kubetriage.domain.rules.probes import not_ready
from kubetriage.domain.rules.rollout_suspected import suspected

POD = "Pod shop/app-1"
KEY = ("shop", "app-1", "app", False)
ERRORS = "More than 5% of the requests to app fail"
SLOW = "p99 latency of app above 2s"


def line(minute: int, words: str) -> str:
    return f"2025-06-01T11:{minute:02}:00Z {words}"


def repeated(count: int, words: str) -> str:
    return "\n".join(line(59 - count + n, words.format(n=n)) for n in range(count))


def of_log(view_of: Any, k8s: Any, log: str, text: str, **container: Any) -> Any:
    pod = k8s.pod(POD, k8s.container(**container))
    return view_of([pod], POD, logs={KEY: log}, description=text, alertname="Custom")


def test_an_error_that_is_repeated(view_of: Any, k8s: Any) -> None:
    """What the log complains of most is told with how often, as one of several possible reasons."""
    log = repeated(12, "ERROR could not price order {n}: no tariff") + "\n" + line(59, "ERROR odd thing")
    (one,) = k8s.findings(unknown_errors(of_log(view_of, k8s, log, ERRORS)))
    assert (one.role, one.likelihood) == (Role.CAUSE, Likelihood.MEDIUM)
    assert "12 times" in one.statement.en and "no tariff" in one.statement.en


def test_an_alert_about_a_state(view_of: Any, k8s: Any) -> None:
    """Errors in the log of a ready pod say nothing about an alert that its state refutes."""
    log = repeated(12, "ERROR could not price order {n}: no tariff")
    assert list(unknown_errors(of_log(view_of, k8s, log, "Pod shop/app-1 is not ready."))) == []


def test_errors_of_long_ago(view_of: Any, k8s: Any) -> None:
    """Errors that ended long before the alert are not what it measures."""
    log = repeated(12, "ERROR could not price order {n}").replace("T11:", "T02:")
    assert list(unknown_errors(of_log(view_of, k8s, log, ERRORS))) == []


def test_an_error_without_a_level() -> None:
    """Where lines have no level, those count that say plainly that something failed."""
    found = common_error("\n".join(["Request failed"] * 6 + ["Request done"] * 20))
    assert found is not None and found.times == 6
    assert common_error("\n".join(["GET /errors/list 200"] * 2 + ["Request done"] * 20)) is None


def test_the_only_error_of_a_long_log(view_of: Any, k8s: Any) -> None:
    """An unknown error that stands alone in a long log is a hint; among others it is nothing."""
    log = "\n".join(["entry"] * 300 + ["Peer down"] + ["entry"] * 300)
    (one,) = k8s.findings(unknown_errors(of_log(view_of, k8s, log, ERRORS)))
    assert one.likelihood is Likelihood.LOW and "Peer down" in one.statement.en
    mixed = log + "\nlink down"
    assert k8s.findings(unknown_errors(of_log(view_of, k8s, mixed, ERRORS))) == []


def test_an_exception_goes_before_the_line_that_reports_it() -> None:
    """Of two errors that are about as frequent, the exception says more."""
    text = "\n".join(["ERROR request failed\ncom.shop.TariffMissing$Exception: none for EU"] * 6)
    found = common_error(text)
    assert found is not None and "none for EU" in found.record.said


def test_a_pod_that_is_not_ready(view_of: Any, k8s: Any) -> None:
    """The repeated error is the cause, and the probe that fails for it a symptom."""
    probe = {"httpGet": {"path": "/ready", "port": 8080}}
    event = k8s.event(
        POD, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", times=90
    )
    pod = k8s.pod(POD, k8s.container(ready=False, readinessProbe=probe))
    view = view_of([pod, event], POD, logs={KEY: repeated(9, "ERROR ledger {n} is not balanced")})
    (cause,) = k8s.findings(unknown_errors(view))
    (symptom,) = k8s.findings(not_ready(view))
    assert (cause.role, symptom.role) == (Role.CAUSE, Role.SYMPTOM)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("INFO ok\n" * 400 + line(50, "ERROR could not acquire connection from pool after 30s"), True),
        ("INFO ok\n" * 400 + line(50, "ERROR java.lang.OutOfMemoryError: Java heap space"), True),
        (
            repeated(4, "ERROR odd {n}") + "\n" + line(50, "ERROR connect to db:5432: connection refused"),
            False,
        ),
    ],
)
def test_a_rare_error(view_of: Any, k8s: Any, words: str, found: bool) -> None:
    """A single error is taken for the reason of an alert about errors only if nothing else is wrong."""
    assert bool(k8s.findings(log_causes(of_log(view_of, k8s, words, ERRORS)))) is found


def test_the_first_error_of_a_burst(view_of: Any, k8s: Any) -> None:
    """Where the repeated error names nobody, the one that the burst began with says who is meant."""
    log = "\n".join(
        [line(40, "ERROR lost the connection: dial tcp cache:6379: connection refused")]
        + [line(40 + n // 30, "ERROR connection pool exhausted") for n in range(60)]
    )
    (one,) = k8s.findings(log_causes(of_log(view_of, k8s, log, ERRORS)))
    assert "cache:6379" in one.statement.en and "60 times" in one.statement.en


# ---- slowness


def test_the_call_that_takes_the_time() -> None:
    """Of operations that take equally long, the call to something else is what the others wait for."""
    text = "\n".join(f"query for cart took {n}s\npage rendered in {n}.01 s" for n in range(3, 12))
    found = slowest(text)
    assert found is not None and "query" in found.record.said
    assert (found.times, found.usual, found.longest) == (9, 7.0, 11.0)


def test_quick_operations() -> None:
    """What takes milliseconds is not slow, nor what was slow once."""
    assert slowest("\n".join(f"query took {n} ms" for n in range(90))) is None
    assert slowest("start took 30 s\n" + "query took 3 ms\n" * 90) is None
    assert slowest("WARN connection lost, retrying in 5 s\n" * 20) is None, "a span that is still to come"
    assert slowest("* 100 changes in 300 seconds. Saving...\n" * 20) is None, "a count"


def test_slowness_is_followed_to_the_callee(view_of: Any, k8s: Any) -> None:
    """A slow call leads to the pods behind the Service it names, whose own log says what they wait for."""
    service = k8s.obj("Service shop/stock", spec={"selector": {"app": "stock"}, "ports": [{"port": 80}]})
    callee = k8s.pod("Pod shop/stock-1", k8s.container("stock"), labels={"app": "stock"})
    logs = {
        KEY: repeated(9, "INFO call to http://stock:80/v1 took {n}900ms"),
        ("shop", "stock-1", "stock", False): repeated(9, "INFO select from shelves took {n}880ms"),
    }
    objects = [k8s.pod(POD, k8s.container()), service, callee]
    told = k8s.findings(
        slow_operations(view_of(objects, POD, logs=logs, description=SLOW, alertname="Custom"))
    )
    caller, other = sorted(told, key=lambda f: f.subject.name)
    assert [str(r) for r in caller.waits_on] == ["Service shop/stock"]
    assert [str(r) for r in other.explains] == ["Service shop/stock"]
    assert "shelves" in other.statement.en


def test_slowness_that_nobody_asked_about(view_of: Any, k8s: Any) -> None:
    """Slow lines in a log do not explain an alert about errors."""
    log = repeated(9, "INFO query took {n}900ms")
    view = of_log(view_of, k8s, log, "More than 5% of the requests answer with an exception")
    assert k8s.findings(slow_operations(view)) == []


# ---- a rollout before it


def rolled_out(view_of: Any, k8s: Any, minutes_ago: float, log: str = "", text: str = SLOW) -> Any:
    def revision(name: str, number: int, image: str, age: float) -> Any:
        made = k8s.replicaset(f"ReplicaSet shop/{name}", revision=number, replicas=2 - number % 2, ready=1)
        made["metadata"]["creationTimestamp"] = k8s.at(age)
        made["spec"]["template"] = {"spec": {"containers": [{"name": "app", "image": image}]}}
        return made

    work = k8s.deployment(ready=1, status={"updatedReplicas": 1, "availableReplicas": 1,
                                           "observedGeneration": 1})  # fmt: skip
    work["metadata"] |= {"generation": 1, "annotations": {"deployment.kubernetes.io/revision": "2"}}
    pod = k8s.pod(POD, k8s.container(image="app:2"), owner="ReplicaSet shop/new")
    sets = [revision("old", 1, "app:1", 4000), revision("new", 2, "app:2", minutes_ago)]
    logs = {KEY: log} if log else {}
    lists = [("ReplicaSet", "shop"), ("Pod", "shop")]
    return view_of([work, pod, *sets], "Deployment shop/app", lists=lists, logs=logs, description=text,
                   alertname="Custom")  # fmt: skip


def test_a_rollout_before_the_alert(view_of: Any, k8s: Any) -> None:
    """Where nothing else is wrong, the rollout that the alert followed on is the likely reason."""
    (one,) = k8s.findings(suspected(rolled_out(view_of, k8s, minutes_ago=25)))
    assert (one.likelihood, str(one.culprit)) == (Likelihood.MEDIUM, "Deployment shop/app")
    assert "app:2" in one.statement.en


def test_a_rollout_some_hours_before(view_of: Any, k8s: Any) -> None:
    """One that lies hours back is a hint."""
    (one,) = k8s.findings(suspected(rolled_out(view_of, k8s, minutes_ago=400)))
    assert one.likelihood is Likelihood.LOW


def test_a_rollout_beside_a_reason(view_of: Any, k8s: Any) -> None:
    """Where the log gives a reason, or the alert is about a state, the rollout is only listed as a change."""
    log = repeated(9, "ERROR ledger {n} is not balanced")
    assert k8s.findings(suspected(rolled_out(view_of, k8s, 25, log=log))) == []
    assert k8s.findings(suspected(rolled_out(view_of, k8s, 25, text="It has too few replicas."))) == []
