"""What to do about a node: what to look at on the host, and how to bring it back or replace it."""

from __future__ import annotations

from collections.abc import Sequence

from kubetriage.domain.finding import Remedy
from kubetriage.domain.kube import Obj, pod_settled
from kubetriage.domain.relations.node import agents_on
from kubetriage.domain.rules.listing import list_on_node
from kubetriage.domain.rules.node_words import Ill, on_host, runtime_unit
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.remedies import (
    change,
    check,
    describe,
    destroy,
    edit_template,
    escalate,
    mutate,
    target,
    with_note,
)
from kubetriage.domain.rules.templates import template_of
from kubetriage.domain.view import ClusterView


def look(view: ClusterView, node: Obj, ill: Ill) -> Remedy:
    """What the node says, and what its host says."""
    return check(
        say("Look at node {n} and its host", "检查节点 {n} 及其主机", n=node.name),
        on_host(ill, node),
        describe(node.ref),
        *list_on_node(view, node.name),
    )


def not_ready_remedies(view: ClusterView, node: Obj, ill: Ill) -> tuple[Remedy, ...]:
    if ill in (Ill.SILENT, Ill.NEVER):
        return (look(view, node, ill), _revive(node))
    if ill in (Ill.RUNTIME, Ill.PLEG):
        unit = runtime_unit(node)
        restart = change(
            say("Restart the container runtime of node {n}", "重启节点 {n} 的容器运行时", n=node.name),
            say(
                "If it hangs again, drain the node and replace it.",
                "若再次卡住，请驱逐该节点上的 Pod 并更换节点。",
            ),
            mutate(f"ssh {node.name} sudo systemctl restart {unit} kubelet"),
            destroy(f"kubectl drain {node.name} --ignore-daemonsets --delete-emptydir-data"),
        )
        return (look(view, node, ill), restart)
    if ill is Ill.NETWORK:
        return (look(view, node, ill), network_remedy(view, node))
    if ill is Ill.SHUTDOWN:
        who = escalate(
            say("Ask who shuts node {n} down", "确认是谁在关闭节点 {n}", n=node.name),
            say(
                "Maintenance, a spot reclaim or an autoscaler: name the node and the time; its pods start "
                "elsewhere.",
                "可能是维护、竞价实例回收或自动缩容：请提供节点名和时间；其 Pod 会在其他节点启动。",
            ),
        )
        return (who, look(view, node, ill))
    return (look(view, node, ill), _revive(node))


def _revive(node: Obj) -> Remedy:
    return change(
        say(
            "Bring back kubelet on node {n}, or replace the machine",
            "恢复节点 {n} 的 kubelet，或更换机器",
            n=node.name,
        ),
        say(
            "If the machine is lost for good, deleting the Node object lets its pods be replaced at once.",
            "如果机器已无法恢复，删除 Node 对象可使其 Pod 立即在其他节点重建。",
        ),
        mutate(f"ssh {node.name} sudo systemctl restart kubelet"),
        destroy(f"kubectl delete node {node.name}"),
    )


def network_remedy(view: ClusterView, node: Obj) -> Remedy:
    """Mend the agent of the pod network on a node, as far as it can be seen who that is."""
    agents = agents_on(view, node.name)
    title = say("Mend the pod network on node {n}", "修复节点 {n} 的 Pod 网络", n=node.name)
    if not agents:
        return escalate(
            title,
            say(
                "No pod of a network agent (Calico, Cilium, Flannel, a provider's CNI) was seen on it: "
                "ask the "
                "cluster's administrator to install it there and check its DaemonSet's selector and "
                "tolerations.",
                "该节点上没有看到网络组件的 Pod（Calico、Cilium、Flannel 或云厂商 CNI）："
                "请集群管理员在该节点上安装，"
                "并检查其 DaemonSet 的选择器和容忍。",
            ),
        )
    agent = next((a for a in agents if not pod_settled(a)), agents[0])
    return change(
        title,
        say(
            "{a} writes the CNI configuration of the node; see its log, and start it anew if it hangs.",
            "节点的 CNI 配置由 {a} 写入；查看其日志，若卡住则重建它。",
            a=f"{agent.namespace}/{agent.name}",
        ),
        describe(agent.ref),
        destroy(f"kubectl delete {target(agent.ref)}"),
    )


def pressure_remedies(
    view: ClusterView, node: Obj, kinds: Sequence[str], gone: Sequence[Obj]
) -> tuple[Remedy, ...]:
    """Free what is short, bound who takes it, and find the taker."""
    what = {
        "DiskPressure": say(
            "On the host: `df -h`, `df -i`, `du -xsh /var/lib/containerd /var/lib/kubelet /var/log`, "
            "`crictl rmi --prune`; `journalctl -u kubelet` says what it evicts and why.",
            "在主机上：`df -h`、`df -i`、`du -xsh /var/lib/containerd /var/lib/kubelet /var/log`、"
            "`crictl rmi --prune`；`journalctl -u kubelet` 会写明驱逐了什么及原因。",
        ),
        "MemoryPressure": say(
            "On the host: `free -m`, `ps aux --sort=-rss | head`, `dmesg | grep -i oom`, "
            "`journalctl -u kubelet`.",
            "在主机上：`free -m`、`ps aux --sort=-rss | head`、`dmesg | grep -i oom`、"
            "`journalctl -u kubelet`。",
        ),
        "PIDPressure": say(
            "On the host: `ps -eLf | wc -l`, `cat /proc/sys/kernel/pid_max`, and who forks; "
            "`journalctl -u kubelet`.",
            "在主机上：`ps -eLf | wc -l`、`cat /proc/sys/kernel/pid_max`，查找大量创建进程者；"
            "`journalctl -u kubelet`。",
        ),
    }
    seen = check(
        say("Find what uses up node {n}", "查明节点 {n} 被什么占满", n=node.name),
        what[kinds[0]],
        describe(node.ref),
        *list_on_node(view, node.name),
    )
    relieve = change(
        say("Relieve node {n}", "给节点 {n} 减压", n=node.name),
        say(
            "Keep new pods off it until it has room; draining moves its pods elsewhere.",
            "在恢复之前不再调度新 Pod；drain 会把其 Pod 迁走。",
        ),
        mutate(f"kubectl cordon {node.name}"),
        destroy(f"kubectl drain {node.name} --ignore-daemonsets --delete-emptydir-data"),
    )
    return (seen, relieve, *_bound(view, gone))


def _bound(view: ClusterView, gone: Sequence[Obj]) -> tuple[Remedy, ...]:
    """Requests and limits for the workloads that were evicted, which had too little of them."""
    made = []
    for owner in dict.fromkeys(view.workload(p.ref) for p in gone[:3]):
        obj = view.find(owner)
        if obj is None or owner.kind == "Pod" or not template_of(obj):
            continue
        made.append(
            change(
                say("Give {w} honest requests and limits", "为 {w} 设置合理的 requests 和 limits",
                    w=f"{owner.kind} {owner.name}"),
                with_note(
                    say(
                        "Requests keep it off nodes without room; limits (ephemeral-storage, memory, "
                        "sizeLimit of "
                        "emptyDir) stop it before the node suffers.",
                        "requests 使其不会被调度到空间不足的节点；limits（ephemeral-storage、memory、"
                        "emptyDir 的 "
                        "sizeLimit）在拖垮节点之前限制它。",
                    ),
                    obj,
                ),
                *edit_template(owner),
            )
        )  # fmt: skip
    return tuple(made[:1])
