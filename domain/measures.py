"""The queries that are put to a Prometheus, in one table, and how each is asked about an object.

Metrics: kubelet (`kubelet_volume_stats_*`), its cAdvisor (`container_*`), kube-state-metrics (`kube_*`),
node-exporter (`node_*`), and what applications, meshes and ingress controllers commonly call their requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from kubetriage.domain.evidence import Read, query_of
from kubetriage.domain.language import Text, text
from kubetriage.domain.promql import equals, literally, matches, metrics_in, one_of
from kubetriage.domain.resource import Resource

MOST_QUERIES = 7
"""Of one run; usually three to six."""
MOST_PODS = 20
"""Pods that are named one by one."""


class Measure(NamedTuple):
    """One query: what it asks of whom, in PromQL; `<…>` stands for matchers or a selection."""

    expr: str
    unit: str
    """bytes, ratio or rate; empty where the metric's own name says it, or for plain numbers."""
    what: Text


MEASURES: Mapping[str, Measure] = {
    "alert-now": Measure("<expression>", "", text("the alert's own expression now", "告警表达式的当前值")),
    "alert-range": Measure(
        "<expression>",
        "",
        text("the alert's own expression since before it fired", "告警表达式在触发前后的值"),
    ),
    "alert-series": Measure(
        "count by (__name__) ({<metrics>})",
        "",
        text("whether the series of the alert's expression exist", "告警表达式所用的时间序列是否存在"),
    ),
    "volume": Measure(
        'max by (__name__, namespace, persistentvolumeclaim) ({__name__=~"kubelet_volume_stats_'
        '(capacity_bytes|used_bytes|available_bytes|inodes|inodes_used)",<claim>})',
        "",
        text("how full its volume is", "卷的使用情况"),
    ),
    "throttling": Measure(
        "sum by (namespace, pod, container) (increase(container_cpu_cfs_throttled_periods_total{<pods>,"
        'container!=""}[10m])) / sum by (namespace, pod, container) '
        '(increase(container_cpu_cfs_periods_total{<pods>,container!=""}[10m]))',
        "ratio",
        text("in which share of CPU periods its containers are throttled", "容器 CPU 被限流的周期占比"),
    ),
    "memory": Measure(
        "label_replace(max by (namespace, pod, container) (max_over_time(container_memory_working_set_bytes"
        '{<pods>,container!="",container!="POD"}[1h])), "of", "working set", "", "") or label_replace('
        'max by (namespace, pod, container) (kube_pod_container_resource_limits{<pods>,resource="memory"}),'
        ' "of", "limit", "", "")',
        "bytes",
        text("the most memory that its containers used in the last hour", "容器最近一小时的内存峰值"),
    ),
    "restarts": Measure(
        "sum by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total{<pods>}[1h])) "
        "or max by (namespace, pod, container, reason) "
        "(kube_pod_container_status_last_terminated_reason{<pods>} == 1)",
        "",
        text("how often its containers restarted, and how they ended", "容器的重启次数与终止原因"),
    ),
    "requests-known": Measure(
        "count by (__name__) (<requests>)",
        "",
        text("which metrics of requests it has", "有哪些请求指标"),
    ),
    "requests": Measure(
        "sum by (<statuses>) (rate(<requests>[5m]))",
        "rate",
        text("the requests it answers, by status", "按状态统计的请求量"),
    ),
    "calls": Measure(
        "sum by (<statuses>) (rate(<requests>[5m]))",
        "rate",
        text("the calls it makes, by whom it calls and by status", "按被调用方和状态统计的调用量"),
    ),
    "node-filesystem": Measure(
        'max by (__name__, device, mountpoint) ({__name__=~"node_filesystem_(avail|size)_bytes",'
        'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660",<node>})',
        "",
        text("how full its file systems are", "节点文件系统的使用情况"),
    ),
    "node-memory": Measure(
        'max by (__name__) ({__name__=~"node_memory_Mem(Available|Total)_bytes",<node>})',
        "",
        text("how much memory it has left", "节点的剩余内存"),
    ),
}
"""Every query there is, by its name."""


