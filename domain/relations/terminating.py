"""Around what does not go: the objects left in a namespace, and the aggregated APIs that are not answered."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, pod_settled, selector_of
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import FOCUS, Relation
from kubetriage.domain.resource import resource
from kubetriage.domain.rules.terminating_namespace import holders, kind_of, remaining, unreachable_api
from kubetriage.domain.view import ClusterView


def around_terminating(view: ClusterView) -> Iterator[Want]:
    """What is left in a namespace that is being deleted, by the kinds that its conditions name."""
    for space in view.objects("Namespace"):
        if space.deleted is None or not view.looked_at(space.ref):
            continue
        for left in remaining(space)[:FOCUS]:
            if left.definition is not None:
                why = text("what {p}.{g} are", "{p}.{g} 是什么", p=left.plural, g=left.group)
                yield Want(read=get(left.definition), about=space.ref, why=why)
            known = kind_of(view, left)
            if known is not None:
                why = text("what is left in namespace {n}", "命名空间 {n} 中剩余的对象", n=space.name)
                read = list_of(known[0], space.name, api_version=known[1])
                yield Want(read=read, about=space.ref, why=why)
        for held in holders(view, space)[:FOCUS]:
            why = text("keeps namespace {n} from going", "使命名空间 {n} 无法删除", n=space.name)
            yield Want(read=get(held.ref), about=held.ref, why=why)
        api = unreachable_api(space)
        if api is not None:
            why = text("cannot be asked what is left", "无法列出其剩余对象")
            yield Want(read=get(api), about=api, why=why)


def around_apis(view: ClusterView) -> Iterator[Want]:
    """The Service behind an aggregated API, and its pods."""
    for api in view.objects("APIService"):
        name, where = api.text("spec", "service", "name"), api.text("spec", "service", "namespace")
        if not name or not view.looked_at(api.ref):
            continue
        service = resource("Service", where, name)
        why = text("serves the API {a}", "提供 API {a}", a=api.name)
        yield Want(read=get(service), about=service, why=why)
        found = view.find(service)
        if found is not None:
            yield from _pods(view, found)


def _pods(view: ClusterView, service: Obj) -> Iterator[Want]:
    selector = selector_of(service)
    if not selector:
        return
    why = text("the pods behind Service {s}", "Service {s} 后端的 Pod", s=service.name)
    yield Want(read=list_of("Pod", service.namespace, labels=selector), about=service.ref, why=why)
    for pod in [p for p in view.pods_behind(service) if not pod_settled(p)][:FOCUS]:
        yield Want(read=get(pod.ref), about=pod.ref, why=why)


def users_of_deleted_claims(view: ClusterView) -> Iterator[Want]:
    """The pods that hold a claim which is to be deleted: `kubernetes.io/pvc-protection` waits for them."""
    for claim in view.objects("PersistentVolumeClaim"):
        if claim.deleted is not None and view.looked_at(claim.ref):
            why = text("who still uses claim {c}", "谁仍在使用声明 {c}", c=claim.name)
            read = list_of("Pod", claim.namespace, fields="status.phase=Running")
            yield Want(read=read, about=claim.ref, why=why)
            for user in [p for p in view.pods_using_claim(claim.ref) if p.text("spec", "nodeName")][:1]:
                for owner in [o for o in (user.controller, *view.owners(user.ref)) if o is not None]:
                    yield Want(read=get(owner), about=claim.ref, why=why)


RELATIONS: tuple[Relation, ...] = (around_terminating, around_apis, users_of_deleted_claims)
