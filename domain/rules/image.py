"""An image that cannot be pulled, and one that will not be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import ContainerState, Obj, containers, pod_settled
from kubetriage.domain.language import Text, text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods, told_apart
from kubetriage.domain.rules.image_answers import (
    Answer,
    decisive_words,
    full_name,
    is_bare,
    read_answer,
    registry_host,
)
from kubetriage.domain.rules.image_login import is_ecr
from kubetriage.domain.rules.image_words import SAYS, what_to_do
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.remedies import current_and_previous
from kubetriage.domain.rules.stale_pods import corrected_image, delete_stale
from kubetriage.domain.rules.wording import fitting, quotable, short, short_end
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "image-pull"
WAITING = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
"""Reasons with which kubelet says that it waits for an image (pkg/kubelet/images/types.go)."""


class Told(NamedTuple):
    """The most telling message about an image, and what it says."""

    answer: Answer
    message: str
    cite: str
    event: EventRecord | None


@told_apart
def not_pulled(view: ClusterView) -> Iterator[Finding]:
    """Containers that wait for an image, by workload and image."""
    shown = []
    for pod in focus_pods(view):
        for state in containers(pod):
            if state.waiting_reason in WAITING:
                shown.append((pod, (state.image, state.name)))
    for (image, container), group in group_pods(view, shown):
        yield _finding(view, group, image, container, told_about(view, group, image, container))


def told_about(view: ClusterView, group: PodGroup, image: str, container: str) -> Told:
    """The latest message of any of the group's pods that says why, statuses first (they are current)."""
    unseen = Told(Answer.UNSEEN, "", group.lead.cite, None)
    candidates: list[Told] = []
    for pod in (group.lead, *group.pods):
        for state in containers(pod):
            if state.name == container:
                said = f"{state.waiting_reason} {state.waiting.get('message') or ''}"
                candidates.append(Told(read_answer(said, image), said.partition(" ")[2], pod.cite, None))
        for event in view.events(pod.ref, "Failed", "InspectFailed", "ErrImageNeverPull"):
            if image in event.message:
                candidates.append(Told(read_answer(event.message, image), event.message, event.cite, event))
    for telling in ((Answer.UNSEEN, Answer.OTHER), (Answer.UNSEEN,)):
        found = next((c for c in candidates if c.answer not in telling), None)
        if found:
            return found
    return unseen


def _finding(view: ClusterView, group: PodGroup, image: str, container: str, told: Told) -> Finding:
    says = SAYS[told.answer]
    values = {"image": short(image, 90), "host": registry_host(image)}
    words = decisive_words(told.message) if told.answer not in (Answer.UNSEEN, Answer.INVALID) else ""
    culprit, secret = _culprit(view, group, image, told)
    extra = _extra(view, group, image, container, told, secret)

    def statement(room: int) -> Text:
        quote = f": “{short_end(words, min(room, 90))}”" if words else ""
        return say(
            "{who} cannot start: {says}{extra}{quote}.",
            "{who} 无法启动：{says}{extra}{quote}。",
            who=group.who,
            says=Text(en=says.en.format(**values), zh=says.zh.format(**values)),
            extra=extra,
            quote=Text(en=quote, zh=quote.replace(": ", "：", 1)),
        )

    stale = corrected_image(view, group, container, image)
    category = {Answer.PLATFORM: "image-architecture", Answer.DISK: "disk-full"}.get(told.answer, CATEGORY)
    backoffs = view.events(group.lead.ref, "Failed", "BackOff")
    return Finding(
        rule=f"image.{told.answer.value}",
        category=category,
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=culprit,
        statement=fitting(statement),
        likelihood=Likelihood.MEDIUM if told.answer in (Answer.UNSEEN, Answer.OTHER) else Likelihood.HIGH,
        specificity=Specificity.NAMED,
        cites=tuple(dict.fromkeys((*group.cites, told.cite, *(e.cite for e in backoffs[:1])))),
        quotes=quotable(image),
        since=min((e.first for e in backoffs if e.first), default=group.lead.created),
        remedies=delete_stale(group)
        if stale
        else what_to_do(view, group.workload, group.lead, container, image, told.answer),
    )


