"""Around a Node: events, heartbeat, the pods on it, and the network's agents where they are the question."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubetriage.domain.evidence import Read, get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import ContainerState, Obj, containers, pod_settled
from kubetriage.domain.language import text
from kubetriage.domain.relations.base import FOCUS, Relation, closer, events_of
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.node_drain import budgets_read
from kubetriage.domain.view import ClusterView

PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")
NETWORK = re.compile(
    r"network ?plugin|cni (?:plugin|config)|NetworkReady=false|(?:set ?up|tear ?down) (?:pod )?network"
    r"|network for (?:pod )?sandbox|network is not ready|plugin type=",
    re.IGNORECASE,
)
"""The words of kubelet and of the runtimes that say that it is the pod network which fails."""
AGENT = re.compile(
    r"^(?:calico-node|canal|cilium|kube-flannel|flannel|weave-net|aws-node|azure-(?:cni|cns|npm)|antrea-agent"
    r"|kube-router|kube-ovn-cni|ovs-ovn|ovnkube-node|kindnet|netd|terway|multus|kube-multus|tke-(?:cni|eni)"
    r"|tke-bridge|sdn|spiderpool-agent)"
)
"""Pods that set up the network of a node, by the names their projects give them."""


_FROM_OUTSIDE = ((137, "Error"), (255, "Unknown"), (255, "Error"))
"""Exit codes and reasons of containers that something outside of them ended."""


def in_trouble(node: Obj) -> bool:
    """Not Ready, under pressure, or without network."""
    conditions = node.conditions()
    ready = conditions.get("Ready")
    bad = ("NetworkUnavailable", *PRESSURES)
    return (ready is not None and ready.status != "True") or any(
        kind in conditions and conditions[kind].status == "True" for kind in bad
    )


def pods_on(node: str) -> Read:
    """The read of every pod placed on a node."""
    return list_of("Pod", "", fields=f"spec.nodeName={node}")


def heartbeat(node: str) -> Resource:
    """The Lease that a kubelet renews every ten seconds."""
    return resource("Lease", "kube-node-lease", node)


def around_nodes(view: ClusterView) -> Iterator[Want]:
    for node in view.objects("Node"):
        if not view.looked_at(node.ref) or not (node.ref == view.primary or in_trouble(node)):
            continue
        why = text("what was said about node {n}", "关于节点 {n} 的记录", n=node.name)
        yield events_of(node.ref, why)
        if node.ref == view.primary:
            why = text("what runs on node {n}", "节点 {n} 上运行的 Pod", n=node.name)
            yield Want(read=pods_on(node.name), about=node.ref, why=why)
        ready = node.conditions().get("Ready")
        if ready is not None and ready.status != "True":
            why = text("when its kubelet was last heard of", "该节点 kubelet 最后一次心跳")
            yield Want(read=get(heartbeat(node.name)), about=node.ref, why=why)
            why = text("whether other nodes are in the same state", "其他节点是否也处于同样状态")
            yield Want(read=list_of("Node"), about=node.ref, why=why)


def killed_on(view: ClusterView) -> Iterator[Want]:
    """The events of a node whose pod was ended by no limit of its own: by the kernel, or with the machine."""
    for pod in view.objects("Pod"):
        name = pod.text("spec", "nodeName")
        if not name or not view.looked_at(pod.ref):
            continue
        if any(_ended_from_outside(s) for s in containers(pod)):
            node = resource("Node", "", name)
            why = text(
                "what ended Pod {p} on node {n}", "Pod {p} 在节点 {n} 上被什么终止", p=pod.name, n=name
            )
            yield Want(read=get(node), about=node, why=why)
            yield events_of(node, why)


def _ended_from_outside(state: ContainerState) -> bool:
    """By nothing that the container itself, or its own limit, explains."""
    limited = isinstance(limits := Obj(state.spec).at("resources", "limits"), dict) and "memory" in limits
    for end in (state.last_terminated, state.terminated):
        if (end.get("exitCode"), end.get("reason")) in _FROM_OUTSIDE:
            return True
        if end.get("reason") == "OOMKilled" and not limited:
            return True
    return False


def absent_node(view: ClusterView) -> Iterator[Want]:
    """The pods that are still bound to a node which is gone."""
    primary = view.primary
    if primary is not None and primary.kind == "Node" and view.is_absent(primary):
        why = text("pods still bound to node {n}", "仍绑定在节点 {n} 上的 Pod", n=primary.name)
        yield Want(read=pods_on(primary.name), about=primary, why=why)


# ---- the network of a node


def network_agents(view: ClusterView) -> Iterator[Want]:
    """The agents of the pod network on the nodes where it does not work."""
    for name in sorted(nodes_without_network(view)):
        node = resource("Node", "", name)
        why = text("who sets up the network on node {n}", "节点 {n} 上由谁配置网络", n=name)
        yield Want(read=pods_on(name), about=node, why=why)
        yield Want(read=list_of("DaemonSet"), about=node, why=why)
        bad = [p for p in agents_on(view, name) if not pod_settled(p)]
        for pod in bad[:FOCUS]:
            why = text("sets up the network on node {n}", "在节点 {n} 上配置网络", n=name)
            yield closer(view, pods_on(name), pod.ref, why)


def nodes_without_network(view: ClusterView) -> set[str]:
    """Nodes that say so themselves, and nodes on which a pod that is looked at gets no network."""
    found = {n.name for n in view.objects("Node") if view.looked_at(n.ref) and says_no_network(n)}
    for pod in view.objects("Pod"):
        node = pod.text("spec", "nodeName")
        if node and view.looked_at(pod.ref) and not pod_settled(pod) and not _started(pod):
            events = view.events(pod.ref, "FailedCreatePodSandBox", "NetworkNotReady")
            if any(NETWORK.search(e.message) for e in events):
                found.add(node)
    return found


def _started(pod: Obj) -> bool:
    """Whether the pod has its sandbox by now; events of earlier tries stay for an hour."""
    started = pod.conditions().get("PodReadyToStartContainers")
    return bool(started and started.status == "True") or bool(pod.text("status", "podIP"))


def says_no_network(node: Obj) -> bool:
    conditions = node.conditions()
    ready, network = conditions.get("Ready"), conditions.get("NetworkUnavailable")
    if network is not None and network.status == "True":
        return True
    return ready is not None and ready.status == "False" and bool(NETWORK.search(ready.message))


def agents_on(view: ClusterView, node: str) -> list[Obj]:
    """The pods on a node that set up its network."""
    return [p for p in view.pods_on(node) if AGENT.match(p.name)]


RELATIONS: tuple[Relation, ...] = (around_nodes, absent_node, killed_on, network_agents, budgets_read)
