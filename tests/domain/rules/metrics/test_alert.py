"""domain.alert_expression and domain.rules.metrics_alert: whether the alert's own expression is true now."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain import measures
from kubetriage.domain.alert_expression import expression_of, is_over, own_series, still_true, truth_of
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, rules_of
from kubetriage.domain.finding import Role
from kubetriage.domain.rules.health import healthy
from kubetriage.domain.rules.metrics_alert import no_longer_true, series_gone, still_so
from kubetriage.domain.samples import Series
from kubetriage.domain.view import ClusterView

EXPR = "error_ratio > 0.05 and request_rate > 1"
POD = "Pod shop/app-1"
LABELS = {"namespace": "shop", "pod": "app-1"}


@pytest.fixture
def base(k8s: Any, view_of: Any) -> ClusterView:
    """A ready pod whose alert fired 40 minutes ago."""
    view: ClusterView = view_of([k8s.pod(POD)], POD, alert_minutes_ago=40)
    return view


def series_read(view: ClusterView) -> Read:
    assert view.primary is not None
    read = measures.alert_series(view.primary, EXPR, LABELS, view.now)
    assert read is not None
    return read


@pytest.fixture
def over(base: ClusterView, measured: Any, truth: Any, row: Any) -> Any:
    """`over(minutes=…, there=…)`: nothing now, true those minutes ago, and these metrics have series."""

    def make(
        minutes: Any = range(20, 46), there: Any = ("error_ratio", "request_rate"), **more: Any
    ) -> ClusterView:
        answers = truth(base, EXPR, minutes=minutes, **LABELS)
        answers[series_read(base)] = [row(1, __name__=name) for name in there]
        view: ClusterView = measured(base, answers, expr=EXPR, labels=LABELS, **more)
        return view

    return make


def test_an_expression_that_is_no_longer_true(over: Any) -> None:
    """False for minutes while its metrics are there: the object is well, with when it was last true."""
    (one,) = no_longer_true(over())
    assert (one.role, str(one.subject)) == (Role.HEALTHY, POD)
    assert "last true at 11:40 UTC (20 min ago)" in one.statement.en
    assert "11:40 UTC（20 分钟前）" in one.statement.zh
    assert len(one.cites) == 4


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ("only a moment ago", {"minutes": range(3, 46)}),
        ("never", {"minutes": ()}),
        ("only before the alert", {"minutes": range(50, 60)}),
        ("a metric is gone", {"there": ("error_ratio",)}),
        ("all are gone", {"there": ()}),
        ("the alert is over anyway", {"resolved": True}),
    ],
)
def test_what_does_not_say_so(over: Any, what: str, options: dict[str, Any]) -> None:
    """An expression that gives nothing proves nothing by itself."""
    assert list(no_longer_true(over(**options))) == [], what


def test_an_answer_that_is_not_whole(base: ClusterView, over: Any) -> None:
    """Something cut from any of the three answers, or one that failed, leaves it open."""
    reads = [seen.read for seen in over().observations if seen.read.measure.startswith("alert-")]
    assert len(reads) == 3
    for read in reads:
        assert is_over(over(cut={read: "a part was left out"})) is None
        kept = [seen for seen in over().observations if seen.read != read]
        without = ClusterView(over().alert, base.subject, base.primary, base.now, kept)
        assert is_over(without) is None


def test_what_is_gone_is_not_well(k8s: Any, over: Any) -> None:
    """Of an object that is not there, or on its way out, nothing healthy is said."""
    view = over()
    others = [seen for seen in view.observations if seen.read.measure]
    gone = ClusterView(view.alert, view.subject, view.primary, view.now, others)
    assert list(no_longer_true(gone)) == []
    pod = k8s.pod(POD, metadata={"deletionTimestamp": k8s.at(1)})
    leaving = Observation(read=view.observations[0].read, tool="t", at=view.now, objects=(pod,))
    assert (
        list(
            no_longer_true(ClusterView(view.alert, view.subject, view.primary, view.now, [leaving, *others]))
        )
        == []
    )


def test_metrics_that_are_gone_are_said(over: Any) -> None:
    """It is neither well nor not: a hint for the reader."""
    (one,) = series_gone(over(there=()))
    assert one.role is Role.HINT and "no series" in one.statement.en and "11:40 UTC" in one.statement.zh
    assert list(series_gone(over())) == []


def test_an_expression_that_is_true(base: ClusterView, measured: Any, truth: Any, row: Any) -> None:
    """Its value and since when; the samples of others do not count."""
    now = [row(0.124, **LABELS), row(9, namespace="shop", pod="other-1")]
    view = measured(base, truth(base, EXPR, now=now, minutes=range(47), **LABELS), expr=EXPR, labels=LABELS)
    (one,) = still_so(view)
    assert one.statement.en == ("The alert's own expression has been true since 11:14 UTC (46 min); "
                                "its value is 0.124.")  # fmt: skip
    assert one.quotes == ("0.124",)
    assert list(no_longer_true(view)) == []


@pytest.mark.parametrize(
    ("minutes", "since"),
    [(range(30), 29), ([0, 1, 2, 3, 9, 10, 11], 3), ([], None), (range(101), None), ([5, 6], None)],
)
def test_since_when(
    base: ClusterView, measured: Any, truth: Any, row: Any, minutes: Any, since: int | None
) -> None:
    """From the first point of the run that lasts until now; unknown if that is all that was looked at."""
    answers = truth(base, EXPR, now=[row(1, **LABELS)], minutes=minutes, **LABELS)
    found = truth_of(measured(base, answers, expr=EXPR, labels=LABELS))
    assert found is not None and found.value == 1
    ago = round((base.now - found.since).total_seconds() / 60) if found.since else None
    assert ago == since


def test_health_is_contradicted(k8s: Any, view_of: Any, measured: Any, truth: Any, row: Any) -> None:
    """A ready pod is not called healthy while Prometheus says that the alert is still true, unless the pod became
    ready within the time that a scrape and the expression's window take."""
    for ready_for, expr, found in ((30, EXPR, 0), (3, EXPR, 1), (30, "rate(x[1h]) > 0", 1), (30, "", 1)):
        pod = k8s.pod(POD)
        pod["status"]["conditions"][1]["lastTransitionTime"] = k8s.at(ready_for)
        view = view_of([pod], POD, alert_minutes_ago=40)
        answers = truth(view, expr, now=[row(1, **LABELS)], minutes=range(46), **LABELS) if expr else {}
        assert len(list(healthy(measured(view, answers, expr=expr, labels=LABELS)))) == found, (
            ready_for,
            expr,
        )


