"""What is read to see what changed."""

from __future__ import annotations

from typing import Any

import pytest

from kubetriage.domain.evidence import list_of
from kubetriage.domain.relations import changes
from kubetriage.domain.view import ClusterView


def wanted(view: ClusterView) -> list[Any]:
    return [w.read for r in changes.RELATIONS for w in r(view)]


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_revisions_of_the_alerts_workload(view_of: Any, k8s: Any, kind: str) -> None:
    """The ControllerRevisions with the workload's labels, in one list of its namespace."""
    top = k8s.obj(f"{kind} shop/db", spec={"selector": {"matchLabels": {"app": "db"}}})
    pod = k8s.pod("Pod shop/db-0", owner=f"{kind} shop/db")
    read = list_of("ControllerRevision", "shop", labels="app=db")
    assert wanted(view_of([top, pod], "Pod shop/db-0")) == [read]


def test_nothing_more_for_a_deployment(view_of: Any, k8s: Any) -> None:
    """A Deployment's revisions are its ReplicaSets, which are read anyway; other workloads are left alone."""
    other = k8s.obj("StatefulSet shop/db", spec={"selector": {"matchLabels": {"app": "db"}}})
    assert wanted(view_of([k8s.deployment(), other], "Deployment shop/app")) == []
