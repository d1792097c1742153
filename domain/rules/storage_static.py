"""Claims for volumes that are made by hand: which volume comes nearest, and why it does not fit."""

from __future__ import annotations

from typing import NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, elements, quantity, selects
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.phrases import NOTHING, joined, say, stated
from kubetriage.domain.rules.remedies import change, check, mutate, read, see_yaml, target
from kubetriage.domain.rules.storage_claims import Claim, default_classes
from kubetriage.domain.rules.wording import listed, quotable
from kubetriage.domain.view import ClusterView


class Misfit(NamedTuple):
    """A volume and every reason why the claim cannot be bound to it."""

    volume: Obj
    reasons: tuple[Text, ...]
    values: tuple[str, ...]
    """The volume's values that the reasons name."""


def misfit(claim: Claim, volume: Obj) -> Misfit:
    """The binding controller's checks (kube-controller-manager, FindMatchingVolume)."""
    reasons: list[Text] = []
    values: list[str] = []
    capacity = volume.text("spec", "capacity", "storage")
    if claim.size is not None and (quantity(capacity) or 0.0) < claim.size:
        reasons.append(say("it holds only {c}", "容量只有 {c}", c=capacity))
        values.append(capacity)
    have = [str(m) for m in elements(volume.at("spec", "accessModes"))]
    lacking = [str(m) for m in elements(claim.object.at("spec", "accessModes")) if m not in have]
    if lacking:
        reasons.append(
            say("it offers {h}, not {m}", "访问模式是 {h}，不是 {m}", h="/".join(have), m="/".join(lacking))
        )
        values += have[:1]
    cls = volume.text("spec", "storageClassName")
    if cls != (claim.class_name or ""):
        reasons.append(say("its class is {c}", "其存储类是 {c}", c=cls or "“”"))
        values.append(cls)
    if (volume.text("spec", "volumeMode") or "Filesystem") != (
        claim.object.text("spec", "volumeMode") or "Filesystem"
    ):
        reasons.append(
            say("its volumeMode is {m}", "其 volumeMode 是 {m}", m=volume.text("spec", "volumeMode"))
        )
    chosen = claim.object.mapping("spec", "selector")
    if chosen and not selects(chosen, volume.labels):
        reasons.append(say("its labels do not match the claim's selector", "其标签不符合声明的选择器"))
    taken = volume.mapping("spec", "claimRef")
    owner = f"{taken.get('namespace')}/{taken.get('name')}" if taken else ""
    state = volume.text("status", "phase")
    if owner and owner != f"{claim.object.namespace}/{claim.name}":
        reasons.append(say("it belongs to claim {o} ({s})", "已属于声明 {o}（{s}）", o=owner, s=state))
        values += [str(taken.get("name"))]
    elif state in ("Released", "Failed") or (owner and state == "Bound"):
        reasons.append(say("it is {s} and is not reused", "状态为 {s}，不会被重新使用", s=state))
        values.append(state)
    return Misfit(volume, tuple(reasons), tuple(v for v in values if v))


def nearest(view: ClusterView, claim: Claim) -> Misfit | None:
    """The volume with the fewest reasons against it; free ones of the claim's class come first."""
    tried = [misfit(claim, v) for v in view.objects("PersistentVolume")]
    tried = [m for m in tried if m.reasons]
    if not tried:
        return None

    def order(one: Misfit) -> tuple[bool, int, bool, str]:
        free = one.volume.text("status", "phase") == "Available"
        same = one.volume.text("spec", "storageClassName") == (claim.class_name or "")
        return (not (same or free), len(one.reasons), not free, one.volume.name)

    return min(tried, key=order)


