"""Causes in logs that lie around the process (ports, disks, rights, limits) or in the program."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from kubetriage.domain.finding import Likelihood, Remedy, Specificity
from kubetriage.domain.kube import elements
from kubetriage.domain.language import Text
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_denied import file_denied, port_denied
from kubetriage.domain.rules.log_disk import disk_full, slow_disk
from kubetriage.domain.rules.log_records import bad_record
from kubetriage.domain.rules.log_settings import kernel_setting, store_full, too_many
from kubetriage.domain.rules.log_stale import stale_handle
from kubetriage.domain.rules.log_stated import Cause, Stated, mounted_at
from kubetriage.domain.rules.phrases import NOTHING, UNNAMED, say
from kubetriage.domain.rules.templates import command_words, limit
from kubetriage.domain.rules.wording import short
from kubetriage.domain.view import ClusterView


def _sure(told: Stated) -> Likelihood:
    return Likelihood.HIGH if told.sure else Likelihood.MEDIUM


def port_in_use(view: ClusterView, told: Stated) -> Cause:
    """Two containers of a pod, which share one network, want the same port."""
    port = told.seen.values.get("port", "")
    base = Cause(
        "log.port-in-use", "port-conflict",
        say("port {p} is already in use in its pod", "端口 {p} 在 Pod 内已被占用", p=port) if port
        else Text(en="the port it wants is already in use", zh="所需端口已被占用"),
        likelihood=_sure(told), quotes=(port,) if port else ())  # fmt: skip
    others = [
        str(c.get("name"))
        for c in told.pod.items("spec", "containers")
        if c.get("name") != told.state.name
        and any(str(p.get("containerPort")) == port for p in elements(c.get("ports")) if isinstance(p, dict))
    ]
    if port and others:
        return base._replace(
            says=say("port {p} is already in use by container {c} of the same pod",
                     "端口 {p} 已被同一 Pod 的容器 {c} 占用",
                     p=port, c=others[0]),
            specificity=Specificity.EXACT, quotes=(port, others[0]))  # fmt: skip
    if told.pod.at("spec", "hostNetwork") is True:
        return base._replace(
            says=say("port {p} is already in use on node {n} (hostNetwork)",
                     "端口 {p} 在节点 {n} 上已被占用（hostNetwork）",
                     p=port or UNNAMED, n=told.pod.text("spec", "nodeName")))  # fmt: skip
    return base


def read_only(view: ClusterView, told: Stated) -> Cause:
    path = told.seen.values.get("file", "")
    context = told.state.spec.get("securityContext")
    rooted = isinstance(context, dict) and context.get("readOnlyRootFilesystem") is True
    volume, _, mount = mounted_at(told.pod, told.state, path) if path else ({}, "", {})
    where = short(path, 60) or UNNAMED
    if rooted and not volume:
        says = say(
            "it may not write {f}: readOnlyRootFilesystem is true",
            "无法写入 {f}：readOnlyRootFilesystem 为 true",
            f=where,
        )
        return Cause("log.read-only", "pod-security", says, likelihood=_sure(told),
                     specificity=Specificity.EXACT,
                     quotes=("readOnlyRootFilesystem",))  # fmt: skip
    if mount.get("readOnly") or "configMap" in volume or "secret" in volume:
        says = say("it may not write {f}: volume {v} is mounted read-only",
                   "无法写入 {f}：卷 {v} 以只读方式挂载",
                   f=where, v=str(volume.get("name")))  # fmt: skip
        return Cause(
            "log.read-only", "misconfigured-app", says, likelihood=_sure(told), specificity=Specificity.EXACT
        )
    says = say("{f} is on a read-only file system (a disk error makes Linux remount it so)",
               "{f} 所在文件系统为只读（磁盘出错时 Linux 会将其重新挂载为只读）", f=where)  # fmt: skip
    return Cause("log.read-only", "disk-error", says, likelihood=Likelihood.MEDIUM)


def disk_error(view: ClusterView, told: Stated) -> Cause:
    """EIO: the node's own disk, or the device behind a volume; a volume from elsewhere is not the node's."""
    path = told.seen.values.get("file", "")
    volume, _, _ = mounted_at(told.pod, told.state, path) if path else ({}, "", {})
    node = resource("Node", "", told.pod.text("spec", "nodeName"))
    claimed = volume.get("persistentVolumeClaim")
    name = str(claimed.get("claimName") or "") if isinstance(claimed, dict) else ""
    claim = view.find(resource("PersistentVolumeClaim", told.pod.namespace, name)) if name else None
    disk = view.find(resource("PersistentVolume", "", claim.text("spec", "volumeName"))) if claim else None
    remote = disk is not None and not (disk.at("spec", "local") or disk.at("spec", "hostPath"))
    where = (
        say("the volume of claim {c} on node {n}", "节点 {n} 上声明 {c} 的卷", c=name, n=node.name)
        if name
        else say("a disk of node {n}", "节点 {n} 的磁盘", n=node.name)
    )
    says = say("{w} gives input/output errors{f}", "{w}出现输入/输出错误{f}", w=where,
               f=say(" ({f})", "（{f}）", f=short(path, 60)) if path else NOTHING)  # fmt: skip
    return Cause(
        "log.disk-error", "disk-error", says, culprit=node if node.name and not remote else None,
        likelihood=Likelihood.MEDIUM, waits_on=(node,) if node.name else (),
        cites=tuple(o.cite for o in (claim, disk) if o is not None), quotes=(path,) if path else (),
        remedies=(_check_disk(view, node, where),))  # fmt: skip


def _check_disk(view: ClusterView, node: Resource, where: Text) -> Remedy:
    return remedies.escalate(
        say("Have the disk behind it checked on node {n}", "在节点 {n} 上检查其磁盘", n=node.name),
        say(
            "On the node: `dmesg -T` and `journalctl -u kubelet` for errors of the device, `smartctl -a` for "
            "its health; check {v} for damaged data before it is used again. A failing disk means moving the "
            "data to another one.",
            "在节点上：用 `dmesg -T` 和 `journalctl -u kubelet` 查看设备错误、用 `smartctl -a` 查看磁盘健康；"
            "再次使用前检查{v}的数据是否损坏。磁盘损坏时需把数据迁移到其他磁盘。",
            v=where,
        ),
        *((remedies.describe(node),) if view.find(node) is not None else ()),
    )


def device_fault(view: ClusterView, told: Stated) -> Cause:
    """A GPU that is broken is the node's: another program on it fails as well."""
    node = resource("Node", "", told.pod.text("spec", "nodeName"))
    says = say("a GPU of node {n} is faulty", "节点 {n} 的 GPU 有硬件故障", n=node.name)
    mend = remedies.escalate(
        say("Take node {n} out of use and have its GPU checked", "停用节点 {n} 并检查其 GPU", n=node.name),
        say(
            "On the node: `nvidia-smi -q` and `dmesg` (NVRM: Xid) say which one; a reset or a reboot may "
            "help, "
            "else it is replaced. Delete the pod once the node is cordoned: it is placed elsewhere.",
            "在节点上用 `nvidia-smi -q` 和 `dmesg`（NVRM: Xid）确认是哪块卡；可尝试重置或重启，否则需更换。"
            "cordon 节点后删除该 Pod，使其调度到别处。",
        ),
        *((remedies.mutate(f"kubectl cordon {node.name}"),) if view.find(node) is not None else ()),
    )
    return Cause("log.device-fault", "node-hardware", says, culprit=node if node.name else None,
                 likelihood=_sure(told), waits_on=(node,) if node.name else (), remedies=(mend,))  # fmt: skip


