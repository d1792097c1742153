"""Requests that a VerticalPodAutoscaler wrote into a pod: its template asks for something else.

The admission controller of the VPA leaves the annotation `vpaUpdates: Pod resources updated by NAME:
container 0: memory request` (cluster-autoscaler repository, vertical-pod-autoscaler).
"""

from __future__ import annotations

import re

from kubetriage.domain.finding import Remedy
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.phrases import NOTHING, given, say
from kubetriage.domain.rules.remedies import change, mutate, target, with_note
from kubetriage.domain.rules.scheduling_fit import amount, requested
from kubetriage.domain.rules.scheduling_stuck import Case
from kubetriage.domain.view import ClusterView

_UPDATED = re.compile(r"^Pod resources updated by (?P<name>[a-z0-9][a-z0-9.-]*):(?P<what>.*)", re.S)


def written_by(pod: Obj, name: str) -> Resource | None:
    """The VPA that set the pod's request of a resource."""
    found = _UPDATED.match(pod.text("metadata", "annotations", "vpaUpdates"))
    if found is None or f"{name} request" not in found["what"]:
        return None
    return resource("VerticalPodAutoscaler", pod.namespace, found["name"], "autoscaling.k8s.io/v1")


def who_asked(view: ClusterView, case: Case, name: str) -> Text:
    """As a bracket: whose the request is, where it is not the template's."""
    vpa = written_by(case.pod, name)
    if vpa is None:
        return NOTHING
    owner = view.find(case.group.workload)
    made = Obj({"spec": owner.mapping("spec", "template", "spec")}) if owner is not None else None
    plain = requested(made, name) if made is not None else 0
    told = given("; the template asks for {v}", "；模板中为 {v}", amount(name, plain) if plain else "")
    return say(" (VerticalPodAutoscaler {n} set it{t})", "（由 VerticalPodAutoscaler {n} 设置{t}）",
               n=vpa.name, t=told)  # fmt: skip


def cap(view: ClusterView, vpa: Resource, name: str) -> Remedy:
    """What ends it: the VPA must not ask for more than a node has."""
    return change(
        say("Cap what VerticalPodAutoscaler {n} may ask for", "限制 VerticalPodAutoscaler {n} 的上限",
            n=vpa.name),
        with_note(
            say("Set maxAllowed.{r} in its resourcePolicy below what the largest node offers; it overwrites "
                "the "
                "template's request in every new pod.",
                "在其 resourcePolicy 中把 maxAllowed.{r} 设为低于最大节点可提供的量；"
                "它会改写每个新 Pod 的请求。", r=name), view.find(vpa)),
        mutate(f"kubectl edit {target(vpa)}"),
    )  # fmt: skip
