"""Documents that are no alerts: one line that names the field."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from kubetriage.domain.alert_formats import alerts_from
from kubetriage.domain.errors import BadAlert

LABELLED = {"labels": {"alertname": "X"}}

WRONG: list[tuple[Any, str]] = [
    (None, "The alert body must be an object, a list or text, not null."),
    (42, "The alert body must be an object, a list or text, not a number."),
    (True, "The alert body must be an object, a list or text, not true or false."),
    ({}, "The body is not an alert: it has neither labels nor alerts."),
    ({"label": {}}, "The body is not an alert: it has neither labels nor alerts."),
    ({"labels": {}}, "The alert has no labels, so nothing says what it is about."),
    ({"labels": None}, "The alert has no labels, so nothing says what it is about."),
    ({"labels": []}, "labels must be an object, not a list."),
    ({"labels": "a=b"}, "labels must be an object, not text."),
    ({"labels": {"pod": ["a"]}}, "labels.pod must be text, not a list."),
    ({"labels": {"a\nb": {}}}, 'labels."a\\nb" must be text, not an object.'),
    (LABELLED | {"annotations": 3}, "annotations must be an object, not a number."),
    (LABELLED | {"status": 3}, "status must be text, not a number."),
    (LABELLED | {"fingerprint": {}}, "fingerprint must be text, not an object."),
    ({"alerts": 3}, "alerts must be a list, not a number."),
    ({"alerts": {}}, "alerts must be a list, not an object."),
    ({"alerts": None}, "The body has a list of alerts, but it is empty."),
    ({"alerts": [3]}, "alerts[0] must be an object, not a number."),
    ({"alerts": [LABELLED, {}]}, "alerts[1] has no labels, so nothing says what it is about."),
    ({"alerts": [{"labels": [1]}]}, "alerts[0].labels must be an object, not a list."),
    ({"alerts": [LABELLED], "groupLabels": 1}, "groupLabels must be an object, not a number."),
    ({"alerts": [LABELLED], "truncatedAlerts": "x"}, "truncatedAlerts must be a whole number, not text."),
    ({"alerts": [LABELLED], "truncatedAlerts": 1.5}, "truncatedAlerts must be a whole number, not a number."),
    ([LABELLED, 5], "[1] must be an object, a list or text, not a number."),
    (["a"], "[0] must be an object, not text."),
    ([LABELLED, {"labels": {"a": []}}], "[1].labels.a must be text, not a list."),
    ([[]], "[0] holds no alerts."),
    ({"apiVersion": "v1", "kind": "Pod"}, "The body is a Kubernetes object (Pod), not an alert."),
    ({"alarmStatus": "1", "alarmObjInfo": 1}, "alarmObjInfo must be an object, not a number."),
    ({"alert-name": ["x"]}, "alert-name must be text, not a list."),
    ({"headers": {}, "body": 3}, "body must be an object, a list or text, not a number."),
]


@pytest.mark.parametrize(("document", "message"), WRONG)
def test_message(document: Any, message: str, now: datetime) -> None:
    """A wrong document is refused in one line that says which field is wrong, and how."""
    with pytest.raises(BadAlert) as raised:
        alerts_from(document, received_at=now)
    assert str(raised.value) == message


def test_deep_nesting_is_refused(now: datetime) -> None:
    """A field nested without end is refused, not walked."""
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(BadAlert, match="levels deep"):
        alerts_from(LABELLED | {"more": deep}, received_at=now)


def test_nothing_that_a_database_refuses_is_left(now: datetime) -> None:
    """NUL, which PostgreSQL keeps in no text, is replaced wherever it stands: labels' names and values, other fields."""
    document = {
        "labels": {"alertname": "a\0b", "cluster": "east\0", "\0x": "y"},
        "annotations": {"summary": "s\0"},
        "generatorURL": "http://p\0/",
        "note\0": ["\0"],
    }
    (alert,) = alerts_from(document, received_at=now).alerts
    assert (alert.name, alert.labels["cluster"]) == ("a\ufffdb", "east\ufffd")
    assert "\\u0000" not in alert.model_dump_json()
