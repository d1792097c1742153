"""What refuses to let pods be created: quotas, limits, namespaces, webhooks and their Services, accounts."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import pod_settled, selector_of
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import Relation, events_about
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.admission_messages import Kind
from kubetriage.domain.rules.admission_refusals import Refusal, refusals
from kubetriage.domain.rules.admission_webhook import CONFIGURATIONS, called_service, configuration_of
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


RELATIONS: tuple[Relation, ...] = (around_refusals,)
