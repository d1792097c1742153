"""domain.measures: the table of queries, and how they are asked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from kubetriage.domain import measures
from kubetriage.domain.evidence import Read, ReadKind, query_of, rules_of
from kubetriage.domain.language import Language
from kubetriage.domain.resource import resource

AT = datetime(2026, 3, 1, 12, 0, 0, 7, tzinfo=UTC)
WEB = resource("Deployment", "shop", "web")
HOLE = re.compile(r"<[a-z]+>")


def every_query() -> list[Read]:
    """Each query of the table, asked of what it is for."""
    claim, node = resource("PersistentVolumeClaim", "shop", "data"), resource("Node", "", "n1")
    service, pods = resource("Service", "shop", "web"), measures.pods_of(WEB)
    series = measures.alert_series(WEB, "up == 0", {"namespace": "shop"}, AT)
    assert series is not None
    return [
        measures.alert_now(WEB, "up == 0", AT), measures.alert_range(WEB, "up == 0", AT, AT), series,
        measures.volume(claim, AT),
        *(measures.of_pods(m, WEB, pods, AT) for m in ("throttling", "memory", "restarts")),
        *(measures.of_node(m, node, ["10.0.0.1"], AT) for m in ("node-filesystem", "node-memory")),
        measures.requests_known(WEB, pods, AT),
        *measures.requests(WEB, ["istio_requests_total"], pods, AT),
        *measures.requests(service, ["nginx_ingress_controller_requests"], "", AT),
    ]  # fmt: skip


def test_the_table_is_short_and_complete() -> None:
    """At most twelve queries, each with words in both languages, each asked by one of the functions."""
    assert len(measures.MEASURES) <= 12
    assert {read.measure for read in every_query()} == set(measures.MEASURES)
    for measure in measures.MEASURES.values():
        assert measure.what.say(Language.EN) and measure.what.say(Language.ZH) != measure.what.say(
            Language.EN
        )


def test_queries_are_filled() -> None:
    """No hole is left, whatever stands in a name; whole seconds; the object is the read's."""
    odd = measures.volume(resource("PersistentVolumeClaim", "shop", "<pods> <claim>"), AT)
    for read in every_query():
        assert not HOLE.search(read.expr), read.expr
        assert read.verb is ReadKind.QUERY and read.at == AT.replace(microsecond=0)
        assert read.resource.name in ("web", "data", "n1")
    assert 'persistentvolumeclaim="<pods> <claim>"' in odd.expr


def test_keys_tell_questions_apart() -> None:
    """Equal questions are asked once; another time, range or expression is another question."""
    asked = [
        query_of("up", WEB, "x", AT), query_of("up", WEB, "y", AT), query_of("down", WEB, "x", AT),
        query_of("up", WEB, "x", AT + timedelta(seconds=1)), query_of("up", WEB, "x", AT, seconds=60, step=30),
        query_of("up", WEB, "x", AT, seconds=60, step=60), rules_of("x"), rules_of("y"),
    ]  # fmt: skip
    assert len({read.key for read in asked}) == len(asked)
    assert query_of("up", WEB, "x", AT).key == asked[0].key


@pytest.mark.parametrize(
    ("kind", "name", "matching", "other"),
    [
        ("Pod", "web-1", "web-1", "web-12"),
        ("Deployment", "web", "web-6d5f9-x2k4p", "web-api-6d5f9-x2k4p"),
        ("StatefulSet", "db", "db-11", "db-a"),
        ("DaemonSet", "agent", "agent-x2k4p", "agent-x2k4pq"),
        ("ReplicaSet", "web-6d", "web-6d-x2k4p", "web-6d5-x2k4p"),
        ("Job", "load", "load-3-x2k4p", "load-a-b-x2k4p"),
        ("CronJob", "nightly", "nightly-29101200-x2k4p", "nightly-x2k4p"),
    ],
)
def test_the_pods_of_an_object(kind: str, name: str, matching: str, other: str) -> None:
    """By the form in which controllers name them, so that pods that are gone are measured too."""
    matcher = measures.pods_of(resource(kind, "shop", name))
    assert matcher.startswith('namespace="shop",pod=')
    pattern = (
        matcher.partition('pod="' if kind == "Pod" else 'pod=~"')[2].removesuffix('"').replace("\\\\", "\\")
    )
    assert re.fullmatch(pattern, matching) and not re.fullmatch(pattern, other)


def test_pods_of_others_are_named() -> None:
    """A Service has pods of any name: those that are known, and none without them."""
    service = resource("Service", "shop", "web")
    assert measures.pods_of(service, ["b", "a"]) == 'namespace="shop",pod=~"a|b"'
    assert measures.pods_of(service) == ""
    assert measures.pods_of(service, [f"p{n:02}" for n in range(40)]).count("|") == measures.MOST_PODS - 1


@pytest.mark.parametrize(
    ("began", "hours", "points"),
    [(timedelta(), 1, 120), (timedelta(minutes=20), 4 / 3, 80), (timedelta(hours=9), 10, 120),
     (timedelta(days=30), 24, 120), (timedelta(hours=-1), 1, 120), (None, 1, 120)],
)  # fmt: skip
def test_the_range_of_the_alerts_expression(began: timedelta | None, hours: float, points: int) -> None:
    """From an hour before its start, at most a day and 120 steps; the last point is now."""
    read = measures.alert_range(WEB, "up", AT, AT - began if began is not None else None)
    assert read.seconds == pytest.approx(hours * 3600, rel=0.03)
    assert read.seconds % read.step == 0 and read.step % 30 == 0
    assert read.seconds / read.step == pytest.approx(points, rel=0.15)


def test_which_counters_are_asked() -> None:
    """The first that exists of requests answered, and of calls made; before a Service, its entrance."""
    pods = measures.pods_of(WEB)
    both = measures.requests(WEB, ["http_requests_total", "istio_requests_total"], pods, AT)
    assert [(r.measure, r.expr.partition("(rate(")[2].partition("{")[0]) for r in both] == [
        ("requests", "http_requests_total"),
        ("calls", "istio_requests_total"),
    ]
    assert 'reporter="source"' in both[1].expr
    assert measures.requests(WEB, [], pods, AT) == []
    assert measures.requests(WEB, ["never_heard_of"], pods, AT) == []
    ingress = resource("Ingress", "shop", "front")
    (entrance,) = measures.requests(ingress, ["nginx_ingress_controller_requests"], "", AT)
    assert 'exported_namespace="shop",ingress="front"' in entrance.expr
    assert 'namespace="shop",ingress="front"' in entrance.expr


def test_the_series_of_an_alert() -> None:
    """By what says whom it is about; a metric may lack a label, and may not have another value of it."""
    labels = {"namespace": "shop", "pod": "a.b", "severity": "critical", "instance": ""}
    read = measures.alert_series(WEB, "x > 0 and y > 0", labels, AT)
    assert read is not None
    assert read.expr == ('count by (__name__) ({__name__=~"x|y",namespace=~"shop|",pod=~"a\\\\.b|"})')
    assert measures.alert_series(WEB, "vector(1)", labels, AT) is None
