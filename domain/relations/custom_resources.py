"""Around custom objects: what was said about them, whom they name, what their controllers made; and the
custom objects that built-in ones come from, or wait for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from kubetriage.domain.custom_kinds import CustomKind, custom_kind, writers_of_secrets
from kubetriage.domain.custom_state import ills, kind_of, label_of_made, names_of, secret_of, under_way
from kubetriage.domain.events import EventRecord
from kubetriage.domain.evidence import FailureKind, Read, get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, containers, elements, pod_ready, pod_settled, selector_of
from kubetriage.domain.language import text
from kubetriage.domain.references import config_refs
from kubetriage.domain.relations.base import FOCUS, Relation, closer, events_of
from kubetriage.domain.relations.namespace import namespace_in_question
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.wellness import workload_is_well
from kubetriage.domain.view import ClusterView

NAMED = 6
"""Objects that are followed of those that one object names."""
_FAILS = re.compile(r"fail|error|notfound|denied|invalid|refus|unhealthy|missing|stall", re.IGNORECASE)
_RECENT = timedelta(hours=2)
_NO_SECRET = re.compile(r"secrets? \"(?:[^\"/]+/)?(?P<name>[a-z0-9.-]+)\" not found", re.IGNORECASE)
NOT_OF_PODS = "involvedObject.kind!=Pod,involvedObject.kind!=ReplicaSet"
"""The events of a namespace without those that say most and are read by object."""


def _focus(view: ClusterView) -> list[Obj]:
    """The objects that the run looks at and that are there."""
    refs = {want.about for want in view.why_looked.values()}
    refs |= {view.primary} if view.primary is not None else set()
    return [obj for ref in sorted(refs) if (obj := view.find(ref)) is not None]


def looked_at(view: ClusterView) -> list[Obj]:
    """The custom objects that the run looks at."""
    return [obj for obj in _focus(view) if not obj.ref.builtin]


def listing(view: ClusterView, custom: CustomKind, namespace: str) -> Read | None:
    """The list of a custom kind in the newest version that the cluster has not disowned; None for none."""
    for version in custom.api_versions:
        read = list_of(custom.kind, namespace, api_version=version)
        failure = view.failure(read)
        if failure is None or failure.kind is not FailureKind.UNSUPPORTED:
            return read
    return None


def around_custom(view: ClusterView) -> Iterator[Want]:
    for obj in looked_at(view):
        kind = kind_of(obj)
        if not (kind.good or kind.states):
            continue
        yield events_of(obj.ref, text("what was said about it", "关于它的记录"))
        if obj.ref != view.primary and not (ills(obj, view.now) or under_way(obj)):
            continue
        yield from _named(view, obj)
        yield from _children(view, obj, kind)
        yield from _labelled(view, obj)
        for pod in pods_awaited(view, obj)[:FOCUS]:
            why = text("awaited by {k} {n}", "{k} {n} 正在等待它", k=obj.ref.kind, n=obj.name)
            yield Want(read=get(pod), about=pod, why=why)
        if obj.at("spec", "template") is not None:
            yield from _pods(view, obj)


_AWAITED = re.compile(
    r"\bpods?(?: resource)?[ :]+[\"'\[`]*(?P<name>[a-z0-9][a-z0-9.-]*-\d+)\b", re.IGNORECASE
)
"""A pod with a number, as operators name those of their own sets: a sentence never looks so."""


def pods_awaited(view: ClusterView, obj: Obj) -> list[Resource]:
    """The pods for which a controller says that it waits, and that owner references may not lead to."""
    told = [ill.message for ill in ills(obj, view.now)] if obj.namespace else []
    names = dict.fromkeys(m["name"] for words in told for m in _AWAITED.finditer(words))
    return [resource("Pod", obj.namespace, name) for name in names]


def _named(view: ClusterView, obj: Obj) -> Iterator[Want]:
    for named in names_of(obj)[:NAMED]:
        ref = named.ref
        if ref.kind == "Secret" or not (ref.builtin or ref.api_version):
            continue
        why = text("named by {k} {n}", "被 {k} {n} 引用", k=obj.ref.kind, n=obj.name)
        yield Want(read=get(ref), about=ref, why=why)
        if view.is_absent(ref):
            why = text("what exists of that kind", "同类对象有哪些")
            version = "" if ref.builtin else ref.api_version
            yield Want(read=list_of(ref.kind, ref.namespace, api_version=version), about=ref, why=why)


def _children(view: ClusterView, obj: Obj, kind: CustomKind) -> Iterator[Want]:
    for name in kind.children:
        child = custom_kind(name)
        read = listing(view, child, obj.namespace) if child is not None else None
        if read is None:
            continue
        why = text("what its controller made for it", "其控制器为它创建的对象")
        yield Want(read=read, about=obj.ref, why=why)
        made = [o for o in view.objects(name, obj.namespace) if o.controller == obj.ref]
        for one in [o for o in made if ills(o, view.now) or under_way(o)][:FOCUS]:
            why = text("made for {k} {n}", "为 {k} {n} 创建", k=obj.ref.kind, n=obj.name)
            yield Want(read=read, about=one.ref, why=why)


_MADE = ("Deployment", "StatefulSet", "DaemonSet", "Job")


def _labelled(view: ClusterView, obj: Obj) -> Iterator[Want]:
    """The workloads that Flux made of an object: a release that times out waits for them."""
    labels = label_of_made(obj)
    if not labels:
        return
    where = obj.text("spec", "targetNamespace") or (obj.namespace if obj.ref.kind == "HelmRelease" else "")
    chosen = ",".join(f"{k}={v}" for k, v in sorted(labels.items()))
    why = text("made of {k} {n}", "由 {k} {n} 创建", k=obj.ref.kind, n=obj.name)
    for kind in _MADE:
        yield Want(read=list_of(kind, where, labels=chosen), about=obj.ref, why=why)
    made = [o for kind in _MADE for o in view.objects(kind) if labels.items() <= o.labels.items()]
    for one in [o for o in made if workload_is_well(o) is None][:FOCUS]:
        yield Want(read=get(one.ref), about=one.ref, why=why)


def _pods(view: ClusterView, obj: Obj) -> Iterator[Want]:
    """The pods of a custom workload (a Rollout, a CloneSet)."""
    selector = selector_of(obj)
    if not selector:
        return
    why = text("its pods", "它的 Pod")
    listed = list_of("Pod", obj.namespace, labels=selector)
    yield Want(read=listed, about=obj.ref, why=why)
    pods = view.pods_selected(obj.namespace, obj.mapping("spec", "selector"))
    for pod in [p for p in pods if p.deleted is None and not pod_settled(p)][:FOCUS]:
        yield closer(view, listed, pod.ref, text("not ready", "未就绪"))


# ---- from built-in objects


def above(view: ClusterView) -> Iterator[Want]:
    """The custom objects whose controllers made built-in ones that are looked at (KEDA's HPA, an operator's
    Deployment)."""
    for obj in _focus(view):
        owner = obj.controller
        if owner is None or owner.builtin or not owner.api_version:
            continue
        why = text("controls {k} {n}", "{k} {n} 的控制器", k=obj.ref.kind, n=obj.name)
        yield Want(read=get(owner), about=owner, why=why)


def missing_secrets(view: ClusterView) -> dict[Resource, Resource]:
    """Secrets that pods in focus wait for, and those of TLS that Ingresses and Gateways in focus name; each
    with the object that needs it."""
    found: dict[Resource, Resource] = {}
    for obj in _focus(view):
        for secret in _secrets_of(view, obj):
            found.setdefault(secret, obj.ref)
    return found


def _secrets_of(view: ClusterView, obj: Obj) -> Iterator[Resource]:
    if obj.ref.kind == "Ingress":
        for tls in obj.items("spec", "tls"):
            if tls.get("secretName"):
                yield resource("Secret", obj.namespace, str(tls["secretName"]))
    elif obj.ref.kind == "Gateway":
        for listener in obj.items("spec", "listeners"):
            given = listener.get("tls")
            for one in elements(given.get("certificateRefs")) if isinstance(given, dict) else []:
                if isinstance(one, dict) and one.get("name"):
                    yield resource("Secret", str(one.get("namespace") or obj.namespace), str(one["name"]))
    elif obj.ref.kind == "Pod" and not pod_ready(obj):
        yield from sorted(_waited_for(view, obj))


def _waited_for(view: ClusterView, pod: Obj) -> set[Resource]:
    said = [str(s.waiting.get("message") or "") for s in containers(pod)]
    said += [e.message for e in view.events(pod.ref)]
    names = {found["name"] for message in said for found in _NO_SECRET.finditer(message)}
    return {one.ref for one in config_refs(pod) if one.ref.kind == "Secret" and one.ref.name in names}


def who_writes_secrets(view: ClusterView) -> Iterator[Want]:
    """The objects whose controllers should have written Secrets that are missing, or may be."""
    wanted = missing_secrets(view)
    for namespace in sorted({ref.namespace for ref in wanted}):
        for custom in writers_of_secrets():
            read = listing(view, custom, namespace)
            if read is None:
                continue
            about = min(user for secret, user in wanted.items() if secret.namespace == namespace)
            why = text("what writes the Secret that it needs", "由什么写入它所需的 Secret")
            yield Want(read=read, about=about, why=why)
            for obj in view.objects(custom.kind, namespace):
                secret = secret_of(obj)
                if secret in wanted and custom_kind(custom.kind, obj.ref.api_version) is custom:
                    why = text("writes Secret {n}", "写入 Secret {n}", n=secret.name if secret else "")
                    yield Want(read=read, about=obj.ref, why=why)


_LEAD_TO: dict[str, tuple[str, ...]] = {
    "Service": ("HTTPRoute",), "Deployment": ("ScaledObject",), "StatefulSet": ("ScaledObject",),
}  # fmt: skip
"""Custom kinds whose objects in the same namespace may be why a healthy object does not do its work."""


def leading_to(view: ClusterView) -> Iterator[Want]:
    """The routes to the alert's Service and the scalers of its workload."""
    primary = view.find(view.primary)
    for name in _LEAD_TO.get(primary.ref.kind, ()) if primary is not None else ():
        custom = custom_kind(name)
        read = (
            listing(view, custom, primary.namespace) if custom is not None and primary is not None else None
        )
        if read is None or primary is None:
            continue
        why = text("whether one of them leads to it", "其中是否有指向它的")
        yield Want(read=read, about=primary.ref, why=why)
        for obj in view.objects(name, primary.namespace):
            if any(named.ref == primary.ref for named in names_of(obj)):
                why = text("leads to {k} {n}", "指向 {k} {n}", k=primary.ref.kind, n=primary.name)
                yield Want(read=read, about=obj.ref, why=why)


