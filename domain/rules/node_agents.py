"""Calls that fail on a node whose kube-proxy, DNS cache or network agent does not run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity
from kubetriage.domain.kube import Obj, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.relations.node_agents import DNS_CACHE, PROXY, agents, carried
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.failed_calls import Call
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


def down(view: ClusterView) -> Iterator[Finding]:
    """Agents that are not ready on the node of pods whose calls they should carry."""
    found: dict[Resource, tuple[Obj, list[Call]]] = {}
    for call in carried(view):
        for agent in agents(view, call):
            if not pod_ready(agent):
                found.setdefault(agent.ref, (agent, []))[1].append(call)
    for agent, calls in found.values():
        yield _finding(view, agent, calls)


def _finding(view: ClusterView, agent: Obj, calls: list[Call]) -> Finding:
    call, node = calls[0], agent.text("spec", "nodeName")
    elsewhere = any(p.text("spec", "nodeName") != node and pod_ready(p) for p in _siblings(view, call.pod))
    dns = call.dns and not PROXY.match(agent.name)
    work = view.workload(agent.ref)
    services = {c.peer.ref for c in calls if c.peer.ref is not None and not c.dns}
    return Finding(
        rule=f"node.agent-down.{agent.name}",
        category="dns" if dns and DNS_CACHE.match(agent.name) else "cni",
        role=Role.CAUSE,
        subject=agent.ref,
        culprit=work,
        statement=say(
            "Pod {a}, which {does} on node {n}, is not ready: the calls of Pod {p} there fail.",
            "节点 {n} 上负责{does}的 Pod {a} 未就绪：该节点上 Pod {p} 的调用因此失败。",
            a=agent.name, does=_does(agent), n=node, p=call.pod.name,
        ),
        likelihood=Likelihood.HIGH if elsewhere or dns or PROXY.match(agent.name) else Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
        explains=tuple(sorted({*(c.pod.ref for c in calls), *services}, key=lambda r: r.key)),
        waits_on=(agent.ref,),
        cites=(agent.cite, call.pod.cite, call.told.log.cite),
        quotes=quotable(agent.name, node),
        remedies=(
            remedies.change(
                say("Bring Pod {a} back on node {n}", "在节点 {n} 上恢复 Pod {a}", a=agent.name, n=node),
                remedies.with_note(
                    say("Its log says why it does not run; until then keep new pods off the node.",
                        "其日志会说明未运行的原因；在此之前不要把新 Pod 放到该节点。"), view.find(work)),
                remedies.mutate(f"kubectl cordon {node}"),
            ),
            remedies.check(
                say("Compare it with the same pods on other nodes", "与其他节点上的同类 Pod 对照"),
                say("If only this one fails, the node is at fault; else the DaemonSet's template.",
                    "若只有它失败，则问题在该节点；否则在 DaemonSet 的模板。"),
                remedies.describe(agent.ref),
            ),
        ),
    )  # fmt: skip


def _does(agent: Obj) -> Text:
    if PROXY.match(agent.name):
        return say("routes Service addresses", "转发 Service 地址")
    if DNS_CACHE.match(agent.name):
        return say("answers DNS queries", "应答 DNS 查询")
    return say("carries the pod network", "Pod 网络")


def _siblings(view: ClusterView, pod: Obj) -> list[Obj]:
    return view.pods_of(view.workload(pod.ref))


RULES: tuple[Rule, ...] = (down,)
