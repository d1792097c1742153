"""Queries to a Prometheus as evidence, as gaps, and what they must not be taken for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubetriage.domain import measures
from kubetriage.domain.advice import recommendations
from kubetriage.domain.causes import explain
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadFailure, query_of, rules_of
from kubetriage.domain.evidence_index import gaps_of, index_evidence
from kubetriage.domain.excerpts import excerpt_of_read
from kubetriage.domain.finding import Likelihood, Want
from kubetriage.domain.language import Language, Text
from kubetriage.domain.ports import Fetch, Metrics, MetricSource, NoMetrics, NoProgress, Services
from kubetriage.domain.reading import ask
from kubetriage.domain.report import Outcome
from kubetriage.domain.resource import resource
from kubetriage.domain.view import ClusterView

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
POD = resource("Pod", "shop", "web-1")
MEMORY = measures.of_pods("memory", POD, measures.pods_of(POD), AT)
CLAIM = measures.volume(resource("PersistentVolumeClaim", "shop", "data"), AT)


def failed(read: Read, kind: FailureKind, message: str = "no") -> Observation:
    return Observation(read=read, tool="t", at=AT, failure=ReadFailure(kind=kind, message=message))


def answered(read: Read, *rows: tuple[dict[str, str], str], cut: str = "") -> Observation:
    objects = tuple({"labels": labels, "points": [[0, value]]} for labels, value in rows)
    return Observation(
        read=read, tool="prometheus query", arguments={"query": read.expr}, at=AT, objects=objects, cut=cut
    )


@pytest.fixture
def seen(view: Any, obj: Any) -> Any:
    """`seen(observations…)`: a view of a pod and these answers."""

    def make(*observations: Observation) -> ClusterView:
        base: ClusterView = view(obj("Pod shop/web-1"))
        every = [*base.observations, *observations]
        return ClusterView(base.alert, base.subject, base.primary, base.now, every, has_metrics=True)

    return make


def test_evidence_is_about_the_object_that_was_measured(seen: Any) -> None:
    """With its query as the arguments, and values as people read them."""
    view = seen(answered(MEMORY, ({"pod": "web-1", "of": "working set"}, "10307921510")))
    (one,) = [e for e in index_evidence(view, ()) if e.tool == "prometheus query"]
    assert (str(one.resource), one.arguments) == ("Pod shop/web-1", {"query": MEMORY.expr})
    assert one.excerpt == '{of="working set", pod="web-1"} 9.6Gi (10307921510)'


def test_nothing_there_is_evidence(seen: Any) -> None:
    """Asked, and no series: that is no gap."""
    view = seen(answered(MEMORY))
    assert gaps_of(view) == []
    samples = view.samples("memory", POD)
    assert samples is not None and samples.series == ()
    assert [e.excerpt for e in index_evidence(view, ()) if e.tool == "prometheus query"] == ["no series"]


def test_quoted_values_come_first_and_what_was_cut_is_said() -> None:
    """However many series there are, those that a finding quotes are seen."""
    rows = [({"n": f"{i:03}"}, str(i)) for i in range(200)]
    shown = excerpt_of_read(
        answered(query_of("x", POD, "alert-now", AT), *rows, cut="9 series were left out"), ["199"]
    )
    assert shown.splitlines()[:2] == ["(9 series were left out)", '{n="199"} 199']
    assert len(shown) <= 1200


def test_rules_as_evidence() -> None:
    """Their expressions; none is an answer too."""
    rule = Observation(read=rules_of("Down"), tool="t", at=AT, objects=({"query": "up == 0"},))
    assert excerpt_of_read(rule) == "up == 0"
    assert excerpt_of_read(rule.model_copy(update={"objects": ()})) == "no rule of this name"


@pytest.mark.parametrize("kind", [FailureKind.UNAVAILABLE, FailureKind.FORBIDDEN, FailureKind.THROTTLED])
def test_a_prometheus_that_cannot_be_asked_is_one_gap(seen: Any, kind: FailureKind) -> None:
    """However many queries it was to answer; its words are told, in both languages."""
    (gap,) = gaps_of(seen(failed(MEMORY, kind, "HTTP 401"), failed(CLAIM, kind, "HTTP 401")))
    assert gap.what.en == "metrics of Prometheus" and "Prometheus" in gap.why.zh and "HTTP 401" in gap.why.en


def test_a_query_that_failed_is_a_gap_of_its_own(seen: Any) -> None:
    """It says what would have been known of whom; one that a snapshot does not hold, too."""
    gaps = gaps_of(seen(failed(CLAIM, FailureKind.TOO_LARGE), failed(MEMORY, FailureKind.NOT_RECORDED),
                        failed(rules_of("Down"), FailureKind.UNSUPPORTED)))  # fmt: skip
    told = {gap.what.en for gap in gaps}
    assert told == {
        "PersistentVolumeClaim shop/data: how full its volume is",
        "Pod shop/web-1: the most memory that its containers used in the last hour",
        "the rule of alert Down in Prometheus",
    }


def test_its_refusal_is_no_lack_of_rights_in_the_cluster(seen: Any) -> None:
    """Nobody is asked for rights to read Pods because Prometheus wants a password."""
    view = seen(failed(MEMORY, FailureKind.FORBIDDEN))
    made = recommendations(view, (), (), Outcome.INCONCLUSIVE, gaps_of(view), Language.EN)
    assert not any("Let kubetriage read" in one.title for one in made)


def test_its_answers_say_nothing_of_the_cluster(seen: Any) -> None:
    """A cluster that did not answer was not read, whatever Prometheus told; samples are no objects."""
    base = seen()
    lone = ClusterView(
        base.alert, base.subject, base.primary, base.now, [answered(MEMORY, ({"a": "b"}, "1"))]
    )
    assert not lone.answered and lone.objects("Pod") == []


def test_a_failed_query_hides_no_object(seen: Any, finding: Any) -> None:
    """A cause is no less sure because a query about its Service's pods failed."""
    view = seen(failed(measures.of_pods("memory", POD, "x", AT), FailureKind.UNSUPPORTED))
    cause = finding("pods.broken", "Pod shop/web-1", culprit="Pod shop/web-1", likelihood=Likelihood.HIGH)
    assert [root.likelihood for root in explain(view, [cause]).roots] == [Likelihood.HIGH]