def address_pools(view: ClusterView) -> Iterator[Want]:
    """Calico's pools, for pods that get no address from it; looked at if none of them gives any."""
    starved = [p for p in _focus(view) if p.ref.kind == "Pod" and _gets_no_address(view, p)]
    custom = custom_kind("IPPool")
    read = listing(view, custom, "") if starved and custom is not None else None
    if read is None:
        return
    why = text("where Pod {p} should get its address", "Pod {p} 应从哪里获得地址", p=starved[0].name)
    yield Want(read=read, about=starved[0].ref, why=why)
    pools = view.objects("IPPool")
    if all(pool.at("spec", "disabled") is True for pool in pools):
        for pool in pools[:FOCUS]:
            yield Want(read=read, about=pool.ref, why=why)


def _gets_no_address(view: ClusterView, pod: Obj) -> bool:
    said = view.events(pod.ref, "FailedCreatePodSandBox")
    return not pod.text("status", "podIP") and any("calico" in e.message.lower() for e in said)


# ---- from events


def events_of_namespace(view: ClusterView) -> Iterator[Want]:
    """What was said in the namespace when the alert's object, or its pods, do not show why by themselves."""
    primary, space = view.find(view.primary), namespace_in_question(view)
    if space is not None:
        about, name, pods = space, space.name, view.objects("Pod", space.name)
    elif primary is None or primary.ref.kind in ("Pod", "Job", "CronJob") or not primary.namespace:
        return
    else:
        about, name, pods = primary.ref, primary.namespace, view.pods_of(primary.ref)
    if all(pod_settled(p) for p in pods if p.deleted is None):
        why = text("what else was said in the namespace", "命名空间中的其他记录")
        yield Want(read=list_of("Event", name, fields=NOT_OF_PODS), about=about, why=why)


def named_by_events(view: ClusterView) -> Iterator[Want]:
    """Custom objects that events say fail."""
    said: dict[Resource, EventRecord] = {}
    for event in view.all_events:
        custom = not event.about.builtin and event.about.api_version
        late = event.last is None or event.last >= view.now - _RECENT
        if custom and late and (event.warning or _FAILS.search(event.reason)):
            said.setdefault(event.about, event)
    for ref, event in sorted(said.items())[:FOCUS]:
        why = text("an event says {r}", "事件提到 {r}", r=event.reason)
        yield Want(read=get(ref), about=ref, why=why)


RELATIONS: tuple[Relation, ...] = (
    around_custom, above, who_writes_secrets, leading_to, address_pools, events_of_namespace,
    named_by_events,
)  # fmt: skip