def unit_of(measure: str) -> str:
    """The unit of a query's values; empty where the metric's name says it."""
    known = MEASURES.get(measure)
    return known.unit if known is not None else ""


_HOLE = re.compile(r"<[a-z]+>")


def _asked(measure: str, about: Resource, at: datetime, **filling: str) -> Read:
    """The query with its holes filled, in one pass: what is filled in is not looked at again."""
    expr = _HOLE.sub(lambda hole: filling[hole[0][1:-1]], MEASURES[measure].expr)
    return query_of(expr, about, measure, at)


# ---- whom a query is about


_POD_NAMES = {
    "Deployment": "-[a-z0-9]+-[a-z0-9]{5}",
    "ReplicaSet": "-[a-z0-9]{5}",
    "ReplicationController": "-[a-z0-9]{5}",
    "StatefulSet": "-[0-9]+",
    "DaemonSet": "-[a-z0-9]{5}",
    "Job": "-(?:[0-9]+-)?[a-z0-9]{5}",
    "CronJob": "-[0-9]+-(?:[0-9]+-)?[a-z0-9]{5}",
}
"""How controllers name their pods; pods of others may fit too, and are told apart when answers are read."""


def pods_of(about: Resource, pods: Iterable[str] = ()) -> str:
    """The matchers for a Pod, for a workload's pods by their names' form, or for the pods given; or empty."""
    space = equals("namespace", about.namespace)
    if about.kind == "Pod":
        return f"{space},{equals('pod', about.name)}"
    if about.kind in _POD_NAMES:
        return f"{space},{matches('pod', literally(about.name) + _POD_NAMES[about.kind])}"
    known = sorted(pods)[:MOST_PODS]
    return f"{space},{one_of('pod', known)}" if known else ""


def volume(claim: Resource, at: datetime) -> Read:
    named = f"{equals('namespace', claim.namespace)},{equals('persistentvolumeclaim', claim.name)}"
    return _asked("volume", claim, at, claim=named)


def of_pods(measure: str, about: Resource, pods: str, at: datetime) -> Read:
    """`throttling`, `memory` or `restarts` of the pods that the matchers choose."""
    return _asked(measure, about, at, pods=pods)


def of_node(measure: str, node: Resource, addresses: Sequence[str], at: datetime) -> Read:
    """`node-filesystem` or `node-memory`: node-exporter's `instance` is a node's name or address."""
    names = "|".join(literally(name) for name in dict.fromkeys([node.name, *addresses]))
    return _asked(measure, node, at, node=matches("instance", f"(?:{names})(?::[0-9]+)?"))


# ---- requests


class RequestMetric(NamedTuple):
    """A counter of requests as a library, a mesh or an ingress controller names it."""

    metric: str
    calls: bool
    """Whether it counts the calls that a pod makes, not the requests that it answers."""
    statuses: tuple[str, ...]
    """Labels that may hold the outcome of a request."""
    upstream: tuple[str, ...] = ()
    """Labels that say who is called; the first that has a value."""
    only: str = ""
    """A matcher that belongs to it."""


REQUESTS: tuple[RequestMetric, ...] = (
    RequestMetric("http_requests_total", False, ("code", "status", "status_code")),
    RequestMetric("http_server_requests_seconds_count", False, ("status",)),  # Spring Boot
    RequestMetric("http_server_request_duration_seconds_count", False, ("http_response_status_code",)),
    RequestMetric("http_request_duration_seconds_count", False, ("code", "status", "status_code")),
    RequestMetric("grpc_server_handled_total", False, ("grpc_code",)),
    RequestMetric(
        "istio_requests_total", False, ("response_code",), only=equals("reporter", "destination")
    ),
    RequestMetric(
        "istio_requests_total", True, ("response_code",), ("destination_service_name",),
        equals("reporter", "source"),
    ),
    RequestMetric("http_client_requests_seconds_count", True, ("status",), ("client_name",)),  # Spring Boot
    RequestMetric(
        "http_client_request_duration_seconds_count", True, ("http_response_status_code",),
        ("server_address",),
    ),
    RequestMetric("grpc_client_handled_total", True, ("grpc_code",), ("grpc_service",)),
    RequestMetric(
        "envoy_cluster_upstream_rq_xx", True, ("envoy_response_code_class",), ("envoy_cluster_name",)
    ),
)  # fmt: skip
"""Those of one name count the same requests at both ends; the first that exists is taken."""
ENTRANCE = RequestMetric("nginx_ingress_controller_requests", False, ("status",))
"""Its labels name Ingress and Service, not a pod; `exported_…` where the scraper's own labels win."""


