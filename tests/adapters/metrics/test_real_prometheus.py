"""Every query of the table, the alert's own expression and rules, against a real Prometheus with real samples."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from kubetriage.adapters.metrics.connection import PrometheusConnection
from kubetriage.adapters.metrics.examination import examine_metrics
from kubetriage.adapters.metrics.prometheus import Prometheus
from kubetriage.domain import measures
from kubetriage.domain.evidence import FailureKind, Observation, Read, query_of, rules_of
from kubetriage.domain.promql import equals, literally, matches, one_of
from kubetriage.domain.resource import resource
from kubetriage.domain.samples import Samples, samples_of

pytestmark = pytest.mark.slow

CLAIM = resource("PersistentVolumeClaim", "shop", "data")
WEB = resource("Deployment", "shop", "web")
POD = resource("Pod", "shop", "web-7d9f-abcde")
SERVICE = resource("Service", "shop", "web")
NODE = resource("Node", "", "n1")
PREFIX = "/metrics/x"

PAGE = """
kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim="data",node="n1"} 10737418240
kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data",node="n1"} 10307921510
kubelet_volume_stats_available_bytes{namespace="shop",persistentvolumeclaim="data",node="n1"} 429496730
kubelet_volume_stats_inodes{namespace="shop",persistentvolumeclaim="data",node="n1"} 655360
kubelet_volume_stats_inodes_used{namespace="shop",persistentvolumeclaim="data",node="n1"} 1000
kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="other",node="n1"} 5
kube_pod_container_resource_limits{namespace="shop",pod="web-7d9f-abcde",container="app",resource="memory"} 268435456
kube_pod_container_status_last_terminated_reason{namespace="shop",pod="web-7d9f-abcde",container="app",reason="OOMKilled"} 1
kube_node_info{node="n1"} 1
machine_cpu_cores{node="n1"} 4
node_filesystem_avail_bytes{instance="10.0.0.1:9100",device="/dev/sda1",mountpoint="/",fstype="ext4"} 1073741824
node_filesystem_size_bytes{instance="10.0.0.1:9100",device="/dev/sda1",mountpoint="/",fstype="ext4"} 21474836480
node_filesystem_avail_bytes{instance="10.0.0.1:9100",device="tmpfs",mountpoint="/run",fstype="tmpfs"} 1
node_memory_MemAvailable_bytes{instance="10.0.0.1:9100"} 300000000
node_memory_MemTotal_bytes{instance="10.0.0.1:9100"} 8000000000
odd_value{kind="nan"} NaN
odd_value{kind="inf"} +Inf
zero_value 0
token_holder{config="password=hunter2hunter2"} 1
"""
MANY = "".join(f'many_series{{number="{n}"}} 1\n' for n in range(900))
RULES = """
groups:
- name: shop
  rules:
  - alert: DataFills
    expr: kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.1
    for: 1h
    labels: {severity: critical}
  - alert: Twice
    expr: up == 0
    labels: {severity: warning}
  - alert: Twice
    expr: up == 1
    labels: {severity: critical}
  - record: Twice
    expr: sum(up)