def test_without_answers_nothing_is_contradicted(base: ClusterView, measured: Any) -> None:
    """No Prometheus, or one that does not answer, changes nothing."""
    assert truth_of(base) is None and not still_true(base, None)
    assert list(no_longer_true(base)) == list(still_so(base)) == list(series_gone(base)) == []
    assert base.primary is not None
    read = measures.alert_now(base.primary, EXPR, base.now)
    failed = measured(base, expr=EXPR, labels=LABELS, failed={read: FailureKind.TIMEOUT})
    assert truth_of(failed) is None


# ---- where the expression stands


def rule(query: str, active: Any = (), **labels: str) -> dict[str, Any]:
    return {"name": "A", "query": query, "labels": labels, "active": [dict(one) for one in active]}


@pytest.mark.parametrize(
    ("rules", "expr"),
    [
        ([], ""),
        ([rule("up == 0")], "up == 0"),
        ([rule("a > 1", severity="warning"), rule("a > 2", severity="critical")], "a > 2"),
        ([rule("a", severity="critical"), rule("b", severity="critical")], ""),
        ([rule("a", team="x")], ""),
        ([rule("a", team="{{ $labels.team }}")], "a"),
        ([rule("a"), rule("b", active=[{"alertname": "A", "pod": "app-1"}])], "b"),
        ([rule("a"), rule("b", active=[{"alertname": "A", "pod": "app-2"}])], ""),
        ([rule("a" * 5000)], ""),
    ],
)
def test_the_rule_that_made_the_alert(
    base: ClusterView, measured: Any, rules: list[dict[str, Any]], expr: str
) -> None:
    """By its labels and by its active alerts; where several may have made it, none is taken."""
    name = base.alert.name
    labels = {**LABELS, "severity": "critical"}
    fitted = [{**one, "active": [{**a, "alertname": name} for a in one["active"]]} for one in rules]
    view = measured(base, {rules_of(name): fitted}, labels=labels)
    assert expression_of(view) == expr


def test_the_alerts_own_address_goes_first(base: ClusterView, measured: Any) -> None:
    """What made the alert then may be another rule now."""
    view = measured(base, {rules_of(base.alert.name): [rule("later")]}, expr="earlier > 0", labels=LABELS)
    assert expression_of(view) == "earlier > 0"
    failed = Observation(
        read=rules_of(base.alert.name), tool="t", at=base.now,
        failure=ReadFailure(kind=FailureKind.UNSUPPORTED),
    )  # fmt: skip
    assert expression_of(ClusterView(base.alert, base.subject, base.primary, base.now, [failed])) == ""


def test_series_of_this_alert(base: ClusterView, measured: Any) -> None:
    """Those whose labels contradict none of the alert's, whatever its rule wrote over."""
    view = measured(base, labels={**LABELS, "severity": "critical", "cluster": "eu"})
    every = [
        Series({"__name__": "x", **LABELS}, ()),
        Series({"namespace": "shop"}, ()),
        Series({**LABELS, "severity": "page"}, ()),
        Series({**LABELS, "container": "app"}, ()),
        Series({"namespace": "shop", "pod": "app-2"}, ()),
        Series({**LABELS, "cluster": "us"}, ()),
    ]
    assert own_series(view, every) == every[:4]
