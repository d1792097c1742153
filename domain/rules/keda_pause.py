"""KEDA's scalers that are paused at no replicas: whoever scales their workload up by hand is undone."""

from __future__ import annotations

from kubetriage.domain.finding import Remedy
from kubetriage.domain.kube import Obj
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.remedies import change, mutate, target, with_note
from kubetriage.domain.view import ClusterView

NOTE = "autoscaling.keda.sh/paused-replicas"


def pauses(view: ClusterView, workload: Obj) -> Obj | None:
    """The ScaledObject that keeps a workload at 0; None if none that was read does."""
    for scaler in view.objects("ScaledObject", workload.namespace):
        kind = scaler.text("spec", "scaleTargetRef", "kind") or "Deployment"
        named = (kind, scaler.text("spec", "scaleTargetRef", "name"))
        if named == (workload.ref.kind, workload.name) and scaler.annotations.get(NOTE) == "0":
            return scaler
    return None


def resume(scaler: Obj) -> Remedy:
    return change(
        say("Let KEDA scale again, if it should run", "如果应当运行，请恢复 KEDA 的伸缩"),
        with_note(
            say("Taking the annotation off ends the pause; replicas that are set by hand would be undone.",
                "移除该注解即可恢复；手动设置的副本数会被还原。"), scaler),
        mutate(f"kubectl annotate {target(scaler.ref)} {NOTE}-"),
    )  # fmt: skip
