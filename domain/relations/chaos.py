"""Whether somebody runs experiments that break things on purpose (Chaos Mesh, Litmus)."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.custom_kinds import EXPERIMENTS, custom_kind
from kubetriage.domain.evidence import Read, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, containers, pod_ready
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import Relation
from kubetriage.domain.rules.failed_calls import failed_calls
from kubetriage.domain.view import ClusterView

_KILLED = (137, 143)
"""Exit codes of a container that something else ended."""
_ASKED = frozenset({"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Service", "Job"})


def experiments(kind: str) -> Read:
    """Those of one kind in all namespaces: they choose pods of other namespaces, too."""
    custom = custom_kind(kind)
    assert custom is not None
    return list_of(kind, api_version=custom.api_version)


def running_experiments(view: ClusterView) -> Iterator[Want]:
    """The experiments, where pods are killed or cannot talk for no reason of theirs, or nothing ails them.

    Every kind is asked for: an installation may have some of them, and a kind that is not there costs little.
    """
    primary = view.find(view.primary)
    if primary is None or primary.ref.kind not in _ASKED or not _is_puzzling(view, primary):
        return
    why = text("whether an experiment disturbs its pods", "是否有混沌实验在影响其 Pod")
    for kind in EXPERIMENTS:
        yield Want(read=experiments(kind), about=primary.ref, why=why)


def _is_puzzling(view: ClusterView, primary: Obj) -> bool:
    pods = view.pods_behind(primary) if primary.ref.kind == "Service" else view.pods_of(primary.ref)
    alive = [p for p in pods if p.deleted is None]
    if failed_calls(view) or all(pod_ready(p) for p in alive):
        return True
    ends = [s.last_terminated for p in alive for s in containers(p)]
    return any(e.get("exitCode") in _KILLED for e in ends)


RELATIONS: tuple[Relation, ...] = (running_experiments,)
