"""No room: CPU, memory, devices, pod slots and host ports that the nodes do not have left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubetriage.domain.finding import Finding, Likelihood, Remedy, Specificity
from kubetriage.domain.kube import Obj
from kubetriage.domain.language import Text
from kubetriage.domain.rules.phrases import NOTHING, given, joined, say
from kubetriage.domain.rules.remedies import escalate, mutate, target
from kubetriage.domain.rules.scheduling_finding import see_nodes, template_change, unschedulable
from kubetriage.domain.rules.scheduling_fit import (
    allocatable,
    amount,
    asked_by,
    candidates,
    free,
    nodes,
    requested,
)
from kubetriage.domain.rules.scheduling_growth import adds_none, autoscaler_refuses, more_nodes
from kubetriage.domain.rules.scheduling_offered import not_offered
from kubetriage.domain.rules.scheduling_reasons import Why
from kubetriage.domain.rules.scheduling_stuck import Case
from kubetriage.domain.rules.scheduling_vpa import cap, who_asked, written_by
from kubetriage.domain.rules.wording import listed
from kubetriage.domain.view import ClusterView

_NAMES = {
    "memory": Text(en="memory", zh="内存"),
    "cpu": Text(en="CPU", zh=" CPU"),
    "ephemeral-storage": Text(en="ephemeral storage", zh="临时存储"),
}


def resource_name(name: str) -> Text:
    """What people call a resource; in Chinese with the space that stands before Latin letters."""
    return _NAMES.get(name, Text(en=name, zh=f" {name}"))


def _category(names: Sequence[str]) -> str:
    """Extended resources (with a vendor's domain) are devices: GPUs, as a rule."""
    return "insufficient-gpu" if any("/" in n for n in names) else "insufficient-resources"


def no_room(view: ClusterView, case: Case) -> Iterator[Finding]:
    """Too little of a resource, told from a request that no node could ever meet."""
    names = sorted({r.detail for r in case.decision.chosen}, key=lambda n: ("/" not in n, n))
    known = nodes(view)
    for name in names if known else ():
        asked = requested(case.pod, name)
        largest = max(known or [], key=lambda n: (allocatable(n, name), n.name))
        if asked and allocatable(largest, name) <= 0:
            yield not_offered(view, case, name, known or [], _category([name]), _lower(view, case, name))
            return
        if asked > allocatable(largest, name):
            yield _above_all(view, case, name, largest)
            return
    yield _shortage(view, case, names)


def _written(case: Case, name: str) -> str:
    """The request as the one container that has it writes it, for quoting."""
    asked = [a for a in (asked_by(c, name) for c in case.pod.items("spec", "containers")) if a]
    return asked[0] if len(asked) == 1 else ""


def _lower(view: ClusterView, case: Case, name: str) -> Remedy:
    owner = case.group.workload
    holder = next((c for c in case.pod.items("spec", "containers") if asked_by(c, name)), None)
    commands = []
    if holder and owner.kind not in ("Pod", "CronJob", "Job") and "/" not in name:
        flags = f"-c {holder.get('name')} --requests={name}=<amount>"
        commands.append(mutate(f"kubectl set resources {target(owner)} {flags}"))
    return template_change(
        view,
        case,
        say("Lower the {what} request of {kind} {name}", "降低 {kind} {name} 的{what}请求",
            what=resource_name(name), kind=owner.kind, name=owner.name),
        say("A request at or below what a node has left lets the pod be placed.",
            "请求不超过某个节点的剩余量时，Pod 即可被调度。"),
        *commands,
    )  # fmt: skip


def _above_all(view: ClusterView, case: Case, name: str, largest: Obj) -> Finding:
    asked, what = amount(name, requested(case.pod, name)), resource_name(name)
    vpa = written_by(case.pod, name)
    why = say(
        "it requests {asked} of {what}{by}, more than any node has; the largest, {node}, offers {have}",
        "请求{what} {asked}{by}，超过任何一个节点；最大的节点 {node} 只能提供 {have}",
        asked=asked, what=what, node=largest.name, have=amount(name, allocatable(largest, name)),
        by=who_asked(view, case, name),
    )  # fmt: skip
    larger = escalate(
        say("Or ask for larger nodes", "或申请更大规格的节点"),
        say("Only a node with more than {asked} of allocatable {what} could take it.",
            "只有可分配{what}超过 {asked} 的节点才放得下它。", asked=asked, what=what),
    )  # fmt: skip
    return unschedulable(
        case,
        "request-above-nodes",
        _category([name]),
        why,
        culprit=vpa or case.group.culprit,
        specificity=Specificity.EXACT,
        cites=(largest.cite,),
        quotes=(_written(case, name), largest.text("status", "allocatable", name)),
        remedies=(
            cap(view, vpa, name) if vpa else _lower(view, case, name),
            see_nodes(view, [largest]),
            larger,
        ),
    )


def _shortage(view: ClusterView, case: Case, names: Sequence[str]) -> Finding:
    known = nodes(view)
    open_nodes = candidates(case.pod, known) if known else []
    parts = [
        say("{a} of {what}", "{what} {a}", a=amount(n, requested(case.pod, n)), what=resource_name(n))
        for n in names
    ]
    refusal = autoscaler_refuses(view, case.pod)
    why = say(
        "{it} {asked}{by}, and no node open to it ({n}) has that much left{most}{adds}",
        "请求{asked}{by}，可用的 {n} 个节点剩余量都不足{most}{adds}",
        it="it requests" if len(case.group.pods) == 1 else "each requests",
        asked=joined(parts, " and ", "、"),
        adds=adds_none(refusal),
        by=who_asked(view, case, names[0]),
        n=max(r.nodes for r in case.decision.chosen),
        most=_most_free(view, open_nodes, names[0]),
    )
    unseen = known is None and any(r.why is Why.CORDONED for r in case.decision.others)
    return unschedulable(
        case,
        "no-room",
        _category(names),
        why,
        culprit=case.group.culprit,
        likelihood=Likelihood.MEDIUM if unseen or roomy_closed(view, case, names) else Likelihood.HIGH,
        waits_on=tuple(n.ref for n in case.decision.ill),
        cites=(*((refusal.cite,) if refusal is not None else ()), *(n.cite for n in open_nodes[:3])),
        quotes=(*(f"Insufficient {n}" for n in names), _written(case, names[0])),
        remedies=(_lower(view, case, names[0]), more_nodes(view, case), see_nodes(view, open_nodes)),
    )


def _most_free(view: ClusterView, among: Sequence[Obj], name: str) -> Text:
    """The candidate with most room, if all pods of all candidates were read."""
    left = [(room, n) for n in among if (room := free(view, n, name)) is not None]
    if not left or len(left) < len(among):
        return NOTHING
    room, node = max(left, key=lambda item: (item[0], item[1].name))
    return say(
        " (most on {node}: {have} of {all})", "（最多的是 {node}：{have}/{all}）",
        node=node.name, have=amount(name, max(room, 0.0)), all=amount(name, allocatable(node, name)),
    )  # fmt: skip


def roomy_closed(view: ClusterView, case: Case, names: Sequence[str]) -> list[Obj]:
    """Cordoned nodes that would have room for the pod, or whose room is not known."""
    found = []
    for node in case.decision.closed:
        left = [(free(view, node, n), requested(case.pod, n)) for n in names]
        if all(room is None or room >= need for room, need in left):
            found.append(node)
    return found


# ---- pod slots and host ports


def no_slots(view: ClusterView, case: Case) -> Iterator[Finding]:
    """Every node that may run the pod has as many pods as its kubelet allows."""
    known = nodes(view)
    open_nodes = candidates(case.pod, known) if known else []
    limit = open_nodes[0].text("status", "allocatable", "pods") if open_nodes else ""
    cap = NOTHING
    if limit:
        cap = say(" (limit of {n}: {l})", "（{n} 的上限是 {l}）", n=open_nodes[0].name, l=limit)
    why = say(
        "every node open to it ({n}) already runs as many pods as it may{cap}",
        "可用的 {n} 个节点上 Pod 数已达上限{cap}",
        n=max(r.nodes for r in case.decision.chosen), cap=cap,
    )  # fmt: skip
    raised = escalate(
        say("Ask for more nodes, or for a higher pod limit", "申请增加节点，或提高节点的 Pod 数上限"),
        say("The limit is the kubelet's maxPods, or the number of pod addresses that a node has.",
            "上限是 kubelet 的 maxPods，或节点可分配的 Pod 地址数。"),
    )  # fmt: skip
    yield unschedulable(
        case,
        "too-many-pods",
        "node-pod-capacity",
        why,
        culprit=open_nodes[0].ref if len(open_nodes) == 1 else case.group.culprit,
        waits_on=tuple(n.ref for n in case.decision.ill),
        cites=(n.cite for n in open_nodes[:3]),
        quotes=("Too many pods", limit),
        remedies=(raised, see_nodes(view, open_nodes)),
    )


def no_port(view: ClusterView, case: Case) -> Iterator[Finding]:
    """A hostPort that other pods hold on every node that may run this one."""
    wanted = _host_ports(case.pod)
    ports = given(" {v}", " {v}", "/".join(str(p) for p in sorted(wanted)))
    holders = [
        p
        for node in nodes(view) or []
        for p in view.pods_on(node.name)
        if p.ref != case.pod.ref and _host_ports(p) & wanted
    ]
    own = any(view.workload(p.ref) == view.workload(case.pod.ref) for p in holders)
    by = (
        say(", held by {p}", "，占用者：{p}", p=listed([str(p.ref) for p in holders], 2))
        if holders
        else NOTHING
    )
    why = say(
        "its hostPort{ports} is taken on every node open to it ({n}){by}",
        "可用的 {n} 个节点上 hostPort{ports} 已被占用{by}",
        ports=ports, n=max(r.nodes for r in case.decision.chosen), by=by,
    )  # fmt: skip
    siblings = say(" Its own siblings hold the port.", "占用者是同一工作负载的其他 Pod。")
    detail = say(
        "Without hostPort (behind a Service), or with no more replicas than nodes, it can be placed.{own}",
        "去掉 hostPort（改用 Service），或使副本数不超过节点数，即可调度。{own}",
        own=siblings if own else NOTHING,
    )
    yield unschedulable(
        case,
        "host-port",
        "port-conflict",
        why,
        culprit=case.group.culprit,
        specificity=Specificity.EXACT if holders else Specificity.NAMED,
        cites=(p.cite for p in holders[:2]),
        quotes=(str(p) for p in sorted(wanted)),
        remedies=(
            template_change(view, case, say("Remove or change the hostPort", "去掉或更换 hostPort"), detail),
        ),
    )


def _host_ports(pod: Obj) -> set[int]:
    found = set()
    for spec in [*pod.items("spec", "containers"), *pod.items("spec", "initContainers")]:
        for port in Obj(spec).items("ports"):
            if isinstance(port.get("hostPort"), int) and port["hostPort"]:
                found.add(port["hostPort"])
    return found
