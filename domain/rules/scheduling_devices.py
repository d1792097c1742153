"""Pods whose devices no node can give: ResourceClaims of dynamic resource allocation.

The scheduler's plugin says `cannot allocate all claims` of a node without enough free devices of the class
that a claim asks for, and names a claim that is not there yet, or a class that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.finding import Finding, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.remedies import change, check, mutate, read, target, with_note
from kubetriage.domain.rules.scheduling_finding import unschedulable
from kubetriage.domain.rules.scheduling_stuck import Case
from kubetriage.domain.rules.wording import listed, short
from kubetriage.domain.view import ClusterView

_API = "resource.k8s.io/v1"


def device_claims(pod: Obj) -> list[Resource]:
    """The ResourceClaims of a pod, those made for it from a template included."""
    made = {
        one.get("name"): one.get("resourceClaimName") for one in pod.items("status", "resourceClaimStatuses")
    }
    named = (
        one.get("resourceClaimName") or made.get(one.get("name"))
        for one in pod.items("spec", "resourceClaims")
    )
    return [resource("ResourceClaim", pod.namespace, str(name), _API) for name in named if name]


def no_devices(view: ClusterView, case: Case) -> Iterator[Finding]:
    """No node has what the pod's claims ask for; which of several falls short the scheduler does not say."""
    claims = device_claims(case.pod)
    words = short(case.decision.chosen[0].words, 90)
    names = listed([c.name for c in claims], 2)
    why = say(
        "no node can allocate the devices of its ResourceClaim{n} (“{w}”)",
        "没有节点能分配其 ResourceClaim{n} 所需的设备（“{w}”）",
        n=say(" {c}", " {c}", c=names) if claims else NOTHING, w=words,
    )  # fmt: skip
    one = claims[0] if len(claims) == 1 else None
    work = case.group.workload
    yield unschedulable(
        case,
        "no-devices",
        "insufficient-gpu",
        why,
        culprit=one or work,
        specificity=Specificity.NAMED,
        quotes=(words,),
        remedies=(
            change(
                Text(en="Ask for devices that a node has, or free or add some",
                     zh="改为申请节点具备的设备，或释放、增加设备"),
                with_note(
                    Text(en="A claim is not changed once made: change its template, or how many devices of "
                            "which class it asks for, and create it anew.",
                         zh="声明创建后不能修改：请修改其模板或所申请的设备类与数量，然后重建。"),
                    view.find(work)),
                *((mutate(f"kubectl edit {target(work)}"),) if view.find(work) is not None else ()),
            ),
            check(
                Text(en="Compare what is asked for with what there is", zh="对比所申请的与现有的设备"),
                Text(en="ResourceSlices list the devices that drivers offer on each node; claims that are "
                        "allocated hold theirs.",
                     zh="ResourceSlice 列出各节点驱动提供的设备；已分配的声明占用其设备。"),
                read(f"kubectl get resourceclaims -n {case.pod.namespace}"),
                read("kubectl get resourceslices"),
            ),
        ),
    )  # fmt: skip
