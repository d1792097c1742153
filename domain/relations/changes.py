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
from kubetriage.domain.rules.revisions import changing, rolled_out, rollouts
from kubetriage.domain.rules.timeline import in_window
from kubetriage.domain.view import ClusterView


def kept_revisions(view: ClusterView) -> Iterator[Want]:
    """One list a workload: it keeps 10 revisions by default, which carry the labels of its pods."""
    for obj in changing(view):
        chosen = selector_of(obj)
        if obj.ref.kind == "Deployment" or not chosen:
            continue
        why = text("the revisions of {k} {n}", "{k} {n} 的各个修订版", k=obj.ref.kind, n=obj.name)
        yield Want(read=list_of("ControllerRevision", obj.namespace, labels=chosen), about=obj.ref, why=why)


def may_have_changed(view: ClusterView) -> Iterator[Want]:
    """The CronJobs beside a workload whose resources were changed: some trim them by schedule."""
    for obj in changing(view):
        for step in rollouts(view, obj.ref)[:1]:
            touched = any("resources" in d.path for d in step.differences())
            if touched and in_window(view, rolled_out(view, obj.ref, step)):
                why = text("who changes the resources of {k} {n}", "是谁修改了 {k} {n} 的资源配置",
                           k=obj.ref.kind, n=obj.name)  # fmt: skip
                yield Want(read=list_of("CronJob", obj.namespace), about=obj.ref, why=why)


RELATIONS: tuple[Relation, ...] = (kept_revisions, may_have_changed)
