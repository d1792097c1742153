"""Pods that the kubelet of their node turned away."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding
from kubetriage.domain.rules import rejected
from kubetriage.domain.view import ClusterView

POD = "Pod shop/app-1"
ROOM = (
    "Node didn't have enough resource: memory, requested: 6442450944, used: 2818572288, capacity: 7960846336"
)


def found(view: ClusterView) -> list[Finding]:
    return list(rejected.turned_away(view))


def failed(k8s: Any, reason: str, message: str, minutes: float = 20) -> Any:
    status = {"phase": "Failed", "reason": reason, "message": message, "startTime": k8s.at(minutes),
              "conditions": [], "containerStatuses": []}  # fmt: skip
    return k8s.pod(POD, status=status)


def test_no_room_on_the_node(view_of: Any, k8s: Any) -> None:
    """What was asked for and what is left are told in words, in the old and the new form of the message."""
    for head in ("Pod was rejected: ", "Pod "):
        (one,) = found(view_of([failed(k8s, "OutOfmemory", head + ROOM)], POD))
        assert one.category == "insufficient-resources"
        assert "6144Mi of memory, and 4904Mi is left" in one.statement.en
        assert str(one.culprit) == POD


def test_bound_without_the_scheduler(view_of: Any, k8s: Any) -> None:
    """A pod without the scheduler's event, while others are there, was bound by its own nodeName."""
    said = k8s.event(POD, "OutOfmemory", ROOM)
    (one,) = found(view_of([failed(k8s, "OutOfmemory", ROOM), said], POD))
    assert "spec.nodeName" in one.statement.en
    placed = k8s.event(POD, "Scheduled", "Successfully assigned")
    (one,) = found(view_of([failed(k8s, "OutOfmemory", ROOM), said, placed], POD))
    assert "spec.nodeName" not in one.statement.en


def test_device_that_is_not_healthy(view_of: Any, k8s: Any) -> None:
    """Devices are the node's affair, and their name says whether they are GPUs."""
    message = (
        "Pod was rejected: Allocate failed due to no healthy devices present; cannot allocate unhealthy "
        "devices nvidia.com/gpu, which is unexpected"
    )
    (one,) = found(view_of([failed(k8s, "UnexpectedAdmissionError", message)], POD))
    assert (one.category, str(one.culprit)) == ("insufficient-gpu", "Node n1")


def test_other_failures_are_others(view_of: Any, k8s: Any) -> None:
    """An eviction is no rejection."""
    assert found(view_of([failed(k8s, "Evicted", "The node was low on resource: memory.")], POD)) == []
