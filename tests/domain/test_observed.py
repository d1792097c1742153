"""domain.observed: what is known, what is not there, and what could not be asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.evidence import (
    FailureKind,
    Observation,
    Read,
    ReadFailure,
    get,
    list_of,
    log_of,
)
from kubetriage.domain.resource import resource
from kubetriage.domain.view import Absent, ClusterView, Present, Unknown

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POD = resource("Pod", "shop", "web-1")
Raw = dict[str, Any]


def raw(kind: str, name: str, namespace: str = "shop", **parts: Any) -> Raw:
    return {"kind": kind, "metadata": {"name": name, "namespace": namespace}, **parts}


def found(read: Read, *objects: Raw, cut: str = "") -> Observation:
    return Observation(read=read, tool="t", at=NOW, objects=objects, cut=cut)


def failed(read: Read, kind: FailureKind = FailureKind.FORBIDDEN) -> Observation:
    return Observation(read=read, tool="t", at=NOW, failure=ReadFailure(kind=kind))


def absent(read: Read) -> Observation:
    return Observation(read=read, tool="t", at=NOW, absent=True)


def view(*seen: Observation) -> ClusterView:
    alert = Alert(name="a", fingerprint="0" * 16)
    return ClusterView(alert, Subject(scope=SubjectScope.RESOURCE, resource=POD), POD, NOW, seen)


# ---- present, absent, unknown

OTHER = raw("Pod", "other")
NAMED = list_of("Pod", "shop", fields="metadata.name=web-1")


@pytest.mark.parametrize(
    ("seen", "known"),
    [
        ([found(get(POD), raw("Pod", "web-1"))], Present),
        ([found(list_of("Pod", "shop", labels="app=web"), raw("Pod", "web-1"))], Present),
        ([absent(get(POD))], Absent),
        ([found(list_of("Pod", "shop"), OTHER)], Absent),
        ([found(list_of("Pod"), OTHER)], Absent),
        ([found(NAMED)], Absent),
        ([found(list_of("Pod", "shop", labels="app=web"), OTHER)], Unknown),
        ([found(list_of("Pod", "shop"), OTHER, cut="5 objects were left out")], Unknown),
        ([found(list_of("Pod", "elsewhere"), OTHER)], Unknown),
        ([failed(get(POD))], Unknown),
        ([failed(list_of("Pod", "shop"))], Unknown),
        ([failed(get(POD)), found(list_of("Pod", "shop"), OTHER)], Absent),
        ([failed(list_of("Pod", "shop")), found(get(POD), raw("Pod", "web-1"))], Present),
        ([], Unknown),
    ],
)
def test_a_rule_can_tell_absent_from_unread(seen: list[Observation], known: type) -> None:
    """Only an answer shows that an object is not there: its own get, or a list that is complete."""
    assert isinstance(view(*seen).get(POD), known)


def test_why_an_object_is_unknown_is_told() -> None:
    """The failure of its own read; None where it was not asked for."""
    refused = view(failed(get(POD))).get(POD)
    assert isinstance(refused, Unknown)
    assert refused.failure is not None
    assert refused.failure.kind is FailureKind.FORBIDDEN
    assert view().get(POD) == Unknown(None)


def test_an_absence_cites_the_answer_that_shows_it() -> None:
    """The get that found nothing, or the list that does not hold the object."""
    listed = list_of("Pod", "shop")
    assert view(found(listed)).get(POD) == Absent(listed.key)
    assert view(absent(get(POD))).get(POD) == Absent(get(POD).key)


def test_a_name_without_a_namespace_is_absent_only_if_nothing_anywhere_has_it() -> None:
    """An alert that lost the namespace is not about a pod that is gone when two namespaces have one."""
    nowhere = resource("Pod", "", "web-1")
    everywhere = list_of("Pod", fields="metadata.name=web-1")
    assert view(found(everywhere)).is_absent(nowhere)
    twice = found(everywhere, raw("Pod", "web-1", "a"), raw("Pod", "web-1", "b"))
    assert view(twice).get(nowhere) == Unknown(None)


def test_a_failed_read_is_no_answer() -> None:
    """`answered` says whether anything came back; an absence is an answer."""
    assert not view(failed(get(POD))).answered
    assert view(absent(get(POD))).answered


# ---- indexes


def test_objects_are_sorted_however_they_came() -> None:
    """By namespace and name, each once."""
    pods = [raw("Pod", "b"), raw("Pod", "a"), raw("Pod", "c", "api")]
    seen = view(found(list_of("Pod"), *pods), found(get(resource("Pod", "shop", "a")), raw("Pod", "a")))
    assert [o.name for o in seen.objects("Pod")] == ["c", "a", "b"]
    assert [o.name for o in seen.objects("Pod", "shop")] == ["a", "b"]
    assert seen.objects("Pod", "nowhere") == []


def event(name: str, about: str, last: str, reason: str = "BackOff") -> Raw:
    involved = {"kind": "Pod", "namespace": "shop", "name": about}
    return raw("Event", name, involvedObject=involved, lastTimestamp=last, reason=reason)


def test_events_are_the_objects_own_latest_first() -> None:
    """Events of a pod whose name begins alike are not its own."""
    seen = view(
        found(
            list_of("Event", "shop"),
            event("e1", "web-1", "2026-03-01T11:00:00Z"),
            event("e2", "web-1", "2026-03-01T11:30:00Z", "Failed"),
            event("e3", "web-10", "2026-03-01T11:59:00Z"),
        )
    )
    assert [e.object.name for e in seen.events(POD)] == ["e2", "e1"]
    assert [e.object.name for e in seen.events(POD, "BackOff")] == ["e1"]
    assert [e.object.name for e in seen.all_events] == ["e2", "e1", "e3"]
    assert [e.object.name for e in seen.events_of("BackOff")] == ["e1", "e3"]
    assert seen.events_of("Preempted") == []


def test_the_longest_log_is_taken() -> None:
    """Several reads of one container's log: the one with most lines; the previous run's is another log."""
    short, long = log_of(POD, "app", tail=10), log_of(POD, "app", tail=500)
    before = log_of(POD, "app", previous=True)
    texts = {short: "b", long: "a\nb", before: "x\ny\nz"}
    seen = view(*(Observation(read=r, tool="t", at=NOW, text=t) for r, t in texts.items()))
    log = seen.log(POD, "app")
    assert log is not None
    assert (log.text, log.cite) == ("a\nb", long.key)
    assert seen.log(POD, "sidecar") is None
