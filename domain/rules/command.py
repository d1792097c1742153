"""Commands that the container runtime cannot start, and images built for another machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import ContainerState, Obj, containers
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.command_remedies import missing_key, start_remedies
from kubetriage.domain.rules.crash import container_text, grouped
from kubetriage.domain.rules.ends import Ending, Kind, endings
from kubetriage.domain.rules.exit_codes import exit_code
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods, told_apart
from kubetriage.domain.rules.phrases import NOTHING, aside, say
from kubetriage.domain.rules.security_profiles import profile_words
from kubetriage.domain.rules.templates import command_words
from kubetriage.domain.rules.wording import quotable, short, short_end
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


class Refusal(NamedTuple):
    """What the runtime says about a command it could not start."""

    slug: str
    pattern: re.Pattern[str]
    says: Text
    """With `{exe}` and `{image}`."""
    category: str = "bad-command"


_EXE = r"(?:exec: \\?\"(?P<exe>[^\"\\]+)\\?\"|executable file [`'](?P<exe2>[^`']+)[`'])"
_REFUSALS = (
    Refusal("working-dir", re.compile(r"chdir to cwd \(?\\?\"?(?P<exe>[^\"\\)]*)", re.I),
            Text(en="its working directory `{exe}` cannot be entered in image {image}",
                 zh="镜像 {image} 中无法进入工作目录 `{exe}`")),
    Refusal("mount", re.compile(r"error mounting \\?\"?[^\"]*\"? to rootfs at \\?\"(?P<exe>[^\"\\]+)|"
                                r"failed to prepare subPath for volumeMount \\?\"(?P<exe2>[^\"\\]+)", re.I),
            Text(en="a volume cannot be mounted at `{exe}` (a file over a directory, or a missing subPath)",
                 zh="卷无法挂载到 `{exe}`（文件覆盖目录，或 subPath 不存在）"), "volume-mount"),
    Refusal("no-command", re.compile(r"no command specified", re.I),
            Text(en="neither the container nor image {image} says which command to run",
                 zh="容器和镜像 {image} 都没有指定要运行的命令")),
    Refusal("directory", re.compile(_EXE + r".{0,80}is a directory", re.I),
            Text(en="its command `{exe}` is a directory in image {image}",
                 zh="其命令 `{exe}` 在镜像 {image} 中是目录")),
    Refusal("not-executable",
            re.compile(_EXE + r".{0,80}permission denied|open executable: permission denied", re.I),
            Text(en="its command `{exe}` in image {image} is not executable (permission denied)",
                 zh="镜像 {image} 中的命令 `{exe}` 没有执行权限（permission denied）")),
    Refusal("not-found",
            re.compile(_EXE + r".{0,80}(?:not found|no such file|stat )|executable file not found", re.I),
            Text(en="its command `{exe}` is not found in image {image}",
                 zh="镜像 {image} 中不存在命令 `{exe}`")),
    Refusal("profile", re.compile(r"apparmor|seccomp", re.I),
            Text(en="its {profile} cannot be applied on node {node}",
                 zh="节点 {node} 上无法应用其 {profile}"), "pod-security"),
    Refusal("runtime", re.compile(r"deadline exceeded|name \\?\"[^\"]+\"? is reserved|no space left|"
                                  r"resource temporarily unavailable|cannot allocate memory", re.I),
            Text(en="the container runtime of its node cannot create it",
                 zh="所在节点的容器运行时无法创建它"),
            "container-runtime"),
)  # fmt: skip
_OTHER = Refusal(
    "start-error", re.compile(""), Text(en="the runtime cannot start it", zh="容器运行时无法启动它")
)


class Failure(NamedTuple):
    """A container that could not be started, and the runtime's message."""

    pod: Obj
    state: ContainerState
    code: int
    message: str
    end: Ending | None


@told_apart
def cannot_start(view: ClusterView) -> Iterator[Finding]:
    """Containers whose command the runtime refused."""
    found = {(f.pod.ref, f.state.name): f for f in _failures(view)}
    shown = [(f.pod, (f.state.name, refusal_of(f)[0].slug, refusal_of(f)[1])) for f in found.values()]
    for (name, _, _), group in group_pods(view, shown):
        yield _finding(view, group, found[(group.lead.ref, name)])


def _failures(view: ClusterView) -> Iterator[Failure]:
    ended = set()
    for end in endings(view):
        if end.kind is Kind.START:
            ended.add((end.pod.ref, end.state.name))
            said = end.message or str(end.state.waiting.get("message") or "")
            if not said.strip() and end.seen is not None:
                said = end.seen.quote
            yield Failure(end.pod, end.state, end.code, said, end)
        elif end.kind in (Kind.OOM, Kind.EXEC_FORMAT):
            ended.add((end.pod.ref, end.state.name))
    for pod in focus_pods(view):
        for state in containers(pod):
            said = str(state.waiting.get("message") or "")
            waits = state.waiting_reason in ("CreateContainerError", "RunContainerError")
            waits = waits or (state.waiting_reason == "CreateContainerConfigError" and "subPath" in said)
            if waits and (pod.ref, state.name) not in ended:
                yield Failure(pod, state, -1, said, None)


