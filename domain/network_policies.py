"""What NetworkPolicies let through, as networking.k8s.io/v1 defines it.

A pod that no policy selects for a direction is open in that direction. Of one that is selected, only what a
rule of any of these policies admits gets through. Answers are True, False or None: whether an address of a
pod counts for an `ipBlock`, and what a policy means for pods of the host's network, is the plugin's choice.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.selecting import selects

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that the API server puts on every namespace."""


class Direction(StrEnum):
    INGRESS = "Ingress"
    EGRESS = "Egress"

    @property
    def rules(self) -> str:
        """The field of the spec that holds the rules."""
        return self.value.lower()

    @property
    def peers(self) -> str:
        """The field of a rule that holds the peers."""
        return "from" if self is Direction.INGRESS else "to"


class Peer(NamedTuple):
    """The other end of a connection."""

    pod: Obj | None = None
    """None for an address outside of the cluster, or for anyone."""
    namespace_labels: Mapping[str, str] | None = None
    """Labels of the pod's namespace; None if they were not read."""
    address: str = ""
    """Where it is outside of the cluster."""
    anyone: bool = False
    """Stands for whatever peer a rule would admit."""


ANYONE = Peer(anyone=True)


class Port(NamedTuple):
    """The port of the connection on the pod that accepts it."""

    number: int | None
    names: frozenset[str] = frozenset()
    """Names that the pod's containers give this port."""
    protocol: str = "TCP"


def directions(policy: Obj) -> set[Direction]:
    """The directions that a policy isolates its pods in; without `policyTypes`, what its rules imply."""
    types = policy.at("spec", "policyTypes")
    if isinstance(types, list) and types:
        return {d for d in Direction if d.value in types}
    return {Direction.INGRESS, *([Direction.EGRESS] if policy.at("spec", "egress") else [])}


def isolating(policies: Iterable[Obj], pod: Obj, direction: Direction) -> list[Obj]:
    """The policies of the pod's namespace that select it for this direction."""
    if pod.at("spec", "hostNetwork") is True:
        return []
    return [
        p
        for p in policies
        if p.namespace == pod.namespace
        and direction in directions(p)
        and _fits(p.mapping("spec", "podSelector"), pod.labels)
    ]


def admitted(policies: Sequence[Obj], direction: Direction, peer: Peer, port: Port) -> bool | None:
    """Whether any of the policies that isolate a pod lets a connection with this peer through."""
    return _any(allows(policy, direction, peer, port) for policy in policies)


def allows(policy: Obj, direction: Direction, peer: Peer, port: Port) -> bool | None:
    """Whether a rule of one policy admits the peer at this port."""
    rules = policy.items("spec", direction.rules)
    return _any(
        _both(_peers(policy, rule.get(direction.peers), peer), _ports(rule.get("ports"), port))
        for rule in rules
    )


# ---- peers


def _peers(policy: Obj, given: Any, peer: Peer) -> bool | None:
    if peer.anyone or not isinstance(given, list) or not given:
        return True
    return _any(_peer(policy, one, peer) for one in given if isinstance(one, dict))


def _peer(policy: Obj, one: Mapping[str, Any], peer: Peer) -> bool | None:
    block = one.get("ipBlock")
    if isinstance(block, dict):
        return _in_block(block, peer)
    if peer.pod is None:
        return False
    pods, spaces = one.get("podSelector"), one.get("namespaceSelector")
    if isinstance(spaces, dict):
        here = _in_namespaces(spaces, peer)
    else:
        here = peer.pod.namespace == policy.namespace
    fits = _both(here, _fits(pods, peer.pod.labels) if isinstance(pods, dict) else True)
    return None if fits and peer.pod.at("spec", "hostNetwork") is True else fits


def _in_namespaces(selector: Mapping[str, Any], peer: Peer) -> bool | None:
    assert peer.pod is not None
    labels = {NAME_LABEL: peer.pod.namespace, **(peer.namespace_labels or {})}
    if _fits(selector, labels):
        return True
    if peer.namespace_labels is not None:
        return False
    pairs = selector.get("matchLabels")
    name = pairs.get(NAME_LABEL) if isinstance(pairs, dict) else None
    return False if name not in (None, peer.pod.namespace) else None


def _in_block(block: Mapping[str, Any], peer: Peer) -> bool | None:
    address = peer.address or (peer.pod.text("status", "podIP") if peer.pod is not None else "")
    if not address:
        return None
    try:
        found = ipaddress.ip_address(address)
        inside = found in ipaddress.ip_network(str(block.get("cidr")), strict=False)
        excluded = block.get("except")
        for part in excluded if isinstance(excluded, list) else []:
            inside = inside and found not in ipaddress.ip_network(str(part), strict=False)
    except (ValueError, TypeError):  # TypeError: IPv4 asked for in an IPv6 network
        return False
    return None if inside and peer.pod is not None else inside


def _fits(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Like `selects`, but an empty selector selects all, as everywhere in a NetworkPolicy."""
    empty = not (selector.get("matchLabels") or selector.get("matchExpressions"))
    return empty or selects(selector, labels)


# ---- ports


def _ports(given: Any, port: Port) -> bool | None:
    if not isinstance(given, list) or not given:
        return True
    return _any(_port(one, port) for one in given if isinstance(one, dict))


def _port(one: Mapping[str, Any], port: Port) -> bool | None:
    if str(one.get("protocol") or "TCP") != port.protocol:
        return False
    wanted, last = one.get("port"), one.get("endPort")
    if wanted is None:
        return True
    if isinstance(wanted, int):
        if port.number is None:
            return None
        return wanted <= port.number <= (last if isinstance(last, int) else wanted)
    return str(wanted) in port.names if port.number is not None else None


def port_of(pod: Obj, target: Any, protocol: str = "TCP") -> Port:
    """A Service's `targetPort`, by number or name, as a port of this pod."""
    declared = [
        port
        for container in pod.items("spec", "containers")
        for port in elements(container.get("ports"))
        if isinstance(port, dict)
    ]
    if isinstance(target, int):
        number: int | None = target
    else:
        known = [p.get("containerPort") for p in declared if p.get("name") == target]
        number = known[0] if known and isinstance(known[0], int) else None
    names = {str(p["name"]) for p in declared if p.get("name") and p.get("containerPort") == number}
    return Port(number, frozenset(names), protocol)


# ---- three values


def _any(values: Iterable[bool | None]) -> bool | None:
    known = list(values)
    if True in known:
        return True
    return None if None in known else False


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return True if one and other else None
