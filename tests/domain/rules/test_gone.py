"""Alerts about objects that are no longer there."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Role
from kubetriage.domain.rules.gone import gone

POD = "Pod shop/worker"


def test_a_pod_that_was_preempted(view_of: Any, k8s: Any) -> None:
    """The scheduler's event says who took the place of a pod that nobody made anew."""
    taker = k8s.pod("Pod shop/urgent", priorityClassName="critical")
    uid = "0f6c0b6e-7d0a-4a4e-9a43-1f4f4f1d2a10"
    taker["metadata"]["uid"] = uid
    event = k8s.event(POD, "Preempted", f"Preempted by pod {uid} on node n1", kind="Normal",
                      component="default-scheduler")  # fmt: skip
    (one,) = k8s.findings(gone(view_of([taker, event], POD, absent=[POD])))
    assert (one.role, one.category, str(one.culprit)) == (Role.CAUSE, "preemption", "Pod shop/urgent")
    assert "shop/urgent" in one.statement.en and "critical" in one.statement.en


def test_a_pod_of_which_nothing_is_known(view_of: Any, k8s: Any) -> None:
    """Without a word about its end the reason stays open."""
    event = k8s.event(POD, "Killing", "Stopping container app", kind="Normal")
    (one,) = k8s.findings(gone(view_of([event], POD, absent=[POD])))
    assert one.role is Role.SYMPTOM
