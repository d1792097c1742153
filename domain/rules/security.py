"""Containers whose own security settings keep kubelet from starting them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import containers
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import focus_pods, group_pods, told_apart
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_AS_ROOT = re.compile(
    r"runAsNonRoot and image will run as root|runAsUser breaks non-root policy", re.IGNORECASE
)
_BY_NAME = re.compile(r"image has non-numeric user \((?P<user>[^)]*)\)", re.IGNORECASE)


@told_apart
def run_as_non_root(view: ClusterView) -> Iterator[Finding]:
    """`runAsNonRoot` against an image that runs as root, or as a user whose number is unknown."""
    shown = []
    for pod in focus_pods(view):
        for state in containers(pod):
            message = str(state.waiting.get("message") or "")
            named = _BY_NAME.search(message)
            if named or _AS_ROOT.search(message):
                shown.append((pod, (state.name, state.image, named["user"] if named else "")))
    for (name, image, user), group in group_pods(view, shown):
        if user:
            says = say("the image's user {u} is a name, so kubelet cannot tell that it is not root",
                       "镜像的用户 {u} 是名称而非数字，kubelet 无法确认其不是 root", u=user)  # fmt: skip
        else:
            says = Text(en="the image runs as root", zh="该镜像以 root 运行")
        obj = view.find(group.workload)
        yield Finding(
            rule="security.run-as-non-root",
            category="pod-security",
            role=Role.CAUSE,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=say(
                "{who} cannot start: container {c} demands runAsNonRoot, but {says} ({i}).",
                "{who} 无法启动：容器 {c} 要求 runAsNonRoot，但{says}（{i}）。",
                who=group.who, c=name, says=says, i=short(image, 80),
            ),
            likelihood=Likelihood.HIGH,
            specificity=Specificity.EXACT,
            cites=group.cites,
            quotes=quotable("runAsNonRoot", image),
            since=group.lead.created,
            remedies=remedies.with_rollback(
                view, group.workload,
                remedies.change(
                    say("Give container {c} a numeric user", "为容器 {c} 指定数字用户", c=name),
                    remedies.with_note(
                        Text(en="Set securityContext.runAsUser to a user other than 0 that the image "
                                "supports, or "
                                "build the image with a numeric USER.",
                             zh="将 securityContext.runAsUser 设为镜像支持的非 0 用户，或用数字 USER "
                                "重新构建镜像。"), obj),
                    *remedies.edit_template(group.workload),
                ),
            ),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (run_as_non_root,)
