"""Servers that answer, and do so with a refusal or a failure of their own; and workers that are all busy.

The connection is well in these cases. Whose fault it is, the server's own log and state tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from kubetriage.domain.evidence import log_of
from kubetriage.domain.finding import Likelihood, Remedy, Specificity, Want
from kubetriage.domain.kube import Obj, containers, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.log_patterns import Sign
from kubetriage.domain.relations.pod import LONG_TAIL
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.configured_callees import configured
from kubetriage.domain.rules.health_scope import measured
from kubetriage.domain.rules.log_stated import Cause, Manner, Stated
from kubetriage.domain.rules.peers import Peer, Place, peer_of, wants_about
from kubetriage.domain.rules.phrases import NOTHING, say
from kubetriage.domain.rules.server_kinds import ServerKind, is_server, kind_of, may_be
from kubetriage.domain.view import ClusterView

FEW_PODS = 2
"""Pods behind a server whose logs are read."""
_STATES: tuple[tuple[str, Text], ...] = (
    ("maxmemory", Text(en="has used up its maxmemory and refuses writes",
                       zh="已用尽 maxmemory，拒绝写入")),
    ("misconf", Text(en="cannot persist its data and refuses writes (MISCONF)",
                     zh="无法持久化数据，拒绝写入（MISCONF）")),
    ("in-sync", Text(en="has fewer in-sync replicas than writes require",
                     zh="同步副本（in-sync replicas）数少于写入所需")),
    ("notenoughreplicas", Text(en="has fewer in-sync replicas than writes require",
                               zh="同步副本（in-sync replicas）数少于写入所需")),
    ("not_enough_replicas", Text(en="has fewer in-sync replicas than writes require",
                                 zh="同步副本（in-sync replicas）数少于写入所需")),
    ("read only replica", Text(en="is a read-only replica, and not the primary, for what is written to it",
                               zh="是只读副本而不是主节点，不接受写入")),
    ("read-only", Text(en="takes no writes: it is read-only, as a replica is",
                       zh="不接受写入：处于只读状态（例如是只读副本）")),
    ("starting up", Text(en="is still starting up", zh="仍在启动中")),
    ("recovery mode", Text(en="is in recovery, as after a crash of it", zh="正处于恢复模式（例如崩溃之后）")),
    ("vault is sealed", Text(en="is sealed and gives out no secrets until it is unsealed",
                             zh="处于 sealed 状态，解封前不提供任何密钥")),
    ("shutting down", Text(en="is shutting down", zh="正在关闭")),
    ("loading", Text(en="is still loading its data", zh="仍在加载数据")),
    ("clusterdown", Text(en="says that its cluster is down", zh="报告其集群不可用（CLUSTERDOWN）")),
    ("masterdown", Text(en="has lost its primary", zh="失去了主节点")),
    ("primary", Text(en="is not the primary, and takes no writes", zh="不是主节点，不接受写入")),
    ("master", Text(en="is not the primary, and takes no writes", zh="不是主节点，不接受写入")),
    ("leader", Text(en="has no leader for what is asked", zh="所请求的分区没有 leader")),
    ("block", Text(en="blocks publishers, as it is short of memory or disk",
                   zh="因内存或磁盘不足阻塞了生产者的连接")),
)  # fmt: skip
"""A part of the answer, in lower case, and what it says of the server."""


def server_cause(view: ClusterView, told: Stated) -> Cause:
    """A server that answers with an error of its own: the object that it is, where the log or the container's
    environment names just one."""
    failing = told.seen.sign is Sign.SERVER_ERROR
    kind = None if failing else kind_of(told.seen.quote)
    if kind is not None and is_server(kind, told.state.image):
        return _own(view, told)
    peer = _peer(view, told, kind)
    name = peer.name if peer is not None else ""
    does = _does(told.seen.quote, failing)
    says = (
        say("it calls {p}, which {d}", "它调用的 {p} {d}", p=name, d=does)
        if name
        else say("a server that it calls {d}", "它调用的服务{d}", d=does)
    )
    slug = f"log.{told.seen.sign.value}"
    base = Cause(slug, "app-dependency", says, likelihood=Likelihood.MEDIUM, specificity=Specificity.GENERAL)
    if peer is None:
        return base
    base = base._replace(quotes=(peer.host,) if peer.host in told.log.text else ())
    if peer.place is Place.OUTSIDE or peer.ref is None:
        return base._replace(remedies=(_ask(peer),))
    wants = (*wants_about(view, told.pod, peer), *_logs_behind(view, peer))
    culprit = _culprit(view, peer)
    return base._replace(
        culprit=culprit, waits_on=(peer.ref, *([culprit] if culprit is not None else [])), wants=wants,
        remedies=(_look(view, peer, culprit),),
    )  # fmt: skip


def _own(view: ClusterView, told: Stated) -> Cause:
    """The server itself logs what it answers its clients: a state that it is in, not why it is."""
    says = say("it {d}", "它{d}", d=_does(told.seen.quote, failing=False))
    members = view.pods_of(view.workload(told.pod.ref))
    down = tuple(p.ref for p in members if p.ref != told.pod.ref and not pod_ready(p))
    return Cause("log.server-state", "app-dependency", says, likelihood=Likelihood.MEDIUM,
                 specificity=Specificity.GENERAL, waits_on=down)  # fmt: skip


def _peer(view: ClusterView, told: Stated, kind: ServerKind | None) -> Peer | None:
    """The callee that the log names, else the only one of the container's environment that may be it."""
    values = told.seen.values
    if host := values.get("host", ""):
        return peer_of(view, told.pod, host, values.get("port", ""))
    if kind is None:
        return None
    named = configured(view, told.pod, told.state)
    peers = [p for variable, p in named if may_be(kind, variable, p, _behind(view, p))]
    return peers[0] if len(peers) == 1 else None


