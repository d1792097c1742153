"""Routes of a service mesh that fail calls: faults put in on purpose, destinations that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.language import Text
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.grouping import fresh
from kubetriage.domain.rules.phrases import say, stated
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.selecting import selects
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "mesh-policy"


class Wrong(NamedTuple):
    """What a route does that no caller wants."""

    slug: str
    says: Text
    quote: str
    cites: tuple[str, ...] = ()


def wrong_routes(view: ClusterView) -> Iterator[Finding]:
    """A VirtualService for a Service of the alert's pods that injects faults or leads nowhere."""
    services = {s.ref: s for s in _services(view)}
    for route in view.objects("VirtualService"):
        hosts = [_service(route, str(host)) for host in elements(route.at("spec", "hosts"))]
        mine = [services[ref] for ref in hosts if ref in services]
        wrong = next(_wrong(view, route), None) if mine and view.looked_at(route.ref) else None
        if wrong is not None:
            yield _finding(view, route, mine[0], wrong)


def _services(view: ClusterView) -> list[Obj]:
    """The Services before the alert's pods."""
    primary = view.find(view.primary)
    if primary is None:
        return []
    if primary.ref.kind == "Service":
        return [primary]
    return [service for pod in view.pods_of(primary.ref)[:1] for service in view.services_of(pod)]


def _service(route: Obj, host: str) -> Resource:
    """A host of a route as a Service: a short name is one of the route's own namespace."""
    parts = host.split(".")
    return resource("Service", parts[1] if len(parts) > 1 else route.namespace, parts[0])


def _wrong(view: ClusterView, route: Obj) -> Iterator[Wrong]:
    for http in route.items("spec", "http"):
        fault = http.get("fault")
        if isinstance(fault, dict):
            yield from _fault(fault)
    for part in ("http", "tls", "tcp"):
        for rule in route.items("spec", part):
            for one in elements(rule.get("route")):
                destination = one.get("destination") if isinstance(one, dict) else None
                if isinstance(destination, dict) and one.get("weight", 100):
                    yield from _destination(view, route, destination)


def _fault(fault: Mapping[str, Any]) -> Iterator[Wrong]:
    for kind, value, en, zh in (
        ("abort", "httpStatus", "answers {p}% of the calls with {v}", "对 {p}% 的调用直接返回 {v}"),
        ("abort", "grpcStatus", "answers {p}% of the calls with {v}", "对 {p}% 的调用直接返回 {v}"),
        ("delay", "fixedDelay", "delays {p}% of the calls by {v}", "使 {p}% 的调用延迟 {v}"),
    ):
        given = fault.get(kind)
        if isinstance(given, dict) and given.get(value):
            share = given.get("percentage")
            percent = share.get("value") if isinstance(share, dict) else given.get("percent", 100)
            if percent:
                yield Wrong(f"{kind}s", say(en, zh, p=f"{percent:g}" if isinstance(percent, (int, float))
                                            else percent, v=given[value]), str(given[value]))  # fmt: skip


def _destination(view: ClusterView, route: Obj, destination: Mapping[str, Any]) -> Iterator[Wrong]:
    host, subset = str(destination.get("host") or ""), str(destination.get("subset") or "")
    service = _service(route, host)
    if not host or host.startswith("*") or (host.count(".") and ".svc" not in host and host.count(".") != 1):
        return
    if view.is_absent(service):
        cite = getattr(view.get(service), "cite", "")
        yield Wrong("leads-nowhere", say("leads to Service {s}, which does not exist",
                    "指向不存在的 Service {s}", s=service.name), host, (cite,))  # fmt: skip
        return
    found = view.find(service)
    if not subset or found is None or view.complete_list("DestinationRule", route.namespace) is None:
        return
    rules = [r for r in view.objects("DestinationRule", route.namespace)
             if _service(r, r.text("spec", "host")) == service]  # fmt: skip
    named = [(r, s) for r in rules for s in r.items("spec", "subsets") if s.get("name") == subset]
    if not named:
        yield Wrong("no-subset", say("leads to subset {s} of {h}, which no DestinationRule defines",
                    "指向 {h} 的子集 {s}，但没有 DestinationRule 定义它", s=subset, h=service.name), subset,
                    tuple(r.cite for r in rules))  # fmt: skip
        return
    rule, chosen = named[0]
    labels = chosen.get("labels")
    pods = view.pods_behind(found)
    if isinstance(labels, dict) and labels and pods and not any(selects(labels, p.labels) for p in pods):
        wants = ",".join(f"{k}={v}" for k, v in sorted(labels.items()))
        yield Wrong("empty-subset", say("leads to subset {s} of {h} ({w}), which has no pods",
                    "指向 {h} 的子集 {s}（{w}），其中没有 Pod", s=subset, h=service.name, w=wants), subset,
                    (rule.cite,))  # fmt: skip


def _finding(view: ClusterView, route: Obj, service: Obj, wrong: Wrong) -> Finding:
    new = route.created is not None and fresh(view, route.created)
    decided = wrong.slug in ("leads-nowhere", "no-subset", "empty-subset") or new
    return Finding(
        rule=f"mesh.{wrong.slug}",
        category=CATEGORY,
        role=Role.CAUSE,
        subject=route.ref,
        culprit=route.ref,
        statement=stated(
            "VirtualService {r}, which routes the calls of Service {s}, {w}.",
            "路由 Service {s} 调用的 VirtualService {r} {w}。",
            r=route.name,
            s=service.name,
            w=wrong.says,
        ),
        likelihood=Likelihood.HIGH if decided else Likelihood.MEDIUM,
        specificity=Specificity.EXACT,
        explains=(service.ref,),
        cites=tuple(c for c in (route.cite, service.cite, *wrong.cites) if c),
        quotes=quotable(route.name, wrong.quote),
        since=route.created,
        remedies=(
            remedies.change(
                say("Correct VirtualService {r}", "修正 VirtualService {r}", r=route.name),
                remedies.with_note(
                    say("Remove the fault, or lead to a destination that exists.",
                        "去掉故障注入，或改为存在的目标。"), route),
                remedies.mutate(f"kubectl edit {remedies.target(route.ref)}"),
            ),
        ),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (wrong_routes,)
