"""Claims that were asked to grow and do not."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import FailureKind, list_of
from kubetriage.domain.finding import Finding, Likelihood
from kubetriage.domain.rules.storage_growth import not_grown

CLAIM = "PersistentVolumeClaim shop/data"
QUOTA = "rpc error: code = ResourceExhausted desc = quota of pool ssd is used up"
EVENTS = list_of("Event", "shop", fields="involvedObject.kind=PersistentVolumeClaim,involvedObject.name=data")


def _claim(k8s: Any, *conditions: Any, have: str = "20Gi", **status: Any) -> Any:
    return k8s.obj(
        CLAIM,
        spec={"resources": {"requests": {"storage": "60Gi"}}, "volumeName": "pvc-1"},
        status={"phase": "Bound", "capacity": {"storage": have}, "conditions": list(conditions), **status},
    )


def _condition(k8s: Any, kind: str, minutes_ago: float, message: str = "") -> Any:
    return {"type": kind, "status": "True", "lastTransitionTime": k8s.at(minutes_ago), "message": message}


def _found(view: Any) -> list[Finding]:
    return [f for f in not_grown(view) if isinstance(f, Finding)]


@pytest.mark.parametrize("reason", ["VolumeResizeFailed", "FileSystemResizeFailed"])
def test_the_resizer_says_why(k8s: Any, view_of: Any, reason: str) -> None:
    """In an event, of the driver or of the kubelet."""
    event = k8s.event(CLAIM, reason, f'resize volume "pvc-1" by resizer "d" failed: {QUOTA}', times=5)
    (one,) = _found(view_of([_claim(k8s), event], CLAIM))
    assert one.likelihood is Likelihood.HIGH and "from 20Gi to 60Gi, which fails" in one.statement.en
    assert "pool ssd is used up" in one.statement.zh and one.explains == (k8s.ref(CLAIM),)


def test_the_status_says_why(k8s: Any, view_of: Any) -> None:
    """Since Kubernetes 1.31 a condition keeps the error, when its events are long gone."""
    told = _condition(k8s, "ControllerResizeError", 300, QUOTA)
    (one,) = _found(view_of([_claim(k8s, told)], CLAIM))
    assert one.likelihood is Likelihood.HIGH and "pool ssd is used up" in one.statement.en


def test_the_driver_has_refused(k8s: Any, view_of: Any) -> None:
    """An expansion that the driver calls infeasible is not tried again."""
    states: Any = {"allocatedResourceStatuses": {"storage": "ControllerResizeInfeasible"}}
    (one,) = _found(view_of([_claim(k8s, **states)], CLAIM))
    assert one.likelihood is Likelihood.HIGH and "ControllerResizeInfeasible" in one.statement.en


def test_an_expansion_that_does_not_end(k8s: Any, view_of: Any) -> None:
    """Without a word of why it stays open, as when the events may not be read; minutes are no failure."""
    failed = {EVENTS: FailureKind.FORBIDDEN}
    going = _condition(k8s, "Resizing", 75)
    (one,) = _found(view_of([_claim(k8s, going)], CLAIM, failed=failed))
    assert one.likelihood is Likelihood.MEDIUM and "has not happened for 1 h 15 min" in one.statement.en
    assert _found(view_of([_claim(k8s, _condition(k8s, "Resizing", 5))], CLAIM, failed=failed)) == []


def test_a_claim_that_has_what_it_asks_for(k8s: Any, view_of: Any) -> None:
    """An event of an attempt that failed before the one that did not is history."""
    event = k8s.event(CLAIM, "VolumeResizeFailed", QUOTA, times=5)
    assert _found(view_of([_claim(k8s, have="60Gi"), event], CLAIM)) == []
