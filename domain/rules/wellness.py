"""Whether a workload has all that it wants, and whether a pod that is to go does go."""

from __future__ import annotations

from datetime import datetime, timedelta

from kubetriage.domain.kube import Obj

_STUCK = timedelta(minutes=5)
"""How long after the end of its grace period a pod that is still there counts as stuck."""


def workload_is_well(found: Obj) -> int | None:
    """The number of its replicas if there are any and all are current, updated and ready; else None."""
    if found.number("status", "observedGeneration") < found.number("metadata", "generation"):
        return None
    progressing = found.conditions().get("Progressing")
    if progressing is not None and progressing.status == "False":
        return None
    status = found.mapping("status")
    if found.ref.kind == "DaemonSet":
        wanted = found.number("status", "desiredNumberScheduled")
        have = {found.number("status", "numberReady"), found.number("status", "updatedNumberScheduled")}
        extra = found.number("status", "numberMisscheduled")
        return wanted if wanted and have == {wanted} and not extra else None
    wanted = found.number("spec", "replicas", default=1)
    have = {found.number("status", "readyReplicas"), found.number("status", "replicas")}
    if found.ref.kind in ("Deployment", "StatefulSet") and "updatedReplicas" in status:
        have.add(found.number("status", "updatedReplicas"))
    return wanted if wanted and have == {wanted} else None


def lingers(pod: Obj, now: datetime) -> bool:
    """Whether a deleted pod is still there long after its time: its node does not confirm its end."""
    return pod.deleted is not None and now - pod.deleted > _STUCK
