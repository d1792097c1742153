"""Volumes that cannot be attached to a node or mounted into a pod, by what kubelet and the attacher say.

ConfigMaps and Secrets that a volume is made of are the matter of other rules and are left out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, containers, pod_settled
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.remedies import change, check, escalate, mutate, see_events, see_yaml, target
from kubetriage.domain.rules.wording import listed, quotable, short_end
from kubetriage.domain.view import ClusterView, claims_of


class Trouble(StrEnum):
    """What keeps a volume from being used."""

    MULTI_ATTACH = "multi-attach"
    NO_DRIVER = "no-driver"
    NO_CLIENT = "no-client"
    HOST_PATH = "host-path"
    REFUSED = "refused"
    NO_PATH = "no-path"
    UNREACHABLE = "unreachable"
    PERMISSION = "permission"
    FILESYSTEM = "filesystem"
    LIMIT = "limit"
    GONE = "gone"
    OTHER = "other"


_FOREIGN = re.compile(
    r'(?:configmaps?|secrets?) "[^"]*" (?:not found|is forbidden)|references non-existent|not registered'
    r"|failed to sync (?:configmap|secret) cache|failed to fetch token|serviceaccounts? \"",
    re.I,
)
_GENERAL = re.compile(r"^Unable to attach or mount volumes|timed out waiting for the condition$", re.I)
_KINDS: tuple[tuple[Trouble, re.Pattern[str]], ...] = (
    (Trouble.MULTI_ATTACH, re.compile(r"Multi-Attach error|already (?:exclusively )?attached to", re.I)),
    (Trouble.NO_DRIVER, re.compile(r"not found in the list of registered CSI drivers|no volume plugin "
                                   r"matched", re.I)),
    (Trouble.NO_CLIENT, re.compile(r"helper program|unknown filesystem type|mount\.\w+: (?:command )?not "
                                   r"found", re.I)),
    (Trouble.HOST_PATH, re.compile(r"hostPath type check failed", re.I)),
    (Trouble.REFUSED, re.compile(r"access denied by server|authentication|mount error\(13\)", re.I)),
    (Trouble.LIMIT, re.compile(r"(?:attach\w*|volume).{0,40}(?:limit|maximum|too "
                               r"many)|exceed.{0,40}attach", re.I)),
    (Trouble.FILESYSTEM, re.compile(r"wrong fs type|bad superblock|fsck|needs cleaning|mkfs", re.I)),
    (Trouble.PERMISSION, re.compile(r"permission denied|not permitted|read-only file ?system|chown", re.I)),
    (Trouble.NO_PATH, re.compile(r"No such file or directory|no such device", re.I)),
    (Trouble.UNREACHABLE, re.compile(
        r"connection (?:timed out|refused)|no route to host|network is unreachable|i/o timeout|no such host"
        r"|deadline ?exceeded|not responding|failed to resolve|unavailable", re.I)),
    (Trouble.GONE, re.compile(r"(?:disk|volume|instance|snapshot)\S*.{0,60}(?:not found|does not "
                              r"exist)|notfound", re.I)),
)  # fmt: skip
_VOLUME = re.compile(r'(?:for volume|volume) "(?P<name>[^"]+)"')
_OUTPUT = re.compile(r"Output:\s*(?P<words>.+)$", re.S)
_RPC = re.compile(r"rpc error: code = \w+ desc = ")
_HOST_PATH = re.compile(r"type check failed: (?P<path>\S+) is not (?P<kind>an? \S+)")
_HOLDERS = re.compile(r"already used by pod\(s\) (?P<pods>[a-z0-9., -]+)")
_REASONS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")


class Told(NamedTuple):
    """The most telling event about a pod's volumes."""

    trouble: Trouble
    volume: str
    event: EventRecord


def unusable(view: ClusterView) -> Iterator[Finding]:
    """One finding for the pods of a workload whose volumes fail the same way."""
    told: dict[Resource, Told] = {}
    for pod in focus_pods(view):
        if not pod_settled(pod) and _waits_to_start(pod):
            found = _told(view, pod)
            if found:
                told[pod.ref] = found
    shown = [(p, (told[p.ref].trouble, told[p.ref].volume)) for p in view.objects("Pod") if p.ref in told]
    for _, group in group_pods(view, shown):
        yield _finding(view, group, told[group.lead.ref])


def _waits_to_start(pod: Obj) -> bool:
    """Volumes are mounted before the first container is made."""
    states = containers(pod)
    return bool(pod.text("spec", "nodeName")) and all(not s.running and not s.last_terminated for s in states)


def _told(view: ClusterView, pod: Obj) -> Told | None:
    """The latest event that says more than that the wait was in vain, else the latest."""
    events = [e for e in view.events(pod.ref, *_REASONS) if not _FOREIGN.search(e.message)]
    foreign = len(view.events(pod.ref, *_REASONS)) - len(events)
    for event in events:
        if not _GENERAL.search(event.message.strip()):
            found = _VOLUME.search(event.message)
            return Told(kind_of(event.message), found["name"] if found else "", event)
    if events and not foreign:
        return Told(Trouble.OTHER, "", events[0])
    return None


