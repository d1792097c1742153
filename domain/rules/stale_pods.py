"""Pods of a StatefulSet that are still made of an earlier template, and are not replaced by themselves.

With OrderedReady the controller waits for a broken pod to become ready before it goes on, even when the
template has been corrected by now (Kubernetes' documentation: forced rollback). The pod has to be deleted.
"""

from __future__ import annotations

from kubetriage.domain.finding import Remedy
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import PodGroup
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.templates import container_of
from kubetriage.domain.view import ClusterView


def corrected_image(view: ClusterView, group: PodGroup, container: str, image: str) -> str:
    """The image that a StatefulSet's template has by now, where it is another than the pod's."""
    work = view.find(group.workload)
    if work is None or work.ref.kind != "StatefulSet":
        return ""
    newest, own = work.text("status", "updateRevision"), group.lead.labels.get("controller-revision-hash")
    if work.text("spec", "podManagementPolicy") == "Parallel" or not newest or own == newest:
        return ""
    now = str((container_of(view, group.workload, container) or {}).get("image") or "")
    return now if now != image else ""


def delete_stale(group: PodGroup) -> tuple[Remedy, ...]:
    pod = group.lead.ref
    return (
        remedies.change(
            say("Delete Pod {p}: it is made of an earlier template", "删除 Pod {p}：它来自之前的模板",
                p=pod.name),
            Text(en="The template is corrected by now, but a StatefulSet waits for a pod that never became "
                    "ready and does not replace it.",
                 zh="模板已被修正，但 StatefulSet 会一直等待从未就绪的 Pod，不会自行替换它。"),
            remedies.destroy(f"kubectl delete {remedies.target(pod)}"),
        ),
        remedies.check(
            Text(en="Compare the pod with the template", zh="对比 Pod 与模板"),
            Text(en="The label controller-revision-hash against status.updateRevision.",
                 zh="对比标签 controller-revision-hash 与 status.updateRevision。"),
            remedies.see_yaml(group.workload),
        ),
    )  # fmt: skip
