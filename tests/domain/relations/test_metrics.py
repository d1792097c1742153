"""domain.relations.metrics: what a Prometheus is asked about an alert and its object, and what it is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote_plus

import pytest

from kubetriage.domain import measures
from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, rules_of
from kubetriage.domain.relations.metrics import measured
from kubetriage.domain.view import ClusterView

EXPR = "error_ratio > 0.05"
POD = "Pod shop/app-1"
LIMITED = {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}


def with_metrics(view: ClusterView, *seen: Observation, expr: str = EXPR, **alert: Any) -> ClusterView:
    url = f"http://p/graph?g0.expr={quote_plus(expr)}" if expr else ""
    fired = view.alert.model_copy(update={"generator_url": url, "labels": {"namespace": "shop"}, **alert})
    every = [*view.observations, *seen]
    return ClusterView(fired, view.subject, view.primary, view.now, every, view.looked, has_metrics=True)


def answered(view: ClusterView, read: Read, *rows: Any) -> Observation:
    return Observation(read=read, tool="t", at=view.now, objects=rows)


def asked(view: ClusterView) -> list[str]:
    return [want.read.measure or want.read.verb.value for want in measured(view)]


@pytest.fixture
def pod(k8s: Any, view_of: Any) -> ClusterView:
    view: ClusterView = view_of([k8s.pod(POD, k8s.container(**LIMITED))], POD)
    return view


def test_without_prometheus_nothing_is_asked(pod: ClusterView) -> None:
    """Nor where the cluster itself did not answer."""
    assert list(measured(pod)) == []
    silent = ClusterView(pod.alert, pod.subject, pod.primary, pod.now, (), has_metrics=True)
    assert list(measured(silent)) == []


def test_what_is_asked_of_a_pod(pod: ClusterView) -> None:
    """The alert's own expression now and over time, memory, throttling, and which requests are counted."""
    wants = list(measured(with_metrics(pod)))
    assert [w.read.measure for w in wants] == [
        "alert-now", "alert-range", "memory", "throttling", "requests-known",
    ]  # fmt: skip
    assert {str(w.about) for w in wants} == {POD}
    assert wants[0].read.expr == EXPR and wants[0].why.zh


