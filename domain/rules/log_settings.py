"""What in the pod's own template a failure in its log goes back to: an environment variable, a sysctl."""

from __future__ import annotations

import re

from kubetriage.domain.finding import Likelihood, Specificity
from kubetriage.domain.kube import elements, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.log_stated import Cause, Manner, Stated
from kubetriage.domain.rules.phrases import NOTHING, given, say
from kubetriage.domain.rules.templates import command_words
from kubetriage.domain.rules.wording import quotable, short
from kubetriage.domain.view import ClusterView

_PORTS = re.compile(r"cannot assign requested address|EADDRNOTAVAIL", re.IGNORECASE)
_RANGE = "net.ipv4.ip_local_port_range"
_WATCHES = re.compile(r"file watchers|inotify|fsnotify", re.IGNORECASE)
_INSTANCES = re.compile(r"too many open files|inotify_init|inotify instances", re.IGNORECASE)
_QUOTA = re.compile(r"--quota-backend-bytes[= ](?P<bytes>\d+)")


def set_in_environment(told: Stated, host: str, port: str) -> tuple[Text, tuple[str, ...]]:
    """Which environment variable holds an address, and the values to quote; the last of equal names wins."""
    if not host:
        return NOTHING, ()
    values: dict[str, list[str]] = {}
    for one in elements(told.state.spec.get("env")):
        if isinstance(one, dict) and isinstance(one.get("value"), str):
            values.setdefault(str(one.get("name")), []).append(one["value"])
    whole = re.compile(rf"(?<![\w.-]){re.escape(host)}(?![\w-]|\.\w)", re.IGNORECASE)
    found = [name for name, said in values.items() if whole.search(said[-1])]
    found.sort(key=lambda name: (not (port and port in values[name][-1]), name))
    if not found:
        return NOTHING, ()
    name = found[0]
    value = short(values[name][-1], 60)
    if len(set(values[name])) > 1:
        return say("; its environment sets {n} {k} times, and the last value `{v}` wins",
                   "；其环境变量 {n} 设置了 {k} 次，以最后的 `{v}` 为准",
                   n=name, k=len(values[name]), v=value), quotable(name)  # fmt: skip
    return say("; its environment sets {n} to `{v}`", "；其环境变量 {n} 的值为 `{v}`",
               n=name, v=value), quotable(name)  # fmt: skip


def too_many(view: ClusterView, told: Stated) -> Cause:
    """File descriptors or local ports used up; of ports, the range that the pod's own sysctl leaves it."""
    likelihood = Likelihood.HIGH if told.sure else Likelihood.MEDIUM
    if _WATCHES.search(told.seen.record.raw):
        return _watches(view, told, likelihood)
    if not _PORTS.search(told.seen.record.raw):
        says = Text(en="it has no file descriptors left", zh="文件描述符耗尽")
        return Cause("log.too-many-files", "os-limit", says, likelihood=likelihood)
    says = Text(en="it has no local ports left for new connections", zh="没有可用于新连接的本地端口")
    for one in told.pod.items("spec", "securityContext", "sysctls"):
        given = str(one.get("value") or "")
        low, _, high = given.partition(" ")
        if one.get("name") != _RANGE or not (low.isdigit() and high.strip().isdigit()):
            continue
        count = int(high) - int(low) + 1
        says = say("{s}: its sysctl {r} “{v}” allows {n} of them", "{s}：其 sysctl {r} “{v}” 只允许 {n} 个",
                   s=says, r=_RANGE, v=given, n=count)  # fmt: skip
        return Cause("log.no-local-ports", "os-limit", says, likelihood=likelihood,
                     specificity=Specificity.EXACT, quotes=(_RANGE, given))  # fmt: skip
    return Cause("log.no-local-ports", "os-limit", says, likelihood=likelihood)


def _watches(view: ClusterView, told: Stated, likelihood: Likelihood) -> Cause:
    """inotify's limits are the node's, for each user: all of its containers of one uid share them."""
    node = resource("Node", "", told.pod.text("spec", "nodeName"))
    setting = "max_user_instances" if _INSTANCES.search(told.seen.record.raw) else "max_user_watches"
    says = say("the limit of inotify watches of node {n} is reached (fs.inotify.{s})",
               "节点 {n} 的 inotify 监视数已达上限（fs.inotify.{s}）", n=node.name, s=setting)  # fmt: skip
    fix = remedies.escalate(
        say("Raise fs.inotify.{s} on node {n}", "在节点 {n} 上提高 fs.inotify.{s}", s=setting, n=node.name),
        say("All containers of one user id share it there. What watches most can watch less, or run on "
            "another node.",
            "该节点上同一用户 ID 的所有容器共享此上限；也可以让监视最多的程序减少监视，或换到其他节点。"),
        *((remedies.describe(node),) if view.find(node) is not None else ()),
    )  # fmt: skip
    return Cause("log.too-many-watches", "os-limit", says, culprit=node if node.name else None,
                 likelihood=likelihood, remedies=(fix,))  # fmt: skip


