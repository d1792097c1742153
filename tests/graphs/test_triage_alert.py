"""graphs.triage_alert: where the branches lead, and how a run ends whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

import pytest

from kubetriage.domain.alert import Alert, Subject, SubjectScope
from kubetriage.domain.evidence import FailureKind, Observation, Read, ReadKind, get, list_of
from kubetriage.domain.finding import Finding, Likelihood, Role, Want
from kubetriage.domain.language import Language, Text
from kubetriage.domain.ports import Services
from kubetriage.domain.report import CheckState, Outcome, Report
from kubetriage.domain.resource import resource
from kubetriage.domain.view import ClusterView
from kubetriage.evals.language_check import english_sentences
from kubetriage.graphs import triage_alert
from kubetriage.graphs.triage_alert import build_triage_alert
from kubetriage.state.triage_alert import MAX_READS, MAX_STEPS, MAX_VISITS, TriageContext, TriageState

WHY = Text(en="because", zh="因为")
Make = Callable[..., Services]
MakeAlert = Callable[..., Alert]


async def ended(services: Services, alert: Alert, **context: Any) -> TriageState:
    graph = build_triage_alert(services).compile()
    state = await graph.ainvoke(
        {"alert": alert}, {"recursion_limit": 60}, context=TriageContext(run="r", **context)
    )
    return cast("TriageState", state)


async def report_of(services: Services, alert: Alert, **context: Any) -> Report:
    return (await ended(services, alert, **context))["report"]


# ---- topology


def test_the_edges_are_the_designs() -> None:
    """Nodes and branches as the design draws them; nothing leads anywhere else."""
    drawn = build_triage_alert(cast(Services, None)).compile().get_graph()
    assert {(e.source, e.target) for e in drawn.edges} == {
        ("__start__", "parse_alert"),
        ("parse_alert", "locate_primary"),
        ("parse_alert", "notify"),
        ("locate_primary", "check_related"),
        ("check_related", "apply_rules"),
        ("apply_rules", "check_related"),
        ("apply_rules", "recall_knowledge"),
        ("recall_knowledge", "synthesize"),
        ("synthesize", "check_related"),
        ("synthesize", "verify_claims"),
        ("verify_claims", "synthesize"),
        ("verify_claims", "notify"),
        ("notify", "__end__"),
    }


STATES: list[dict[str, Any]] = [
    {"subject": Subject(scope=scope), "wanted": wanted, "model_calls": calls, "unconfirmed": open_ones,
     "repairs": repairs}
    for scope in SubjectScope
    for wanted in ([], ["something"])
    for calls in (0, 1, 3)
    for open_ones in ([], ["a claim"])
    for repairs in (0, 1)
]  # fmt: skip


@pytest.mark.parametrize(
    ("node", "branch"),
    [
        ("parse_alert", triage_alert.for_triage),
        ("apply_rules", triage_alert.rules_want_more),
        ("synthesize", triage_alert.model_wants_more),
        ("verify_claims", triage_alert.needs_repair),
    ],
)
def test_every_answer_of_a_branch_is_mapped(node: str, branch: Callable[[Any], str]) -> None:
    """An answer without a destination would end the run silently."""
    graph = build_triage_alert(cast(Services, None))
    (mapped,) = (b.ends for b in graph.branches[node].values())
    assert mapped is not None
    assert {branch(state) for state in STATES} == set(mapped)


def test_loops_end_by_their_counters() -> None:
    """After the last model call and the last repair nothing leads back."""
    last = {"wanted": ["x"], "model_calls": 3, "unconfirmed": ["a claim"], "repairs": 1}
    assert triage_alert.model_wants_more(cast(TriageState, last)) == "written"
    assert triage_alert.needs_repair(cast(TriageState, last)) == "checked"


# ---- whole runs


async def test_the_root_cause_is_found_and_shown(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert
) -> None:
    """From a pod that is not ready to the image that its Deployment asks for, every claim confirmed."""
    services = services_of(recorded(shop))
    report = await report_of(services, alert_of())
    assert report.outcome is Outcome.DIAGNOSED
    culprit = report.root_causes[0].culprit
    assert culprit is not None
    assert (culprit.kind, culprit.name) == ("Deployment", "web")
    assert "registry.example.com/shop/web:9" in report.summary
    assert report.verification.confirmed == report.verification.claims > 0
    assert report.checked[0].resource.name == "web-6d-abcde"
    assert services.outbox.sent == [report]  # type: ignore[attr-defined]


async def test_a_chinese_report_is_chinese(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert
) -> None:
    """Outside names and quotations no English sentence stands in it."""
    report = await report_of(services_of(recorded(shop)), alert_of(), language=Language.ZH)
    assert english_sentences(report) == []


async def test_an_alert_that_is_not_for_triage_reads_nothing(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert
) -> None:
    """Watchdog goes straight to its report: healthy by design, without a read or a model call."""
    cluster = recorded(shop)
    state = await ended(services_of(cluster), alert_of("Watchdog"))
    assert cluster.asked == []
    assert state["report"].outcome is Outcome.HEALTHY
    assert state["report"].usage.cluster_reads == 0
    assert set(state["seconds"]) == {"parse_alert", "notify"}


async def test_an_unreachable_cluster_ends_in_an_inconclusive_report(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert
) -> None:
    """The report says that nothing could be read, why, and what to do; the cluster is not asked for long."""
    cluster = recorded(shop, reachable=False)
    report = await report_of(services_of(cluster), alert_of())
    assert report.outcome is Outcome.INCONCLUSIVE
    assert report.evidence == ()
    assert "The server cannot be started." in report.summary
    assert "The server cannot be started." in report.gaps[0].why
    assert report.checked[0].state is CheckState.UNREADABLE
    assert [r.title for r in report.recommendations] == ["Run kubetriage again"]
    assert len(cluster.asked) <= 10


async def test_a_resolved_alert_is_not_healthy_when_nothing_could_be_read(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert
) -> None:
    """Resolved or not: without an answer nothing is said about the cluster's state."""
    report = await report_of(services_of(recorded(shop, reachable=False)), alert_of(status="resolved"))
    assert report.outcome is Outcome.INCONCLUSIVE