def _culprit(view: ClusterView, group: PodGroup, image: str, told: Told) -> tuple[Resource, str]:
    """The workload whose template names the image, its missing pull secret, or the one node that fails."""
    if told.answer in (Answer.DENIED, Answer.HIDDEN):
        secret = _missing_secret(view, group)
        if secret:
            return resource("Secret", group.lead.namespace, secret), secret
    if told.answer is Answer.EXPIRED and len(named := _pull_secrets(group.lead)) == 1:
        return resource("Secret", group.lead.namespace, named[0]), ""
    node = group.lead.text("spec", "nodeName")
    local = told.answer in (Answer.UNREACHABLE, Answer.UNRESOLVED, Answer.UNTRUSTED)
    if node and (told.answer is Answer.DISK or (local and _only_there(view, group, image, node))):
        return resource("Node", "", node), ""
    return group.culprit, ""


def _missing_secret(view: ClusterView, group: PodGroup) -> str:
    """A pull secret of the pods that kubelet says it cannot retrieve."""
    named = _pull_secrets(group.lead)
    for pod in group.pods:
        for event in view.events(pod.ref, "FailedToRetrieveImagePullSecret"):
            found = next((name for name in named if name in event.message), "")
            if found:
                return found
    return ""


def _pull_secrets(pod: Obj) -> list[str]:
    return [str(s["name"]) for s in pod.items("spec", "imagePullSecrets") if s.get("name")]


def _only_there(view: ClusterView, group: PodGroup, image: str, node: str) -> bool:
    """Whether all failing pods are on one node while pods elsewhere run the same image."""
    if any(pod.text("spec", "nodeName") != node for pod in group.pods):
        return False
    for pod in view.objects("Pod", group.lead.namespace):
        if pod.text("spec", "nodeName") not in ("", node):
            for state in containers(pod):
                if state.image == image and state.running and state.status.get("imageID"):
                    return True
    return False


def _extra(view: ClusterView, group: PodGroup, image: str, container: str, told: Told, secret: str) -> Text:
    """What else narrows it down: the pull secret, the image that worked before, the missing registry."""
    node = group.lead.text("spec", "nodeName")
    if told.answer is Answer.PLATFORM and node:
        known = view.find(resource("Node", "", node))
        arch = known.text("status", "nodeInfo", "architecture") if known is not None else ""
        return text("; node {n} is {a}", "；节点 {n} 为 {a}", n=node, a=arch) if arch else text(
            "; it is to run on node {n}", "；它要在节点 {n} 上运行", n=node)  # fmt: skip
    if secret:
        return text("; pull secret {s} cannot be retrieved", "；拉取密钥 {s} 无法读取（不存在）", s=secret)
    now = corrected_image(view, group, container, image)
    if now:
        return text("; the template has {i} by now, and this pod is not replaced until it is deleted",
                    "；模板现为 {i}，但该 Pod 在被删除之前不会被替换", i=short(now, 60))  # fmt: skip
    names = _pull_secrets(group.lead)
    if told.answer is Answer.EXPIRED:
        named = short(", ".join(names), 60)
        return text(" (imagePullSecrets: {n})", "（imagePullSecrets：{n}）", n=named) if names else NOTHING
    if names and told.answer is Answer.DENIED and is_ecr(registry_host(image)):
        named = short(", ".join(names), 40)
        return text("; imagePullSecrets: {n} (a token of ECR lasts 12 hours)",
                    "；imagePullSecrets：{n}（ECR 令牌有效期为 12 小时）", n=named)  # fmt: skip
    before = previous_image(view, group.workload, container)
    if before and before != image:
        return text("; the previous revision ran {b}", "；上一个修订版使用 {b}", b=short(before, 60))
    if told.answer in (Answer.DENIED, Answer.HIDDEN):
        if not names:
            return Text(en="; the pod has no imagePullSecrets", zh="；该 Pod 未配置 imagePullSecrets")
        return text("; imagePullSecrets: {n}", "；imagePullSecrets：{n}", n=short(", ".join(names), 40))
    if is_bare(image) and told.answer not in (Answer.INVALID, Answer.SHORT_NAME):
        return text("; without registry and tag it means {f}", "；未写仓库和标签，即 {f}", f=full_name(image))
    return Text(en="", zh="")