def store_full(view: ClusterView, told: Stated) -> Cause:
    """etcd stops writes at a size that it sets itself, however much room its disk has."""
    command = " ".join(command_words(told.state.spec))
    own = "etcd" in command
    size = _QUOTA.search(command) if own else None
    says = say("etcd's database has reached its quota{q}, and it takes no more writes",
               "etcd 的数据库已达到其配额{q}，不再接受写入",
               q=say(" (--quota-backend-bytes {b})", "（--quota-backend-bytes {b}）", b=size["bytes"])
               if size else NOTHING)  # fmt: skip
    fix = remedies.escalate(
        Text(en="Make room in etcd, then disarm its alarm", zh="为 etcd 腾出空间，然后解除告警"),
        Text(en="On a member: `etcdctl endpoint status -w table`, `etcdctl compact <revision>`, "
                "`etcdctl defrag`, `etcdctl alarm disarm`; see which objects grow (events, Jobs, a "
                "controller in a loop), or raise the quota.",
             zh="在成员上执行：`etcdctl endpoint status -w table`、`etcdctl compact <revision>`、"
                "`etcdctl defrag`、`etcdctl alarm disarm`；查明增长的对象（事件、Job、循环写入的控制器），"
                "或提高配额。"),
    )  # fmt: skip
    return Cause("log.store-full", "disk-full", says,
                 likelihood=Likelihood.HIGH if own and told.seen.times > 1 else Likelihood.MEDIUM,
                 quotes=(size["bytes"],) if size else (), remedies=(fix,))  # fmt: skip


_NAMESPACED = ("net.", "kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")
"""Settings that a pod has of its own, and may set (`man namespaces`); the others are the node's."""


def kernel_setting(view: ClusterView, told: Stated) -> Cause:
    """A program that does not start with a kernel setting: its pod's own, or that of the node."""
    values = told.seen.values
    name, value, least = values.get("name", ""), values.get("value", ""), values.get("least", "")
    node = resource("Node", "", told.pod.text("spec", "nodeName"))
    work = view.workload(told.pod.ref)
    down = {p.text("spec", "nodeName") for p in view.pods_of(work) if not pod_ready(p)}
    own, one_node = name.startswith(_NAMESPACED), len(down | {node.name}) == 1
    says = say(
        "it does not accept kernel setting {s}{v} {where}{l}", "它不接受{where}内核参数 {s}{v}{l}",
        s=name, v=given(" ({v})", "（{v}）", value),
        l=given(": it wants at least {v}", "：至少需要 {v}", least),
        where=Text(en="of its pod", zh="其 Pod 的") if own
        else say("of node {n}", "节点 {n} 的", n=node.name),
    )  # fmt: skip
    change = f"{name}={least}" if least else name
    sure = told.sure or (bool(least) and told.manner is Manner.ENDED)
    fix = remedies.change(
        say("Set {c} for its pods", "为其 Pod 设置 {c}", c=change) if own
        else say("Set {c} on its nodes", "在其节点上设置 {c}", c=change),
        Text(en="In the pods' securityContext.sysctls (the kubelet must allow those that are not safe).",
             zh="在 Pod 的 securityContext.sysctls 中设置（非安全参数需 kubelet 允许）。") if own
        else Text(en="With `sysctl -w` and /etc/sysctl.d on each node that may run it, by the node pool's "
                     "settings, or by a privileged init container of the workload.",
                  zh="在可能运行它的每个节点上用 `sysctl -w` 和 /etc/sysctl.d 设置，或通过节点池配置、"
                     "工作负载的特权 init 容器设置。"),
        *remedies.edit_template(work),
    )  # fmt: skip
    return Cause(
        "log.kernel-setting", "os-limit", says, culprit=node if node.name and not own and one_node else None,
        likelihood=Likelihood.HIGH if sure else Likelihood.MEDIUM,
        specificity=Specificity.EXACT, quotes=tuple(q for q in (name, value) if q),
        remedies=(fix,))  # fmt: skip
