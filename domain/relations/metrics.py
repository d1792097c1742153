"""What a Prometheus can tell of the alert and of its object, where one is configured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from kubetriage.domain import measures
from kubetriage.domain.alert import AlertStatus
from kubetriage.domain.alert_expression import expression_of, own_series, subject_of_queries
from kubetriage.domain.evidence import ASKS_PROMETHEUS, FailureKind, Read, rules_of
from kubetriage.domain.finding import Want
from kubetriage.domain.kube import Obj, containers, pod_settled
from kubetriage.domain.language import Text, text
from kubetriage.domain.relations.base import Relation
from kubetriage.domain.resource import WORKLOADS, Resource
from kubetriage.domain.view import ClusterView, claims_of

_HOPELESS = frozenset({FailureKind.FORBIDDEN, FailureKind.UNAVAILABLE, FailureKind.TIMEOUT})
"""Failures after which no other query is tried."""
_CLAIMS = 2
"""Claims of pods in trouble whose volumes are asked for."""


def measured(view: ClusterView) -> Iterator[Want]:
    """The alert's own expression first, then what is measured of its object, as many as one run may ask."""
    if not view.has_metrics or not view.answered:
        return
    asked = [seen for seen in view.observations if seen.read.verb in ASKS_PROMETHEUS]
    if any(seen.failure is not None and seen.failure.kind in _HOPELESS for seen in asked):
        return
    room = measures.MOST_QUERIES - len(asked)
    for read in (*_of_alert(view), *_of_object(view)):
        if room > 0 and not view.asked(read):
            room -= 1
            yield Want(read=read, about=_about(view, read), why=_why(read))


def _about(view: ClusterView, read: Read) -> Resource:
    """The object that is looked at; an alert without one has none that a report could list."""
    if read.kind != "Alert":
        return read.resource
    return view.primary or Resource(kind="Alert", name="")


def _why(read: Read) -> Text:
    known = measures.MEASURES.get(read.measure)
    return known.what if known is not None else text("the rule that made the alert fire", "触发告警的规则")


# ---- the alert's own expression


def _of_alert(view: ClusterView) -> Iterator[Read]:
    alert, about = view.alert, subject_of_queries(view)
    if alert.status is AlertStatus.RESOLVED or alert.source == "resource":
        return
    expr = expression_of(view)
    if not expr:
        yield rules_of(alert.name)
        return
    yield measures.alert_now(about, expr, view.now)
    yield measures.alert_range(about, expr, view.now, alert.starts_at)
    now = view.samples("alert-now", about)
    if now is not None and not own_series(view, now.series):
        series = measures.alert_series(about, expr, alert.labels, view.now)
        if series is not None:
            yield series


# ---- what is measured of the alert's object


def _of_object(view: ClusterView) -> Iterator[Read]:
    primary = view.primary
    if primary is None:
        return
    found = view.find(primary)
    if primary.kind == "PersistentVolumeClaim" and found is not None:
        yield measures.volume(primary, view.now)
    elif primary.kind == "Node" and found is not None:
        addresses = [Obj(one).text("address") for one in found.items("status", "addresses")]
        for measure in ("node-filesystem", "node-memory"):
            yield measures.of_node(measure, primary, [one for one in addresses if one], view.now)
    elif primary.kind == "Pod" and view.is_absent(primary):
        for measure in ("restarts", "memory"):
            yield measures.of_pods(measure, primary, measures.pods_of(primary), view.now)
    elif primary.kind in ("Service", "Ingress") and found is not None:
        yield from _of_requests(view, primary, view.pods_behind(found), view.now)
    elif primary.kind == "Pod" or primary.kind in WORKLOADS:
        yield from _of_workload(view, primary)


def _of_workload(view: ClusterView, about: Resource) -> Iterator[Read]:
    """Of pods that ran; of those that never started nothing was measured."""
    pods = view.pods_of(about)
    if not any(state.running or state.last_terminated for pod in pods for state in containers(pod)):
        return
    ill = [pod for pod in pods if not pod_settled(pod)]
    for claim in list(dict.fromkeys(claim for pod in ill for claim in claims_of(pod)))[:_CLAIMS]:
        yield measures.volume(claim, view.now)
    for measure in ("memory", "throttling"):
        yield measures.of_pods(measure, about, measures.pods_of(about), view.now)
    yield from _of_requests(view, about, pods, view.now)


def _of_requests(view: ClusterView, about: Resource, pods: Sequence[Obj], at: datetime) -> Iterator[Read]:
    """Which counters there are, then what they count; asked once, whatever pods come and go meanwhile."""
    before = view.queries("requests-known", about)
    chosen = measures.pods_of(about, (pod.name for pod in pods))
    if not before:
        if chosen or about.kind == "Ingress":
            yield measures.requests_known(about, chosen, at)
        return
    known = view.samples("requests-known", about)
    asked = view.queries("requests", about) or view.queries("calls", about)
    if known is not None and not asked:
        yield from measures.requests(about, (series.name for series in known.series), chosen, at)


RELATIONS: tuple[Relation, ...] = (measured,)