def refusal_of(failure: Failure) -> tuple[Refusal, str]:
    """Which refusal a message states, and the command (or path) it names."""
    for refusal in _REFUSALS:
        found = refusal.pattern.search(failure.message)
        if found:
            groups = found.groupdict()
            return refusal, groups.get("exe") or groups.get("exe2") or _spoken(failure)
    if failure.end is not None and failure.end.seen is not None:
        values = failure.end.seen.values
        slug = "not-executable" if failure.code == 126 else "not-found"
        return next(r for r in _REFUSALS if r.slug == slug), values.get("name") or values.get(
            "file"
        ) or _spoken(failure)
    if failure.code in (126, 127):
        slug = "not-executable" if failure.code == 126 else "not-found"
        return next(r for r in _REFUSALS if r.slug == slug), _spoken(failure)
    return _OTHER, _spoken(failure)


def _spoken(failure: Failure) -> str:
    words = command_words(failure.state.spec)
    return words[0] if words else "(the image's own command)"


_ID = re.compile(r'(?: for)? \\*"[0-9a-f]{64}\\*"')


def _finding(view: ClusterView, group: PodGroup, failure: Failure) -> Finding:
    refusal, exe = refusal_of(failure)
    node = failure.pod.text("spec", "nodeName")
    culprit: Resource = group.culprit
    if refusal.slug == "runtime" and node:
        culprit = resource("Node", "", node)
    end = failure.end
    what = container_text(end) if end is not None else Text(en=f"container {failure.state.name}",
                                                            zh=f"容器 {failure.state.name}")  # fmt: skip
    profile = profile_words(failure.pod, failure.state, failure.message)
    says = say(refusal.says.en, refusal.says.zh, exe=short(exe, 60), image=short(failure.state.image, 80),
               profile=profile, node=node)  # fmt: skip
    words = _ID.sub("", failure.message)  # tells nobody anything, and hides what does
    message = aside(short_end(words, 70)) if refusal in (_OTHER, _REFUSALS[-1]) else NOTHING
    held = missing_key(view, failure.pod, failure.state) if refusal.slug == "mount" else NOTHING
    code = (
        exit_code(failure.code)
        if failure.code >= 0
        else Text(en=failure.state.waiting_reason, zh=failure.state.waiting_reason)
    )
    stated = bool(failure.message.strip()) and refusal is not _OTHER
    return Finding(
        rule=f"command.{refusal.slug}",
        category=refusal.category,
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=culprit,
        statement=say("{who}: {what} cannot start: {says}{k}; {code}{m}.",
                      "{who}：{what} 无法启动：{says}{k}；{code}{m}。",
                      who=group.who, what=what, says=says, k=held, code=code, m=message),
        likelihood=Likelihood.HIGH if stated and refusal.slug != "runtime" else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if exe in command_words(failure.state.spec) else Specificity.NAMED,
        cites=tuple(dict.fromkeys((*group.cites,
                                   *((end.log.cite,) if end is not None and end.log is not None else ())))),
        quotes=quotable(failure.state.image, *((exe,) if exe in failure.message else ())),
        since=end.at if end is not None else None,
        remedies=start_remedies(view, group, failure.state, failure.message, refusal.slug),
    )  # fmt: skip


@told_apart
def wrong_architecture(view: ClusterView) -> Iterator[Finding]:
    """An executable for another processor."""
    for end, group in grouped(view, [e for e in endings(view) if e.kind is Kind.EXEC_FORMAT]):
        node = resource("Node", "", group.lead.text("spec", "nodeName"))
        found = view.find(node)
        arch = found.labels.get("kubernetes.io/arch", "") if found is not None else ""
        arch = arch or (found.text("status", "nodeInfo", "architecture") if found is not None else "")
        where = Text(en=f"node {node.name} ({arch})", zh=f"节点 {node.name}（{arch}）") if arch else Text(
            en=f"node {node.name}", zh=f"节点 {node.name}")  # fmt: skip
        script = any(word.endswith(".sh") for word in command_words(end.state.spec)[:1])
        yield Finding(
            rule="command.exec-format",
            category="image-architecture",
            role=Role.CAUSE,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=say(
                "{who}: {what} fails with “exec format error”: image {image} is built for another "
                "architecture "
                "than {where}{script}.",
                "{who}：{what} 报 “exec format error”：镜像 {image} 的架构与{where}不符{script}。",
                who=group.who, what=container_text(end), image=short(end.state.image, 80), where=where,
                script=Text(en=", or its script lacks `#!`",
                            zh="，或脚本缺少 `#!` 行") if script else Text(en="", zh=""),
            ),
            likelihood=Likelihood.MEDIUM if script else Likelihood.HIGH,
            cites=(*group.cites, *((end.log.cite,) if end.log is not None else ()),
                   *((found.cite,) if found is not None and arch else ())),
            quotes=quotable(end.state.image, arch),
            since=end.at,
            remedies=remedies.with_rollback(
                view, group.workload,
                remedies.change(
                    Text(en="Use an image built for the nodes' architecture", zh="使用与节点架构一致的镜像"),
                    remedies.with_note(
                        Text(en="Push a multi-platform image, or select nodes by `kubernetes.io/arch`.",
                             zh="推送多架构镜像，或用 `kubernetes.io/arch` 选择节点。"),
                             view.find(group.workload)),
                    *remedies.set_image(group.workload, end.state.name, "<registry>/<path>:<tag>"),
                ),
            ),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (cannot_start, wrong_architecture)
