"""One tag, two images: a pod that fails on another digest than its healthy siblings have under that tag."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import ContainerState, Obj, containers, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.crash import container_text, grouped, last_said
from kubetriage.domain.rules.ends import Ending, Kind, endings
from kubetriage.domain.rules.exit_codes import exit_code
from kubetriage.domain.rules.grouping import PodGroup, told_apart
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import fitting, quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

_OWN = (Kind.APP, Kind.LOG, Kind.START, Kind.EXEC_FORMAT)
"""Ends that another program in the image may bring about."""
_ARCH = "kubernetes.io/arch"


@told_apart
def tag_moved(view: ClusterView) -> Iterator[Finding]:
    """All failing pods of a revision run one digest, all its healthy ones another, and the image is the same
    by name: someone pushed another image under the tag."""
    for end, group in grouped(view, [e for e in endings(view) if e.kind in _OWN]):
        here, there = _digest(end.state), _of_siblings(view, end, group)
        if here and there and here != there and "@" not in end.state.image:
            yield _finding(view, end, group, here, there)


def _digest(state: ContainerState) -> str:
    """The digest by which the runtime knows the image; empty if it gives none."""
    image = str(state.status.get("imageID") or "")
    return image.rpartition("@")[2] if "@sha256:" in image else ""


def _of_siblings(view: ClusterView, end: Ending, group: PodGroup) -> str:
    """The one digest of all healthy pods of the same revision and architecture; empty if they have several,
    or if a failing pod has it too."""
    ill, here = {pod.ref for pod in group.pods}, _digest(end.state)
    if any(_digest(s) != here for pod in group.pods for s in containers(pod) if s.name == end.state.name):
        return ""
    found = set()
    for pod in view.pods_of(group.workload):
        if pod.controller != end.pod.controller or pod.ref in ill or not pod_ready(pod):
            continue
        if len({_architecture(view, one) for one in (pod, end.pod)} - {""}) > 1:
            continue
        same = (s for s in containers(pod) if (s.name, s.image) == (end.state.name, end.state.image))
        found |= {_digest(s) for s in same}
    return found.pop() if len(found) == 1 else ""


def _architecture(view: ClusterView, pod: Obj) -> str:
    """Its node's; empty if that was not read."""
    node = view.find(resource("Node", "", pod.text("spec", "nodeName")))
    return node.labels.get(_ARCH, "") if node is not None else ""


def _finding(view: ClusterView, end: Ending, group: PodGroup, here: str, there: str) -> Finding:
    healthy = [p for p in view.pods_of(group.workload) if pod_ready(p)]
    return Finding(
        rule="image.tag-moved",
        category="wrong-image",
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=group.culprit,
        statement=fitting(partial(_statement, end, group, here, there)),
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        explains=tuple(pod.ref for pod in group.pods),
        cites=(*group.cites, *(p.cite for p in healthy[:1])),
        quotes=quotable(end.state.image, here),
        since=end.at,
        remedies=_remedies(view, end, group, there),
    )


def _statement(end: Ending, group: PodGroup, here: str, there: str, room: int) -> Text:
    words, _ = last_said(end)
    said = say(": “{w}”", "：“{w}”", w=short(words, min(room, 80))) if words else NOTHING
    return say(
        "{who}: {what} ends with {code}, and its tag {i} means another image than in its healthy siblings "
        "({b} here, {a} there){s}.",
        "{who}：{what} 退出，{code}，且其标签 {i} 指向的镜像与健康的同组 Pod 不同"
        "（此处 {b}，其他 {a}）{s}。",
        who=group.who, what=container_text(end), code=exit_code(end.code),
        i=_tag(end.state.image), b=here[:15], a=there[:15], s=said,
    )  # fmt: skip


def _tag(image: str) -> str:
    return short(image.rpartition("/")[2].partition(":")[2] or "latest", 60)


def _remedies(view: ClusterView, end: Ending, group: PodGroup, there: str) -> tuple[Remedy, ...]:
    image = end.state.image
    last = image.rpartition("/")[2]
    name = image[: len(image) - len(last)] + last.partition(":")[0]
    return (
        remedies.change(
            say("Run the digest that works: {n}@{d}", "改用可用的摘要：{n}@{d}",
                n=short(name, 60), d=there[:15]),
            remedies.with_note(
                Text(en="A tag that is pushed again reaches each pod only as it is started anew; a digest, "
                        "or a tag that is never reused, is the same everywhere.",
                     zh="重复推送的标签只有在 Pod 重新启动时才会生效；"
                        "使用摘要或从不复用的标签才能处处一致。"),
                view.find(group.workload)),
            *remedies.set_image(group.workload, end.state.name, f"{name}@{there}"),
        ),
        remedies.check(
            Text(en="Compare the image digests of the pods", zh="对比各 Pod 的镜像摘要"),
            Text(en="`imageID` in each pod's status.", zh="见各 Pod 状态中的 imageID。"),
            *(remedies.see_yaml(pod.ref) for pod in group.pods[:1]),
        ),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (tag_moved,)
