"""domain.events: the old and the new form of an Event brought together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.events import about_key, event_record
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import resource

FIRST, LAST = datetime(2026, 3, 1, 11, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC)
META = {"name": "e", "namespace": "shop"}
POD = {"kind": "Pod", "namespace": "shop", "name": "web-1"}
OLD = {
    "metadata": META,
    "involvedObject": POD,
    "count": 7,
    "firstTimestamp": "2026-03-01T11:00:00Z",
    "lastTimestamp": "2026-03-01T12:00:00Z",
    "message": "Back-off",
    "type": "Warning",
    "source": {"component": "kubelet"},
}
NEW_IN_CORE = {
    "metadata": META,
    "involvedObject": POD,
    "eventTime": "2026-03-01T11:00:00.000000Z",
    "firstTimestamp": None,
    "lastTimestamp": None,
    "series": {"count": 7, "lastObservedTime": "2026-03-01T12:00:00.000000Z"},
    "message": "Back-off",
    "type": "Warning",
    "reportingComponent": "kubelet",
}
NEW = {
    "metadata": META,
    "regarding": POD,
    "eventTime": "2026-03-01T11:00:00.000000Z",
    "series": {"count": 7, "lastObservedTime": "2026-03-01T12:00:00.000000Z"},
    "note": "Back-off",
    "type": "Warning",
    "reportingController": "kubelet",
}
OLD_AS_NEW = {
    "metadata": META,
    "regarding": POD,
    "eventTime": None,
    "deprecatedCount": 7,
    "deprecatedFirstTimestamp": "2026-03-01T11:00:00Z",
    "deprecatedLastTimestamp": "2026-03-01T12:00:00Z",
    "deprecatedSource": {"component": "kubelet"},
    "note": "Back-off",
    "type": "Warning",
}


@pytest.mark.parametrize("raw", [OLD, NEW_IN_CORE, NEW, OLD_AS_NEW])
def test_every_form_reads_the_same(raw: dict[str, Any]) -> None:
    """Times, count, component and message of core/v1 and events.k8s.io/v1, legacy fields included."""
    record = event_record(Obj(raw, kind="Event"))
    assert record.about == resource("Pod", "shop", "web-1")
    assert (record.first, record.last, record.times) == (FIRST, LAST, 7)
    assert (record.component, record.message, record.warning) == ("kubelet", "Back-off", True)


def test_an_event_that_was_seen_once_has_one_time() -> None:
    """Without a series the event's own time is first and last, and it counts once."""
    raw = {"metadata": META, "regarding": POD, "eventTime": "2026-03-01T12:00:00.000000Z", "type": "Normal"}
    record = event_record(Obj(raw, kind="Event"))
    assert (record.first, record.last, record.times, record.warning) == (LAST, LAST, 1, False)


def test_an_event_stands_beside_what_it_is_about() -> None:
    """Without a namespace in its reference the object is in the event's own; a Node is in none."""
    pod = {"metadata": META, "involvedObject": {"kind": "Pod", "name": "web-1"}}
    node = {
        "metadata": {"name": "e", "namespace": "default"},
        "involvedObject": {"kind": "Node", "name": "n1"},
    }
    assert about_key(Obj(pod, kind="Event")) == ("Pod", "shop", "web-1")
    assert about_key(Obj(node, kind="Event")) == ("Node", "", "n1")
    assert event_record(Obj(node, kind="Event")).about == resource("Node", "", "n1")
