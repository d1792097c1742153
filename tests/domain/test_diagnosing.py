"""domain.diagnosing: what findings add up to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from kubetriage.domain.alert import Subject, SubjectScope
from kubetriage.domain.diagnosing import Case, diagnose, first_reading
from kubetriage.domain.finding import Finding, Likelihood, Remedy, RemedyKind, Role
from kubetriage.domain.language import Language, Text
from kubetriage.domain.report import Outcome
from kubetriage.domain.view import ClusterView

MakeView = Callable[..., ClusterView]
MakeFinding = Callable[..., Finding]
MakeCase = Callable[..., Case]

POD = {"kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop"}}
HEALTHY, SYMPTOM = Role.HEALTHY, Role.SYMPTOM
LOW, HIGH, MEDIUM = Likelihood.LOW, Likelihood.HIGH, Likelihood.MEDIUM


@pytest.fixture
def outcome(view: MakeView, finding: MakeFinding, case: MakeCase) -> Callable[..., Outcome]:
    """The outcome for findings given as (role, likelihood, category)."""

    def of(status: str, *roles: tuple[Role, Likelihood, str]) -> Outcome:
        found = [
            finding(f"r{i}", role=role, likelihood=likelihood, category=category)
            for i, (role, likelihood, category) in enumerate(roles)
        ]
        return diagnose(case(view(POD, status=status), *found)).outcome

    return of


@pytest.mark.parametrize(
    ("status", "roles", "expected"),
    [
        ("firing", [(Role.CAUSE, HIGH, "x")], "diagnosed"),
        ("firing", [(Role.CAUSE, MEDIUM, "x")], "diagnosed"),
        ("firing", [(Role.CAUSE, LOW, "x")], "inconclusive"),
        ("firing", [(SYMPTOM, HIGH, "x")], "inconclusive"),
        ("firing", [], "inconclusive"),
        ("firing", [(HEALTHY, HIGH, "resolved")], "healthy"),
        ("firing", [(HEALTHY, HIGH, "resolved"), (Role.RISK, HIGH, "x"), (Role.HINT, HIGH, "x")], "healthy"),
        ("firing", [(HEALTHY, HIGH, "resolved"), (Role.CAUSE, HIGH, "x")], "diagnosed"),
        ("firing", [(HEALTHY, HIGH, "resolved"), (Role.CAUSE, LOW, "x")], "inconclusive"),
        ("firing", [(HEALTHY, HIGH, "resolved"), (SYMPTOM, HIGH, "x")], "inconclusive"),
        ("firing", [(SYMPTOM, HIGH, "insufficient-data")], "inconclusive"),
        ("resolved", [], "healthy"),
        ("resolved", [(HEALTHY, HIGH, "resolved")], "healthy"),
        ("resolved", [(HEALTHY, HIGH, "resolved"), (Role.CAUSE, HIGH, "x")], "healthy"),
        ("resolved", [(Role.CAUSE, HIGH, "x")], "diagnosed"),
        ("resolved", [(SYMPTOM, HIGH, "x")], "inconclusive"),
    ],
)
def test_outcomes(
    status: str, roles: list[tuple[Role, Likelihood, str]], expected: str, outcome: Callable[..., Outcome]
) -> None:
    """Diagnosed needs a cause that is more than a hint; healthy needs a sign of health and nothing against it."""
    assert outcome(status, *roles) == expected


def test_a_resolved_alert_whose_object_cannot_be_seen_is_not_called_healthy(
    view: MakeView, unread: MakeView, case: MakeCase
) -> None:
    """Nothing read is no sign of health."""
    assert diagnose(case(unread(status="resolved"))).outcome is Outcome.INCONCLUSIVE
    other = {"kind": "Node", "metadata": {"name": "n1"}}
    assert diagnose(case(view(other, status="resolved"))).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("name", ["Watchdog", "InfoInhibitor"])
def test_alerts_that_fire_by_design_are_healthy(name: str, view: MakeView, case: MakeCase) -> None:
    """Nothing is wrong, and nothing is to be done."""
    seen = view(primary="", name=name, scope=SubjectScope.SKIP)
    found = diagnose(case(seen))
    assert found.outcome is Outcome.HEALTHY
    assert name in found.summary
    assert "by design" in found.summary
    assert found.recommendations == ()


def test_health_of_another_object_is_not_the_alerts(
    view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """A healthy sibling says nothing about the pod that the alert names, unless the finding says so."""
    sibling = finding("ready", "Pod shop/web-2", HEALTHY)
    assert diagnose(case(view(POD), sibling)).outcome is Outcome.INCONCLUSIVE
    replaced = sibling.model_copy(update={"explains": (view().primary,)})
    assert diagnose(case(view(POD), replaced)).outcome is Outcome.HEALTHY


# ---- what the report says


def test_a_root_cause_carries_its_evidence(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """Rank, culprit, likelihood and the ids of what it cites; not confirmed before it is checked."""
    cause = finding("oom", culprit="Deployment shop/web", category="oom-killed", likelihood=MEDIUM)
    (root,) = diagnose(case(view(POD), cause)).root_causes
    assert (root.rank, root.category, root.likelihood, root.confirmed) == (1, "oom-killed", MEDIUM, False)
    assert root.culprit is not None
    assert root.culprit.name == "web"
    assert root.evidence == ("E1",)


def test_without_a_cause_the_place_is_named_as_a_guess(
    view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """An unexplained symptom with a culprit says where it is wrong: inconclusive, likelihood low."""
    symptom = finding("pending", role=SYMPTOM, culprit="PersistentVolumeClaim shop/data")
    found = diagnose(case(view(POD), symptom))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert [(r.likelihood, r.culprit and r.culprit.name) for r in found.root_causes] == [(LOW, "data")]
    assert found.contributing == ()


def test_a_past_cause_is_named_beside_health(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """Of a resolved alert: that it is well, as a claim with evidence, and what had been wrong."""
    found = diagnose(case(view(POD, status="resolved"), finding("oom"), finding("ready", role=HEALTHY)))
    assert [r.statement for r in found.root_causes] == ["Pod shop/web-1 shows oom."]
    assert [c.statement for c in found.contributing] == ["Pod shop/web-1 shows ready."]
    assert found.contributing[0].evidence == ("E1",)


def test_risks_and_changes_have_their_places(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """Risks once each; changes in the order of their times, those without one last."""
    times = [datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (11, 9)]
    changes = [finding(f"change-{t.hour}", role=Role.CHANGE, since=t) for t in times]
    undated = finding("change-undated", role=Role.CHANGE)
    risk = finding("risk", role=Role.RISK)
    found = diagnose(case(view(POD), undated, *changes, risk, risk))
    assert [c.what.split()[-1] for c in found.changes] == ["change-9.", "change-11.", "change-undated."]
    assert [c.statement for c in found.risks] == ["Pod shop/web-1 shows risk."]


def test_a_long_statement_is_cut_everywhere(view: MakeView, finding: MakeFinding, case: MakeCase) -> None:
    """No statement, claim or change exceeds the contract's 300 characters, in either language."""
    roles = (Role.CAUSE, SYMPTOM, Role.RISK, Role.CHANGE, HEALTHY)
    found = [finding(f"r{i}", role=r, said="word " * 100, zh="词语 " * 150) for i, r in enumerate(roles)]
    for language in (Language.EN, Language.ZH):
        made = diagnose(case(view(POD), *found, language=language))
        said = [made.summary, *(r.statement for r in made.root_causes), *(c.what for c in made.changes)]
        said += [c.statement for c in (*made.contributing, *made.risks)]
        assert len(said) >= 4
        assert max(map(len, said)) <= 300


