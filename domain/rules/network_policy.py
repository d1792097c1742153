"""NetworkPolicies that stop calls: those that logs say fail, and those that nobody can make.

That a policy admits no peer decides only together with what shows the failure: a plugin may not enforce it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from kubetriage.domain.dependence import behind
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.network_policies import Direction
from kubetriage.domain.relations.namespace import namespace_in_question
from kubetriage.domain.relations.network_policy import CALLED
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.failed_calls import Call, failed_calls, fails_by_itself
from kubetriage.domain.rules.grouping import PodGroup, fresh, group_pods
from kubetriage.domain.rules.log_dns import CLUSTER_DNS
from kubetriage.domain.rules.network_policy_words import admits, labels_asked
from kubetriage.domain.rules.network_verdict import Stop, closest, shut, stop_of
from kubetriage.domain.rules.peers import Place
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wording import fitting, grounded, quotable, short
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

CATEGORY = "networkpolicy"
RECENT = timedelta(days=1)
"""How long before the alert a policy may have been made that no caller's log confirms as its reason."""
_ANSWERED = re.compile(r"no such host|NXDOMAIN|\bENOTFOUND\b|EAI_NONAME", re.IGNORECASE)
"""The resolver did answer: that there is no such name."""
_FAILS = {
    Sign.REFUSED: Text(en="is refused by {h}", zh="访问 {h} 被拒绝"),
    Sign.RESET: Text(en="loses its connection to {h}", zh="与 {h} 的连接被中断"),
    Sign.NO_ROUTE: Text(en="has no route to {h}", zh="到 {h} 没有路由"),
}
_TIMES_OUT = Text(en="gets no answer from {h}", zh="访问 {h} 得不到响应")


def blocked_calls(view: ClusterView) -> Iterator[Finding]:
    """A call that a log says fails, and that the policies of caller or callee don't let through."""
    stopped: dict[tuple[Resource, str], tuple[Call, Stop]] = {}
    for call in failed_calls(view):
        stop = stop_of(view, call) if not (call.dns and _ANSWERED.search(call.told.seen.quote)) else None
        if stop is not None:
            stopped[call.pod.ref, f"{closest(stop, dns=call.dns).name}|{call.peer.name}|{call.dns}"] = (
                call,
                stop,
            )
    shown = [(call.pod, key) for (_, key), (call, _) in stopped.items()]
    for key, group in group_pods(view, shown):
        call, stop = stopped[group.lead.ref, key]
        yield _blocked(view, group, call, stop)


def _blocked(view: ClusterView, group: PodGroup, call: Call, stop: Stop) -> Finding:
    policy = closest(stop, dns=call.dns)
    service = CLUSTER_DNS if call.dns else call.peer.ref

    def statement(room: int) -> Text:
        return say(
            "{who} {fails}: NetworkPolicy {p} {admits}{more}{labels}.",
            "{who} {fails}：NetworkPolicy {p} {admits}{more}{labels}。",
            who=group.who,
            fails=_fails(call, several=len(group.pods) > 1),
            p=policy.name,
            admits=_admits(policy, stop, call, room),
            more=_others(stop),
            labels=_labels(call.pod, policy, stop),
        )

    name = call.peer.host
    known = [o.cite for o in (view.find(service),) if o is not None]
    return Finding(
        rule=f"networkpolicy.blocks-{'dns' if call.dns else 'call'}",
        category=CATEGORY,
        role=Role.CAUSE,
        subject=policy.ref,
        culprit=policy.ref,
        statement=fitting(statement),
        likelihood=_likelihood(view, call, stop),
        specificity=Specificity.EXACT,
        explains=(
            *((service,) if service else ()),
            *(p.ref for p in group.pods if not fails_by_itself(p)),
        ),
        cites=tuple(
            dict.fromkeys((*(p.cite for p in stop.policies[:3]), call.told.log.cite, *group.cites,
                           stop.pod.cite, *known))
        ),
        quotes=(*quotable(policy.name), *grounded(call.told.log.text, name, short(call.told.seen.quote, 40))),
        since=policy.created,
        remedies=_remedies(view, group, policy, stop, call),
    )  # fmt: skip