def no_match(view: ClusterView, claim: Claim) -> Finding:
    """No volume made by hand fits the claim."""
    listed_all = view.complete_list("PersistentVolume", "")
    close = nearest(view, claim) if listed_all else None
    why = _why(view, claim)
    if close is not None:
        near = say(
            "; the nearest, {v}, does not fit: {r}", "；最接近的 {v} 不符合：{r}",
            v=close.volume.name, r=joined(list(close.reasons[:2]), " and ", "，"),
        )  # fmt: skip
    elif listed_all:
        near = say("; the cluster has no free PersistentVolume", "；集群中没有可用的 PersistentVolume")
    else:
        near = NOTHING
    statement = stated(
        "No PersistentVolume fits claim {name} ({asked}, {modes}, class {cls}){why}{near}.",
        "没有 PersistentVolume 符合声明 {name}（{asked}，{modes}，存储类 {cls}）{why}{near}。",
        name=claim.name, asked=claim.asked, cls=claim.class_name or "“”", why=why, near=near,
        modes="/".join(str(m) for m in elements(claim.object.at("spec", "accessModes"))),
    )  # fmt: skip
    exact = close is not None and len(close.reasons) == 1
    cites = [claim.object.cite, *([close.volume.cite] if close else [listed_all] if listed_all else [])]
    return Finding(
        rule="storage.no-matching-volume",
        category="pvc-unbound",
        role=Role.CAUSE,
        subject=claim.ref,
        culprit=claim.ref,
        statement=statement,
        likelihood=Likelihood.HIGH if listed_all else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if exact else Specificity.NAMED,
        cites=tuple(cites),
        quotes=quotable(claim.asked) if close is None else quotable(claim.asked, *close.values[:2]),
        since=claim.object.created,
        remedies=(
            change(
                say("Create a PersistentVolume that fits, or ask for one that exists",
                    "创建符合要求的 PersistentVolume，或改为已有的卷"),
                say("Size, access modes, class and selector must all fit. An unbound claim holds no data "
                    "and can be "
                    "created anew.",
                        "容量、访问模式、存储类和选择器都必须匹配。未绑定的声明没有数据，可以重建。"),
                mutate(f"kubectl edit {target(claim.ref)}"),
            ),
            *_see(close),
        ),
    )  # fmt: skip


def _see(close: Misfit | None) -> tuple[Remedy, ...]:
    if close is None:
        return ()
    return (
        check(
            say("Compare with the nearest volume", "与最接近的卷比较"),
            say("Its capacity, accessModes, storageClassName and claimRef.",
                "容量、accessModes、storageClassName 和 claimRef。"),
            read("kubectl get pv"),
            see_yaml(close.volume.ref),
        ),
    )  # fmt: skip


def _why(view: ClusterView, claim: Claim) -> Text:
    """Why nothing is provisioned for it."""
    if claim.class_name is None and default_classes(view) == []:
        return say(
            ", which names no StorageClass, and the cluster has no default one",
            "，声明没有指定 StorageClass，集群也没有默认存储类",
        )
    if claim.class_name:
        have = view.find(resource("StorageClass", "", claim.class_name))
        if have is None and view.is_absent(resource("StorageClass", "", claim.class_name)):
            return say(
                ", and there is no StorageClass of that name to make one",
                "，也没有同名 StorageClass 可动态创建",
            )
    return NOTHING


def by_name(view: ClusterView, claim: Claim) -> Finding | None:
    """A claim that names its volume (`spec.volumeName`) and cannot have it."""
    name = claim.object.text("spec", "volumeName")
    ref = resource("PersistentVolume", "", name)
    state = view.get(ref)
    found = view.find(ref)
    if found is not None:
        against = misfit(claim, found)
        if not against.reasons:
            return None
        why = joined(list(against.reasons[:2]), " and ", "，")
        statement = stated("Claim {c} asks for PersistentVolume {v}, which it cannot have: {why}.",
                        "声明 {c} 指定的 PersistentVolume {v} 无法绑定："
                        "{why}。", c=claim.name, v=name, why=why)  # fmt: skip
        values = against.values
    elif view.is_absent(ref):
        have = listed([v.name for v in view.objects("PersistentVolume")], 3)
        others = (
            say(" (existing: {h})", "（现有 {h}）", h=have) if view.objects("PersistentVolume") else NOTHING
        )
        statement = stated("Claim {c} asks for PersistentVolume {v}, which does not exist{o}.",
                        "声明 {c} 指定的 PersistentVolume {v} "
                        "不存在{o}。", c=claim.name, v=name, o=others)  # fmt: skip
        values = ()
    else:
        return None
    lost = found is not None and found.text("status", "phase") in ("Released", "Failed")
    return Finding(
        rule="storage.named-volume",
        category="pvc-lost" if lost else "pvc-unbound",
        role=Role.CAUSE,
        subject=claim.ref,
        culprit=ref if lost else claim.ref,
        statement=statement,
        specificity=Specificity.EXACT,
        cites=(claim.object.cite, getattr(state, "cite", claim.object.cite)),
        quotes=quotable(name, *values[:2]),
        since=claim.object.created,
        remedies=(
            change(
                say("Free the volume, or name another one", "释放该卷，或指定其他卷"),
                say("A Released volume keeps its data and is bound again only after spec.claimRef is "
                    "removed from it.",
                    "Released 的卷保留数据，删去其 spec.claimRef 后才能重新绑定。"),
                mutate(f"kubectl edit {target(ref)}") if found is not None else mutate(f"kubectl edit "
                    f"{target(claim.ref)}"),
            ),
        ),
    )  # fmt: skip
