"""Volumes that tie a pod to nodes which are not there, cannot be used or can hold no more of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Specificity
from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.phrases import NOTHING, given, say
from kubetriage.domain.rules.remedies import check, escalate, read, see_yaml
from kubetriage.domain.rules.scheduling_finding import see_nodes, template_change, unschedulable
from kubetriage.domain.rules.scheduling_fit import (
    fits_selector,
    nodes,
    reaches,
    terms_text,
    volume_terms,
    volumes_of,
)
from kubetriage.domain.rules.scheduling_stuck import Case
from kubetriage.domain.rules.wording import listed, short
from kubetriage.domain.view import ClusterView, claims_of


def out_of_reach(view: ClusterView, case: Case) -> Iterator[Finding]:
    """The pod's volume can only be used on other nodes than those that would take it."""
    known = nodes(view)
    volumes = [v for v in volumes_of(view, case.pod) if volume_terms(v)]
    tied = next((v for v in volumes if known and not any(reaches(v, n) for n in known)), None)
    volume = tied or (volumes[0] if volumes else None)
    if volume is None:
        yield _unseen(view, case)
        return
    where = short(terms_text(volume_terms(volume)), 80)
    claim = volume.text("spec", "claimRef", "name")
    near = [n for n in known or [] if reaches(volume, n)]
    named = say(
        "PersistentVolume {v} (claim {c})", "PersistentVolume {v}（声明 {c}）", v=volume.name, c=claim
    )
    if tied is not None:
        why = say(
            "{v} can only be used where {where}, and no node is there{have}",
            "{v} 只能在 {where} 的节点上使用，而集群中没有这样的节点{have}",
            v=named, where=where, have=_have(volume, known or []),
        )  # fmt: skip
    elif near and not any(fits_selector(case.pod, n) for n in near):
        why = say(
            "{v} is tied to {where} ({near}), which its own node selector rules out",
            "{v} 固定在 {where}（{near}），而它自己的节点选择器排除了这些节点",
            v=named, where=where, near=listed([n.name for n in near], 2),
        )  # fmt: skip
    else:
        why = say("{v} is tied to {where}, and no node there is open to it",
                  "{v} 固定在 {where}，而那里没有可用的节点", v=named, where=where)  # fmt: skip
    culprit = volume.ref if tied is not None else case.group.culprit
    yield unschedulable(
        case,
        "volume-affinity",
        "volume-node-affinity",
        why,
        culprit=culprit,
        likelihood=Likelihood.HIGH if known is not None else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if tied is not None else Specificity.NAMED,
        cites=(volume.cite, *(n.cite for n in (known or [])[:3])),
        quotes=(volume.name, _first_value(volume)),
        remedies=_repair(view, case, volume, culprit),
    )


def _first_value(volume: Obj) -> str:
    for term in volume_terms(volume):
        for rule in Obj(term).items("matchExpressions"):
            for value in elements(rule.get("values")):
                return str(value)
    return ""


def _have(volume: Obj, known: list[Obj]) -> Text:
    """What the nodes have under the label that the volume asks for."""
    for term in volume_terms(volume):
        for rule in Obj(term).items("matchExpressions"):
            key = str(rule.get("key"))
            values = sorted({n.labels[key] for n in known if key in n.labels})
            if values:
                return say("; the nodes have {v}", "；现有节点为 {v}", v=listed(values, 3))
    return NOTHING


def _repair(view: ClusterView, case: Case, volume: Obj, culprit: Resource) -> tuple[Remedy, ...]:
    seen = check(
        say("See where the volume is tied to", "查看卷所限定的节点"),
        say("spec.nodeAffinity cannot be changed on an existing volume.",
            "已有卷的 spec.nodeAffinity 不能修改。"),
        see_yaml(volume.ref),
    )  # fmt: skip
    if culprit == volume.ref:
        moved = escalate(
            say(
                "Have a node added where the volume is, or the data moved", "在卷所在位置增加节点，或迁移数据"
            ),
            say(
                "A volume cannot follow to another zone or node: add a node with that label, or restore the "
                "data into a new claim. Deleting the claim may delete the data.",
                "卷不能跟随到其他可用区或节点：请添加带该标签的节点，或把数据恢复到新的声明中。"
                "删除声明可能会删除数据。",
            ),
        )
        return (moved, seen, see_nodes(view))
    fix = template_change(
        view,
        case,
        say("Let the pod run where its volume is", "让 Pod 运行在卷所在的位置"),
        say(
            "Change its node selector or affinity to allow those nodes.",
            "修改节点选择器或亲和性，允许这些节点。",
        ),
    )
    return (fix, seen, see_nodes(view))


def _unseen(view: ClusterView, case: Case) -> Finding:
    claims = [c.name for c in claims_of(case.pod)]
    why = say(
        "no node can reach the volume of its claim{claims}",
        "没有节点能够使用其声明{claims}的卷",
        claims=given(" {v}", " {v}", claims and listed(claims, 2)),
    )
    ask = escalate(
        say("Compare the volume's zone with the nodes'", "比较卷与节点所在的可用区"),
        say("PersistentVolumes or Nodes could not be read here; ask the cluster's administrator.",
            "这里无法读取 PersistentVolume 或节点；请联系集群管理员。"),
    )  # fmt: skip
    return unschedulable(
        case,
        "volume-affinity",
        "volume-node-affinity",
        why,
        culprit=claims_of(case.pod)[0] if claims else case.group.culprit,
        likelihood=Likelihood.MEDIUM,
        quotes=(case.decision.chosen[0].words,),
        remedies=(ask,),
    )


