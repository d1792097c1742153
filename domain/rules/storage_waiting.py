"""A claim that waits for its provisioner: one that is down, absent, or silent."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.phrases import NOTHING, fit, say
from kubetriage.domain.rules.remedies import (
    check,
    escalate,
    read,
    see_events,
    see_yaml,
)
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.storage_claims import (
    Claim,
    provisioner_of,
    siblings,
    volumes_of_class,
)
from kubetriage.domain.rules.storage_driver import controllers, troubled, troubled_objects
from kubetriage.domain.rules.wording import listed, quotable
from kubetriage.domain.view import ClusterView


def driver_or_unseen(view: ClusterView, claim: Claim) -> Finding:
    driver = provisioner_of(claim)
    found = controllers(view, claim)
    down = [c for c in found if troubled(view, c)]
    if found and len(down) == len(found):
        return _down(view, claim, driver, down)
    if driver and not found and _not_installed(view, driver):
        return _no_driver(view, claim, driver)
    return _unseen(view, claim, driver)


def _down(view: ClusterView, claim: Claim, driver: str, down: list[Obj]) -> Finding:
    names = listed([f"{d.ref.kind} {d.namespace}/{d.name}" for d in down], 2)
    return waiting(
        claim,
        "provisioner-down",
        say(
            "Claim {c} waits for its provisioner {d}, whose {n} has no ready pod.",
            "声明 {c} 在等待 provisioner {d}，而其 {n} 没有就绪的 Pod。",
            c=claim.name, d=driver, n=names,
        ),
        role=Role.SYMPTOM,
        culprit=down[0].ref,
        likelihood=Likelihood.MEDIUM,
        waits_on=tuple(troubled_objects(view, down)),
        cites=tuple(d.cite for d in down[:2]),
        quotes=(driver,),
    )  # fmt: skip


def _not_installed(view: ClusterView, driver: str) -> bool:
    """A CSI driver registers a CSIDriver object; older provisioners don't, and leave no trace to miss."""
    return "csi" in driver and view.is_absent(resource("CSIDriver", "", driver))


def _no_driver(view: ClusterView, claim: Claim, driver: str) -> Finding:
    have = [d.name for d in view.objects("CSIDriver")]
    like = nearest(driver, have)
    cls: Resource = resource("StorageClass", "", claim.class_name or "")
    state = view.get(resource("CSIDriver", "", driver))
    others = (
        say(" (installed: {h})", "（已安装：{h}）", h=listed([like] if like else have, 3))
        if have
        else NOTHING
    )
    return waiting(
        claim,
        "no-driver",
        say(
            "Claim {c} waits for the provisioner {d} of StorageClass {k}, but no CSI driver of that name "
            "is installed{o}.",
            "声明 {c} 在等待 StorageClass {k} 的 provisioner {d}，但集群没有安装该 CSI 驱动{o}。",
            c=claim.name, d=driver, k=cls.name, o=others,
        ),
        role=Role.CAUSE,
        culprit=cls if cls.name else claim.ref,
        likelihood=Likelihood.HIGH if like else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if like else Specificity.NAMED,
        cites=(getattr(state,
            "cite", claim.object.cite), *([claim.storage_class.cite] if claim.storage_class else [])),
        quotes=(driver,),
        remedies=(
            escalate(
                say("Have the driver installed, or the class corrected", "安装该驱动，或修正存储类"),
                say("provisioner of a StorageClass cannot be edited: the class has to be created anew.",
                    "StorageClass 的 provisioner 不能修改，需要重建存储类。"),
                *([read("kubectl get csidrivers")] if have else []),
            ),
        ),
    )  # fmt: skip


