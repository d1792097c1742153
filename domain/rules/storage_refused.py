"""A provisioner that says why it does not make a volume."""

from __future__ import annotations

from typing import NamedTuple

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.phrases import fit, say, stated
from kubetriage.domain.rules.remedies import (
    escalate,
)
from kubetriage.domain.rules.scheduling_fit import amount
from kubetriage.domain.rules.storage_claims import Claim, provisioner_of
from kubetriage.domain.rules.storage_driver import controllers, troubled_objects
from kubetriage.domain.rules.storage_messages import (
    Bounds,
    Refusal,
    decisive,
    kind_of,
    node_of,
    said,
    size_bounds,
)
from kubetriage.domain.rules.storage_remedies import look, resize
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView


class Place(NamedTuple):
    """What a kind of refusal means, and whose it is."""

    what: Text
    culprit: str
    """`claim`, `class`, `driver` or `node`."""
    act: Text


def _place(en: str, zh: str, culprit: str, act_en: str, act_zh: str) -> Place:
    return Place(Text(en=en, zh=zh), culprit, Text(en=act_en, zh=act_zh))


_PLACES: dict[Refusal, Place] = {
    Refusal.BALANCE: _place(
        "the cloud account cannot pay for it", "云账号余额不足或欠费", "claim",
        "Have the cloud account topped up; the provisioner tries again by itself.",
        "请为云账号充值；provisioner 会自动重试。",
    ),
    Refusal.QUOTA: _place(
        "a quota of the storage backend is used up", "存储后端的配额已用尽", "claim",
        "Have the quota raised, or volumes that are no longer needed deleted.",
        "请提高配额，或删除不再使用的卷。",
    ),
    Refusal.SOLD_OUT: _place(
        "the storage backend has no room left for it", "存储后端没有可用容量", "claim",
        "Use another class, zone or size, or have capacity added.",
        "改用其他存储类、可用区或大小，或请管理员扩容。",
    ),
    Refusal.DENIED: _place(
        "the provisioner is not allowed to create it", "provisioner 没有创建卷的权限", "driver",
        "Have the provisioner's cloud credentials or role checked by whoever installed it.",
        "请安装者检查 provisioner 的云凭证或角色权限。",
    ),
    Refusal.SECRET: _place(
        "a Secret that the class names is missing", "存储类引用的 Secret 缺失", "class",
        "Create the Secret that the class's parameters name, or correct the name.",
        "创建存储类参数中引用的 Secret，或修正名称。",
    ),
    Refusal.SOURCE: _place(
        "what it is to be made from is not there or not ready", "其数据来源不存在或未就绪", "claim",
        "Make the claim anew from a snapshot (or claim) that exists in its namespace and is ready: "
        "dataSource cannot be edited.",
        "dataSource 不能修改：请用同一命名空间中存在且就绪的快照（或声明）重建该声明。",
    ),
    Refusal.NO_DRIVER: _place(
        "the driver is not registered on the node that was chosen for its pod",
        "所选节点上没有注册该存储驱动", "node",
        "The driver's node plugin (a DaemonSet) must run there: look at its pod on that node, its node "
        "selector and tolerations; `journalctl -u kubelet` there says why it does not register.",
        "该驱动的节点插件（DaemonSet）必须在该节点上运行：请检查它在该节点上的 Pod、节点选择器和容忍；"
        "该节点上的 `journalctl -u kubelet` 会写明注册失败的原因。",
    ),
    Refusal.TOPOLOGY: _place(
        "no zone or node fits what the class asks for", "没有符合存储类要求的可用区或节点", "class",
        "Compare the class's allowedTopologies and parameters with the nodes' zones.",
        "比较存储类的 allowedTopologies、参数与节点所在可用区。",
    ),
    Refusal.ACCESS_MODE: _place(
        "the provisioner does not support its access mode", "provisioner 不支持所申请的访问模式", "claim",
        "Create the claim anew with a mode the class supports (block storage: ReadWriteOnce).",
        "用该存储类支持的访问模式重建声明（块存储为 ReadWriteOnce）。",
    ),
    Refusal.UNREACHABLE: _place(
        "the storage backend does not answer the provisioner", "provisioner 无法访问存储后端", "driver",
        "Have the provisioner's pods and the way to its storage API checked.",
        "请检查 provisioner 的 Pod 及其访问存储 API 的网络。",
    ),
    Refusal.PARAMETER: _place(
        "the provisioner refuses the request as invalid", "provisioner 认为请求无效", "class",
        "Compare the class's parameters with the driver's documentation.",
        "对照驱动文档检查存储类的参数。",
    ),
    Refusal.OTHER: _place(
        "the provisioner failed", "provisioner 创建失败", "claim",
        "Read the event and the provisioner's log.", "查看事件和 provisioner 的日志。",
    ),
}  # fmt: skip