"""


def past(now: datetime) -> str:
    """An hour of samples, one each 30 s: throttled 9 of 10 periods, memory that peaks, requests of which one in
    five fails, calls that a peer fails, and a ratio that was too high for the half hour before the last quarter."""
    times = [now - timedelta(seconds=30 * i) for i in range(120, 1, -1)]
    pod = 'namespace="shop",pod="web-7d9f-abcde"'
    app = f'{pod},container="app"'
    rows: dict[str, list[str]] = {}

    def add(metric: str, labels: str, values: list[float]) -> None:
        lines = rows.setdefault(metric, [])
        lines += [f"{metric}{{{labels}}} {v} {t.timestamp():.0f}" for v, t in zip(values, times, strict=True)]

    steps = range(len(times))
    add("container_cpu_cfs_periods_total", app, [300.0 * i for i in steps])
    add("container_cpu_cfs_throttled_periods_total", app, [270.0 * i for i in steps])
    add("container_memory_working_set_bytes", app, [1e8 if i != 60 else 2.6e8 for i in steps])
    add("kube_pod_container_status_restarts_total", app, [float(i // 40) for i in steps])
    add("http_requests_total", f'{pod},code="200"', [240.0 * i for i in steps])
    add("http_requests_total", f'{pod},code="503"', [60.0 * i for i in steps])
    source = f'{pod},reporter="source",destination_service_name="pay"'
    add("istio_requests_total", f'{source},response_code="503"', [90.0 * i for i in steps])
    high = [
        0.2 if times[-1] - timedelta(minutes=45) <= t < times[-1] - timedelta(minutes=15) else 0.01
        for t in times
    ]
    add("error_ratio", 'namespace="shop",deployment="web"', high)
    counters = {"container_cpu", "kube_pod", "http_req", "istio_re"}
    text = "".join(
        f"# TYPE {name.removesuffix('_total')} {'counter' if name[:8] in {c[:8] for c in counters} else 'gauge'}\n"
        + "\n".join(lines)
        + "\n"
        for name, lines in sorted(rows.items())
    )
    return f"{text}# EOF\n"


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def url(run_prometheus: Callable[..., str], now: datetime) -> str:
    return run_prometheus(PAGE + MANY, RULES, past(now), PREFIX)


@pytest_asyncio.fixture
async def prometheus(url: str) -> AsyncIterator[Prometheus]:
    source = Prometheus(PrometheusConnection(name="shop", url=url))
    yield source
    await source.close()


async def asked(prometheus: Prometheus, read: Read) -> Observation:
    seen = await prometheus.read(read)
    assert seen.failure is None, (read.expr, seen.failure)
    return seen


async def samples(prometheus: Prometheus, read: Read) -> Samples:
    return samples_of(await asked(prometheus, read))


async def test_how_full_a_volume_is(prometheus: Prometheus) -> None:
    """Room and inodes of the claim that is asked about, and of no other."""
    found = await samples(prometheus, measures.volume(CLAIM, datetime.now(UTC)))
    values = {s.name.removeprefix("kubelet_volume_stats_"): s.value for s in found.series}
    assert values["used_bytes"] == 10307921510
    assert values["available_bytes"] == 429496730
    assert values["inodes"] == 655360
    assert len(values) == 5


async def test_what_is_measured_of_pods(prometheus: Prometheus, now: datetime) -> None:
    """Throttling as a share, the peak of memory beside its limit, restarts beside the last reason; of a pod by
    its name and of a workload by how its pods are named."""
    for about in (POD, WEB):
        pods = measures.pods_of(about)
        shares = await samples(prometheus, measures.of_pods("throttling", about, pods, now))
        assert [round(s.value, 2) for s in shares.series] == [0.9]
        assert shares.series[0].labels == {"namespace": "shop", "pod": POD.name, "container": "app"}
        memory = await samples(prometheus, measures.of_pods("memory", about, pods, datetime.now(UTC)))
        assert {s.labels["of"]: s.value for s in memory.series} == {"working set": 2.6e8, "limit": 268435456}
        ends = await samples(prometheus, measures.of_pods("restarts", about, pods, datetime.now(UTC)))
        assert [s.labels["reason"] for s in ends.series if "reason" in s.labels] == ["OOMKilled"]
        assert max(s.value for s in ends.series) > 1


async def test_requests_and_calls(prometheus: Prometheus, now: datetime) -> None:
    """First which counters there are, then what they count: only what exists is asked for."""
    for about, pods in ((WEB, measures.pods_of(WEB)), (SERVICE, measures.pods_of(SERVICE, [POD.name]))):
        known = await samples(prometheus, measures.requests_known(about, pods, now))
        names = [s.name for s in known.series]
        assert sorted(names) == ["http_requests_total", "istio_requests_total"]
        served, calls = measures.requests(about, names, pods, now)
        rates = {s.labels["code"]: s.value for s in (await samples(prometheus, served)).series}
        assert rates["503"] == pytest.approx(2.0, rel=0.25) and rates["200"] == pytest.approx(8.0, rel=0.25)
        peers = (await samples(prometheus, calls)).series
        assert [s.labels for s in peers] == [{"destination_service_name": "pay", "response_code": "503"}]


async def test_what_is_left_of_a_node(prometheus: Prometheus) -> None:
    """By the node's name or address, file systems of memory left out."""
    for measure, count in (("node-filesystem", 2), ("node-memory", 2)):
        read = measures.of_node(measure, NODE, ["10.0.0.1"], datetime.now(UTC))
        assert len((await samples(prometheus, read)).series) == count
        elsewhere = measures.of_node(measure, NODE, ["10.0.0.10"], datetime.now(UTC))
        assert (await samples(prometheus, elsewhere)).series == ()


