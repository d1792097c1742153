"""What is left of a node's disk and memory, as node-exporter measures it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.rules.node_remedies import pressure_remedies
from kubetriage.domain.rules.node_words import pressures
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.pod_samples import alert_measures
from kubetriage.domain.samples import Samples, written
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_DISK = 0.15
"""Part of a file system that is free from which it counts as scarce: kubelet's own threshold for images."""
_MEMORY = 0.1
_ABOUT_DISK = re.compile(r"node_filesystem|kubelet_.*(?:evict|fs)", re.IGNORECASE)
_ABOUT_MEMORY = re.compile(r"node_memory", re.IGNORECASE)


def disk_nearly_full(view: ClusterView) -> Iterator[Finding]:
    """A file system of the alert's Node with little room: the cause of an alert about it, else a risk."""
    node = view.find(view.primary)
    seen = view.samples("node-filesystem", node.ref) if node is not None else None
    if node is None or seen is None:
        return
    for mount in sorted({s.labels.get("mountpoint", "") for s in seen.series}):
        left, size = (_least(seen, name, mountpoint=mount) for name in ("avail_bytes", "size_bytes"))
        if not (size > 0 and 0 <= left < _DISK * size):
            continue
        named = view.alert.labels.get("mountpoint", mount) == mount
        what = say("its file system {m}", "其文件系统 {m}", m=mount)
        yield _finding(view, node, "DiskPressure", what, left, size, seen,
                       about=named and alert_measures(view, _ABOUT_DISK))  # fmt: skip


def memory_nearly_used_up(view: ClusterView) -> Iterator[Finding]:
    """The alert's Node with little memory available."""
    node = view.find(view.primary)
    seen = view.samples("node-memory", node.ref) if node is not None else None
    if node is None or seen is None:
        return
    left, size = (_least(seen, name) for name in ("MemAvailable_bytes", "MemTotal_bytes"))
    if size > 0 and 0 <= left < _MEMORY * size:
        what = say("its memory", "其内存")
        about = alert_measures(view, _ABOUT_MEMORY)
        yield _finding(view, node, "MemoryPressure", what, left, size, seen, about=about)


def _least(seen: Samples, name: str, **labels: str) -> float:
    """The least value of a metric that ends so, NaN without one."""
    return min((s.value for s in seen.of(**labels) if s.name.endswith(name)), default=float("nan"))


def _finding(
    view: ClusterView,
    node: Obj,
    kind: str,
    what: Text,
    left: float,
    size: float,
    seen: Samples,
    *,
    about: bool,
) -> Finding:
    """kubelet reports pressure itself: of a node that does, `node` tells."""
    told = any(condition.type == kind for condition in pressures(node))
    shown = written(left, "bytes"), written(size, "bytes")
    return Finding(
        rule=f"metrics.node-{'disk' if kind == 'DiskPressure' else 'memory'}",
        category="node-pressure",
        role=Role.HINT if told else Role.CAUSE if about else Role.RISK,
        subject=node.ref,
        culprit=node.ref,
        statement=stated(
            "Node {n}: {f} ({s}) of {w} is left of {what}.",
            "节点 {n}：{what}仅剩 {f}（{s}），总量 {w}。",
            n=node.name, f=shown[0], w=shown[1], s=written(left / size, "ratio"), what=what,
        ),
        likelihood=Likelihood.HIGH if about else Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
        cites=(seen.cite, node.cite),
        quotes=shown,
        remedies=pressure_remedies(view, node, (kind,), ()),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (disk_nearly_full, memory_nearly_used_up)
