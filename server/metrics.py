"""What the server counts of itself, in Prometheus' form, on a registry of its own."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from kubetriage.domain.intake.posts import Backlog
from kubetriage.domain.intake.reading import EventKind, Tallies
from kubetriage.domain.intake.runs import Executor
from kubetriage.domain.report import Outcome, Report
from kubetriage.server.state_gauges import inbox_of, state_of

if TYPE_CHECKING:
    from kubetriage.server.sorting import Sorted

_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LONG = (1, 2.5, 5, 10, 20, 40, 60, 90, 120, 180, 300, 600)
DEAD_AFTER = 120.0
"""Seconds without a beat after which a worker's own figures are no longer shown."""

FAILED = "failed"
"""A diagnosis without a report."""
PLACES = ("http", "sorting", "sweep", "check")
"""Where errors of ours are counted."""


class ServerMetrics:
    """Counters of this process. Reading the database's state is done for each scrape: see `page`."""

    def __init__(self, version: str = "") -> None:
        """`version` is the product's own unless given."""
        self.registry = CollectorRegistry()
        self._own = CollectorRegistry()
        """What diagnosing counts: a worker process hands it over with its heartbeat."""
        made = self.registry
        self.posts = Counter(
            "kubetriage_posts", "Requests that brought alerts.", ["source", "outcome"], registry=made
        )
        self.post_seconds = Histogram(
            "kubetriage_post_seconds", "From a post's first byte to its answer.", buckets=_FAST, registry=made
        )
        self.alerts = Counter(
            "kubetriage_alerts_received", "Alerts of posts that were sorted.", ["source"], registry=made
        )
        self.episodes = Counter(
            "kubetriage_episodes_new", "Episodes that were not known before.", registry=made
        )
        self.repeats = Counter("kubetriage_alerts_repeated", "Arrivals of known episodes.", registry=made)
        self.requests = Counter(
            "kubetriage_http_requests", "Answered requests.", ["method", "route", "status"], registry=made
        )
        self.request_seconds = Histogram(
            "kubetriage_http_request_seconds",
            "Until the answer began.",
            ["route"],
            buckets=_FAST,
            registry=made,
        )
        self.happenings = Counter(
            "kubetriage_incident_events",
            "What happened to incidents since the first scrape, whichever process did it.",
            ["kind"],
            registry=made,
        )
        for kind in EventKind:
            self.happenings.labels(kind.value)
        self.open_streams = 0
        streams = Gauge("kubetriage_event_streams", "Open event streams.", registry=made)
        streams.set_function(lambda: self.open_streams)
        info = Gauge("kubetriage_build_info", "Always 1.", ["version"], registry=made)
        info.labels(version or product_version()).set(1)
        ProcessCollector(registry=made)
        PlatformCollector(registry=made)
        self._diagnosing(self._own)

    def _diagnosing(self, made: CollectorRegistry) -> None:
        self.running = Gauge("kubetriage_diagnoses_running", "Diagnoses under way.", registry=made)
        self.diagnoses = Counter("kubetriage_diagnoses", "Ended diagnoses.", ["outcome"], registry=made)
        self.diagnosis_seconds = Histogram(
            "kubetriage_diagnosis_seconds", "How long a diagnosis took.", buckets=_LONG, registry=made
        )
        self.model_calls = Counter(
            "kubetriage_model_calls", "Completions that came back.", ["model"], registry=made
        )
        self.tokens = Counter(
            "kubetriage_model_tokens", "Tokens of completions.", ["model", "kind"], registry=made
        )
        self.cost = Counter(
            "kubetriage_model_cost", "Money that completions cost.", ["model", "currency"], registry=made
        )
        self.reads = Counter("kubetriage_cluster_reads", "Reads of clusters.", registry=made)
        self.gaps = Counter("kubetriage_cluster_gaps", "Things that could not be read.", registry=made)
        self.deliveries = Counter(
            "kubetriage_deliveries", "Attempts to send a message.", ["channel", "outcome"], registry=made
        )
        self.errors = Counter("kubetriage_errors", "Errors of our own, by place.", ["place"], registry=made)
        for outcome in (*Outcome, FAILED):  # a series that begins with 1 has not grown, Prometheus says
            self.diagnoses.labels(outcome)
        for place in PLACES:
            self.errors.labels(place)

    # ---- what happens

    def kept(self, source: str, seconds: float) -> None:
        """A post is on disk."""
        self.posts.labels(source, "accepted").inc()
        self.post_seconds.observe(seconds)

    def sorted(self, done: Sorted) -> None:
        """Alerts of a post were stored, or it was given up."""
        if done.failed:
            self.error("sorting")
            return
        self.alerts.labels(done.source).inc(done.alerts)
        self.episodes.inc(done.new)
        self.repeats.inc(done.repeats)

    def happened(self, kinds: Mapping[EventKind, int]) -> None:
        """Lines that were added to timelines: `opened`, `reported`, `closed`, …"""
        for kind, count in kinds.items():
            self.happenings.labels(kind.value).inc(count)

    def refused(self, source: str, outcome: str) -> None:
        """A post that was not kept: `empty`, `too-large`, `unreadable`, `not-stored`, `incomplete`."""
        self.posts.labels(source, outcome).inc()

    def diagnosis_started(self) -> None:
        self.running.inc()

    def diagnosis_ended(self, report: Report, seconds: float) -> None:
        """A diagnosis that `diagnosis_started` announced made a report."""
        self.running.dec()
        self.diagnoses.labels(report.outcome.value).inc()
        self.diagnosis_seconds.observe(seconds)
        used = report.usage
        self.reads.inc(used.cluster_reads)
        self.gaps.inc(len(report.gaps))
        if used.model is not None:
            self.model_calls.labels(used.model).inc(used.model_calls)
            self.tokens.labels(used.model, "prompt").inc(used.prompt_tokens)
            self.tokens.labels(used.model, "completion").inc(used.completion_tokens)
            if used.cost is not None:
                self.cost.labels(used.model, used.currency).inc(used.cost)

    def diagnosis_failed(self, seconds: float) -> None:
        """A diagnosis that `diagnosis_started` announced ended without a report."""
        self.running.dec()
        self.diagnoses.labels(FAILED).inc()
        self.diagnosis_seconds.observe(seconds)

    def diagnosis_left(self) -> None:
        """A diagnosis was stopped where it is, to be resumed."""
        self.running.dec()

    def delivered(self, channel: str, outcome: str) -> None:
        self.deliveries.labels(channel, outcome).inc()

    def error(self, place: str) -> None:
        self.errors.labels(place).inc()

    @contextmanager
    def stream(self) -> Iterator[None]:
        """An event stream is open within."""
        self.open_streams += 1
        try:
            yield
        finally:
            self.open_streams -= 1

    # ---- what is shown

    def exported(self) -> list[dict[str, Any]]:
        """What diagnosing counted here, as JSON: for another process that answers `/metrics`."""
        return [
            {
                "name": metric.name,
                "help": metric.documentation,
                "type": metric.type,
                "samples": [[each.name, dict(each.labels), each.value] for each in metric.samples],
            }
            for metric in without_created(self._own.collect())
        ]

    def page(
        self,
        tallies: Tallies | None,
        now: datetime,
        executors: Sequence[Executor] = (),
        backlog: Backlog | None = None,
        *,
        own: str = "",
    ) -> bytes:
        """The metrics page: this process, the database's state, and the workers that beat lately.

        `own` is this process' name, for the label `executor`. Workers are shown by every replica, so sums
        over replicas take the `max by (executor)` first. Without tallies the database is down, which
        `kubetriage_store_up` says.
        """
        workers = [
            each for each in executors if each.id != own and (now - each.beat_at).total_seconds() < DEAD_AFTER
        ]
        whole = CollectorRegistry()
        whole.register(_Made(merged(own, self.exported(), {w.id: w.data.get("metrics") for w in workers})))
        whole.register(_Made([*state_of(tallies, now), *inbox_of(backlog, now)]))
        whole.register(_Made(without_created(self.registry.collect())))
        return bytes(generate_latest(whole))


def product_version() -> str:
    """Of the installed package; 0 if it is run from its sources."""
    try:
        return importlib.metadata.version("kubetriage")
    except importlib.metadata.PackageNotFoundError:
        return "0"


class _Made(Collector):
    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def without_created(metrics: Iterable[Metric]) -> list[Metric]:
    """Without the time that each counter was made at, a series as large as the counter itself."""
    kept = []
    for metric in metrics:
        shown = Metric(metric.name, metric.documentation, metric.type)
        shown.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
        kept.append(shown)
    return kept


def merged(name: str, own: Sequence[Mapping[str, Any]], workers: Mapping[str, Any]) -> list[Metric]:
    """The same metrics of several processes, told apart by `executor`; `name` is this one.

    A sum over them would fall when one restarts, which Prometheus takes for a reset of all.
    """
    made: dict[str, Metric] = {}
    for executor, told in [(name, own), *sorted(workers.items())]:
        for each in told or ():
            metric = made.setdefault(each["name"], Metric(each["name"], each["help"], each["type"]))
            for name, labels, value in each["samples"]:
                metric.add_sample(name, {**labels, "executor": executor}, float(value))
    return list(made.values())
