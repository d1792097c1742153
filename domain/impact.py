"""Who and what is affected, as far as the read state shows it."""

from __future__ import annotations

from typing import NamedTuple

from kubetriage.domain.dependence import dependents
from kubetriage.domain.diagnosis import bounded
from kubetriage.domain.kube import Obj, pod_settled
from kubetriage.domain.language import Text, text
from kubetriage.domain.resource import Resource
from kubetriage.domain.view import Absent, ClusterView, Unknown

_REPLICATED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DaemonSet")
_NAMED = 3
"""Objects of one kind that are told by name."""


class _Part(NamedTuple):
    said: Text
    cites: tuple[str, ...]


def impact_of(view: ClusterView) -> tuple[Text, tuple[str, ...]]:
    """A sentence on replicas, Services and pods that are affected, and what shows it."""
    primary = view.primary
    if primary is None:
        return text(
            "Not visible: the alert names no single resource.", "无法判断：告警没有指明单一对象。"
        ), ()
    parts = _parts(view, primary)
    if not parts:
        return _alone(view, primary)
    en = bounded("; ".join(part.said.en for part in parts) + ".")
    zh = bounded("；".join(part.said.zh for part in parts) + "。")
    return Text(en=en, zh=zh), tuple(dict.fromkeys(cite for part in parts for cite in part.cites))


def _parts(view: ClusterView, primary: Resource) -> list[_Part]:
    found = view.find(primary)
    if primary.kind == "Node":
        return [_of_node(view, primary)]
    if primary.kind == "PersistentVolumeClaim":
        return _of_claim(view, primary)
    if primary.kind == "Service" and found is not None:
        return _of_services(view, [found])
    owner = view.find(view.workload(primary))
    if owner is None:
        owner = found
    if owner is None:
        return []
    parts = [_replicas(owner)] if owner.ref.kind in _REPLICATED else []
    parts += [_of_job(owner)] if owner.ref.kind == "Job" else []
    services = {s.ref: s for pod in view.pods_of(owner.ref) for s in view.services_of(pod)}
    for ref in dependents(view, owner.ref):
        service = view.find(ref)
        if service is not None and ref.kind == "Service":
            services[ref] = service
    return parts + _of_services(view, [services[ref] for ref in sorted(services)])


def _replicas(owner: Obj) -> _Part:
    if owner.ref.kind == "DaemonSet":
        want = owner.number("status", "desiredNumberScheduled")
        have = owner.number("status", "numberReady")
    else:
        want = owner.number("spec", "replicas", default=1)
        have = owner.number("status", "readyReplicas")
    said = text(
        "{o}: {have} of {want} replicas ready",
        "{o}：{want} 个副本中 {have} 个就绪",
        o=str(owner.ref),
        have=have,
        want=want,
    )
    return _Part(said, (owner.cite,))


def _of_job(job: Obj) -> _Part:
    said = text(
        "{o}: {good} of {want} completions, {bad} pods failed",
        "{o}：需完成 {want} 次，已完成 {good} 次，{bad} 个 Pod 失败",
        o=str(job.ref),
        good=job.number("status", "succeeded"),
        want=job.number("spec", "completions", default=1),
        bad=job.number("status", "failed"),
    )
    return _Part(said, (job.cite,))


def _of_services(view: ClusterView, services: list[Obj]) -> list[_Part]:
    """What callers of these Services see; where the endpoints were not read, nothing is said."""
    parts: list[_Part] = []
    for service in services:
        ready = view.has_ready_endpoints(service)
        if ready is False:
            said = text("Service {s} has no ready endpoint, so its callers fail", "Service {s} 没有就绪端点，"
                        "调用方会失败", s=service.name)  # fmt: skip
            parts.append(_Part(said, (service.cite,)))
            parts += _of_ingresses(view, service)
        elif ready:
            said = text("Service {s} still has ready endpoints", "Service {s} 仍有就绪端点", s=service.name)
            parts.append(_Part(said, (service.cite,)))
    return parts


def _of_ingresses(view: ClusterView, service: Obj) -> list[_Part]:
    found = [view.find(ref) for ref in dependents(view, service.ref) if ref.kind == "Ingress"]
    return [
        _Part(
            text(
                "requests through Ingress {i} to it fail", "经 Ingress {i} 访问它的请求会失败", i=ingress.name
            ),
            (ingress.cite,),
        )
        for ingress in found
        if ingress is not None
    ]


def _of_claim(view: ClusterView, claim: Resource) -> list[_Part]:
    pods = view.pods_using_claim(claim)
    if not pods:
        return []
    bad = [p for p in pods if not pod_settled(p)]
    names = ", ".join(p.name for p in pods[:_NAMED])
    said = text(
        "{c} is mounted by {all} pods ({names}), {bad} of them not ready",
        "{c} 被 {all} 个 Pod 挂载（{names}），其中 {bad} 个未就绪",
        c=str(claim),
        all=len(pods),
        names=names + (", …" if len(pods) > _NAMED else ""),
        bad=len(bad),
    )
    return [_Part(said, tuple(p.cite for p in (bad or pods)[:_NAMED]))]


def _of_node(view: ClusterView, node: Resource) -> _Part:
    pods = view.pods_on(node.name)
    if not pods:
        return _Part(text("No pods of {n} were read", "没有读到 {n} 上的 Pod", n=str(node)), ())
    bad = [p for p in pods if not pod_settled(p)]
    said = text(
        "{n} runs {all}, {en_bad}",
        "{n} 上有 {zh_all} 个 Pod，{zh_bad}",
        n=str(node),
        all=f"{len(pods)} pod{'' if len(pods) == 1 else 's'}",
        zh_all=len(pods),
        en_bad=f"{len(bad)} of them not ready" if bad else "all of them ready",
        zh_bad=f"其中 {len(bad)} 个未就绪" if bad else "全部就绪",
    )
    return _Part(said, tuple(p.cite for p in bad[:_NAMED]))


def _alone(view: ClusterView, primary: Resource) -> tuple[Text, tuple[str, ...]]:
    known = view.get(primary)
    if isinstance(known, Absent):
        return text("{r} does not exist now.", "{r} 现已不存在。", r=str(primary)), (known.cite,)
    if isinstance(known, Unknown):
        return text("{r} could not be seen.", "看不到 {r}。", r=str(primary)), ()
    said = text(
        "{r} alone, as far as can be seen.",
        "就所见只涉及 {r}。",
        r=str(primary),
    )
    return said, (known.cite,)
