"""NetworkPolicies that keep out who must reach the alert's pods: its Ingress controller, or Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.dependence import backends_of, behind
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.network_policies import Direction
from kubetriage.domain.relations.ingress_controller import controllers, scrapers
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.alert_words import SCRAPES, speaks_of
from kubetriage.domain.rules.failed_calls import targets
from kubetriage.domain.rules.grouping import PodGroup, fresh, group_pods
from kubetriage.domain.rules.network_policy import CATEGORY, RECENT
from kubetriage.domain.rules.network_policy_words import admits
from kubetriage.domain.rules.network_verdict import Stop, between, closest
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import fitting, quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def kept_out(view: ClusterView) -> Iterator[Finding]:
    """All ready pods of the alert's object, none of which its caller may reach.

    A caller on the host's network is left out: its packets carry the node's address, which many network
    plugins always let through.
    """
    primary = view.find(view.primary)
    if primary is None:
        return
    if primary.ref.kind == "Ingress":
        found = controllers(view, primary)
    else:
        found = scrapers(view) if speaks_of(view, SCRAPES) else []
    callers = [p for p in found if p.at("spec", "hostNetwork") is not True]
    behind_it = behind(view, primary.ref) or view.pods_of(primary.ref)
    pods = [p for p in behind_it if p.deleted is None]
    if not callers or not pods or not all(pod_ready(p) for p in pods):
        return
    stops: dict[str, tuple[Obj, Stop]] = {}
    shown = []
    for service in _services(view, primary, pods):
        for port in service.items("spec", "ports"):
            for target in targets(view, service, str(port.get("port"))):
                stop = between(view, callers[0], target)
                if stop is not None and stop.direction is Direction.INGRESS:
                    name = f"{closest(stop, dns=False).name}|{service.name}"
                    stops[name] = service, stop
                    shown.append((target.pod, name))
    for name, group in group_pods(view, shown):
        if len(group.pods) == group.total:
            yield _finding(view, primary, callers[0], group, *stops[name])


def _services(view: ClusterView, primary: Obj, pods: list[Obj]) -> list[Obj]:
    if primary.ref.kind == "Service":
        return [primary]
    if primary.ref.kind != "Ingress":
        return view.services_of(pods[0])
    return [s for s in view.objects("Service", primary.namespace) if s.name in backends_of(primary.raw)]


def _finding(
    view: ClusterView, primary: Obj, caller: Obj, group: PodGroup, service: Obj, stop: Stop
) -> Finding:
    policy = closest(stop, dns=False)
    began, made = view.alert_began, policy.created
    new = made is not None and fresh(view, made, before=RECENT) and not (began is not None and made > began)

    does = Text(en="scrapes them", zh="采集其指标")
    if primary.ref.kind == "Ingress":
        does = say("serves Ingress {i}", "处理 Ingress {i} ", i=primary.name)

    def statement(room: int) -> Text:
        told = admits(policy, Direction.INGRESS, max(room, 40) + 20)
        none = Text(en="nothing", zh="不允许任何流量")
        only = none if told is None else say("only {t}", "只允许{t}", t=told)
        return say(
            "NetworkPolicy {p} lets {o} reach the pods of {w}: Pod {c} in namespace {ns}, which {does}, "
            "is kept out.",
            "NetworkPolicy {p} {o}访问 {w} 的 Pod：{does}的 Pod {c}（命名空间 {ns}）被挡在外面。",
            p=policy.name, o=only, w=f"Service {service.name}", c=caller.name,
            ns=caller.namespace, does=does,
        )  # fmt: skip

    return Finding(
        rule=f"networkpolicy.keeps-out.{service.name}",
        category=CATEGORY,
        role=Role.CAUSE,
        subject=policy.ref,
        culprit=policy.ref,
        statement=fitting(statement),
        likelihood=Likelihood.HIGH if new else Likelihood.MEDIUM,
        specificity=Specificity.EXACT,
        explains=(primary.ref, service.ref, view.workload(group.lead.ref)),
        cites=(policy.cite, primary.cite, service.cite, caller.cite, *group.cites),
        quotes=quotable(policy.name, service.name),
        since=made,
        remedies=(
            remedies.change(
                say("Admit Pod {c} of namespace {ns} in NetworkPolicy {p}",
                    "在 NetworkPolicy {p} 中放行命名空间 {ns} 的 Pod {c}", p=policy.name, c=caller.name,
                    ns=caller.namespace),
                remedies.with_note(
                    say("Add a rule from namespace {ns} (namespaceSelector) to the pods' port {n}.",
                        "增加一条规则：允许命名空间 {ns}（namespaceSelector）访问 Pod 的端口 {n}。",
                        ns=caller.namespace, n=stop.port.number if stop.port and stop.port.number else "-"),
                    policy),
                remedies.mutate(f"kubectl edit {remedies.target(policy.ref)}"),
            ),
            remedies.check(
                say("See whom the policy admits", "查看策略放行了谁"),
                say("Compare its selectors with the caller's labels.", "把其选择器与调用方的标签对照。"),
                remedies.describe(policy.ref),
                remedies.read(f"kubectl get pods{remedies.in_namespace(caller.ref)} --show-labels"),
            ),
        ),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (kept_out,)