@pytest.mark.parametrize(
    ("words", "objects", "found"),
    [
        ("PersistentVolumeClaim shop/data", {}, ["volume"]),
        ("Node n1", {"status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}},
         ["node-filesystem", "node-memory"]),
        ("Service shop/web", {"spec": {"selector": {"app": "web"}}}, []),
        ("ConfigMap shop/x", {}, []),
        ("Ingress shop/x", {}, ["requests-known"]),
    ],
)  # fmt: skip
def test_what_is_asked_of_others(
    k8s: Any, view_of: Any, words: str, objects: dict[str, Any], found: list[str]
) -> None:
    """By the kind of the alert's object."""
    view = with_metrics(view_of([k8s.obj(words, **objects)], words))
    assert asked(view) == ["alert-now", "alert-range", *found]
    if words == "Node n1":
        assert "10\\\\.0\\\\.0\\\\.1" in list(measured(view))[-1].read.expr


def test_a_pod_that_is_gone(view_of: Any) -> None:
    """What it was like before: its metrics outlive it."""
    view = with_metrics(view_of([], POD, absent=[POD], lists=[("Node", "")]))
    assert asked(view) == ["alert-now", "alert-range", "restarts", "memory"]


def test_pods_that_never_started_are_not_measured(k8s: Any, view_of: Any) -> None:
    """There is nothing to measure of them."""
    waiting = k8s.pod(POD, k8s.container(state=k8s.waiting("ImagePullBackOff")))
    assert asked(with_metrics(view_of([waiting], POD))) == ["alert-now", "alert-range"]


def test_the_volumes_of_a_pod_in_trouble(k8s: Any, view_of: Any) -> None:
    """At most two claims of pods that are not well."""
    claims = [{"name": n, "persistentVolumeClaim": {"claimName": n}} for n in "abc"]
    crashing = k8s.container(state=k8s.waiting("CrashLoopBackOff"), last=k8s.ended(1), restarts=4)
    view = with_metrics(view_of([k8s.pod(POD, crashing, volumes=claims)], POD))
    assert asked(view)[2:4] == ["volume", "volume"]
    assert [str(w.about) for w in measured(view)][2:4] == [
        "PersistentVolumeClaim shop/a", "PersistentVolumeClaim shop/b",
    ]  # fmt: skip


def all_of(view: ClusterView, wants: Iterable[Any], *rows: Any) -> ClusterView:
    """The view with these wants answered."""
    seen = [answered(view, want.read, *rows) for want in wants]
    return ClusterView(
        view.alert, view.subject, view.primary, view.now, [*view.observations, *seen], has_metrics=True
    )


def test_an_expression_without_result_is_looked_into(pod: ClusterView) -> None:
    """Whether its series exist; one that is true needs no proof."""
    view = with_metrics(pod)
    series = {"labels": {"namespace": "shop"}, "points": [[0, "1"]]}
    assert asked(all_of(view, measured(view))) == ["alert-series"]
    assert asked(all_of(view, measured(view), series)) == []


def test_counters_that_exist_are_read(pod: ClusterView) -> None:
    """After it is known which there are, and once, whatever pods come and go."""
    view = with_metrics(pod)
    known = next(w.read for w in measured(view) if w.read.measure == "requests-known")
    row = {"labels": {"__name__": "istio_requests_total"}, "points": [[0, "1"]]}
    seen = with_metrics(pod, answered(pod, known, row))
    assert asked(seen)[-2:] == ["requests", "calls"]
    assert "requests-known" not in asked(seen)
    first = next(w.read for w in measured(seen) if w.read.measure == "requests")
    assert "calls" not in asked(with_metrics(pod, answered(pod, known, row), answered(pod, first)))


def test_no_run_asks_without_end(pod: ClusterView) -> None:
    """At most seven queries a run, whatever they answer."""
    view, total = with_metrics(pod), 0
    for _ in range(9):
        wants = list(measured(view))
        total += len(wants)
        view = all_of(
            view, wants, {"labels": {"__name__": "istio_requests_total", "namespace": "x"}, "points": []}
        )
    assert total == measures.MOST_QUERIES


@pytest.mark.parametrize("kind", [FailureKind.UNAVAILABLE, FailureKind.FORBIDDEN, FailureKind.TIMEOUT])
def test_a_prometheus_that_cannot_be_asked_is_left_alone(pod: ClusterView, kind: FailureKind) -> None:
    """One round of tries is enough."""
    view = with_metrics(pod)
    read = next(iter(measured(view))).read
    failed = Observation(read=read, tool="t", at=pod.now, failure=ReadFailure(kind=kind))
    assert asked(with_metrics(pod, failed)) == []
    refused = Observation(read=read, tool="t", at=pod.now, failure=ReadFailure(kind=FailureKind.UNSUPPORTED))
    assert asked(with_metrics(pod, refused)) != []


def test_the_rule_is_looked_up_where_the_alert_does_not_say(pod: ClusterView) -> None:
    """First the rules of the alert's name, then the expression of the one that fits."""
    view = with_metrics(pod, expr="")
    assert asked(view)[0] == "rules" and "alert-now" not in asked(view)
    rule = {"name": "x", "query": "found > 1", "labels": {}, "active": []}
    known = with_metrics(pod, answered(pod, rules_of(pod.alert.name), rule), expr="")
    assert [w.read.expr for w in measured(known)][:2] == ["found > 1", "found > 1"]


@pytest.mark.parametrize("alert", [{"status": AlertStatus.RESOLVED}, {"source": "resource"}])
def test_an_alert_without_a_claim_to_test(pod: ClusterView, alert: dict[str, Any]) -> None:
    """A resolved alert, and a resource that was asked about without one: only the object is measured."""
    assert asked(with_metrics(pod, **alert))[0] == "memory"


def test_an_alert_without_an_object(view_of: Any) -> None:
    """Its expression is asked about the alert itself, which no report lists as a thing looked at."""
    view = with_metrics(view_of([], None, lists=[("Node", "")]))
    wants = list(measured(view))
    assert [w.read.measure for w in wants] == ["alert-now", "alert-range"]
    assert str(wants[0].read.resource) == f"Alert {view.alert.name}" and wants[0].about.name == ""