def _does(quote: str, failing: bool) -> Text:
    if failing:
        return Text(en="answers with an error of the server (5xx)", zh="返回了服务端错误（5xx）")
    low = quote.lower()
    return next((t for part, t in _STATES if part in low), Text(en="refuses what is asked", zh="拒绝了请求"))


def _behind(view: ClusterView, peer: Peer) -> list[Obj]:
    service = view.find(peer.ref)
    return view.pods_behind(service) if service is not None and service.ref.kind == "Service" else []


def _culprit(view: ClusterView, peer: Peer) -> Resource | None:
    """What runs behind a Service, if that is one workload; else the Service."""
    works = {view.workload(pod.ref) for pod in _behind(view, peer) if pod.deleted is None}
    return works.pop() if len(works) == 1 else peer.ref


def _ask(peer: Peer) -> Remedy:
    return remedies.escalate(
        say("Ask who runs {p} why it answers so", "联系 {p} 的负责人，查明为何如此应答", p=peer.name),
        Text(en="The quoted answer, its time and how often it came are what they need.",
             zh="请提供引用的应答、时间和次数。"),
    )  # fmt: skip


def _look(view: ClusterView, peer: Peer, culprit: Resource | None) -> Remedy:
    """What the server itself says of it."""
    found = culprit or peer.ref
    logs = [c for p in _behind(view, peer)[:1] for s in containers(p)[:1]
            for c in remedies.see_log(view, p.ref, s.name)]  # fmt: skip
    described = (remedies.describe(found),) if found is not None and view.find(found) is not None else ()
    return remedies.escalate(
        say("Find out on {p} why it answers so", "在 {p} 一侧查明为何如此应答", p=peer.name),
        Text(en="The connection is well: its own log, its settings (limits, replication, disk) and its load "
                "tell why.",
             zh="连接本身正常：请查看其日志、设置（上限、复制、磁盘）和负载。"),
        *logs, *described,
    )  # fmt: skip


def _logs_behind(view: ClusterView, peer: Peer) -> Iterator[Want]:
    why = say("behind {h}, which answers with errors", "位于返回错误的 {h} 之后", h=peer.name)
    for pod in [p for p in _behind(view, peer) if pod_ready(p)][:FEW_PODS] if measured(view) else []:
        for state in containers(pod):
            if state.running and not state.init:
                yield Want(read=log_of(pod.ref, state.name, tail=LONG_TAIL), about=pod.ref, why=why)


def saturated(view: ClusterView, told: Stated) -> Cause:
    """All workers of a server are busy: too few for the load, or each waits long for something."""
    number = told.seen.values.get("name", "")
    says = say("all of its workers are busy{n}, so requests wait or are refused",
               "其工作进程/线程已全部占用{n}，请求只能排队或被拒绝",
               n=say(" (limit {k})", "（上限 {k}）", k=number) if number else NOTHING)  # fmt: skip
    likelihood = Likelihood.MEDIUM if told.manner is Manner.READY else Likelihood.LOW
    return Cause("log.saturated", "misconfigured-app", says, likelihood=likelihood,
                 quotes=(number,) if number else ())  # fmt: skip


SERVERS: Mapping[Sign, Callable[[ClusterView, Stated], Cause]] = MappingProxyType(
    {Sign.SERVER_ERROR: server_cause, Sign.SERVER_STATE: server_cause, Sign.SATURATED: saturated}
)
