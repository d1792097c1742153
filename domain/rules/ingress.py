"""Ingresses that lead nowhere: a backend or its port that is not there, a class that nobody serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import ingress_controller, ingress_requests, remedies
from kubetriage.domain.rules.ingress_refused import balancer_refused
from kubetriage.domain.rules.listing import list_kind
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.rules.wording import listed, quotable
from kubetriage.domain.view import Absent, ClusterView, Present

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "ingress"
_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
_OLD_CLASS = "kubernetes.io/ingress.class"


class Backend(NamedTuple):
    """Where one rule of an Ingress sends to."""

    service: Resource
    port: str
    """The Service's port by number or name; empty if none is given."""
    where: str
    """`host/path`, or `default backend`."""


def backends(ingress: Obj) -> list[Backend]:
    """The backends of an Ingress in the order of its rules, the default one last."""
    found = []
    for rule in ingress.items("spec", "rules"):
        http = rule.get("http")
        for path in elements(http.get("paths")) if isinstance(http, dict) else []:
            if isinstance(path, dict):
                where = f"{rule.get('host') or '*'}{path.get('path') or '/'}"
                found += _backend(ingress, path.get("backend"), where)
    return found + _backend(ingress, ingress.at("spec", "defaultBackend"), "default backend")


def _backend(ingress: Obj, value: Any, where: str) -> list[Backend]:
    service = value.get("service") if isinstance(value, dict) else None
    if not isinstance(service, dict) or not service.get("name"):
        return []
    port = service.get("port")
    port = port if isinstance(port, dict) else {}
    named = str(port.get("number") or port.get("name") or "")
    return [Backend(resource("Service", ingress.namespace, str(service["name"])), named, where)]


def wrong_backend(view: ClusterView) -> Iterator[Finding]:
    """A backend Service that does not exist, or that lacks the port."""
    for ingress in [i for i in view.objects("Ingress") if view.looked_at(i.ref)]:
        done: set[tuple[Resource, str]] = set()
        for backend in backends(ingress):
            key = (backend.service, backend.port)
            known = view.get(backend.service)
            if key in done:
                continue
            done.add(key)
            if view.is_absent(backend.service):
                yield _absent(view, ingress, backend)
            elif isinstance(known, Present) and known.object.text("spec", "type") != "ExternalName":
                offered = _ports(known.object)
                if backend.port and offered and backend.port not in offered:
                    yield _wrong_port(ingress, backend, known.object)


def _ports(service: Obj) -> list[str]:
    ports = service.items("spec", "ports")
    return [str(p[k]) for p in ports for k in ("port", "name") if p.get(k)]


def _absent(view: ClusterView, ingress: Obj, backend: Backend) -> Finding:
    name = backend.service.name
    others = view.objects("Service", ingress.namespace)
    similar = nearest(name, (s.name for s in others))
    known = view.get(backend.service)
    meant = say("; there is {s}", "；存在 {s}", s=similar) if similar else Text(en="", zh="")
    create = () if similar else (
        remedies.mutate(f"kubectl expose deployment <deployment> --name "
                        f"{name}{remedies.in_namespace(ingress.ref)}"),
    )  # fmt: skip
    return Finding(
        rule=f"ingress.missing-service.{name}",
        category=CATEGORY,
        role=Role.CAUSE,
        subject=ingress.ref,
        culprit=ingress.ref if similar else backend.service,
        statement=say(
            "Ingress {i} sends {w} to Service {s}, which does not exist in namespace {n}{meant}.",
            "Ingress {i} 把 {w} 转发到命名空间 {n} 中并不存在的 Service {s}{meant}。",
            i=ingress.name,
            w=backend.where,
            s=name,
            n=ingress.namespace,
            meant=meant,
        ),
        specificity=Specificity.EXACT if similar else Specificity.NAMED,
        cites=(ingress.cite, *((known.cite,) if isinstance(known, Absent) else ())),
        quotes=quotable(name),
        remedies=(
            remedies.change(
                say("Correct the backend of Ingress {i}, or create Service {s}",
                    "修正 Ingress {i} 的后端，或创建 Service {s}", i=ingress.name, s=name),
                remedies.with_note(say("Requests get 503 until the Service exists.",
                                       "在该 Service 存在之前请求会得到 503。"), ingress),
                remedies.mutate(f"kubectl edit {remedies.target(ingress.ref)}"),
                *create,
            ),
            remedies.check(
                say("See the Services of the namespace", "查看命名空间中的 Service"),
                say("One of them may be the backend that was meant.", "其中可能有真正想用的后端。"),
                remedies.describe(ingress.ref),
                *list_kind(view, "Service", ingress.namespace),
            ),
        ),
    )  # fmt: skip


