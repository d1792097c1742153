"""Pods that wait while the kubelet gives every file of a volume the group of `fsGroup`.

Newer kubelets say so (`VolumePermissionChangeInProgress`); else the mount is only told to have timed out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import containers
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import focus_pods, group_pods
from kubetriage.domain.rules.phrases import NOTHING, given, say
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView, claims_of

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

REASON = "VolumePermissionChangeInProgress"
_FILES = re.compile(r"processed (?P<files>\d+) files")
_LATE = timedelta(minutes=10)
"""How long after the last word of it the kubelet is taken to be through."""


def changing(view: ClusterView) -> Iterator[Finding]:
    """Pods whose containers wait for it."""
    shown = []
    for pod in focus_pods(view):
        event = next(iter(view.events(pod.ref, REASON)), None)
        late = event is not None and event.last is not None and view.now - event.last > _LATE
        if event is not None and not late and not any(s.running for s in containers(pod)):
            shown.append((pod, str(pod.at("spec", "securityContext", "fsGroup") or "")))
    for group_id, group in group_pods(view, shown):
        event = view.events(group.lead.ref, REASON)[0]
        files = _FILES.search(event.message)
        claims = claims_of(group.lead)
        yield Finding(
            rule="storage.ownership",
            category="volume-mount",
            role=Role.CAUSE,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=say(
                "{who} does not start yet: the kubelet sets the ownership of every file of its volume{c} to "
                "fsGroup{g}{n}.",
                "{who} 尚未启动：kubelet 正在把卷{c}中每个文件的属组改为 fsGroup{g}{n}。",
                who=group.who,
                c=say(" of claim {c}", "（声明 {c}）", c=claims[0].name) if len(claims) == 1 else NOTHING,
                g=given(" {v}", " {v}", group_id),
                n=say("; {f} files so far", "，已处理 {f} 个文件", f=files["files"]) if files else NOTHING,
            ),
            likelihood=Likelihood.HIGH,
            specificity=Specificity.EXACT,
            cites=(*group.cites, event.cite),
            quotes=quotable(short(event.message, 40)),
            since=event.first,
            remedies=(
                remedies.change(
                    Text(en="Set fsGroupChangePolicy: OnRootMismatch",
                         zh="设置 fsGroupChangePolicy: OnRootMismatch"),
                    remedies.with_note(
                        Text(en="Beside fsGroup in the pod's securityContext; then files are changed only "
                                "if the volume's root has another group. This time it ends by itself.",
                             zh="写在 Pod securityContext 的 fsGroup 旁：仅当卷根目录属组不符时才逐个修改。"
                                "本次会自行完成。"),
                        view.find(group.workload)),
                    *remedies.edit_template(group.workload),
                ),
                remedies.check(
                    Text(en="See how far it is", zh="查看进度"),
                    Text(en="The event repeats with the number of files.", zh="事件会重复并给出文件数。"),
                    remedies.see_events(group.lead.ref),
                ),
            ),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (changing,)
