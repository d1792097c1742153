"""Requests that fail, as the application, its mesh or its ingress controller counts them: the share that an
object answers with errors, and the share of its calls that a peer fails.

A counter says that requests fail, never why: what it shows is a symptom, or a peer in whom the cause lies.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from kubetriage.domain.evidence import get
from kubetriage.domain.finding import Finding, Likelihood, Remedy, Role, Specificity, Want
from kubetriage.domain.measures import REQUESTS
from kubetriage.domain.resource import Resource
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.peers import Peer, Place, peer_of
from kubetriage.domain.rules.phrases import NOTHING, say, stated
from kubetriage.domain.rules.pod_samples import alert_measures
from kubetriage.domain.samples import Samples, Series, written
from kubetriage.domain.view import ClusterView

if TYPE_CHECKING:
    from kubetriage.domain.rules import Rule

MUCH = 0.05
"""Share of requests that fail from which it is told."""
OF_A_PEER = 0.2
"""Share of the calls to one peer that fail from which the cause may lie in it."""
_STATUSES = sorted({label for each in REQUESTS for label in each.statuses})
_UPSTREAM = sorted({label for each in REQUESTS for label in each.upstream})
_FAILED = re.compile(
    r"5\d\d|5|5xx|0|IO_ERROR|CLIENT_ERROR|Unavailable|Internal|Unknown|DeadlineExceeded|ResourceExhausted"
    r"|DataLoss|Unimplemented",
    re.IGNORECASE,
)
"""Outcomes that are the callee's fault: HTTP 5xx, no answer in Istio's and Spring's words, gRPC's codes."""
_COUNTED = re.compile(
    r"(?<!resource_)requests?_(?:total|count|seconds|duration|errors?|fail)|controller_requests|_rq_"
    r"|grpc_(?:server|client)|responses?_total|http_.*errors?_total",
    re.IGNORECASE,
)
"""Metrics of requests; kube-state-metrics' `…resource_requests` are others."""
_WORDS = re.compile(
    r"error (?:rate|ratio)|success rate|5xx|\b50[0-9]\b|requests? (?:fail|with)|fails? [^.]{0,40}requests"
    r"|of (?:all |its )?(?:requests|calls)|错误率|成功率|失败率|请求失败",
    re.IGNORECASE,
)


class Share(NamedTuple):
    """How many requests a second fail, of how many."""

    failed: float
    whole: float
    worst: str
    """The status that most of the failed ones end with."""

    @property
    def ratio(self) -> float:
        return self.failed / self.whole if self.whole > 0 else 0.0


def share_of(series: Iterable[Series]) -> Share:
    """The sum over series by status; what is NaN or infinite is left out."""
    by_status: dict[str, float] = defaultdict(float)
    for one in series:
        status = next((one.labels[label] for label in _STATUSES if one.labels.get(label)), "")
        by_status[status] += one.value if isfinite(one.value) else 0.0
    failed = {status: rate for status, rate in by_status.items() if _FAILED.fullmatch(status) and rate > 0}
    worst = max(failed, key=lambda status: (failed[status], status), default="")
    return Share(sum(failed.values()), sum(by_status.values()), worst)


def about_requests(view: ClusterView) -> bool:
    """Whether the alert is about requests that fail, by its expression or its words."""
    return alert_measures(view, _COUNTED) or any(
        _WORDS.search(words[:2000]) for words in view.alert.annotations.values()
    )


def answers_with_errors(view: ClusterView) -> Iterator[Finding]:
    """The share of requests that the alert's object answers with errors: a symptom of an alert about them."""
    primary = view.primary
    seen = view.samples("requests", primary) if primary is not None else None
    if primary is None or seen is None:
        return
    share = share_of(seen.series)
    if share.ratio < MUCH:
        return
    yield Finding(
        rule="metrics.request-errors",
        category="overload",
        role=Role.SYMPTOM if about_requests(view) else Role.HINT,
        subject=primary,
        statement=stated(
            "{p} answers {s} of its requests with errors: {f} of {w}, mostly {c}.",
            "{p} 的请求有 {s} 以错误应答：{w} 中的 {f}，多为 {c}。",
            p=str(primary), s=written(share.ratio, "ratio"), f=written(share.failed, "rate"),
            w=written(share.whole, "rate"), c=share.worst,
        ),
        likelihood=Likelihood.LOW,
        specificity=Specificity.GENERAL,
        cites=(seen.cite,),
        quotes=(share.worst,),
        remedies=_look(view, primary),
    )  # fmt: skip


