"""Who should take a startup taint off a node: the cloud's controller, or an agent of network or storage.

The taint says that its keeper has not got to the node; where the keeper's own pods are in trouble, that is
why no pod fits, and not the taint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kubetriage.domain.evidence import list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import text
from kubetriage.domain.rules.scheduling_reasons import STARTUP, UNINITIALIZED, Why, taint_key
from kubetriage.domain.rules.scheduling_stuck import Decision
from kubetriage.domain.rules.wellness import workload_is_well
from kubetriage.domain.view import ClusterView

NAMESPACE = "kube-system"
_KINDS = ("DaemonSet", "Deployment")
_CLOUD = re.compile(r"(?:^|-)(?:cloud-(?:controller|node)-manager|ccm)(?:-|$)")
_NAMED = re.compile(r"^(?:node\.)?(?P<name>[a-z0-9]+)\.")
"""Whose taint it is: `node.cilium.io/…`, `ebs.csi.aws.com/…`."""


def startup_keys(chosen: Decision) -> list[str]:
    """The startup taints that keep the pod off."""
    keys = [taint_key(r.detail) for r in chosen.chosen if r.detail] if chosen.why is Why.TAINT else []
    return [k for k in keys if STARTUP.search(k)]


def keepers_read(view: ClusterView, pod: Obj, chosen: Decision) -> Iterator[Want]:
    """The system's workloads, and those among them that should take the pod's taints off and are not well."""
    keys = startup_keys(chosen)
    if not keys:
        return
    for kind in _KINDS:
        why = text("what should take the taint {k} off", "应由什么移除污点 {k}", k=keys[0])
        yield Want(read=list_of(kind, NAMESPACE), about=pod.ref, why=why)
    for keeper in ill_keepers(view, keys):
        why = text("should take the taint off", "应由它移除该污点")
        yield Want(read=list_of(keeper.ref.kind, NAMESPACE), about=keeper.ref, why=why)


def ill_keepers(view: ClusterView, keys: Sequence[str]) -> list[Obj]:
    """The workloads that should take these taints off and are not all there."""
    names = [re.compile(rf"(?:^|-){m['name']}(?:-|$)") for k in keys if (m := _NAMED.search(k))]
    wanted = [_CLOUD] if UNINITIALIZED in keys else names
    return [
        found
        for kind in _KINDS
        for found in view.objects(kind, NAMESPACE)
        if any(name.search(found.name) for name in wanted) and workload_is_well(found) is None
    ]