async def test_forbidden_reads_are_gaps_and_the_rest_is_used(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert
) -> None:
    """Rights that are missing are said with whom to ask; the pod's own status still names the image."""

    def fails(read: Read) -> FailureKind | None:
        return FailureKind.FORBIDDEN if read.kind in ("Event", "Service") else None

    report = await report_of(services_of(recorded(shop, fails)), alert_of())
    assert any(gap.what.startswith("Event list in namespace shop") for gap in report.gaps)
    assert any("Event" in r.title for r in report.recommendations if r.kind == "escalate")
    assert report.root_causes[0].likelihood is not Likelihood.HIGH
    assert report.root_causes[0].culprit is not None
    assert report.root_causes[0].culprit.name == "web"


class SlowCluster:
    """Every read takes a minute of the run's clock."""

    def __init__(self, cluster: Any, clock: Any) -> None:
        self.inner, self._clock, self.name = cluster, clock, "slow"

    def choose(self, name: str) -> SlowCluster:
        return self

    def now(self) -> Any:
        return self.inner.now()

    async def read(self, read: Read) -> Observation:
        self._clock.time += timedelta(minutes=1)
        found: Observation = await self.inner.read(read)
        return found


async def test_at_the_deadline_the_report_so_far_is_given(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert, clock: Any
) -> None:
    """Reading stops when the time is up, which the report says; what was read by then is in it."""
    cluster = SlowCluster(recorded(shop), clock)
    services = services_of(cluster, clock=clock)
    report = await report_of(services, alert_of(), deadline=90.0)
    assert 1 <= len(cluster.inner.asked) <= 10
    assert any("time was up" in gap.why for gap in report.gaps)
    assert report.primary is not None
    assert report.evidence


async def test_the_same_run_twice_is_the_same_report(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert
) -> None:
    """The order in which answers arrive and objects are listed changes nothing."""
    first = await report_of(services_of(recorded(shop)), alert_of())
    again = await report_of(services_of(recorded(list(reversed(shop)))), alert_of())
    assert again.model_dump_json() == first.model_dump_json()


# ---- bounds


def many(view: ClusterView) -> Iterator[Want]:
    """More objects than a run may read."""
    for i in range(MAX_READS + 5):
        ref = resource("ConfigMap", "shop", f"c{i}")
        yield Want(read=get(ref), about=ref, why=WHY)


def endless(view: ClusterView) -> Iterator[Want]:
    """One object more with every answer."""
    ref = resource("ConfigMap", "shop", f"c{len(view.observations)}")
    yield Want(read=get(ref), about=ref, why=WHY)


