"""PersistentVolumes that the cluster gave up: their phase is Failed, and their status says why.

A released volume whose reclaim policy is Delete is Failed when its driver cannot delete the disk
(`VolumeFailedDelete`), one with the policy Recycle when it cannot be scrubbed. Nobody's pod needs to suffer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.phrases import NOTHING, given, say, stated
from kubetriage.domain.rules.remedies import change, check, describe, destroy, escalate, see_yaml, target
from kubetriage.domain.rules.storage_claims import focus_claims
from kubetriage.domain.rules.wording import quotable, short_end
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def failed(view: ClusterView) -> Iterator[Finding]:
    """A volume that is Failed and looked at for its own sake; of a claim's volume `storage.lost` tells."""
    for volume in view.objects("PersistentVolume"):
        if view.looked_at(volume.ref) and volume.text("status", "phase") == "Failed":
            claim = resource("PersistentVolumeClaim", *_claim(volume))
            if not claim.name or view.find(claim) is None:
                yield _failed(view, volume)


def _claim(volume: Obj) -> tuple[str, str]:
    return volume.text("spec", "claimRef", "namespace"), volume.text("spec", "claimRef", "name")


def _failed(view: ClusterView, volume: Obj) -> Finding:
    event = next(iter(view.events(volume.ref, "VolumeFailedDelete", "VolumeFailedRecycle")), None)
    message = volume.text("status", "message") or (event.message if event is not None else "")
    words = short_end(message, 130)
    policy = volume.text("spec", "persistentVolumeReclaimPolicy")
    namespace, name = _claim(volume)
    was = say(" (once of claim {n}/{c})", "（原属声明 {n}/{c}）", n=namespace, c=name) if name else NOTHING
    does = say("has failed", "已失败")
    if policy == "Delete" and name:
        does = say("is released, and its disk cannot be deleted", "已释放，但其磁盘无法删除")
    return Finding(
        rule="storage.volume-failed",
        category="pvc-lost",
        role=Role.CAUSE,
        subject=volume.ref,
        culprit=volume.ref,
        statement=stated(
            "PersistentVolume {v}{was} {does}{why}.", "PersistentVolume {v}{was}{does}{why}。",
            v=volume.name, was=was, does=does,
            why=say(": “{w}”", "：“{w}”", w=words) if words else NOTHING,
        ),
        likelihood=Likelihood.HIGH if message else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if message else Specificity.NAMED,
        cites=(volume.cite, *((event.cite,) if event is not None else ())),
        quotes=quotable(words) if words else (),
        since=event.first if event is not None else None,
        remedies=(
            escalate(
                say("Have the disk behind it freed or deleted", "请释放或删除其后端磁盘"),
                say("Whoever runs the storage finds it as {h}{d}: detach it from what still uses "
                    "it, and the driver deletes it by itself. Deleting the PersistentVolume object alone may "
                    "leave the disk behind.",
                    "请存储管理员按 {h}{d}找到该磁盘并从仍在使用它的机器上卸载，之后驱动会自动删除；"
                    "只删除 PersistentVolume 对象可能会遗留磁盘。",
                    h=volume.text("spec", "csi", "volumeHandle") or volume.name,
                    d=given(" (driver {v})", "（驱动 {v}）", volume.text("spec", "csi", "driver"))),
                see_yaml(volume.ref),
            ),
            check(
                say("See what the driver says", "查看驱动的记录"),
                say("Events of the volume repeat its answer.", "该卷的事件会重复其返回的错误。"),
                describe(volume.ref),
            ),
        ),
    )  # fmt: skip


_LONG = timedelta(minutes=10)
"""How long a file system may wait for its resize while a pod is started."""


def grow_pending(view: ClusterView) -> Iterator[Finding]:
    """A claim whose disk was enlarged, and whose file system was not."""
    for claim in focus_claims(view):
        waits = claim.object.conditions().get("FileSystemResizePending")
        have = claim.object.text("status", "capacity", "storage")
        if waits is None or waits.status != "True" or not have or have == claim.asked:
            continue
        if waits.since is not None and view.now - waits.since < _LONG:
            continue
        users = [p.ref for p in view.pods_using_claim(claim.ref)]
        yield Finding(
            rule="storage.grow-pending",
            category="volume-filling-up",
            role=Role.CAUSE,
            subject=claim.ref,
            culprit=claim.ref,
            statement=stated(
                "Claim {c} was enlarged from {a} to {b}, but its file system is not resized yet "
                "(FileSystemResizePending).",
                "存储卷声明 {c} 已从 {a} 扩容到 {b}，但其文件系统尚未扩展（FileSystemResizePending）。",
                c=claim.name, a=have, b=claim.asked,
            ),
            likelihood=Likelihood.HIGH,
            specificity=Specificity.EXACT,
            cites=(claim.object.cite,),
            quotes=("FileSystemResizePending", have, claim.asked),
            since=waits.since,
            remedies=(
                change(
                    say("Have the volume mounted anew", "重新挂载该卷"),
                    say("Delete the pod that uses it; its controller starts it again, and kubelet then grows "
                        "the file system.",
                        "删除使用它的 Pod，控制器会重新创建，之后 kubelet 会扩展文件系统。"),
                    *(destroy(f"kubectl delete {target(user)}") for user in users[:1]),
                ),
                check(
                    say("See the claim's conditions", "查看该声明的状态条件"),
                    say("They go once the resize is done.", "扩展完成后这些条件会消失。"),
                    describe(claim.ref),
                ),
            ),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (failed, grow_pending)
