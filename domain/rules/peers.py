"""The host that a log names, as an object of the cluster: which Service it is, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from kubetriage.domain.evidence import get, list_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, elements
from kubetriage.domain.language import Text
from kubetriage.domain.log_signs import is_ip
from kubetriage.domain.resource import Resource, resource
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.similar_names import nearest
from kubetriage.domain.view import ClusterView

_TOP_LEVEL = frozenset({"com", "net", "org", "io", "cn", "dev", "app", "ai", "co", "cloud", "local",
                        "internal",
                        "edu", "gov", "info", "biz", "me", "tv", "de", "uk", "eu", "us", "jp"})  # fmt: skip


class Place(StrEnum):
    """Where a host is."""

    SERVICE = "service"
    LOCALHOST = "localhost"
    POD = "pod"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class Peer(NamedTuple):
    """A host and port in a log, tied to the object it names."""

    host: str
    port: str
    place: Place
    ref: Resource | None
    """The Service or Pod."""

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.host}:{self.port}" if self.port else self.host


def peer_of(view: ClusterView, pod: Obj, host: str, port: str = "") -> Peer:
    """What a host means for a pod, by cluster DNS names, Service addresses and pod addresses."""
    if host in ("localhost", "127.0.0.1", "::1", "0.0.0.0"):
        return Peer(host, port, Place.LOCALHOST, None)
    if is_ip(host):
        return _by_address(view, host, port)
    labels = host.split(".")
    if len(labels) == 1:
        return Peer(host, port, Place.SERVICE, resource("Service", pod.namespace, host))
    if "svc" in labels[2:4]:
        at = labels.index("svc", 2)
        return Peer(host, port, Place.SERVICE, resource("Service", labels[at - 1], labels[at - 2]))
    if len(labels) == 2:
        headless = resource("Service", pod.namespace, labels[1])
        if view.find(headless) is not None:  # a StatefulSet's pod under its governing Service
            return Peer(host, port, Place.SERVICE, headless)
        if labels[1] == pod.namespace or _known_namespace(view, labels[1]):
            return Peer(host, port, Place.SERVICE, resource("Service", labels[1], labels[0]))
        if labels[1] not in _TOP_LEVEL:
            return Peer(host, port, Place.UNKNOWN, resource("Service", labels[1], labels[0]))
    return Peer(host, port, Place.OUTSIDE, None)


def _known_namespace(view: ClusterView, name: str) -> bool:
    if view.find(resource("Namespace", "", name)) is not None:
        return True
    return any(view.objects(kind, name) for kind in ("Service", "Pod", "Deployment"))


def _by_address(view: ClusterView, host: str, port: str) -> Peer:
    for service in view.objects("Service"):
        addresses = [service.text("spec", "clusterIP"), *map(str, elements(service.at("spec", "clusterIPs")))]
        if host in addresses:
            return Peer(host, port, Place.SERVICE, service.ref)
    for pod in view.objects("Pod"):
        if pod.text("status", "podIP") == host:
            services = view.services_of(pod)
            if services:
                return Peer(host, port, Place.SERVICE, services[0].ref)
            return Peer(host, port, Place.POD, pod.ref)
    return Peer(host, port, Place.UNKNOWN, None)


def wants_about(view: ClusterView, pod: Obj, peer: Peer) -> Iterator[Want]:
    """What has to be read to know the state of a peer."""
    if peer.place is Place.UNKNOWN and peer.ref is None:
        why = Text(en="which Service has the address that the log names", zh="日志中的地址属于哪个 Service")
        near = list_of("Service", pod.namespace)
        yield Want(read=near, about=pod.ref, why=why)
        if is_ip(peer.host) and view.asked(near):  # its own namespace has none: whichever has it
            yield Want(read=list_of("Service", fields=f"spec.clusterIP={peer.host}"), about=pod.ref, why=why)
        return
    if peer.ref is None or peer.ref.kind != "Service":
        return
    why = say("named as a host in the log of Pod {p}", "Pod {p} 的日志中提到的主机", p=pod.name)
    yield Want(read=get(peer.ref), about=peer.ref, why=why)
    if view.is_absent(peer.ref) and peer.place is Place.SERVICE:
        why = Text(en="whether a Service of a similar name exists", zh="是否存在名称相近的 Service")
        yield Want(read=list_of("Service", peer.ref.namespace), about=pod.ref, why=why)


def similar_service(view: ClusterView, ref: Resource) -> str:
    """A Service in that namespace whose name the reference probably meant."""
    return nearest(ref.name, (s.name for s in view.objects("Service", ref.namespace)))


def wrong_port(service: Obj, port: str) -> list[str]:
    """The ports of a Service that lacks this one; empty if it has it, or nothing is known."""
    if not port or service.text("spec", "type") == "ExternalName":
        return []
    own = [str(p.get("port")) for p in service.items("spec", "ports")]
    headless = service.text("spec", "clusterIP") == "None"  # its pods are called directly, at any port
    return own if own and port not in own and not headless else []