def test_a_symptoms_remedies_are_numbered_by_the_cause_it_is_named_as(
    view: MakeView, finding: MakeFinding, case: MakeCase
) -> None:
    """What to check about the named place addresses it; then comes how to look closer."""
    look = Remedy(kind=RemedyKind.CHECK, title=Text(en="Look", zh="查看"), detail=Text(en="", zh=""))
    symptom = finding("pending", role=SYMPTOM, culprit="Pod shop/web-1", remedies=(look,))
    made = diagnose(case(view(POD), symptom)).recommendations
    assert [(r.title.split(" ")[0], r.addresses) for r in made] == [("Look", 1), ("Hand", 1), ("Look", None)]


# ---- the first reading


def subject(**fields: Any) -> Subject:
    return Subject(**({"scope": SubjectScope.RESOURCE} | fields))


def test_the_first_reading_is_the_alerts_alone(view: MakeView, ref: Any) -> None:
    """Whom it names and what such an alert usually means; the Chinese title where there is one."""
    known = subject(resource=ref("Pod shop/web-1"), typical_causes=("bad image", "probe"), title_zh="未就绪")
    said = first_reading(view(subject=known))
    assert said.en == ("KubePodNotReady about Pod shop/web-1; this alert usually means: bad image; probe.")
    assert said.zh == "未就绪（KubePodNotReady），所指对象：Pod shop/web-1。"


@pytest.mark.parametrize("why", ["aggregated", "exporter-only", "no-labels", ""])
def test_a_lost_subject_is_said_with_its_reason(why: str, view: MakeView) -> None:
    """A sentence for people, not the slug."""
    said = first_reading(view(primary="", subject=subject(scope=SubjectScope.LOST, lost_because=why)))
    assert "labels" in said.en
    assert "标签" in said.zh
    assert "exporter-only" not in said.en + said.zh
