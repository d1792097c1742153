"""Pods whose sandbox cannot be made: the node's network plugin or container runtime fails.

Kubelet's events `FailedCreatePodSandBox` (“Failed to create pod sandbox: …”, “Failed create pod sandbox: …”)
and `NetworkNotReady`; what follows is the runtime's (containerd, CRI-O, dockershim) and the plugin's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.events import EventRecord
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity
from kubetriage.domain.kube import Obj, containers, pod_settled
from kubetriage.domain.language import Text
from kubetriage.domain.relations.node import NETWORK, agents_on, says_no_network
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.address_pools import at_fault, described, pools, remedy, unseen
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, fresh, group_pods
from kubetriage.domain.rules.node_remedies import look, network_remedy
from kubetriage.domain.rules.node_words import Ill
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.sandbox_remedies import define_network, other_class
from kubetriage.domain.rules.wording import listed, quotable, short, short_end
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule


class Part(StrEnum):
    """What of the sandbox could not be made."""

    ADDRESS = "no-address"
    NETWORK = "network"
    IMAGE = "sandbox-image"
    HANDLER = "runtime-handler"
    UNDEFINED = "network-undefined"
    """A further network that the pod asks for (Multus) and nobody defined."""
    DISK = "disk-full"
    RUNTIME = "runtime"


class Kind(NamedTuple):
    part: Part
    category: str
    says: Text
    likelihood: Likelihood


_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(
            r"no IP addresses available|no more IPs|no available (?:IPs?|addresses)|no free "
            r"(?:IPs?|addresses)"
            r"|failed to assign an IP address|range is full|IPs? (?:pool )?(?:is |are )?exhausted"
            r"|(?:ip|address)[ _-]?pool[^,]{0,40}(?:exhausted|empty|full)|insufficient (?:free "
            r")?(?:IPs?|addresses)"
            r"|No IPs available in pools|unable to allocate (?:an )?IP|no more free affine blocks"
            r"|assigned 0 out of \d+ requested|could not allocate IP|no configured calico pools"
            r"|NoAvailableAddress|IpNotEnough|find a qualified ippool",
            re.IGNORECASE,
        ),
        Kind(
            Part.ADDRESS,
            "ip-exhaustion",
            Text(en="no free pod IP address is left for it", zh="已没有可分配的 Pod IP 地址"),
            Likelihood.HIGH,
        ),
    ),
    (
        re.compile(
            r"(?:get|pull|unpack)\w* (?:the )?(?:sandbox|pause|infra) image|sandbox image \S+:", re.IGNORECASE
        ),
        Kind(
            Part.IMAGE,
            "container-runtime",
            Text(
                en="the runtime cannot pull its sandbox (pause) image",
                zh="运行时无法拉取 sandbox（pause）镜像",
            ),
            Likelihood.HIGH,
        ),
    ),
    (
        re.compile(
            r"no runtime for \S+ is configured|RuntimeHandler \S+ not supported|unknown runtime handler"
            r"|failed to find runtime handler",
            re.IGNORECASE,
        ),
        Kind(
            Part.HANDLER,
            "container-runtime",
            Text(
                en="the node lacks the runtime that its runtimeClassName asks for",
                zh="节点上没有其 runtimeClassName 要求的运行时",
            ),
            Likelihood.HIGH,
        ),
    ),
    (
        re.compile(
            r"cannot find a network-attachment-definition"
            r"|network-attachment-definitions\S* \"[^\"]+\" not found",
            re.IGNORECASE,
        ),
        Kind(
            Part.UNDEFINED,
            "cni",
            Text(
                en="a further network that its annotation asks for is not defined",
                zh="其注解要求的附加网络没有定义",
            ),
            Likelihood.HIGH,
        ),
    ),
    (
        re.compile(r"no space left on device", re.IGNORECASE),
        Kind(
            Part.DISK,
            "disk-full",
            Text(en="the node's disk is full", zh="节点磁盘已满"),
            Likelihood.HIGH,
        ),
    ),
    (
        re.compile(
            r'exec: "?(?:\S*/)?(?:runc|crun|youki|containerd-shim\S*)"?: (?:executable )?file not found'
            r"|(?:containerd|crio|docker)\.sock|failed to reserve sandbox name",
            re.IGNORECASE,
        ),
        Kind(
            Part.RUNTIME,
            "container-runtime",
            Text(en="the node's container runtime itself fails", zh="节点的容器运行时自身发生故障"),
            Likelihood.HIGH,
        ),
    ),
    (
        NETWORK,
        Kind(
            Part.NETWORK,
            "cni",
            Text(
                en="the network plugin (CNI) cannot set up its network", zh="网络插件（CNI）无法为其配置网络"
            ),
            Likelihood.HIGH,
        ),
    ),
)
_OTHER = Kind(
    Part.RUNTIME,
    "container-runtime",
    Text(en="the container runtime cannot make its sandbox", zh="容器运行时无法创建其 sandbox"),
    Likelihood.MEDIUM,
)
REASONS = ("FailedCreatePodSandBox", "NetworkNotReady")
_HEAD = re.compile(r"^.*?(?:desc = |pod sandbox: |network is not ready: )", re.IGNORECASE | re.DOTALL)
_SANDBOX = re.compile(r"\bsandbox \"?[0-9a-f]{16,}\"?:?\s*")


def kind_of(message: str) -> Kind:
    return next((kind for pattern, kind in _KINDS if pattern.search(message)), _OTHER)


def no_sandbox(view: ClusterView) -> Iterator[Finding]:
    """Pods that wait in ContainerCreating because their sandbox fails, by node and by what fails."""
    events: dict[Resource, EventRecord] = {}
    shown = []
    for pod in focus_pods(view):
        event = next(iter(view.events(pod.ref, *REASONS)), None)
        if event is None or not _waits(pod) or not fresh(view, event.last):
            continue
        events[pod.ref] = event
        kind = kind_of(event.message)
        shown.append((pod, (kind.part, pod.text("spec", "nodeName"))))
    where = {node for _, (part, node) in shown if part is Part.ADDRESS}
    if len(where) > 1 or pools(view) or unseen(view):  # what several nodes lack is given out to all of them
        shown = [(pod, (part, "" if part is Part.ADDRESS else node)) for pod, (part, node) in shown]
    for (_, node), group in group_pods(view, shown):
        yield _finding(view, group, events[group.lead.ref], node or group.lead.text("spec", "nodeName"))


def _waits(pod: Obj) -> bool:
    """Whether no container has ever been started and no sandbox stands now."""
    made = pod.conditions().get("PodReadyToStartContainers")
    if pod_settled(pod) or (made is not None and made.status == "True"):
        return False
    return all(not s.running and not s.last_terminated for s in containers(pod))


def _finding(view: ClusterView, group: PodGroup, event: EventRecord, node: str) -> Finding:
    kind = kind_of(event.message)
    ref = resource("Node", "", node)
    host = view.find(ref)
    hosts = (
        sorted({pod.text("spec", "nodeName") for pod in group.pods}) if kind.part is Part.ADDRESS else [node]
    )
    agents = [a for a in agents_on(view, node) if not pod_settled(a)] if kind.part is Part.NETWORK else []
    told_by_node = host is not None and kind.part is Part.NETWORK and says_no_network(host)
    own = kind.part in (Part.HANDLER, Part.UNDEFINED) or not node
    culprit = group.culprit if own else ref
    starved = kind.part is Part.ADDRESS
    given = pools(view) if starved else []
    hidden = starved and unseen(view)
    if given:
        culprit = at_fault(view) or culprit
    quote = decisive(event.message)
    if given or hidden:
        quote = short_end(quote, 60)
    return Finding(
        rule=f"sandbox.{kind.part.value}",
        category=kind.category,
        role=Role.SYMPTOM if told_by_node else Role.CAUSE,
        subject=group.lead.ref,
        culprit=None if hidden else culprit,  # pools are the cluster's: no node is to blame for them
        statement=say(
            "{who} cannot start on {on}{n}: {why} (“{q}”){agents}.",
            "{who} 无法在节点 {n} 上启动：{why}（“{q}”）{agents}。",
            who=group.who,
            on="node " if len(hosts) < 2 else "nodes ",
            n=listed(hosts, 3),
            why=kind.says,
            q=quote,
            agents=say("; {a} on that node is not ready", "；该节点上的 {a} 未就绪", a=agents[0].name)
            if agents
            else (described(view) if starved else NOTHING),
        ),
        likelihood=Likelihood.MEDIUM if hidden else kind.likelihood,
        specificity=Specificity.NAMED,
        waits_on=(*((ref,) if told_by_node else ()), *(a.ref for a in agents if view.looked_at(a.ref))),
        cites=(*group.cites, event.cite, *(a.cite for a in (*agents[:1], *given[:2]))),
        quotes=quotable(quote),
        since=event.first,
        remedies=_remedies(view, group, kind, host, node),
    )


def decisive(message: str) -> str:
    """The words that say what failed, without the runtime's frame and the sandbox's id."""
    body = _HEAD.sub("", message, count=1) or message
    tail = _SANDBOX.split(body)[-1]
    return short(tail, 120) if len(tail) <= 120 else short_end(tail, 120)


def _remedies(
    view: ClusterView, group: PodGroup, kind: Kind, host: Obj | None, node: str
) -> tuple[Remedy, ...]:
    work = group.workload
    if kind.part is Part.HANDLER:
        return (other_class(view, work),)
    if kind.part is Part.UNDEFINED:
        return (define_network(view, work),)
    seen = (
        (look(view, host, Ill.NETWORK if kind.part in (Part.NETWORK, Part.ADDRESS) else Ill.RUNTIME),)
        if host is not None
        else ()
    )
    if kind.part is Part.NETWORK and host is not None:
        return (*seen, network_remedy(view, host))
    if kind.part is Part.ADDRESS and pools(view):
        return (remedy(view),)
    if kind.part is Part.ADDRESS:
        more = remedies.escalate(
            say("Get more pod addresses for node {n}", "为节点 {n} 增加 Pod 地址", n=node),
            say("Whoever runs the network: a larger pod CIDR or subnet, a new IP pool, or fewer pods on "
                "the node; "
                "addresses leaked by the plugin are freed by restarting its agent.",
                "请网络负责人扩大 Pod 网段或子网、新增 IP 池，或减少该节点上的 Pod；"
                "插件泄漏的地址可通过重启其组件释放。"),
        )  # fmt: skip
        return (more, *seen)
    move = remedies.change(
        say("Keep new pods off node {n} until it is mended", "修复前不再向节点 {n} 调度新 Pod", n=node),
        say("Deleted pods are made anew on another node.", "删除 Pod 后会在其他节点重建。"),
        remedies.mutate(f"kubectl cordon {node}"),
        remedies.destroy(f"kubectl delete {remedies.target(group.lead.ref)}"),
    )
    return (*seen, move)


RULES: tuple[Rule, ...] = (no_sandbox,)