def peers_that_fail(view: ClusterView) -> Iterator[Finding | Want]:
    """The peers that fail many of the calls that the alert's object makes, the worst first.

    The cause may lie in a peer, which is therefore looked at: in which part of it, its own state tells.
    """
    primary = view.primary
    seen = view.samples("calls", primary) if primary is not None else None
    if primary is None or seen is None or not about_requests(view):
        return
    for name, share in _by_peer(seen)[:2]:
        peer = _peer(view, primary, name)
        if peer is not None and peer.ref is not None and peer.ref.kind == "Service":
            why = say("fails {s} of the calls of {p}", "{p} 对它的调用有 {s} 失败",
                      s=written(share.ratio, "ratio"), p=str(primary))  # fmt: skip
            yield Want(read=get(peer.ref), about=peer.ref, why=why)
        yield _of_peer(view, primary, name, share, peer, seen.cite)


def _by_peer(seen: Samples) -> list[tuple[str, Share]]:
    found: dict[str, list[Series]] = defaultdict(list)
    for one in seen.series:
        name = next((one.labels[label] for label in _UPSTREAM if one.labels.get(label)), "")
        if name:
            found[name].append(one)
    shares = [(name, share_of(series)) for name, series in sorted(found.items())]
    failing = [(name, share) for name, share in shares if share.ratio >= OF_A_PEER]
    return sorted(failing, key=lambda pair: (-pair[1].failed, pair[0]))


_ENVOY = re.compile(r"(?:out|in)bound\|\d*\|[^|]*\|(?P<host>[^|]+)")


def _peer(view: ClusterView, primary: Resource, name: str) -> Peer | None:
    """The object that a label's value names: a Service, its DNS name, an URL's host, or Envoy's cluster."""
    envoy = _ENVOY.fullmatch(name)
    host = (envoy["host"] if envoy else name.rpartition("//")[2]).partition("/")[0].partition(":")[0]
    pods = view.pods_of(primary)
    return peer_of(view, pods[0], host.lower()) if pods and re.fullmatch(r"[\w.-]+", host) else None


def _of_peer(
    view: ClusterView, primary: Resource, name: str, share: Share, peer: Peer | None, cite: str
) -> Finding:
    service = view.find(peer.ref) if peer is not None else None
    outside = peer is not None and peer.place is Place.OUTSIDE
    where = say("; it is outside the cluster", "；它位于集群之外") if outside else NOTHING
    workload = view.workload(primary)
    return Finding(
        rule="metrics.peer-fails",
        category="app-dependency",
        role=Role.CAUSE,
        subject=primary,
        culprit=service.ref if service is not None else workload,
        statement=stated(
            "{p}: {s} of its calls to {n} fail ({f} of {w}, mostly {c}){where}.",
            "{p}：对 {n} 的调用有 {s} 失败（{w} 中的 {f}，多为 {c}）{where}。",
            p=str(primary), n=name, s=written(share.ratio, "ratio"), f=written(share.failed, "rate"),
            w=written(share.whole, "rate"), c=share.worst, where=where,
        ),
        likelihood=Likelihood.MEDIUM,
        specificity=Specificity.NAMED if service is not None else Specificity.GENERAL,
        waits_on=(peer.ref,) if peer is not None and peer.ref is not None else (),
        cites=(cite, *((service.cite,) if service is not None else ())),
        quotes=(share.worst,),
        remedies=(_ask_owner(name), *_look(view, service.ref if service is not None else primary)),
    )  # fmt: skip


def _ask_owner(name: str) -> Remedy:
    return remedies.escalate(
        say("Ask the owners of {n} about its errors", "向 {n} 的负责人确认其错误", n=name),
        say("Tell them the share and the status of the calls that fail, and since when.",
            "请提供失败调用的占比、状态码和开始时间。"),
    )  # fmt: skip


def _look(view: ClusterView, ref: Resource) -> tuple[Remedy, ...]:
    if view.find(ref) is None:
        return ()
    return (
        remedies.check(
            say("Look at the logs of the pods that answer", "查看应答 Pod 的日志"),
            say("The counter says how many fail, the log says why.", "计数器只说明失败数量，日志说明原因。"),
            remedies.describe(ref),
        ),
    )


RULES: tuple[Rule, ...] = (answers_with_errors, peers_that_fail)
