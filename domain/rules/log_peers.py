"""Causes in logs that name a peer: a host that has no address, refuses, times out, or rejects the caller."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kubetriage.domain.finding import Likelihood, Specificity
from kubetriage.domain.kube import Obj, elements, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules.log_address import by_host_alias, in_configuration
from kubetriage.domain.rules.log_clock import ahead, behind
from kubetriage.domain.rules.log_data_lock import held_in_database
from kubetriage.domain.rules.log_dns import cluster_dns, own_resolver, passing, reset_dns, unresolved_service
from kubetriage.domain.rules.log_dns_upstream import upstream_silent
from kubetriage.domain.rules.log_environment import set_by
from kubetriage.domain.rules.log_missing_service import absent_service
from kubetriage.domain.rules.log_own_machine import on_machine
from kubetriage.domain.rules.log_settings import set_in_environment
from kubetriage.domain.rules.log_stated import Cause, Manner, Stated
from kubetriage.domain.rules.peers import Peer, Place, peer_of, wants_about, wrong_port
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.wellness import lingers
from kubetriage.domain.view import Absent, ClusterView, Present

FAILS: Mapping[Sign, Text] = MappingProxyType(
    {
        Sign.DNS: Text(en="cannot resolve host name {peer}", zh="无法解析主机名 {peer}"),
        Sign.REFUSED: Text(en="cannot connect to {peer}", zh="无法连接 {peer}"),
        Sign.TIMEOUT: Text(en="gets no answer from {peer} (timeout)", zh="{peer} 没有响应（超时）"),
        Sign.NO_ROUTE: Text(en="has no route to {peer}", zh="到 {peer} 没有路由"),
        Sign.RESET: Text(en="loses its connection to {peer}", zh="与 {peer} 的连接被中断"),
        Sign.AUTH: Text(en="is refused by {peer}: authentication failed", zh="被 {peer} 拒绝：认证失败"),
        Sign.NO_DATABASE: Text(en="asks {peer} for a database that is not there",
                               zh="请求的数据库在 {peer} 中不存在"),
        Sign.POOL: Text(en="has no free connection to {peer}: the pool is exhausted",
                        zh="没有可用的到 {peer} 的连接：连接池耗尽"),
        Sign.MESH_DENIED: Text(en="is denied access to {peer} by the mesh's policy (RBAC: access denied)",
                               zh="被网格策略拒绝访问 {peer}（RBAC: access denied）"),
        Sign.LOCK: Text(en="is blocked by a lock in {peer}", zh="被 {peer} 中的锁阻塞"),
        Sign.RATE: Text(en="is rate limited by {peer}", zh="被 {peer} 限流"),
        Sign.FORBIDDEN: Text(en="is not allowed by {peer} what it asks", zh="所请求的操作未获 {peer} 授权"),
        Sign.TLS: Text(en="cannot agree on TLS with {peer}", zh="与 {peer} 的 TLS 连接失败"),
        Sign.CERT_NAME: Text(en="meets a certificate for another name than {peer}",
                             zh="遇到的证书与所调用的名称 {peer} 不符"),
        Sign.CERT_EXPIRED: Text(en="meets an expired certificate of {peer}", zh="{peer} 的证书已过期"),
        Sign.CLOCK: Text(en="meets a certificate of {peer} that is not valid yet: a clock is wrong",
                         zh="{peer} 的证书尚未生效：时钟有误"),
    }
)  # fmt: skip
_FAILS_NAMELESS: Mapping[Sign, Text] = MappingProxyType(
    {
        Sign.DNS: Text(en="cannot resolve a host name", zh="无法解析主机名"),
        Sign.REFUSED: Text(en="cannot make a connection that it needs", zh="无法建立所需的连接"),
        Sign.TIMEOUT: Text(en="gets no answer in time", zh="等待应答超时"),
        Sign.NO_ROUTE: Text(en="has no route to a host that it calls", zh="到所调用的主机没有路由"),
        Sign.RESET: Text(en="loses a connection", zh="连接被中断"),
        Sign.AUTH: Text(en="is refused: authentication failed", zh="被拒绝：认证失败"),
        Sign.NO_DATABASE: Text(en="asks for a database that is not there", zh="请求的数据库不存在"),
        Sign.POOL: Text(en="has no free connection: the pool is exhausted", zh="没有可用的连接：连接池耗尽"),
        Sign.MESH_DENIED: Text(en="is denied access by the mesh's policy (RBAC: access denied)",
                               zh="被网格策略拒绝访问（RBAC: access denied）"),
        Sign.LOCK: Text(en="is blocked by a lock", zh="被锁阻塞"),
        Sign.RATE: Text(en="meets a rate limit", zh="触发限流"),
        Sign.FORBIDDEN: Text(en="is not allowed what it asks", zh="所请求的操作未获授权"),
        Sign.TLS: Text(en="cannot agree on TLS with its peer", zh="与对端的 TLS 连接失败"),
        Sign.CERT_NAME: Text(en="meets a certificate for another name than the one it calls",
                             zh="遇到的证书与所调用的名称不符"),
        Sign.CERT_EXPIRED: Text(en="meets an expired certificate", zh="遇到已过期的证书"),
        Sign.CLOCK: Text(en="meets a certificate that is not valid yet: a clock is wrong",
                         zh="遇到尚未生效的证书：时钟有误"),
    }
)  # fmt: skip
"""The same where the log names no host."""
_CATEGORIES = {
    Sign.DNS: "dns", Sign.AUTH: "db-auth", Sign.NO_DATABASE: "misconfigured-app", Sign.CLOCK: "clock-skew",
    Sign.CERT_EXPIRED: "cert-expired", Sign.MESH_DENIED: "mesh-policy",
}  # fmt: skip
_OWN_SETTING = frozenset({"log.localhost", "log.wrong-port", "log.wrong-host", "log.missing-service"})
"""Causes that lie in the address the container was given, as far as it can be seen."""
_CONNECTS = (Sign.DNS, Sign.REFUSED, Sign.TIMEOUT, Sign.NO_ROUTE, Sign.RESET)


def peer_cause(view: ClusterView, told: Stated) -> Cause:
    """What a sign about a peer comes to, with what is known of that peer."""
    sign, values = told.seen.sign, told.seen.values
    wrong_clock = ahead(view, told) if sign is Sign.CERT_EXPIRED else None
    wrong_clock = behind(view, told) if sign is Sign.CLOCK else wrong_clock
    if wrong_clock is not None:
        return wrong_clock
    host = values.get("host", "")
    if not host:
        return _nameless(told)
    peer = peer_of(view, told.pod, host, values.get("port", ""))
    made = _judge(view, told, peer)
    fails = say(FAILS[sign].en, FAILS[sign].zh, peer=peer.name)
    user = values.get("user") or values.get("name", "")
    if user and sign in (Sign.AUTH, Sign.FORBIDDEN):
        fails = say("{f} for {u}", "{f}（{u}）", f=fails, u=user)
    if user and sign is Sign.NO_DATABASE:
        fails = say("asks {p} for database {u}, which does not exist there",
                    "请求的数据库 {u} 在 {p} 中不存在", p=peer.name, u=user)  # fmt: skip
    own = made.slug in _OWN_SETTING
    setting, set_to = set_in_environment(told, host if own else "", peer.port)
    if sign is Sign.NO_DATABASE and user:
        setting, set_to = set_by(told.state, "", user)
    if made.slug in ("log.wrong-port", "log.wrong-host", "log.localhost") and not set_to:
        made = in_configuration(view, told, peer, made)
    return made._replace(
        says=Text(en=f"it {fails.en}{made.says.en}{setting.en}", zh=f"{fails.zh}{made.says.zh}{setting.zh}"),
        quotes=(*((host,) if host in told.log.text else ()), *made.quotes, *set_to),
        wants=(*made.wants, *wants_about(view, told.pod, peer)),
    )


def _nameless(told: Stated) -> Cause:
    sign = told.seen.sign
    fails = _FAILS_NAMELESS[sign]
    user = told.seen.values.get("user") or told.seen.values.get("name", "")
    if user and sign in (Sign.AUTH, Sign.FORBIDDEN):
        fails = say("{f} for {u}", "{f}（{u}）", f=fails, u=user)
    if user and sign is Sign.NO_DATABASE:
        fails = say("asks for database {u}, which does not exist", "请求的数据库 {u} 不存在", u=user)
    return Cause(
        f"log.{sign.value}",
        _CATEGORIES.get(sign, "app-dependency"),
        Text(en=f"it {fails.en}", zh=fails.zh),
        likelihood=Likelihood.HIGH if told.sure and sign not in _CONNECTS else Likelihood.MEDIUM,
        specificity=Specificity.GENERAL,
        remedies=(held_in_database(),) if sign is Sign.LOCK else (),
    )


def _judge(view: ClusterView, told: Stated, peer: Peer) -> Cause:
    """Category, culprit and likelihood by what the peer is; `says` holds what is added to the failure."""
    sign = told.seen.sign
    base = Cause(
        f"log.{sign.value}",
        _CATEGORIES.get(sign, "app-dependency"),
        NOTHING,
        likelihood=Likelihood.HIGH if told.sure else Likelihood.MEDIUM,
        remedies=(held_in_database(),) if sign is Sign.LOCK else (),
    )
    if sign is Sign.DNS:
        own = own_resolver(told)
        if own.en:
            return base._replace(
                slug="log.dns-policy",
                says=own,
                likelihood=Likelihood.HIGH,
                specificity=Specificity.EXACT,
                cites=(told.pod.cite,),
                remedies=(reset_dns(view, told),),
            )
    aliased = by_host_alias(view, told, peer, base) if sign in _CONNECTS else None
    if aliased is not None:
        return aliased
    if peer.place is Place.LOCALHOST and sign in _CONNECTS:
        return on_machine(view, told, peer, base) or _localhost(told, peer, base)
    if peer.ref is None or peer.place in (Place.OUTSIDE, Place.UNKNOWN):
        return _elsewhere(view, told, peer, base)
    if peer.ref.kind == "Pod":
        return base._replace(culprit=view.workload(peer.ref), waits_on=(peer.ref,))
    return _service(view, told, peer, peer.ref, base)


def _localhost(told: Stated, peer: Peer, base: Cause) -> Cause:
    """The pod itself: a sidecar that should listen there, or an address meant for another host."""
    for state in told.pod.items("spec", "containers"):
        if state.get("name") == told.state.name:
            continue
        ports = [str(p.get("containerPort")) for p in elements(state.get("ports")) if isinstance(p, dict)]
        if peer.port and peer.port in ports:
            return base._replace(
                says=say("; container {c} of the same pod should listen there",
                         "；应由同一 Pod 的容器 {c} 监听", c=state["name"]),
                waits_on=(told.pod.ref,),
                likelihood=Likelihood.MEDIUM,
            )  # fmt: skip
    return base._replace(
        slug="log.localhost",
        category="misconfigured-app",
        says=Text(en="; nothing in its own pod listens there, so another host is probably meant",
                  zh="；自身 Pod 内没有进程监听该端口，地址可能写错了"),
        specificity=Specificity.EXACT,
    )  # fmt: skip


def _elsewhere(view: ClusterView, told: Stated, peer: Peer, base: Cause) -> Cause:
    sign = told.seen.sign
    if peer.place is Place.OUTSIDE:
        where = Text(en="; the name is outside the cluster", zh="；该名称位于集群之外")
        if sign is Sign.DNS and passing(told):
            return upstream_silent(view, cluster_dns(base, where))
        sure = told.sure and sign is Sign.DNS
        return base._replace(
            says=where, likelihood=Likelihood.HIGH if sure else _lower(base.likelihood, sign)
        )
    if peer.ref is not None and view.is_absent(peer.ref) and sign is Sign.DNS:
        return base._replace(
            says=say("; there is no Service {n} in namespace {ns}", "；命名空间 {ns} 中没有 Service {n}",
                     n=peer.ref.name, ns=peer.ref.namespace))  # fmt: skip
    return base._replace(likelihood=_lower(base.likelihood, sign))


def _lower(likelihood: Likelihood, sign: Sign) -> Likelihood:
    """A connection that fails has its reason at the other end, which cannot be seen here."""
    return Likelihood.MEDIUM if sign in _CONNECTS else likelihood


def _service(view: ClusterView, told: Stated, peer: Peer, ref: Resource, base: Cause) -> Cause:
    sign = told.seen.sign
    known = view.get(ref)
    if isinstance(known, Absent) and sign in (*_CONNECTS, Sign.POOL):
        return absent_service(view, told, ref, base, known.cite)
    if not isinstance(known, Present):
        return base._replace(likelihood=Likelihood.MEDIUM, waits_on=(ref,))
    service = known.object
    if sign is Sign.DNS:
        return unresolved_service(view, told, service, base)
    ports = wrong_port(service, peer.port)
    if ports and sign in _CONNECTS:
        return base._replace(
            slug="log.wrong-port",
            category="misconfigured-app",
            says=say("; Service {s} listens on {p}, not on {q}", "；Service {s} 监听的是 {p} 而不是 {q}",
                     s=ref.name, p=", ".join(ports), q=peer.port),
            likelihood=Likelihood.HIGH,
            specificity=Specificity.EXACT,
            cites=(known.cite,),
            quotes=(ports[0],),
        )  # fmt: skip
    behind = [p for p in view.pods_behind(service) if p.deleted is None]
    ready = [p for p in behind if pod_ready(p)]
    if behind and not ready:
        down = say("; none of the {n} pods behind it is ready", "；其后端 {n} 个 Pod 均未就绪", n=len(behind))
        return base._replace(
            says=down, culprit=view.workload(behind[0].ref), waits_on=(ref,),
            cites=(known.cite, behind[0].cite))  # fmt: skip
    if view.has_ready_endpoints(service) is False:
        return base._replace(
            says=Text(en="; it has no ready endpoints", zh="；它没有就绪的端点"),
            culprit=ref, waits_on=(ref,), cites=(known.cite,))  # fmt: skip
    members = [*behind, *(p for p in view.pods_behind(service) if lingers(p, view.now))]
    unready = [p for p in members if not pod_ready(p)] if sign in _CONNECTS else []
    culprit = (
        None
        if sign in (Sign.AUTH, Sign.FORBIDDEN, Sign.NO_DATABASE, Sign.POOL, Sign.LOCK, Sign.RATE)
        else ref
    )
    own_end = (
        sign in (Sign.AUTH, Sign.FORBIDDEN, Sign.NO_DATABASE, Sign.POOL) and told.manner is not Manner.PROBED
    )
    return base._replace(
        says=_partly(unready, members),
        culprit=culprit,
        waits_on=(ref, *(p.ref for p in unready)),
        cites=(known.cite, *(p.cite for p in unready[:2])),
        likelihood=base.likelihood if own_end else Likelihood.MEDIUM,
    )


def _partly(unready: list[Obj], behind: list[Obj]) -> Text:
    if not unready:
        return NOTHING
    return say("; {k} of the {n} pods behind it not ready ({p})",
               "；其后端 {n} 个 Pod 中有 {k} 个未就绪（{p}）",
               k=len(unready), n=len(behind), p=unready[0].name)  # fmt: skip
