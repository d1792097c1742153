"""Names outside the cluster that CoreDNS cannot look up either: its own upstream name server is silent.

CoreDNS logs such a query as `[ERROR] plugin/errors: 2 api.example.com. A: read udp 10.244.0.3:4->10.0.0.2:53:
i/o timeout`; to the pod that asked it answers SERVFAIL.
"""

from __future__ import annotations

import re
from collections import Counter

from kubetriage.domain.evidence import get, log_of
from kubetriage.domain.finding import Likelihood, Remedy, Specificity, Want
from kubetriage.domain.kube import Obj, containers, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.resource import resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.corefile import CONFIG
from kubetriage.domain.rules.log_stated import Cause
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import grounded
from kubetriage.domain.view import ClusterView

_DNS = resource("Service", "kube-system", "kube-dns")
_LINES = 300
_SILENT = re.compile(
    r"plugin/errors: \d+ (?P<name>\S+?)\.? [A-Z]+: (?:read|write|dial) (?:udp|tcp) (?:\S+->)?"
    r"(?P<server>\[?[0-9a-fA-F.:]+?\]?):\d+: (?P<why>i/o timeout|[^\n]{0,60}(?:refused|unreachable"
    r"|no route to host))"
)
_OFTEN = 3
"""Queries in vain before the upstream, rather than chance, is the matter."""


def upstream_silent(view: ClusterView, base: Cause) -> Cause:
    """The same cause, with what CoreDNS logs of the name servers that it asks itself."""
    service = view.find(_DNS)
    pods = view.pods_behind(service) if service is not None else []
    ready = [p for p in pods if pod_ready(p)][:2]
    why = Text(en="whether it can look up names outside the cluster", zh="它能否解析集群外的域名")
    wants = tuple(
        Want(read=log_of(p.ref, s.name, tail=_LINES), about=_DNS, why=why)
        for p in ready for s in containers(p)[:1]
    )  # fmt: skip
    owners = tuple(
        Want(read=get(p.controller), about=_DNS, why=why) for p in ready[:1] if p.controller is not None
    )
    config = Want(read=get(CONFIG), about=_DNS, why=why)
    base = base._replace(wants=(*base.wants, *wants, *owners, config))
    logs = [g for p in ready for s in containers(p)[:1] if (g := view.log(p.ref, s.name)) is not None]
    seen = [(m["server"].strip("[]"), m["why"]) for g in logs for m in _SILENT.finditer(g.text)]
    if not seen:
        return base
    (server, answer), times = Counter(seen).most_common(1)[0]
    if times < _OFTEN:
        return base
    work = view.workload(ready[0].ref)
    return base._replace(
        slug="log.dns-upstream",
        says=say(
            "; the name is outside the cluster, and CoreDNS, which it asks, gets no answer for it from its "
            "upstream name server {s} ({w}, {n} times)",
            "；该名称位于集群之外，而负责解析的 CoreDNS 得不到上游 DNS 服务器 {s} 的应答（{w}，{n} 次）",
            s=server, w=answer, n=times,
        ),
        culprit=_DNS if work.kind in ("Pod", "ReplicaSet") else work,
        likelihood=Likelihood.HIGH,
        specificity=Specificity.EXACT,
        waits_on=(),
        cites=(*base.cites, *(g.cite for g in logs)),
        quotes=(*base.quotes, server, *grounded(logs[0].text, answer)),
        remedies=_repair(view, server),
    )  # fmt: skip


def _repair(view: ClusterView, server: str) -> tuple[Remedy, ...]:
    config: Obj | None = view.find(CONFIG)
    return (
        remedies.escalate(
            say("Have name server {s} and the way to it looked at", "请检查 DNS 服务器 {s} 以及到它的网络",
                s=server),
            say("CoreDNS asks it over UDP and TCP port 53 from its nodes: firewall, security group, routes, "
                "or the "
                "server itself.",
                "CoreDNS 从其所在节点经 UDP/TCP 53 端口向它查询：检查防火墙、安全组、路由或服务器本身。"),
        ),
        remedies.change(
            say("Or let CoreDNS forward to a name server that answers",
                "或让 CoreDNS 转发到可用的 DNS 服务器"),
            remedies.with_note(
                say("The line `forward` of the Corefile says whom it asks; /etc/resolv.conf there is the "
                    "node's.",
                    "Corefile 的 `forward` 行决定向谁查询；其中的 /etc/resolv.conf 指节点的配置。"), config),
            *((remedies.mutate(f"kubectl edit {remedies.target(CONFIG)}"),) if config is not None else ()),
        ),
    )  # fmt: skip