def refused(view: ClusterView, claim: Claim, event: EventRecord) -> Finding | None:
    """What the latest `ProvisioningFailed` says; None if it is about an absent class."""
    kind = kind_of(event.message, claim.size)
    if kind is Refusal.CLASS:
        return None
    bounds = size_bounds(event.message)
    if kind is Refusal.SIZE:
        return _wrong_size(view, claim, event, bounds)
    place = _PLACES[kind]
    node = node_of(event.message) if place.culprit == "node" else ""
    culprit = resource("Node", "", node) if node else _culprit(view, claim, place.culprit)
    words = decisive(event.message, claim.size, 110)
    statement = stated(
        "PersistentVolumeClaim {name} ({asked}, class {cls}) gets no volume: {what}: “{words}”.",
        "PersistentVolumeClaim {name}（{asked}，存储类 {cls}）未能创建卷：{what}：“{words}”。",
        name=claim.name, asked=claim.asked, cls=claim.class_name or "-", words=words,
        what=_source(claim, event) or place.what,
    )  # fmt: skip
    waits = tuple(troubled_objects(view, controllers(view, claim))) if place.culprit == "driver" else ()
    return _finding(
        claim,
        event,
        f"refused-{kind.value}",
        statement,
        culprit=culprit,
        likelihood=Likelihood.MEDIUM if kind is Refusal.OTHER else Likelihood.HIGH,
        specificity=Specificity.NAMED if kind is not Refusal.OTHER else Specificity.GENERAL,
        waits_on=waits,
        cites=(claim.storage_class.cite,) if claim.storage_class else (),
        quotes=(words,),
        remedies=(_hand_over(place, culprit), look(claim)),
    )


def _source(claim: Claim, event: EventRecord) -> Text | None:
    """The object that the volume was to be made from, as the claim names it."""
    if kind_of(event.message, claim.size) is not Refusal.SOURCE:
        return None
    named = claim.object.mapping("spec", "dataSourceRef") or claim.object.mapping("spec", "dataSource")
    if not named.get("name") or str(named["name"]) not in event.message:
        return None
    gone = "not found" in event.message
    return say(
        "{k} {n}, which it is to be made from, {is_}", "作为数据来源的 {k} {n} {is_}",
        k=str(named.get("kind")), n=str(named["name"]),
        is_=Text(en="does not exist", zh="不存在") if gone else Text(en="is not ready", zh="未就绪"),
    )  # fmt: skip


def _finding(
    claim: Claim,
    event: EventRecord,
    rule: str,
    statement: Text,
    *,
    culprit: Resource,
    likelihood: Likelihood,
    specificity: Specificity,
    waits_on: tuple[Resource, ...] = (),
    cites: tuple[str, ...] = (),
    quotes: tuple[str, ...],
    remedies: tuple[Remedy, ...],
) -> Finding:
    return Finding(
        rule=f"storage.{rule}",
        category="pvc-unbound",
        role=Role.CAUSE,
        subject=claim.ref,
        culprit=culprit,
        statement=fit(statement),
        likelihood=likelihood,
        specificity=specificity,
        waits_on=waits_on,
        cites=(claim.object.cite, event.cite, *cites),
        quotes=quotable(*quotes),
        since=event.first,
        remedies=remedies,
    )


def _culprit(view: ClusterView, claim: Claim, whose: str) -> Resource:
    if whose in ("claim", "node") or not claim.class_name:
        return claim.ref
    if whose == "driver":
        found = controllers(view, claim)
        if found:
            return found[0].ref
    return resource("StorageClass", "", claim.class_name)


def _hand_over(place: Place, culprit: Resource) -> Remedy:
    return escalate(
        say("Ask whoever runs the storage of {name}", "联系 {name} 所用存储的管理员", name=culprit.name),
        place.act,
    )


# ---- the size


def _wrong_size(view: ClusterView, claim: Claim, event: EventRecord, bounds: Bounds | None) -> Finding:
    side = bounds.refuses(claim.size) if bounds and claim.size is not None else ""
    limit = (bounds.minimum if side == "small" else bounds.maximum) if bounds and side else None
    driver = provisioner_of(claim)
    who = say(
        "the provisioner{driver} of StorageClass {cls}", "StorageClass {cls} 的 provisioner{driver}",
        driver=f" {driver}" if driver else "", cls=claim.class_name or "-",
    )  # fmt: skip
    words = short(said(event.message), 90)
    if limit is not None:
        least = say("at least {n}", "至少 {n}", n=amount("storage", limit))
        most = say("at most {n}", "最多 {n}", n=amount("storage", limit))
        accepts = least if side == "small" else most
        told = say("accepts {a}", "要求{a}", a=accepts)
    else:
        told = say("refuses that size", "不接受该大小")
    statement = stated(
        "PersistentVolumeClaim {name} requests {asked}, but {who} {told}: “{words}”.",
        "PersistentVolumeClaim {name} 申请 {asked}，但 {who} {told}：“{words}”。",
        name=claim.name, asked=claim.asked, who=who, told=told, words=words,
    )  # fmt: skip
    fragments = bounds.words.split(" … ") if bounds else []
    return _finding(
        claim,
        event,
        "size",
        statement,
        culprit=claim.ref,
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT if limit is not None else Specificity.NAMED,
        cites=(claim.storage_class.cite,) if claim.storage_class else (),
        quotes=(claim.asked, *fragments, *(() if fragments else (words,))),
        remedies=resize(view, claim, amount("storage", limit) if limit is not None else "<size>"),
    )
