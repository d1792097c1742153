"""Resources that a pod asks for and no node offers: devices without their plugin, huge pages."""

from __future__ import annotations

from collections.abc import Sequence

from kubetriage.domain.finding import Finding, Remedy, Specificity
from kubetriage.domain.kube import Obj, quantity
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.remedies import check, describe, escalate
from kubetriage.domain.rules.scheduling_finding import see_nodes, unschedulable
from kubetriage.domain.rules.scheduling_fit import amount, requested
from kubetriage.domain.rules.scheduling_plugins import plugins_down
from kubetriage.domain.rules.scheduling_stuck import Case
from kubetriage.domain.view import ClusterView


def not_offered(
    view: ClusterView, case: Case, name: str, known: Sequence[Obj], category: str, lower: Remedy
) -> Finding:
    """No node offers a resource; of a device, why not, as far as its plugin's pod tells."""
    broken = [n for n in known if (quantity(n.at("status", "capacity", name)) or 0) > 0]
    down = [p for n in broken[:1] for p in plugins_down(view, n)[:1]]
    why = say(
        "it requests {n} of {name}, {w}", "请求 {n} 个 {name}{w}",
        n=amount(name, requested(case.pod, name)), name=name, w=_why_not(name, broken, down),
    )  # fmt: skip
    device = _huge_pages(name) if name.startswith("hugepages-") else escalate(
        say("Have a node with {name} added, or its device plugin repaired",
            "请集群管理员添加提供 {name} 的节点，或修复设备插件", name=name),
        say("A node offers {name} only while the vendor's device plugin runs on it.",
            "只有厂商的设备插件在节点上运行时，节点才会上报 {name}。", name=name),
    )  # fmt: skip
    return unschedulable(
        case,
        "not-offered",
        category,
        why,
        culprit=view.workload(down[0].ref) if down else broken[0].ref if broken else case.group.culprit,
        specificity=Specificity.EXACT,
        waits_on=tuple(p.ref for p in down),
        cites=(o.cite for o in (*(broken or known)[:3], *down)),
        quotes=(name,),
        remedies=(
            *(() if broken else (lower,)),
            device,
            *_look_at(down),
            see_nodes(view, (broken or known)[:1]),
        ),
    )


def _why_not(name: str, broken: Sequence[Obj], down: Sequence[Obj]) -> Text:
    if not broken:
        return say("which no node offers", "，但没有任何节点提供该资源")
    has = say(
        "and node {b} has {c} but offers none", "；节点 {b} 有 {c} 个，但可分配为 0",
        b=broken[0].name, c=broken[0].text("status", "capacity", name),
    )  # fmt: skip
    if not down:
        return say("{h}: they are not healthy, or its device plugin stopped",
                   "{h}：设备不健康，或设备插件已停止", h=has)  # fmt: skip
    return say("{h}, as its device plugin, Pod {p}, is not ready", "{h}，因为其设备插件 Pod {p} 未就绪",
               h=has, p=down[0].name)  # fmt: skip


def _look_at(down: Sequence[Obj]) -> list[Remedy]:
    return [
        check(
            say("See why the device plugin is down", "查看设备插件为何异常"),
            say("Its events and its log.", "查看其事件和日志。"),
            describe(plugin.ref),
        )
        for plugin in down
    ]


def _huge_pages(name: str) -> Remedy:
    return escalate(
        say("Have {name} reserved on nodes", "请在节点上预留 {name}", name=name),
        say("The kernel reserves them (`vm.nr_hugepages`, or its boot parameters); the kubelet counts them "
            "when it starts.",
            "由内核预留（`vm.nr_hugepages` 或启动参数）；kubelet 在启动时统计，预留后需重启 kubelet。"),
    )  # fmt: skip