def _wrong_port(ingress: Obj, backend: Backend, service: Obj) -> Finding:
    offered = [str(p.get("port")) for p in service.items("spec", "ports")]
    return Finding(
        rule=f"ingress.wrong-port.{service.name}.{backend.port}",
        category=CATEGORY,
        role=Role.CAUSE,
        subject=ingress.ref,
        culprit=ingress.ref,
        statement=say(
            "Ingress {i} sends {w} to port {p} of Service {s}, which has no such port (it has {have}).",
            "Ingress {i} 把 {w} 转发到 Service {s} 的端口 {p}，但该 Service 没有此端口（有 {have}）。",
            i=ingress.name,
            w=backend.where,
            p=backend.port,
            s=service.name,
            have=listed(offered),
        ),
        specificity=Specificity.EXACT,
        cites=(ingress.cite, service.cite),
        quotes=quotable(backend.port, offered[0]),
        remedies=(
            remedies.change(
                say("Use a port of Service {s} in Ingress {i}",
                    "在 Ingress {i} 中改用 Service {s} 已有的端口",
                    s=service.name, i=ingress.name),
                remedies.with_note(say("A backend names the Service's port, not the container's.",
                                       "后端填写的是 Service 的端口，而不是容器端口。"), ingress),
                remedies.mutate(f"kubectl edit {remedies.target(ingress.ref)}"),
            ),
            remedies.check(
                say("See the ports of Service {s}", "查看 Service {s} 的端口", s=service.name),
                say("By number and name.", "包括端口号和名称。"),
                remedies.describe(service.ref),
            ),
        ),
    )  # fmt: skip


# ---- class


def wrong_class(view: ClusterView) -> Iterator[Finding]:
    """An Ingress whose class does not exist, or that names none where there is no default."""
    classes = view.complete_list("IngressClass", "")
    if classes is None:
        return
    known = view.objects("IngressClass")
    for ingress in [i for i in view.objects("Ingress") if view.looked_at(i.ref)]:
        asked = ingress.text("spec", "ingressClassName")
        if asked and not any(c.name == asked for c in known):
            yield _class(view, ingress, classes, known, asked)
        old = ingress.annotations.get(_OLD_CLASS)  # controllers answer to it without any IngressClass
        served = ingress.items("status", "loadBalancer", "ingress")
        if not (asked or old or served) and not any(c.annotations.get(_DEFAULT) == "true" for c in known):
            yield _class(view, ingress, classes, known, "")


def _class(view: ClusterView, ingress: Obj, classes: str, known: list[Obj], asked: str) -> Finding:
    have = listed([c.name for c in known]) if known else say("none exists", "集群中没有任何 IngressClass")
    said = (
        say(
            "Ingress {i} asks for IngressClass {c}, which does not exist ({have}): no controller serves it.",
            "Ingress {i} 指定的 IngressClass {c} 不存在（{have}）：没有控制器处理它。",
            i=ingress.name, c=asked, have=say("there is {h}", "现有 {h}", h=have) if known else have,
        )
        if asked
        else say(
            "Ingress {i} names no IngressClass and none is the default ({have}): probably no controller "
            "serves it.",
            "Ingress {i} 没有指定 IngressClass，集群也没有默认的（{have}）：很可能没有控制器处理它。",
            i=ingress.name, have=have,
        )
    )  # fmt: skip
    right = known[0].name if len(known) == 1 else "<class>"
    patch = f'{{"spec":{{"ingressClassName":"{right}"}}}}'
    return Finding(
        rule="ingress.class",
        category=CATEGORY,
        role=Role.CAUSE,
        subject=ingress.ref,
        culprit=ingress.ref,
        statement=said,
        likelihood=Likelihood.HIGH if asked else Likelihood.MEDIUM,
        specificity=Specificity.EXACT if asked else Specificity.NAMED,
        cites=(ingress.cite, classes),
        quotes=quotable(asked),
        remedies=(
            remedies.change(
                say("Name an existing class in Ingress {i}",
                    "让 Ingress {i} 使用存在的 IngressClass", i=ingress.name),
                remedies.with_note(say("Or install the controller that the class belongs to.",
                                       "或安装该类别对应的 Ingress 控制器。"), ingress),
                remedies.mutate(f"kubectl patch {remedies.target(ingress.ref)} --type merge -p '{patch}'"),
            ),
            remedies.check(
                say("See the classes and their controllers", "查看 IngressClass 及其控制器"),
                say("Each class names the controller that serves it.", "每个类别都写明由哪个控制器处理。"),
                remedies.describe(ingress.ref),
                *list_kind(view, "IngressClass"),
            ),
        ),
    )  # fmt: skip


def no_address(view: ClusterView) -> Iterator[Finding]:
    """An Ingress that no controller has given an address, and why if one said so."""
    for ingress in [i for i in view.objects("Ingress") if view.looked_at(i.ref)]:
        if not ingress.items("status", "loadBalancer", "ingress"):
            refused = balancer_refused(view, ingress)
            if refused is not None:
                yield refused
                continue
            yield Finding(
                rule="ingress.no-address",
                category=CATEGORY,
                role=Role.SYMPTOM,
                subject=ingress.ref,
                culprit=None,
                statement=say(
                    "Ingress {i} has no address: no controller says that it serves it.",
                    "Ingress {i} 没有地址：没有控制器表明在处理它。",
                    i=ingress.name,
                ),
                cites=(ingress.cite,),
            )


RULES: tuple[Rule, ...] = (
    wrong_backend,
    wrong_class,
    no_address,
    *ingress_controller.RULES,
    *ingress_requests.RULES,
)