def provider_quota(view: ClusterView, told: Stated) -> Cause:
    """A limit of an API outside the cluster, which only its provider or the account's owner can raise."""
    name = told.seen.values.get("name", "")
    named = say(" {q}", " {q} ", q=name) if name else NOTHING
    says = say("the provider it calls refuses it because its quota{q} is exceeded",
               "其调用的服务商因配额{q}已用尽而拒绝", q=named)  # fmt: skip
    ask = remedies.escalate(
        say("Have the provider's quota{q} raised, or use less of it", "提高服务商的配额{q}，或减少用量",
            q=named),
        say("The limit belongs to the account or project at the provider, not to this cluster: whoever owns "
            "that account can see what uses it and ask for more.",
            "该限额属于服务商的账户或项目，而不是本集群：请账户负责人查看用量并申请提高。"),
    )  # fmt: skip
    return Cause("log.provider-quota", "app-dependency", says, likelihood=_sure(told),
                 quotes=(name,) if name else (), remedies=(ask,))  # fmt: skip


def heap(view: ClusterView, told: Stated) -> Cause:
    own = limit(told.state.spec, "memory")
    says = say("its runtime is out of memory ({n}{l})", "运行时内存耗尽（{n}{l}）",
               n=told.seen.values.get("name") or "heap",
               l=Text(en=f"; the container's limit is {own}",
                      zh=f"；容器上限为 {own}") if own else NOTHING)  # fmt: skip
    return Cause("log.heap", "memory-leak", says, likelihood=_sure(told), quotes=(own,) if own else ())


