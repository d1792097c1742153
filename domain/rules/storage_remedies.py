"""What to do about a claim that is not bound."""

from __future__ import annotations

import json
import shlex

from kubetriage.domain.finding import Command, Remedy
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.remedies import (
    change,
    check,
    destroy,
    mutate,
    see_events,
    see_yaml,
    target,
    with_note,
)
from kubetriage.domain.rules.storage_claims import Claim
from kubetriage.domain.view import ClusterView


def look(claim: Claim) -> Remedy:
    commands = [see_events(claim.ref)]
    if claim.storage_class is not None:
        commands.append(see_yaml(claim.storage_class.ref))
    return check(
        say("See the claim's events and its class", "查看声明的事件和存储类"),
        say("The provisioner repeats its error in each event.", "provisioner 会在每个事件中重复报错。"),
        *commands,
    )


def create_anew(claim: Claim, *, size: str = "", class_name: str | None = None) -> tuple[Command, ...]:
    """Commands that save, delete and create a claim again with another size or class."""
    chosen = claim.class_name if class_name is None else class_name
    spec = {
        "accessModes": claim.object.at("spec", "accessModes") or ["ReadWriteOnce"],
        **({"storageClassName": chosen} if chosen is not None else {}),
        "resources": {"requests": {"storage": size or claim.asked}},
    }
    whole = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": claim.name, "namespace": claim.object.namespace},
        "spec": spec,
    }
    manifest = f"echo {shlex.quote(json.dumps(whole))} | kubectl apply -f -"
    return (see_yaml(claim.ref), destroy(f"kubectl delete {target(claim.ref)}"), mutate(manifest))


def resize(view: ClusterView, claim: Claim, size: str) -> tuple[Remedy, ...]:
    """Make an unbound claim anew: its size is fixed until it is bound (core/v1)."""
    detail = say(
        "An unbound claim's size cannot be edited; it holds no data, so delete it and create it again "
        "with {size}.{sts}",
        "未绑定的声明不能修改大小；其中没有数据，可删除后以 {size} 重建。{sts}",
        size=size, sts=_of_template(view, claim),
    )  # fmt: skip
    anew = change(
        say(
            "Create the claim {name} anew with {size}",
            "以 {size} 重建声明 {name}",
            name=claim.name,
            size=size,
        ),
        with_note(detail, claim.object),
        *create_anew(claim, size=size),
    )
    return (anew, look(claim))


def _of_template(view: ClusterView, claim: Claim) -> Text:
    """A StatefulSet would make the claim again from its template, with the old size."""
    for pod in view.pods_using_claim(claim.ref):
        owner = view.workload(pod.ref)
        found = view.find(owner)
        templates = found.items("spec", "volumeClaimTemplates") if found else []
        if owner.kind == "StatefulSet" and templates and claim.name.endswith(f"-{pod.name}"):
            return say(
                " StatefulSet {n} makes it from volumeClaimTemplates: recreate the StatefulSet with the "
                "new size "
                "(kubectl delete --cascade=orphan, then apply).",
                "它由 StatefulSet {n} 的 volumeClaimTemplates 生成：请用新的大小重建该 StatefulSet"
                "（kubectl delete --cascade=orphan 后重新 apply）。",
                n=owner.name,
            )
    return NOTHING
