"""A claim that stays Pending: what of class, provisioner, volumes and consumers is the reason."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.remedies import (
    change,
    check,
    destroy,
    read,
    target,
    with_note,
)
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.storage_claims import (
    STATIC,
    Claim,
    binds_late,
    default_classes,
    failures,
    focus_claims,
    phase,
    placed,
    provisioner_of,
    volumes_of_class,
    waiting_pods,
)
from kubetriage.domain.rules.storage_messages import Refusal, kind_of
from kubetriage.domain.rules.storage_refused import refused
from kubetriage.domain.rules.storage_remedies import create_anew
from kubetriage.domain.rules.storage_static import by_name, no_match
from kubetriage.domain.rules.storage_waiting import driver_or_unseen, hint, waiting
from kubetriage.domain.rules.wording import listed, quotable
from kubetriage.domain.view import ClusterView


def pending(view: ClusterView) -> Iterator[Finding]:
    """The most telling reason for each claim that is not bound, and what other claims of its class show."""
    for claim in focus_claims(view):
        if phase(claim) == "Pending" and claim.object.deleted is None:
            yield from _reason(view, claim)


def _reason(view: ClusterView, claim: Claim) -> Iterator[Finding]:
    if claim.object.text("spec", "volumeName"):
        found = by_name(view, claim)
        if found is not None:
            yield found
            return
    told = failures(view, claim)
    if _class_absent(view, claim, told):
        if volumes_of_class(view, claim):
            yield no_match(view, claim)
        else:
            yield _absent_class(view, claim, told)
        return
    for event in told[:1]:
        finding = refused(view, claim, event)
        if finding is not None:
            yield finding
            return
    if _by_hand(view, claim):
        yield no_match(view, claim)
    elif binds_late(claim) and not placed(claim):
        yield from _waits_for_pod(view, claim)
    else:
        yield driver_or_unseen(view, claim)
        yield from hint(view, claim)


def _by_hand(view: ClusterView, claim: Claim) -> bool:
    """Whether only an existing volume can serve the claim."""
    if claim.class_name == "" or provisioner_of(claim) == STATIC:
        return True
    return claim.class_name is None and (default_classes(view) == [] or _no_class_said(view, claim))


def _no_class_said(view: ClusterView, claim: Claim) -> bool:
    return any("no storage class is set" in e.message for e in view.events(claim.ref, "FailedBinding"))


# ---- the class is not there


def _class_absent(view: ClusterView, claim: Claim, told: list[EventRecord]) -> bool:
    if not claim.class_name or claim.storage_class is not None:
        return False
    ref = resource("StorageClass", "", claim.class_name)
    return view.is_absent(ref) or any(kind_of(e.message, None) is Refusal.CLASS for e in told[:1])


def _absent_class(view: ClusterView, claim: Claim, told: list[EventRecord]) -> Finding:
    name = claim.class_name or ""
    ref = resource("StorageClass", "", name)
    have = [c.name for c in view.objects("StorageClass")]
    like = nearest(name, have)
    others = NOTHING
    if have:
        others = say(
            " (existing: {h})",
            "（现有 {h}）",
            h=listed([like, *(h for h in have if h != like)] if like else have, 4),
        )
    statement = stated(
        "PersistentVolumeClaim {claim} asks for StorageClass {name}, which does not exist{others}.",
        "PersistentVolumeClaim {claim} 指定的 StorageClass {name} 不存在{others}。",
        claim=claim.name, name=name, others=others,
    )  # fmt: skip
    state = view.get(ref)
    return Finding(
        rule="storage.class-absent",
        category="pvc-unbound",
        role=Role.CAUSE,
        subject=claim.ref,
        culprit=claim.ref if like or have else ref,
        statement=statement,
        specificity=Specificity.EXACT,
        cites=(claim.object.cite, *(e.cite for e in told[:1]), getattr(state, "cite", claim.object.cite)),
        quotes=quotable(name),
        since=claim.object.created,
        remedies=(
            _use_class(view, claim, like or (have[0] if len(have) == 1 else "<class>")),
            _see_classes(view),
        ),
    )


def _use_class(view: ClusterView, claim: Claim, name: str) -> Remedy:
    detail = say(
        "The class of a claim cannot be edited: delete the unbound claim and create it again with {name}, "
        "or have StorageClass {old} created.",
        "声明的存储类不能修改：删除未绑定的声明并以 {name} 重建，或创建 StorageClass {old}。",
        name=name, old=claim.class_name or "-",
    )  # fmt: skip
    return change(
        say("Create the claim anew with a class that exists", "以存在的存储类重建声明"),
        with_note(detail, claim.object),
        *create_anew(claim, class_name=name),
    )


def _see_classes(view: ClusterView) -> Remedy:
    commands = [read("kubectl get storageclass")] if view.objects("StorageClass") else []
    return check(
        say("See the classes of the cluster", "查看集群的存储类"),
        say("The default one is marked.", "默认存储类带有标记。"),
        *commands,
    )


# ---- waits for a pod


def _waits_for_pod(view: ClusterView, claim: Claim) -> Iterator[Finding]:
    """Binding is put off until a pod is placed: the pod's trouble is the cause, or nobody uses the claim."""
    users = [p for p in view.pods_using_claim(claim.ref) if p.deleted is None]
    cls = claim.class_name or "-"
    if users:
        yield waiting(
            claim,
            "waits-for-pod",
            say(
                "Claim {c} is Pending because class {k} binds only when a pod is placed "
                "(WaitForFirstConsumer), and Pod {p} is not.",
                "声明 {c} 处于 Pending：存储类 {k} 要等 Pod 被调度后才绑定（WaitForFirstConsumer），而 "
                "Pod {p} 尚未调度。",
                c=claim.name, k=cls, p=users[0].name,
            ),
            role=Role.SYMPTOM,
            culprit=users[0].ref,
            waits_on=tuple(p.ref for p in users),
            cites=(users[0].cite,),
        )  # fmt: skip
        return
    asked = view.observation(waiting_pods(claim.object.namespace))
    if not (asked and asked.found) and view.complete_list("Pod", claim.object.namespace) is None:
        return
    yield waiting(
        claim,
        "unused",
        say(
            "Claim {c} is Pending by design: class {k} binds it only when a pod uses it "
            "(WaitForFirstConsumer), and none does.",
            "声明 {c} 按设计处于 Pending：存储类 {k} 在有 Pod 使用时才绑定（WaitForFirstConsumer），"
            "目前没有 Pod 使用它。",
            c=claim.name, k=cls,
        ),
        role=Role.CAUSE,
        culprit=claim.ref,
        likelihood=Likelihood.MEDIUM,
        remedies=(
            change(
                say("Nothing, or delete the claim", "无需处理，或删除该声明"),
                say("It binds as soon as a pod that mounts it is scheduled; delete it if nothing is to "
                    "use it.",
                    "挂载它的 Pod 被调度后会自动绑定；如果不再需要请删除。"),
                destroy(f"kubectl delete {target(claim.ref)}"),
            ),
        ),
    )  # fmt: skip
