"""Which NetworkPolicies stop a call that a log says fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kubetriage.domain.kube import Obj, whole_number
from kubetriage.domain.log_signs import is_ip
from kubetriage.domain.network_policies import ANYONE, Direction, Peer, Port, admitted, isolating
from kubetriage.domain.rules.failed_calls import Call, Target, dns_targets, namespace_of, targets
from kubetriage.domain.rules.log_dns import CLUSTER_DNS
from kubetriage.domain.rules.peers import Place
from kubetriage.domain.view import ClusterView

NODE_LOCAL_DNS = "169.254.20.10"
"""Where NodeLocal DNSCache answers, on the host's network."""


class Stop(NamedTuple):
    """The policies that isolate a pod and of which none admits the other end."""

    direction: Direction
    policies: tuple[Obj, ...]
    pod: Obj
    """The pod that they select: of egress the caller, of ingress the one that is called."""
    port: Port | None
    """The port on the pod that is called; None where it is not known."""
    whole: bool = True
    """Whether every ready pod behind the peer is cut off."""


def stop_of(view: ClusterView, call: Call) -> Stop | None:
    """What stops this call; None if it is let through or that cannot be known."""
    if call.dns:
        return _dns(view, call.pod)
    peer = call.peer
    if peer.place is Place.OUTSIDE:
        port = Port(whole_number(peer.port))
        return _egress(view, call.pod, Peer(address=peer.host if is_ip(peer.host) else ""), port)
    if peer.ref is None:
        return _egress(view, call.pod, ANYONE, Port(None))
    found = view.find(peer.ref)
    if found is None:
        return None
    if found.ref.kind == "Pod":
        return between(view, call.pod, Target(found, Port(whole_number(peer.port))))
    stops = [between(view, call.pod, target) for target in targets(view, found, peer.port)]
    known = [stop for stop in stops if stop is not None]
    whole = len(known) == len(stops)
    return known[0]._replace(whole=whole) if known and (whole or peer.port) else None


def between(view: ClusterView, caller: Obj, target: Target) -> Stop | None:
    """What stops a connection from one pod to another, on its way out or on its way in."""
    out = _egress(view, caller, _peer(view, target.pod), target.port)
    if out is not None:
        return out
    inward = policies_on(view, target.pod, Direction.INGRESS)
    if admitted(inward, Direction.INGRESS, _peer(view, caller), target.port) is False and inward:
        return Stop(Direction.INGRESS, tuple(inward), target.pod, target.port)
    return None


def _egress(view: ClusterView, pod: Obj, peer: Peer, port: Port) -> Stop | None:
    outward = policies_on(view, pod, Direction.EGRESS)
    if outward and admitted(outward, Direction.EGRESS, peer, port) is False:
        return Stop(Direction.EGRESS, tuple(outward), pod, port)
    return None


def _dns(view: ClusterView, pod: Obj) -> Stop | None:
    """What keeps a pod from the cluster DNS, wherever on the node or in the cluster it answers."""
    outward = policies_on(view, pod, Direction.EGRESS)
    known = dns_targets(view)
    service = view.find(CLUSTER_DNS)
    address = service.text("spec", "clusterIP") if service is not None else ""
    peers = [(_peer(view, t.pod), t.port) for t in known] or [(ANYONE, Port(53, protocol="UDP"))]
    peers += [(Peer(address=a), Port(53, protocol="UDP")) for a in (NODE_LOCAL_DNS, address) if a]
    answers = [admitted(outward, Direction.EGRESS, peer, port) for peer, port in peers]
    if outward and all(answer is False for answer in answers):
        return Stop(Direction.EGRESS, tuple(outward), pod, Port(53, protocol="UDP"))
    for target in known:
        inward = policies_on(view, target.pod, Direction.INGRESS)
        if inward and admitted(inward, Direction.INGRESS, _peer(view, pod), target.port) is False:
            return Stop(Direction.INGRESS, tuple(inward), target.pod, target.port)
    return None


def policies_on(view: ClusterView, pod: Obj, direction: Direction) -> list[Obj]:
    """The policies that isolate a pod; none as long as not all of its namespace are known."""
    if view.complete_list("NetworkPolicy", pod.namespace) is None:
        return []
    return isolating(view.objects("NetworkPolicy", pod.namespace), pod, direction)


def _peer(view: ClusterView, pod: Obj) -> Peer:
    space = view.find(namespace_of(pod))
    return Peer(pod, space.labels if space is not None else None)


def shut(view: ClusterView, pod: Obj, services: Sequence[Obj]) -> Iterator[tuple[Obj, Stop]]:
    """The Services whose calls cannot reach this pod, whoever makes them."""
    inward = policies_on(view, pod, Direction.INGRESS)
    for service in services if inward else ():
        ports = [t.port for p in service.items("spec", "ports")
                 for t in targets(view, service, str(p.get("port"))) if t.pod.ref == pod.ref]  # fmt: skip
        if ports and all(admitted(inward, Direction.INGRESS, ANYONE, p) is False for p in ports):
            yield service, Stop(Direction.INGRESS, tuple(inward), pod, ports[0])


def closest(stop: Stop, *, dns: bool) -> Obj:
    """The policy to change: for DNS one that is for all pods, else one with rules; of equals the newest."""

    def order(policy: Obj) -> tuple[bool, bool, float, str]:
        bare = not policy.items("spec", stop.direction.rules)
        for_all = not policy.at("spec", "podSelector", "matchLabels")
        made = policy.created.timestamp() if policy.created is not None else 0.0
        return (for_all != dns, bare and not dns, -made, policy.name)

    return min(stop.policies, key=order)
