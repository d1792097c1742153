"""Volumes for one node only that another node still has."""

from __future__ import annotations

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.grouping import PodGroup
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.remedies import change, check, mutate, see_events, see_yaml, target
from kubetriage.domain.rules.storage_mount_messages import (
    HOLDERS,
    VOLUME,
    Told,
    Trouble,
    kind_of,
    volume_text,
    words_of,
)
from kubetriage.domain.rules.wording import listed, quotable
from kubetriage.domain.view import ClusterView, claims_of


def _keeper(pod: Obj, nodes: list[str]) -> Resource:
    """Without a pod that holds the volume: the node that does not let go of it, else the claim."""
    if nodes:
        return resource("Node", "", nodes[0])
    return next(iter(claims_of(pod)), pod.ref)


def multi_attached(view: ClusterView, pod: Obj) -> str:
    """The volume that the attacher says is still on another node, empty if there is none."""
    for event in view.events(pod.ref, "FailedAttachVolume"):
        found = VOLUME.search(event.message)
        if found and kind_of(event.message) is Trouble.MULTI_ATTACH:
            return found["name"]
    return ""


def attachments(view: ClusterView, volume: str, node: str) -> list[Obj]:
    """The VolumeAttachments that keep a volume on other nodes than this one."""
    return [
        a
        for a in view.objects("VolumeAttachment")
        if a.text("spec", "source", "persistentVolumeName") == volume
        and a.text("spec", "nodeName") != node
        and a.at("status", "attached") is True
    ]


def multi_attach(view: ClusterView, group: PodGroup, told: Told) -> Finding:
    """The pod waits for a volume that another node still has."""
    pod = group.lead
    holders = [
        p for c in claims_of(pod) for p in view.pods_using_claim(c)
        if p.ref != pod.ref and p.text("spec", "nodeName") not in ("", pod.text("spec", "nodeName"))
    ]  # fmt: skip
    named = HOLDERS.search(told.event.message)
    names = [p.name for p in holders] or ([n.strip() for n in named["pods"].split(",")] if named else [])
    kept = attachments(view, told.volume, pod.text("spec", "nodeName"))
    nodes = list(
        dict.fromkeys(
            [*(p.text("spec", "nodeName") for p in holders), *(a.text("spec", "nodeName") for a in kept)]
        )
    )
    by = say(", held by Pod {p}", "，被 Pod {p} 占用", p=listed(names, 2)) if names else NOTHING
    on = say("to {n}", "节点 {n} 上", n=listed(nodes, 2)) if nodes else say("to another one", "另一节点上")
    mounts = told.event.reason == "FailedMount"  # the driver found out, in words of its own
    quote = say(": “{m}”", "：“{m}”", m=words_of(told.event.message)) if mounts else NOTHING
    statement = stated(
        "{who} does not start: {v} is still attached {on}{by}, and only one node may have it at once{q}.",
        "{who} 无法启动：{v} 仍挂接在{on}{by}，而它同一时间只能挂接到一个节点{q}。",
        who=group.who, v=volume_text(told.volume), by=by, on=on, q=quote,
    )  # fmt: skip
    own = [p for p in holders if view.workload(p.ref) == view.workload(pod.ref)]
    detail = say(
        "A ReadWriteOnce volume serves pods of one node: use strategy Recreate (or one replica), or a volume "
        "that allows ReadWriteMany. If the other node is down, its pods must be deleted first.",
        "ReadWriteOnce 卷只能供一个节点使用：请使用 Recreate 策略（或单副本），或改用支持 ReadWriteMany "
        "的卷。"
        "如果另一节点已宕机，须先删除其上的 Pod。",
    )
    return Finding(
        rule="storage.multi-attach",
        category="volume-attach",
        role=Role.CAUSE,
        subject=pod.ref,
        culprit=group.culprit if holders else _keeper(pod, nodes),
        statement=statement,
        likelihood=Likelihood.HIGH if holders else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if own else Specificity.NAMED,
        waits_on=tuple(resource("Node", "", n) for n in nodes),
        cites=(*group.cites, told.event.cite, *(p.cite for p in (*holders[:2], *kept[:2]))),
        quotes=quotable("Multi-Attach error" if "Multi-Attach" in told.event.message else told.volume),
        since=told.event.first,
        remedies=(
            change(
                say("Let only one pod at a time use the volume", "使卷同一时间只被一个 Pod 使用"),
                detail,
                mutate(f"kubectl edit {target(group.workload)}"),
            ),
            check(say("See who holds it", "查看占用者"), say("Its node and state.", "所在节点和状态。"),
                  *(see_yaml(p.ref) for p in holders[:1]), see_events(pod.ref)),
        ),
    )  # fmt: skip
