"""Pods that the scheduler refuses, nodes, and what the scheduling rules find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.finding import Finding
from kubetriage.domain.rules import scheduling
from kubetriage.domain.view import ClusterView

Raw = dict[str, Any]
POD = "Pod shop/web-1"


@pytest.fixture
def said() -> Callable[..., str]:
    """The scheduler's message of these parts."""

    def make(*parts: str, total: int = 2) -> str:
        tail = f"preemption: 0/{total} nodes are available."
        return f"0/{total} nodes are available: {', '.join(parts)}. {tail}"

    return make


@pytest.fixture
def found() -> Callable[..., list[Finding]]:
    """All findings of the family, or those of one rule."""

    def find(view: ClusterView, rule: str = "") -> list[Finding]:
        made = [f for r in scheduling.RULES for f in r(view) if isinstance(f, Finding)]
        return [f for f in made if not rule or f.rule == f"scheduling.{rule}"]

    return find


@pytest.fixture
def stuck(k8s: Any) -> Callable[..., Raw]:
    """A pending pod that the scheduler refused with a message."""

    def make(message: str, words: str = POD, requests: Raw | None = None, **spec: Any) -> Raw:
        container = k8s.container(state=k8s.waiting(""), resources={"requests": requests or {}})
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
                     "lastTransitionTime": k8s.at(8)}  # fmt: skip
        made: Raw = k8s.pod(words, container, node="", phase="Pending", owner=spec.pop("owner", ""), **spec)
        made["status"]["conditions"] = [condition]
        made["status"].pop("containerStatuses")
        return made

    return make


@pytest.fixture
def node(k8s: Any) -> Callable[..., Raw]:
    """A ready node."""

    def make(name: str, labels: Raw | None = None, taints: list[Raw] | None = None, cordoned: bool = False,
             **offers: str) -> Raw:  # fmt: skip
        offer = {"cpu": "4", "memory": "8Gi", "pods": "110", **offers}
        spec: Raw = {"taints": taints} if taints else {}
        if cordoned:
            spec["unschedulable"] = True
        marks = {"kubernetes.io/hostname": name, **(labels or {})}
        made: Raw = k8s.obj(
            f"Node {name}", labels=marks, spec=spec, status={"allocatable": offer, "capacity": offer}
        )
        return made

    return make