def previous_image(view: ClusterView, workload: Resource, container: str) -> str:
    """The image of a container in the Deployment's revision before, if that still has ready pods."""
    _, before = current_and_previous(view, workload)
    if before is None or not before.number("status", "readyReplicas"):
        return ""
    for spec in before.items("spec", "template", "spec", "containers"):
        if spec.get("name") == container:
            return str(spec.get("image") or "")
    return ""


@told_apart
def bare_name(view: ClusterView) -> Iterator[Finding]:
    """A pod that is held up before pulling, with an image that names neither registry nor tag."""
    shown = []
    for pod in focus_pods(view):
        if not pod_settled(pod):
            shown += [(pod, s.image) for s in containers(pod) if _not_tried(s) and is_bare(s.image)]
    known = _images_seen(view) if shown else set()
    for image, group in group_pods(view, shown):
        if image in known:
            continue
        yield Finding(
            rule="image.bare-name",
            category=CATEGORY,
            role=Role.RISK,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=text(
                "Image `{image}` of {who} has neither registry nor tag: it will be pulled as {full}, "
                "and if that does not exist, the pull is what fails next.",
                "{zh_who} 的镜像 `{image}` 既没有仓库也没有标签：会按 {full} 拉取，如果不存在，"
                "下一步将拉取失败。",
                image=short(image, 80), who=group.who.en, zh_who=group.who.zh, full=short(full_name(image),
                                                                                          90),
            ),
            likelihood=Likelihood.MEDIUM,
            cites=group.cites,
            quotes=quotable(image),
        )  # fmt: skip


def _not_tried(state: ContainerState) -> bool:
    """Whether the image was neither had nor asked for yet."""
    if state.running or state.last_terminated or state.status.get("imageID"):
        return False
    return state.waiting_reason in ("", "ContainerCreating", "PodInitializing")


def _images_seen(view: ClusterView) -> set[str]:
    """Images that some container was started from."""
    return {
        s.image
        for pod in view.objects("Pod")
        for s in containers(pod)
        if s.running or s.status.get("imageID")
    }


@told_apart
def still_pulling(view: ClusterView) -> Iterator[Finding]:
    """A pull that has taken minutes and has not ended."""
    for pod in focus_pods(view):
        for event in view.events(pod.ref, "Pulling")[:1]:
            if not _unfinished(view, pod, event) or event.last is None:
                continue
            minutes = int((view.now - event.last).total_seconds() // 60)
            state = next((s for s in containers(pod) if s.image in event.message and not s.running), None)
            if minutes < 5 or state is None:
                continue
            yield Finding(
                rule="image.slow-pull",
                category=CATEGORY,
                role=Role.CAUSE,
                subject=pod.ref,
                culprit=view.workload(pod.ref),
                statement=text(
                    "Pod {pod} is still pulling image {image} after {n} min: a large image or a slow "
                    "registry.",
                    "Pod {pod} 拉取镜像 {image} 已 {n} 分钟仍未完成：镜像很大或镜像仓库很慢。",
                    pod=pod.name, image=short(state.image, 90), n=minutes,
                ),
                likelihood=Likelihood.MEDIUM,
                cites=(pod.cite, event.cite),
                quotes=quotable(state.image),
                since=event.first,
                remedies=what_to_do(view, pod.ref, pod, state.name, state.image, Answer.UNREACHABLE),
            )  # fmt: skip


def _unfinished(view: ClusterView, pod: Obj, pulling: EventRecord) -> bool:
    later = view.events(pod.ref, "Pulled", "Failed", "BackOff", "Created", "Started", "Killing")
    return not any(e.last and pulling.last and e.last >= pulling.last for e in later)


RULES: tuple[Rule, ...] = (not_pulled, bare_name, still_pulling)
