"""Volumes that cannot be attached to a node or mounted into a pod, by what kubelet and the attacher say.

ConfigMaps and Secrets that a volume is made of are the matter of other rules and are left out here.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, containers, pod_settled
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, group_pods
from kubetriage.domain.rules.phrases import NOTHING, given, say, stated
from kubetriage.domain.rules.remedies import change, check, escalate, mutate, see_events, see_yaml, target
from kubetriage.domain.rules.storage_attach import multi_attach
from kubetriage.domain.rules.storage_mount_messages import (
    FOREIGN,
    GENERAL,
    REASONS,
    VOLUME,
    Told,
    Trouble,
    kind_of,
    volume_text,
    words_of,
)
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView, claims_of


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
    events = [e for e in view.events(pod.ref, *REASONS) if not FOREIGN.search(e.message)]
    foreign = len(view.events(pod.ref, *REASONS)) - len(events)
    for event in events:
        if not GENERAL.search(event.message.strip()):
            found = VOLUME.search(event.message)
            return Told(kind_of(event.message), found["name"] if found else "", event)
    if events and not foreign:
        return Told(Trouble.OTHER, "", events[0])
    return None


# ---- what it means


_MEANING: dict[Trouble, Text] = {
    Trouble.NO_DRIVER: Text(en="the storage driver is not registered on the node", zh="节点上没有注册该存"
        "储驱动"),
    Trouble.NO_CLIENT: Text(en="the node lacks the client program for that file system",
                            zh="节点缺少该文件系统的客户端程序"),
    Trouble.HOST_PATH: Text(en="its hostPath is not there on the node", zh="节点上没有所需的 hostPath"),
    Trouble.REFUSED: Text(en="the storage server refuses access", zh="存储服务器拒绝访问"),
    Trouble.DENIED: Text(en="the storage driver's account lacks the right for it",
                         zh="存储驱动所用的账号没有相应权限"),
    Trouble.NO_PATH: Text(en="the path does not exist on the storage server or node", zh="存储服务器或节点"
        "上没有该路径"),
    Trouble.UNREACHABLE: Text(en="the storage server does not answer", zh="存储服务器没有响应"),
    Trouble.NO_NAME: Text(en="the node cannot resolve the name of the storage server",
                          zh="节点无法解析存储服务器的名称"),
    Trouble.HANGS: Text(en="the driver's earlier try has not ended, as its storage does not answer (in time)",
                        zh="驱动的上一次操作尚未结束，存储后端没有（及时）响应"),
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
        return multi_attach(view, group, told)
    volume = view.find(resource("PersistentVolume", "", told.volume))
    words = words_of(told.event.message)
    attaching = told.event.reason == "FailedAttachVolume"
    silent = told.trouble is Trouble.OTHER and bool(GENERAL.search(told.event.message.strip()))
    statement = stated(
        "{who} does not start: {v} cannot be {verb}, {what}: “{words}”.",
        "{who} 无法启动：{v} 无法{verb_zh}，{what}：“{words}”。",
        who=group.who, v=say("{v}{s}", "{v}{s}", v=volume_text(told.volume), s=_server(group, told, volume)),
        verb="attached" if attaching else "mounted", verb_zh="挂接" if attaching else "挂载",
        what=_MEANING[told.trouble], words=words,
    )  # fmt: skip
    culprit = _culprit(group, told, volume)
    claims = tuple(claims_of(group.lead))
    return Finding(
        rule=f"storage.{told.trouble.value}",
        category="volume-attach" if attaching or told.trouble in _ATTACH else "volume-mount",
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


def _server(group: PodGroup, told: Told, volume: Obj | None) -> Text:
    """Where a network file system lies: its server stands in the volume, and not in what `mount` says."""
    if told.trouble not in (Trouble.UNREACHABLE, Trouble.NO_NAME, Trouble.REFUSED, Trouble.NO_PATH):
        return NOTHING
    named = [v for v in group.lead.items("spec", "volumes") if v.get("name") == told.volume]
    nfs = (named[0] if named else (volume.mapping("spec") if volume is not None else {})).get("nfs")
    if not isinstance(nfs, dict) or not nfs.get("server"):
        return NOTHING
    return given(" ({v})", "（{v}）", f"NFS {nfs['server']}:{nfs.get('path') or '/'}")


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
    if told.trouble is Trouble.LIMIT:
        act = escalate(
            say("Have pods with volumes spread over more nodes", "请将带卷的 Pod 分散到更多节点"),
            say("The machine takes no more disks: cordon {n} and delete the pod so that it is placed "
                "elsewhere, or add nodes; CSINode {n} should say how many volumes may be attached there.",
                "该机器不能再挂接磁盘：cordon {n} 并删除该 Pod 使其调度到别处，或增加节点；"
                "CSINode {n} 应写明驱动在该节点可挂接的卷数。", n=culprit.name),
            mutate(f"kubectl cordon {culprit.name}"),
        )  # fmt: skip
    elif told.trouble in _OF_NODE:
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
    elif told.trouble is Trouble.DENIED:
        act = escalate(
            say("Have the right given to the account of the storage driver", "请为存储驱动的账号授予权限"),
            say("The message names the action (and often the account or role): whoever installed the driver "
                "adds it to its role at the provider; encrypted disks also need rights on their key. The "
                "attacher tries again by itself.",
                "消息中写明了所缺的操作（通常也有账号或角色）：请驱动的安装者在云厂商侧为其角色补充；"
                "加密磁盘还需要密钥的使用权限。之后会自动重试。"),
        )  # fmt: skip
    elif told.trouble is Trouble.FILESYSTEM:
        act = escalate(
            say("Have the file system on {v} checked", "请检查 {v} 上的文件系统", v=volume.name),
            say("It is damaged, or of another type than the volume says (fsType). Take a snapshot of the "
                "disk "
                "before anything repairs it (`fsck`, `xfs_repair`), or restore a backup into a new claim.",
                "它已损坏，或类型与卷声明的 fsType 不同。修复（`fsck`、`xfs_repair`）前先为磁盘做快照，"
                "或把备份恢复到新的声明中。"),
        )  # fmt: skip
    else:
        act = escalate(
            say("Ask whoever runs the storage behind {v}", "联系 {v} 所用存储的管理员", v=volume.name),
            say("Give them the server, the path and the error above.", "请提供服务器、路径和上述错误。"),
        )
    return (act, seen)
