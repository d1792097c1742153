"""Who and what is affected, as far as the read state shows it."""

from __future__ import annotations

from kubetriage.domain.kube import Obj, pod_settled
from kubetriage.domain.language import Text, text
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import ClusterView


def impact_of(view: ClusterView) -> tuple[Text, tuple[str, ...]]:
    """A sentence on replicas, Services and pods that are affected, and what shows it."""
    primary = view.primary
    if primary is None:
        return text(
            "Not visible: the alert names no single resource.", "无法判断：告警没有指明单一对象。"
        ), ()
    if primary.kind == "Node":
        return _of_node(view, primary)
    parts: list[Text] = []
    cites: list[str] = []
    owner = view.find(view.workload(primary))
    if owner is not None and owner.ref.kind in ("Deployment", "StatefulSet", "ReplicaSet", "DaemonSet"):
        parts.append(_replicas(owner))
        cites.append(owner.cite)
    pods = view.pods_of(owner.ref if owner is not None else primary)
    for service in sorted(
        {s.ref: s for p in pods for s in view.services_of(p)}.values(), key=lambda s: s.name
    ):
        ready = view.has_ready_endpoints(service)
        if ready is False:
            parts.append(
                text("Service {s} has no ready endpoint, so its callers fail", "Service {s} 没有就绪端点，"
                     "调用方会失败", s=service.name)
            )  # fmt: skip
            cites.append(service.cite)
        elif ready:
            parts.append(
                text("Service {s} still has ready endpoints", "Service {s} 仍有就绪端点", s=service.name)
            )
            cites.append(service.cite)
    if not parts:
        return _alone(view, primary)
    return Text(en="; ".join(p.en for p in parts) + ".", zh="；".join(p.zh for p in parts) + "。"), tuple(
        cites
    )


def _replicas(owner: Obj) -> Text:
    if owner.ref.kind == "DaemonSet":
        want = owner.number("status", "desiredNumberScheduled")
        have = owner.number("status", "numberReady")
    else:
        want = owner.number("spec", "replicas", default=1)
        have = owner.number("status", "readyReplicas")
    return text(
        "{o}: {have} of {want} replicas ready",
        "{o}：{want} 个副本中 {have} 个就绪",
        o=str(owner.ref),
        have=have,
        want=want,
    )


def _of_node(view: ClusterView, node: Resource) -> tuple[Text, tuple[str, ...]]:
    pods = view.pods_on(node.name)
    if not pods:
        return text("No pods of {n} were read.", "没有读到 {n} 上的 Pod。", n=str(node)), ()
    bad = [p for p in pods if not pod_settled(p)]
    said = text(
        "{n} runs {all} pods, {bad} of them not ready.",
        "{n} 上有 {all} 个 Pod，其中 {bad} 个未就绪。",
        n=str(node),
        all=len(pods),
        bad=len(bad),
    )
    return said, tuple(p.cite for p in bad[:3])


def _alone(view: ClusterView, primary: Resource) -> tuple[Text, tuple[str, ...]]:
    found = view.find(primary)
    if found is None:
        return text("{r} could not be seen.", "看不到 {r}。", r=str(primary)), ()
    said = text(
        "{r} alone, as far as can be seen; no Service selects it.",
        "就所见只涉及 {r}；没有 Service 选中它。",
        r=str(primary),
    )
    return said, (found.cite,)