async def test_the_bound_of_reads_is_said(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No run reads more than it may, and what it did not look at is a gap."""
    monkeypatch.setattr("kubetriage.domain.relations.RELATIONS", (many,))
    cluster = recorded(shop)
    state = await ended(services_of(cluster), alert_of())
    assert len(cluster.asked) == MAX_READS
    assert state["bounds_hit"] == ["reads"]
    assert ("more related resources", "a bound of this run was reached") in [
        (gap.what, gap.why) for gap in state["report"].gaps
    ]
    assert len(state["report"].checked) <= 40


async def test_the_bound_of_steps_is_said(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain without end is followed for so many steps and no further."""
    monkeypatch.setattr("kubetriage.domain.relations.RELATIONS", (endless,))
    monkeypatch.setattr("kubetriage.domain.rules.RULES", ())
    cluster = recorded(shop)
    state = await ended(services_of(cluster), alert_of())
    assert len(cluster.asked) == 1 + MAX_STEPS
    assert state["bounds_hit"] == ["steps"]


async def test_a_chain_that_ends_at_the_last_step_hits_no_bound(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bound is said only where something was left out for it."""

    def as_many(view: ClusterView) -> Iterator[Want]:
        if len(view.observations) <= MAX_STEPS:
            yield from endless(view)

    monkeypatch.setattr("kubetriage.domain.relations.RELATIONS", (as_many,))
    monkeypatch.setattr("kubetriage.domain.rules.RULES", ())
    state = await ended(services_of(recorded(shop)), alert_of())
    assert state["bounds_hit"] == []


async def test_rules_that_never_have_enough_are_stopped(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """check_related runs so often and no more; what rules still want is a gap."""
    monkeypatch.setattr("kubetriage.domain.relations.RELATIONS", ())
    monkeypatch.setattr("kubetriage.domain.rules.RULES", (endless,))
    state = await ended(services_of(recorded(shop)), alert_of())
    assert state["visits"] == MAX_VISITS
    assert state["bounds_hit"] == ["visits"]


async def test_what_rules_want_is_read_and_they_are_asked_again(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule names a list it needs; on the next visit it has it and decides."""
    nodes = list_of("Node")
    node = resource("Node", "", "n1")

    def needs_nodes(view: ClusterView) -> Iterator[Finding | Want]:
        if view.find(node) is None:
            yield Want(read=nodes, about=node, why=WHY)
        elif view.primary is not None:
            said = Text(en="Node n1 is slow.", zh="节点 n1 很慢。")
            cites = (f"object|Node||{node.name}",)
            yield Finding(rule="t.slow", category="cni", role=Role.CAUSE, subject=view.primary, culprit=node,
                          statement=said, cites=cites, quotes=("n1",))  # fmt: skip

    monkeypatch.setattr("kubetriage.domain.relations.RELATIONS", ())
    monkeypatch.setattr("kubetriage.domain.rules.RULES", (needs_nodes,))
    cluster = recorded(shop)
    state = await ended(services_of(cluster), alert_of())
    assert state["visits"] == 2
    assert cluster.asked.count(nodes.key) == 1
    assert state["report"].root_causes[0].confirmed
    assert [row.resource.name for row in state["report"].checked] == ["web-6d-abcde", "n1"]


async def test_all_that_rules_want_is_read_over_several_steps(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wants beyond one step's share are read in the next step, not forgotten."""
    monkeypatch.setattr("kubetriage.domain.relations.RELATIONS", ())

    def a_hundred(view: ClusterView) -> Iterator[Want]:
        for i in range(100):
            ref = resource("ConfigMap", "shop", f"c{i}")
            yield Want(read=get(ref), about=ref, why=WHY)

    monkeypatch.setattr("kubetriage.domain.rules.RULES", (a_hundred,))
    cluster = recorded(shop)
    state = await ended(services_of(cluster), alert_of())
    assert sum(key.startswith(f"{ReadKind.GET.value}|v1|ConfigMap") for key in cluster.asked) == 100
    assert (state["visits"], state["bounds_hit"]) == (2, [])


async def test_a_bug_in_a_node_ends_the_run_with_its_reason(
    shop: Any, recorded: Any, services_of: Make, alert_of: MakeAlert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that breaks is not turned into an answer."""

    def broken(view: ClusterView) -> Iterator[Finding]:
        raise ZeroDivisionError("a bug")
        yield

    monkeypatch.setattr("kubetriage.domain.rules.RULES", (broken,))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        await ended(services_of(recorded(shop)), alert_of())