def in_use(view: ClusterView, case: Case) -> Iterator[Finding]:
    """A claim of mode ReadWriteOncePod that another pod uses."""
    claims = [
        c for c in claims_of(case.pod)
        if (found := view.find(c)) is None or "ReadWriteOncePod" in elements(found.at("spec", "accessModes"))
    ]  # fmt: skip
    holders = [
        p for p in view.objects("Pod", case.pod.namespace)
        if p.ref != case.pod.ref and set(claims_of(p)) & set(claims) and _holds(p)
    ]  # fmt: skip
    own = bool(holders) and view.workload(holders[0].ref) == case.group.workload
    why = say(
        "its claim{c} is ReadWriteOncePod, and {p} uses it{own}",
        "它的声明{c}为 ReadWriteOncePod，而 {p} 正在使用它{own}",
        c=given(" {v}", " {v}", claims and listed([c.name for c in claims], 2)),
        p=f"Pod {holders[0].name}" if holders else Text(en="another pod", zh="另一个 Pod"),
        own=say(", of the same {k}", "（属于同一个 {k}）", k=case.group.workload.kind) if own else NOTHING,
    )
    fix = template_change(
        view,
        case,
        say("Let only one pod at a time use the claim", "同一时间只让一个 Pod 使用该声明"),
        say("Of one workload: strategy Recreate and one replica. Of two: a claim for each, or a mode that "
            "allows more pods.",
            "同一工作负载：改用 Recreate 策略和单副本；不同工作负载：各用一个声明，"
            "或改用允许多个 Pod 的访问模式。"),
    )  # fmt: skip
    yield unschedulable(
        case,
        "claim-in-use",
        "volume-attach",
        why,
        culprit=case.group.culprit,
        specificity=Specificity.EXACT if holders else Specificity.NAMED,
        cites=(*(f.cite for c in claims if (f := view.find(c))), *(p.cite for p in holders[:1])),
        quotes=("ReadWriteOncePod",),
        remedies=(fix,),
    )


def _holds(pod: Obj) -> bool:
    return bool(pod.text("spec", "nodeName")) and pod.text("status", "phase") not in ("Succeeded", "Failed")


def too_many_volumes(view: ClusterView, case: Case) -> Iterator[Finding]:
    """The nodes have as many volumes attached as their driver allows."""
    why = say(
        "every node open to it ({n}) has as many volumes attached as it can hold",
        "可用的 {n} 个节点挂载的卷数已达上限",
        n=max(r.nodes for r in case.decision.chosen),
    )
    ask = escalate(
        say("Ask for more nodes", "申请增加节点"),
        say("The limit is the storage driver's per node (CSINode allocatable).",
            "上限由存储驱动按节点限定（CSINode allocatable）。"),
    )  # fmt: skip
    yield unschedulable(
        case,
        "volume-limit",
        "volume-attach",
        why,
        culprit=case.group.culprit,
        quotes=(case.decision.chosen[0].words,),
        remedies=(ask, see_nodes(view)),
    )


def no_free_storage(view: ClusterView, case: Case, waits: Sequence[Resource]) -> Finding:
    """The storage that the nodes reach has too little room left for a volume that is still to be made."""
    claim = view.find(waits[0]) if waits else None
    size = claim.text("spec", "resources", "requests", "storage") if claim is not None else ""
    of = claim.text("spec", "storageClassName") if claim is not None else ""
    why = say(
        "no node that could take it ({k}) has enough free storage{of} for its claim{c}{s}",
        "可运行它的节点（{k} 个）都没有足够的可用存储{of}来容纳其声明{c}{s}",
        k=max(r.nodes for r in case.decision.chosen),
        of=given(" of class {v}", "（存储类 {v}）", of),
        c=given(" {v}", " {v}", waits and waits[0].name),
        s=given(" ({v})", "（{v}）", size),
    )
    ask = escalate(
        say(
            "Have storage added where the nodes are, or ask for less{c}",
            "请增加节点可用的存储，或减小{c}申请的容量",
            c=given(" in claim {v}", "声明 {v} ", waits and waits[0].name),
        ),
        say(
            "The driver reports what is free in CSIStorageCapacity objects; a claim that is Pending can be "
            "made "
            "anew with a smaller size.",
            "驱动在 CSIStorageCapacity 对象中上报可用容量；处于 Pending 的声明可以用更小的容量重建。",
        ),
    )
    room = check(
        say("See how much is free where", "查看各处的可用容量"),
        say("One object for each class and place.", "每个存储类和位置各有一个对象。"),
        read("kubectl get csistoragecapacities -A"),
    )
    return unschedulable(
        case,
        "no-free-storage",
        "pvc-unbound",
        why,
        culprit=waits[0] if waits else case.group.culprit,
        cites=(claim.cite,) if claim is not None else (),
        quotes=("enough free storage", *((size,) if size else ())),
        remedies=(ask, room),
    )
