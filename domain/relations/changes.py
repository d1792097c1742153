"""What a workload was before: the revisions that StatefulSets and DaemonSets keep as ControllerRevisions.

A Deployment keeps them as ReplicaSets, which are read with its pods.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import selector_of
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import Relation
from kubetriage.domain.rules.revisions import changing
from kubetriage.domain.view import ClusterView


def kept_revisions(view: ClusterView) -> Iterator[Want]:
    """One list a workload: it keeps 10 revisions by default, which carry the labels of its pods."""
    for obj in changing(view):
        chosen = selector_of(obj)
        if obj.ref.kind == "Deployment" or not chosen:
            continue
        why = text("the revisions of {k} {n}", "{k} {n} 的各个修订版", k=obj.ref.kind, n=obj.name)
        yield Want(read=list_of("ControllerRevision", obj.namespace, labels=chosen), about=obj.ref, why=why)


RELATIONS: tuple[Relation, ...] = (kept_revisions,)