_PLURAL = {"is": "are", "loses": "lose", "has": "have", "gets": "get"}


def _fails(call: Call, *, several: bool) -> Text:
    if call.dns:
        return say("cannot resolve {h}", "无法解析 {h}", h=call.peer.host)
    fails = _FAILS.get(call.sign, _TIMES_OUT)
    verb, _, rest = fails.en.partition(" ")
    en = f"{_PLURAL[verb]} {rest.replace('its connection', 'their connection')}" if several else fails.en
    return say(en, fails.zh, h=call.peer.name)


def _admits(policy: Obj, stop: Stop, call: Call, room: int) -> Text:
    told = admits(policy, stop.direction, max(room, 40) + 20)
    if stop.direction is Direction.INGRESS:
        if told is None:
            return say("lets nothing reach Pod {n}", "不允许任何流量进入 Pod {n}", n=stop.pod.name)
        return say("lets only {t} reach Pod {n}", "只允许{t}访问 Pod {n}", t=told, n=stop.pod.name)
    if told is None:
        even = Text(en=", not even DNS on port 53", zh="，连 DNS（端口 53）也不允许") if call.dns else NOTHING
        return say("allows no egress at all{d}", "不允许任何出站（egress）流量{d}", d=even)
    dns = Text(en=", not to DNS on port 53", zh="，不含 DNS（端口 53）") if call.dns else NOTHING
    return say("allows egress only to {t}{d}", "只允许出站（egress）到{t}{d}", t=told, d=dns)


def _others(stop: Stop) -> Text:
    more = len(stop.policies) - 1
    if not more:
        return NOTHING
    return say(", nor do {n} other policies admit it", "，另有 {n} 个策略也未放行", n=more)


def _labels(caller: Obj, policy: Obj, stop: Stop) -> Text:
    """The caller's own values of the labels by which a policy chooses who may come in."""
    if stop.direction is Direction.EGRESS:
        return NOTHING
    keys = labels_asked(policy, stop.direction)[:2]
    own = ", ".join(f"{k}={caller.labels[k]}" for k in keys if k in caller.labels)
    lacks = ", ".join(k for k in keys if k not in caller.labels)
    if own:
        return say("; the caller has {o}", "；调用方的标签为 {o}", o=own)
    return say("; the caller has no label {k}", "；调用方没有标签 {k}", k=lacks) if lacks else NOTHING


def _likelihood(view: ClusterView, call: Call, stop: Stop) -> Likelihood:
    """High where the failure is what dropped packets look like, and the policy was there before the alert."""
    dropped = call.dns or call.sign in (Sign.TIMEOUT, Sign.NO_ROUTE)
    selective = any(p.items("spec", stop.direction.rules) for p in stop.policies)
    guessed = call.peer.place in (Place.UNKNOWN, Place.OUTSIDE) and not call.dns and selective
    began = view.alert_began
    later = began is not None and all(p.created is not None and p.created > began for p in stop.policies)
    return Likelihood.HIGH if dropped and stop.whole and not guessed and not later else Likelihood.MEDIUM


def _remedies(view: ClusterView, group: PodGroup, policy: Obj, stop: Stop, call: Call) -> tuple[Remedy, ...]:
    if call.dns and stop.direction is Direction.EGRESS:
        what = Text(en="Let the pods ask the cluster DNS: egress to kube-system on UDP and TCP 53",
                    zh="放行到集群 DNS 的出站流量：kube-system 的 UDP 和 TCP 53")  # fmt: skip
    else:
        work = f"{group.workload.kind} {group.workload.name}"
        what = say("Admit the calls of {w} to {h} in NetworkPolicy {p}",
                   "在 NetworkPolicy {p} 中放行 {w} 对 {h} 的调用",
                   w=work, h=call.peer.name, p=policy.name)  # fmt: skip
    where = remedies.in_namespace(policy.ref)
    return (
        remedies.change(
            what,
            remedies.with_note(
                Text(en="Or add a policy that does: what any of the policies admits gets through.",
                     zh="也可以另建一个放行的策略：任一策略放行即可通过。"), policy),
            remedies.mutate(f"kubectl edit {remedies.target(policy.ref)}"),
        ),
        remedies.check(
            Text(en="See whom the policy selects, and what it admits", zh="查看策略选中的 Pod 和放行规则"),
            Text(en="Compare their selectors with the pods' labels.", zh="把其选择器与 Pod 的标签对照。"),
            remedies.describe(policy.ref),
            remedies.read(f"kubectl get pods{where} --show-labels"),
        ),
    )  # fmt: skip


