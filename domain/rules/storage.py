"""Claims and volumes: absent, lost, not provisioned, not attached, not mounted, not grown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import storage_volume
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.remedies import (
    change,
    check,
    edit_template,
    escalate,
    mutate,
    read,
    see_yaml,
)
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.storage_claims import focus_claims, phase
from kubetriage.domain.rules.storage_filling import filling_up
from kubetriage.domain.rules.storage_growth import not_grown
from kubetriage.domain.rules.storage_mounts import unusable
from kubetriage.domain.rules.storage_pending import pending
from kubetriage.domain.rules.wording import listed, quotable, short
from kubetriage.domain.view import Absent, ClusterView, claims_of

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def claim_absent(view: ClusterView) -> Iterator[Finding]:
    """A pod that mounts a claim which does not exist."""
    shown = []
    for pod in focus_pods(view):
        if pod.text("status", "phase") == "Pending":
            for ref in claims_of(pod):
                if view.find(ref) is None and (view.is_absent(ref) or _said_absent(view, pod, ref)):
                    shown.append((pod, ref))
    for ref, group in group_pods(view, shown):
        yield _claim_absent(view, group, ref)


def _said_absent(view: ClusterView, pod: Obj, claim: Resource) -> bool:
    words = f'persistentvolumeclaim "{claim.name}" not found'
    condition = pod.conditions().get("PodScheduled")
    said = [e.message for e in view.events(pod.ref, "FailedScheduling", "FailedMount")]
    return any(words in message for message in [*said, condition.message if condition else ""])


def _claim_absent(view: ClusterView, group: PodGroup, ref: Resource) -> Finding:
    state = view.get(ref)
    have = [c.name for c in view.objects("PersistentVolumeClaim", ref.namespace)]
    like = nearest(ref.name, have)
    others = NOTHING
    if like:
        others = say("; there is {like}", "；存在的是 {like}", like=like)
    elif have:
        others = say(" (existing: {h})", "（现有 {h}）", h=listed(have, 3))
    events = view.events(group.lead.ref, "FailedScheduling", "FailedMount")
    if like:
        remedy = change(
            say("Name the claim that exists in {o}", "在 {o} 中改用存在的声明", o=group.workload.name),
            say("Replace {a} by {b} in the pod template's volumes.",
                "把 Pod 模板 volumes 中的 {a} 改为 {b}。", a=ref.name, b=like),
            *edit_template(group.workload),
        )  # fmt: skip
    else:
        remedy = change(
            say(
                "Create the claim {c}, or correct its name in the template",
                "创建声明 {c}，或修正模板中的名称",
                c=ref.name,
            ),
            say("Its size and class are not known here.", "其容量和存储类在此未知。"),
            mutate(f"kubectl apply -n {ref.namespace} -f <{ref.name}>.yaml"),
        )
    return Finding(
        rule="storage.claim-absent",
        category="pvc-unbound",
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=group.culprit if like else ref,
        statement=stated(
            "{who} cannot start: it mounts PersistentVolumeClaim {c}, which does not exist{others}.",
            "{who} 无法启动：它挂载的 PersistentVolumeClaim {c} 不存在{others}。",
            who=group.who, c=ref.name, others=others,
        ),
        specificity=Specificity.EXACT,
        cites=(*group.cites, *([state.cite] if isinstance(state, Absent) else []),
               *(e.cite for e in events[:1])),
        quotes=quotable(ref.name),
        since=group.lead.created,
        remedies=(
            remedy,
            *([check(say("See the claims of the namespace", "查看命名空间中的声明"), say("Their names.",
                "名称。"),
                     read(f"kubectl get pvc -n {ref.namespace}"))] if have else []),
        ),
    )  # fmt: skip


def lost(view: ClusterView) -> Iterator[Finding]:
    """A claim whose volume is gone, and volumes that the cluster gave up."""
    for claim in focus_claims(view):
        name = claim.object.text("spec", "volumeName")
        ref = resource("PersistentVolume", "", name)
        volume = view.find(ref) if name else None
        if phase(claim) == "Lost":
            gone = view.is_absent(ref)
            why = (
                say("its PersistentVolume {v} no longer exists", "其 PersistentVolume {v} 已不存在", v=name)
                if gone
                else say(
                    "its PersistentVolume {v} is no longer its own",
                    "其 PersistentVolume {v} 已不再属于它",
                    v=name,
                )
            )
        elif volume is not None and volume.text("status", "phase") == "Failed":
            why = say("its PersistentVolume {v} has failed: “{m}”", "其 PersistentVolume {v} 已失败：“{m}”",
                      v=name, m=short(volume.text("status", "message"), 100))  # fmt: skip
        else:
            continue
        yield Finding(
            rule="storage.lost",
            category="pvc-lost",
            role=Role.CAUSE,
            subject=claim.ref,
            culprit=volume.ref if volume is not None else claim.ref,
            statement=stated(
                "PersistentVolumeClaim {c} has lost its volume: {why}; its data cannot be reached.",
                "PersistentVolumeClaim {c} 丢失了卷：{why}；数据无法访问。", c=claim.name, why=why,
            ),
            specificity=Specificity.EXACT,
            cites=(claim.object.cite, *([volume.cite] if volume is not None else [])),
            quotes=quotable(name),
            remedies=(
                escalate(
                    say("Have the data restored before anything is deleted", "先恢复数据，再考虑删除"),
                    say("Ask whoever runs the storage whether the disk behind {v} still exists; a Lost "
                        "claim has to be "
                        "created anew, from a backup or for that disk.",
                        "请存储管理员确认 {v} 对应的磁盘是否还在；Lost "
                        "的声明需要重建（来自备份或指向该磁盘）。", v=name),
                    see_yaml(claim.ref),
                ),
            ),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (
    claim_absent,
    lost,
    pending,
    unusable,
    not_grown,
    filling_up,
    *storage_volume.RULES,
)
