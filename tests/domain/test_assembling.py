"""domain.assembling: the report put together from its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.assembling import MAX_CHECKED, assemble
from kubetriage.domain.diagnosing import Case, diagnose
from kubetriage.domain.evidence import FailureKind, Observation, get, log_of
from kubetriage.domain.finding import Finding, Role, Want
from kubetriage.domain.language import Language, Text
from kubetriage.domain.report import CheckState, Report, Usage
from kubetriage.domain.resource import resource
from kubetriage.domain.view import ClusterView

MakeView = Callable[..., ClusterView]
MakeFinding = Callable[..., Finding]
Make = Callable[..., dict[str, Any]]
MakeReport = Callable[..., Report]

POD = resource("Pod", "shop", "web-1")


@pytest.fixture
def report(case: Callable[..., Case]) -> MakeReport:
    """The report for a view and findings."""

    def made(
        seen: ClusterView, *found: Finding, language: Language = Language.EN, bounds: Sequence[str] = ()
    ) -> Report:
        whole = case(seen, *found, language=language)
        return assemble(
            run="r", created_at=datetime(2026, 3, 1, 13, tzinfo=UTC), language=language, view=seen,
            findings=found, evidence=whole.evidence, gaps=whole.gaps, bounds_hit=bounds, knowledge=(),
            diagnosis=diagnose(whole), verification=None, usage=Usage(),
        )  # fmt: skip

    return made


def test_the_primary_object_comes_first_then_the_others_as_looked_at(
    view: MakeView, obj: Make, report: MakeReport
) -> None:
    """In the order of looking, each once, with the reason; lists without a name are not objects."""
    looked = ["Node n1", "Pod shop/web-1", "Service shop/web", "Node n1", "ConfigMap shop/"]
    seen = view(obj("Pod shop/web-1"), obj("Node n1"), obj("Service shop/web"), looked=looked)
    rows = report(seen).checked
    assert [row.resource.name for row in rows] == ["web-1", "n1", "web"]
    assert {row.why for row in rows} == {"why"}


def test_an_object_the_alert_named_has_that_as_its_reason(
    view: MakeView, obj: Make, report: MakeReport
) -> None:
    """The primary object needs no want to be in the list."""
    (row,) = report(view(obj("Pod shop/web-1"))).checked
    assert row.why == "named by the alert"


def test_states(view: MakeView, obj: Make, finding: MakeFinding, report: MakeReport) -> None:
    """Abnormal for what a cause or symptom is about or blames; risks and hints alone leave it normal."""
    seen = view(
        obj("Pod shop/web-1"), obj("Node n1"), obj("Deployment shop/web"), obj("Service shop/web"),
        absent=["ConfigMap shop/gone"],
        failed=[(get(resource("PersistentVolume", "", "pv")), FailureKind.FORBIDDEN)],
        looked=["Deployment shop/web", "Node n1", "Service shop/web", "ConfigMap shop/gone",
                "PersistentVolume pv", "StorageClass never-asked"],
    )  # fmt: skip
    found = [
        finding("crash", culprit="Deployment shop/web"),
        finding("risk", "Node n1", Role.RISK),
        finding("hint", "Service shop/web", Role.HINT),
    ]
    rows = report(seen, *found).checked
    assert [(row.resource.name, row.state) for row in rows] == [
        ("web-1", CheckState.ABNORMAL),
        ("web", CheckState.ABNORMAL),
        ("n1", CheckState.NORMAL),
        ("web", CheckState.NORMAL),
        ("gone", CheckState.ABSENT),
        ("pv", CheckState.UNREADABLE),
        ("never-asked", CheckState.UNREADABLE),
    ]
    assert rows[2].findings == ("Node n1 shows risk.",)
    assert rows[4].evidence == ("E1",)
    assert rows[5].evidence == ()


def test_a_pod_that_is_not_ready_is_abnormal(view: MakeView, obj: Make, report: MakeReport) -> None:
    """What is found of a pod speaks for its siblings too: one that is not ready is never shown as normal."""
    conditions = [{"type": "Ready", "status": "False"}]
    seen = view(obj("Pod shop/web-1", status={"phase": "Pending", "conditions": conditions}))
    (row,) = report(seen).checked
    assert row.state is CheckState.ABNORMAL


def test_of_very_many_objects_the_telling_ones_are_shown(
    view: MakeView, obj: Make, finding: MakeFinding, report: MakeReport
) -> None:
    """The primary one, then what is not normal, then as many others as fit."""
    names = [f"Node n{i:02}" for i in range(MAX_CHECKED + 20)]
    seen = view(obj("Pod shop/web-1"), *(obj(name) for name in names), looked=names)
    rows = report(seen, finding("not-ready", names[-1])).checked
    assert len(rows) == MAX_CHECKED
    assert [row.resource.name for row in rows[:3]] == ["web-1", f"n{MAX_CHECKED + 19}", "n00"]


def with_log(base: ClusterView, pod: dict[str, Any], logs: dict[tuple[str, bool], str]) -> ClusterView:
    answers = [Observation(read=get(POD), tool="t", at=base.now, objects=(pod,))]
    for (container, previous), text in logs.items():
        read = log_of(POD, container, previous=previous)
        answers.append(Observation(read=read, tool="t", at=base.now, text=text))
    wants = [Want(read=a.read, about=POD, why=Text(en="why", zh="原因")) for a in answers]
    return ClusterView(base.alert, base.subject, POD, base.now, answers, wants)


def test_the_log_that_tells_most_is_shown(view: MakeView, obj: Make, report: MakeReport) -> None:
    """Of the container that is not ready, its previous run's last lines, and few of them."""
    statuses = [{"name": "app", "ready": False, "restartCount": 3}, {"name": "proxy", "ready": True}]
    spec = {"containers": [{"name": "proxy"}, {"name": "app"}]}
    pod = obj("Pod shop/web-1", spec=spec, status={"containerStatuses": statuses})
    last = "\n".join(f"line {i}" for i in range(40)) + "\nFATAL: no route"
    logs = {("proxy", False): "fine", ("app", False): "starting", ("app", True): last}
    (row,) = report(with_log(view(), pod, logs)).checked
    assert row.log_excerpt.splitlines()[-1] == "FATAL: no route"
    assert len(row.log_excerpt.splitlines()) <= 6


@pytest.mark.parametrize("bound", ["steps", "reads", "visits", "deadline"])
@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
def test_every_bound_that_was_hit_is_a_gap(
    bound: str, language: Language, view: MakeView, obj: Make, report: MakeReport
) -> None:
    """After the reads that failed."""
    failed = [(get(resource("Node", "", "n1")), FailureKind.FORBIDDEN)]
    made = report(view(obj("Pod shop/web-1"), failed=failed), language=language, bounds=[bound])
    assert made.gaps[0].what == "Node n1"
    assert len(made.gaps) == 2
    assert ("bound" in made.gaps[1].why or "time was up" in made.gaps[1].why) is (language is Language.EN)


def test_a_report_without_a_primary_object(view: MakeView, obj: Make, report: MakeReport) -> None:
    """An alert that lost its subject has no primary object and may have looked at others."""
    made = report(view(obj("Node n1"), primary="", looked=["Node n1"]))
    assert made.primary is None
    assert [row.resource.name for row in made.checked] == ["n1"]
