"""domain.samples: answers of Prometheus, taken apart with suspicion, and values as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf, isnan, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubetriage.domain.evidence import Observation, query_of
from kubetriage.domain.resource import resource
from kubetriage.domain.samples import (
    MOST_POINTS,
    MOST_SERIES,
    NoAnswer,
    lines_of,
    rows_of,
    rules_in,
    samples_of,
    series_name,
    written,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def vector(*result: Any, **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "vector", "result": list(result)}, **more}


def sample(value: Any = "1", **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [1772366400, value]}


def test_series_of_every_type() -> None:
    """Vectors, matrices and scalars become series; the whole answer, or its data alone."""
    assert rows_of(vector(sample("2", a="b"))).rows == [{"labels": {"a": "b"}, "points": [[1772366400, "2"]]}]
    matrix = {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "1"], [2, "2"]]}]}
    assert rows_of(matrix).rows == [{"labels": {}, "points": [[1, "1"], [2, "2"]]}]
    assert rows_of({"resultType": "scalar", "result": [1, "7"]}).rows == [
        {"labels": {}, "points": [[1, "7"]]}
    ]


def test_no_series_is_an_answer() -> None:
    """Asked, and nothing there."""
    assert rows_of(vector()) == ([], "")


@pytest.mark.parametrize(
    "body",
    [
        None, 7, "text", [], {}, {"status": "success"}, {"data": []}, {"resultType": "vector"},
        {"resultType": "vector", "result": {}}, {"resultType": "string", "result": [1, "x"]},
        vector(7), vector({"metric": [], "value": [1, "1"]}), vector({"metric": {}, "value": 1}),
        vector({"metric": {}, "value": [1, None]}), vector({"metric": {}, "value": [1, "many"]}),
        vector({"metric": {}, "value": ["1", "1"]}), vector({"metric": {}, "value": [1, 10**400]}),
        vector({"metric": {}, "value": [10**400, "1"]}), vector({"metric": {}, "value": [1, "1", "2"]}),
    ],
)  # fmt: skip
def test_what_is_no_answer(body: Any) -> None:
    """Any other form is refused as a whole: half an answer would be a wrong one."""
    with pytest.raises(NoAnswer):
        rows_of(body)


def test_a_refusal_is_no_answer() -> None:
    """With Prometheus' own words, secrets masked."""
    with pytest.raises(NoAnswer, match="boom") as raised:
        rows_of({"status": "error", "errorType": "internal", "error": "boom password=hunter2hunter2"})
    assert "hunter2" not in str(raised.value)


def test_bounds() -> None:
    """Series, points, labels and their values are bounded, and what is left out is said."""
    many = rows_of(vector(*(sample("1", n=str(n)) for n in range(MOST_SERIES + 5))))
    assert (len(many.rows), many.cut) == (MOST_SERIES, f"5 of {MOST_SERIES + 5} series were left out")
    points = [[t, "1"] for t in range(MOST_POINTS + 9)]
    long = rows_of({"resultType": "matrix", "result": [{"metric": {"a": "x" * 9999}, "values": points}]})
    assert len(long.rows[0]["points"]) == MOST_POINTS and long.rows[0]["points"][-1][0] == MOST_POINTS + 8
    assert len(long.rows[0]["labels"]["a"]) == 256


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"warnings": ["store 2 did not answer"]}, "Prometheus warns: store 2 did not answer"),
        ({"isPartial": True}, "the answer is partial"),
        ({"warnings": "text"}, ""),
        ({"warnings": None, "infos": ["x"]}, ""),
    ],
)
def test_what_makes_an_answer_less_than_whole(more: dict[str, Any], words: str) -> None:
    """Warnings and partial answers are said; from what is missing nothing may be concluded then."""
    cut = rows_of(vector(sample(), **more)).cut
    assert cut.startswith(words) and bool(cut) is bool(words)


def test_native_histograms_are_left_out() -> None:
    """They are no plain numbers, and that some were there is said."""
    found = rows_of(vector(sample(), {"metric": {}, "histogram": [1, {"count": "3"}]}))
    assert len(found.rows) == 1
    assert "1 series without plain numbers" in found.cut


def test_labels_are_redacted() -> None:
    """Label values are written by whoever runs a pod."""
    rows = rows_of(vector(sample("1", config="password=hunter2hunter2", pod="web-1"))).rows
    assert rows[0]["labels"]["pod"] == "web-1"
    assert "hunter2" not in str(rows)


