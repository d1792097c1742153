"""What to read around the objects that the run looks at: one kind a file, collected in `RELATIONS`.

A relation is a plain function `(ClusterView) -> Iterable[Want]`. It names every read that follows from what
is known, whether or not it was asked before; the caller skips what was asked and calls again until nothing is
new.
"""

from __future__ import annotations

from kubetriage.domain.relations import (
    absent,
    admission,
    autoscaling,
    changes,
    chaos,
    cluster_parts,
    custom_resources,
    ingress_controller,
    job,
    logs,
    mesh,
    metrics,
    namespace,
    network_policy,
    node,
    node_agents,
    pod,
    scheduling,
    service,
    storage,
    terminating,
    usage,
    workload,
)
from kubetriage.domain.relations.base import Relation

RELATIONS: tuple[Relation, ...] = (
    *pod.RELATIONS,
    *workload.RELATIONS,
    *metrics.RELATIONS,
    *logs.RELATIONS,
    *job.RELATIONS,
    *scheduling.RELATIONS,
    *storage.RELATIONS,
    *admission.RELATIONS,
    *node.RELATIONS,
    *service.RELATIONS,
    *ingress_controller.RELATIONS,
    *network_policy.RELATIONS,
    *node_agents.RELATIONS,
    *mesh.RELATIONS,
    *custom_resources.RELATIONS,
    *cluster_parts.RELATIONS,
    *chaos.RELATIONS,
    *autoscaling.RELATIONS,
    *namespace.RELATIONS,
    *absent.RELATIONS,
    *terminating.RELATIONS,
    *usage.RELATIONS,
    *changes.RELATIONS,
)
"""Every relation, in the order in which a reader wants what they find."""