def child_killed(view: ClusterView, told: Stated) -> Cause:
    """The kernel kills one process of a container that reaches its limit; the others go on."""
    own = limit(told.state.spec, "memory")
    says = say(
        "processes in it are killed (SIGKILL), which the kernel does when memory runs out: its limit is {l}",
        "其中的进程被强制终止（SIGKILL），内核在内存用尽时会这样做：其内存上限为 {l}", l=own,
    ) if own else say(
        "processes in it are killed (SIGKILL), which the kernel does when the node's memory runs out",
        "其中的进程被强制终止（SIGKILL），内核在节点内存用尽时会这样做",
    )  # fmt: skip
    work = view.workload(told.pod.ref)
    fix = remedies.change(
        say("Raise the memory limit of container {c}, or let it run fewer processes",
            "提高容器 {c} 的内存上限，或减少其进程数", c=told.state.name),
        say("All its processes share the limit; the container itself is not restarted for this.",
            "容器内所有进程共用该上限；容器本身不会因此重启。"),
        *remedies.edit_template(work),
    )  # fmt: skip
    return Cause("log.child-killed", "oom-killed", says, likelihood=Likelihood.MEDIUM,
                 quotes=(own,) if own else (), remedies=(fix,))  # fmt: skip


def bad_flag(view: ClusterView, told: Stated) -> Cause:
    name = told.seen.values.get("name", "").strip("'\"`,:")
    words = command_words(told.state.spec)
    own = next((w for w in words if name and name.lstrip("-") in w), "")
    passed = say(", which its template passes as `{o}`", "，模板中传入的是 `{o}`", o=short(own, 60))
    says = say(
        "its program does not know argument {n}{w}",
        "其程序不认识参数 {n}{w}",
        n=name or UNNAMED,
        w=passed if own else NOTHING,
    )
    return Cause("log.bad-flag", "bad-command", says, likelihood=_sure(told),
                 specificity=Specificity.EXACT if own else Specificity.NAMED,
                 quotes=(name,) if name else ())  # fmt: skip


_SCRIPT = re.compile(r"\bexec (?:/|user process)[^\n]*no such file|bad interpreter", re.IGNORECASE)
"""The kernel's answer for a file that is not there, and for a script whose interpreter is not."""