# ---- rules


def group(*rules: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"groups": [{"name": "g", "rules": list(rules)}]}}


def test_rules_of_a_name() -> None:
    """Alerting rules of the name with their expression, labels and active alerts."""
    body = group(
        {"type": "alerting", "name": "Down", "query": "up == 0", "labels": {"severity": "critical"},
         "alerts": [{"labels": {"alertname": "Down", "pod": "a"}, "state": "firing"}, 7]},
        {"type": "recording", "name": "Down", "query": "sum(up)"},
        {"type": "alerting", "name": "Other", "query": "x"},
        {"alert": "Down", "query": "older_form"},
        {"type": "alerting", "name": "Down"},
        "no rule",
    )  # fmt: skip
    first, second = rules_in(body, "Down").rows
    assert first == {"name": "Down", "query": "up == 0", "labels": {"severity": "critical"},
                     "active": [{"alertname": "Down", "pod": "a"}]}  # fmt: skip
    assert second["query"] == "older_form"
    assert rules_in(group(), "Down") == ([], "")


@pytest.mark.parametrize("body", [None, {}, {"data": {"groups": {}}}, {"status": "error", "error": "no"}])
def test_what_holds_no_rules(body: Any) -> None:
    """Any other form is refused."""
    with pytest.raises(NoAnswer):
        rules_in(body, "Down")


# ---- as rules read them


def observed(rows: list[dict[str, Any]], cut: str = "") -> Observation:
    read = query_of("x", resource("Pod", "shop", "web"), "memory", AT)
    return Observation(read=read, tool="t", at=AT, objects=tuple(rows), cut=cut)


def test_series_in_the_order_of_their_labels() -> None:
    """Whatever the order they came in; points oldest first, the latest is the value."""
    rows = [
        {"labels": {"a": "2"}, "points": [[20, "5"], [10, "4"]]},
        {"labels": {"__name__": "m", "a": "1"}, "points": [[1, "NaN"]]},
    ]
    one, other = (samples_of(observed(order)) for order in (rows, rows[::-1]))
    assert [s.labels for s in one.series] == [s.labels for s in other.series]
    assert one.series[1].value == 5 and one.series[0].name == "m" and isnan(one.series[0].value)
    assert [s.value for s in one.of(a="2")] == [5]
    assert one.whole and not samples_of(observed(rows, "cut")).whole


@given(st.floats(), st.sampled_from(["bytes", "ratio", "rate", ""]))
def test_any_value_can_be_written(value: float, unit: str) -> None:
    """No value is too odd to be shown."""
    assert 0 < len(written(value, unit)) < 320


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (10307921510, "bytes", "9.6Gi"), (268435456, "bytes", "256Mi"), (0, "bytes", "0"), (512, "bytes", "512"),
        (1e18, "bytes", "888Pi"), (0.9731, "ratio", "97.3%"), (1, "ratio", "100%"), (0.0005, "ratio", "0.05%"),
        (4.1234, "rate", "4.12/s"), (28.44, "rate", "28.4/s"), (7, "", "7"), (0.124, "", "0.124"),
        (0.00001234, "", "1.23e-05"), (123456.7, "", "123457"), (3e12, "", "3e+12"),
        (nan, "ratio", "NaN"), (inf, "bytes", "+Inf"), (-inf, "", "-Inf"),
    ],
)  # fmt: skip
def test_values_as_people_read_them(value: float, unit: str, text: str) -> None:
    """Three digits that count, sizes as Kubernetes writes them."""
    assert written(value, unit) == text


def test_lines() -> None:
    """A series with its value as read and as it came; of a range the ends, the latest and the highest."""
    rows: list[dict[str, Any]] = [
        {"labels": {"__name__": "used_bytes", "c": "data"}, "points": [[1772366400, "10307921510"]]},
        {"labels": {}, "points": [[1772366400, "3"], [1772366460, "NaN"], [1772366520, "2"]]},
        {"labels": {"a": "b"}, "points": []},
    ]
    assert lines_of(rows, "") == [
        'used_bytes{c="data"} 9.6Gi (10307921510)',
        '{a="b"} no samples',
        "{} 3 points from 2026-03-01T12:00:00Z to 2026-03-01T12:02:00Z: last 2, highest 3",
    ]
    assert series_name({"__name__": "up"}) == "up"