def kind_of(message: str) -> Trouble:
    return next((kind for kind, pattern in _KINDS if pattern.search(message)), Trouble.OTHER)


def words_of(message: str) -> str:
    """The part of a message that says what failed: the mount's own output, or the driver's words."""
    output = _OUTPUT.search(message)
    said = output["words"] if output else _RPC.sub("", message).rpartition('" : ')[2] or message
    return short_end(said, 110)


# ---- what it means


_MEANING: dict[Trouble, Text] = {
    Trouble.NO_DRIVER: Text(en="the storage driver is not registered on the node", zh="节点上没有注册该存"
        "储驱动"),
    Trouble.NO_CLIENT: Text(en="the node lacks the client program for that file system",
                            zh="节点缺少该文件系统的客户端程序"),
    Trouble.HOST_PATH: Text(en="its hostPath is not there on the node", zh="节点上没有所需的 hostPath"),
    Trouble.REFUSED: Text(en="the storage server refuses access", zh="存储服务器拒绝访问"),
    Trouble.NO_PATH: Text(en="the path does not exist on the storage server or node", zh="存储服务器或节点"
        "上没有该路径"),
    Trouble.UNREACHABLE: Text(en="the storage server does not answer", zh="存储服务器没有响应"),
    Trouble.PERMISSION: Text(en="permission is denied", zh="权限不足"),
    Trouble.FILESYSTEM: Text(en="the file system on the volume is not usable", zh="卷上的文件系统不可用"),
    Trouble.LIMIT: Text(en="the node has as many volumes attached as it may", zh="节点挂载的卷数已达上限"),
    Trouble.GONE: Text(en="the disk behind the volume does not exist", zh="卷对应的磁盘不存在"),
    Trouble.OTHER: Text(en="the volume is not ready", zh="卷未就绪"),
}  # fmt: skip
_OF_NODE = {Trouble.NO_DRIVER, Trouble.NO_CLIENT, Trouble.LIMIT}
_ATTACH = {Trouble.MULTI_ATTACH, Trouble.LIMIT, Trouble.GONE}


def _finding(view: ClusterView, group: PodGroup, told: Told) -> Finding:
    if told.trouble is Trouble.MULTI_ATTACH:
        return _multi_attach(view, group, told)
    volume = view.find(resource("PersistentVolume", "", told.volume))
    name = told.volume or "?"
    words = words_of(told.event.message)
    silent = told.trouble is Trouble.OTHER and bool(_GENERAL.search(told.event.message.strip()))
    statement = stated(
        "{who} does not start: volume {v} cannot be {verb}, {what}: “{words}”.",
        "{who} 无法启动：卷 {v} 无法{verb_zh}，{what}：“{words}”。",
        who=group.who, v=name, verb="attached" if told.event.reason == "FailedAttachVolume" else "mounted",
        verb_zh="挂接" if told.event.reason == "FailedAttachVolume" else "挂载",
        what=_MEANING[told.trouble], words=words,
    )  # fmt: skip
    culprit = _culprit(group, told, volume)
    claims = tuple(claims_of(group.lead))
    return Finding(
        rule=f"storage.{told.trouble.value}",
        category="volume-attach" if told.trouble in _ATTACH else "volume-mount",
        role=Role.SYMPTOM if silent else Role.CAUSE,
        subject=group.lead.ref,
        culprit=culprit,
        statement=statement,
        likelihood=_likelihood(told.trouble, silent),
        specificity=Specificity.GENERAL if told.trouble is Trouble.OTHER else Specificity.NAMED,
        waits_on=claims if silent else (),
        cites=(*group.cites, told.event.cite, *([volume.cite] if volume else [])),
        quotes=quotable(words),
        since=told.event.first,
        remedies=_remedies(group, told, volume, culprit),
    )


def _likelihood(trouble: Trouble, silent: bool) -> Likelihood:
    if silent:
        return Likelihood.LOW
    return Likelihood.MEDIUM if trouble is Trouble.OTHER else Likelihood.HIGH


def _culprit(group: PodGroup, told: Told, volume: Obj | None) -> Resource:
    if told.trouble in _OF_NODE:
        return resource("Node", "", group.lead.text("spec", "nodeName"))
    return volume.ref if volume is not None else group.culprit


