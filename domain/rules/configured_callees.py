"""Services that an application is told to call by its environment, and that no pod answers for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubetriage.domain.finding import Finding, Role, Want
from kubetriage.domain.kube import ContainerState, Obj, containers, elements, pod_ready
from kubetriage.domain.log_signs import is_ip
from kubetriage.domain.rules.grouping import focus_pods, group_pods, node_down, told_apart
from kubetriage.domain.rules.health_scope import measured
from kubetriage.domain.rules.log_stated import of_primary
from kubetriage.domain.rules.peers import Peer, Place, peer_of, wants_about
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import quotable
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

FOLLOWED = 8
"""Hosts of a container's environment that are looked at."""
_NAMES_HOST = re.compile(
    r"(?:^|_)(?:HOST|HOSTNAME|ADDR|ADDRESS|SERVER|URL|URI|ENDPOINT|SERVICE|DSN)S?$", re.I
)
_HOST = re.compile(
    r"^(?:\w{1,20}(?::\w{1,20})?://(?:[^\s/@]{1,120}@)?)?(?P<host>[a-z0-9](?:[a-z0-9.\-]{0,251}[a-z0-9])?)"
    r"(?::(?P<port>\d{1,5}))?(?:[/?,;].*)?$",
    re.I,
)


def configured(view: ClusterView, pod: Obj, state: ContainerState) -> Iterator[tuple[str, Peer]]:
    """The Services that a container's environment names, each with the variable that does."""
    seen: set[str] = set()
    for one in elements(state.spec.get("env")):
        name, value = (one.get("name"), one.get("value")) if isinstance(one, dict) else (None, None)
        found = _HOST.match(value[:300]) if isinstance(value, str) else None
        if found is None or len(seen) >= FOLLOWED or is_ip(found["host"]):
            continue
        if not (_NAMES_HOST.search(str(name)) or found["port"]) or not re.search(
            r"[a-z]", found["host"], re.I
        ):
            continue
        peer = peer_of(view, pod, found["host"].lower(), found["port"] or "")
        if peer.place is Place.SERVICE and peer.host not in seen:
            seen.add(peer.host)
            yield str(name), peer


@told_apart
def silent_callees(view: ClusterView) -> Iterator[Finding | Want]:
    """That the alert's ready pods call a Service without endpoints, though their logs do not say so.

    Why it has none is told by what is found behind the Service.
    """
    if not measured(view):
        return
    shown = []
    for pod in focus_pods(view):
        if node_down(view, pod) or not pod_ready(pod) or not of_primary(view, pod):
            continue
        for state in containers(pod):
            for name, peer in configured(view, pod, state) if state.running else ():
                yield from wants_about(view, pod, peer)
                service = view.find(peer.ref)
                if service is not None and view.has_ready_endpoints(service) is False:
                    shown.append((pod, (state.name, name, peer.host, service.ref)))
    for (container, name, host, ref), group in group_pods(view, shown):
        service = view.find(ref)
        yield Finding(
            rule="callee.no-endpoints",
            category="app-dependency",
            role=Role.SYMPTOM,
            subject=group.lead.ref,
            culprit=group.culprit,
            statement=say(
                "{who}: container {c} is to call {h} (its environment variable {n}), and Service {s} has no "
                "ready endpoint.",
                "{who}：容器 {c} 要调用 {h}（环境变量 {n}），而 Service {s} 没有就绪的端点。",
                who=group.who, c=container, h=host, n=name, s=ref.name,
            ),
            waits_on=(ref,),
            cites=(*group.cites, *((service.cite,) if service is not None else ())),
            quotes=quotable(name, host),
        )  # fmt: skip


RULES: tuple[Rule, ...] = (silent_callees,)
