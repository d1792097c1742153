"""What refuses to let pods be created: quotas, limits, namespaces, webhooks and their Services, accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import ContainerState, containers, pod_settled, selector_of
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import Relation, events_about
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.admission_deadline import asked, service_of
from kubetriage.domain.rules.admission_messages import Kind
from kubetriage.domain.rules.admission_refusals import Refusal, refusals
from kubetriage.domain.rules.admission_webhook import CONFIGURATIONS, called_service, configuration_of
from kubetriage.domain.rules.grouping import focus_pods
from kubetriage.domain.view import ClusterView


def around_refusals(view: ClusterView) -> Iterator[Want]:
    for one in refusals(view):
        yield from _named(view, one)


def _named(view: ClusterView, one: Refusal) -> Iterator[Want]:
    kind, namespace, name = one.denial.kind, one.workload.namespace, one.denial.name
    why = text(
        "refuses the pods of {k} {n}", "拒绝了 {k} {n} 的 Pod", k=one.workload.kind, n=one.workload.name
    )
    if kind in (Kind.QUOTA_EXCEEDED, Kind.QUOTA_DEMANDS):
        quota = resource("ResourceQuota", namespace, name)
        yield Want(read=get(quota), about=quota, why=why)
    elif kind is Kind.LIMIT_RANGE:
        yield Want(read=list_of("LimitRange", namespace), about=one.workload, why=why)
    elif kind in (Kind.POD_SECURITY, Kind.TERMINATING):
        space = resource("Namespace", "", namespace)
        yield Want(read=get(space), about=space, why=why)
    elif kind is Kind.SERVICE_ACCOUNT:
        account = resource("ServiceAccount", namespace, name)
        have = text("the accounts of the namespace", "命名空间中的 ServiceAccount")
        yield Want(read=list_of("ServiceAccount", namespace), about=account, why=have)
    elif kind is Kind.PRIORITY_CLASS:
        cls = resource("PriorityClass", "", name)
        yield Want(read=list_of("PriorityClass"), about=cls, why=why)
    elif kind in (Kind.WEBHOOK_FAILED, Kind.WEBHOOK_DENIED):
        yield from _webhook(view, one)
    elif kind is Kind.DEADLINE:
        yield from _all_asked(view, one)


def _webhook(view: ClusterView, one: Refusal) -> Iterator[Want]:
    why = text("which webhook refuses the pods", "是哪个 webhook 拒绝了 Pod")
    for kind in CONFIGURATIONS:
        yield Want(read=list_of(kind), about=one.workload, why=why)
    found = configuration_of(view, one.denial)
    if found is not None:
        said = text("calls the webhook {w}", "调用 webhook {w}", w=one.denial.name)
        yield Want(read=get(found.config.ref), about=found.config.ref, why=said)
    service = called_service(view, one.denial)
    if one.denial.kind is Kind.WEBHOOK_FAILED and service is not None:
        yield from _behind(view, service)


def _all_asked(view: ClusterView, one: Refusal) -> Iterator[Want]:
    """Every webhook that is asked about the pods: which of them took too long is not said."""
    why = text("asked about each new pod", "创建 Pod 时会被询问")
    for kind in CONFIGURATIONS:
        yield Want(read=list_of(kind), about=one.workload, why=why)
    space = resource("Namespace", "", one.workload.namespace)
    yield Want(
        read=get(space),
        about=space,
        why=text("whose labels choose the webhooks", "其标签决定询问哪些 webhook"),
    )
    for hook in asked(view, one)[:4]:
        yield Want(read=get(hook.config.ref), about=hook.config.ref, why=why)
        service = service_of(hook)
        if service is not None:
            yield from _behind(view, service)


def _behind(view: ClusterView, service: Resource) -> Iterator[Want]:
    """The Service that the API server calls, and who should answer there."""
    why = text("answers for the webhook", "为 webhook 提供服务")
    yield Want(read=get(service), about=service, why=why)
    found = view.find(service)
    if found is None:
        if view.is_absent(service):
            space = resource("Namespace", "", service.namespace)
            yield Want(read=get(space), about=space, why=text("where it should be", "它应在的命名空间"))
        return
    labels = f"kubernetes.io/service-name={service.name}"
    yield Want(read=list_of("EndpointSlice", service.namespace, labels=labels), about=service, why=why)
    selector = selector_of(found)
    if selector:
        yield Want(read=list_of("Pod", service.namespace, labels=selector), about=service, why=why)
        for pod in [p for p in view.pods_behind(found) if not pod_settled(p)][:2]:
            yield Want(
                read=events_about(pod.ref),
                about=pod.ref,
                why=text("should answer for the webhook", "应为 webhook 提供服务"),
            )
        if not view.pods_behind(found):
            have = text("whose pods should answer for the webhook", "应由谁的 Pod 为 webhook 提供服务")
            yield Want(read=list_of("Deployment", service.namespace), about=service, why=have)
            for owner in view.objects("Deployment", service.namespace):
                if view.owned(owner.ref) or _would_serve(view, service, owner.ref):
                    yield Want(read=events_about(owner.ref), about=owner.ref, why=have)


def _would_serve(view: ClusterView, service: Resource, workload: Resource) -> bool:
    found, owner = view.find(service), view.find(workload)
    if found is None or owner is None:
        return False
    labels = owner.mapping("spec", "template", "metadata", "labels")
    chosen = found.mapping("spec", "selector")
    return bool(chosen) and all(labels.get(k) == v for k, v in chosen.items())


def around_quotas(view: ClusterView) -> Iterator[Want]:
    """The pods that the alert's own quota counts."""
    quota = view.primary
    if quota is not None and quota.kind == "ResourceQuota":
        why = text("who uses the quota", "谁在占用配额")
        yield Want(read=list_of("Pod", quota.namespace), about=quota, why=why)


def around_defaults(view: ClusterView) -> Iterator[Want]:
    """The LimitRanges that gave a container the memory limit which kills it."""
    for pod in focus_pods(view):
        note = pod.annotations.get("kubernetes.io/limit-ranger", "")
        if _MEMORY_LIMIT.search(note) and any(_ran_out(s) for s in containers(pod)):
            why = text("gave the pod its limits", "为该 Pod 设置了默认上限")
            yield Want(read=list_of("LimitRange", pod.namespace), about=pod.ref, why=why)


_MEMORY_LIMIT = re.compile(r"memory limit for")
"""From what the LimitRanger plugin notes on a pod whose template sets none."""


def _ran_out(state: ContainerState) -> bool:
    return "OOMKilled" in (state.last_terminated.get("reason"), state.terminated.get("reason"))


RELATIONS: tuple[Relation, ...] = (around_refusals, around_quotas, around_defaults)
