"""Quotas that alerts are about."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Finding
from kubetriage.domain.rules import quota
from kubetriage.domain.view import ClusterView

QUOTA = "ResourceQuota shop/objects"


def _quota(k8s: Any, used: dict[str, str], hard: dict[str, str]) -> Any:
    return k8s.obj(QUOTA, spec={"hard": hard}, status={"hard": hard, "used": used})


def _found(view: ClusterView) -> list[Finding]:
    return [f for f in quota.used_up(view) if isinstance(f, Finding)]


def test_used_up_and_by_whom(k8s: Any, view_of: Any) -> None:
    """What is full, and the workload that takes most of it, a CronJob's runs counted together."""
    runs = [
        k8s.pod(f"Pod shop/pull-2900000{i}-x", owner=f"Job shop/pull-2900000{i}", labels={"app": "pull"})
        for i in range(3)
    ]
    done = k8s.pod("Pod shop/old", phase="Succeeded")
    full = _quota(k8s, {"pods": "4", "requests.cpu": "1"}, {"pods": "4", "requests.cpu": "8"})
    view = view_of([full, *runs, k8s.pod("Pod shop/app-1"), done], QUOTA)
    (one,) = _found(view)
    assert str(one.culprit) == QUOTA and one.category == "quota"
    assert "4 of 4 pods, most by CronJob pull (3)" in one.statement.en
    assert "4/4" in one.statement.zh and "requests.cpu" not in one.statement.en


def test_by_requests(k8s: Any, view_of: Any) -> None:
    """Of CPU and memory the requests are added up."""
    big = k8s.container(resources={"requests": {"memory": "3Gi"}})
    small = k8s.container(resources={"requests": {"memory": "1Gi"}})
    full = _quota(k8s, {"requests.memory": "3900Mi"}, {"requests.memory": "4Gi"})
    view = view_of([full, k8s.pod("Pod shop/big", big), k8s.pod("Pod shop/small", small)], QUOTA)
    (one,) = _found(view)
    assert "nearly used up" in one.statement.en and "most by Pod big (3Gi)" in one.statement.en


def test_room_is_left(k8s: Any, view_of: Any) -> None:
    """A quota with room explains nothing, and neither does one of which nothing is known."""
    assert _found(view_of([_quota(k8s, {"pods": "2"}, {"pods": "4"})], QUOTA)) == []
    assert _found(view_of([_quota(k8s, {}, {"pods": "4"})], QUOTA)) == []