# ---- nobody can call


def shut_off(view: ClusterView) -> Iterator[Finding]:
    """Ready pods behind a Service that no policy lets anyone reach on the Service's ports."""
    found: dict[tuple[Resource, str], tuple[Obj, Stop]] = {}
    for pod in _called_pods(view):
        for service, stop in shut(view, pod, view.services_of(pod)):
            found[pod.ref, f"{closest(stop, dns=False).name}|{service.name}"] = service, stop
    known = {pod.ref: pod for pod in _called_pods(view)}
    for key, group in group_pods(view, [(known[ref], key) for ref, key in found]):
        if len(group.pods) == group.total:
            yield _shut(view, group, *found[group.lead.ref, key])


def _called_pods(view: ClusterView) -> list[Obj]:
    """The pods of the alert's object, or of its namespace where it names none, if all of them are well."""
    primary, space = view.primary, namespace_in_question(view)
    if space is not None:
        pods = view.objects("Pod", space.name)
    elif primary is not None and primary.kind in CALLED:
        pods = behind(view, primary) or view.pods_of(primary)
    else:
        return []
    alive = [p for p in pods if p.deleted is None and p.text("status", "phase") != "Succeeded"]
    return alive if all(pod_ready(p) for p in alive) else []


def _shut(view: ClusterView, group: PodGroup, service: Obj, stop: Stop) -> Finding:
    policy = closest(stop, dns=False)
    new = policy.created is not None and fresh(view, policy.created, before=RECENT)
    began = view.alert_began
    after = began is not None and policy.created is not None and policy.created > began
    return Finding(
        rule=f"networkpolicy.shuts-off.{service.name}",
        category=CATEGORY,
        role=Role.CAUSE,
        subject=policy.ref,
        culprit=policy.ref,
        statement=say(
            "NetworkPolicy {p} {a}: nobody can reach {who}, to which Service {s} sends.",
            "NetworkPolicy {p} {a}：Service {s} 的后端（{who}）无法被访问。",
            p=policy.name,
            a=_admits_in(policy),
            who=group.who,
            s=service.name,
        ),
        likelihood=Likelihood.HIGH if new and not after else Likelihood.MEDIUM,
        specificity=Specificity.EXACT,
        explains=(service.ref, view.workload(group.lead.ref)),
        cites=(policy.cite, service.cite, *group.cites),
        quotes=quotable(policy.name, service.name),
        since=policy.created,
        remedies=(
            remedies.change(
                say("Let the callers of Service {s} through in NetworkPolicy {p}",
                    "在 NetworkPolicy {p} 中放行 Service {s} 的调用方", s=service.name, p=policy.name),
                remedies.with_note(
                    say("A rule must name them and the port {n} of the pods.",
                        "规则需包含调用方以及 Pod 的端口 {n}。",
                        n=stop.port.number if stop.port and stop.port.number else "-"), policy),
                remedies.mutate(f"kubectl edit {remedies.target(policy.ref)}"),
            ),
        ),
    )  # fmt: skip


def _admits_in(policy: Obj) -> Text:
    told = admits(policy, Direction.INGRESS, 90)
    if told is None:
        return Text(en="lets nothing in", zh="不允许任何入站（ingress）流量")
    return say("lets in only {t}", "的入站（ingress）只允许{t}", t=told)


RULES: tuple[Rule, ...] = (blocked_calls, shut_off)