def no_script(view: ClusterView, told: Stated) -> Cause:
    name = told.seen.values.get("file") or told.seen.values.get("name", "")
    what, image = short(name, 60) or UNNAMED, short(told.state.image, 80)
    says = say("its command needs {f}, which image {i} does not hold", "其命令需要 {f}，而镜像 {i} 中没有",
               f=what, i=image)  # fmt: skip
    if _SCRIPT.search(told.seen.quote):
        says = say("its command {f} cannot be run: image {i} lacks it, or the interpreter that its first "
                   "line names (as with Windows line ends)",
                   "无法运行其命令 {f}：镜像 {i} 中没有该文件，或缺少其首行所写的解释器"
                   "（例如脚本使用了 Windows 换行）", f=what, i=image)  # fmt: skip
    own = any(name and name in word for word in command_words(told.state.spec))
    return Cause("log.no-script", "bad-command", says, likelihood=_sure(told),
                 specificity=Specificity.EXACT if own else Specificity.NAMED,
                 quotes=(name,) if name else ())  # fmt: skip


def _plain(slug: str, category: str, en: str, zh: str) -> Callable[[ClusterView, Stated], Cause]:
    """A cause that lies in the workload; in the templates `{name}` is what the log names, and `{aside}`
    the same in brackets, or nothing."""

    def made(view: ClusterView, told: Stated) -> Cause:
        values = told.seen.values
        name = values.get("name") or values.get("file") or ""
        aside = say(" ({n})", "（{n}）", n=short(name, 60)) if name else NOTHING
        says = say(en, zh, name=short(name, 60) or UNNAMED, aside=aside)
        return Cause(slug, category, says, likelihood=_sure(told),
                     quotes=(name,) if name else ())  # fmt: skip

    return made


MACHINE: Mapping[Sign, Callable[[ClusterView, Stated], Cause]] = MappingProxyType(
    {
        Sign.PORT_IN_USE: port_in_use,
        Sign.PORT_DENIED: port_denied,
        Sign.DISK_FULL: disk_full,
        Sign.DISK_ERROR: disk_error,
        Sign.STALE_HANDLE: stale_handle,
        Sign.DEVICE_FAULT: device_fault,
        Sign.SLOW_DISK: slow_disk,
        Sign.PROVIDER_QUOTA: provider_quota,
        Sign.READ_ONLY: read_only,
        Sign.FILE_DENIED: file_denied,
        Sign.HEAP: heap,
        Sign.CHILD_KILLED: child_killed,
        Sign.BAD_FLAG: bad_flag,
        Sign.NO_SCRIPT: no_script,
        Sign.NO_COMMAND: no_script,
        Sign.TOO_MANY_FILES: too_many,
        Sign.STORE_FULL: store_full,
        Sign.KERNEL_SETTING: kernel_setting,
        Sign.BAD_RECORD: bad_record,
        Sign.SHELL_SYNTAX: _plain("log.shell-syntax", "bad-command",
                                  "its shell command has a syntax error", "其 shell 命令存在语法错误"),
        Sign.AS_ROOT: _plain("log.as-root", "pod-security",
                             "it refuses to run as root", "它拒绝以 root 身份运行"),
        Sign.NO_MODULE: _plain("log.no-module", "crash-app-error",
                               "its image lacks module or library {name}", "镜像中缺少模块或库 {name}"),
        Sign.TOO_MANY_THREADS: _plain("log.too-many-threads", "os-limit",
                                      "it cannot start another thread or process: the limit of process ids "
                                      "(of the pod, its user or the node) is reached",
                                      "无法再创建线程或进程：已达到进程号上限（Pod、用户或节点）"),
        Sign.CODE_SYNTAX: _plain("log.code-syntax", "crash-app-error",
                                 "its program has a syntax error{aside}", "其程序存在语法错误{aside}"),
        Sign.SQL_SYNTAX: _plain("log.sql-syntax", "crash-app-error",
                                "it sends its database a statement with a syntax error{aside}",
                                "它发送给数据库的语句存在语法错误{aside}"),
        Sign.SKEW: _plain("log.clock-skew", "clock-skew",
                          "it meets a token or signature whose time does not fit: its clock or that of who "
                          "signed it is wrong",
                          "遇到时间不符的令牌或签名：自身或签发方的时钟有误"),
        Sign.SCHEMA: _plain("log.schema", "misconfigured-app",
                            "its database schema does not fit{aside}", "数据库结构不匹配{aside}"),
    }
)  # fmt: skip
