"""What a Prometheus would have answered: recorded answers for the queries that a triage of a scenario asks.

Queries are made by the product's own table, so that a scenario says what was measured and no PromQL of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from kubetriage.domain import measures
from kubetriage.domain.evidence import Read
from kubetriage.domain.promql import metrics_in
from kubetriage.domain.resource import Resource, resource
from kubetriage.evals.builders.identity import Json
from kubetriage.evals.builders.scenario import Place, place_of
from kubetriage.evals.builders.world import World

Labels = Mapping[str, str]
_OWN = frozenset({"alertname", "severity"})
"""Labels that an alert has of its rule and not of its series."""


class Prometheus:
    """The answers about one alert and its object; they stand in the world's snapshot."""

    def __init__(self, world: World, alert: Json, primary: Json | Place, expr: str) -> None:
        """`expr` becomes the alert's own expression, in its `generatorURL`."""
        self.world = world
        self.alert = alert
        self.expr = expr
        self.about = ref_of(primary)
        self.now: datetime = world.clock.now
        alert["generatorURL"] = (
            f"http://prometheus.monitoring.svc:9090/graph?g0.expr={quote_plus(expr)}&g0.tab=1"
        )

    @property
    def labels(self) -> dict[str, str]:
        """Those of the alert's series."""
        return {k: v for k, v in self.alert["labels"].items() if k not in _OWN}

    # ---- the alert's own expression

    def fires(self, value: float, since: str) -> None:
        """The expression has been true since then."""
        self._now({**self.labels}, value)
        self._over({**self.labels}, value, since, "0s")

    def fired(self, value: float, since: str, until: str, *, gone: bool = False) -> None:
        """The expression was true in that time, and gives nothing now; `gone`: because its series are."""
        self._record(measures.alert_now(self.about, self.expr, self.now), "vector", [])
        self._over({**self.labels}, value, since, until)
        there = measures.alert_series(self.about, self.expr, self.alert["labels"], self.now)
        assert there is not None, "the expression reads no metric"
        names = [] if gone else metrics_in(self.expr)
        self._record(there, "vector", [self._sample({"__name__": name}, 3) for name in names])

    def _now(self, labels: Labels, value: float) -> None:
        read = measures.alert_now(self.about, self.expr, self.now)
        self._record(read, "vector", [self._sample(labels, value)])

    def _over(self, labels: Labels, value: float, since: str, until: str) -> None:
        began = datetime.fromisoformat(self.alert["startsAt"].replace("Z", "+00:00"))
        read = measures.alert_range(self.about, self.expr, self.now, began)
        last = int(self.now.timestamp())
        first, end = (int(self.world.clock.moment(ago).timestamp()) for ago in (since, until))
        times = [at for at in range(last - read.seconds, last + 1, read.step) if first <= at <= end]
        series = {"metric": dict(labels), "values": [[at, str(value)] for at in times]}
        self._record(read, "matrix", [series])

    # ---- what is measured of its object

    def volume(
        self, claim: Json, *, used: int, capacity: int, inodes: tuple[int, int] = (31_204, 655_360)
    ) -> None:
        """Bytes of a claim's volume, and its inodes (used, all)."""
        ref = ref_of(claim)
        values = {"used_bytes": used, "capacity_bytes": capacity, "available_bytes": capacity - used,
                  "inodes_used": inodes[0], "inodes": inodes[1]}  # fmt: skip
        labels = {"namespace": ref.namespace, "persistentvolumeclaim": ref.name}
        series = [
            self._sample({"__name__": f"kubelet_volume_stats_{name}", **labels}, value)
            for name, value in values.items()
        ]
        self._record(measures.volume(ref, self.now), "vector", series)

    def memory(self, peaks: Mapping[tuple[str, str], int]) -> None:
        """The most bytes that containers used in the last hour, by pod and container."""
        self._of_pods("memory", peaks, {"of": "working set"})

    def throttling(self, shares: Mapping[tuple[str, str], float]) -> None:
        """The share of throttled CPU periods, by pod and container."""
        self._of_pods("throttling", shares, {})

    def _of_pods(self, measure: str, values: Mapping[tuple[str, str], float], more: Labels) -> None:
        read = measures.of_pods(measure, self.about, measures.pods_of(self.about), self.now)
        series = [
            self._sample({"container": c, "namespace": self.about.namespace, "pod": p, **more}, value)
            for (p, c), value in values.items()
        ]
        self._record(read, "vector", series)

    def no_requests(self) -> None:
        """Nobody counts its requests."""
        self._known([])

    def requests(
        self, metric: str, rates: Mapping[str, float], calls: Mapping[tuple[str, str], float]
    ) -> None:
        """Requests a second by status and, of calls, by whom is called and status."""
        self._known([metric])
        for read in measures.requests(self.about, [metric], measures.pods_of(self.about), self.now):
            each = next(
                m for m in measures.REQUESTS if m.metric == metric and m.calls is (read.measure == "calls")
            )
            status = each.statuses[0]
            found = [({status: code}, rate) for code, rate in rates.items()]
            if each.calls:
                found = [({each.upstream[0]: peer, status: code}, r) for (peer, code), r in calls.items()]
            self._record(read, "vector", [self._sample(labels, rate) for labels, rate in found])

    def _known(self, metrics: list[str]) -> None:
        read = measures.requests_known(self.about, measures.pods_of(self.about), self.now)
        self._record(read, "vector", [self._sample({"__name__": name}, 6) for name in metrics])

    # ---- as the API answers

    def _sample(self, labels: Labels, value: float) -> Json:
        return {"metric": dict(labels), "value": [int(self.now.timestamp()), str(value)]}

    def _record(self, read: Read, kind: str, result: list[Json]) -> None:
        body = {"status": "success", "data": {"resultType": kind, "result": result}}
        entry: dict[str, Any] = {"query": read.expr, "answer": body}
        if read.seconds:
            start = datetime.fromtimestamp(self.now.timestamp() - read.seconds, self.now.tzinfo)
            entry |= {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": str(self.world.clock), "step": read.step}
        self.world.answers.append(entry)


def ref_of(where: Json | Place) -> Resource:
    kind, namespace, name = place_of(where) if isinstance(where, dict) else where
    return resource(kind, namespace, name)
