"""A volume that runs full: how full stands in the alert's own text, for the API does not say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.remedies import change, check, describe, mutate, target, with_note
from kubetriage.domain.rules.storage_claims import Claim, claim_of, phase
from kubetriage.domain.rules.volume_samples import filling_of
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView

_FREE = re.compile(
    r"(?P<n>\d{1,3}(?:\.\d+)?)\s*%\s*(?:is |of it is |are )?(?:free|available|left|remaining)", re.I
)
_USED = re.compile(r"(?P<n>\d{1,3}(?:\.\d+)?)\s*%\s*(?:is |of it is |are )?(?:full|used|in use)", re.I)
_INODES = re.compile(r"\binodes?\b", re.I)
SCARCE = 15.0
"""Per cent free from which a volume counts as running full."""


class Room(NamedTuple):
    """What the alert says is left, in per cent."""

    free: float
    words: str
    inodes: bool


def room_left(view: ClusterView, claim: Resource) -> Room | None:
    """The share of a claim's volume that the alert's text says is free."""
    for text in view.alert.annotations.values():
        if claim.name not in text:
            continue
        free, used = _FREE.search(text), _USED.search(text)
        if free:
            return Room(float(free["n"]), free[0], bool(_INODES.search(text)))
        if used:
            return Room(100.0 - float(used["n"]), used[0], bool(_INODES.search(text)))
    return None


def filling_up(view: ClusterView) -> Iterator[Finding]:
    """The alert's own claim, bound, with little room by what the alert measured."""
    found = view.find(view.primary)
    if (
        found is None
        or found.ref.kind != "PersistentVolumeClaim"
        or view.alert.status is AlertStatus.RESOLVED
    ):
        return
    if filling_of(view, found.ref) is not None:
        return  # measured: metrics_volume knows better than the words
    room, claim = room_left(view, found.ref), claim_of(view, found)
    if room is None or room.free > SCARCE or phase(claim) != "Bound":
        return
    size = found.text("status", "capacity", "storage") or claim.asked
    user = user_of(view, found.ref)
    of = (
        say(", used by {k} {n}", "，由 {k} {n} 使用", k=user.ref.kind, n=user.name)
        if user is not None
        else NOTHING
    )
    what = say("inodes", "inode") if room.inodes else say("space", "空间")
    yield Finding(
        rule="storage.filling-up",
        category="volume-filling-up",
        role=Role.CAUSE,
        subject=found.ref,
        culprit=found.ref,
        statement=stated(
            "The volume of PersistentVolumeClaim {c} ({s}{of}) is nearly full: by the alert, {w} ({what}).",
            "PersistentVolumeClaim {c}（{s}{of}）的卷快满了：告警称 “{w}”（{what}）。",
            c=found.name, s=size, of=of, w=room.words, what=what,
        ),
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        cites=(found.cite, *([user.cite] if user is not None else [])),
        quotes=quotable(size),
        since=view.alert_began,
        remedies=remedies_of(claim, user, room),
    )  # fmt: skip


def user_of(view: ClusterView, claim: Resource) -> Obj | None:
    """The workload whose template names the claim; a StatefulSet's claims are `<template>-<pod>`."""
    for pod in view.pods_using_claim(claim):
        return view.find(view.workload(pod.ref)) or pod
    for owner in view.objects("StatefulSet", claim.namespace):
        for made in owner.items("spec", "volumeClaimTemplates"):
            if re.fullmatch(rf"{re.escape(Obj(made).name)}-{re.escape(owner.name)}-\d+", claim.name):
                return owner
    for owner in view.objects("Deployment", claim.namespace):
        for volume in owner.items("spec", "template", "spec", "volumes"):
            if Obj(volume).text("persistentVolumeClaim", "claimName") == claim.name:
                return owner
    return None


def remedies_of(claim: Claim, user: Obj | None, room: Room) -> tuple[Remedy, ...]:
    """To grow the volume, and to see who fills it."""
    grows = claim.storage_class is None or claim.storage_class.at("allowVolumeExpansion") is True
    patch = '{"spec":{"resources":{"requests":{"storage":"<size>"}}}}'
    clean = say(
        "Look inside for what can go (`df -h` and `du` in the container): old logs, dumps, unrotated data.",
        "在容器内用 `df -h` 和 `du` 查找可清理的内容：旧日志、转储文件、未轮转的数据。",
    )
    larger = change(
        say("Make the volume larger", "扩大卷"),
        with_note(
            say("A larger disk has no more inodes on some file systems." if room.inodes else
                "The class must allow expansion; a volume never shrinks again.",
                "某些文件系统扩容后 inode 不会增加。" if room.inodes else "存储类必须允许扩容；"
                    "卷不能再缩小。"),
            claim.object,
        ),
        *([mutate(f"kubectl patch {target(claim.ref)} --type=merge -p '{patch}'")] if grows else []),
    )  # fmt: skip
    seen = check(say("See who fills it", "查看是谁在写满它"), clean, describe(claim.ref),
                 *([describe(user.ref)] if user is not None else []))  # fmt: skip
    return (larger, seen)
