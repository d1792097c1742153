"""What to do about sandboxes that fail for what the pod itself asks for."""

from __future__ import annotations

from kubetriage.domain.finding import Remedy
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.view import ClusterView


def other_class(view: ClusterView, work: Resource) -> Remedy:
    """The node does not have the runtime of its class."""
    return remedies.change(
        say("Use a runtime class that the nodes have", "使用节点支持的 RuntimeClass"),
        remedies.with_note(
            say("Correct runtimeClassName in {w}, or place it on nodes with that runtime (scheduling "
                "of the "
                "RuntimeClass).",
                "修正 {w} 的 runtimeClassName，或把它调度到具备该运行时的节点。", w=f"{work.kind} "
                    f"{work.name}"),
            view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip


def define_network(view: ClusterView, work: Resource) -> Remedy:
    """A further network (Multus) is named and not there."""
    return remedies.change(
        say("Create the NetworkAttachmentDefinition, or correct the annotation of {w}",
            "创建该 NetworkAttachmentDefinition，或修正 {w} 的注解", w=f"{work.kind} {work.name}"),
        remedies.with_note(
            say("The annotation k8s.v1.cni.cncf.io/networks names it; without a namespace that of the pod "
                "is meant.",
                "注解 k8s.v1.cni.cncf.io/networks 引用了它；未写命名空间时指 Pod 所在的命名空间。"),
            view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip
