"""The pods by which a node offers devices: while a vendor's plugin is down there, it has none to give."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, pod_ready, pod_settled, quantity
from kubetriage.domain.language import text
from kubetriage.domain.rules.scheduling_fit import allocatable, nodes, pods_read, requested
from kubetriage.domain.rules.scheduling_reasons import Why
from kubetriage.domain.rules.scheduling_stuck import Decision
from kubetriage.domain.view import ClusterView

_PLUGIN = re.compile(
    r"device-?plugin|gpu-(?:feature|operator|manager)|npu-exporter|-shared-?plugin", re.IGNORECASE
)


def short_of(pod: Obj, name: str, known: list[Obj]) -> list[Obj]:
    """The nodes that have a device, and offer none of it."""
    if "/" not in name or not requested(pod, name) or any(allocatable(n, name) > 0 for n in known):
        return []
    return [n for n in known if (quantity(n.at("status", "capacity", name)) or 0) > 0]


def plugins_down(view: ClusterView, node: Obj) -> list[Obj]:
    """The device plugins on a node that are not ready, as far as its pods were read."""
    return [
        p for p in view.pods_on(node.name)
        if _PLUGIN.search(p.name) and not pod_ready(p) and not pod_settled(p) and p.deleted is None
    ]  # fmt: skip


def plugins_read(view: ClusterView, pod: Obj, choice: Decision) -> Iterator[Want]:
    """The pods of a node that has devices and offers none, and the plugin among them that is down."""
    for name in sorted({r.detail for r in choice.chosen if r.why is Why.RESOURCE}):
        for node in short_of(pod, name, list(nodes(view) or []))[:2]:
            why = text("has {d} and offers none", "有 {d} 但可分配为 0", d=name)
            yield Want(read=pods_read(node.name), about=pod.ref, why=why)
            for plugin in plugins_down(view, node)[:1]:
                why = text("by which node {n} offers {d}", "节点 {n} 由它上报 {d}", n=node.name, d=name)
                yield Want(read=get(plugin.ref), about=plugin.ref, why=why)
