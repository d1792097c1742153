"""What takes long in the log of a container whose slowness the alert measures."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.evidence import log_of
from kubetriage.domain.finding import Finding, Likelihood, Role, Specificity, Want
from kubetriage.domain.kube import Obj, containers, pod_ready
from kubetriage.domain.language import Text
from kubetriage.domain.log_signs import endpoint
from kubetriage.domain.logs import Record, records, signature
from kubetriage.domain.relations.pod import LONG_TAIL
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.alert_words import SLOWNESS, speaks_of
from kubetriage.domain.rules.grouping import PodGroup, focus_pods, fresh, group_pods, node_down, told_apart
from kubetriage.domain.rules.health_scope import measured
from kubetriage.domain.rules.log_stated import REPEATED, of_primary, stated
from kubetriage.domain.rules.peers import Peer, peer_of, wants_about
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import fitting, grounded, named, short
from kubetriage.domain.view import ClusterView, LogText

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

SLOW = 1.0
"""Seconds from which an operation is spoken of."""
HOPS = 3
"""Calls that are followed from the alert's own pods: a callee's log may measure what it waits for."""
FEW_PODS = 2
"""Pods behind a callee whose logs are read."""
AS_LONG = 0.8
"""Share of the longest operation's time from which another one counts as what takes that time."""
_TOOK = re.compile(
    r"\b(?:in|took|takes|taken|after|within|duration|elapsed|latency|time)[ =:]+(?P<n>\d{1,9}(?:\.\d{1,9})?)"
    r" ?(?P<unit>ms|milliseconds?|s|secs?|seconds?)\b",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"\b(?:database|db|sql|quer(?:y|ies)|procedure|transaction|redis|cache|queue|broker|upstream|downstream"
    r"|remote|rpc|grpc|api|calls?|fetch\w*|request to|dns|storage|disk|external|backend)\b",
    re.IGNORECASE,
)


_TO_COME = re.compile(
    r"\b(?:retry\w*|retries|again|(?:re)?connect\w*|expir\w+|refresh\w*|next \w+|scheduled|sleep\w*|waiting"
    r"|back(?:ing)? ?off|starts?|due|changes|failures|errors|restarts|times) $",
    re.IGNORECASE,
)
"""What stands before a span that is still to come, or in which things were counted."""


class Operation(NamedTuple):
    """Something that a log says the duration of."""

    record: Record
    """Its latest occurrence."""
    times: int
    usual: float
    """The median, in seconds."""
    longest: float

    @property
    def calls(self) -> bool:
        """Whether it is a call to something else."""
        return bool(_CALLS.search(self.record.said))


@lru_cache(maxsize=64)
def slowest(text: str) -> Operation | None:
    """What most of the time goes to: of operations that take about as long, the call to something else, or
    the one that ends first."""
    found: defaultdict[str, list[tuple[Record, float]]] = defaultdict(list)
    for record in records(text):
        took = _TOOK.search(record.said)
        if took is not None and not _TO_COME.search(record.said[: took.start()]):
            scale = 1000 if took["unit"].lower().startswith("m") else 1
            found[signature(record.said)].append((record, float(took["n"]) / scale))
    made = [
        Operation(each[-1][0], len(each), median(s for _, s in each), max(s for _, s in each))
        for each in found.values()
        if len(each) >= REPEATED
    ]
    slow = [o for o in made if o.usual >= SLOW]
    most = max((o.usual for o in slow), default=0.0)
    alike = [o for o in slow if o.usual >= AS_LONG * most]
    return next((o for o in alike if o.calls), alike[0] if alike else None)


class Slow(NamedTuple):
    """A container whose log measures something slow, and the Service that this calls."""

    pod: Obj
    name: str
    operation: Operation
    log: LogText
    peer: Peer | None