def _remedies(group: PodGroup, told: Told, volume: Obj | None, culprit: Resource) -> tuple[Remedy, ...]:
    looks = [see_events(group.lead.ref), *([see_yaml(volume.ref)] if volume else [])]
    seen = check(
        say("See what kubelet says about the volume", "查看 kubelet 关于该卷的记录"),
        say("On the node: `journalctl -u kubelet` around the time of the event.",
            "在节点上查看事件前后的 `journalctl -u kubelet`。"),
        *looks,
    )  # fmt: skip
    if told.trouble in _OF_NODE:
        act = escalate(
            say("Ask the cluster's administrator about node {n}", "请集群管理员检查节点 {n}", n=culprit.name),
            say("The node plugin of the storage driver (a DaemonSet) or the client package must be there.",
                "节点上须有存储驱动的节点插件（DaemonSet）或客户端软件包。"),
        )  # fmt: skip
    elif told.trouble is Trouble.HOST_PATH or volume is None:
        act = change(
            say("Correct the volume in the template", "修正模板中的卷定义"),
            say("Path, type and server of the volume must fit what is on the node or server.",
                "卷的路径、类型和服务器必须与节点或服务器上的实际情况一致。"),
            mutate(f"kubectl edit {target(group.workload)}"),
        )  # fmt: skip
    else:
        act = escalate(
            say("Ask whoever runs the storage behind {v}", "联系 {v} 所用存储的管理员", v=volume.name),
            say("Give them the server, the path and the error above.", "请提供服务器、路径和上述错误。"),
        )
    return (act, seen)


# ---- one node at a time


def multi_attached(view: ClusterView, pod: Obj) -> str:
    """The volume that the attacher says is still on another node, empty if there is none."""
    for event in view.events(pod.ref, "FailedAttachVolume"):
        found = _VOLUME.search(event.message)
        if found and kind_of(event.message) is Trouble.MULTI_ATTACH:
            return found["name"]
    return ""


def attachments(view: ClusterView, volume: str, node: str) -> list[Obj]:
    """The VolumeAttachments that keep a volume on other nodes than this one."""
    return [
        a
        for a in view.objects("VolumeAttachment")
        if a.text("spec", "source", "persistentVolumeName") == volume
        and a.text("spec", "nodeName") != node
        and a.at("status", "attached") is True
    ]


def _multi_attach(view: ClusterView, group: PodGroup, told: Told) -> Finding:
    pod = group.lead
    holders = [
        p for c in claims_of(pod) for p in view.pods_using_claim(c)
        if p.ref != pod.ref and p.text("spec", "nodeName") not in ("", pod.text("spec", "nodeName"))
    ]  # fmt: skip
    named = _HOLDERS.search(told.event.message)
    names = [p.name for p in holders] or ([n.strip() for n in named["pods"].split(",")] if named else [])
    kept = attachments(view, told.volume, pod.text("spec", "nodeName"))
    nodes = list(
        dict.fromkeys(
            [*(p.text("spec", "nodeName") for p in holders), *(a.text("spec", "nodeName") for a in kept)]
        )
    )
    by = say(", held by Pod {p}", "，被 Pod {p} 占用", p=listed(names, 2)) if names else NOTHING
    on = say("on {n}", "节点 {n} 上", n=listed(nodes, 2)) if nodes else say("on another one", "另一节点上")
    statement = stated(
        "{who} does not start: volume {v} can be attached to one node only and is still attached {on}{by}.",
        "{who} 无法启动：卷 {v} 同一时间只能挂接到一个节点，目前仍挂接在{on}{by}。",
        who=group.who, v=told.volume or "?", by=by, on=on,
    )  # fmt: skip
    own = [p for p in holders if view.workload(p.ref) == view.workload(pod.ref)]
    detail = say(
        "A ReadWriteOnce volume serves pods of one node: use strategy Recreate (or one replica), or a volume "
        "that allows ReadWriteMany. If the other node is down, its pods must be deleted first.",
        "ReadWriteOnce 卷只能供一个节点使用：请使用 Recreate 策略（或单副本），或改用支持 ReadWriteMany "
        "的卷。"
        "如果另一节点已宕机，须先删除其上的 Pod。",
    )
    return Finding(
        rule="storage.multi-attach",
        category="volume-attach",
        role=Role.CAUSE,
        subject=pod.ref,
        culprit=group.culprit,
        statement=statement,
        specificity=Specificity.EXACT if own else Specificity.NAMED,
        waits_on=tuple(resource("Node", "", n) for n in nodes),
        cites=(*group.cites, told.event.cite, *(p.cite for p in (*holders[:2], *kept[:2]))),
        quotes=quotable("Multi-Attach error" if "Multi-Attach" in told.event.message else told.volume),
        since=told.event.first,
        remedies=(
            change(
                say("Let only one pod at a time use the volume", "使卷同一时间只被一个 Pod 使用"),
                detail,
                mutate(f"kubectl edit {target(group.workload)}"),
            ),
            check(say("See who holds it", "查看占用者"), say("Its node and state.", "所在节点和状态。"),
                  *(see_yaml(p.ref) for p in holders[:1]), see_events(pod.ref)),
        ),
    )  # fmt: skip