def _unseen(view: ClusterView, claim: Claim, driver: str) -> Finding:
    """The claim waits and nobody has said why: an honest answer, not a cause."""
    reasons = sorted({e.reason for e in view.events(claim.ref)})
    seen = (
        say("only {r} events are there", "只有 {r} 事件", r=listed(reasons, 2))
        if reasons
        else say("no event about it is there", "没有关于它的事件")
    )
    others = siblings(view, claim)
    sizes = say(
        "; other claims of the class have {lo} or more", "；同存储类的其他声明都在 {lo} 以上", lo=others[0][1]
    ) if others else NOTHING  # fmt: skip
    commands = [see_events(claim.ref)] if view.events(claim.ref) else []
    if claim.storage_class is not None:
        commands.append(see_yaml(claim.storage_class.ref))
    return waiting(
        claim,
        "reason-not-visible",
        say(
            "Claim {c} ({a}, class {k}) is Pending and the reason is not visible: {seen}, without an "
            "answer of the provisioner {d}{sizes}.",
            "声明 {c}（{a}，存储类 {k}）处于 Pending，原因不可见：{seen}，provisioner {d} "
            "没有给出结果{sizes}。",
            c=claim.name, a=claim.asked, k=claim.class_name or "-", seen=seen, d=driver or "-", sizes=sizes,
        ),
        role=Role.SYMPTOM,
        culprit=claim.ref,
        likelihood=Likelihood.LOW,
        cites=tuple(e.cite for e in view.events(claim.ref)[:2]),
        quotes=(claim.asked,),
        remedies=(
            check(
                say("Look for the provisioner's answer", "查找 provisioner 的返回结果"),
                say("Its error stands in a ProvisioningFailed event of the claim or in the log of the "
                    "pods of {d}.",
                    "错误会出现在声明的 ProvisioningFailed 事件中，或 {d} 的 Pod 日志中。",
                    d=driver or "provisioner"),
                *commands,
            ),
        ),
    )  # fmt: skip


def hint(view: ClusterView, claim: Claim) -> Iterator[Finding]:
    """Sizes that this class was able to make: a claim below all of them may be below the minimum."""
    others = siblings(view, claim)
    if not others or claim.size is None:
        return
    below = claim.size < others[0][2]
    told = listed([f"{name} {size}" for name, size, _ in others], 4)
    tail: Text = (
        say(": this one ({a}) is smaller than all of them, so the class may have a minimum size",
            "：本声明（{a}）比它们都小，该存储类可能有最小容量限制", a=claim.asked)
        if below
        else say(": sizes like this one ({a}) were served before",
            "：与本声明（{a}）相近的大小曾经成功", a=claim.asked)
    )  # fmt: skip
    cites = [v.cite for v in volumes_of_class(view, claim)[:3]]
    yield waiting(
        claim,
        "other-sizes",
        say("Other claims of class {k}: {told}{tail}.", "存储类 {k} 的其他声明：{told}{tail}。",
            k=claim.class_name or "-", told=told, tail=tail),
        role=Role.HINT,
        culprit=claim.ref,
        likelihood=Likelihood.LOW,
        cites=tuple(cites),
        quotes=(claim.asked,),
    )  # fmt: skip


def waiting(
    claim: Claim,
    rule: str,
    statement: Text,
    *,
    role: Role,
    culprit: Resource,
    likelihood: Likelihood = Likelihood.HIGH,
    specificity: Specificity = Specificity.NAMED,
    waits_on: tuple[Resource, ...] = (),
    cites: tuple[str, ...] = (),
    quotes: tuple[str, ...] = (),
    remedies: tuple[Remedy, ...] = (),
) -> Finding:
    """A finding about an unbound claim."""
    return Finding(
        rule=f"storage.{rule}",
        category="pvc-unbound",
        role=role,
        subject=claim.ref,
        culprit=culprit,
        statement=fit(statement),
        likelihood=likelihood,
        specificity=specificity,
        waits_on=waits_on,
        cites=tuple(dict.fromkeys((claim.object.cite, *cites))),
        quotes=quotable(*quotes),
        since=claim.object.created,
        remedies=remedies,
    )