def requests_known(about: Resource, pods: str, at: datetime) -> Read:
    """Which of the counters there are for these pods, or before this Service or Ingress."""
    asked = [f"{{{one_of('__name__', (each.metric for each in REQUESTS))},{pods}}}"] if pods else []
    asked += _before(about, ENTRANCE.metric)
    return _asked("requests-known", about, at, requests=" or ".join(asked))


def requests(about: Resource, known: Iterable[str], pods: str, at: datetime) -> list[Read]:
    """What to ask for of the counters that are known: requests answered, and calls made."""
    there, found = set(known), []
    before = _before(about, ENTRANCE.metric) if ENTRANCE.metric in there else []
    if before:
        chosen = " or ".join(f"rate({each}[5m])" for each in before)
        found.append(query_of(f"sum by (status) ({chosen})", about, "requests", at))
    for calls in (False, True):
        each = next((one for one in REQUESTS if one.calls is calls and one.metric in there), None)
        if each is None or not pods or (before and not calls):
            continue
        selected = f"{each.metric}{{{f'{each.only},' if each.only else ''}{pods}}}"
        labels = ", ".join((*each.upstream, *each.statuses))
        measure = "calls" if calls else "requests"
        found.append(_asked(measure, about, at, requests=selected, statuses=labels))
    return found


def _before(about: Resource, metric: str) -> list[str]:
    """The ingress controller's series for a Service or an Ingress."""
    if about.kind not in ("Service", "Ingress"):
        return []
    label = about.kind.lower()
    by_target = [equals("exported_namespace", about.namespace), equals(f"exported_{label}", about.name)]
    by_scraper = [equals("namespace", about.namespace), equals(label, about.name)]
    if label == "ingress":  # no scraper has a label of that name of its own
        by_target[1] = equals(label, about.name)
    return [f"{metric}{{{','.join(each)}}}" for each in (by_target, by_scraper)]


# ---- the alert's own expression


LONGEST_RANGE = timedelta(hours=24)
BEFORE = timedelta(hours=1)
"""How far before an alert's start its expression is looked at: `for:` is seldom longer."""
_POINTS = 120
_SHORTEST_STEP = 30


def alert_now(about: Resource, expr: str, at: datetime) -> Read:
    return query_of(expr, about, "alert-now", at)


def alert_range(about: Resource, expr: str, at: datetime, began: datetime | None) -> Read:
    """The expression from an hour before the alert's start until now, in at most 120 steps."""
    span = min((at - began if began is not None and began < at else timedelta()) + BEFORE, LONGEST_RANGE)
    step = -(-int(span.total_seconds()) // _POINTS // _SHORTEST_STEP) * _SHORTEST_STEP
    seconds = int(span.total_seconds()) // step * step
    return query_of(expr, about, "alert-range", at, seconds=seconds, step=step)


_IDENTITY = (
    "namespace", "pod", "container", "deployment", "statefulset", "daemonset", "replicaset", "job_name",
    "cronjob", "persistentvolumeclaim", "node", "instance", "service", "ingress", "horizontalpodautoscaler",
)  # fmt: skip
"""Labels that say whom an alert is about."""


def alert_series(about: Resource, expr: str, labels: Mapping[str, str], at: datetime) -> Read | None:
    """Which metrics of the expression have series now that could be the alert's; None if it reads none.

    A metric need not have every label of the alert, but none with another value.
    """
    metrics = metrics_in(expr)
    if not metrics:
        return None
    own = [matches(name, f"{literally(labels[name])}|") for name in _IDENTITY if labels.get(name)]
    return _asked("alert-series", about, at, metrics=",".join([one_of("__name__", metrics), *own]))