class Shop:
    """A cluster called shop, and what measures it."""

    name = "shop"

    def __init__(self) -> None:
        self.asked: list[Read] = []

    def now(self) -> datetime:
        return AT

    def of(self, cluster: str) -> MetricSource | None:
        return self if cluster == "shop" else None

    async def read(self, read: Read) -> Observation:
        self.asked.append(read)
        return answered(read)


class Memo:
    """Asks each time."""

    async def observe(self, run: str, read: Read, fetch: Fetch) -> Observation:
        return await fetch(read)


async def asked_of(cluster: Shop, metrics: Metrics) -> Observation:
    stub: Any = None
    services = Services(
        clusters=stub, metrics=metrics, observations=Memo(), knowledge=stub, outbox=stub,  # type: ignore[arg-type]
        progress=NoProgress(), clock=lambda: AT, stopwatch=lambda: 0.0,
    )  # fmt: skip
    want = Want(read=MEMORY, about=POD, why=Text(en="w", zh="w"))
    (seen,) = await ask(services, cluster, "r", [want], AT + timedelta(seconds=5))
    return seen


async def test_a_query_goes_to_what_measures_the_cluster() -> None:
    """And to nobody where nothing does."""
    cluster, prometheus = Shop(), Shop()
    assert (await asked_of(cluster, prometheus)).failure is None
    assert (cluster.asked, prometheus.asked) == ([], [MEMORY])
    nobody = await asked_of(Shop(), NoMetrics())
    assert nobody.failure is not None and nobody.failure.kind is FailureKind.UNSUPPORTED
