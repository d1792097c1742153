"""Services that send to a port which nobody serves, or to pods that do not belong to them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kubetriage.domain.evidence import ReadKind
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, elements, pod_ready, whole_number
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.service_selection import port_name, selected, selector
from kubetriage.domain.rules.service_traffic import callers_in_vain
from kubetriage.domain.rules.wording import listed, quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def port_mismatch(view: ClusterView) -> Iterator[Finding]:
    """A targetPort that no container of the selected pods has, by name or by number.

    A named port must be declared: without it there is no endpoint. `containerPort`s with numbers are for
    information only, so a number that is not among them is a cause only where a connection to it was seen to
    be refused, a hint where the Service is what is asked about, and nothing where a probe of a ready pod
    shows that the port is served.
    """
    for service in view.objects("Service"):
        found = selected(view, service) if view.looked_at(service.ref) and selector(service) else None
        if found is None or not found[0]:
            continue
        pods = found[0]
        up = any(pod_ready(p) for p in pods)  # else the pods' own trouble comes first, and this after it
        targets = [(p, port_name(p.get("targetPort"), p.get("port"))) for p in service.items("spec", "ports")]
        for port, target in targets:
            if not target.isdigit() and not any(target in names(p) for p in pods):
                yield _finding(
                    view, service, pods, port, target, Likelihood.HIGH, Role.CAUSE if up else Role.RISK
                )
        numbers = [(p, t) for p, t in targets if t.isdigit()]
        if numbers and all(not _served(t, pods) for _, t in numbers) and any(ports(p) for p in pods):
            shown = {sign for _, _, sign in callers_in_vain(view, service)}
            refused = Sign.REFUSED in shown or _refused_there(view, pods, numbers[0][1])
            asked = service.ref == view.primary or _named(view, service)
            yield _finding(
                view,
                service,
                pods,
                *numbers[0],
                Likelihood.HIGH if refused else Likelihood.LOW,
                Role.CAUSE if up and (refused or asked) else Role.RISK,
            )


def _containers(pod: Obj) -> list[dict[str, Any]]:
    return [*pod.items("spec", "containers"), *pod.items("spec", "initContainers")]


def _declared(pod: Obj) -> list[dict[str, Any]]:
    declared = [p for c in _containers(pod) for p in elements(c.get("ports"))]
    return [p for p in declared if isinstance(p, dict)]


def names(pod: Obj) -> set[str]:
    """The names of the ports that a pod's containers declare."""
    return {str(p["name"]) for p in _declared(pod) if p.get("name")}


def ports(pod: Obj) -> set[str]:
    """The numbers of the ports that a pod's containers declare."""
    return {str(p["containerPort"]) for p in _declared(pod) if p.get("containerPort")}


def _served(target: str, pods: list[Obj]) -> bool:
    """Whether a port is declared, or asked by a probe of a pod that is ready."""
    if any(target in ports(p) for p in pods):
        return True
    for pod in (p for p in pods if pod_ready(p)):
        for container in _containers(pod):
            for kind in ("readinessProbe", "livenessProbe", "startupProbe"):
                probe = container.get(kind)
                asked = (
                    [probe.get(how) for how in ("httpGet", "tcpSocket", "grpc")]
                    if isinstance(probe, dict)
                    else []
                )
                if any(isinstance(one, dict) and str(one.get("port")) == target for one in asked):
                    return True
    return False


def _refused_there(view: ClusterView, pods: list[Obj], target: str) -> bool:
    """Whether kubelet's probes of one of the pods were refused at this port."""
    refused = re.compile(rf":{re.escape(target)}: connect: connection refused")
    return any(refused.search(e.message) for p in pods for e in view.events(p.ref, "Unhealthy"))


def _named(view: ClusterView, service: Obj) -> bool:
    """Whether a log, an Ingress or another object names this Service, rather than that it came along."""
    want = view.why_looked.get(service.ref.key)
    return want is not None and want.read.verb is ReadKind.GET


def _finding(
    view: ClusterView,
    service: Obj,
    pods: list[Obj],
    port: dict[str, Any],
    target: str,
    likelihood: Likelihood,
    role: Role,
) -> Finding:
    named = not target.isdigit()
    have = sorted({n for p in pods for n in (names(p) if named else ports(p))})
    owner = view.workload(pods[0].ref)
    well: tuple[Resource, ...] = (owner,) if all(pod_ready(p) for p in pods) else ()
    return Finding(
        rule=f"service.port-mismatch.{target}",
        category="port-mismatch",
        role=role,
        subject=service.ref,
        culprit=service.ref,
        statement=say(
            "Service {s} sends port {p} to target port {t}, which no container of the pods of {o} declares "
            "(they declare {have}).",
            "Service {s} 把端口 {p} 转发到目标端口 {t}，但 {o} 的 Pod 中没有容器声明该端口（声明的是 "
            "{have}）。",
            s=service.name,
            p=str(port.get("port")),
            t=target,
            o=f"{owner.kind} {owner.name}",
            have=listed(have) if have else say("none", "无"),
        ),
        likelihood=likelihood,
        specificity=Specificity.EXACT,
        explains=well if role is Role.CAUSE else (),
        cites=(service.cite, pods[0].cite),
        quotes=quotable(target, have[0] if have else ""),
        remedies=(_retarget(service, port, have), _see(service, pods[0])),
    )


