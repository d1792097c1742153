"""What to do about a container that the runtime cannot start, by what the runtime says."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.finding import Remedy
from kubetriage.domain.kube import ContainerState, Obj, elements
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import PodGroup
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.security_profiles import profile_words
from kubetriage.domain.rules.templates import command_words
from kubetriage.domain.rules.wording import short
from kubetriage.domain.view import ClusterView


def start_remedies(
    view: ClusterView, group: PodGroup, state: ContainerState, message: str, slug: str
) -> tuple[Remedy, ...]:
    """Remedies for a refusal of that slug; of the template going back to a revision that works first."""
    look = remedies.check(
        Text(en="Read the runtime's error", zh="查看运行时错误"),
        Text(en="It stands in the container's last state.", zh="错误位于容器的 lastState 中。"),
        remedies.describe(group.lead.ref),
    )
    if slug == "runtime":
        return (_runtime(group), look)
    work = view.find(group.workload)
    title, detail = _change(group, state, message, slug)
    fix = remedies.change(title, remedies.with_note(detail, work), *remedies.edit_template(group.workload))
    return remedies.with_rollback(view, group.workload, fix, look)


def _runtime(group: PodGroup) -> Remedy:
    return remedies.escalate(
        Text(en="Ask the node's administrator", zh="联系节点管理员"),
        say("On node {n}: the container runtime's log (containerd or crio), disk and memory.",
            "在节点 {n} 上检查容器运行时（containerd 或 crio）的日志、磁盘和内存。",
            n=group.lead.text("spec", "nodeName")),
    )  # fmt: skip


def _change(group: PodGroup, state: ContainerState, message: str, slug: str) -> tuple[Text, Text]:
    """What of the template is to be changed, and how."""
    if slug == "profile":
        return (
            say("Have the {p} put on the nodes, or ask for another", "在节点上部署该 {p}，或改用其他配置",
                p=profile_words(group.lead, state, message)),
            Text(en="A Localhost profile must lie on every node where the pods may run; RuntimeDefault is "
                    "there without that.",
                 zh="Localhost 配置必须预先存在于 Pod 可能运行的每个节点；RuntimeDefault 无需部署。"),
        )  # fmt: skip
    if slug == "mount":
        return (
            say("Correct the volume mounts of container {c}", "修正容器 {c} 的卷挂载", c=state.name),
            Text(en="A subPath must name what the volume holds, and a file can only be mounted on a file.",
                 zh="subPath 必须是卷中已有的内容，且文件只能挂载到文件上。"),
        )  # fmt: skip
    if slug == "working-dir":
        return (
            say("Correct workingDir or the user of container {c}", "修正容器 {c} 的 workingDir 或用户",
                c=state.name),
            Text(en="The directory must be in the image (or on a volume) and be open to the user that the "
                    "container runs as.",
                 zh="该目录必须存在于镜像（或卷）中，且容器的运行用户有权进入。"),
        )  # fmt: skip
    written = short(" ".join(command_words(state.spec)).replace("`", "'"), 80)
    now = Text(en=f"`{written}`", zh=f"`{written}`") if written else Text(en="neither is set", zh="均未设置")
    return (
        say("Correct the command of container {c}", "修正容器 {c} 的启动命令", c=state.name),
        say("Set `command`/`args` to what image {i} holds (now: {w}).",
            "把 `command`/`args` 改为镜像 {i} 中存在的命令（现为：{w}）。",
            i=short(state.image, 80), w=now),
    )  # fmt: skip


def missing_key(view: ClusterView, pod: Obj, state: ContainerState) -> Text:
    """`; ConfigMap web has no key a.yaml, but b.yaml`, of the mounts whose subPath is not there."""
    volumes = {str(v.get("name")): v for v in pod.items("spec", "volumes")}
    for mount in elements(state.spec.get("volumeMounts")):
        path = str(mount.get("subPath") or "") if isinstance(mount, dict) else ""
        source = volumes.get(str(mount.get("name")), {}).get("configMap") if path else None
        keys = _keys(view, pod.namespace, source) if isinstance(source, dict) else None
        if keys is not None and path.partition("/")[0] not in keys:
            name, there = str(source["name"]) if source else "", short(", ".join(sorted(keys)) or "-", 60)
            return say("; ConfigMap {m} has no key {p}, but {k}", "；ConfigMap {m} 没有键 {p}，只有 {k}",
                       m=name, p=path, k=there)  # fmt: skip
    return Text(en="", zh="")


def _keys(view: ClusterView, namespace: str, source: dict[str, Any]) -> set[str] | None:
    """The file names that a ConfigMap volume holds; None where the ConfigMap was not read."""
    if source.get("items"):
        return {str(i.get("path")) for i in elements(source["items"]) if isinstance(i, dict)}
    found = view.find(resource("ConfigMap", namespace, str(source.get("name"))))
    if found is None:
        return None
    return {*found.mapping("data"), *found.mapping("binaryData")}
