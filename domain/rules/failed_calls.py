"""Calls that logs say fail, tied to the pods and ports that should have answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kubetriage.domain.kube import Obj, containers, pod_ready
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.log_signs import NETWORK
from kubetriage.domain.network_policies import Port, port_of
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.grouping import per_view
from kubetriage.domain.rules.log_dns import CLUSTER_DNS
from kubetriage.domain.rules.log_stated import Stated, stated
from kubetriage.domain.rules.peers import Peer, peer_of
from kubetriage.domain.view import ClusterView

_OF_ITS_OWN = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError", "InvalidImageName"}
)
_LOOKUP = re.compile(r"\blookup \S+?(?: on \S+?:53)?: |:53: (?:i/o timeout|read|write)", re.IGNORECASE)
"""Go's resolver says that it timed out in the words of any connection."""


class Call(NamedTuple):
    """One failure to reach a peer, as a container's log states it."""

    told: Stated
    peer: Peer
    dns: bool
    """Whether it is the name that could not be looked up."""

    @property
    def pod(self) -> Obj:
        """The caller."""
        return self.told.pod

    @property
    def sign(self) -> Sign:
        return self.told.seen.sign


@per_view
def _stated(view: ClusterView) -> list[Stated]:
    """`stated`, which several rules and relations ask of one view."""
    return list(stated(view))


@per_view
def failed_calls(view: ClusterView) -> list[Call]:
    """The failures of the network that the logs of pods in focus state, with the host that they name."""
    return [call for call in calls_with(view, NETWORK) if call.peer.place.value != "localhost"]


def calls_with(view: ClusterView, signs: frozenset[Sign]) -> Iterator[Call]:
    """Statements of these signs that name a host."""
    for told in _stated(view):
        host = told.seen.values.get("host", "")
        if told.seen.sign in signs and host:
            dns = told.seen.sign is Sign.DNS or bool(_LOOKUP.search(told.seen.quote))
            yield Call(told, peer_of(view, told.pod, host, told.seen.values.get("port", "")), dns)


class Target(NamedTuple):
    """A pod behind a Service, and its port that a call arrives at."""

    pod: Obj
    port: Port


def targets(view: ClusterView, service: Obj, port: str) -> list[Target]:
    """The ready pods that a call of a Service's port may reach; all its ports if none is given."""
    offered = service.items("spec", "ports")
    chosen = [p for p in offered if port in (str(p.get("port")), str(p.get("name")))] if port else offered
    ready = [p for p in view.pods_behind(service) if pod_ready(p)]
    return [
        Target(pod, port_of(pod, p.get("targetPort", p.get("port")), str(p.get("protocol") or "TCP")))
        for p in chosen
        for pod in ready
    ]


def dns_targets(view: ClusterView) -> list[Target]:
    """The ready pods of the cluster DNS with the port that queries by UDP arrive at."""
    service = view.find(CLUSTER_DNS)
    if service is None:
        return []
    ports = [p for p in service.items("spec", "ports") if p.get("port") == 53]
    to = ports[0].get("targetPort", 53) if ports else 53
    return [Target(p, port_of(p, to, "UDP")) for p in view.pods_behind(service) if pod_ready(p)]


def fails_by_itself(pod: Obj) -> bool:
    """Whether a pod fails for a reason that no disturbance of its network accounts for."""
    return any(
        s.last_terminated.get("reason") == "OOMKilled" or s.waiting_reason in _OF_ITS_OWN
        for s in containers(pod)
    )


def namespace_of(obj: Obj) -> Resource:
    return resource("Namespace", "", obj.namespace)