def _retarget(service: Obj, port: dict[str, Any], have: list[str]) -> Remedy:
    place = service.items("spec", "ports").index(port)
    right = have[0] if len(have) == 1 else "<port>"
    number = whole_number(right)
    value = right if number is None else number
    patch = json.dumps([{"op": "replace", "path": f"/spec/ports/{place}/targetPort", "value": value}])
    return remedies.change(
        say(
            "Point Service {s} to the port that its pods serve",
            "让 Service {s} 指向其 Pod 提供服务的端口",
            s=service.name,
        ),
        remedies.with_note(
            say(
                "Or let the container listen on (and declare) the port that the Service sends to.",
                "或者让容器监听（并声明）该 Service 所指的端口。",
            ),
            service,
        ),
        remedies.mutate(f"kubectl patch {remedies.target(service.ref)} --type json -p '{patch}'"),
    )


def _see(service: Obj, pod: Obj) -> Remedy:
    return remedies.check(
        say("Compare targetPort and the containers' ports", "对比 targetPort 与容器端口"),
        say("What counts is what the process listens on: its log or `ss -ltn` says it.",
            "以进程实际监听的端口为准：可查看日志或 `ss -ltn`。"),
        remedies.describe(service.ref),
        remedies.describe(pod.ref),
    )  # fmt: skip


# ---- pods of others


def foreign_pods(view: ClusterView) -> Iterator[Finding]:
    """A selector so wide that it also takes pods of another workload which do not serve the port."""
    for service in view.objects("Service"):
        found = selected(view, service) if view.looked_at(service.ref) and selector(service) else None
        if found is None:
            continue
        ready = [p for p in found[0] if pod_ready(p)]
        target = next(
            (port_name(p.get("targetPort"), p.get("port")) for p in service.items("spec", "ports")), ""
        )
        serving = [p for p in ready if target in names(p) | ports(p)]
        foreign = [p for p in ready if target not in names(p) | ports(p)]
        owners = {view.workload(p.ref) for p in serving}
        others = {view.workload(p.ref) for p in foreign} - owners
        if serving and others and target:
            yield _too_wide(view, service, target, sorted(owners)[0], sorted(others)[0], serving + foreign)


def _too_wide(
    view: ClusterView, service: Obj, target: str, own: Resource, other: Resource, pods: list[Obj]
) -> Finding:
    stranger = next(p for p in pods if view.workload(p.ref) == other)
    chosen = ", ".join(f"{k}={v}" for k, v in sorted(selector(service).items()))
    return Finding(
        rule="service.selects-foreign-pods",
        category="selector-mismatch",
        role=Role.CAUSE,
        subject=service.ref,
        culprit=service.ref,
        statement=say(
            "The selector of Service {s} ({c}) also takes pods of {o}, which do not serve port {t}: a "
            "part of the "
            "requests meant for {w} fails.",
            "Service {s} 的 selector（{c}）还选中了 {o} 的 Pod，它们不提供端口 {t}：本应发往 {w} "
            "的部分请求会失败。",
            s=service.name,
            c=chosen[:80],
            o=f"{other.kind} {other.name}",
            t=target,
            w=f"{own.kind} {own.name}",
        ),
        likelihood=Likelihood.MEDIUM,
        specificity=Specificity.EXACT,
        explains=(own,),
        cites=(service.cite, stranger.cite),
        quotes=quotable(next(iter(selector(service).values()))),
        remedies=(
            remedies.change(
                say("Narrow the selector of Service {s}", "收窄 Service {s} 的 selector", s=service.name),
                remedies.with_note(
                    say("Add a label that only the pods of {w} have.", "加上只有 {w} 的 Pod 才有的标签。",
                        w=f"{own.kind} {own.name}"), service),
                remedies.mutate(f"kubectl edit {remedies.target(service.ref)}"),
            ),
            _see(service, stranger),
        ),
    )  # fmt: skip


RULES: tuple[Rule, ...] = (port_mismatch, foreign_pods)