async def test_an_expression_that_was_true(prometheus: Prometheus, now: datetime) -> None:
    """Now it gives nothing though its metric is there; over time it shows from when to when it was true."""
    expr, labels = "error_ratio > 0.05", {"namespace": "shop", "deployment": "web"}
    at = now - timedelta(minutes=1)
    assert (await samples(prometheus, measures.alert_now(WEB, expr, at))).series == ()
    over = await samples(prometheus, measures.alert_range(WEB, expr, at, now - timedelta(minutes=40)))
    times = [point.at for point in over.series[0].points]
    assert over.series[0].labels == {"__name__": "error_ratio", **labels}
    assert timedelta(minutes=27) < times[-1] - times[0] < timedelta(minutes=33)
    assert timedelta(minutes=12) < at - times[-1] < timedelta(minutes=18)
    there = measures.alert_series(WEB, expr, labels, at)
    gone = measures.alert_series(WEB, expr, {**labels, "deployment": "api"}, at)
    assert there is not None and gone is not None
    assert [s.name for s in (await samples(prometheus, there)).series] == ["error_ratio"]
    assert (await samples(prometheus, gone)).series == ()


async def test_rules_by_name(prometheus: Prometheus) -> None:
    """The alerting rules of a name, with the alerts they have now; recording rules of that name are others."""
    fills = (await asked(prometheus, rules_of("DataFills"))).objects
    assert [rule["labels"] for rule in fills] == [{"severity": "critical"}]
    assert fills[0]["query"].endswith("< 0.1")
    assert fills[0]["active"][0]["persistentvolumeclaim"] == "data"
    assert len((await asked(prometheus, rules_of("Twice"))).objects) == 2
    assert (await asked(prometheus, rules_of("Nowhere"))).objects == ()


async def test_nothing_there_is_not_zero(prometheus: Prometheus) -> None:
    """A metric that does not exist is an answer without series, one that is 0 a series; NaN and infinity stay."""
    at = datetime.now(UTC)
    none = await samples(prometheus, query_of("never_heard_of", WEB, "x", at))
    zero = await samples(prometheus, query_of("zero_value", WEB, "x", at))
    odd = await samples(prometheus, query_of("odd_value", WEB, "x", at))
    assert (none.series, none.whole) == ((), True)
    assert [s.value for s in zero.series] == [0]
    assert sorted(str(s.value) for s in odd.series) == ["inf", "nan"]


async def test_an_answer_with_too_many_series_is_cut_and_says_so(prometheus: Prometheus) -> None:
    """What was left out is said, so that nothing is concluded from it."""
    seen = await asked(prometheus, query_of("many_series", WEB, "x", datetime.now(UTC)))
    assert len(seen.objects) == 200
    assert "series were left out" in seen.cut or "truncated" in seen.cut
    assert not samples_of(seen).whole


async def test_a_long_expression_goes_as_a_form(prometheus: Prometheus) -> None:
    """Addresses have a length that servers cut; a query may be longer."""
    expr = " or ".join(f'zero_value{{a="{"x" * 50}{n}"}}' for n in range(200)) + " or zero_value"
    assert len((await samples(prometheus, query_of(expr, WEB, "x", datetime.now(UTC)))).series) == 1


@pytest.mark.parametrize(
    ("expr", "kind", "words"),
    [
        ("up{", FailureKind.UNSUPPORTED, "parse error"),
        ("up * on() group_left() up", FailureKind.UNSUPPORTED, "many-to-many|duplicate"),
        ("sum_over_time(many_series[1h:1s])", None, ""),
    ],
)
async def test_what_it_refuses(
    prometheus: Prometheus, expr: str, kind: FailureKind | None, words: str
) -> None:
    """An expression that cannot be parsed, or not be executed, is a gap with Prometheus' own words."""
    seen = await prometheus.read(query_of(expr, WEB, "x", datetime.now(UTC)))
    assert (seen.failure.kind if seen.failure else None) == kind
    assert re.search(words, seen.failure.message if seen.failure else "")