@told_apart
def slow_operations(view: ClusterView) -> Iterator[Finding | Want]:
    """The operation that makes a container slow, as its own log measures it, and as its callee's does."""
    if not (measured(view) and speaks_of(view, SLOWNESS)):
        return
    near = [p for p in focus_pods(view) if of_primary(view, p) and pod_ready(p) and not node_down(view, p)]
    read = {(t.pod.ref, t.state.name) for t in stated(view)}
    called: dict[Resource, Resource] = {}
    seen: set[Resource] = set()
    found: dict[tuple[Resource, str], Slow] = {}
    for _ in range(HOPS):
        made = [s for pod in near for s in _slow(view, pod) if (pod.ref, s.name) not in read]
        found |= {(s.pod.ref, s.name): s for s in made}
        seen |= {pod.ref for pod in near}
        near = []
        for slow in made:
            if slow.peer is not None:
                yield from wants_about(view, slow.pod, slow.peer)
                yield from _logs_behind(view, slow.peer)
                behind = [p for p in _behind(view, slow.peer) if p.ref not in seen]
                called |= {p.ref: slow.peer.ref for p in behind if slow.peer.ref is not None}
                near += behind
    shown = [(s.pod, (s.name, signature(s.operation.record.said))) for s in found.values()]
    for (name, _), group in group_pods(view, shown):
        service = called.get(group.lead.ref)
        made_by = _finding(view, group, name, found[(group.lead.ref, name)])
        yield made_by.model_copy(update={"explains": (service,)}) if service is not None else made_by


def _slow(view: ClusterView, pod: Obj) -> Iterator[Slow]:
    for state in containers(pod):
        log = view.log(pod.ref, state.name)
        operation = slowest(log.text) if log is not None else None
        if log is not None and operation is not None and fresh(view, operation.record.at):
            host, port = endpoint(operation.record.said)
            peer = peer_of(view, pod, host, port) if host else None
            yield Slow(pod, state.name, operation, log, peer)


def _behind(view: ClusterView, peer: Peer) -> list[Obj]:
    """Some ready pods behind the Service that is called."""
    service = view.find(peer.ref)
    if service is None or service.ref.kind != "Service":
        return []
    return [p for p in view.pods_behind(service) if pod_ready(p)][:FEW_PODS]


def _logs_behind(view: ClusterView, peer: Peer) -> Iterator[Want]:
    for pod in _behind(view, peer):
        why = say("behind {h}, which is slow to answer", "位于响应慢的 {h} 之后", h=peer.name)
        for state in containers(pod):
            if state.running and not state.init:
                yield Want(read=log_of(pod.ref, state.name, tail=LONG_TAIL), about=pod.ref, why=why)


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def _finding(view: ClusterView, group: PodGroup, name: str, slow: Slow) -> Finding:
    operation, log = slow.operation, slow.log

    def statement(room: int) -> Text:
        return say(
            "{who}: what takes long in container {c} is “{q}”: {n} times, usually {u}, at most {m}.",
            "{who}：容器 {c} 中耗时的是“{q}”：{n} 次，通常 {u}，最长 {m}。",
            who=group.who, c=name, n=operation.times, q=short(operation.record.said, room),
            u=_seconds(operation.usual), m=_seconds(operation.longest),
        )  # fmt: skip

    look = remedies.check(
        Text(en="Read what it does before that line", zh="查看该行之前的操作"),
        Text(en="The lines before name the query, host or step whose time is measured.",
             zh="之前的几行写明了被计时的查询、主机或步骤。"),
        *remedies.see_log(view, group.lead.ref, name),
    )  # fmt: skip
    ask = remedies.escalate(
        say("Ask who runs what {w} calls there", "联系 {w} 所调用对象的负责人", w=named(group.workload)),
        Text(en="They need the quoted operation, how long it takes and since when; if it is its own work, "
                "its developers do.",
             zh="请提供引用的操作、耗时和开始时间；若是自身处理慢，则联系其开发者。"),
    )  # fmt: skip
    return Finding(
        rule="log.slow-operation",
        category="slow-dependency",
        role=Role.CAUSE,
        subject=group.lead.ref,
        culprit=group.culprit,
        statement=fitting(statement),
        likelihood=Likelihood.MEDIUM,
        specificity=Specificity.NAMED,
        waits_on=(slow.peer.ref,) if slow.peer is not None and slow.peer.ref is not None else (),
        cites=(*group.cites, log.cite),
        quotes=grounded(log.text, short(operation.record.said, 60)),
        remedies=remedies.with_rollback(view, group.workload, ask, look),
    )


RULES: tuple[Rule, ...] = (slow_operations,)