async def test_a_range_of_too_many_points(prometheus: Prometheus, now: datetime) -> None:
    """More points than Prometheus gives in one answer is its refusal, not a bug of ours."""
    seen = await prometheus.read(query_of("up", WEB, "x", now, seconds=86400, step=1))
    assert seen.failure is not None and seen.failure.kind is FailureKind.TOO_LARGE


async def test_secrets_in_labels_are_masked(prometheus: Prometheus) -> None:
    """What comes back is redacted like everything else."""
    seen = await asked(prometheus, query_of("token_holder", WEB, "x", datetime.now(UTC)))
    assert "hunter2" not in str(seen.objects) and "[redacted]" in str(seen.objects)


HOSTILE = [
    'x"} or up{a="', 'x"} or vector(1) or up{a="', "x\\", 'x\\"} or up or {a="', "\n} or up\n", "`} or up or {a=`",
    "' or up or '", ".*", "a|.+", "web|up", "(", "[", "{", "}", "^$", "(?i)WEB", "\x00", "\x7f", "\u202e", "漢字",
    "\ud800", "\ufffd", "a" * 5000, "#", "x # y", "\\Q.*\\E", "\\", "\\\\", '"', "$(id)", "%s", "{{.}}", "<pods>", "<claim>",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
async def test_no_value_becomes_a_part_of_a_query(prometheus: Prometheus, value: str) -> None:
    """Whatever stands in a label, it is compared and not executed: the query is understood, and finds nothing."""
    at = datetime.now(UTC)
    reads = [
        measures.volume(resource("PersistentVolumeClaim", "shop", value), at),
        measures.volume(resource("PersistentVolumeClaim", value, "data"), at),
        measures.of_node("node-memory", resource("Node", "", value), [value], at),
    ]
    for about in (resource("Pod", "shop", value), resource("Deployment", "shop", value)):
        pods = measures.pods_of(about)
        reads += [measures.of_pods(m, about, pods, at) for m in ("memory", "throttling", "restarts")]
        reads += [
            measures.requests_known(about, pods, at),
            *measures.requests(about, ["http_requests_total"], pods, at),
        ]
    for about in (resource("Service", value, value), resource("Ingress", value, value)):
        pods = measures.pods_of(about, [value, f"{value}2"])
        reads += [measures.requests_known(about, pods, at)]
        reads += measures.requests(
            about, ["nginx_ingress_controller_requests", "http_requests_total"], pods, at
        )
    series = measures.alert_series(WEB, "error_ratio > 0", {"namespace": value, "deployment": value}, at)
    assert series is not None
    for read in [*reads, series]:
        assert (await asked(prometheus, read)).objects == (), read.expr


@pytest.mark.parametrize("value", [v for v in HOSTILE if "\ud800" not in v])
async def test_a_value_matches_itself(prometheus: Prometheus, value: str) -> None:
    """Quoted, as a value or as a regular expression, it is the value itself and nothing else."""
    at = datetime.now(UTC)
    for matcher in (
        equals("a", value),
        one_of("a", [value, "other"]),
        matches("a", f"(?:{literally(value)})"),
    ):
        own = 'label_replace(vector(1), "a", "$1", "b", "")'
        made = query_of(f'count({{__name__="zero_value",{matcher}}}) or {own} * 0', WEB, "x", at)
        assert [s.value for s in (await samples(prometheus, made)).series] == [0]


async def test_what_the_doctor_sees(prometheus: Prometheus) -> None:
    """Name and version by its own metrics, and which of the usual exporters are scraped."""
    found = await examine_metrics(prometheus.read)
    assert found.unreachable == ""
    assert found.server.startswith("Prometheus ") and found.server[11].isdigit()
    assert found.present == ("kube-state-metrics", "cAdvisor", "volume stats")
    assert found.missing == ("kubelet", "node-exporter")


async def test_a_wrong_prefix_is_said(url: str) -> None:
    """The address without its path prefix answers, but not as Prometheus' API."""
    source = Prometheus(PrometheusConnection(name="shop", url=url.removesuffix(PREFIX)))
    seen = await source.read(query_of("up", WEB, "x", datetime.now(UTC)))
    await source.close()
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.UNSUPPORTED and "path prefix" in seen.failure.message
